"""§1: value, notional, and what one holding requires by rates and weights.

m mark, F cumulative funding, u lots in a unit, l lots, c cost, w the worse size with open orders:

    v = floor(l * (m - F) / u)      N(n) = ceil(n * m / u)
"""

from plimsoll.units.limits import PPB

from .numbers import ceil, floor, isqrt_up
from .state import Holding, Instrument, State


def value(instrument: Instrument, lots: int) -> int:
    return floor(lots * (instrument.mark - instrument.funding), instrument.unit)


def notional(instrument: Instrument, lots: int, mark: int | None = None) -> int:
    """N(n), at the instrument's own mark unless another is given."""
    return ceil(lots * (instrument.mark if mark is None else mark), instrument.unit)


def trade_amount(instrument: Instrument, lots: int, price: int) -> int:
    """What the side that caused a change of `lots` pays: n = ceil(q * (p - F) / u)."""
    return ceil(lots * (price - instrument.funding), instrument.unit)


def money(instrument: Instrument, pays: int) -> tuple[int, int]:
    """(cost, cash) of a side that pays `pays`: assets and options are paid in cash."""
    return (0, -pays) if instrument.is_paid_in_cash else (pays, 0)


def segments(instrument: Instrument, side: str) -> list[tuple[int, int]]:
    """(start in lots, marginal rate), the base segment first."""
    found = [(0, getattr(instrument, f"rate_{side}"))]
    for k in (1, 2, 3):
        start = getattr(instrument, f"segment_lots_{k}")
        if start == 0:
            break
        found.append((start, getattr(instrument, f"segment_{side}_{k}")))
    return found


def requirement(instrument: Instrument, lots: int, side: str, mark: int | None = None) -> int:
    """R(n; side) of n = `lots` >= 0; `side` is "initial" or "maintenance"."""
    size = notional(instrument, lots, mark)
    if instrument.root_factor_initial > 0:
        factor = getattr(instrument, f"root_factor_{side}")
        penalised = getattr(instrument, f"root_base_{side}") + ceil(factor * isqrt_up(lots), 10**9)
        return ceil(size * max(getattr(instrument, f"rate_{side}"), penalised), PPB)

    required = 0
    below = [(start, rate) for start, rate in segments(instrument, side) if start < lots]
    ends = [start for start, _ in below[1:]] + [lots]
    for (start, rate), end in zip(below, ends):
        required += ceil((notional(instrument, end, mark) - notional(instrument, start, mark)) * rate, PPB)
    skew = ceil(lots * getattr(instrument, f"slope_{side}"), instrument.unit)
    return required + ceil(size * skew, PPB)


def open_interest_rate(instrument: Instrument) -> int:
    worth = floor(instrument.open_lots * instrument.mark, instrument.unit)
    lower, upper = instrument.open_interest_lower, instrument.open_interest_upper
    if instrument.is_asset or upper == 0 or worth <= lower:
        return 0
    if worth >= upper:
        return PPB
    base = min(instrument.rate_initial, PPB)
    return base + ceil((PPB - base) * (worth - lower), upper - lower)


def confidence_rate(instrument: Instrument) -> int:
    if instrument.mark == 0:
        return 0
    relative = ceil(min(instrument.confidence, instrument.mark) * PPB, instrument.mark)
    if relative <= instrument.confidence_threshold:
        return 0
    return min(PPB, ceil(relative * instrument.confidence_factor, PPB))


def leg_maintenance(instrument: Instrument, lots: int) -> int:
    return requirement(instrument, abs(lots), "maintenance")


def standard_terms(state: State, row: Instrument, held: Holding, leverage_rate: int = 0) -> tuple[int, int]:
    """(maintenance, initial) of one holding that is no option, before the depeg."""
    if row.is_asset:
        return asset_terms(row, held, row.mark)
    worst = held.worst_lots()
    size = notional(row, worst)
    im = max(requirement(row, worst, "initial"), ceil(size * max(row.rate_open_interest, leverage_rate), PPB))
    im += ceil(max(0, value(row, held.lots) - held.cost) * state.policy["profit_haircut"], PPB)
    if row.risk_class > 0:
        # A member of a class is uncertain about its underlying's price.
        cls = state.classes[row.risk_class]
        size = ceil(worst * state.instruments[cls.underlying].mark, cls.unit)
    return leg_maintenance(row, held.lots), im + ceil(size * row.rate_confidence, PPB) + held.reserved


def asset_terms(row: Instrument, held: Holding, mark: int) -> tuple[int, int]:
    """(maintenance, initial) of an asset, at its own mark or another."""
    im = requirement(row, held.lots, "initial", mark) + ceil(notional(row, held.lots, mark) * row.rate_confidence, PPB)
    return requirement(row, held.lots, "maintenance", mark), im


def with_depeg(state: State, required: int) -> int:
    return required + ceil(required * state.depeg_rate, PPB)
