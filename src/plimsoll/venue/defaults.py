"""Defaults of a listing by kind of instrument, in human units (docs/library.md)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from plimsoll.units.messages import KIND_ASSET, KIND_FUTURE, KIND_OPTION, KIND_PERP

if TYPE_CHECKING:
    from plimsoll.venue.parameters import ListingParameters

_SHARED: Final["ListingParameters"] = {
    "band": "0.05",
    "age_fill_max": 60,
    "age_margin_max": 300,
    "sources_min": 1,
    "confidence_max": "0.05",
    "confidence_factor": 1,
    "volatility_window": 3600,
    "notional_min": 1,
}
DEFAULTS: Final["Mapping[int, ListingParameters]"] = {
    KIND_PERP: {
        **_SHARED,
        "fee_maker": 0,
        "fee_taker": "0.0005",
        "fee_liquidation": "0.01",
        "fee_backstop": "0.0125",
        "funding_interval": 8 * 3600,
        "funding_rate_max": "0.0075",
        "settlement_window": 1800,
    },
    KIND_FUTURE: {
        **_SHARED,
        "fee_maker": 0,
        "fee_taker": "0.0005",
        "fee_liquidation": "0.01",
        "fee_backstop": "0.0125",
        "settlement_window": 1800,
    },
    KIND_ASSET: {
        **_SHARED,
        "fee_maker": 0,
        "fee_taker": "0.001",
        "fee_liquidation": "0.02",
        "fee_backstop": "0.025",
    },
    KIND_OPTION: {
        **_SHARED,
        "fee_maker": 0,
        "fee_taker": "0.003",
        "fee_liquidation": "0.02",
        "fee_backstop": "0.025",
        "band": "0.5",
        "notional_min": 0,
        "settlement_window": 1800,
    },
}
"""Defaults by kind of instrument. Fees of a liquidation are lowered where the maintenance rate asks for it."""
