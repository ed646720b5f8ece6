"""The requirement of one holding: value, maintenance and initial margin (docs/standard-margin.md).

Symbols: n lots held, w lots at the worse end of open orders, N notional, m mark, u unit.  Requirements round up.
"""

from typing import NamedTuple

from plimsoll.book.rows import InstrumentRow
from plimsoll.units.fixed import isqrt_up, mul_div_ceil, mul_div_floor, rate_up
from plimsoll.units.jit import command, rule
from plimsoll.units.limits import PPB
from plimsoll.units.messages import KIND_ASSET, KIND_OPTION

FLAT = 0
SEGMENTS = 1
ROOT = 2


class Terms(NamedTuple):
    """Value, maintenance and initial requirement of a holding, in micros."""

    value: int
    maintenance: int
    initial: int


@rule
def notional_of(instrument: InstrumentRow, lots: int) -> int:
    """ceil(lots * mark / unit) of a count of lots that is not negative."""
    return mul_div_ceil(lots, instrument["mark"], instrument["unit"])


@rule
def spot_notional(instrument: InstrumentRow, lots: int) -> int:
    """ceil(lots * spot / unit): at the mark of the underlying of the instrument's class."""
    return mul_div_ceil(lots, instrument["spot"], instrument["unit"])


@rule
def pays_cash(instrument: InstrumentRow) -> bool:
    """Whether what changes hands is paid for in cash at once (assets, options), not through cost."""
    return instrument["kind"] == KIND_ASSET or instrument["kind"] == KIND_OPTION


@rule
def value_of(instrument: InstrumentRow, lots: int) -> int:
    """floor(lots * (mark - funding) / unit): what the lots are worth before cost."""
    return mul_div_floor(lots, instrument["mark"] - instrument["funding"], instrument["unit"])


@rule
def worst_lots(lots: int, bid_lots: int, ask_lots: int) -> int:
    """The larger absolute position if every bid, or every ask, were filled."""
    return max(abs(lots + bid_lots), abs(lots - ask_lots))


@rule
def bracket(instrument: InstrumentRow, start: int, end: int, rate: int) -> int:
    """Requirement of the lots between two sizes at one marginal rate."""
    return rate_up(notional_of(instrument, end) - notional_of(instrument, start), rate)


@command
def segment_requirement(instrument: InstrumentRow, lots: int, initial: bool) -> int:
    """Marginal rates by segment, each on its own lots, so continuous; plus a rate that grows with size."""
    first = instrument["segment_lots_1"]
    second = instrument["segment_lots_2"]
    third = instrument["segment_lots_3"]
    rate = instrument["rate_initial"] if initial else instrument["rate_maintenance"]
    start = 0
    required = 0
    if 0 < first < lots:
        required += bracket(instrument, start, first, rate)
        start = first
        rate = instrument["segment_initial_1"] if initial else instrument["segment_maintenance_1"]
    if 0 < second < lots:
        required += bracket(instrument, start, second, rate)
        start = second
        rate = instrument["segment_initial_2"] if initial else instrument["segment_maintenance_2"]
    if 0 < third < lots:
        required += bracket(instrument, start, third, rate)
        start = third
        rate = instrument["segment_initial_3"] if initial else instrument["segment_maintenance_3"]
    required += bracket(instrument, start, lots, rate)
    slope = instrument["slope_initial"] if initial else instrument["slope_maintenance"]
    if slope > 0:
        required += rate_up(notional_of(instrument, lots), mul_div_ceil(lots, slope, instrument["unit"]))
    return required


@command
def root_rate(instrument: InstrumentRow, lots: int, initial: bool) -> int:
    """A rate that grows with the square root of size (Drift v2's form), never below the base rate."""
    base = instrument["root_base_initial"] if initial else instrument["root_base_maintenance"]
    factor = instrument["root_factor_initial"] if initial else instrument["root_factor_maintenance"]
    rate = instrument["rate_initial"] if initial else instrument["rate_maintenance"]
    return max(rate, base + mul_div_ceil(factor, isqrt_up(lots), PPB))


@rule
def requirement(instrument: InstrumentRow, lots: int, notional: int, initial: bool) -> int:
    """R(n; side): the requirement of ``lots`` >= 0 whose notional is given."""
    if instrument["penalised"] == FLAT:
        return rate_up(notional, instrument["rate_initial"] if initial else instrument["rate_maintenance"])
    if instrument["penalised"] == SEGMENTS:
        return segment_requirement(instrument, lots, initial)
    return rate_up(notional, root_rate(instrument, lots, initial))


@rule
def terms_of(
    instrument: InstrumentRow,
    lots: int,
    cost: int,
    bid_lots: int,
    ask_lots: int,
    reserved: int,
    leverage_rate: int,
    profit_haircut: int,
) -> Terms:
    """Value and requirements of one holding, its open orders at their worse end."""
    held = abs(lots)
    notional = notional_of(instrument, held)
    if instrument["funding"] != 0:
        value = value_of(instrument, lots)
    elif lots < 0:
        value = -notional
    else:
        value = mul_div_floor(lots, instrument["mark"], instrument["unit"])
    if instrument["kind"] == KIND_OPTION:
        return Terms(value, 0, reserved)
    worst = worst_lots(lots, bid_lots, ask_lots)
    worst_notional = notional
    if worst != held:
        worst_notional = notional_of(instrument, worst)
    maintenance = requirement(instrument, held, notional, False)
    initial = requirement(instrument, worst, worst_notional, True)
    floor_rate = instrument["rate_open_interest"]
    if instrument["kind"] != KIND_ASSET:
        floor_rate = max(floor_rate, leverage_rate)
    if floor_rate > 0:
        initial = max(initial, rate_up(worst_notional, floor_rate))
    if instrument["kind"] != KIND_ASSET and profit_haircut > 0:
        initial += rate_up(max(0, value - cost), profit_haircut)
    if instrument["rate_confidence"] > 0:
        if instrument["risk_class"] != 0 and instrument["kind"] != KIND_ASSET:
            worst_notional = spot_notional(instrument, worst)
        initial += rate_up(worst_notional, instrument["rate_confidence"])
    return Terms(value, maintenance, initial + reserved)


@rule
def at_underlying(instrument: InstrumentRow, lots: int, value: int) -> Terms:
    """An asset's haircut, and what its oracle's doubt asks, at the mark of its class's underlying."""
    notional = spot_notional(instrument, lots)
    initial = rate_up(notional, instrument["rate_initial"]) + rate_up(notional, instrument["rate_confidence"])
    return Terms(value, rate_up(notional, instrument["rate_maintenance"]), initial)
