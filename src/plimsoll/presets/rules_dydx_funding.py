"""dYdX v4's named rules of funding and of sudden prices.

Units: ppm; the funding index in millionths of a quote quantum per base quantum; prices in dollars where said.
Roundings toward zero, of clamps down. Source: dydxprotocol/v4-chain, as described in docs/presets.md.
"""

import math
from fractions import Fraction
from typing import Final

from plimsoll.presets.rounding import clamp, div_floor, div_trunc, require, trunc
from plimsoll.presets.rules_dydx import PPM

FUNDING_SECONDS: Final = 8 * 3600


def premium_ppm(index: Fraction, bid: Fraction | None, ask: Fraction | None, most: int) -> int:
    """A premium vote: how far the impact bid stands above the index, less how far the ask stands below; clamped.

    A side without the depth for the impact notional is None and adds nothing.
    """
    require(index > 0, "the index price must be above 0")
    above = max(Fraction(0), bid - index) if bid is not None else Fraction(0)
    below = max(Fraction(0), index - ask) if ask is not None else Fraction(0)
    return clamp(trunc(PPM * (above - below) / index), -most, most)


def rate_limit(factor_ppm: int, im_ppm: int, fraction_ppm: int) -> int:
    """The largest 8-hour rate in ppm: factor * (initial - maintenance)."""
    return div_floor(factor_ppm * (im_ppm - div_floor(im_ppm * fraction_ppm, PPM)), PPM)


def epoch_rate(total: int, number: int, expected: int, default: int, limit: int) -> int:
    """The 8-hour rate of an epoch in ppm: the mean of its samples, missing ones as 0, plus the default; clamped.

    ``total`` is the sum of the ``number`` samples there are.
    """
    counted = max(number, expected)
    mean = div_trunc(total, counted) if counted > 0 else 0
    return clamp(mean + default, -limit, limit)


def index_delta(rate_ppm: int, seconds: int, quote_per_base: Fraction) -> int:
    """How far the funding index moves in so many seconds."""
    return trunc(rate_ppm * Fraction(seconds, FUNDING_SECONDS) * quote_per_base)


def jump_is_allowed(old_delta: int, new_delta: int, tick_ppm: int) -> bool:
    """A price that crosses the index may end at most sqrt(old distance in ticks) ticks beyond it."""
    return new_delta * new_delta * PPM <= old_delta * tick_ppm


def jump_max(old_delta: int, tick_ppm: int) -> int:
    """The largest distance ``jump_is_allowed`` lets through, rounded down."""
    require(old_delta >= 0 and tick_ppm >= 0, "distances and ticks must not be negative")
    return math.isqrt(div_floor(old_delta * tick_ppm, PPM))
