"""Time: the only way it enters. Means and funding, expiries, settlement, then the sweep; every part is bounded."""

from plimsoll.accrual.funding import apply_funding, collect_premium
from plimsoll.book.events import note
from plimsoll.book.layout import Pool
from plimsoll.book.rows import CommandRow, InstrumentRow
from plimsoll.engine.commands.prices import refresh_state
from plimsoll.engine.settlement import freeze, settle_step
from plimsoll.engine.waterfall.sweep import sweep
from plimsoll.oracle.states import drift_mean
from plimsoll.units import codes as code
from plimsoll.units.jit import command as compiled
from plimsoll.units.jit import rule
from plimsoll.units.limits import TIME_MAX
from plimsoll.units.messages import (
    ACTION_FUNDING,
    ACTION_SETTLE,
    EVENT_FUNDING_APPLIED,
    EVENT_GRACE_STARTED,
    KIND_PERP,
    STATUS_OPEN,
    STATUS_REDUCE_ONLY,
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
def collect_settlement(instrument: InstrumentRow, time: int, elapsed: int) -> None:
    """Weigh the mark by the part of the elapsed time that lies inside the settlement window."""
    opening = instrument["expiry"] - instrument["settlement_window"]
    weight = min(time, instrument["expiry"]) - max(time - elapsed, opening)
    if weight > 0 and instrument["blocks"] & ACTION_SETTLE == 0:
        instrument["settlement_sum"] += instrument["mark"] * weight
        instrument["settlement_time"] += weight


@rule
def approach_expiry(pool: Pool, number: int, elapsed: int) -> None:
    """Collect the settlement price; at expiry freeze it, or put the expiry off when too few marks were valid."""
    instrument = pool.instruments[number]
    if instrument["expiry"] == 0:
        return
    time = pool.totals[0]["time"]
    collect_settlement(instrument, time, elapsed)
    if time < instrument["expiry"]:
        return
    collected = instrument["settlement_time"]
    if collected > 0 and 2 * collected >= instrument["settlement_window"]:
        freeze(pool, number)
    else:
        instrument["expiry"] = time + instrument["settlement_window"]
        instrument["settlement_sum"] = 0
        instrument["settlement_time"] = 0


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
    if elapsed > pool.policy[0]["gap_max"]:
        elapsed = pool.policy[0]["gap_max"]
        totals["grace_until"] = time + pool.policy[0]["grace"]
        note(pool, EVENT_GRACE_STARTED, -1, 0, 0, totals["grace_until"])
    for number in range(1, totals["instruments"]):
        instrument = pool.instruments[number]
        if instrument["status"] == STATUS_OPEN or instrument["status"] == STATUS_REDUCE_ONLY:
            drift_mean(instrument, elapsed)
            refresh_state(pool, number)
            fund(pool, number, elapsed)
            approach_expiry(pool, number, elapsed)
    settle_step(pool)
    sweep(pool)
    return code.OK
