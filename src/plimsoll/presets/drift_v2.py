"""Drift v2: margin ratios that grow with the square root of size, a buffer to leave liquidation, shared losses."""

import math
from fractions import Fraction
from typing import Any, Final, NamedTuple

from plimsoll.presets.preset import Preset, share_up
from plimsoll.presets.rules_drift_weights import ONE

SOURCE: Final = (
    "drift-labs/protocol-v2 @0ae3e3b1: state defaults, fee tier 0, and the market of its margin and liquidation tests"
)
LIQUIDATION_BUFFER: Final = 200
SLOT_MS: Final = 400
SLOTS_STALE_FOR_FILL: Final = 10
SLOTS_STALE_FOR_MARGIN: Final = 120
ROOT_OF_TEN_E9: Final = math.isqrt(10 * 10**18) + 1
"""sqrt(10) * 10^9, rounded up."""


class Market(NamedTuple):
    """A perp market: ratios (10^4), the factor of its size premium and its fees (10^6)."""

    ratio_initial: int
    ratio_maintenance: int
    imf_factor: int
    liquidator_fee: int
    fund_fee: int
    price_max: str


MARKETS: Final = {
    "BTC-PERP": Market(1_000, 500, 1_000, 10_000, 10_000, "1000000"),
    "ETH-PERP": Market(1_000, 500, 1_000, 10_000, 10_000, "100000"),
}


def root_factor(imf_factor: int) -> int:
    """The engine's factor for a market's: imf * sqrt(10 * size) / 10^11 of a share is factor * sqrt(size) / 10^18."""
    return -(-imf_factor * ROOT_OF_TEN_E9 // 100)


def listing(market: Market) -> dict[str, Any]:
    """The engine's parameters: a lot is 10^-9 coin, the premium its square-root form from 80 % of the ratio on."""
    terms: dict[str, Any] = {
        "lot": "0.000000001",
        "mark_max": market.price_max,
        "initial": share_up(Fraction(market.ratio_initial, ONE)),
        "maintenance": share_up(Fraction(market.ratio_maintenance, ONE)),
        "fee_maker": "-0.0002",
        "fee_taker": "0.0005",
        "fee_liquidation": share_up(Fraction(market.liquidator_fee + market.fund_fee, 10**6)),
        "fee_backstop": share_up(Fraction(market.liquidator_fee + market.fund_fee, 10**6)),
        "age_fill_max": Fraction(SLOTS_STALE_FOR_FILL * SLOT_MS, 1000).numerator,
        "age_margin_max": Fraction(SLOTS_STALE_FOR_MARGIN * SLOT_MS, 1000).numerator,
        "confidence_max": "0.02",
        "confidence_factor": 0,
        "volatility_max": 4,
        "volatility_window": 3600,
        "band": "0.1",
        "funding_interval": 3600,
        "funding_rate_max": "0.00125",
        "funding_interest": "0.000008333",
    }
    if market.imf_factor > 0:
        terms |= {
            "root_base_initial": share_up(Fraction(market.ratio_initial * 4, ONE * 5)),
            "root_base_maintenance": share_up(Fraction(market.ratio_maintenance * 4, ONE * 5)),
            "root_factor_initial": root_factor(market.imf_factor),
            "root_factor_maintenance": root_factor(market.imf_factor),
        }
    return terms


def exit_buffer(market: Market) -> Fraction:
    """Drift's buffer as a share of maintenance, which is how the engine counts it."""
    return Fraction(LIQUIDATION_BUFFER, market.ratio_maintenance)


PRESET: Final = Preset(
    name="drift_v2",
    title="Drift v2",
    source=SOURCE,
    policy={
        "call_buffer": 0,
        "exit_buffer": share_up(exit_buffer(MARKETS["BTC-PERP"])),
        "fund_share": "0.5",
        "profit_haircut": 0,
        "depeg_threshold": 0,
        "adl": "pro_rata",
    },
    instruments={symbol: listing(market) for symbol, market in MARKETS.items()},
    notes=(
        "10 % initial, 5 % maintenance, size factor 1,000: the market of the program's tests, not the live listing.",
        "1 % to the liquidator and 1 % to the insurance fund: one fee of 2 %, half of it the fund's.",
        "Stale for fills after 10 slots, for margin after 120, of 0.4 s.",
    ),
    differences=(
        "Drift's buffer is 2 % of the position, the engine's 40 % of maintenance: the same without a size premium.",
        "Drift asks one cent an open order and caps unrealised profit at $100 for initial margin; the engine does not.",
        "Drift prices initial margin at the worse of oracle and 5-minute mean; the engine adds for confidence instead.",
        "Drift frees margin by time slices and has no deleveraging: losses are shared through funding at once.",
        "A fall to a fifth is Drift's limit of volatility; the engine's is symmetric, four times the mean away.",
    ),
)
