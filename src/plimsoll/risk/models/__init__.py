"""The models: each turns a market snapshot into a risk table, and says what it needs for it."""

from plimsoll.risk.models.base import Basis, JointScenarios, RiskModel, tail_of
from plimsoll.risk.models.greeks_bound import DeltaGammaVega
from plimsoll.risk.models.historical import FilteredHistorical, Historical
from plimsoll.risk.models.matrix import (
    Scenario,
    ScenarioMatrix,
    SkewShock,
    StaticDiscount,
    VolMove,
    VolShock,
    damped_tails,
    spot_vol_grid,
)
from plimsoll.risk.models.montecarlo import MonteCarlo
from plimsoll.risk.models.panel_scenarios import horizon_returns
from plimsoll.risk.models.standard import Standard

__all__ = [
    "Basis",
    "DeltaGammaVega",
    "FilteredHistorical",
    "Historical",
    "JointScenarios",
    "MonteCarlo",
    "RiskModel",
    "Scenario",
    "ScenarioMatrix",
    "SkewShock",
    "Standard",
    "StaticDiscount",
    "VolMove",
    "VolShock",
    "damped_tails",
    "horizon_returns",
    "spot_vol_grid",
    "tail_of",
]
