"""dYdX v4: fractions by liquidity tier, initial margin that rises with open interest, all penalties to the fund."""

from fractions import Fraction
from typing import Any, Final, NamedTuple

from plimsoll.presets.preset import Preset, share_up
from plimsoll.presets.rules_dydx import PPM
from plimsoll.presets.rules_dydx_funding import rate_limit

SOURCE: Final = "dydxprotocol/v4-chain @84d4664b: genesis (liquidity tier Large-Cap, clob pairs, liquidations config)"
FUNDING_CLAMP_PPM: Final = 6_000_000
LIQUIDATION_FEE_MAX_PPM: Final = 15_000
MAKER_PPM: Final = 200
TAKER_PPM: Final = 500


class LiquidityTier(NamedTuple):
    """A tier as the chain has it: ppm, and open interest bounds in quote quanta (upper 0: none)."""

    im_ppm: int
    maint_fraction_ppm: int
    oi_lower_cap: int = 0
    oi_upper_cap: int = 0


class Market(NamedTuple):
    """A perpetual: its tier, and the exponent of its base quantum."""

    tier: LiquidityTier
    atomic_resolution: int
    price_max: str


LARGE_CAP: Final = LiquidityTier(50_000, 600_000)
MARKETS: Final = {"BTC-PERP": Market(LARGE_CAP, -10, "1000000"), "ETH-PERP": Market(LARGE_CAP, -9, "100000")}


def listing(market: Market) -> dict[str, Any]:
    """The engine's parameters of a market: one lot is one base quantum, maintenance a fraction of the initial rate."""
    tier = market.tier
    limit = rate_limit(FUNDING_CLAMP_PPM, tier.im_ppm, tier.maint_fraction_ppm)
    terms: dict[str, Any] = {
        "lot": f"1e{market.atomic_resolution}",
        "mark_max": market.price_max,
        "initial": share_up(Fraction(tier.im_ppm, PPM)),
        "maintenance": share_up(Fraction(tier.im_ppm * tier.maint_fraction_ppm, PPM**2)),
        "fee_maker": share_up(Fraction(MAKER_PPM, PPM)),
        "fee_taker": share_up(Fraction(TAKER_PPM, PPM)),
        "fee_liquidation": share_up(Fraction(LIQUIDATION_FEE_MAX_PPM, PPM)),
        "fee_backstop": share_up(Fraction(LIQUIDATION_FEE_MAX_PPM, PPM)),
        "confidence_factor": 0,
        "funding_interval": 8 * 3600,
        "funding_rate_max": min(share_up(Fraction(limit, PPM)), share_up(Fraction(1))),
    }
    if tier.oi_upper_cap > 0:
        terms["open_interest_lower"] = share_up(Fraction(tier.oi_lower_cap, PPM))
        terms["open_interest_upper"] = share_up(Fraction(tier.oi_upper_cap, PPM))
    return terms


PRESET: Final = Preset(
    name="dydx_v4",
    title="dYdX v4",
    source=SOURCE,
    policy={
        "call_buffer": 0,
        "exit_buffer": 0,
        "fund_share": 1,
        "profit_haircut": 0,
        "depeg_threshold": 0,
        "adl": "pro_rata",
    },
    instruments={symbol: listing(market) for symbol, market in MARKETS.items()},
    notes=(
        "5 % initial and 3 % maintenance (60 % of it) for BTC and ETH; no open interest bounds in this tier.",
        "The liquidation fee is at most 1.5 % and goes to the insurance fund whole.",
        "Governance has changed tiers since genesis: list(tier) again with the tiers of the day.",
    ),
    differences=(
        "dYdX cuts notional to whole quanta and rounds maintenance from the rounded initial margin; the engine rounds "
        "notional up and maintenance once. At most one quantum a position.",
        "dYdX rounds the open-interest fraction down to ppm, the engine up to ppb.",
        "Funding of 8 hours is paid at once, not by the hour.",
        "dYdX picks whom to deleverage pseudo-randomly; the engine pro rata.",
        "The engine's partial liquidation takes the smallest size that helps; dYdX a portion of the position a block.",
    ),
)
