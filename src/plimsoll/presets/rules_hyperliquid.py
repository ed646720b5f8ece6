"""Hyperliquid's rules: tiers, liquidation price and partial liquidation, funding, deleveraging order, transfers.

Units: dollars, coins and shares as exact fractions; nothing is rounded, as the documentation states no rounding.
Source: Hyperliquid's documentation (margin tiers, liquidations, funding), as described in docs/presets.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Final, NamedTuple

from plimsoll.presets.measure import BeyondLimits, Held, Segment, measure
from plimsoll.presets.rounding import clamped, require

ONE: Final = Fraction(1)
COOLDOWN_SECONDS: Final = 30
HOURS_A_RATE: Final = 8
HOURLY_MAX: Final = Fraction(4, 100)
TRANSFER_SHARE: Final = Fraction(1, 10)
BACKSTOP_RATIO: Final = Fraction(2, 3)
FINEST_PRICE: Final = Fraction(1, 10**5)
"""Where a position has many lots a coin the engine's finest price is up to ten micros a coin."""
REACH: Final = 16
"""Liquidation prices are looked for up to so many times the present price."""


class Tier(NamedTuple):
    """From this notional on, the largest leverage."""

    lower: Fraction
    leverage: Fraction

    @property
    def rate(self) -> Fraction:
        """Maintenance rate: half of the initial margin at the largest leverage."""
        require(self.leverage > 0, "a leverage must be above 0")
        return 1 / (2 * self.leverage)


def _require_tiers(tiers: Sequence[Tier]) -> None:
    lowers = [tier.lower for tier in tiers]
    require(bool(tiers) and lowers[0] == 0, "the first tier must start at a notional of 0")
    require(all(left < right for left, right in pairwise(lowers)), "tiers must start at rising notionals")


def tier_of(tiers: Sequence[Tier], notional: Fraction) -> tuple[Tier, Fraction]:
    """The tier of a notional and its deduction, which keeps maintenance continuous: a boundary is the lower tier's."""
    _require_tiers(tiers)
    require(notional >= 0, "a notional must not be negative")
    chosen, deduction = tiers[0], Fraction(0)
    for tier in tiers[1:]:
        if notional <= tier.lower:
            break
        deduction += tier.lower * (tier.rate - chosen.rate)
        chosen = tier
    return chosen, deduction


def maintenance(tiers: Sequence[Tier], notional: Fraction) -> Fraction:
    """Maintenance margin: by the engine's segments of size; by notional * rate - deduction where a rate is no ppb."""
    tier, deduction = tier_of(tiers, notional)
    try:
        return _by_segments(tiers, notional)
    except BeyondLimits:
        return notional * tier.rate - deduction


def _by_segments(tiers: Sequence[Tier], notional: Fraction) -> Fraction:
    """Lots of one dollar, or of the smallest part of it that makes notional and bounds whole."""
    per_dollar = max(bound.denominator for bound in (notional, *(tier.lower for tier in tiers)))
    segments = [Segment(int(tier.lower * per_dollar), tier.rate, tier.rate) for tier in tiers[1:]]
    lots = notional * per_dollar
    if lots.denominator != 1 or any((tier.lower * per_dollar).denominator != 1 for tier in tiers):
        raise BeyondLimits("notional and bounds have no common lot")
    rate = tiers[0].rate
    held = Held(lots=int(lots), price=Fraction(1, per_dollar), initial=rate, maintenance=rate, segments=segments)
    return measure(0, [held]).maintenance


def liquidation_price(price: Fraction, side: int, available: Fraction, size: Fraction, leverage: Fraction) -> Fraction:
    """The published formula: price - side * margin_available / size / (1 - l * side), l = 1 / maintenance leverage."""
    _require_position(side, size, leverage)
    return price - side * available / size / (1 - side / leverage)


def liquidation_price_of(
    price: Fraction, side: int, available: Fraction, size: Fraction, leverage: Fraction
) -> Fraction:
    """The published price, exactly, where the engine's is the same to its finest unit or has no units; else its own."""
    terms = (price, side, available, size, leverage)
    exact = liquidation_price(*terms)
    try:
        breach = breach_of(*terms)
    except BeyondLimits:
        return exact
    return exact if breach is None or abs(breach - exact) <= FINEST_PRICE else breach


def breach_of(price: Fraction, side: int, available: Fraction, size: Fraction, leverage: Fraction) -> Fraction | None:
    """The same by the engine: the nearest price in breach of maintenance in its finest units; None for none."""
    _require_position(side, size, leverage)
    lots = side * size.numerator
    per_lot = price / size.denominator
    held = Held(lots=lots, price=per_lot, initial=1 / leverage, maintenance=1 / leverage, cost=lots * per_lot)
    required = measure(0, [held]).maintenance
    found = measure(available + required, [held], reach=REACH).breaches(0)[0 if side > 0 else 1]
    return None if found is None else found * size.denominator


def _require_position(side: int, size: Fraction, leverage: Fraction) -> None:
    require(side in (-1, 1), "the side must be 1 (long) or -1 (short)")
    require(size > 0 and leverage > 1, "the size must be above 0 and the maintenance leverage above 1")


class FirstOrder(NamedTuple):
    """Notional of the first liquidation order, and the seconds before the rest may follow (0: it was all)."""

    notional: Fraction
    cooldown: int


def first_order(notional: Fraction, threshold: Fraction, portion: Fraction) -> FirstOrder:
    """A large position is first liquidated by a portion, any other at once."""
    if notional > threshold:
        return FirstOrder(notional * portion, COOLDOWN_SECONDS)
    return FirstOrder(notional, 0)


def goes_to_backstop(account_value: Fraction, required: Fraction) -> bool:
    """Whether the liquidator vault takes over: equity below two thirds of maintenance."""
    return account_value < BACKSTOP_RATIO * required


class Funding(NamedTuple):
    """Premium, 8-hour rate, and what an hour pays: an eighth, at most 4 %."""

    premium: Fraction
    rate: Fraction
    hourly: Fraction


def funding(bid: Fraction, ask: Fraction, oracle: Fraction, interest: Fraction, bound: Fraction) -> Funding:
    """F = P + clamp(interest - P, -bound, bound)."""
    require(oracle > 0, "the oracle price must be above 0")
    premium = (max(Fraction(0), bid - oracle) - max(Fraction(0), oracle - ask)) / oracle
    rate = premium + clamped(interest - premium, -bound, bound)
    return Funding(premium, rate, clamped(rate / HOURS_A_RATE, -HOURLY_MAX, HOURLY_MAX))


def transfer_required(initial: Fraction, notional: Fraction) -> Fraction:
    """What must stay behind when margin is moved out: initial margin, and at least a tenth of notional."""
    return max(initial, TRANSFER_SHARE * notional)


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A position that may be deleveraged."""

    name: str
    side: int
    mark: Fraction
    entry: Fraction
    notional: Fraction
    account_value: Fraction


def _rank(one: Candidate) -> tuple[bool, Fraction]:
    require(one.mark > 0 and one.entry > 0, f"{one.name}: mark and entry must be above 0")
    gain = one.mark / one.entry if one.side > 0 else one.entry / one.mark
    if one.account_value <= 0:
        return True, gain * one.notional
    return False, gain * one.notional / one.account_value


def deleveraging_order(candidates: Sequence[Candidate]) -> list[str]:
    """Names, first to be closed first: by (mark / entry) * (notional / account value), a short's ratio inverted."""
    return [one.name for one in sorted(candidates, key=_rank, reverse=True)]
