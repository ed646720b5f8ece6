"""Portfolio margin, §4: what is asked beside the scan, in micros; initial reckons with the worse end of open orders."""

from plimsoll.units.limits import PPB

from .classes import RiskClass
from .numbers import ceil, floor
from .scan import Leg, by_group, contracts, linear, options
from .state import State


def at_spot(state: State, cls: RiskClass, lots: int) -> int:
    """N_S(n): lots at the mark of the underlying."""
    return ceil(lots * state.instruments[cls.underlying].mark, cls.unit)


def linear_addon(state: State, cls: RiskClass, legs: list[Leg], side: str) -> int:
    rate = getattr(cls, f"linear_{side}")
    return ceil(at_spot(state, cls, sum(leg.worst_lots() for leg in contracts(legs))) * rate, PPB)


def paired_lots(leg: Leg, legs: list[Leg]) -> int:
    """Held lots of the other type at the same strike and group."""
    return sum(
        other.lots
        for other in options(legs)
        if other.row.option_type != leg.row.option_type
        and (other.row.strike, other.row.risk_group) == (leg.row.strike, leg.row.risk_group)
    )


def option_addon(state: State, cls: RiskClass, legs: list[Leg], side: str) -> int:
    """On the naked lots of short options."""
    rate = getattr(cls, f"option_{side}")
    naked = [max(0, leg.short_lots() - max(paired_lots(leg, legs), 0)) for leg in options(legs)]
    return ceil(at_spot(state, cls, sum(naked)) * rate, PPB)


def greek(leg: Leg, name: str) -> int:
    return getattr(leg.row.arrays, name) if leg.row.arrays else 0


def greeks_addon(state: State, cls: RiskClass, legs: list[Leg]) -> int:
    """Delta, gamma and vega of the held lots."""
    spot = state.instruments[cls.underlying].mark
    lots = sum(leg.lots for leg in linear(legs))
    lots += sum(floor(leg.lots * greek(leg, "delta"), PPB) for leg in options(legs))
    delta = floor(lots * spot, cls.unit)
    gamma = sum(floor(leg.lots * greek(leg, "gamma"), cls.unit) for leg in options(legs))
    vegas = [
        sum(floor(leg.lots * greek(leg, "vega"), cls.unit) for leg in members) for members in by_group(legs).values()
    ]
    return (
        ceil(abs(delta) * cls.delta_rate, PPB)
        + ceil(max(0, -gamma) * cls.gamma_rate, PPB)
        + sum(ceil(abs(vega) * cls.vega_rate, PPB) for vega in vegas)
    )


def floor_addon(state: State, cls: RiskClass, legs: list[Leg]) -> int:
    """A least requirement that competes with the scan."""
    short = sum(leg.short_lots() for leg in options(legs))
    size = max(abs(sum(leg.low for leg in linear(legs))), abs(sum(leg.high for leg in linear(legs))))
    of_options = ceil(at_spot(state, cls, short) * cls.floor_option, PPB)
    return of_options + ceil(at_spot(state, cls, size) * cls.floor_linear, PPB)


def group_confidence_rate(cls: RiskClass, number: int) -> int:
    confidence = cls.group(number).confidence
    if confidence >= cls.confidence_threshold:
        return 0
    return ceil((PPB - confidence) * cls.confidence_factor, PPB)


def confidence_addon(state: State, cls: RiskClass, legs: list[Leg]) -> int:
    """Each contract at its own rate, the options of a group at the group's."""
    sizes = [(leg.worst_lots(), leg.row.rate_confidence) for leg in contracts(legs)]
    for number, members in by_group(legs).items():
        sizes.append((sum(leg.worst_lots() for leg in members), group_confidence_rate(cls, number)))
    return sum(ceil(at_spot(state, cls, lots) * rate, PPB) for lots, rate in sizes)
