"""Perp funding: a time-weighted premium, clamped once an interval, added to the cumulative funding F of the mark.

A holding is worth lots * (mark - F) / unit - cost, so raising F moves value from longs to shorts without touching one
holding, and the sum of costs stays what it was.  The fraction of a micro is carried to the next interval.
"""

from plimsoll.book.rows import InstrumentRow
from plimsoll.units.fixed import mul_div_trunc
from plimsoll.units.jit import command, rule
from plimsoll.units.limits import FUNDING_MARKS_MAX, PPB


@rule
def collect_premium(instrument: InstrumentRow, elapsed: int) -> None:
    """Weigh the premium in force by the time it was in force."""
    instrument["premium_sum"] += instrument["premium"] * elapsed
    instrument["premium_time"] += elapsed


@rule
def clamp(value: int, bound: int) -> int:
    """The nearest value within -bound .. bound."""
    return max(-bound, min(bound, value))


@command
def apply_funding(instrument: InstrumentRow) -> int:
    """Pay one interval: returns the change of F in micros per unit, 0 when nothing was collected."""
    weight = instrument["premium_time"]
    if weight == 0:
        return 0
    mean = mul_div_trunc(instrument["premium_sum"], 1, weight)
    rate = clamp(mean + instrument["funding_interest"], instrument["funding_rate_max"])
    instrument["premium_sum"] = 0
    instrument["premium_time"] = 0
    # rate * mark may not fit int64: whole billions of the mark apart from the rest.
    mark = instrument["mark"]
    billions = mark // PPB
    exact = rate * (mark - billions * PPB) + instrument["funding_remainder"]
    step = exact // PPB
    moved = rate * billions + step
    instrument["funding_remainder"] = exact - step * PPB
    bound = FUNDING_MARKS_MAX * instrument["mark_max"]
    funding = instrument["funding"] + moved
    if abs(funding) > bound:
        moved = clamp(funding, bound) - instrument["funding"]
        instrument["funding_remainder"] = 0
    instrument["funding"] += moved
    return moved
