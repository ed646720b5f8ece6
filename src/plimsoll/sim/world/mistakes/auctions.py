"""Mistakes in sealed-bid batches and collateral auctions. Each function is named after the rule it breaks.

Most need an account in liquidation; where none is, there is nothing to get wrong.
"""

from typing import Any

import numpy as np

from plimsoll.sim.world.claims import COMMITS, REVEALS, batch_phase, case_of, policy_of, seals_on
from plimsoll.sim.world.mistakes.slip import Slip
from plimsoll.units.limits import PPB, SEALS_MAX
from plimsoll.units.messages import (
    COMMAND_AUCTION,
    COMMAND_BID,
    COMMAND_COMMIT,
    COMMAND_REVEAL,
    KIND_ASSET,
)
from plimsoll.venue.seals import seal_of

SALTS = (1, 2)


def in_phase(slip: Slip, *phases: int) -> int:
    """An account whose batch is in one of the phases; -1 for none."""
    found = [one for one in slip.sight.liquidating.tolist() if batch_phase(slip.sight, one) in phases]
    return slip.pick(found)


def rich(slip: Slip, account: int, count: int = 1) -> list[int]:
    """Accounts of others with the most to spare."""
    owned = [one for one in slip.sight.owned.tolist() if one != account]
    return sorted(owned, key=lambda one: -min(float(slip.sight.free[one]), float(slip.sight.cash[one])))[:count]


def commit(slip: Slip, account: int, bidder: int, discount: int = 0) -> None:
    """A seal on all of an account."""
    words = seal_of(account, bidder, PPB, discount, *SALTS)
    fields = dict(zip(("lots", "price", "amount", "premium"), words, strict=True))
    slip.out.send(COMMAND_COMMIT, account=account, counterparty=bidder, **fields)


def reveal(slip: Slip, account: int, bidder: int, discount: int = 0) -> None:
    """What ``commit`` sealed, or something else."""
    fields = {"lots": PPB, "price": discount, "amount": SALTS[0], "premium": SALTS[1]}
    slip.out.send(COMMAND_REVEAL, account=account, counterparty=bidder, **fields)


def sealed_here(slip: Slip, revealed: int) -> tuple[int, Any] | None:
    """An account in the reveal phase and a seal on it, revealed or not."""
    for account in slip.sight.liquidating.tolist():
        if batch_phase(slip.sight, account) == REVEALS:
            for seal in seals_on(slip.sight, account):
                if int(seal["revealed"]) == revealed:
                    return account, seal
    return None


def batch_must_be_open(slip: Slip) -> None:
    """A seal opened where there is no batch."""
    reveal(slip, slip.account, slip.other)


def batch_must_be_over(slip: Slip) -> None:
    """A slice wanted while bids are sealed."""
    account = in_phase(slip, COMMITS, REVEALS)
    if account >= 0:
        bidder = rich(slip, account)[0]
        slip.out.send(COMMAND_BID, account=account, counterparty=bidder, lots=PPB // 10)


def commit_phase_must_be_open(slip: Slip) -> None:
    """A seal that comes too late."""
    account = in_phase(slip, REVEALS)
    if account >= 0:
        commit(slip, account, rich(slip, account)[0])


def reveal_phase_must_be_open(slip: Slip) -> None:
    """A seal opened too early."""
    account = in_phase(slip, COMMITS)
    if account >= 0:
        reveal(slip, account, slip.other)


def bidder_must_commit_once(slip: Slip) -> None:
    """Two seals on one account."""
    account = in_phase(slip, COMMITS)
    if account >= 0:
        bidder = rich(slip, account)[0]
        for discount in (0, 1):
            commit(slip, account, bidder, discount)


def batch_must_have_room(slip: Slip) -> None:
    """Everybody seals a bid, and they are more than a batch takes."""
    account = in_phase(slip, COMMITS)
    if account >= 0:
        for bidder in rich(slip, account, 2 * SEALS_MAX):
            commit(slip, account, bidder)


def seal_must_exist(slip: Slip) -> None:
    """Opening what nobody sealed."""
    account = in_phase(slip, REVEALS)
    if account >= 0:
        bidders = {int(seal["bidder"]) for seal in seals_on(slip.sight, account)}
        reveal(slip, account, slip.pick([one for one in slip.sight.owned if one not in bidders], slip.other))


def seal_must_not_be_revealed(slip: Slip) -> None:
    """Opening a seal twice."""
    found = sealed_here(slip, 1)
    if found is not None:
        reveal(slip, found[0], int(found[1]["bidder"]))


def seal_must_match(slip: Slip) -> None:
    """Opening a seal with something else."""
    found = sealed_here(slip, 0)
    if found is not None:
        reveal(slip, found[0], int(found[1]["bidder"]), discount=7)


def discount_must_be_within_limit(slip: Slip) -> None:
    """A discount of more than everything."""
    found = sealed_here(slip, 0)
    if found is not None:
        reveal(slip, found[0], int(found[1]["bidder"]), discount=slip.pick((-1, PPB + 1)))


def auction_must_be_offered(slip: Slip) -> None:
    """An auction where assets are not auctioned."""
    fields = {"counterparty": slip.other, "instrument": slip.asset}
    slip.out.send(COMMAND_AUCTION, account=slip.account, **fields)


def auction_must_need_reset(slip: Slip) -> None:
    """An auction started twice."""
    for account, leg in _next_assets(slip):
        for _ in range(2):
            slip.out.send(COMMAND_AUCTION, account=account, counterparty=rich(slip, account)[0], instrument=leg)


def auction_must_be_running(slip: Slip) -> None:
    """A bid in an auction nobody started."""
    for account, leg in _next_assets(slip):
        if policy_of(slip.sight)["curve_collateral"] and not case_of(slip.sight, account)["auction_instrument"]:
            slip.out.send(COMMAND_BID, account=account, counterparty=rich(slip, account)[0], instrument=leg, lots=1)


def health_must_not_fall(slip: Slip) -> None:
    """A bid in an auction that has gone far below the mark."""
    for account, leg in _next_assets(slip):
        lots = int(slip.sight.lots[account, leg])
        slip.out.send(COMMAND_BID, account=account, counterparty=rich(slip, account)[0], instrument=leg, lots=lots)


def _next_assets(slip: Slip) -> list[tuple[int, int]]:
    """Accounts in liquidation whose next leg is an asset, with the leg."""
    accounts = slip.sight.liquidating
    legs = np.asarray(slip.sight.view.next_legs(accounts)).tolist() if len(accounts) else []
    kinds = slip.sight.rows["kind"]
    pairs = zip(accounts.tolist(), legs, strict=True)
    return [(account, leg) for account, leg in pairs if leg > 0 and kinds[leg] == KIND_ASSET]
