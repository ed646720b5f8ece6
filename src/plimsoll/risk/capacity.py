"""The capacity rule: the smallest shift for which no sum of products leaves int64 (docs/portfolio-margin.md, §9)."""

from collections.abc import Sequence
from dataclasses import dataclass

from plimsoll.risk.errors import RiskError
from plimsoll.units.limits import (
    HOLDINGS_PER_ACCOUNT_MAX,
    LINEAR_BOUND,
    PORTFOLIO_MICROS_MAX,
    PORTFOLIO_SUM_MAX,
    SHIFT_MAX,
)


@dataclass(frozen=True)
class Member:
    """The listing of a member of a class, as far as capacity needs it. ``mark_max`` in micros for 10^scale lots."""

    instrument: int
    linear: bool
    lots_max: int
    mark_max: int


def products_at(members: Sequence[Member], shift: int) -> int:
    """Σ over the 64 largest members of lots_max · ceil(mark_max · k / 2^shift), in products."""
    sizes = [one.lots_max * -(-one.mark_max * (LINEAR_BOUND if one.linear else 1) // (1 << shift)) for one in members]
    return sum(sorted(sizes)[-HOLDINGS_PER_ACCOUNT_MAX:])


def fits(members: Sequence[Member], scale: int, shift: int) -> bool:
    """Whether both bounds hold: products within 2^61, and their value within 10^17 micros."""
    products = products_at(members, shift)
    return products <= PORTFOLIO_SUM_MAX and products << shift <= PORTFOLIO_MICROS_MAX * 10**scale


def smallest_shift(members: Sequence[Member], scale: int) -> int:
    """The smallest shift that fits, 0 for the finest arrays. RiskError if none does: positions must be smaller."""
    if not members:
        raise RiskError("the capacity rule needs the members of the class; give their listings, or a shift")
    for shift in range(SHIFT_MAX + 1):
        if fits(members, scale, shift):
            return shift
    largest = max(members, key=lambda one: one.lots_max * one.mark_max * (LINEAR_BOUND if one.linear else 1))
    raise RiskError(f"no shift makes the class fit; lower lots_max or mark_max of instrument {largest.instrument}")
