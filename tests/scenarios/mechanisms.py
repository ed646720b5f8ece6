"""Phrases of pots, swaps, sealed bids and auctions."""

from typing import Any

import numpy as np
from tests.scenarios.phrases import phrase
from tests.scenarios.words import WordError, micros, milliseconds, ppb, whole

from plimsoll.book.keccak import keccak_256
from plimsoll.book.rows import PotTermsRow
from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import MICROS_MAX

KINDS = {"backstop": m.POT_BACKSTOP, "tranche": m.POT_TRANCHE, "amm": m.POT_AMM}


def number_of(pool: Any, name: str) -> int:
    if name not in pool.pots:
        raise WordError(f"no pot is called {name!r}")
    return pool.pots[name]


@phrase(
    "pot {name} {kind:backstop|tranche|amm} [of {asset}] [rank {rank}] [fee {fee}] [unbonding {duration}] "
    "[capacity {capacity}] [weight {weight}]"
)
def set_pot(
    pool: Any,
    name: str,
    kind: str,
    asset: str | None,
    rank: str | None,
    fee: str | None,
    duration: str | None,
    capacity: str | None,
    weight: str | None,
) -> None:
    """A pot; a tranche or an AMM gets an account of its name."""
    if name in pool.pots:
        row = pool.engine.pool.pots[pool.pots[name]]
        terms = {field: int(row[field]) for field in PotTermsRow.__annotations__}
    else:
        terms = dict.fromkeys(PotTermsRow.__annotations__, 0) | {"capacity": MICROS_MAX, "weight": 1}
        terms |= {"kind": KINDS[kind], "instrument": pool.instrument(asset)}
        if kind == "backstop":
            terms["account"] = m.NAMED_BACKSTOP
        else:
            if name not in pool.accounts:
                pool.say(f"account {name}")
            terms["account"] = pool.accounts[name]
    given = {"rank": (rank, whole), "fee": (fee, ppb), "unbonding": (duration, milliseconds)}
    given |= {"capacity": (capacity, micros), "weight": (weight, whole)}
    terms |= {field: read(text) for field, (text, read) in given.items() if text is not None}
    number = pool.pots.get(name, len(pool.pots) + 1)
    pool.send(m.COMMAND_SET_POT, list(terms.values()), instrument=number)
    if pool.refused == codes.OK:
        pool.pots[name] = number


@phrase("stake {account} {amount} [and {size} {asset}] in {pot} [for {shares} shares]")
def stake(pool: Any, account: str, amount: str, size: str | None, asset: str | None, pot: str, shares: str | None):
    lots = pool.lots(size, pool.instrument(asset)) if size else 0
    fields = {"amount": micros(amount), "lots": lots, "price": whole(shares) if shares else 0}
    pool.send(m.COMMAND_STAKE, account=pool.account(account), instrument=number_of(pool, pot), **fields)


@phrase("unstake {account} {shares} from {pot}")
def unstake(pool: Any, account: str, shares: str, pot: str) -> None:
    """``all`` or a number of shares."""
    number = number_of(pool, pot)
    amount = stake_of(pool, account, number)["shares"] if shares == "all" else whole(shares)
    pool.send(m.COMMAND_UNSTAKE, account=pool.account(account), instrument=number, amount=amount)


@phrase("swap {account} {side:buys|sells} {size} {asset} in {pot} [limit {amount}]")
def swap(pool: Any, account: str, side: str, size: str, asset: str, pot: str, amount: str | None) -> None:
    lots = pool.lots(size, pool.instrument(asset)) * (1 if side == "buys" else -1)
    fields = {"lots": lots, "amount": micros(amount) if amount else 0}
    pool.send(m.COMMAND_SWAP, account=pool.account(account), instrument=number_of(pool, pot), **fields)


@phrase("curve {number} {kind:joined|steps} {*points}")
def set_curve(pool: Any, number: str, kind: str, points: str) -> None:
    """``0s 0% 10m 5% 1h 10%``: time and value of each point."""
    words = points.split()
    payload = [int(kind == "joined")]
    for time, value in zip(words[::2], words[1::2], strict=True):
        payload += [milliseconds(time), ppb(value)]
    pool.send(m.COMMAND_SET_CURVE, payload, instrument=whole(number))


@phrase("commit {bidder} for {account} part {part} discount {discount} salt {salt}")
def commit(pool: Any, bidder: str, account: str, part: str, discount: str, salt: str) -> None:
    parties = {"account": pool.account(account), "counterparty": pool.account(bidder)}
    words = [*parties.values(), ppb(part), ppb(discount), whole(salt), 0]
    seal = np.frombuffer(keccak_256(np.array(words, "<i8").tobytes())[:32], "<i8")
    fields = dict(zip(("lots", "price", "amount", "premium"), map(int, seal)))
    pool.send(m.COMMAND_COMMIT, **parties, **fields)


@phrase("reveal {bidder} for {account} part {part} discount {discount} salt {salt}")
def reveal(pool: Any, bidder: str, account: str, part: str, discount: str, salt: str) -> None:
    parties = {"account": pool.account(account), "counterparty": pool.account(bidder)}
    fields = {"lots": ppb(part), "price": ppb(discount), "amount": whole(salt)}
    pool.send(m.COMMAND_REVEAL, **parties, **fields)


@phrase("auction {keeper} starts {asset} of {account}")
def auction(pool: Any, keeper: str, asset: str, account: str) -> None:
    parties = {"account": pool.account(account), "counterparty": pool.account(keeper)}
    pool.send(m.COMMAND_AUCTION, instrument=pool.instrument(asset), **parties)


@phrase("endorse {account} [no more]")
def endorse(pool: Any, account: str, no_more: str | None) -> None:
    flags = m.FLAG_OPERATOR | (0 if no_more else 1)
    pool.send(m.COMMAND_ENDORSE, account=pool.account(account), flags=flags)


def stake_of(pool: Any, account: str, pot: int) -> dict[str, int]:
    """The account's stake in the pot's present epoch."""
    tables = pool.engine.tables()
    rows = tables["stakes"]
    found = (rows["account"] == pool.account(account)) & (rows["pot"] == pot)
    found &= rows["epoch"] == tables["pots"]["epoch"][pot]
    names = rows.dtype.names
    return dict(zip(names, rows[found][0].tolist() if found.any() else [0] * len(names)))


@phrase("expect shares {account} {shares} in {pot} [unbonding {unbonding}]")
def expect_shares(pool: Any, account: str, shares: str, pot: str, unbonding: str | None) -> None:
    found = stake_of(pool, account, number_of(pool, pot))
    pool.same(f"shares of {account}", whole(shares), found["shares"], 1)
    if unbonding is not None:
        pool.same(f"unbonding of {account}", whole(unbonding), found["unbonding"], 1)


@phrase("expect pot {pot} [shares {shares}] [epoch {epoch}]")
def expect_pot(pool: Any, pot: str, shares: str | None, epoch: str | None) -> None:
    row = pool.engine.pool.pots[number_of(pool, pot)]
    if shares is not None:
        pool.same(f"shares of {pot}", whole(shares), int(row["shares"]), 1)
    if epoch is not None:
        pool.same(f"epoch of {pot}", whole(epoch), int(row["epoch"]), 1)
