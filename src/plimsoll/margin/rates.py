"""Rates that follow the market: open interest and oracle confidence, which raise initial margin only."""

from plimsoll.book.rows import InstrumentRow
from plimsoll.units.fixed import mul_div_ceil, mul_div_floor, rate_up
from plimsoll.units.jit import rule
from plimsoll.units.limits import PPB
from plimsoll.units.messages import KIND_ASSET


@rule
def set_open_interest_rate(instrument: InstrumentRow) -> None:
    """Linear from the initial rate to 100 % between the two bounds of open interest's value (dYdX v4's form)."""
    upper = instrument["open_interest_upper"]
    if upper == 0 or instrument["kind"] == KIND_ASSET:
        return
    lower = instrument["open_interest_lower"]
    value = mul_div_floor(instrument["open_lots"], instrument["mark"], instrument["unit"])
    if value <= lower:
        instrument["rate_open_interest"] = 0
    elif value >= upper:
        instrument["rate_open_interest"] = PPB
    else:
        base = min(instrument["rate_initial"], PPB)
        instrument["rate_open_interest"] = base + mul_div_ceil(PPB - base, value - lower, upper - lower)


@rule
def set_confidence_rate(instrument: InstrumentRow) -> None:
    """The oracle's own uncertainty as a rate, times a factor, at most 100 %."""
    instrument["rate_confidence"] = 0
    if instrument["mark"] > 0 and instrument["confidence"] > 0 and instrument["confidence_factor"] > 0:
        share = mul_div_ceil(min(instrument["confidence"], instrument["mark"]), PPB, instrument["mark"])
        if share > instrument["confidence_threshold"]:
            instrument["rate_confidence"] = min(PPB, rate_up(share, instrument["confidence_factor"]))
