"""What proves that no sum over an account's members of a class can leave int64 (docs/portfolio-margin.md §9)."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from plimsoll.book.layout import Pool
from plimsoll.units import codes as code
from plimsoll.units.limits import HOLDINGS_PER_ACCOUNT_MAX, LINEAR_BOUND, PORTFOLIO_MICROS_MAX, PORTFOLIO_SUM_MAX
from plimsoll.units.messages import KIND_OPTION, STATUS_CLOSED, STATUS_FREE

Parameters = Mapping[str, int]


def product_bound(lots_max: int, mark_max: int, kind: int, shift: int) -> int:
    """The largest product of one member."""
    bound = 1 if kind == KIND_OPTION else LINEAR_BOUND
    return lots_max * -(-mark_max * bound // (1 << shift))


class Scope(NamedTuple):
    """What a class is reckoned in: its number, unit and shift, and the largest mark of its underlying."""

    number: int
    unit: int
    shift: int
    spot_max: int


def scope_of(pool: Pool, number: int) -> Scope:
    """A published class as it is."""
    family = pool.classes[number]
    spot_max = int(pool.instruments[int(family["underlying"])]["mark_max"])
    return Scope(number, int(family["unit"]), int(family["shift"]), spot_max)


def members_of(pool: Pool, number: int, proposed: Mapping[int, Parameters]) -> Iterator[Parameters]:
    """What limits the living members of a class; ``proposed``: listings by instrument that are to take effect."""
    for member in range(1, max(int(pool.totals[0]["instruments"]), *(k + 1 for k in proposed), 1)):
        row = proposed.get(member, pool.instruments[member])
        lives = member in proposed or row["status"] not in (STATUS_FREE, STATUS_CLOSED)
        if lives and row["risk_class"] == number:
            lots = row["lots_max"] if member in proposed else row["lots_most"]
            yield {"lots_max": int(lots), **{name: int(row[name]) for name in ("mark_max", "kind", "strike")}}


def require_capacity(pool: Pool, scope: Scope, proposed: Mapping[int, Parameters]) -> int:
    """The 64 largest members of a class fit, in products and at the largest price they are reckoned at.

    That is the underlying's largest mark, or the largest strike, for what options pay is reckoned at every strike.
    """
    members = list(members_of(pool, scope.number, proposed))
    bounds = [product_bound(row["lots_max"], row["mark_max"], row["kind"], scope.shift) for row in members]
    total = sum(sorted(bounds)[-HOLDINGS_PER_ACCOUNT_MAX:])
    lots = sum(sorted(row["lots_max"] for row in members)[-HOLDINGS_PER_ACCOUNT_MAX:])
    highest = max([scope.spot_max, *(row["strike"] for row in members)])
    micros = max(total << scope.shift, lots * highest)
    if total > PORTFOLIO_SUM_MAX or micros > PORTFOLIO_MICROS_MAX * scope.unit:
        return code.PORTFOLIO_VALUE_MUST_FIT
    return code.OK
