"""Add-ons of a class: what a scan of prices does not see. Each is a term of its own in ``explain``."""

from typing import NamedTuple

from plimsoll.book.layout import Pool
from plimsoll.book.rows import LegRow, RiskClassRow
from plimsoll.margin.portfolio.legs import GROUPS_PER_CLASS
from plimsoll.margin.portfolio.scan import Legs, group_end, has_arrays
from plimsoll.margin.terms import worst_lots
from plimsoll.units.fixed import mul_div_ceil, mul_div_floor
from plimsoll.units.jit import command, rule
from plimsoll.units.limits import PPB
from plimsoll.units.messages import KIND_ASSET


class Exposure(NamedTuple):
    """Sums over a class's legs: lots, and ``delta`` in lots of the underlying, ``gamma`` in micros."""

    linear: int
    net_linear: int
    naked: int
    short: int
    delta: int
    gamma: int


class Addons(NamedTuple):
    """Requirements in micros: ``linear`` and ``option`` may go inside the factor, the others are outside."""

    linear: int
    option: int
    delta: int
    gamma: int
    vega: int
    floor: int
    confidence: int


@rule
def pair_lots(legs: Legs, first: int, last: int, pair: int) -> int:
    """Lots held of the option of the other type at the same strike."""
    for place in range(first, last):
        if legs[place]["number"] == pair:
            return legs[place]["lots"]
    return 0


@rule
def short_lots(leg: LegRow, at_worst: bool) -> int:
    """How many lots short the leg is, or would be with its asks filled."""
    lots = leg["lots"] - leg["ask_lots"] if at_worst else leg["lots"]
    return max(0, -lots)


@rule
def size_of(leg: LegRow, at_worst: bool) -> int:
    """Absolute lots as held, or at the worse end of open orders."""
    return worst_lots(leg["lots"], leg["bid_lots"], leg["ask_lots"]) if at_worst else abs(leg["lots"])


@command
def exposure_of(pool: Pool, family: RiskClassRow, legs: Legs, first: int, last: int, at_worst: bool) -> Exposure:
    """Sum what the add-ons are reckoned on."""
    linear = 0
    low = 0
    high = 0
    naked = 0
    short = 0
    delta = 0
    gamma = 0
    place = first
    while place < last:
        end = group_end(legs, place, last)
        for at in range(place, end):
            leg = legs[at]
            if has_arrays(pool, leg):
                risk = pool.risks[leg["number"]]
                shorted = short_lots(leg, at_worst)
                short += shorted
                if shorted > 0:
                    naked += max(0, shorted - max(0, pair_lots(legs, place, end, risk["pair"])))
                delta += mul_div_floor(leg["lots"], risk["delta"], PPB)
                gamma += mul_div_floor(leg["lots"], risk["gamma"], family["unit"])
            else:
                low += leg["lots"] - (leg["ask_lots"] if at_worst else 0)
                high += leg["lots"] + (leg["bid_lots"] if at_worst else 0)
                delta += leg["lots"]
                if pool.instruments[leg["number"]]["kind"] != KIND_ASSET:
                    linear += size_of(leg, at_worst)
        place = end
    return Exposure(linear, max(abs(low), abs(high)), naked, short, delta, gamma)


@rule
def at_spot(family: RiskClassRow, lots: int, spot: int) -> int:
    """ceil(lots * spot / unit) of a count of lots that is not negative."""
    return mul_div_ceil(lots, spot, family["unit"])


@command
def vega_of(pool: Pool, family: RiskClassRow, legs: Legs, first: int, last: int) -> int:
    """Per group, what its net vega requires."""
    required = 0
    place = first
    while place < last:
        end = group_end(legs, place, last)
        if has_arrays(pool, legs[place]):
            vega = 0
            for at in range(place, end):
                vega += mul_div_floor(legs[at]["lots"], pool.risks[legs[at]["number"]]["vega"], family["unit"])
            required += mul_div_ceil(abs(vega), family["vega_rate"], PPB)
        place = end
    return required


@command
def confidence_of(
    pool: Pool, family: RiskClassRow, legs: Legs, first: int, last: int, spot: int, at_worst: bool
) -> int:
    """What the oracle's own doubt requires: contracts by their marks, options by their group's table. Initial only."""
    required = 0
    place = first
    while place < last:
        end = group_end(legs, place, last)
        group = pool.groups[legs[place]["key"] % GROUPS_PER_CLASS]
        lots = 0
        for at in range(place, end):
            leg = legs[at]
            instrument = pool.instruments[leg["number"]]
            if has_arrays(pool, leg):
                lots += size_of(leg, at_worst)
            elif instrument["kind"] != KIND_ASSET and instrument["rate_confidence"] > 0:
                size = at_spot(family, size_of(leg, at_worst), spot)
                required += mul_div_ceil(size, instrument["rate_confidence"], PPB)
        if lots > 0 and group["rate_confidence"] > 0:
            required += mul_div_ceil(at_spot(family, lots, spot), group["rate_confidence"], PPB)
        place = end
    return required


@rule
def has_addons(family: RiskClassRow) -> bool:
    """Whether any rate of the class asks for sums over its legs."""
    rates = family["linear_initial"] + family["option_initial"] + family["floor_option"] + family["floor_linear"]
    return rates + family["delta_rate"] + family["gamma_rate"] > 0


@command
def addons_of(
    pool: Pool, family: RiskClassRow, legs: Legs, first: int, last: int, initial: bool, at_worst: bool
) -> Addons:
    """Every add-on of a class, for one side."""
    spot = pool.instruments[family["underlying"]]["mark"]
    vega = vega_of(pool, family, legs, first, last) if family["vega_rate"] > 0 else 0
    confidence = confidence_of(pool, family, legs, first, last, spot, at_worst) if initial else 0
    if not has_addons(family):
        return Addons(0, 0, 0, 0, vega, 0, confidence)
    sums = exposure_of(pool, family, legs, first, last, at_worst)
    linear_rate = family["linear_initial"] if initial else family["linear_maintenance"]
    option_rate = family["option_initial"] if initial else family["option_maintenance"]
    delta = abs(mul_div_floor(sums.delta, spot, family["unit"]))
    floor = mul_div_ceil(at_spot(family, sums.short, spot), family["floor_option"], PPB)
    floor += mul_div_ceil(at_spot(family, sums.net_linear, spot), family["floor_linear"], PPB)
    return Addons(
        mul_div_ceil(at_spot(family, sums.linear, spot), linear_rate, PPB),
        mul_div_ceil(at_spot(family, sums.naked, spot), option_rate, PPB),
        mul_div_ceil(delta, family["delta_rate"], PPB),
        mul_div_ceil(max(0, -sums.gamma), family["gamma_rate"], PPB),
        vega,
        floor,
        confidence,
    )
