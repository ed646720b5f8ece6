"""Hyperliquid: leverage tiers by notional, a backstop vault below two thirds of maintenance, a ranked queue."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final, NamedTuple

from plimsoll.presets.preset import Preset, share_up
from plimsoll.presets.rules_hyperliquid import BACKSTOP_RATIO, HOURLY_MAX, HOURS_A_RATE, Tier

SOURCE: Final = "Hyperliquid documentation: margin tiers, liquidations, funding, auto-deleveraging, fees"
INTEREST: Final = Fraction(1, 10_000)


class Market(NamedTuple):
    """A perpetual's tiers, and the price at which their bounds are turned into coins."""

    tiers: Sequence[Tier]
    price: Fraction
    price_max: str


def _tiers(*pairs: tuple[int, int]) -> tuple[Tier, ...]:
    return tuple(Tier(Fraction(lower), Fraction(leverage)) for lower, leverage in pairs)


MARKETS: Final = {
    "BTC-PERP": Market(_tiers((0, 40), (150_000_000, 20)), Fraction(100_000), "1000000"),
    "ETH-PERP": Market(_tiers((0, 25), (100_000_000, 15)), Fraction(4_000), "100000"),
}


def listing(market: Market) -> dict[str, Any]:
    """The engine's parameters: a tier is a segment of size from its bound in coins on, at marginal rates."""
    first, *others = market.tiers
    return {
        "lot": "0.00001",
        "mark_max": market.price_max,
        "initial": share_up(1 / first.leverage),
        "maintenance": share_up(first.rate),
        "segments": [
            (int(tier.lower / market.price), share_up(1 / tier.leverage), share_up(tier.rate)) for tier in others
        ],
        "fee_maker": "0.00015",
        "fee_taker": "0.00045",
        "fee_liquidation": 0,
        "fee_backstop": 0,
        "confidence_factor": 0,
        "funding_interval": 3600,
        "funding_rate_max": share_up(HOURLY_MAX),
        "funding_interest": share_up(INTEREST / HOURS_A_RATE),
        "notional_min": 10,
    }


PRESET: Final = Preset(
    name="hyperliquid",
    title="Hyperliquid",
    source=SOURCE,
    policy={
        "call_buffer": 0,
        "exit_buffer": 0,
        "backstop_ratio": share_up(BACKSTOP_RATIO),
        "fund_share": 0,
        "profit_haircut": 0,
        "depeg_threshold": 0,
        "adl": "queue",
    },
    instruments={symbol: listing(market) for symbol, market in MARKETS.items()},
    notes=(
        "BTC 40x to $150M, then 20x; ETH 25x to $100M, then 15x; maintenance is half of initial at that leverage.",
        "Bounds of tiers are in coins here, at 100,000 for BTC and 4,000 for ETH: list again when prices have moved.",
    ),
    differences=(
        "Tiers are bounded by notional there and by size here.",
        "Initial margin is notional over the leverage chosen there; marginal by tier here, and a user's cap raises it.",
        "F = P + clamp(i - P) there; mean premium plus interest here, so a premium within the clamp is paid here.",
        "A backstop liquidation keeps the remaining margin there; here it is taken at the mark and the rest returned.",
        "Positions above $100,000 are liquidated by 20 % first there; by the smallest size that helps here.",
    ),
)
