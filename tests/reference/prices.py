"""§6: marks, what a mark may be used for, and time: volatility, funding, the settlement window."""

from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import FUNDING_MARKS_MAX, PPB, PREMIUM_MAX, TIME_MAX

from .books import refresh_rates
from .classes import fixed
from .insurance import follow_day, share_trading_fees
from .numbers import ceil, clamp, floor, trunc
from .options import intrinsic
from .pots import pay_queues
from .settlement import LOSERS, settlement_step
from .state import Command, Instrument, State, require
from .sweep import sweep
from .values import refresh_values

FORBIDDEN = {
    m.ORACLE_VALID: 0,
    m.ORACLE_STALE_FOR_FILL: m.ACTION_FILL,
    m.ORACLE_TOO_FEW_SOURCES: m.ACTION_FILL | m.ACTION_FUNDING | m.ACTION_WITHDRAW | m.ACTION_SETTLE,
    m.ORACLE_STALE_FOR_MARGIN: m.ACTION_ALL,
    m.ORACLE_TOO_UNCERTAIN: m.ACTION_ALL - m.ACTION_LIQUIDATE,
    m.ORACLE_TOO_VOLATILE: m.ACTION_ALL,
    m.ORACLE_NON_POSITIVE: m.ACTION_ALL,
    m.ORACLE_UNPRICED: m.ACTION_ALL,
}


def oracle_state(row: Instrument, now: int) -> int:
    """The first that applies."""
    age = now - row.mark_time
    distance = abs(row.mark - row.volatility_mean)
    too_volatile = row.volatility_max > 0 and distance > floor(row.volatility_mean * row.volatility_max, PPB)
    conditions = (
        (row.mark == 0, m.ORACLE_UNPRICED),
        (row.non_positive, m.ORACLE_NON_POSITIVE),
        (too_volatile, m.ORACLE_TOO_VOLATILE),
        (row.confidence > floor(row.mark * row.confidence_max, PPB), m.ORACLE_TOO_UNCERTAIN),
        (age > row.age_margin_max, m.ORACLE_STALE_FOR_MARGIN),
        (row.sources < row.sources_min, m.ORACLE_TOO_FEW_SOURCES),
        (age > row.age_fill_max, m.ORACLE_STALE_FOR_FILL),
    )
    return next((state for applies, state in conditions if applies), m.ORACLE_VALID)


def refresh_oracle(state: State, instrument: int) -> None:
    """Recompute the state; a settling mark is frozen, the settlement token is always valid."""
    row = state.instruments[instrument]
    if instrument == 0 or row.status == m.STATUS_SETTLING:
        return
    if row.is_option:
        cls = state.classes[row.risk_class]
        spot = state.instruments[cls.underlying]
        row.oracle_state, blocks = spot.oracle_state, spot.blocks
        if row.arrays is None or not row.arrays.values:
            row.oracle_state, blocks = m.ORACLE_UNPRICED, m.ACTION_ALL
        elif is_over(spot) or state.time - row.arrays.time > cls.age_max:
            row.oracle_state = m.ORACLE_STALE_FOR_MARGIN
            blocks |= m.ACTION_ALL - m.ACTION_LIQUIDATE
    else:
        row.oracle_state = oracle_state(row, state.time)
        blocks = FORBIDDEN[row.oracle_state]
    if blocks != row.blocks:
        row.blocks = blocks
        state.sweep_due = True


def is_over(row: Instrument) -> bool:
    """Whether a mark no longer moves: the instrument settles, or is closed."""
    return row.status not in (m.STATUS_OPEN, m.STATUS_REDUCE_ONLY)


def refresh_options(state: State, number: int) -> None:
    """Values, marks and blocks of the options of a class."""
    refresh_values(state, number)
    for instrument, row in enumerate(state.instruments):
        if row.is_option and row.is_listed and row.risk_class == number:
            refresh_oracle(state, instrument)


def refresh_depeg(state: State) -> None:
    price_ppb = state.instruments[0].mark * 1000
    missing = max(0, state.policy["depeg_threshold"] - price_ppb)
    state.depeg_rate = min(PPB, ceil(missing * state.policy["depeg_factor"], PPB))


