"""Arrays in force: the published table moved by delta to the underlying's present mark, within no-arbitrage bounds.

Recomputed when a table is published and when the mark of a class's underlying is accepted, never per account.
A row of ``arrays`` is, per scenario, the value (grouped classes) or the damped difference from the value now (others).
Where the listings prove that 32 bits hold every one of them, two share a word: half the memory a sweep has to read.
"""

from plimsoll.book.layout import Pool
from plimsoll.book.rows import InstrumentRow, RiskClassRow, RiskRow, WordRow
from plimsoll.units.fixed import mul_div_floor
from plimsoll.units.jit import command, rule
from plimsoll.units.lanes import clamp_lanes, damp_lanes, narrow_lanes, scratch
from plimsoll.units.limits import LANES, MARK_MAX, PPB, SCENARIOS_MAX
from plimsoll.units.messages import KIND_OPTION, OPTION_CALL, STATUS_CLOSED, STATUS_SETTLING
from plimsoll.units.tables import Table

NO_SLOT = -1
NARROW_MAX = 2**31
tops_of = scratch(WordRow, SCENARIOS_MAX + LANES)


@rule
def call_top(family: RiskClassRow, spot: int, shock: int) -> int:
    """A shocked spot with the largest carry, in micros."""
    return mul_div_floor(mul_div_floor(spot, PPB + shock, PPB), PPB + family["carry_max"], PPB)


@rule
def top_of(family: RiskClassRow, risk: RiskRow, mark_max: int, spot: int, shock: int) -> int:
    """The most an option can be worth under a shock of the spot, in quanta: the spot with carry, or the strike."""
    top = risk["strike"]
    if risk["option_type"] == OPTION_CALL:
        top = call_top(family, spot, shock)
    return min(max(top, 0), mark_max) >> family["shift"]


@rule
def move_of(family: RiskClassRow, risk: RiskRow, spot: int) -> int:
    """What the move of the underlying since the table adds to every value, in quanta."""
    return mul_div_floor(risk["delta"], spot - risk["reference"], PPB) >> family["shift"]


@rule
def within_bounds(value: int, top: int) -> int:
    """The value, not below 0 and not above the most it can be."""
    return min(max(value, 0), top)


@command
def write_weights(pool: Pool, family: RiskClassRow) -> None:
    """The scenarios of a class column by column, as vectors read them; scan names the columns."""
    start = 4 * family["scenario_start"]
    width = family["width"]
    for lane in range(width):
        scenario = pool.scenarios[family["scenario_start"] + lane]
        pool.weights[start + lane]["word"] = scenario["damping"]
        pool.weights[start + width + lane]["word"] = scenario["linear"]
        pool.weights[start + 2 * width + lane]["word"] = scenario["skew"]
        pool.weights[start + 3 * width + lane]["word"] = scenario["deductible"]


@command
def looks_at_groups(pool: Pool, number: int) -> int:
    """1 where a rule of the class reckons netting groups one by one: all, basis, vega or the doubt of a table."""
    family = pool.classes[number]
    if family["grouped"] != 0 or family["vega_rate"] > 0:
        return 1
    for group in range(1, pool.groups.size):
        row = pool.groups[group]
        if row["risk_class"] == number and (row["basis_factor"] > 0 or row["rate_confidence"] > 0):
            return 1
    return 0


@command
def refresh_row(pool: Pool, number: int, spot: int, tops: Table[WordRow]) -> None:
    """Move one option's value now, its mark and its row of arrays, if it has one, to the spot.

    ``tops``: bounds of each scenario.
    """
    risk = pool.risks[number]
    family = pool.classes[risk["risk_class"]]
    move = move_of(family, risk, spot)
    mark_max = pool.instruments[number]["mark_max"]
    top = top_of(family, risk, mark_max, spot, 0)
    value = within_bounds(risk["value_published"] + move, top)
    risk["value"] = value
    risk["up"] = within_bounds(risk["up_published"] + move, top)
    risk["down"] = within_bounds(risk["down_published"] + move, top)
    pool.instruments[number]["mark"] = value << family["shift"]
    if risk["slot"] == NO_SLOT:
        return
    most = most_of(pool, number)
    width = family["width"]
    clamp_lanes(pool.arrays, pool.published, risk["slot"], width, move, tops, most >> family["shift"])
    if family["grouped"] == 0:
        damp_lanes(pool.arrays, risk["slot"], width, value, pool.weights, 4 * family["scenario_start"])
    if family["narrow"] != 0:
        narrow_lanes(pool.arrays, risk["slot"], width)


