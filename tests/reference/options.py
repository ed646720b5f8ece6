"""Options in a standard account (portfolio-margin.md, §7), and what an option pays at its end.

Per group (an expiry): the lesser of every short by itself and the worst that all can pay together.
"""

from collections.abc import Iterable

from plimsoll.units.limits import PPB

from .addons import at_spot, group_confidence_rate
from .classes import CALL, RiskClass
from .numbers import ceil, floor
from .portfolio import peg
from .scan import Leg, by_group, contracts, legs_of, options
from .state import Account, Instrument, State
from .terms import leg_maintenance, value


def intrinsic(row: Instrument, price: int) -> int:
    """Of one unit, in micros, with the underlying at `price`."""
    return max(0, price - row.strike if row.option_type == CALL else row.strike - price)


def out_of_the_money(row: Instrument, spot: int) -> int:
    """How far, in ppb of the spot."""
    if spot == 0:
        return 0
    return floor(max(0, row.strike - spot if row.option_type == CALL else spot - row.strike) * PPB, spot)


def short_alone(state: State, cls: RiskClass, leg: Leg, side: str) -> int:
    """MM_i or IM_i of a short option by itself."""
    size, worth = at_spot(state, cls, abs(leg.lots)), abs(value(leg.row, leg.lots))
    if leg.row.option_type == CALL:
        maintenance = ceil(size * cls.short_call, PPB)
    else:
        maintenance = max(ceil(size * cls.short_put, PPB), ceil(worth * cls.short_put_value, PPB))
    if side == "maintenance":
        return maintenance
    spot = state.instruments[cls.underlying].mark
    rate = max(cls.short_spot_min, cls.short_spot_max - out_of_the_money(leg.row, spot))
    initial = ceil(size * rate, PPB)
    if leg.row.option_type != CALL:
        initial = max(initial, ceil((worth + maintenance) * cls.offset_scale, PPB) - worth)
    return initial


def leg_requirement(state: State, row: Instrument, lots: int) -> int:
    """What orders the legs of a standard account: a contract's rates, a part of the spot for a short option."""
    if not row.is_option:
        return leg_maintenance(row, lots)
    cls = state.classes[row.risk_class]
    rate = cls.short_call if row.option_type == CALL else cls.short_put
    return ceil(at_spot(state, cls, max(0, -lots)) * rate, PPB)


def required_isolated(state: State, cls: RiskClass, legs: Iterable[Leg], side: str) -> int:
    """Longs give no credit, shorts stand alone."""
    return sum(short_alone(state, cls, leg, side) if leg.lots < 0 else value(leg.row, leg.lots) for leg in legs)


def required_max_loss(state: State, cls: RiskClass, number: int, legs: list[Leg], side: str) -> int:
    """What is lost when the expiry comes at its worst price; beyond the strikes, unpaired calls pay a rate."""
    prices = {0, *(leg.row.strike for leg in legs if leg.lots != 0)}
    payoffs = [sum(floor(leg.lots * intrinsic(leg.row, price), cls.unit) for leg in legs) for price in prices]
    worst = min(0, *payoffs)
    unpaired = max(0, -sum(leg.lots for leg in legs if leg.row.option_type == CALL))
    forward = cls.group(number).forward or state.instruments[cls.underlying].mark
    worst -= ceil(ceil(unpaired * forward, cls.unit) * getattr(cls, f"unpaired_{side}"), PPB)
    return sum(value(leg.row, leg.lots) for leg in legs) - worst


def group_requirement(state: State, cls: RiskClass, number: int, legs: list[Leg], side: str) -> int:
    alone = required_isolated(state, cls, legs, side)
    required = min(alone, required_max_loss(state, cls, number, legs, side))
    if side == "initial":
        short = sum(max(0, -leg.lots) for leg in legs)
        required += ceil(at_spot(state, cls, short) * group_confidence_rate(cls, number), PPB)
        for leg in legs:
            ordered = (leg.high - leg.lots) + (leg.lots - leg.low)
            required += ceil(at_spot(state, cls, ordered) * cls.short_spot_max, PPB)
    return required


def requirement(state: State, account: Account, side: str) -> int:
    """What the options of a standard account require; may be below 0."""
    total = 0
    for c, legs in legs_of(state, account, side).items():
        cls = state.classes[c]
        for number, members in by_group(legs).items():
            total += group_requirement(state, cls, number, members, side)
        if side == "initial":
            lots = sum(abs(leg.lots) for leg in contracts(legs)) + sum(max(0, -leg.lots) for leg in options(legs))
            total += ceil(at_spot(state, cls, lots) * peg(state, cls), PPB)
    return total
