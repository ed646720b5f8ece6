"""Drift v2's named rules of weights: how size, deposits and the user's own cap move a ratio or a weight.

Units: ratios and weights 10^4, imf factors 10^6, sizes 10^9 a coin unless said, money 10^6. Divisions cut toward zero.
s = isqrt(10 * size + 1), rounded down. Source: drift-labs/protocol-v2, as described in docs/presets.md.
"""

import math
from typing import Final

from plimsoll.presets.rounding import decimals_unit, div_trunc, require

ONE: Final = 10_000
"""A ratio or weight of 1."""
SIZE_DECIMALS: Final = 9
PROFIT_SIZE: Final = 1_000
"""Size of a micro of profit: profit is weighed as a deposit would be."""


def _root(size: int) -> int:
    require(size >= 0, "a size must not be negative")
    return math.isqrt(10 * size + 1)


def size_of(amount: int, decimals: int) -> int:
    """A token amount of so many decimals in 10^9 a token."""
    return div_trunc(amount * 10**SIZE_DECIMALS, decimals_unit(decimals))


def size_discount(weight: int, imf: int, size: int) -> int:
    """The weight of an asset of this size: min(weight, 1.1 / (1 + imf * sqrt(size)))."""
    if imf == 0:
        return weight
    return min(weight, div_trunc(11 * 10**9, 10**6 + div_trunc(_root(size) * imf, 10**5)))


def size_premium(ratio: int, imf: int, size: int) -> int:
    """The ratio or liability weight of a position of this size: max(ratio, 0.8 * ratio + imf * sqrt(size))."""
    if imf == 0:
        return ratio
    return max(ratio, ratio - div_trunc(ratio, 5) + div_trunc(_root(size) * imf, 10**7))


def deposits_discount(weight: int, start: int, value: int) -> int:
    """The weight once all deposits are worth more than ``start`` (0: never): weight * start / value."""
    if start == 0 or value < start:
        return weight
    return div_trunc(weight * start, value)


def profit_weight(weight: int, imf: int, profit: int) -> int:
    """The weight of unrealised profit: an asset's, by the size of the profit."""
    return size_discount(weight, imf, profit * PROFIT_SIZE) if profit > 0 else weight


def capped_perp_ratio(ratio: int, user_ratio: int) -> int:
    """A perp's initial ratio under the user's own cap."""
    return max(ratio, user_ratio)


def capped_liability_weight(weight: int, user_ratio: int) -> int:
    """A liability's initial weight under the user's own cap."""
    return max(weight, ONE + user_ratio)


def capped_asset_weight(weight: int, user_ratio: int) -> int:
    """An asset's initial weight under the user's own cap, never below 0."""
    return max(0, min(weight, ONE - user_ratio))


def strict_price(price: int, twap: int, *, liability: bool) -> int:
    """The price of initial margin: an asset at the lower of oracle and 5-minute mean, a liability at the higher."""
    return max(price, twap) if liability else min(price, twap)
