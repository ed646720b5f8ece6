"""Drift v2's named rule of what an oracle's price is good for: seven states, the first that applies.

Units: price and means 10^6, shares 10^6, delay in slots. Source: drift-labs/protocol-v2, in docs/presets.md.
The engine has the same kind of matrix with states of its own (docs/commands.md, section 6).
"""

from dataclasses import dataclass
from typing import Final

from plimsoll.presets.rounding import div_trunc

SHARE: Final = 10**6
CONFIDENCE_OF_TIER: Final = {"A": 1, "B": 1, "C": 2, "Speculative": 10}
CONFIDENCE_OF_OTHERS: Final = 50


@dataclass(frozen=True, kw_only=True)
class Guards:
    """The venue's limits."""

    slots_stale_amm: int
    slots_stale_margin: int
    confidence_max: int
    too_volatile_ratio: int


def validity(price: int, confidence: int, delay: int, sufficient: bool, twap: int, tier: str, guards: Guards) -> str:
    """The state of a price: every limit itself is still allowed."""
    if price <= 0:
        return "NonPositive"
    if div_trunc(max(price, twap), max(1, min(price, twap))) > guards.too_volatile_ratio:
        return "TooVolatile"
    most = guards.confidence_max * CONFIDENCE_OF_TIER.get(tier, CONFIDENCE_OF_OTHERS)
    if div_trunc(confidence * SHARE, price) > most:
        return "TooUncertain"
    if delay > guards.slots_stale_margin:
        return "StaleForMargin"
    if not sufficient:
        return "InsufficientDataPoints"
    return "StaleForAMM" if delay > guards.slots_stale_amm else "Valid"


def mark_too_divergent(reserve_price: int, twap_5min: int, most: int) -> bool:
    """Whether the market maker's price is too far from the oracle's 5-minute mean for funding."""
    return div_trunc(abs(reserve_price - twap_5min) * SHARE, reserve_price) > most
