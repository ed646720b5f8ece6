"""§9: listing instruments, changing their parameters and the pool's policy."""

from math import isqrt

from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import (
    HOLDING_VALUE_MAX,
    INSTRUMENTS_MAX,
    OPEN_VALUE_MAX,
    PPB,
    RATE_MAX,
    TIME_SUM_MAX,
)

from .books import refresh_rates
from .classes import CALL, RiskClass
from .numbers import ceil
from .prices import refresh_depeg, refresh_oracle
from .state import LISTING_FIELDS, POLICY_FIELDS, Command, Instrument, State, require
from .values import members, refresh_values, require_capacity

Payload = tuple[int, ...]

KINDS = (m.KIND_ASSET, m.KIND_PERP, m.KIND_FUTURE, m.KIND_OPTION)
OPTION_TERMS = ("risk_class", "risk_group", "strike", "option_type")
EXPIRING = (m.KIND_FUTURE, m.KIND_OPTION)


def require_bounds(state: State, values: dict[str, int], of_policy: bool) -> None:
    bounds = state.policy_bounds if of_policy else state.listing_bounds
    if bounds is None:
        from plimsoll.book.parameters import LISTING_BOUNDS, POLICY_BOUNDS

        bounds = POLICY_BOUNDS if of_policy else LISTING_BOUNDS
    for name, number in values.items():
        low, high = bounds[name]
        require(low <= number <= high, codes.PARAMETER_MUST_BE_WITHIN_BOUNDS)


def require_sound(values: dict[str, int], now: int | None) -> None:
    """Everything that ties parameters to each other, in the order of the page; no `now`, no rule of expiry."""
    unit = 10 ** values["scale"]
    kind, window = values["kind"], values["settlement_window"]
    require(kind in KINDS, codes.KIND_MUST_BE_KNOWN)
    is_contract = kind in (m.KIND_PERP, m.KIND_FUTURE)
    for lots, most in (("lots_max", HOLDING_VALUE_MAX), ("open_lots_max", OPEN_VALUE_MAX)):
        require(values[lots] * values["mark_max"] <= most * unit, codes.VALUE_MAX_MUST_FIT)
    require(values["lots_max"] <= 10**4 * unit, codes.PRECISION_MUST_STAY_UNDER_A_CENT)
    require(values["mark_max"] * max(window, 1) <= TIME_SUM_MAX, codes.TIME_SUM_MUST_FIT)
    require(PPB * values["funding_interval"] <= TIME_SUM_MAX, codes.TIME_SUM_MUST_FIT)
    require_rates_ordered(values, is_contract)
    require_segments(values)
    if values["root_factor_initial"] > 0:
        alone = values["segment_lots_1"] == values["slope_initial"] == values["slope_maintenance"] == 0
        require(alone, codes.ONE_SIZE_PENALTY_MUST_BE_CHOSEN)
    require(highest_rate(values, unit) <= RATE_MAX, codes.SIZE_PENALTY_MUST_FIT)
    require(-values["fee_maker"] <= values["fee_taker"], codes.REBATE_MUST_NOT_EXCEED_TAKER_FEE)
    if is_contract:
        highest = max(values["fee_liquidation"], values["fee_backstop"])
        below = highest < values["rate_maintenance"]
        require(below, codes.LIQUIDATION_FEE_MUST_STAY_BELOW_MAINTENANCE)
    if values["open_interest_upper"] > 0:
        ordered = values["open_interest_lower"] < values["open_interest_upper"]
        require(ordered, codes.OPEN_INTEREST_BOUNDS_MUST_BE_ORDERED)
    require(values["age_fill_max"] <= values["age_margin_max"], codes.AGES_MUST_BE_ORDERED)
    if now is not None:
        expires = values["expiry"] > now and window > 0
        require(expires if kind in EXPIRING else values["expiry"] == 0, codes.EXPIRY_MUST_BE_IN_FUTURE)


def require_member(state: State, values: dict[str, int], number: int) -> None:
    """An option has its terms; a member fits its class, which holds no more than can be summed."""
    terms = [values[name] for name in ("risk_group", "strike", "option_type")]
    if values["kind"] == m.KIND_OPTION:
        require(values["risk_class"] > 0 and all(terms), codes.OPTION_MUST_HAVE_TERMS)
    else:
        require(not any(terms), codes.OPTION_MUST_HAVE_TERMS)
    if values["risk_class"] == 0:
        return
    require(values["risk_class"] in state.classes, codes.CLASS_MUST_BE_PUBLISHED)
    cls = state.classes[values["risk_class"]]
    require(values["scale"] == cls.scale, codes.MEMBER_MUST_FIT_CLASS)
    if values["kind"] == m.KIND_OPTION:
        require_series(state, cls, values, number)
    others = [
        row.as_held()
        for place, row in enumerate(state.instruments)
        if row.is_listed and row.risk_class == values["risk_class"] and place != number
    ]
    require_capacity([*others, values], cls.shift, cls.scale, state.instruments[cls.underlying].mark_max)


