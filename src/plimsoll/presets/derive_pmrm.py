"""Presets: Derive's portfolio margin managers, PMRM and PMRM_2, BTC and ETH, as deployed."""

from typing import Any, Final

from plimsoll.presets.derive_classes import asset_rates
from plimsoll.presets.derive_parameters import COLLATERALS, PMRM, PMRM_2, Collateral
from plimsoll.presets.derive_srm import MARK_MAX, SOURCE, share
from plimsoll.presets.preset import Preset

PERP_RATE: Final = 0.05
"""A contract's own rate, for accounts in standard mode; in portfolio mode the class's has the say."""
PEG_POLICY: Final[Any] = {
    "call_buffer": 0,
    "exit_buffer": "0.15",
    "profit_haircut": 0,
    "depeg_threshold": share(PMRM.peg_threshold),
    "depeg_factor": 0,
}
DIFFERENCES: Final = (
    "A base asset's contingency is inside the factor there; here its haircut is renewed when the token depegs (PMRM).",
    "A doubtful perp raises the initial margin of the options of every account here; there of accounts that hold it.",
    "An account's margin is a requirement against equity here; there a net figure.",
    "A trusted caller's check with three scenarios, and borrowing limits, are not here.",
)


def perp_terms(name: str, confidence_factor: float) -> dict[str, Any]:
    """A perpetual of a portfolio manager."""
    return {
        "lot": "0.0001",
        "mark_max": MARK_MAX[name],
        "initial": share(PERP_RATE),
        "maintenance": share(PERP_RATE / 2),
        "confidence_factor": share(confidence_factor),
        "funding_interval": 3600,
        "funding_rate_max": "0.004",
        "fee_liquidation": 0,
        "fee_backstop": 0,
    }


def collateral_terms(name: str, rules: Collateral, confidence_factor: float) -> dict[str, Any]:
    """A collateral of PMRM_2."""
    weight = 1.0 - rules.haircut_maintenance
    return {
        "lot": "0.0001",
        "mark_max": MARK_MAX.get(name, "100000"),
        "weight": share(weight - rules.haircut_initial),
        "weight_maintenance": share(weight),
        "confidence_factor": share(confidence_factor),
    }


def _base(name: str) -> dict[str, Any]:
    """PMRM's base asset, the settlement token at its peg."""
    maintenance, initial = asset_rates(PMRM, 1.0)
    return collateral_terms(name, Collateral(True, maintenance, initial - maintenance), PMRM.confidence_factor)


PMRM_PRESET: Final = Preset(
    name="derive_pmrm",
    title="Derive portfolio margin, first version",
    source=SOURCE,
    policy=PEG_POLICY,
    instruments={f"{name}-PERP": perp_terms(name, PMRM.confidence_factor) for name in MARK_MAX},
    collateral={name: _base(name) for name in MARK_MAX},
    notes=("plimsoll.presets.derive_classes.portfolio_class with derive_parameters.PMRM is the class of a market.",),
    differences=DIFFERENCES,
)

PRESET: Final = Preset(
    name="derive_pmrm2",
    title="Derive portfolio margin, second version",
    source=SOURCE,
    policy=PEG_POLICY,
    instruments={f"{name}-PERP": perp_terms(name, PMRM_2.confidence_factor) for name in MARK_MAX},
    collateral={name: collateral_terms(name, COLLATERALS[name][name], PMRM_2.confidence_factor) for name in MARK_MAX},
    notes=(
        "plimsoll.presets.derive_classes.portfolio_class with derive_parameters.PMRM_2 is the class of a market.",
        "COLLATERALS has the haircuts by market; listed here are those of each market's own coin.",
    ),
    differences=DIFFERENCES,
)
