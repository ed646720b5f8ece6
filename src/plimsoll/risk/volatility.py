"""Volatility of returns: exponentially weighted and realised (docs/risk-models.md).

    EWMA      s²' = λ s² + (1 − λ) r²         begins with the mean of the first squares
    realised  √( Σ r² / n )                    mean taken as zero, as is usual for daily and faster returns

A name begins when its first return does; a return that is missing leaves the estimate as it was.
"""

from typing import Final

import numpy as np

from plimsoll.risk.checks import Floats, float_array, whole_within, within
from plimsoll.risk.errors import RiskError

SEED_ROWS: Final = 30


def ewma_variance(returns: Floats, decay: float) -> Floats:
    """Variance per step after each row, [steps, names]; NaN before a name's first return.

    ``decay`` is λ, 0 … 1. Row t knows rows up to t, save that the first 30 rows share one seed, their mean square.
    """
    from scipy.signal import lfilter

    array = float_array("returns", returns, dimensions=2, missing=True)
    within("decay", decay, 0.0, 1.0)
    result = np.full_like(array, np.nan)
    for name in range(array.shape[1]):
        there = np.flatnonzero(~np.isnan(array[:, name]))
        if there.size == 0:
            continue
        squares = array[there, name] ** 2
        seed = float(squares[:SEED_ROWS].mean())
        variances, _ = lfilter([1.0 - decay], [1.0, -decay], squares, zi=[decay * seed])
        filled = np.searchsorted(there, np.arange(there[0], array.shape[0]), side="right") - 1
        result[there[0] :, name] = variances[filled]
    return result


def ewma_vol(returns: Floats, decay: float) -> Floats:
    """The root of ``ewma_variance``."""
    root: Floats = np.sqrt(ewma_variance(returns, decay))
    return root


def realised_vol(returns: Floats, rows: int | None = None) -> Floats:
    """Root mean square of the last ``rows`` returns of each name (all if None), [names], per root step."""
    array = float_array("returns", returns, dimensions=2, missing=True)
    if rows is not None:
        array = array[-whole_within("rows", rows, 1, 2**31) :]
    counts = np.count_nonzero(~np.isnan(array), axis=0)
    if (counts == 0).any():
        raise RiskError(f"name {int(np.argmin(counts)) + 1} has no returns in that time; leave it out")
    root: Floats = np.sqrt(np.nansum(array**2, axis=0) / counts)
    return root


def annualised(vol: Floats, steps_per_year: float) -> Floats:
    """A vol per root step as one per root year (365 daily steps, 8,760 hourly ones)."""
    within("steps_per_year", steps_per_year, 1e-9, 1e9)
    result: Floats = np.asarray(vol, np.float64) * np.sqrt(steps_per_year)
    return result
