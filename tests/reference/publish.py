"""Portfolio margin, §8: the two cold commands that publish a class and its arrays, and what they set in force."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import PPB

from .classes import CLASS_FIELDS, FACTORS, Arrays, Group, Ramp, RiskClass, top_of
from .numbers import floor
from .prices import refresh_options
from .state import Command, Instrument, State, require
from .values import members, require_capacity

Payload = tuple[int, ...]

CLASS_MAX = 255
SCENARIOS_MAX = 512
SHOCK_MIN, SHOCK_MAX = -PPB, 7 * PPB
WEIGHT_MAX = 2 * PPB
FORWARD_MARKS = 2
GREEK_PART = 10
DEDUCTIBLE_MAX = 10**17
GROUP_WORDS, OPTION_WORDS = 6, 7
ORDERED = ("factor", "linear", "option", "unpaired")


def require_class_bounds(state: State, values: dict[str, int]) -> None:
    bounds = state.class_bounds
    if bounds is None:
        from plimsoll.book.parameters import CLASS_BOUNDS as bounds
    for name, number in values.items():
        low, high = bounds[name]
        require(low <= number <= high, codes.PARAMETER_MUST_BE_WITHIN_BOUNDS)


def publish_class(state: State, command: Command, payload: Payload) -> None:
    number, width = command["instrument"], len(CLASS_FIELDS)
    require(len(payload) >= width, codes.PAYLOAD_MUST_FIT)
    values = dict(zip(CLASS_FIELDS, payload))
    require_class_bounds(state, values)
    scenarios = values["scenarios"]
    require(len(payload) == width + 3 * scenarios, codes.PAYLOAD_MUST_FIT)
    rows = [payload[width + 3 * s : width + 3 * s + 3] for s in range(scenarios)]
    for damping, skew, deductible in rows:
        within = 0 <= damping <= PPB and skew in (0, 1) and 0 <= deductible <= DEDUCTIBLE_MAX
        require(within, codes.PARAMETER_MUST_BE_WITHIN_BOUNDS)
    require(1 <= number <= CLASS_MAX, codes.CLASS_MUST_BE_WITHIN_LIMIT)
    underlying = values["underlying"]
    spot = state.is_listed(underlying) and not state.instruments[underlying].is_option
    require(spot, codes.INSTRUMENT_MUST_BE_LISTED)
    require(1 <= values["tail"] <= scenarios, codes.TAIL_MUST_BE_WITHIN_SCENARIOS)
    for name in ORDERED:
        ordered = values[f"{name}_maintenance"] <= values[f"{name}_initial"]
        require(ordered, codes.RATES_MUST_BE_ORDERED)
    known, held = state.classes.get(number), members(state, number)
    if known and held:
        for name in ("underlying", "scale", "shift"):
            require(values[name] == getattr(known, name), codes.IMMUTABLE_PARAMETER_MUST_NOT_CHANGE)
    require(values["grouped"] == 1 or not any(skew for _, skew, _ in rows), codes.SKEW_MUST_BE_GROUPED)
    spot_max = state.instruments[underlying].mark_max
    require_capacity([row.as_held() for row in held], values["shift"], values["scale"], spot_max)

    # After this point the command must succeed.
    if known and (known.scenarios, known.grouped) != (scenarios, values["grouped"]):
        for row in held:
            if row.arrays is not None:
                row.arrays = replace(row.arrays, values=())
    state.classes[number] = renewed(known, values, rows, state.time)
    refresh_options(state, number)
    state.sweep_due = True


def renewed(known: RiskClass | None, values: dict[str, int], rows: list[Payload], now: int) -> RiskClass:
    """The class with its new policy: a factor that rises sets out from the one in force."""
    damping, skew, deductible = ([row[place] for row in rows] for place in range(3))
    cls = RiskClass(values, damping, skew, deductible, shocks=[0] * len(rows))
    if known:
        cls.groups = known.groups
    if known and (known.scenarios, known.grouped) == (cls.scenarios, cls.grouped):
        cls.shocks, cls.time = known.shocks, known.time
    for name in FACTORS:
        cls.factors[name] = values[name]
        if known and values[name] > known.factors[name] and cls.ramp > 0:
            cls.factors[name] = known.factors[name]
            cls.ramps[name] = Ramp(known.factors[name], values[name], now)
    return cls


@dataclass(frozen=True)
class Table:
    """A payload of arrays, read."""

    reference: int
    shocks: list[int]
    groups: list[tuple[int, Group]]
    options: list[tuple[int, Arrays]]


def read_table(payload: Payload, scenarios: int, time: int) -> Table:
    """Raises Refused when the words are not as many as the counts say."""
    require(len(payload) >= 3, codes.PAYLOAD_MUST_FIT)
    reference, groups, options = payload[:3]
    whole = 3 + scenarios + GROUP_WORDS * groups + (OPTION_WORDS + scenarios) * options
    require(groups >= 0 and options >= 0 and len(payload) == whole, codes.PAYLOAD_MUST_FIT)
    words: Iterator[int] = iter(payload[3:])

    def take(count: int) -> list[int]:
        return [next(words) for _ in range(count)]

    shocks = take(scenarios)
    of_groups = [(number, Group(*rest)) for number, *rest in (take(GROUP_WORDS) for _ in range(groups))]
    of_options = []
    for _ in range(options):
        number, start, up, down, delta, gamma, vega = take(OPTION_WORDS)
        values = tuple(take(scenarios))
        of_options.append((number, Arrays(reference, time, start, up, down, delta, gamma, vega, values)))
    return Table(reference, shocks, of_groups, of_options)


def publish_arrays(state: State, command: Command, payload: Payload) -> None:
    number, time = command["instrument"], command["time"]
    require(number in state.classes, codes.CLASS_MUST_BE_PUBLISHED)
    cls = state.classes[number]
    table = read_table(payload, cls.scenarios, time)
    require(cls.time < time <= state.time, codes.TABLE_MUST_BE_NEWER)
    require(state.time - time <= cls.age_max, codes.TABLE_MUST_BE_FRESH)
    spot = state.instruments[cls.underlying].mark
    near = spot > 0 and abs(table.reference - spot) <= floor(spot * cls.reference_max, PPB)
    require(near, codes.TABLE_MUST_MATCH_MARK)
    require_table_bounds(state, number, table)
    for option, arrays in table.options:
        require_no_arbitrage(cls, state.instruments[option], arrays, table)
    for option, arrays in table.options:
        row = state.instruments[option]
        if row.arrays is not None and row.status != m.STATUS_SETTLING:
            jump = abs(arrays.start - row.values.now) * cls.quantum
            require(jump <= floor(spot * cls.jump_max, PPB), codes.TABLE_MUST_NOT_JUMP)

    # After this point the command must succeed.
    cls.time, cls.shocks = time, table.shocks
    cls.groups.update(table.groups)
    for option, arrays in table.options:
        if state.instruments[option].status != m.STATUS_SETTLING:
            state.instruments[option].arrays = arrays
    refresh_options(state, number)
    state.sweep_due = True


def require_table_bounds(state: State, number: int, table: Table) -> None:
    """Weights and shocks in their bounds, options and groups of this class only."""
    code = codes.TABLE_MUST_BE_WITHIN_BOUNDS
    require(all(SHOCK_MIN <= shock <= SHOCK_MAX for shock in table.shocks), code)
    mark_max = state.instruments[state.classes[number].underlying].mark_max
    known = {row.risk_group for row in state.instruments if row.is_option and row.risk_class == number}
    for group_number, group in table.groups:
        require(group_number in known, code)
        weights = (group.plus, group.minus, group.basis_factor)
        require(all(0 <= weight <= WEIGHT_MAX for weight in weights) and 0 <= group.confidence <= PPB, code)
        require(0 <= group.forward <= FORWARD_MARKS * mark_max, code)
        if not state.classes[number].grouped:
            require((group.plus, group.minus) == (PPB, PPB), code)
    for option, arrays in table.options:
        is_member = 0 < option < len(state.instruments) and state.instruments[option] in members(state, number)
        require(is_member and state.instruments[option].is_option, code)
        require(abs(arrays.delta) <= WEIGHT_MAX, code)
        largest = floor(state.instruments[option].mark_max, GREEK_PART)
        require(abs(arrays.gamma) <= largest and abs(arrays.vega) <= largest, code)
    for entries in (table.groups, table.options):
        require(len({name for name, _ in entries}) == len(entries), code)


def require_no_arbitrage(cls: RiskClass, row: Instrument, arrays: Arrays, table: Table) -> None:
    published = [(arrays.start, 0), (arrays.up, 0), (arrays.down, 0), *zip(arrays.values, table.shocks)]
    for number, shock in published:
        top = top_of(row.option_type, row.strike, table.reference, shock, cls.carry_max, cls.quantum)
        within = 0 <= number <= top and number * cls.quantum <= row.mark_max
        require(within, codes.TABLE_MUST_NOT_ALLOW_ARBITRAGE)
