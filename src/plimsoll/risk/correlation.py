"""Correlation: estimated, shrunk, stressed, repaired; and the cap on what may net (docs/risk-models.md).

Ledoit–Wolf shrinkage S* = d·F + (1 − d)·S comes from scikit-learn. A correlation matrix here is symmetric, has ones
on its diagonal and entries within ±1; it is *admissible* if no eigenvalue is below zero.
"""

from typing import Final

import numpy as np

from plimsoll.risk.checks import Floats, float_array, within
from plimsoll.risk.errors import RiskError

EMIR_OFFSET_MAX: Final = 0.8
"""EMIR RTS 153/2013, art. 27: at most 80 % of the difference may be taken as relief across instruments."""
ITERATIONS_MAX: Final = 1000
TOLERANCE: Final = 1e-12


def shrunk_correlation(returns: Floats) -> Floats:
    """Correlation of the columns under Ledoit–Wolf shrinkage; rows with a missing return are left out.

    Columns are first brought to unit variance, so that shrinkage pulls towards no correlation at all.
    """
    from sklearn.covariance import LedoitWolf

    array = complete_rows(returns)
    spread = array.std(axis=0)
    if (spread == 0).any():
        raise RiskError(f"column {int(np.argmin(spread)) + 1} never moves; leave it out")
    covariance = LedoitWolf().fit(array / spread).covariance_
    return _as_correlation(np.asarray(covariance, np.float64))


def ewma_correlation(returns: Floats, decay: float) -> Floats:
    """Correlation from the exponentially weighted covariance of complete rows, the last with weight 1."""
    array = complete_rows(returns)
    within("decay", decay, 1e-6, 1.0)
    weights = decay ** np.arange(array.shape[0] - 1, -1, -1.0)
    return _as_correlation((array * weights[:, None]).T @ array / weights.sum())


def complete_rows(returns: Floats) -> Floats:
    """The rows without a missing return; RiskError when fewer than two are left."""
    array = float_array("returns", returns, dimensions=2, missing=True)
    whole: Floats = array[~np.isnan(array).any(axis=1)]
    if whole.shape[0] < 2 or whole.shape[1] < 1:
        raise RiskError("correlation needs two rows in which no return is missing; give more, or fewer names")
    return whole


def _as_correlation(covariance: Floats) -> Floats:
    spread = np.sqrt(np.diag(covariance))
    if not (spread > 0).all():
        raise RiskError(f"column {int(np.argmin(spread)) + 1} never moves; leave it out")
    result = covariance / np.outer(spread, spread)
    np.fill_diagonal(result, 1.0)
    bounded: Floats = np.clip((result + result.T) / 2.0, -1.0, 1.0)
    return bounded


def stressed_correlation(correlation: Floats, stress: float) -> Floats:
    """ρ + k·(1 − ρ) for every pair, repaired to the nearest admissible matrix. k = 0 as it is, 1 all move as one."""
    within("stress", stress, 0.0, 1.0)
    square = _square(correlation)
    return nearest_correlation(square + stress * (1.0 - square))


def nearest_correlation(matrix: Floats) -> Floats:
    """The nearest admissible correlation matrix in the Frobenius norm (Higham 2002: alternating projections).

    An admissible matrix comes back as it is. RiskError if it does not converge.
    """
    current = _square(matrix)
    correction = np.zeros_like(current)
    for _ in range(ITERATIONS_MAX):
        shifted = current - correction
        values, vectors = np.linalg.eigh(shifted)
        admissible = (vectors * np.maximum(values, 0.0)) @ vectors.T
        correction = admissible - shifted
        following = admissible.copy()
        np.fill_diagonal(following, 1.0)
        moved = float(np.abs(following - current).max())
        current = following
        if moved < TOLERANCE:
            repaired: Floats = np.clip((current + current.T) / 2.0, -1.0, 1.0)
            return repaired
    raise RiskError("no admissible correlation found; the matrix is far from one: estimate it from complete rows")


def _square(matrix: Floats) -> Floats:
    array = float_array("correlation", matrix, dimensions=2)
    if array.shape[0] != array.shape[1] or array.size == 0:
        raise RiskError(f"a correlation matrix is square; this has shape {array.shape}")
    if np.abs(array - array.T).max() > 1e-9 or np.abs(np.diag(array) - 1.0).max() > 1e-9:
        raise RiskError("a correlation matrix is symmetric with ones on its diagonal; this is not")
    if np.abs(array).max() > 1.0 + 1e-9:
        raise RiskError("a correlation lies between -1 and 1; this matrix has one outside")
    return (array + array.T) / 2.0


def capped_offset(offset: float, cap: float = EMIR_OFFSET_MAX) -> float:
    """The class offset λ a pool may use: the model's, at most the cap."""
    return min(within("offset", offset, 0.0, 1.0), within("cap", cap, 0.0, 1.0))