@command
def write_tops(pool: Pool, family: RiskClassRow, spot: int, calls: Table[WordRow], puts: Table[WordRow]) -> None:
    """Per scenario the most a call can be worth, in quanta; a put's bound, its strike, is the same in every one."""
    for lane in range(family["width"]):
        calls[lane]["word"] = max(call_top(family, spot, pool.scenarios[family["scenario_start"] + lane]["shock"]), 0)
        calls[lane]["word"] >>= family["shift"]
        puts[lane]["word"] = MARK_MAX


@rule
def most_of(pool: Pool, number: int) -> int:
    """What an option is never worth more than, in micros: its largest mark, or a put's strike."""
    risk = pool.risks[number]
    mark_max = pool.instruments[number]["mark_max"]
    return mark_max if risk["option_type"] == OPTION_CALL else min(mark_max, risk["strike"])


@command
def is_narrow(pool: Pool, number: int) -> int:
    """1 where no value of a class's arrays, nor a difference of two, can leave 32 bits."""
    for member in range(1, pool.totals[0]["instruments"]):
        risk = pool.risks[member]
        if risk["risk_class"] == number and risk["option_type"] != 0 and risk["slot"] != NO_SLOT:
            if most_of(pool, member) >> pool.classes[number]["shift"] >= NARROW_MAX:
                return 0
    return 1


@rule
def moves_with_spot(instrument: InstrumentRow) -> bool:
    """An option whose mark is not fixed: the price it settles at stays, whatever its underlying does after."""
    if instrument["kind"] != KIND_OPTION:
        return False
    return instrument["status"] != STATUS_SETTLING and instrument["status"] != STATUS_CLOSED


@rule
def hold_still(pool: Pool, number: int) -> None:
    """An option whose price is fixed: what it pays, and no part in any scenario from here on."""
    risk = pool.risks[number]
    value = pool.instruments[number]["mark"] >> pool.classes[risk["risk_class"]]["shift"]
    risk["slot"] = NO_SLOT
    risk["value"] = value
    risk["up"] = value
    risk["down"] = value
    risk["delta"] = 0
    risk["gamma"] = 0
    risk["vega"] = 0


@command
def refresh_option(pool: Pool, number: int) -> None:
    """Bring one option to the present mark of its underlying, as when its listing has changed."""
    family = pool.classes[pool.risks[number]["risk_class"]]
    spot = pool.instruments[family["underlying"]]["mark"]
    if moves_with_spot(pool.instruments[number]) and spot > 0:
        calls = tops_of()
        puts = tops_of()
        write_tops(pool, family, spot, calls, puts)
        refresh_row(pool, number, spot, calls if pool.risks[number]["option_type"] == OPTION_CALL else puts)


@command
def refresh_class(pool: Pool, number: int) -> None:
    """Bring every member of a class to the present mark of its underlying."""
    family = pool.classes[number]
    spot = pool.instruments[family["underlying"]]["mark"]
    calls = tops_of()
    puts = tops_of()
    write_tops(pool, family, spot, calls, puts)
    if spot > 0:
        family["narrow"] = is_narrow(pool, number)
    for member in range(1, pool.totals[0]["instruments"]):
        risk = pool.risks[member]
        if risk["risk_class"] == number:
            instrument = pool.instruments[member]
            instrument["spot"] = spot
            if moves_with_spot(instrument) and spot > 0:
                refresh_row(pool, member, spot, calls if risk["option_type"] == OPTION_CALL else puts)


@command
def refresh_underlying(pool: Pool, number: int) -> None:
    """The mark of an instrument has changed: every class it underlies follows."""
    for family in range(1, pool.classes.size):
        if pool.classes[family]["published"] != 0 and pool.classes[family]["underlying"] == number:
            refresh_class(pool, family)
