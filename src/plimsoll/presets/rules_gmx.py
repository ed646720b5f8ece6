"""GMX v2's named rules: funding that adapts, price impact, execution price, and when a position is liquidated.

Units: dollars, coins and shares a second as exact fractions (the contracts keep 30 decimals). Exponents are whole.
Source: gmx-io/gmx-synthetics, as described in docs/presets.md.
"""

from fractions import Fraction
from typing import Final, NamedTuple

from plimsoll.presets.rounding import require

EXPONENT_MAX: Final = 8


def adaptive_change(
    imbalance: Fraction,
    seconds: Fraction,
    *,
    same_direction: bool,
    threshold_decrease: Fraction,
    threshold_stable: Fraction,
    increase: Fraction,
    decrease: Fraction,
) -> Fraction:
    """Signed change of the funding factor: towards the larger side while its excess is large or not yet paid for.

    ``imbalance`` is (long - short) / total open interest. Between the two thresholds nothing changes.
    """
    sign = 1 if imbalance >= 0 else -1
    excess = abs(imbalance)
    if not same_direction or excess > threshold_stable:
        return sign * excess * increase * seconds
    return -sign * decrease * seconds if excess < threshold_decrease else Fraction(0)


class BasicFunding(NamedTuple):
    """Rates a second: what the larger side pays, and what the smaller receives (negative)."""

    payer: Fraction
    receiver: Fraction


def basic_funding(long_oi: Fraction, short_oi: Fraction, factor: Fraction, exponent: int) -> BasicFunding:
    """factor * |long - short|^exponent / total; received by the smaller side in proportion."""
    large, small = max(long_oi, short_oi), min(long_oi, short_oi)
    require(small > 0, "funding needs open interest on both sides")
    payer = factor * _power(large - small, exponent) / (large + small)
    return BasicFunding(payer, -payer * large / small)


def price_impact(initial_diff: Fraction, next_diff: Fraction, exponent: int, factor: Fraction) -> Fraction:
    """Dollars gained by making the two sides more equal, negative for less: (d0^e - d1^e) * factor."""
    return (_power(initial_diff, exponent) - _power(next_diff, exponent)) * factor


def _power(base: Fraction, exponent: int) -> Fraction:
    require(base >= 0, "an imbalance must not be negative")
    require(0 <= exponent <= EXPONENT_MAX, f"an exponent must be a whole number from 0 to {EXPONENT_MAX}")
    return Fraction(base) ** exponent


def execution_price(size: Fraction, price: Fraction, impact: Fraction) -> Fraction:
    """The price of an increase whose tokens are those of size and impact at the index price."""
    require(size > 0 and price > 0 and size + impact > 0, "size and price must be above 0, and more than the impact")
    return size / (size / price + impact / price)


def is_liquidatable(
    collateral: Fraction,
    *,
    size: Fraction,
    entry: Fraction,
    price: Fraction,
    is_long: bool,
    fees: Fraction,
    impact: Fraction,
    least: Fraction,
    factor: Fraction,
) -> bool:
    """Whether collateral tokens, profit, impact and fees leave nothing, under the least, or under a share of size."""
    require(entry > 0, "the entry price must be above 0")
    profit = size * (price - entry) / entry
    remaining = collateral * price + (profit if is_long else -profit) - abs(impact) - fees
    return remaining <= 0 or remaining < least or remaining < size * factor
