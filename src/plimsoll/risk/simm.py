"""ISDA SIMM for one currency's interest-rate class: delta, vega, curvature (docs/risk-models.md).

    delta       K = √( Σ ρ_tt' φ_cc' WS WS' ),  WS = RW_t · s          φ: correlation of sub-curves, 1 within one
    vega        K = √( Σ ρ_tt' VR VR' ),        VR = VRW · v            v: vega times vol, as sensitivities are filed
    curvature   CVR = ½ min(1, H/t) · v;  θ = min(0, Σ CVR / Σ|CVR|);  λ = (Φ⁻¹(0.995)² − 1)(1 + θ) − θ
                max(0, Σ CVR + λ √( Σ ρ² CVR CVR' )) / HVR²             H: 14 days for ten-day margin, 1.4 for one

Concentration factors are 1: this is for sensitivities below the thresholds. There is no crypto bucket in SIMM, and
commercial use of the methodology needs a licence of ISDA.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from plimsoll.pricing.special import ndtri
from plimsoll.risk.checks import Floats, float_array, within
from plimsoll.risk.errors import RiskError

TENOR_DAYS: Final = {
    "2w": 14.0,
    "1m": 365.0 / 12.0,
    "3m": 365.0 / 4.0,
    "6m": 365.0 / 2.0,
    "1y": 365.0,
    "2y": 730.0,
    "3y": 1095.0,
    "5y": 1825.0,
    "10y": 3650.0,
    "15y": 5475.0,
    "20y": 7300.0,
    "30y": 10950.0,
}


@dataclass(frozen=True)
class SimmRates:
    """Calibration for one currency: risk weight by tenor, correlations, vega weight, historical vol ratio, horizon."""

    risk_weights: Mapping[str, float]
    tenor_correlation: Mapping[str, float]
    """By "tenor|tenor", both ways round; 1 for a tenor with itself."""
    subcurve_correlation: float
    vega_weight: float
    vol_ratio: float
    horizon_days: float = 14.0


@dataclass(frozen=True)
class SimmMargin:
    """The parts and their sum, in the currency of the sensitivities."""

    delta: float
    vega: float
    curvature_spread: float
    curvature: float

    @property
    def total(self) -> float:
        """Delta + vega + curvature margin."""
        return self.delta + self.vega + self.curvature


def simm_ir(
    deltas: Sequence[tuple[str, str, float]], vegas: Sequence[tuple[str, float]], rates: SimmRates
) -> SimmMargin:
    """Margin of (tenor, sub-curve, sensitivity) and (tenor, vega · vol). RiskError for an unknown tenor."""
    within("subcurve_correlation", rates.subcurve_correlation, -1.0, 1.0)
    within("vol_ratio", rates.vol_ratio, 1e-9, 100.0)
    curvature_spread, curvature = _curvature(vegas, rates)
    return SimmMargin(_delta(deltas, rates), _vega(vegas, rates), curvature_spread, curvature)


def _delta(deltas: Sequence[tuple[str, str, float]], rates: SimmRates) -> float:
    weighted = float_array("sensitivities", [rates.risk_weights[_tenor(t)] * s for t, _, s in deltas])
    tenors, curves = [row[0] for row in deltas], [row[1] for row in deltas]
    same = np.array([[one == other for other in curves] for one in curves]).reshape(len(curves), len(curves))
    return _spread(weighted, _correlations(tenors, rates) * np.where(same, 1.0, rates.subcurve_correlation))


def _vega(vegas: Sequence[tuple[str, float]], rates: SimmRates) -> float:
    weighted = float_array("vegas", [rates.vega_weight * amount for _, amount in vegas])
    return _spread(weighted, _correlations([tenor for tenor, _ in vegas], rates))


def _curvature(vegas: Sequence[tuple[str, float]], rates: SimmRates) -> tuple[float, float]:
    scaled = [0.5 * min(1.0, rates.horizon_days / TENOR_DAYS[_tenor(tenor)]) * amount for tenor, amount in vegas]
    risks = float_array("vegas", scaled)
    total, size = float(risks.sum()), float(np.abs(risks).sum())
    if size == 0.0:
        return 0.0, 0.0
    theta = min(0.0, total / size)
    factor = (float(ndtri(np.asarray(0.995))) ** 2 - 1.0) * (1.0 + theta) - theta
    spread = _spread(risks, _correlations([tenor for tenor, _ in vegas], rates) ** 2)
    return spread, max(0.0, total + factor * spread) / rates.vol_ratio**2


def _correlations(tenors: Sequence[str], rates: SimmRates) -> Floats:
    rows = [[_correlation(one, other, rates) for other in tenors] for one in tenors]
    return np.array(rows, np.float64).reshape(len(tenors), len(tenors))


def _correlation(one: str, other: str, rates: SimmRates) -> float:
    if one == other:
        return 1.0
    found = rates.tenor_correlation.get(f"{one}|{other}", rates.tenor_correlation.get(f"{other}|{one}"))
    if found is None:
        raise RiskError(f"no correlation of {one} with {other}; add it to the calibration")
    return within(f"correlation of {one} with {other}", found, -1.0, 1.0)


def _spread(weighted: Floats, correlations: Floats) -> float:
    return float(np.sqrt(max(0.0, float(weighted @ correlations @ weighted)))) if weighted.size else 0.0


def _tenor(name: str) -> str:
    if name not in TENOR_DAYS:
        raise RiskError(f"no tenor {name!r}; there are: {', '.join(TENOR_DAYS)}")
    return name
