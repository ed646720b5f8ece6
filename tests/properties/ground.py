"""A ground for attacks: one purse of accounts against everybody else, on a listing drawn from a seed."""

import random
from collections.abc import Iterable

import numpy as np
from tests.properties.lab import PERCENT, PPB, Lab

from plimsoll.book.layout import COMMAND
from plimsoll.units import codes
from plimsoll.units import messages as m

PERP = 1
RICH = 10**16
EVERYTHING = 10**10
FORMS = ("flat", "segments", "slope", "root")


def draw_listing(chance: random.Random, form: str) -> dict[str, int]:
    """A valid contract of one form of requirement; a liquidation fee of at most four fifths of maintenance."""
    scale = chance.randrange(7)
    initial = chance.randrange(PERCENT // 2, 20 * PERCENT)
    maintenance = chance.randrange(PERCENT // 4, initial + 1)
    listing = {"scale": scale, "rate_initial": initial, "rate_maintenance": maintenance}
    listing |= {"lots_max": 10_000 * 10**scale, "open_lots_max": 10**6 * 10**scale}
    listing |= {"fee_liquidation": chance.randrange(maintenance * 4 // 5), "fee_taker": chance.randrange(PERCENT // 10)}
    listing["fee_backstop"] = chance.randrange(maintenance * 4 // 5)
    listing["backstop_lots_max"] = chance.randrange(1, listing["lots_max"])
    start = 0
    for k in range(1, chance.randrange(2, 4) if form == "segments" else 1):
        start += chance.randrange(1, 3_000 * 10**scale)
        initial += chance.randrange(20 * PERCENT)
        maintenance = min(initial, maintenance + chance.randrange(20 * PERCENT))
        listing |= {f"segment_lots_{k}": start, f"segment_initial_{k}": initial}
        listing[f"segment_maintenance_{k}"] = maintenance
    if form == "slope":
        listing["slope_initial"] = chance.randrange(1, 50_000)
        listing["slope_maintenance"] = chance.randrange(listing["slope_initial"])
    if form == "root":
        listing["root_base_initial"], listing["root_base_maintenance"] = initial, maintenance
        listing["root_factor_initial"] = chance.randrange(1, 10**12 // 10 ** (scale // 2 + 1))
        listing["root_factor_maintenance"] = chance.randrange(listing["root_factor_initial"])
    return listing


class Ground:
    """A `trader` in liquidation (0 <= equity < maintenance), a `friend` of its purse, and a `stranger` who may bid."""

    def __init__(self, seed: int, forms: tuple[str, ...] = FORMS, **policy: int) -> None:
        self.chance = chance = random.Random(seed)
        policy = {"exit_buffer": chance.randrange(50 * PERCENT), "fund_share": chance.randrange(PPB + 1), **policy}
        self.exit_buffer = policy["exit_buffer"]
        self.lab = Lab(**policy)
        self.listing = draw_listing(chance, chance.choice(forms))
        price = chance.randrange(1, 100_000) * 10 ** chance.randrange(3, 7)
        self.lab.list_instrument(price, **self.listing)
        self.trader, self.friend, self.stranger = (self.lab.open(RICH) for _ in range(3))
        one, another = self.lab.open(RICH), self.lab.open(RICH)
        most = self.listing["lots_max"]
        self.side = chance.choice((-1, 1))
        self.size = chance.randrange(max(2, most // 1_000), most + 1)
        self.trade(self.trader, chance.choice((one, self.friend)), self.side * self.size, price)
        if chance.randrange(2):
            self.trade(self.friend, another, chance.randrange(-most, most + 1) // 2, price)
        self.price = min(10**11, price * chance.randrange(900, 1_100) // 1_000)
        self.lab.mark(PERP, self.price)
        self.leave_in_breach()

    def trade(self, account: int, maker: int, lots: int, price: int) -> None:
        code = self.lab.fill(account, maker, PERP, lots, price)
        assert code in (codes.OK, codes.LOTS_MUST_NOT_BE_ZERO, codes.LOTS_MUST_BE_WITHIN_LIMIT), codes.sentence(code)

    def leave_in_breach(self) -> None:
        """The trader's equity is a random part of its maintenance, the friend's enough to bid with, or hardly."""
        maintenance = self.lab.health(self.trader).maintenance
        self.lab.leave_equity(self.trader, maintenance * self.chance.randrange(1_000) // 1_000)
        friend, whole = self.lab.health(self.friend), self.lab.health(self.trader).initial
        self.lab.leave_equity(self.friend, friend.initial + whole * self.chance.randrange(3_000) // 1_000)
        self.lab.engine.pool.totals[0]["sweep_due"] = 1
        self.lab.tick()

    def other(self) -> Lab:
        """The same world once more, for the path not taken."""
        return self.lab.copy()

    def amplification(self) -> int:
        """How many micros more a liquidator gets, at most, for a micro by which the account is restored later.

        A lot that is taken brings the exit closer by at least notional * (maintenance * (1 + buffer) - fee).
        """
        fee = self.listing["fee_liquidation"]
        closer = self.listing["rate_maintenance"] * (PPB + self.exit_buffer) // PPB - fee
        return 1 + -(-fee // closer)

    def fee_of_a_lot(self) -> int:
        """The fee of one lot, rounded up: sizes are whole lots."""
        notional = self.price // 10 ** self.listing["scale"] + 1
        return notional * self.listing["fee_liquidation"] // PPB + 1


def worth(lab: Lab, purse: Iterable[int]) -> int:
    """Equity of the accounts, at the mark."""
    equity = lab.engine.sweep()[0]
    return sum(int(equity[number]) for number in purse)


def others(lab: Lab, purse: Iterable[int]) -> int:
    """Equity of everybody else, the pool's own accounts included."""
    return int(lab.engine.sweep()[0].sum()) - worth(lab, purse)


def books(lab: Lab, purse: Iterable[int]) -> int:
    """Cash less cost: what the accounts have in exact micros, whatever their positions are worth."""
    total = 0
    for number in purse:
        row = lab.engine.pool.accounts[number]
        block = lab.engine.pool.holdings[int(row["start"]) : int(row["start"] + row["count"])]
        total += int(row["cash"]) - int(block["cost"].sum())
    return total


def bids(lab: Lab, bidder: int, account: int, sizes: list[int]) -> int:
    """Bids for the trader's only leg in one batch; returns how many were accepted."""
    commands = np.zeros(len(sizes), COMMAND)
    commands["kind"] = m.COMMAND_BID
    commands["id"] = lab.sent + 1 + np.arange(len(sizes))
    commands["account"], commands["counterparty"], commands["instrument"] = account, bidder, PERP
    commands["lots"] = sizes
    lab.sent += len(sizes)
    return int(np.count_nonzero(lab.engine.apply(commands) == codes.OK))
