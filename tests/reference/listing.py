"""§9: listing instruments, changing their parameters and the pool's policy."""

from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import HOLDING_VALUE_MAX, INSTRUMENTS_MAX, PPB, TIME_SUM_MAX

from .books import refresh_rates
from .prices import refresh_depeg, refresh_oracle
from .state import LISTING_FIELDS, POLICY_FIELDS, Command, Instrument, State, require

Payload = tuple[int, ...]


def require_bounds(state: State, values: dict[str, int], of_policy: bool) -> None:
    bounds = state.policy_bounds if of_policy else state.listing_bounds
    if bounds is None:
        from plimsoll.book.parameters import LISTING_BOUNDS, POLICY_BOUNDS

        bounds = POLICY_BOUNDS if of_policy else LISTING_BOUNDS
    for name, number in values.items():
        low, high = bounds[name]
        require(low <= number <= high, codes.PARAMETER_MUST_BE_WITHIN_BOUNDS)


def require_sound(values: dict[str, int], now: int) -> None:
    """Everything that ties parameters to each other, in the order of the page."""
    unit = 10 ** values["scale"]
    kind, window = values["kind"], values["settlement_window"]
    require(kind in (m.KIND_ASSET, m.KIND_PERP, m.KIND_FUTURE), codes.KIND_MUST_BE_KNOWN)
    is_contract = kind != m.KIND_ASSET
    fits = values["lots_max"] * values["mark_max"] <= HOLDING_VALUE_MAX * unit
    require(fits, codes.VALUE_MAX_MUST_FIT)
    require(values["lots_max"] <= 10**4 * unit, codes.PRECISION_MUST_STAY_UNDER_A_CENT)
    require(values["mark_max"] * max(window, 1) <= TIME_SUM_MAX, codes.TIME_SUM_MUST_FIT)
    require(PPB * values["funding_interval"] <= TIME_SUM_MAX, codes.TIME_SUM_MUST_FIT)
    require_rates_ordered(values, is_contract)
    require_segments(values)
    if values["root_factor_initial"] > 0:
        alone = values["segment_lots_1"] == values["slope_initial"] == values["slope_maintenance"] == 0
        require(alone, codes.ONE_SIZE_PENALTY_MUST_BE_CHOSEN)
    require(-values["fee_maker"] <= values["fee_taker"], codes.REBATE_MUST_NOT_EXCEED_TAKER_FEE)
    if is_contract:
        highest = max(values["fee_liquidation"], values["fee_backstop"])
        below = highest < values["rate_maintenance"]
        require(below, codes.LIQUIDATION_FEE_MUST_STAY_BELOW_MAINTENANCE)
    if values["open_interest_upper"] > 0:
        ordered = values["open_interest_lower"] < values["open_interest_upper"]
        require(ordered, codes.OPEN_INTEREST_BOUNDS_MUST_BE_ORDERED)
    require(values["age_fill_max"] <= values["age_margin_max"], codes.AGES_MUST_BE_ORDERED)
    if kind == m.KIND_FUTURE:
        require(values["expiry"] > now and window > 0, codes.EXPIRY_MUST_BE_IN_FUTURE)
    else:
        require(values["expiry"] == 0, codes.EXPIRY_MUST_BE_IN_FUTURE)


def require_rates_ordered(values: dict[str, int], is_contract: bool) -> None:
    pairs = ["rate_{}", "segment_{}_1", "segment_{}_2", "segment_{}_3", "slope_{}", "root_base_{}", "root_factor_{}"]
    for pair in pairs:
        ordered = values[pair.format("maintenance")] <= values[pair.format("initial")]
        require(ordered, codes.RATES_MUST_BE_ORDERED)
    require(not is_contract or values["rate_initial"] > 0, codes.RATES_MUST_BE_ORDERED)


def require_segments(values: dict[str, int]) -> None:
    """Starts rise, rates do not fall, and nothing comes after the first 0."""
    starts = [values[f"segment_lots_{k}"] for k in (1, 2, 3)]
    used = next((place for place, start in enumerate(starts) if start == 0), len(starts))
    require(not any(starts[used:]), codes.SEGMENTS_MUST_RISE)
    for place in range(used):
        require(place == 0 or starts[place] > starts[place - 1], codes.SEGMENTS_MUST_RISE)
        for side in ("initial", "maintenance"):
            below = values[f"segment_{side}_{place}"] if place > 0 else values[f"rate_{side}"]
            require(values[f"segment_{side}_{place + 1}"] >= below, codes.SEGMENTS_MUST_RISE)


def list_instrument(state: State, command: Command, payload: Payload) -> None:
    number = command["instrument"]
    require(len(payload) == len(LISTING_FIELDS), codes.PAYLOAD_MUST_FIT)
    require(number == len(state.instruments) and number < INSTRUMENTS_MAX, codes.INSTRUMENT_MUST_BE_FREE)
    values = dict(zip(LISTING_FIELDS, payload))
    require_bounds(state, values, of_policy=False)
    require_sound(values, state.time)

    # After this point the command must succeed.
    row = Instrument(values)
    if row.funding_interval > 0:
        row.funding_due = state.time + row.funding_interval
    state.instruments.append(row)


def set_instrument(state: State, command: Command, payload: Payload) -> None:
    number = command["instrument"]
    require(len(payload) == len(LISTING_FIELDS), codes.PAYLOAD_MUST_FIT)
    require(state.is_listed(number), codes.INSTRUMENT_MUST_BE_LISTED)
    row, values = state.instruments[number], dict(zip(LISTING_FIELDS, payload))
    for name in ("kind", "scale", "expiry"):
        same = values[name] == getattr(row, name)
        require(same, codes.IMMUTABLE_PARAMETER_MUST_NOT_CHANGE)
    require_bounds(state, values, of_policy=False)
    require_sound(values, state.time)

    # After this point the command must succeed.
    row.set_parameters(values)
    refresh_rates(state, number)
    refresh_oracle(state, number)
    state.sweep_due = True


def set_policy(state: State, command: Command, payload: Payload) -> None:
    require(len(payload) == len(POLICY_FIELDS), codes.PAYLOAD_MUST_FIT)
    values = dict(zip(POLICY_FIELDS, payload))
    require_bounds(state, values, of_policy=True)

    # After this point the command must succeed.
    state.policy = values
    refresh_depeg(state)
    state.sweep_due = True
