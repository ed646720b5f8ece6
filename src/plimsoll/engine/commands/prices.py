"""Marks: the only way prices enter. A price that is not positive is a state, not a price."""

from plimsoll.book.events import note
from plimsoll.book.layout import Pool
from plimsoll.book.rows import CommandRow, InstrumentRow
from plimsoll.engine.checks import is_listed
from plimsoll.margin.rates import set_confidence_rate, set_open_interest_rate
from plimsoll.oracle.states import set_state, state_of
from plimsoll.units import codes as code
from plimsoll.units.fixed import rate_up
from plimsoll.units.jit import command as compiled
from plimsoll.units.jit import rule
from plimsoll.units.limits import PPB, PREMIUM_MAX
from plimsoll.units.messages import EVENT_MARKED, EVENT_ORACLE_STATE_CHANGED, STATUS_SETTLING


@compiled
def refresh_state(pool: Pool, number: int) -> None:
    """Judge the mark at the present time; a change of what it may be used for makes a sweep due."""
    instrument = pool.instruments[number]
    before = instrument["oracle_state"]
    blocked_before = instrument["blocks"]
    set_state(instrument, state_of(instrument, pool.totals[0]["time"]))
    if instrument["oracle_state"] != before:
        note(pool, EVENT_ORACLE_STATE_CHANGED, -1, number, instrument["mark"], instrument["oracle_state"])
    if instrument["blocks"] != blocked_before:
        pool.totals[0]["sweep_due"] = 1


@rule
def set_depeg(pool: Pool, instrument: InstrumentRow) -> None:
    """The settlement token's own price raises initial margin when it falls below the threshold."""
    policy = pool.policy[0]
    gap = max(0, policy["depeg_threshold"] - instrument["mark"] * 1000)
    pool.totals[0]["depeg_rate"] = min(PPB, rate_up(gap, policy["depeg_factor"]))


@rule
def require_mark(pool: Pool, command: CommandRow) -> int:
    """A listed instrument, a time that is neither past nor future, numbers within bounds."""
    number = command["instrument"]
    if not is_listed(pool, number):
        return code.INSTRUMENT_MUST_BE_LISTED
    instrument = pool.instruments[number]
    if instrument["status"] == STATUS_SETTLING:
        return code.INSTRUMENT_MUST_BE_OPEN
    if command["time"] > pool.totals[0]["time"]:
        return code.TIME_MUST_NOT_BE_IN_FUTURE
    if command["time"] < instrument["mark_time"]:
        return code.TIME_MUST_NOT_GO_BACK
    if command["premium"] > PREMIUM_MAX or command["premium"] < -PREMIUM_MAX:
        return code.PREMIUM_MUST_BE_WITHIN_LIMIT
    if command["confidence"] < 0:
        return code.CONFIDENCE_MUST_NOT_BE_NEGATIVE
    if command["sources"] < 0:
        return code.SOURCES_MUST_NOT_BE_NEGATIVE
    if command["price"] > instrument["mark_max"] or command["confidence"] > instrument["mark_max"]:
        return code.MARK_MUST_BE_WITHIN_LIMIT
    return code.OK


@compiled
def mark(pool: Pool, command: CommandRow) -> int:
    """Take a mark with its premium, confidence and number of sources."""
    refusal = require_mark(pool, command)
    if refusal != code.OK:
        return refusal
    # After this point the command must succeed.
    number = command["instrument"]
    instrument = pool.instruments[number]
    instrument["mark_time"] = command["time"]
    instrument["confidence"] = command["confidence"]
    instrument["sources"] = command["sources"]
    instrument["premium"] = command["premium"]
    instrument["non_positive"] = 1
    if command["price"] > 0:
        instrument["non_positive"] = 0
        if instrument["mark"] == 0:
            instrument["volatility_mean"] = command["price"]
        instrument["mark"] = command["price"]
    note(pool, EVENT_MARKED, -1, number, command["price"], command["confidence"])
    if number == 0:
        instrument["non_positive"] = 0
        set_depeg(pool, instrument)
    else:
        set_open_interest_rate(instrument)
        set_confidence_rate(instrument)
        refresh_state(pool, number)
    pool.totals[0]["sweep_due"] = 1
    return code.OK
