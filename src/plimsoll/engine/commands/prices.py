"""Marks: the only way prices enter. A price that is not positive is a state, not a price."""

from plimsoll.book.events import note
from plimsoll.book.layout import Pool
from plimsoll.book.rows import CommandRow, InstrumentRow, RiskClassRow
from plimsoll.engine.checks import is_listed
from plimsoll.margin.portfolio.arrays import NO_SLOT, refresh_underlying
from plimsoll.margin.rates import set_confidence_rate, set_open_interest_rate
from plimsoll.oracle.states import set_state, state_of
from plimsoll.units import codes as code
from plimsoll.units.fixed import mul_div_floor, rate_up
from plimsoll.units.jit import command as compiled
from plimsoll.units.jit import rule
from plimsoll.units.limits import PEG_MAX, PPB, PREMIUM_MAX
from plimsoll.units.messages import (
    ACTION_ALL,
    ACTION_LIQUIDATE,
    EVENT_MARKED,
    EVENT_ORACLE_STATE_CHANGED,
    KIND_OPTION,
    ORACLE_STALE_FOR_MARGIN,
    ORACLE_UNPRICED,
    STATUS_OPEN,
    STATUS_REDUCE_ONLY,
    STATUS_SETTLING,
)


@compiled
def refresh_state(pool: Pool, number: int) -> None:
    """Judge the mark at the present time; a change of what it may be used for makes a sweep due."""
    instrument = pool.instruments[number]
    before = instrument["oracle_state"]
    blocked_before = instrument["blocks"]
    if instrument["kind"] == KIND_OPTION:
        follow_state(pool, number)
    else:
        set_state(instrument, state_of(instrument, pool.totals[0]["time"]))
    if instrument["oracle_state"] != before:
        note(pool, EVENT_ORACLE_STATE_CHANGED, -1, number, instrument["mark"], instrument["oracle_state"])
    if instrument["blocks"] != blocked_before:
        pool.totals[0]["sweep_due"] = 1


@rule
def follow_state(pool: Pool, number: int) -> None:
    """An option may do what its underlying may, and nothing without arrays.

    With old ones, or over an underlying that has come to its own end, it may only be liquidated.
    """
    instrument = pool.instruments[number]
    risk = pool.risks[number]
    family = pool.classes[risk["risk_class"]]
    underlying = pool.instruments[family["underlying"]]
    instrument["oracle_state"] = underlying["oracle_state"]
    instrument["blocks"] = underlying["blocks"]
    if risk["slot"] == NO_SLOT:
        instrument["oracle_state"] = ORACLE_UNPRICED
        instrument["blocks"] = ACTION_ALL
    elif not is_living(underlying) or pool.totals[0]["time"] - risk["time"] > family["age_max"]:
        instrument["oracle_state"] = ORACLE_STALE_FOR_MARGIN
        instrument["blocks"] |= ACTION_ALL & ~ACTION_LIQUIDATE


@compiled
def follow_underlying(pool: Pool, number: int) -> None:
    """Everything priced from an instrument follows its mark."""
    refresh_underlying(pool, number)
    for member in range(1, pool.totals[0]["instruments"]):
        risk = pool.risks[member]
        if risk["option_type"] != 0 and pool.classes[risk["risk_class"]]["underlying"] == number:
            if is_living(pool.instruments[member]):
                refresh_state(pool, member)


@rule
def is_living(instrument: InstrumentRow) -> bool:
    """Whether an instrument is neither settling nor closed."""
    return instrument["status"] == STATUS_OPEN or instrument["status"] == STATUS_REDUCE_ONLY


@rule
def set_depeg(pool: Pool, instrument: InstrumentRow) -> None:
    """The settlement token's own price raises initial margin when it falls below the threshold."""
    policy = pool.policy[0]
    gap = max(0, policy["depeg_threshold"] - instrument["mark"] * 1000)
    pool.totals[0]["depeg_gap"] = gap
    pool.totals[0]["depeg_rate"] = min(PPB, rate_up(gap, policy["depeg_factor"]))
    for number in range(1, pool.classes.size):
        family = pool.classes[number]
        if family["published"] != 0:
            set_peg(pool, family)


@rule
def set_peg(pool: Pool, family: RiskClassRow) -> None:
    """What the depeg adds to the initial factor of a class."""
    family["peg"] = min(PEG_MAX, mul_div_floor(pool.totals[0]["depeg_gap"], family["depeg_factor"], PPB))


@rule
def require_mark(pool: Pool, command: CommandRow) -> int:
    """A listed instrument, a time that is neither past nor future, numbers within bounds."""
    number = command["instrument"]
    if not is_listed(pool, number):
        return code.INSTRUMENT_MUST_BE_LISTED
    instrument = pool.instruments[number]
    if instrument["status"] == STATUS_SETTLING:
        return code.INSTRUMENT_MUST_BE_OPEN
    if instrument["kind"] == KIND_OPTION:
        return code.MARK_MUST_COME_FROM_ARRAYS
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
        if instrument["risk_class"] == 0:
            instrument["spot"] = instrument["mark"]
        refresh_state(pool, number)
        if instrument["underlies"] > 0:
            follow_underlying(pool, number)
    pool.totals[0]["sweep_due"] = 1
    return code.OK
