"""Add-ons of a class: what a scan of prices does not see. Each is a term of its own in ``explain``."""

from typing import NamedTuple

from plimsoll.book.layout import Pool
from plimsoll.book.rows import LegRow, RiskClassRow
from plimsoll.margin.portfolio.scan import Legs, group_end, has_arrays
from plimsoll.margin.terms import worst_lots
from plimsoll.units.fixed import mul_div_ceil, mul_div_floor, rate_up
from plimsoll.units.jit import command, rule
from plimsoll.units.limits import PPB
from plimsoll.units.messages import KIND_ASSET, STATUS_SETTLING


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
    """Lots held of the option of the other type at the same strike, which is of the same class."""
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
    """Sum what the add-ons are reckoned on; what no rate of the class asks for is left 0."""
    linear = 0
    low = 0
    high = 0
    naked = 0
    short = 0
    delta = 0
    gamma = 0
    for place in range(first, last):
        leg = legs[place]
        if has_arrays(leg):
            shorted = short_lots(leg, at_worst)
            short += shorted
            if shorted > 0 and family["option_initial"] > 0:
                naked += max(0, shorted - max(0, pair_lots(legs, first, last, pool.risks[leg["number"]]["pair"])))
            if family["delta_rate"] > 0:
                delta += mul_div_floor(leg["lots"], pool.risks[leg["number"]]["delta"], PPB)
            if family["gamma_rate"] > 0:
                gamma += mul_div_floor(leg["lots"], pool.risks[leg["number"]]["gamma"], family["unit"])
        else:
            if pool.instruments[leg["number"]]["status"] != STATUS_SETTLING:
                low += leg["lots"] - (leg["ask_lots"] if at_worst else 0)
                high += leg["lots"] + (leg["bid_lots"] if at_worst else 0)
                delta += leg["lots"]
            if pool.instruments[leg["number"]]["kind"] != KIND_ASSET:
                linear += size_of(leg, at_worst)
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
        if has_arrays(legs[place]):
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
        group = pool.groups[legs[place]["group"]]
        lots = 0
        for at in range(place, end):
            leg = legs[at]
            instrument = pool.instruments[leg["number"]]
            if has_arrays(leg):
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


@rule
def doubt_of(pool: Pool, family: RiskClassRow, legs: Legs, first: int, last: int, linear: bool, at_worst: bool) -> int:
    """The confidence add-on; nothing without a contract or a group whose table is in doubt."""
    if family["by_group"] == 0 and not linear:
        return 0
    return confidence_of(pool, family, legs, first, last, pool.instruments[family["underlying"]]["mark"], at_worst)


@rule
def sums_of(pool: Pool, family: RiskClassRow, legs: Legs, first: int, last: int, at_worst: bool) -> Exposure:
    """What the add-ons of a class are reckoned on, the same for both sides of a book without orders."""
    if has_addons(family):
        return exposure_of(pool, family, legs, first, last, at_worst)
    return Exposure(0, 0, 0, 0, 0, 0)


@rule
def addons_on(pool: Pool, family: RiskClassRow, sums: Exposure, vega: int, confidence: int, initial: bool) -> Addons:
    """Every add-on of a class for one side."""
    if has_addons(family):
        return rated(pool, family, sums, vega, confidence, initial)
    return Addons(0, 0, 0, 0, vega, 0, confidence)


@command
def rated(pool: Pool, family: RiskClassRow, sums: Exposure, vega: int, confidence: int, initial: bool) -> Addons:
    """The sums of a class at its rates."""
    spot = pool.instruments[family["underlying"]]["mark"]
    linear_rate = family["linear_initial"] if initial else family["linear_maintenance"]
    option_rate = family["option_initial"] if initial else family["option_maintenance"]
    delta = abs(mul_div_floor(sums.delta, spot, family["unit"]))
    floor = rate_up(at_spot(family, sums.short, spot), family["floor_option"])
    floor += rate_up(at_spot(family, sums.net_linear, spot), family["floor_linear"])
    return Addons(
        rate_up(at_spot(family, sums.linear, spot), linear_rate),
        rate_up(at_spot(family, sums.naked, spot), option_rate),
        rate_up(delta, family["delta_rate"]),
        mul_div_ceil(max(0, -sums.gamma), family["gamma_rate"], PPB),
        vega,
        floor,
        confidence,
    )
