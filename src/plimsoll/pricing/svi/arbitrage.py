"""Whether a smile is free of static arbitrage (Gatheral and Jacquier 2014; docs/pricing.md).

Butterfly: the density of the price at expiry has the sign of

    g(k) = (1 − k·w'/(2w))² − (w'²/4)·(1/w + 1/4) + w''/2

Calendar: at equal k, total variance must not fall with time. Far out, w grows as b·(1 ± ρ)·|k| and g tends to
1/4 − (b·(1 ± ρ))²/16, so b·(1 + |ρ|) <= 2 (Lee 2004) is the same condition at infinity.
"""

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from plimsoll.pricing.inputs import Floats
from plimsoll.pricing.svi.raw import Svi

GRID_POINTS: Final = 801
TOLERANCE: Final = 1e-8
"""How far below zero g may be by rounding."""
REACH: Final = 4.0
"""The grid reaches this many √w(centre) beyond the data on both sides."""


class Butterfly(NamedTuple):
    """``ok``: no butterfly arbitrage on the grid and at infinity; ``min_g`` the least g found and ``k`` where."""

    ok: bool
    min_g: float
    k: float


def density_factor(params: Svi, k: ArrayLike) -> Floats:
    """g(k); −inf where total variance is not above zero."""
    points = np.asarray(k, np.float64)
    w = params.total_variance(points)
    first, second = params.slopes(points)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        g = (1.0 - points * first / (2.0 * w)) ** 2 - first**2 / 4.0 * (1.0 / w + 0.25) + second / 2.0
    return np.where(w > 0, g, -np.inf)


def dense_grid(params: Svi, low: float, high: float, points: int = GRID_POINTS) -> Floats:
    """Even points from ``low`` to ``high`` widened by REACH deviations, and more around m, where g bends most."""
    reach = REACH * math.sqrt(max(float(params.total_variance(params.m)), 1e-12))
    even = np.linspace(min(low, params.m) - reach, max(high, params.m) + reach, points)
    near = params.m + params.sigma * np.sinh(np.linspace(-4.0, 4.0, points // 4))
    return np.sort(np.concatenate([even, near]))


def butterfly(params: Svi, low: float = -1.0, high: float = 1.0) -> Butterfly:
    """Check g on a dense grid over [low, high] and beyond, and in both wings at infinity."""
    grid = dense_grid(params, low, high)
    g = density_factor(params, grid)
    at = int(np.argmin(g))
    least, where = float(g[at]), float(grid[at])
    for side in (-1.0, 1.0):
        slope = params.b * (1.0 + side * params.rho)
        # A wing without slope is flat in w; its g tends to 1.
        limit = 0.25 - slope * slope / 16.0 if slope > 0 else 1.0
        if limit < least:
            least, where = limit, side * math.inf
    return Butterfly(least >= -TOLERANCE, least, where)


def calendar_gap(near: Svi, far: Svi, low: float = -1.0, high: float = 1.0, points: int = GRID_POINTS) -> float:
    """The least w_far(k) − w_near(k) on [low, high]; below zero the nearer expiry is too dear somewhere."""
    grid = np.linspace(low, high, points)
    return float(np.min(far.total_variance(grid) - near.total_variance(grid)))
