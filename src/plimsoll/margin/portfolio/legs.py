"""An account's book as margin sees it: its holdings, a change applied, sorted by class and group."""

from plimsoll.book.holdings import NO_INSTRUMENT, Change
from plimsoll.book.layout import Pool
from plimsoll.book.rows import LegRow
from plimsoll.units.fixed import mul_div_trunc
from plimsoll.units.jit import command, rule
from plimsoll.units.limits import HOLDINGS_PER_ACCOUNT_MAX, PPB
from plimsoll.units.tables import Table

LEGS_MAX = HOLDINGS_PER_ACCOUNT_MAX + 1
GROUPS_PER_CLASS = 4096
UNCLASSED = 0


@rule
def class_of(leg: LegRow) -> int:
    """The risk class of a leg; 0 for none."""
    return leg["key"] // GROUPS_PER_CLASS


@rule
def key_of(pool: Pool, number: int) -> int:
    """Sorts legs by class, then by group."""
    risk = pool.risks[number]
    return risk["risk_class"] * GROUPS_PER_CLASS + risk["group"]


@rule
def move_leg(legs: Table[LegRow], source: int, target: int) -> None:
    """Copy a leg to another place."""
    here = legs[source]
    there = legs[target]
    there["key"] = here["key"]
    there["number"] = here["number"]
    there["lots"] = here["lots"]
    there["cost"] = here["cost"]
    there["bid_lots"] = here["bid_lots"]
    there["ask_lots"] = here["ask_lots"]
    there["reserved"] = here["reserved"]
    there["slot"] = here["slot"]
    there["value"] = here["value"]
    there["scaled"] = here["scaled"]


@rule
def add_leg(
    pool: Pool, legs: Table[LegRow], count: int, number: int, lots: int, cost: int, bid: int, ask: int, reserved: int
) -> int:
    """Put a leg where it sorts; returns the new count. A leg of nothing at all is left out."""
    if lots == 0 and bid == 0 and ask == 0 and cost == 0:
        return count
    key = key_of(pool, number)
    place = count
    while place > 0 and legs[place - 1]["key"] > key:
        move_leg(legs, place - 1, place)
        place -= 1
    leg = legs[place]
    risk = pool.risks[number]
    leg["key"] = key
    leg["number"] = number
    leg["lots"] = lots
    leg["cost"] = cost
    leg["bid_lots"] = bid
    leg["ask_lots"] = ask
    leg["reserved"] = reserved
    leg["slot"] = risk["slot"]
    leg["value"] = risk["value"]
    leg["scaled"] = lots
    return count + 1


@command
def book_after(pool: Pool, account: int, change: Change, legs: Table[LegRow]) -> int:
    """The account's legs as if the change had been applied; returns how many."""
    owner = pool.accounts[account]
    start = owner["start"]
    count = 0
    met = change.instrument == NO_INSTRUMENT
    for row in range(start, start + owner["count"]):
        holding = pool.holdings[row]
        number = holding["instrument"]
        lots = holding["lots"]
        cost = holding["cost"]
        bid = holding["bid_lots"]
        ask = holding["ask_lots"]
        reserved = holding["reserved"]
        if number == change.instrument:
            met = True
            lots += change.lots
            cost += change.cost
            bid += change.bid_lots
            ask += change.ask_lots
            reserved += change.reserved
        count = add_leg(pool, legs, count, number, lots, cost, bid, ask, reserved)
    if not met:
        count = add_leg(
            pool,
            legs,
            count,
            change.instrument,
            change.lots,
            change.cost,
            change.bid_lots,
            change.ask_lots,
            change.reserved,
        )
    return count


@rule
def part_lots(lots: int, part: int) -> int:
    """The lots of a leg that go with a part of the account, toward zero."""
    return mul_div_trunc(lots, part, PPB)
