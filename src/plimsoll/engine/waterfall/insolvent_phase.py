"""The insolvent phase: the insurance backs a portfolio account below zero while bidders may still take it over.

What they are paid rises with time; an account the insurance cannot make whole does not wait.
"""

from plimsoll.accrual.curve_value import curve_value
from plimsoll.book.cases import open_case
from plimsoll.book.events import note
from plimsoll.book.layout import Pool
from plimsoll.engine.waterfall.insolvent import next_contract
from plimsoll.engine.waterfall.insurance import available_insurance
from plimsoll.engine.waterfall.legs import NO_LEG
from plimsoll.margin.health import Health
from plimsoll.units.fixed import mul_div_ceil, mul_div_floor, rate_down
from plimsoll.units.jit import command, rule
from plimsoll.units.limits import PPB
from plimsoll.units.messages import EVENT_INSOLVENT, MODE_PORTFOLIO, PAUSE_SLICE


@rule
def insolvent_since(pool: Pool, account: int) -> int:
    """Since when the account has waited for bids below zero; 0 when it does not."""
    return pool.cases[pool.accounts[account]["case"]]["insolvent_since"]


@rule
def end_phase(pool: Pool, account: int) -> None:
    """The account is solvent again, or resolved."""
    row = pool.accounts[account]["case"]
    if row != 0:
        pool.cases[row]["insolvent_since"] = 0


@rule
def may_wait(pool: Pool, account: int) -> bool:
    """Whether the account is of a kind that waits: a portfolio with contracts, where slices are taken."""
    policy = pool.policy[0]
    if policy["insolvent_after"] == 0 or policy["pauses"] & PAUSE_SLICE != 0:
        return False
    return pool.accounts[account]["mode"] == MODE_PORTFOLIO and next_contract(pool, account, 0) != NO_LEG


@command
def waits_for_bids(pool: Pool, account: int, now: Health) -> bool:
    """Whether an insolvent account is not resolved yet; begins its phase."""
    if not may_wait(pool, account) or available_insurance(pool, account) < -now.equity:
        return False
    case = pool.cases[open_case(pool, account)]
    time = pool.totals[0]["time"]
    if case["insolvent_since"] == 0:
        case["insolvent_since"] = time
        note(pool, EVENT_INSOLVENT, account, 0, 0, -now.equity)
    return time < case["insolvent_since"] + pool.policy[0]["insolvent_after"]


@rule
def part_relieved(now: Health, after: Health, part: int) -> int:
    """The part of the account's requirement that goes with a part of its lots, at most that part.

    Lots are rounded toward zero: a part of few large lots may leave the risk behind, and is not paid for then.
    """
    if now.maintenance == 0:
        return part
    return min(part, mul_div_floor(max(0, now.maintenance - after.maintenance), PPB, now.maintenance))


@rule
def deficit_of(now: Health, part: int) -> int:
    """What a part of an insolvent account lacks."""
    return mul_div_ceil(-now.equity, part, PPB)


@rule
def incentive_of(pool: Pool, account: int, now: Health, part: int) -> int:
    """What the insurance would pay a bidder for a part: of its MM, by the curve, the more the longer it waits."""
    curve = pool.policy[0]["curve_insolvent"]
    if curve == 0:
        return 0
    elapsed = pool.totals[0]["time"] - insolvent_since(pool, account)
    return rate_down(rate_down(now.maintenance, part), curve_value(pool, curve, elapsed))
