"""The order of the waterfall, in one place (DESIGN §7, docs/waterfall.md).

    healthy
      -> restricted    below IM: the margin rule lets it only reduce risk
      -> called        below the call level: orders released, a deadline
      -> liquidating   below MM (or a call not met in time), until the exit level:
             bids          takers buy the next leg at the mark less a fee; of a portfolio account a slice
                           of every leg at a discount                           (command bid)
             backstop      what nobody took in time, or is nearly gone
      -> insolvent     equity below zero: assets sold, the fund pays, then per contract leg
             backstop, deleveraging, socialised over the opposite side, bad debt from positive cash
      -> resolved

``look_at`` moves one account along it.  An auction or an AMM is one more function between bids and backstop.
"""

from plimsoll.book.events import note, touch
from plimsoll.book.layout import Pool
from plimsoll.engine.release import release_orders
from plimsoll.engine.waterfall.backstop import backstop_takes_legs
from plimsoll.engine.waterfall.bad_debt import resolve_if_bankrupt
from plimsoll.engine.waterfall.insolvent import resolve_insolvent
from plimsoll.engine.waterfall.slices import backstop_takes_slice
from plimsoll.margin.health import Health, call_level, exit_level, health
from plimsoll.units.fixed import mul_div_ceil, rate_down
from plimsoll.units.jit import command, rule
from plimsoll.units.limits import PPB
from plimsoll.units.messages import (
    ACTION_LIQUIDATE,
    EVENT_CALL_ENDED,
    EVENT_CALLED,
    EVENT_LIQUIDATION_ENDED,
    EVENT_LIQUIDATION_STARTED,
    EVENT_TRIGGERED,
    MODE_PORTFOLIO,
    STAGE_CALLED,
    STAGE_HEALTHY,
    STAGE_LIQUIDATING,
)


@rule
def enter_stage(pool: Pool, account: int, stage: int, event: int, amount: int) -> None:
    """Move an account to a stage and say so."""
    owner = pool.accounts[account]
    owner["stage"] = stage
    owner["stage_since"] = pool.totals[0]["time"]
    touch(pool, account)
    note(pool, event, account, 0, 0, amount)


@command
def follow_trigger(pool: Pool, account: int, now: Health) -> Health:
    """The user's own trigger: notifies once and releases orders; re-armed when equity is back."""
    owner = pool.accounts[account]
    if owner["trigger_ppb"] == 0:
        return now
    level = mul_div_ceil(now.maintenance, owner["trigger_ppb"], PPB)
    if now.equity >= level:
        if owner["triggered"] != 0:
            owner["triggered"] = 0
            touch(pool, account)
        return now
    if owner["triggered"] != 0:
        return now
    owner["triggered"] = 1
    touch(pool, account)
    note(pool, EVENT_TRIGGERED, account, 0, 0, level)
    release_orders(pool, account)
    return health(pool, account)


@rule
def end_if_restored(pool: Pool, account: int, now: Health) -> None:
    """Leave liquidation at the exit level, a call at the call level."""
    owner = pool.accounts[account]
    policy = pool.policy[0]
    if owner["stage"] == STAGE_LIQUIDATING:
        if owner["count"] == 0 or now.equity >= exit_level(now.maintenance, policy["exit_buffer"]):
            enter_stage(
                pool, account, STAGE_HEALTHY, EVENT_LIQUIDATION_ENDED, pool.totals[0]["time"] - owner["stage_since"]
            )
    elif owner["stage"] == STAGE_CALLED and now.equity >= call_level(now, policy["call_buffer"]):
        enter_stage(pool, account, STAGE_HEALTHY, EVENT_CALL_ENDED, now.equity)


@rule
def is_in_breach(pool: Pool, account: int, now: Health) -> bool:
    """Below maintenance."""
    return now.equity < now.maintenance or (now.equity < 0 and pool.accounts[account]["count"] > 0)


@rule
def is_overdue(pool: Pool, account: int, now: Health) -> bool:
    """Called and not cured by the deadline."""
    owner = pool.accounts[account]
    policy = pool.policy[0]
    if owner["stage"] != STAGE_CALLED or now.equity >= exit_level(now.maintenance, policy["exit_buffer"]):
        return False
    return pool.totals[0]["time"] >= owner["stage_since"] + policy["call_deadline"]


@rule
def may_liquidate(pool: Pool, now: Health) -> bool:
    """No grace period, and every held mark good enough to liquidate at."""
    return now.blocked & ACTION_LIQUIDATE == 0 and pool.totals[0]["time"] >= pool.totals[0]["grace_until"]


@command
def start_liquidation(pool: Pool, account: int, now: Health) -> Health:
    """Enter liquidation, if not yet and if it may be; returns the health from there on."""
    if pool.accounts[account]["stage"] == STAGE_LIQUIDATING or not may_liquidate(pool, now):
        return now
    enter_stage(pool, account, STAGE_LIQUIDATING, EVENT_LIQUIDATION_STARTED, now.equity)
    release_orders(pool, account)
    return health(pool, account)


@command
def liquidate(pool: Pool, account: int, now: Health) -> int:
    """What the tick itself does for an account in liquidation; returns the steps it took."""
    owner = pool.accounts[account]
    policy = pool.policy[0]
    if now.equity < 0:
        return resolve_insolvent(pool, account)
    waited = pool.totals[0]["time"] - owner["stage_since"] >= policy["backstop_after"]
    if waited or now.equity < rate_down(now.maintenance, policy["backstop_ratio"]):
        if owner["mode"] == MODE_PORTFOLIO:
            return 1 + backstop_takes_slice(pool, account, now)
        return 1 + backstop_takes_legs(pool, account)
    return 0


@command
def look_at(pool: Pool, account: int) -> int:
    """Move one account along the waterfall; returns the liquidation steps it took."""
    owner = pool.accounts[account]
    if owner["count"] == 0 and owner["stage"] == STAGE_HEALTHY:
        steps = resolve_if_bankrupt(pool, account) * pool.totals[0]["accounts"]
        pool.totals[0]["shortfall_running"] += max(0, -owner["cash"])
        return steps
    now = follow_trigger(pool, account, health(pool, account))
    end_if_restored(pool, account, now)
    if is_in_breach(pool, account, now):
        now = start_liquidation(pool, account, now)
    if owner["stage"] == STAGE_HEALTHY and now.equity < call_level(now, pool.policy[0]["call_buffer"]):
        enter_stage(pool, account, STAGE_CALLED, EVENT_CALLED, pool.totals[0]["time"] + pool.policy[0]["call_deadline"])
        release_orders(pool, account)
        now = health(pool, account)
    if is_overdue(pool, account, now):
        now = start_liquidation(pool, account, now)
    steps = 0
    if owner["stage"] == STAGE_LIQUIDATING and may_liquidate(pool, now):
        steps = liquidate(pool, account, now)
        if steps > 0:
            now = health(pool, account)
            end_if_restored(pool, account, now)
    if now.equity < 0:
        pool.totals[0]["shortfall_running"] -= now.equity
    if owner["stage"] != STAGE_HEALTHY:
        pool.totals[0]["sweep_due"] = 1
    return steps
