"""Time: the only way it enters. Means and funding, expiries, settlement, the sweep, exits; every part is bounded."""

from plimsoll.accrual.funding import apply_funding, collect_premium
from plimsoll.book.events import note
from plimsoll.book.layout import Pool
from plimsoll.book.rows import CommandRow, InstrumentRow
from plimsoll.engine.commands.prices import is_living, refresh_state
from plimsoll.engine.exits import pay_queues
from plimsoll.engine.settlement import freeze, settle_step
from plimsoll.engine.waterfall.insurance import share_trading_fees
from plimsoll.engine.waterfall.sweep import sweep
from plimsoll.oracle.states import drift_mean
from plimsoll.units import codes as code
from plimsoll.units.fixed import mul_div_floor
from plimsoll.units.jit import command as compiled
from plimsoll.units.jit import rule
from plimsoll.units.limits import DAY, TIME_MAX
from plimsoll.units.messages import (
    ACTION_FUNDING,
    ACTION_SETTLE,
    EVENT_FUNDING_APPLIED,
    EVENT_GRACE_STARTED,
    KIND_OPTION,
    KIND_PERP,
)


@rule
def fund(pool: Pool, number: int, elapsed: int) -> None:
    """Collect the premium while the mark may be used for it; pay when the interval is over."""
    instrument = pool.instruments[number]
    if instrument["kind"] != KIND_PERP or instrument["funding_interval"] == 0:
        return
    if instrument["blocks"] & ACTION_FUNDING == 0:
        collect_premium(instrument, elapsed)
    time = pool.totals[0]["time"]
    if time < instrument["funding_due"]:
        return
    instrument["funding_due"] = time + instrument["funding_interval"]
    moved = apply_funding(instrument)
    note(pool, EVENT_FUNDING_APPLIED, -1, number, instrument["funding"], moved)
    pool.totals[0]["sweep_due"] = 1


@rule
def collect_settlement(instrument: InstrumentRow, priced: InstrumentRow, time: int, elapsed: int) -> None:
    """Weigh the mark (an option: of its underlying) by the part of the time that lies inside the settlement window."""
    opening = instrument["expiry"] - instrument["settlement_window"]
    weight = min(time, instrument["expiry"]) - max(time - elapsed, opening)
    if weight > 0 and priced["blocks"] & ACTION_SETTLE == 0:
        instrument["settlement_sum"] += priced["mark"] * weight
        instrument["settlement_time"] += weight


@rule
def approach_expiry(pool: Pool, number: int, elapsed: int) -> None:
    """Collect the settlement price; at expiry freeze it, or put the expiry off when too few marks were valid."""
    instrument = pool.instruments[number]
    if instrument["expiry"] == 0:
        return
    time = pool.totals[0]["time"]
    priced = instrument
    if instrument["kind"] == KIND_OPTION:
        priced = pool.instruments[pool.classes[instrument["risk_class"]]["underlying"]]
    collect_settlement(instrument, priced, time, elapsed)
    if time < instrument["expiry"]:
        return
    collected = instrument["settlement_time"]
    if collected > 0 and 2 * collected >= instrument["settlement_window"]:
        freeze(pool, number)
    else:
        instrument["expiry"] = time + instrument["settlement_window"]
        instrument["settlement_sum"] = 0
        instrument["settlement_time"] = 0


@rule
def ramped(start: int, end: int, elapsed: int, ramp: int) -> int:
    """A factor on its way up; one that falls is in force at once."""
    if end <= start or elapsed >= ramp:
        return end
    return start + mul_div_floor(end - start, elapsed, ramp)


@compiled
def ramp_classes(pool: Pool) -> None:
    """Tightened factors come into force with time, so that nobody is liquidated by surprise."""
    time = pool.totals[0]["time"]
    for number in range(1, pool.classes.size):
        family = pool.classes[number]
        if family["published"] == 0:
            continue
        elapsed = time - family["ramp_start"]
        initial = ramped(family["initial_from"], family["factor_initial"], elapsed, family["ramp"])
        maintenance = ramped(family["maintenance_from"], family["factor_maintenance"], elapsed, family["ramp"])
        if initial != family["initial_now"] or maintenance != family["maintenance_now"]:
            family["initial_now"] = initial
            family["maintenance_now"] = maintenance
            pool.totals[0]["sweep_due"] = 1


@rule
def begin_day(pool: Pool) -> None:
    """What is counted by the day begins again with another one."""
    totals = pool.totals[0]
    day = totals["time"] // DAY
    if day == totals["day"]:
        return
    totals["day"] = day
    totals["day_paid"] = 0
    totals["day_paid_1"] = 0
    totals["day_paid_2"] = 0
    totals["day_paid_3"] = 0
    totals["day_backstop"] = 0


@compiled
def tick(pool: Pool, command: CommandRow) -> int:
    """Let time pass: a long gap counts as a short one and is followed by a grace period."""
    totals = pool.totals[0]
    time = command["time"]
    if time > TIME_MAX:
        return code.TIME_MUST_BE_WITHIN_LIMIT
    if time < totals["time"]:
        return code.TIME_MUST_NOT_GO_BACK
    # After this point the command must succeed.
    elapsed = time - totals["time"] if totals["time"] > 0 else 0
    totals["time"] = time
    begin_day(pool)
    if elapsed > pool.policy[0]["gap_max"]:
        elapsed = pool.policy[0]["gap_max"]
        totals["grace_until"] = time + pool.policy[0]["grace"]
        note(pool, EVENT_GRACE_STARTED, -1, 0, 0, totals["grace_until"])
    for number in range(1, totals["instruments"]):
        instrument = pool.instruments[number]
        if is_living(instrument) and instrument["kind"] != KIND_OPTION:
            drift_mean(instrument, elapsed)
            refresh_state(pool, number)
            fund(pool, number, elapsed)
            approach_expiry(pool, number, elapsed)
    # Options after what they are priced from.
    for number in range(1, totals["instruments"]):
        instrument = pool.instruments[number]
        if is_living(instrument) and instrument["kind"] == KIND_OPTION:
            refresh_state(pool, number)
            approach_expiry(pool, number, elapsed)
    ramp_classes(pool)
    settle_step(pool)
    share_trading_fees(pool)
    sweep(pool)
    pay_queues(pool)
    return code.OK
