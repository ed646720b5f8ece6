"""Wash trading at the edge of what numbers may be: two accounts with billions, one contract as large as one may list.

Bought at the top of the band and sold at its bottom, again and again, a position's cost leaves its limit before
anything else does.
"""

from typing import Final

from plimsoll.book.parameters import LISTING_BOUNDS
from plimsoll.sim.world.listing import Listed
from plimsoll.sim.world.outbox import Outbox
from plimsoll.sim.world.sight import Sight
from plimsoll.units.limits import HOLDING_VALUE_MAX, PPB
from plimsoll.units.messages import (
    COMMAND_DEPOSIT,
    COMMAND_FILL,
    COMMAND_LIST_INSTRUMENT,
    COMMAND_MARK,
    COMMAND_OPEN_ACCOUNT,
    KIND_PERP,
    MODE_STANDARD,
)

MARK: Final = 10**12
LOTS: Final = HOLDING_VALUE_MAX // MARK
MONEY: Final = 4 * 10**16
ROUNDS: Final = 3
BAND: Final = 950_000_000
ROW: Final = {name: max(low, 0) for name, (low, _) in LISTING_BOUNDS.items()} | {
    "kind": KIND_PERP,
    "mark_max": MARK,
    "lots_max": LOTS,
    "open_lots_max": LOTS,
    "rate_initial": PPB // 2,
    "rate_maintenance": PPB // 4,
    "band": BAND,
    "age_fill_max": LISTING_BOUNDS["age_fill_max"][1],
    "age_margin_max": LISTING_BOUNDS["age_margin_max"][1],
    "confidence_max": PPB,
    "settlement_window": 1,
}


def wash(sight: Sight, out: Outbox) -> None:
    """List the contract, open the accounts, and trade to and fro until the cost is refused; then take it all back."""
    number, buyer, seller = sight.instruments, sight.count, sight.count + 1
    listed = Listed(f"WASH-{number}", len(sight.config.prices) - 1, ROW, divisor=sight.config.prices[-1] / MARK)
    sight.market.expected.append(listed)
    out.post(COMMAND_LIST_INSTRUMENT, listed.words(), instrument=number)
    out.send(COMMAND_MARK, instrument=number, time=sight.time_ms, price=MARK, sources=1)
    for account in (buyer, seller):
        out.send(COMMAND_OPEN_ACCOUNT, account=account, counterparty=account, flags=MODE_STANDARD)
        out.send(COMMAND_DEPOSIT, account=account, counterparty=account, amount=MONEY)
    edge = MARK * BAND // PPB
    trades = [(LOTS, MARK + edge), (1 - LOTS, MARK - edge)] + [
        (LOTS - 1, MARK + edge),
        (1 - LOTS, MARK - edge),
    ] * ROUNDS
    for lots, price in (*trades, (-1, MARK)):
        out.send(COMMAND_FILL, account=buyer, counterparty=seller, instrument=number, lots=lots, price=price)
