"""Synthetix v3 perps' rules: fill price, margins that grow with size, funding velocity, haircuts, windowed liquidation.

Units: dollars, coins, shares and days as exact fractions (the contracts keep 18 decimals). Margins and available margin
are asked of the engine. Source: Synthetixio/synthetix-v3, markets/perps-market, as described in docs/presets.md.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final, NamedTuple

from plimsoll.presets.measure import BeyondLimits, Held, measure
from plimsoll.presets.rounding import clamped, require

DAY: Final = 86_400
ONE: Final = Fraction(1)


def fill_price(price: Fraction, skew: Fraction, size: Fraction, scale: Fraction) -> Fraction:
    """The mean of the skewed prices before and after the fill of ``size`` (signed)."""
    require(scale > 0, "the skew scale must be above 0")
    before, after = price * (1 + skew / scale), price * (1 + (skew + size) / scale)
    return (before + after) / 2


def _held(size: Fraction, price: Fraction, entry: Fraction) -> Held:
    """A position in lots of the smallest fraction its size has."""
    return Held(lots=size.numerator, price=price / size.denominator, cost=size * entry)


def available_margin(collateral: Fraction, positions: Sequence[tuple[Fraction, Fraction, Fraction]]) -> Fraction:
    """Collateral plus profit of (size, price, entry): the engine's equity; the sum itself where it has no units."""
    try:
        return measure(collateral, [_held(*position) for position in positions]).equity
    except BeyondLimits:
        return collateral + sum((size * (price - entry) for size, price, entry in positions), Fraction(0))


def open_profit(price: Fraction, skew: Fraction, size: Fraction, scale: Fraction) -> Fraction:
    """Profit of a position just opened at its fill price, valued at the oracle's."""
    return available_margin(Fraction(0), [(size, price, fill_price(price, skew, size, scale))])


class Margins(NamedTuple):
    """Initial and maintenance margin, and the reward for flagging, in dollars."""

    initial: Fraction
    maintenance: Fraction
    reward: Fraction


def margins(
    size: Fraction,
    price: Fraction,
    *,
    scale: Fraction,
    ratio: Fraction,
    least: Fraction,
    scalar: Fraction,
    reward_ratio: Fraction,
    position_margin: Fraction = Fraction(0),
) -> Margins:
    """Requirements at the rate |size| / scale * ratio + least, maintenance ``scalar`` of it: the engine's slope.

    Where a rate is no whole number of ppb, the published formula.
    """
    require(scale > 0, "the skew scale must be above 0")
    slope = ratio / scale / size.denominator
    held = Held(
        lots=abs(size.numerator),
        price=price / size.denominator,
        initial=least,
        maintenance=least * scalar,
        slope_initial=slope,
        slope_maintenance=slope * scalar,
    )
    reward = abs(size) * price * reward_ratio
    try:
        part = measure(0, [held]).parts[0]
    except BeyondLimits:
        initial = abs(size) * price * (abs(size) / scale * ratio + least)
        return Margins(initial + position_margin, initial * scalar + position_margin, reward)
    return Margins(part.initial + position_margin, part.maintenance + position_margin, reward)


def discount(amount: Fraction, scalar: Fraction, scale: Fraction, lower: Fraction, upper: Fraction) -> Fraction:
    """The haircut of a collateral: amount / scale * scalar within its two limits."""
    require(scale > 0 and lower <= upper, "the skew scale must be above 0 and the limits in order")
    return clamped(amount / scale * scalar, lower, upper)


def velocity(skew: Fraction, scale: Fraction, most: Fraction) -> Fraction:
    """How fast the daily funding rate changes, a day: clamp(skew / scale, -1, 1) * most."""
    require(scale > 0, "the skew scale must be above 0")
    return clamped(skew / scale, -ONE, ONE) * most


def rate_after(last: Fraction, speed: Fraction, seconds: Fraction) -> Fraction:
    """The daily funding rate so many seconds later."""
    return last + speed * seconds / DAY


def accrued(last: Fraction, now: Fraction, seconds: Fraction, price: Fraction) -> Fraction:
    """Funding a coin pays between two rates: minus the mean rate by time and price."""
    return -(last + now) / 2 * seconds / DAY * price


def liquidate_in_windows(
    limit: Fraction, window: Fraction, sizes: Mapping[str, Fraction], events: Sequence[tuple[Fraction, str]]
) -> list[Fraction]:
    """What is left of the position after each attempt: liquidations of the last ``window`` seconds use up the limit.

    A liquidation exactly ``window`` seconds ago still counts.
    """
    left = dict(sizes)
    done: list[tuple[Fraction, Fraction]] = []
    after = []
    for time, name in events:
        require(name in left, f"{name} has no position")
        used = sum((amount for then, amount in done if time - then <= window), Fraction(0))
        taken = max(Fraction(0), min(left[name], limit - used))
        left[name] -= taken
        done.append((time, taken))
        after.append(left[name])
    return after
