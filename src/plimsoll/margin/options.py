"""Options in a standard account: per expiry the better of each short on its own, or the most the book can lose.

docs/portfolio-margin.md §7 has the formulas; symbols as there: S spot, F forward, K strike, V value.
"""

from typing import NamedTuple

from plimsoll.book.layout import Pool
from plimsoll.book.rows import LegRow, RiskClassRow, RiskRow
from plimsoll.margin.portfolio.legs import UNCLASSED, class_of
from plimsoll.margin.portfolio.requirement import class_end
from plimsoll.margin.portfolio.scan import Legs, group_end, has_arrays
from plimsoll.margin.terms import value_of
from plimsoll.units.fixed import mul_div_ceil, mul_div_floor
from plimsoll.units.jit import command, rule
from plimsoll.units.limits import PPB
from plimsoll.units.messages import KIND_ASSET, KIND_OPTION, OPTION_CALL


class Sides(NamedTuple):
    """A maintenance and an initial requirement, in micros."""

    maintenance: int
    initial: int


@rule
def out_of_the_money(risk: RiskRow, spot: int) -> int:
    """How far the spot is from the strike on the worthless side, in ppb of the spot."""
    gap = risk["strike"] - spot if risk["option_type"] == OPTION_CALL else spot - risk["strike"]
    return mul_div_floor(max(0, gap), PPB, max(spot, 1))


@rule
def of_short(family: RiskClassRow, risk: RiskRow, notional: int, value: int, spot: int) -> Sides:
    """What one short option asks for beyond its value; ``value`` is its absolute value."""
    rate = max(family["short_spot_min"], family["short_spot_max"] - out_of_the_money(risk, spot))
    initial = mul_div_ceil(notional, rate, PPB)
    if risk["option_type"] == OPTION_CALL:
        return Sides(mul_div_ceil(notional, family["short_call"], PPB), initial)
    maintenance = max(
        mul_div_ceil(notional, family["short_put"], PPB), mul_div_ceil(value, family["short_put_value"], PPB)
    )
    return Sides(maintenance, max(initial, mul_div_ceil(value + maintenance, family["offset_scale"], PPB) - value))


@command
def each_alone(pool: Pool, family: RiskClassRow, legs: Legs, first: int, last: int, spot: int) -> Sides:
    """Longs give no credit, shorts are asked for one by one."""
    maintenance = 0
    initial = 0
    for place in range(first, last):
        leg = legs[place]
        value = value_of(pool.instruments[leg["number"]], leg["lots"])
        if leg["lots"] < 0:
            notional = mul_div_ceil(-leg["lots"], spot, family["unit"])
            asked = of_short(family, pool.risks[leg["number"]], notional, -value, spot)
            maintenance += asked.maintenance
            initial += asked.initial
        else:
            maintenance += value
            initial += value
    return Sides(maintenance, initial)


@rule
def payoff_at(pool: Pool, family: RiskClassRow, legs: Legs, first: int, last: int, price: int) -> int:
    """What the options of an expiry pay at a settlement price, each rounded down."""
    paid = 0
    for place in range(first, last):
        leg = legs[place]
        risk = pool.risks[leg["number"]]
        gain = price - risk["strike"] if risk["option_type"] == OPTION_CALL else risk["strike"] - price
        paid += mul_div_floor(leg["lots"], max(0, gain), family["unit"])
    return paid


@command
def largest_payout(pool: Pool, family: RiskClassRow, legs: Legs, first: int, last: int) -> int:
    """The most the expiry can cost at settlement, unpaired calls aside: at 0 or a strike held."""
    worst = min(0, payoff_at(pool, family, legs, first, last, 0))
    for place in range(first, last):
        if legs[place]["lots"] != 0:
            strike = pool.risks[legs[place]["number"]]["strike"]
            worst = min(worst, payoff_at(pool, family, legs, first, last, strike))
    return -worst


@rule
def forward_of(pool: Pool, leg: LegRow, spot: int) -> int:
    """The published forward of the leg's expiry; the spot where none is, for an unpaired call is never free."""
    forward = pool.groups[leg["group"]]["forward"]
    return forward if forward > 0 else spot


@command
def of_expiry(pool: Pool, family: RiskClassRow, legs: Legs, first: int, last: int, spot: int) -> Sides:
    """The requirement of one expiry: the smaller of the two ways to see it."""
    alone = each_alone(pool, family, legs, first, last, spot)
    value = 0
    calls = 0
    for place in range(first, last):
        leg = legs[place]
        value += value_of(pool.instruments[leg["number"]], leg["lots"])
        if pool.risks[leg["number"]]["option_type"] == OPTION_CALL:
            calls += leg["lots"]
    forward = forward_of(pool, legs[first], spot)
    unpaired = mul_div_ceil(max(0, -calls), forward, family["unit"])
    together = value + largest_payout(pool, family, legs, first, last)
    maintenance = together + mul_div_ceil(unpaired, family["unpaired_maintenance"], PPB)
    initial = together + mul_div_ceil(unpaired, family["unpaired_initial"], PPB)
    return Sides(min(alone.maintenance, maintenance), min(alone.initial, initial))


@rule
def doubt_of(pool: Pool, family: RiskClassRow, legs: Legs, first: int, last: int, spot: int) -> int:
    """What the confidence of an expiry's table asks of its shorts, and the orders in its options. Initial only."""
    rate = pool.groups[legs[first]["group"]]["rate_confidence"]
    short = 0
    required = 0
    for place in range(first, last):
        leg = legs[place]
        short += max(0, -leg["lots"])
        ordered = leg["bid_lots"] + leg["ask_lots"]
        if ordered > 0:
            required += mul_div_ceil(mul_div_ceil(ordered, spot, family["unit"]), family["short_spot_max"], PPB)
    return required + mul_div_ceil(mul_div_ceil(short, spot, family["unit"]), rate, PPB)


@rule
def depeg_lots(pool: Pool, leg: LegRow) -> int:
    """Lots the depeg term counts: every perp and future, and options that are short."""
    kind = pool.instruments[leg["number"]]["kind"]
    if kind == KIND_OPTION:
        return max(0, -leg["lots"])
    return abs(leg["lots"]) if kind != KIND_ASSET else 0


@rule
def of_depeg(pool: Pool, family: RiskClassRow, legs: Legs, first: int, last: int, spot: int) -> int:
    """What a fallen settlement token asks of a class. Initial only."""
    lots = 0
    for place in range(first, last):
        lots += depeg_lots(pool, legs[place])
    return mul_div_ceil(mul_div_ceil(lots, spot, family["unit"]), family["peg"], PPB)


@command
def of_classes(pool: Pool, legs: Legs, count: int) -> Sides:
    """What a standard account's options, and its classes' depeg terms, add to its requirements. May be below 0."""
    maintenance = 0
    initial = 0
    place = 0
    while place < count and class_of(legs[place]) == UNCLASSED:
        place += 1
    while place < count:
        end = class_end(legs, place, count)
        family = pool.classes[class_of(legs[place])]
        spot = pool.instruments[family["underlying"]]["mark"]
        if family["peg"] > 0:
            initial += of_depeg(pool, family, legs, place, end, spot)
        at = place
        while at < end:
            stop = group_end(legs, at, end)
            if has_arrays(legs[at]):
                asked = of_expiry(pool, family, legs, at, stop, spot)
                maintenance += asked.maintenance
                initial += asked.initial + doubt_of(pool, family, legs, at, stop, spot)
            at = stop
        place = end
    return Sides(maintenance, initial)
