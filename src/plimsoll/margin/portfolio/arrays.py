"""Arrays in force: the published table moved by delta to the underlying's present mark, within no-arbitrage bounds.

Recomputed when a table is published and when the mark of a class's underlying is accepted, never per account.
A row of ``arrays`` is, per scenario, the value (grouped classes) or the damped difference from the value now (others).
"""

from plimsoll.book.layout import Pool
from plimsoll.book.rows import RiskClassRow, RiskRow
from plimsoll.units.fixed import mul_div_floor
from plimsoll.units.jit import command, rule
from plimsoll.units.lanes import times
from plimsoll.units.limits import PPB
from plimsoll.units.messages import KIND_OPTION, OPTION_CALL

NO_SLOT = -1


@rule
def top_of(family: RiskClassRow, risk: RiskRow, mark_max: int, spot: int, shock: int) -> int:
    """The most an option can be worth under a shock of the spot, in quanta: the spot with carry, or the strike."""
    top = risk["strike"]
    if risk["option_type"] == OPTION_CALL:
        top = mul_div_floor(mul_div_floor(spot, PPB + shock, PPB), PPB + family["carry_max"], PPB)
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
def refresh_row(pool: Pool, number: int, spot: int) -> None:
    """Move one option's row of arrays, its value now and its mark to the spot."""
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
    slot = risk["slot"]
    first = family["scenario_start"]
    for lane in range(family["width"]):
        scenario = pool.scenarios[first + lane]
        top = top_of(family, risk, mark_max, spot, scenario["shock"])
        shocked = within_bounds(pool.published[slot + lane]["word"] + move, top)
        if family["grouped"] == 0:
            shocked = times(shocked - value, scenario["damping"])
        pool.arrays[slot + lane]["word"] = shocked


@command
def refresh_class(pool: Pool, number: int) -> None:
    """Bring every member of a class to the present mark of its underlying."""
    spot = pool.instruments[pool.classes[number]["underlying"]]["mark"]
    for member in range(1, pool.totals[0]["instruments"]):
        risk = pool.risks[member]
        if risk["risk_class"] == number:
            pool.instruments[member]["spot"] = spot
            if pool.instruments[member]["kind"] == KIND_OPTION and risk["slot"] != NO_SLOT and spot > 0:
                refresh_row(pool, member, spot)


@command
def refresh_underlying(pool: Pool, number: int) -> None:
    """The mark of an instrument has changed: every class it underlies follows."""
    for family in range(1, pool.classes.size):
        if pool.classes[family]["published"] != 0 and pool.classes[family]["underlying"] == number:
            refresh_class(pool, family)