def mark(state: State, command: Command) -> None:
    instrument, time, price = command["instrument"], command["time"], command["price"]
    require(state.is_listed(instrument), codes.INSTRUMENT_MUST_BE_LISTED)
    row = state.instruments[instrument]
    require(row.status != m.STATUS_SETTLING, codes.INSTRUMENT_MUST_BE_OPEN)
    require(not row.is_option, codes.MARK_MUST_COME_FROM_ARRAYS)
    require(time <= state.time, codes.TIME_MUST_NOT_BE_IN_FUTURE)
    require(time >= row.mark_time, codes.TIME_MUST_NOT_GO_BACK)
    require(abs(command["premium"]) <= PREMIUM_MAX, codes.PREMIUM_MUST_BE_WITHIN_LIMIT)
    require(command["confidence"] >= 0, codes.CONFIDENCE_MUST_NOT_BE_NEGATIVE)
    require(command["sources"] >= 0, codes.SOURCES_MUST_NOT_BE_NEGATIVE)
    require(max(price, command["confidence"]) <= row.mark_max, codes.MARK_MUST_BE_WITHIN_LIMIT)

    # After this point the command must succeed.
    if price >= 1:
        if row.mark == 0:
            row.volatility_mean = price
        row.mark = price
    row.non_positive = price < 1 and instrument != 0
    row.mark_time = time
    row.premium = command["premium"]
    row.confidence = command["confidence"]
    row.sources = command["sources"]
    refresh_rates(state, instrument)
    refresh_oracle(state, instrument)
    if instrument == 0:
        refresh_depeg(state)
    for number, cls in state.classes.items():
        if cls.underlying == instrument:
            refresh_options(state, number)
    state.sweep_due = True


def tick(state: State, command: Command) -> None:
    time = command["time"]
    require(time <= TIME_MAX, codes.TIME_MUST_BE_WITHIN_LIMIT)
    require(time >= state.time, codes.TIME_MUST_NOT_GO_BACK)

    # After this point the command must succeed.
    elapsed = time - state.time if state.time > 0 else 0
    if elapsed > state.policy["gap_max"]:
        elapsed = state.policy["gap_max"]
        state.grace_until = time + state.policy["grace"]
    state.time = time
    follow_day(state)
    for cls in state.classes.values():
        if cls.follow_ramps(time):
            state.sweep_due = True
    for instrument in range(1, len(state.instruments)):
        row = state.instruments[instrument]
        if row.status in (m.STATUS_OPEN, m.STATUS_REDUCE_ONLY):
            if not row.is_option:
                move_volatility_mean(row, elapsed)
            refresh_oracle(state, instrument)
            if row.kind == m.KIND_PERP and row.funding_interval > 0:
                accrue_funding(state, row, elapsed)
            if row.expiry > 0:
                accrue_settlement(state, instrument, elapsed)
    settlement_step(state)
    share_trading_fees(state)
    sweep(state)
    pay_queues(state)


def move_volatility_mean(row: Instrument, elapsed: int) -> None:
    if row.mark > 0 and elapsed + row.volatility_window > 0:
        distance = row.mark - row.volatility_mean
        row.volatility_mean += trunc(distance * elapsed, elapsed + row.volatility_window)


def accrue_funding(state: State, row: Instrument, elapsed: int) -> None:
    if row.allows(m.ACTION_FUNDING):
        row.premium_sum += row.premium * elapsed
        row.premium_time += elapsed
    if state.time >= row.funding_due:
        if row.premium_time > 0:
            apply_funding(row)
        row.premium_sum = row.premium_time = 0
        row.funding_due = state.time + row.funding_interval
        state.sweep_due = True


def apply_funding(row: Instrument) -> None:
    rate = trunc(row.premium_sum, row.premium_time) + row.funding_interest
    rate = clamp(rate, -row.funding_rate_max, row.funding_rate_max)
    exact = rate * row.mark + row.funding_remainder
    row.funding += floor(exact, PPB)
    row.funding_remainder = exact - floor(exact, PPB) * PPB
    bound = FUNDING_MARKS_MAX * row.mark_max
    if abs(row.funding) > bound:
        row.funding = clamp(row.funding, -bound, bound)
        row.funding_remainder = 0


def accrue_settlement(state: State, instrument: int, elapsed: int) -> None:
    """The part of the last interval inside the window weighs; at expiry the price is frozen, or expiry deferred."""
    row = state.instruments[instrument]
    priced = state.instruments[state.classes[row.risk_class].underlying] if row.is_option else row
    opens = row.expiry - row.settlement_window
    weight = max(0, min(state.time, row.expiry) - max(state.time - elapsed, opens))
    if priced.allows(m.ACTION_SETTLE):
        row.settlement_sum += priced.mark * weight
        row.settlement_time += weight
    if state.time < row.expiry:
        return
    if 2 * row.settlement_time >= row.settlement_window and row.settlement_time > 0:
        average = floor(row.settlement_sum, row.settlement_time)
        row.mark = intrinsic(row, average) if row.is_option else max(1, average)
        row.status = m.STATUS_SETTLING
        row.blocks = 0
        if row.is_option:
            row.arrays, row.values = fixed(row.mark, state.classes[row.risk_class].quantum)
        row.settlement_phase = LOSERS
        row.settlement_cursor = row.settlement_deficit = row.settlement_profit = 0
        state.sweep_due = True
    else:
        row.expiry = state.time + row.settlement_window
        row.settlement_sum = row.settlement_time = 0
