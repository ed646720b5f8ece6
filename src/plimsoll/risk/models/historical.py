"""Historical simulation: the last n joint returns as scenarios, plain or rescaled to today's vol (docs/risk-models.md).

    Historical           move = r_i
    FilteredHistorical   move = r_i / σ_i · σ*        σ_i the vol known before r_i
                         σ* = √( (1−w) σ_T² + w max(σ_T, σ_long)² )

Hull and White (1998), Barone-Adesi et al. (1999). w is the weight of a floor at the long-run vol: it takes from how
fast margin rises (EMIR art. 28), at the price of more margin in calm times. The measure is VaR (the tail-th largest
loss) or ES (the mean of the tail largest).
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from plimsoll.risk.checks import Floats, whole_within, within
from plimsoll.risk.errors import RiskError
from plimsoll.risk.models.base import JointScenarios, columns_of, joint_table, tail_of
from plimsoll.risk.models.panel_scenarios import (
    Standardised,
    fill_missing,
    filling_remarks,
    horizon_returns,
    wanted_columns,
)
from plimsoll.risk.snapshot import RETURNS, SPOT, MarketSnapshot
from plimsoll.risk.table import Aggregation, RiskPolicy, RiskTable
from plimsoll.risk.volatility import ewma_vol, realised_vol

NEEDS: Final = frozenset({SPOT, RETURNS})


@dataclass(frozen=True)
class Historical:
    """VaR or ES over the last ``lookback`` returns of ``horizon`` steps.

    ``lookback`` counts windows; while the panel has fewer, those there are count, but never fewer than the
    confidence needs.
    """

    confidence: float = 0.99
    lookback: int = 500
    horizon: int = 1
    overlapping: bool = True
    aggregation: Aggregation = Aggregation.VAR
    policy: RiskPolicy = field(default_factory=RiskPolicy)
    name: str = "historical"
    needs: frozenset[str] = NEEDS

    def __post_init__(self) -> None:
        """RiskError for parameters that make no model."""
        _check(self.confidence, self.lookback, self.horizon)

    def tables(self, snapshot: MarketSnapshot) -> RiskTable:
        """Scenarios are the returns as they were."""
        snapshot.require(self.needs)
        return _table(self, snapshot, self.scenarios(snapshot))

    def scenarios(self, snapshot: MarketSnapshot) -> JointScenarios:
        """The last joint returns, oldest first."""
        names = columns_of(snapshot)
        values = wanted_columns(snapshot.panel(), names)
        own_vol = realised_vol(values)
        windows = horizon_returns(values / own_vol, self.horizon, overlapping=self.overlapping)
        return _joint(fill_missing(windows, names, self.lookback), own_vol, names)


@dataclass(frozen=True)
class FilteredHistorical:
    """VaR or ES over the last ``lookback`` returns, each rescaled from the vol of its day to the vol now.

    ``decay`` is the λ of the EWMA variance, ``floor_weight`` is w, ``floor_rows`` the returns in σ_long (None: all).
    """

    confidence: float = 0.99
    lookback: int = 500
    horizon: int = 1
    decay: float = 0.97
    floor_weight: float = 0.1
    floor_rows: int | None = None
    overlapping: bool = True
    aggregation: Aggregation = Aggregation.VAR
    policy: RiskPolicy = field(default_factory=RiskPolicy)
    name: str = "filtered-historical"
    needs: frozenset[str] = NEEDS

    def __post_init__(self) -> None:
        """RiskError for parameters that make no model."""
        _check(self.confidence, self.lookback, self.horizon)
        within("decay", self.decay, 0.5, 0.99999)
        within("floor_weight", self.floor_weight, 0.0, 1.0)

    def tables(self, snapshot: MarketSnapshot) -> RiskTable:
        """Scenarios are the standardised returns at the vol of the last step."""
        snapshot.require(self.needs)
        return _table(self, snapshot, self.scenarios(snapshot))

    def scenarios(self, snapshot: MarketSnapshot) -> JointScenarios:
        """The last joint returns, oldest first, at today's vol."""
        names = columns_of(snapshot)
        values = wanted_columns(snapshot.panel(), names)
        vols = ewma_vol(values, self.decay)
        if not (vols[-1] > 0).all():
            raise RiskError(f"{names[int(np.argmin(vols[-1]))]} has not moved for so long that it has no vol")
        windows = horizon_returns(values, self.horizon, overlapping=self.overlapping)
        # The vol a window is measured by was known before its first step.
        known = np.vstack([np.full((1, len(names)), np.nan), vols[:-1]])[: values.shape[0] - self.horizon + 1]
        starts = known if self.overlapping else known[(known.shape[0] - 1) % self.horizon :: self.horizon]
        with np.errstate(divide="ignore", invalid="ignore"):
            standardised = np.where(starts > 0, windows / starts, np.nan)
        chosen = fill_missing(standardised, names, self.lookback)
        return _joint(chosen, self.vol_now(values, vols[-1]), names)

    def vol_now(self, values: Floats, latest: Floats) -> Floats:
        """σ*: the latest vol of each name blended with its floor."""
        if self.floor_weight == 0.0:
            return latest
        floor = np.maximum(latest, realised_vol(values, self.floor_rows))
        blended: Floats = np.sqrt((1.0 - self.floor_weight) * latest**2 + self.floor_weight * floor**2)
        return blended


def _check(confidence: float, lookback: int, horizon: int) -> None:
    whole_within("lookback", lookback, 2, 2**20)
    whole_within("horizon", horizon, 1, 2**20)
    tail_of(lookback, confidence)


def _joint(chosen: Standardised, vols: Floats, names: tuple[str, ...]) -> JointScenarios:
    moves = chosen.values * vols
    return JointScenarios({name: moves[:, place] for place, name in enumerate(names)}, filling_remarks(chosen.filled))


def _table(model: Historical | FilteredHistorical, snapshot: MarketSnapshot, joint: JointScenarios) -> RiskTable:
    count = next(iter(joint.moves.values())).size
    return joint_table(snapshot, joint, model.policy, model.aggregation, tail_of(count, model.confidence))