def require_room(option: dict[str, int], spot_max: int) -> None:
    """Every mark of the underlying leaves room for an option's marks and settlement sum."""
    room = spot_max if option["option_type"] == CALL else option["strike"]
    require(option["mark_max"] >= room, codes.MEMBER_MUST_FIT_CLASS)
    require(spot_max * max(option["settlement_window"], 1) <= TIME_SUM_MAX, codes.TIME_SUM_MUST_FIT)


def require_classes_over(state: State, values: dict[str, int], number: int) -> None:
    """What is priced from an instrument still fits when its marks may be larger."""
    spot_max = values["mark_max"]
    for c, cls in sorted(state.classes.items()):
        if cls.underlying == number:
            rows = [
                row.as_held()
                for place, row in enumerate(state.instruments)
                if place != number and row in members(state, c)
            ]
            rows += [values] if values["risk_class"] == c else []
            for row in rows:
                if row["kind"] == m.KIND_OPTION:
                    require_room(row, spot_max)
            require_capacity(rows, cls.shift, cls.scale, spot_max)


def require_series(state: State, cls: RiskClass, values: dict[str, int], number: int) -> None:
    """A group is one expiry of one class, with one option of each strike and type; marks have room to move."""
    spot = state.instruments[cls.underlying]
    for place, row in enumerate(state.instruments):
        if row.is_option and row.risk_group == values["risk_group"] and place != number:
            # A class keeps its groups, even when all their options are closed.
            require(row.risk_class == values["risk_class"], codes.MEMBER_MUST_FIT_CLASS)
            if not row.is_listed:
                continue
            require(row.expiry == values["expiry"], codes.MEMBER_MUST_FIT_CLASS)
            double = (row.strike, row.option_type) == (values["strike"], values["option_type"])
            require(not double, codes.MEMBER_MUST_FIT_CLASS)
    require_room(values, spot.mark_max)


def highest_rate(values: dict[str, int], unit: int) -> int:
    """The initial rate of the largest position a listing allows, by either form."""
    lots = values["lots_max"]
    base = max(values[name] for name in ("rate_initial", *(f"segment_initial_{k}" for k in (1, 2, 3))))
    root = values["root_base_initial"] + ceil(values["root_factor_initial"] * (isqrt(lots) + 1), 10**9)
    return max(base + ceil(values["slope_initial"] * lots, unit), root)


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
    require_member(state, values, number)

    # After this point the command must succeed.
    row = Instrument(values)
    row.funding_due = state.time + row.funding_interval
    state.instruments.append(row)
    if row.is_option:
        refresh_oracle(state, number)
    state.sweep_due = True


def set_instrument(state: State, command: Command, payload: Payload) -> None:
    number = command["instrument"]
    require(len(payload) == len(LISTING_FIELDS), codes.PAYLOAD_MUST_FIT)
    require(0 < number < len(state.instruments), codes.INSTRUMENT_MUST_BE_LISTED)
    row, values = state.instruments[number], dict(zip(LISTING_FIELDS, payload))
    require(row.status != m.STATUS_SETTLING, codes.INSTRUMENT_MUST_BE_OPEN)
    require_bounds(state, values, of_policy=False)
    held = [account.row(number).worst_lots() for account in state.accounts]
    as_held = values | {"lots_max": max(values["lots_max"], *held)}
    require_sound(as_held, now=None)
    for name in ("kind", "scale", "expiry", *(OPTION_TERMS if row.is_option else ())):
        same = values[name] == getattr(row, name)
        require(same, codes.IMMUTABLE_PARAMETER_MUST_NOT_CHANGE)
    require(row.mark <= values["mark_max"], codes.MARK_MUST_BE_WITHIN_LIMIT)
    require_member(state, as_held, number)
    require_classes_over(state, as_held, number)

    # After this point the command must succeed.
    row.set_parameters(values)
    row.lots_most = as_held["lots_max"]
    if row.is_option:
        refresh_values(state, row.risk_class)
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
