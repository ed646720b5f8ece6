"""Liquidation prices: the nearest marks, below and above the present one, at which equity is below maintenance.

Other marks are fixed.  Equity less requirement is linear in one mark up to roundings, so bisection finds a mark in
breach whose neighbour is not; the last few marks are walked, because a rounding may put a breach a little nearer.
"""

from typing import NamedTuple

from plimsoll.book.layout import Pool
from plimsoll.book.signatures import INTEGER, POOL
from plimsoll.margin.health import health
from plimsoll.units.jit import command, entry
from plimsoll.units.views import view

NO_BREACH = -1
WALK = 64
BELOW = -1
ABOVE = 1


class Breaches(NamedTuple):
    """Marks in micros per unit, None where there is no breach on that side; both the mark itself if in breach now."""

    below: int | None
    above: int | None


@command
def is_breach(pool: Pool, account: int, number: int, mark: int) -> bool:
    """Whether the account would be below maintenance at another mark; the mark is put back."""
    instrument = pool.instruments[number]
    present = instrument["mark"]
    instrument["mark"] = mark
    now = health(pool, account)
    instrument["mark"] = present
    return now.equity < now.maintenance


@command
def walked(pool: Pool, account: int, number: int, breach: int, towards: int) -> int:
    """The breach nearest to the present mark among the marks next to one found."""
    nearest = breach
    for distance in range(1, WALK + 1):
        mark = breach + towards * distance
        if (mark - pool.instruments[number]["mark"]) * towards >= 0:
            break
        if is_breach(pool, account, number, mark):
            nearest = mark
    return nearest


@entry((POOL, INTEGER, INTEGER, INTEGER))
def nearest_breach(pool: Pool, account: int, number: int, side: int) -> int:
    """The nearest mark in breach on one side (-1 below, 1 above) within 1 .. mark_max; NO_BREACH for none."""
    pool = view(pool)
    instrument = pool.instruments[number]
    present = instrument["mark"]
    if is_breach(pool, account, number, present):
        return present
    breach = 1 if side < 0 else instrument["mark_max"]
    if not is_breach(pool, account, number, breach):
        return NO_BREACH
    safe = present
    while abs(breach - safe) > 1:
        middle = (breach + safe) // 2
        if is_breach(pool, account, number, middle):
            breach = middle
        else:
            safe = middle
    return walked(pool, account, number, breach, -side)


def liquidation_prices(pool: Pool, account: int, instrument: int) -> Breaches:
    """The nearest breaches of maintenance below and above the present mark of one instrument, others fixed."""
    found = [nearest_breach(pool, account, instrument, side) for side in (BELOW, ABOVE)]
    below, above = (None if mark == NO_BREACH else int(mark) for mark in found)
    return Breaches(below, above)
