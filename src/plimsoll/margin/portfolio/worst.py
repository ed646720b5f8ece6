"""What each leg of a book loses in the worst scenario of its class: undamped, undiscounted, in micros.

That is how the deficit of a portfolio account is shared among its legs: those that made the loss bear it.
"""

from plimsoll.book.layout import Pool
from plimsoll.book.rows import RiskClassRow
from plimsoll.book.signatures import INTEGER, LEGS, POOL_VIEW
from plimsoll.margin.portfolio.arrays import move_of, top_of, within_bounds
from plimsoll.margin.portfolio.legs import UNCLASSED, class_of
from plimsoll.margin.portfolio.requirement import BASIS, class_end, class_terms
from plimsoll.margin.portfolio.scan import LARGEST, NO_SCENARIO, Legs, has_arrays, lanes_of, largest_lane
from plimsoll.margin.terms import notional_of, requirement, value_of
from plimsoll.units.fixed import mul_div_floor
from plimsoll.units.jit import rule, shared
from plimsoll.units.limits import PPB
from plimsoll.units.messages import KIND_ASSET, STATUS_SETTLING


@rule
def shocked_value(pool: Pool, family: RiskClassRow, number: int, lane: int) -> int:
    """An option's value under one scenario, in quanta, before damping."""
    risk = pool.risks[number]
    spot = pool.instruments[family["underlying"]]["mark"]
    shock = pool.scenarios[family["scenario_start"] + lane]["shock"]
    top = top_of(family, risk, pool.instruments[number]["mark_max"], spot, shock)
    return within_bounds(pool.published[risk["slot"] + lane]["word"] + move_of(family, risk, spot), top)


@rule
def signed_loss(pool: Pool, family: RiskClassRow, legs: Legs, place: int, lane: int) -> int:
    """What a leg loses under one scenario, in micros; negative where it gains."""
    leg = legs[place]
    if has_arrays(leg):
        if leg["slot"] < 0:
            return 0
        change = shocked_value(pool, family, leg["number"], lane) - leg["value"]
        return mul_div_floor(-leg["lots"] * change, 1 << family["shift"], family["unit"])
    instrument = pool.instruments[leg["number"]]
    if instrument["status"] == STATUS_SETTLING:
        return 0
    shock = pool.scenarios[family["scenario_start"] + lane]["shock"]
    return -mul_div_floor(mul_div_floor(leg["lots"], instrument["mark"], instrument["unit"]), shock, PPB)


@shared((POOL_VIEW, LEGS, INTEGER))
def weigh_legs(pool: Pool, legs: Legs, count: int) -> int:
    """Write each contract leg's loss in the worst scenario into ``scaled``; returns their sum.

    A contract without a class weighs its standard maintenance requirement. Where the basis is the worst, which is no
    scenario, legs weigh their absolute value; those of a class that loses nothing weigh nothing.
    """
    pnl = lanes_of()
    total = 0
    place = 0
    while place < count:
        end = class_end(legs, place, count)
        family = pool.classes[class_of(legs[place])]
        scenario = 0
        if class_of(legs[place]) != UNCLASSED:
            scenario = class_terms(pool, legs, place, end, True, False, False, PPB, pnl).scenario
            if scenario == LARGEST:
                scenario = largest_lane(pool, family, pnl)
        for at in range(place, end):
            leg = legs[at]
            instrument = pool.instruments[leg["number"]]
            weight = 0
            if instrument["kind"] != KIND_ASSET:
                if class_of(leg) == UNCLASSED:
                    size = abs(leg["lots"])
                    weight = requirement(instrument, size, notional_of(instrument, size), False)
                elif scenario == BASIS:
                    weight = abs(value_of(instrument, leg["lots"]))
                elif scenario != NO_SCENARIO:
                    weight = max(0, signed_loss(pool, family, legs, at, scenario))
            leg["scaled"] = weight
            total += weight
        place = end
    return total
