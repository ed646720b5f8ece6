"""The order of the waterfall, in one place (DESIGN §7, docs/waterfall.md).

    healthy
      -> restricted    below IM: the margin rule lets it only reduce risk
      -> called        below the call level: orders released, a deadline; called again soon, the old deadline
      -> liquidating   below MM (or a call not met in time), until the exit level; its case opens:
             sealed bids   of a portfolio account, all at one discount             (commit, reveal)
             bids          takers buy the next leg at the mark less a fee; of a portfolio account a slice
                           of every leg at a discount that may rise with time      (bid)
             auction       an asset at a price that falls, where the pool has auctions (auction, bid)
             AMM           assets sold where the pool's price is near the mark
             backstop      what nobody took in time, or is nearly gone
      -> insolvent     equity below zero; of a portfolio account the insurance can make whole, first
             bids          slices of it for a while, the insurance paying what they lack (bid)
             resolved      assets sold, the fund and the tranches pay, then per contract leg
                           backstop, deleveraging, socialised over the opposite side, bad debt from positive cash
      -> cooling       liquidated: for a while it may only reduce risk

``look_at`` moves one account along it; ``case.py`` is what is remembered on the way.  A paused mechanism is left out.
"""

from plimsoll.book.events import note, touch
from plimsoll.book.layout import Pool
from plimsoll.engine.checks import is_paused
from plimsoll.engine.release import release_orders
from plimsoll.engine.waterfall.amm import sell_to_amm
from plimsoll.engine.waterfall.backstop import backstop_takes_legs
from plimsoll.engine.waterfall.bad_debt import resolve_if_bankrupt
from plimsoll.engine.waterfall.batch import clear_batch, end_batch
from plimsoll.engine.waterfall.case import batch_of, begin_call, begin_case, call_deadline, end_call, end_case
from plimsoll.engine.waterfall.insolvent import resolve_insolvent
from plimsoll.engine.waterfall.insolvent_phase import end_phase, waits_for_bids
from plimsoll.engine.waterfall.slices import backstop_takes_slice
from plimsoll.margin.health import Health, call_level, exit_level, health
from plimsoll.units.fixed import mul_div_ceil, rate_down
from plimsoll.units.jit import command, rule
from plimsoll.units.limits import PPB
from plimsoll.units.messages import (
    ACTION_LIQUIDATE,
    BATCH_OPEN,
    EVENT_CALL_ENDED,
    EVENT_CALLED,
    EVENT_COOLED_OFF,
    EVENT_LIQUIDATION_ENDED,
    EVENT_LIQUIDATION_STARTED,
    EVENT_TRIGGERED,
    MODE_PORTFOLIO,
    PAUSE_BACKSTOP,
    PAUSE_RESOLVE,
    STAGE_CALLED,
    STAGE_COOLING,
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
def leave_liquidation(pool: Pool, account: int) -> None:
    """Back to healthy, by way of cooling off where the policy has it; the case ends."""
    lasted = pool.totals[0]["time"] - pool.accounts[account]["stage_since"]
    stage = STAGE_COOLING if pool.policy[0]["cool_off"] > 0 else STAGE_HEALTHY
    enter_stage(pool, account, stage, EVENT_LIQUIDATION_ENDED, lasted)
    end_case(pool, account)


@command
def end_if_restored(pool: Pool, account: int, now: Health) -> None:
    """Leave liquidation at the exit level, a call at the call level."""
    owner = pool.accounts[account]
    policy = pool.policy[0]
    if owner["stage"] == STAGE_LIQUIDATING:
        if owner["count"] == 0 or now.equity >= exit_level(now.maintenance, policy["exit_buffer"]):
            leave_liquidation(pool, account)
    elif owner["stage"] == STAGE_CALLED and now.equity >= call_level(now, policy["call_buffer"]):
        enter_stage(pool, account, STAGE_HEALTHY, EVENT_CALL_ENDED, now.equity)
        end_call(pool, account)


@command
def end_if_rescued(pool: Pool, account: int) -> None:
    """What was paid in ends a call or a liquidation at once, if it is enough."""
    stage = pool.accounts[account]["stage"]
    if stage in (STAGE_CALLED, STAGE_LIQUIDATING):
        end_if_restored(pool, account, health(pool, account))


@rule
def end_cooling(pool: Pool, account: int) -> None:
    """Healthy again when the time is over; until then the sweep comes back."""
    totals = pool.totals[0]
    if totals["time"] >= pool.accounts[account]["stage_since"] + pool.policy[0]["cool_off"]:
        enter_stage(pool, account, STAGE_HEALTHY, EVENT_COOLED_OFF, 0)
    else:
        totals["sweep_due"] = 1


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
    return pool.totals[0]["time"] >= call_deadline(pool, account)


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
    begin_case(pool, account)
    release_orders(pool, account)
    return health(pool, account)


@command
def call(pool: Pool, account: int) -> Health:
    """Ask the owner for money or less risk, by a deadline; returns the health without its orders."""
    enter_stage(pool, account, STAGE_CALLED, EVENT_CALLED, begin_call(pool, account))
    release_orders(pool, account)
    return health(pool, account)


@command
def resolve(pool: Pool, account: int, now: Health) -> int:
    """What the tick does for an insolvent account; returns the steps it took."""
    end_batch(pool, account)
    if pool.policy[0]["pauses"] & PAUSE_RESOLVE != 0 or waits_for_bids(pool, account, now):
        return 0
    end_phase(pool, account)
    return resolve_insolvent(pool, account)


@command
def hand_to_backstop(pool: Pool, account: int, now: Health) -> int:
    """What nobody took in time, or is nearly gone, goes to the backstop; returns the steps it took."""
    owner = pool.accounts[account]
    policy = pool.policy[0]
    if is_paused(pool, PAUSE_BACKSTOP) or now.equity >= exit_level(now.maintenance, policy["exit_buffer"]):
        return 0
    if now.equity < rate_down(now.maintenance, policy["backstop_ratio"]):
        end_batch(pool, account)
    elif batch_of(pool, account) == BATCH_OPEN:
        return 0
    elif pool.totals[0]["time"] - owner["stage_since"] < policy["backstop_after"]:
        return 0
    if owner["mode"] == MODE_PORTFOLIO:
        return 1 + backstop_takes_slice(pool, account, now)
    return 1 + backstop_takes_legs(pool, account)


@command
def liquidate(pool: Pool, account: int, now: Health) -> int:
    """What the tick itself does for an account in liquidation; returns the steps it took."""
    if now.equity >= 0:
        end_phase(pool, account)
    if not may_liquidate(pool, now):
        return 0
    if now.equity < 0:
        end_batch(pool, account)
    sold = sell_to_amm(pool, account, now)
    if sold > 0:
        now = health(pool, account)
    if now.equity < 0:
        return sold + resolve(pool, account, now)
    end_phase(pool, account)
    return sold + hand_to_backstop(pool, account, now)


@command
def meet_debt(pool: Pool, account: int) -> int:
    """An account without holdings owes at most what it must pay (8.5); returns the steps it took."""
    steps = resolve_if_bankrupt(pool, account) * pool.totals[0]["accounts"]
    pool.totals[0]["shortfall_running"] += max(0, -pool.accounts[account]["cash"])
    return steps


@command
def judge(pool: Pool, account: int, now: Health) -> Health:
    """Put the account in the stage it belongs to; returns the health from there on."""
    owner = pool.accounts[account]
    if owner["stage"] != STAGE_HEALTHY:
        end_if_restored(pool, account, now)
    if is_in_breach(pool, account, now):
        now = start_liquidation(pool, account, now)
    if owner["stage"] == STAGE_HEALTHY and now.equity < call_level(now, pool.policy[0]["call_buffer"]):
        now = call(pool, account)
    if is_overdue(pool, account, now):
        now = start_liquidation(pool, account, now)
    return now


@command
def look_at(pool: Pool, account: int) -> int:
    """Move one account along the waterfall; returns the liquidation steps it took."""
    owner = pool.accounts[account]
    if owner["stage"] == STAGE_COOLING:
        end_cooling(pool, account)
    if owner["count"] == 0 and (owner["stage"] == STAGE_HEALTHY or owner["stage"] == STAGE_COOLING):
        return meet_debt(pool, account)
    now = judge(pool, account, follow_trigger(pool, account, health(pool, account)))
    steps = 0
    if owner["stage"] == STAGE_LIQUIDATING and may_liquidate(pool, now):
        steps = clear_batch(pool, account, now)
        if steps > 0:
            now = judge(pool, account, health(pool, account))
    if owner["stage"] == STAGE_LIQUIDATING:
        steps += liquidate(pool, account, now)
        if steps > 0:
            now = health(pool, account)
        end_if_restored(pool, account, now)
    if now.equity < 0:
        pool.totals[0]["shortfall_running"] -= now.equity
    if owner["stage"] != STAGE_HEALTHY:
        pool.totals[0]["sweep_due"] = 1
    return steps
