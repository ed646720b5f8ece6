"""Preset: Derive's standard manager (SRM), BTC and ETH, as deployed."""

from decimal import Decimal
from typing import Any, Final

from plimsoll.presets.derive_classes import base_rates
from plimsoll.presets.derive_parameters import SRM, StandardRules
from plimsoll.presets.preset import Preset

SOURCE: Final = "derivexyz/v2-core at 7736900; values: derivexyz/v2-scripts at a27b06a (2025-12-08)"
MARK_MAX: Final = {"BTC": "1000000", "ETH": "100000"}


def share(value: float) -> Decimal:
    """A share as a decimal of at most nine places."""
    return Decimal(str(round(value, 9)))


def perp_terms(rules: StandardRules, mark_max: str) -> dict[str, Any]:
    """A perpetual of the manager."""
    return {
        "lot": "0.0001",
        "mark_max": mark_max,
        "initial": share(rules.perp_initial),
        "maintenance": share(rules.perp_maintenance),
        "confidence_factor": share(rules.confidence_factor),
        "funding_interval": 3600,
        "funding_rate_max": "0.004",
        "fee_liquidation": 0,
        "fee_backstop": 0,
    }


def base_terms(rules: StandardRules, mark_max: str) -> dict[str, Any]:
    """A base asset of the manager, the settlement token at its peg."""
    maintenance, initial = base_rates(rules, 1.0)
    return {
        "lot": "0.0001",
        "mark_max": mark_max,
        "weight": share(1.0 - initial),
        "weight_maintenance": share(1.0 - maintenance),
        "confidence_factor": share(rules.confidence_factor),
    }


PRESET: Final = Preset(
    name="derive_srm",
    title="Derive standard manager",
    source=SOURCE,
    policy={
        "call_buffer": 0,
        "exit_buffer": "0.15",
        "profit_haircut": 0,
        "depeg_threshold": share(SRM["BTC"].depeg_threshold),
        "depeg_factor": 0,
    },
    instruments={f"{name}-PERP": perp_terms(rules, MARK_MAX[name]) for name, rules in SRM.items()},
    collateral={name: base_terms(rules, MARK_MAX[name]) for name, rules in SRM.items()},
    notes=(
        "plimsoll.presets.derive_classes.standard_class is the class of a market: the rates of short options.",
        "Accounts are in standard mode; options of an expiry take the better of isolated and max-loss margin.",
        "The depeg is a term of the class (depeg_factor there), so the pool's own factor is 0.",
    ),
    differences=(
        "The base asset's haircut follows the settlement token's price by set_instrument; there spot is not divided.",
        "Options held too dear against their worst payoff lower the requirement to 0 at most.",
        "An account's margin is a requirement against equity here; there a net figure.",
    ),
)
