"""Risk models: a market in floats goes in, a risk table for the engine comes out.

What may enter: prices, vols, past returns; files of them. What never does: accounts' money, the engine's state, or a
float in a command: ``quantise`` hands the engine integers, and the engine checks them again (docs/risk-models.md).
Heavy libraries (SciPy, scikit-learn, Polars) are the extra ``plimsoll[risk]``, imported where they are used.
"""

from plimsoll.risk.capacity import Member, smallest_shift
from plimsoll.risk.correlation import (
    capped_offset,
    ewma_correlation,
    nearest_correlation,
    shrunk_correlation,
    stressed_correlation,
)
from plimsoll.risk.digest import policy_digest, words_digest
from plimsoll.risk.errors import RiskError
from plimsoll.risk.evaluate import Book, ClassBook, Requirement, requirement, scenario_pnl
from plimsoll.risk.models import (
    Basis,
    DeltaGammaVega,
    FilteredHistorical,
    Historical,
    MonteCarlo,
    RiskModel,
    Scenario,
    ScenarioMatrix,
    SkewShock,
    Standard,
    StaticDiscount,
    VolMove,
    VolShock,
    damped_tails,
    spot_vol_grid,
)
from plimsoll.risk.netting import NettingRelief, netting_relief
from plimsoll.risk.panel import PricePanel, read_index, read_panel
from plimsoll.risk.passage import liquidation_barrier, passage_probability
from plimsoll.risk.payload import Payload, quantise
from plimsoll.risk.simm import SimmMargin, SimmRates, simm_ir
from plimsoll.risk.snapshot import MarketSnapshot, OptionChain, ReturnsPanel, Underlying
from plimsoll.risk.staleness import hedged_error, hedged_error_bound, needs_refresh
from plimsoll.risk.table import Aggregation, ClassTable, Groups, Options, RiskArrays, RiskPolicy, RiskTable
from plimsoll.risk.volatility import annualised, ewma_variance, ewma_vol, realised_vol

__all__ = [
    "Aggregation",
    "Basis",
    "Book",
    "ClassBook",
    "ClassTable",
    "DeltaGammaVega",
    "FilteredHistorical",
    "Groups",
    "Historical",
    "MarketSnapshot",
    "Member",
    "MonteCarlo",
    "NettingRelief",
    "OptionChain",
    "Options",
    "Payload",
    "PricePanel",
    "Requirement",
    "ReturnsPanel",
    "RiskArrays",
    "RiskError",
    "RiskModel",
    "RiskPolicy",
    "RiskTable",
    "Scenario",
    "ScenarioMatrix",
    "SimmMargin",
    "SimmRates",
    "SkewShock",
    "Standard",
    "StaticDiscount",
    "Underlying",
    "VolMove",
    "VolShock",
    "annualised",
    "capped_offset",
    "damped_tails",
    "ewma_correlation",
    "ewma_variance",
    "ewma_vol",
    "hedged_error",
    "hedged_error_bound",
    "liquidation_barrier",
    "nearest_correlation",
    "needs_refresh",
    "netting_relief",
    "passage_probability",
    "policy_digest",
    "quantise",
    "read_index",
    "read_panel",
    "realised_vol",
    "requirement",
    "scenario_pnl",
    "shrunk_correlation",
    "simm_ir",
    "smallest_shift",
    "spot_vol_grid",
    "stressed_correlation",
    "words_digest",
]
