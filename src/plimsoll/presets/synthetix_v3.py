"""Synthetix v3 perps: margin that grows linearly with size over the skew scale, collateral with haircuts."""

from fractions import Fraction
from typing import Any, Final, NamedTuple

from plimsoll.presets.preset import Preset, share_up

SOURCE: Final = "Synthetixio/synthetix-v3 and synthetix-deployments (Base, Andromeda: end-to-end checks); SCCP-357"


class Market(NamedTuple):
    """A perps market's parameters as they are set on chain, as fractions."""

    skew_scale: Fraction
    initial_ratio: Fraction
    minimum_ratio: Fraction
    maintenance_scalar: Fraction
    reward_ratio: Fraction
    price_max: str


def _market(skew_scale: int, initial_ratio: str, price_max: str) -> Market:
    common = (Fraction("0.02"), Fraction("0.28"), Fraction("0.0003"))
    return Market(Fraction(skew_scale), Fraction(initial_ratio), *common, price_max)


MARKETS: Final = {
    "BTC-PERP": _market(100_000, "13.35", "1000000"),
    "ETH-PERP": _market(1_000_000, "8.92", "100000"),
}


def listing(market: Market) -> dict[str, Any]:
    """The engine's parameters: the least ratio as the rate, initial ratio over skew scale as its slope a coin."""
    slope = market.initial_ratio / market.skew_scale
    return {
        "lot": "0.000001",
        "mark_max": market.price_max,
        "initial": share_up(market.minimum_ratio),
        "maintenance": share_up(market.minimum_ratio * market.maintenance_scalar),
        "slope_initial": share_up(slope),
        "slope_maintenance": share_up(slope * market.maintenance_scalar),
        "fee_maker": "0.0002",
        "fee_taker": "0.0005",
        "fee_liquidation": share_up(market.reward_ratio),
        "fee_backstop": share_up(market.reward_ratio),
        "confidence_factor": 0,
        "funding_interval": 3600,
    }


def collateral(upper_discount: str, cap: int, price_max: str) -> dict[str, Any]:
    """A collateral at its largest haircut, and at most so many coins of it."""
    weight = 1 - Fraction(upper_discount)
    return {"weight": share_up(weight), "mark_max": price_max, "open_interest_max": cap}


PRESET: Final = Preset(
    name="synthetix_v3",
    title="Synthetix v3 perps",
    source=SOURCE,
    settlement="USDx",
    policy={
        "call_buffer": 0,
        "exit_buffer": 0,
        "fund_share": 0,
        "profit_haircut": 0,
        "depeg_threshold": 0,
        "adl": "pro_rata",
    },
    instruments={symbol: listing(market) for symbol, market in MARKETS.items()},
    collateral={"cbBTC": collateral("0.075", 100, "1000000"), "WETH": collateral("0.1", 2_500, "100000")},
    notes=(
        "BTC: skew scale 100,000 and initial ratio 13.35; ETH: 1,000,000 and 8.92; least ratio 2 %, maintenance 28 %.",
        "Collateral stands at its upper haircut; the venue's own grows with the amount from 1 % on.",
    ),
    differences=(
        "Synthetix adds $50 of margin a position; the engine does not.",
        "Its funding rate has a velocity and never rests; the engine's is the mean premium of an interval.",
        "It fills at the mean of the skewed prices before and after; the engine at the price it is told.",
        "It liquidates an account whole, by windows of time; the engine as much as helps.",
        "Losses are the liquidity providers' there; fund, deleveraging and holders here.",
    ),
)
