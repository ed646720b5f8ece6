"""What an account pays with a slice: a discount on the equity that goes, never so large that equity/MM falls.

What a slice was worth stays with the account as cash.  It is set aside (``reserved_cash``) and not offered at a
discount again, so that a bid in several parts is paid no more than one bid.
"""

from typing import NamedTuple

from plimsoll.accrual.curve_value import curve_value
from plimsoll.book.cases import open_case
from plimsoll.book.layout import Pool
from plimsoll.margin.health import Health
from plimsoll.units.fixed import mul_div_ceil, mul_div_floor, rate_down
from plimsoll.units.jit import rule
from plimsoll.units.limits import PPB


class Payment(NamedTuple):
    """What the account pays with a slice, in micros."""

    to_taker: int
    to_fund: int


@rule
def offered_discount(pool: Pool, account: int) -> int:
    """The discount slices of the account go at now, in ppb: the policy's, or that of a curve since they are offered."""
    policy = pool.policy[0]
    if policy["curve_slice"] == 0:
        return policy["slice_discount"]
    elapsed = pool.totals[0]["time"] - pool.cases[pool.accounts[account]["case"]]["slice_since"]
    return min(PPB, curve_value(pool, policy["curve_slice"], elapsed))


@rule
def reserved_cash(pool: Pool, account: int) -> int:
    """What slices that went have left behind."""
    return pool.cases[pool.accounts[account]["case"]]["reserved_cash"]


@rule
def strips_hedges(now: Health, after: Health, part: int) -> bool:
    """Whether a part leaves more risk behind than there was: lots are rounded, and a hedge of few lots stays whole."""
    return part < PPB and after.maintenance > now.maintenance


@rule
def payment_of(pool: Pool, account: int, now: Health, after: Health, part: int, discount: int) -> int:
    """The discount on the equity a part takes, at most what leaves equity/MM no lower."""
    if now.equity <= 0 or now.maintenance == 0:
        return 0
    offered = max(0, now.equity - reserved_cash(pool, account))
    freed = max(0, now.maintenance - after.maintenance)
    return min(rate_down(rate_down(offered, part), discount), mul_div_floor(now.equity, freed, now.maintenance))


@rule
def reserve_rest(pool: Pool, account: int, before: Health, part: int, paid: int) -> None:
    """Set aside what a part that went for a payment was worth; ``before`` it went."""
    case = pool.cases[open_case(pool, account)]
    offered = max(0, before.equity - paid - case["reserved_cash"])
    case["reserved_cash"] += mul_div_ceil(offered, part, PPB)
