"""What proves that no sum over an account's members of a class can leave int64 (docs/portfolio-margin.md §9)."""

from collections.abc import Mapping

from plimsoll.book.layout import Pool
from plimsoll.units import codes as code
from plimsoll.units.limits import HOLDINGS_PER_ACCOUNT_MAX, LINEAR_BOUND, PORTFOLIO_MICROS_MAX, PORTFOLIO_SUM_MAX
from plimsoll.units.messages import KIND_OPTION, STATUS_CLOSED, STATUS_FREE

Parameters = Mapping[str, int]


def product_bound(lots_max: int, mark_max: int, kind: int, shift: int) -> int:
    """The largest product of one member."""
    bound = 1 if kind == KIND_OPTION else LINEAR_BOUND
    return lots_max * -(-mark_max * bound // (1 << shift))


def require_capacity(pool: Pool, number: int, unit: int, shift: int, proposed: Mapping[int, Parameters]) -> int:
    """The 64 largest members of a class fit; ``proposed``: listings by instrument that are to take effect."""
    bounds = []
    for member in range(1, max(int(pool.totals[0]["instruments"]), *(k + 1 for k in proposed), 1)):
        if member in proposed:
            listing = proposed[member]
            if listing["risk_class"] == number:
                bounds.append(product_bound(listing["lots_max"], listing["mark_max"], listing["kind"], shift))
            continue
        row = pool.instruments[member]
        if row["risk_class"] == number and row["status"] != STATUS_FREE and row["status"] != STATUS_CLOSED:
            bounds.append(product_bound(int(row["lots_max"]), int(row["mark_max"]), int(row["kind"]), shift))
    total = sum(sorted(bounds)[-HOLDINGS_PER_ACCOUNT_MAX:])
    if total > PORTFOLIO_SUM_MAX or (total << shift) > PORTFOLIO_MICROS_MAX * unit:
        return code.PORTFOLIO_VALUE_MUST_FIT
    return code.OK
