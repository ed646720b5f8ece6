"""Raw SVI in the units and parameters it is fitted in, with derivatives.

Units: k in s, w in s², where s² is the variance at the money. θ = (least w, b, ρ, m, ln σ): w > 0 is a plain bound.
"""

import math
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from plimsoll.pricing.svi.raw import Svi

RHO_MAX: Final = 0.999
SIGMA_MIN, SIGMA_MAX = 0.02, 30.0
"""Bounds of σ in units of the deviation at the money: a narrower smile is a kink, a wider one a parabola."""
SLOPE_MAX: Final = 2.0

Vector: TypeAlias = NDArray[np.float64]


class Problem(NamedTuple):
    """Points in units of the deviation at the money; θ = (least w, b, ρ, m, ln σ) in the same units."""

    x: Vector
    w: Vector
    root_weight: Vector
    scale: float

    def svi(self, theta: Vector) -> Svi:
        """The smile of θ in plain units."""
        least, b, rho, m, sigma = *(float(t) for t in theta[:4]), math.exp(theta[4])
        s = self.scale
        a = least - b * sigma * math.sqrt(1.0 - rho * rho)
        return Svi(a * s * s, b * s, rho, m * s, sigma * s)

    def residuals(self, theta: Vector) -> Vector:
        """Weighted misfit of each point."""
        return self.root_weight * (variance(theta, self.x)[0] - self.w)

    def jacobian(self, theta: Vector) -> Vector:
        """Derivatives of the residuals by θ, a column each."""
        result: Vector = self.root_weight[:, None] * variance(theta, self.x)[1]
        return result


def variance(theta: Vector, x: Vector) -> tuple[Vector, Vector]:
    """w and its derivatives by θ, a column each."""
    least, b, rho, m, log_sigma = theta
    sigma, c = math.exp(log_sigma), math.sqrt(1.0 - rho * rho)
    y = x - m
    root = np.hypot(y, sigma)
    shape = rho * y + root - sigma * c
    by = (np.ones_like(x), shape, b * (y + sigma * rho / c), -b * (rho + y / root), b * sigma * (sigma / root - c))
    return least + b * shape, np.stack(by, axis=1)


def slopes(theta: Vector, x: Vector) -> tuple[Vector, Vector, Vector, Vector]:
    """w', its derivatives by θ, w'' and its derivatives by θ."""
    _, b, rho, m, log_sigma = theta
    sigma = math.exp(log_sigma)
    y = x - m
    root = np.hypot(y, sigma)
    bend = (sigma / root) ** 2 / root
    zero = np.zeros_like(x)
    first = np.stack((zero, rho + y / root, zero + b, -b * bend, -b * y * bend), axis=1)
    second = np.stack((zero, bend, zero, 3 * b * bend * y / root**2, b * bend * (2 - 3 * (sigma / root) ** 2)), axis=1)
    return b * (rho + y / root), first, b * bend, second


def box(problem: Problem) -> tuple[Vector, Vector]:
    """Least and largest θ; the centre may lie one span of the quotes beyond them."""
    span = float(np.ptp(problem.x))
    low, high = float(problem.x.min()) - span, float(problem.x.max()) + span
    return (
        np.array([1e-6, 0.0, -RHO_MAX, low, math.log(SIGMA_MIN)]),
        np.array([float(problem.w.max()) + 1.0, SLOPE_MAX / problem.scale, RHO_MAX, high, math.log(SIGMA_MAX)]),
    )


def density(theta: Vector, x: Vector, s: float) -> tuple[Vector, Vector]:
    """g and its derivatives by θ; x, w in units of s and s², so only the term 1/16·w'² keeps an s²."""
    w, by_w = variance(theta, x)
    first, by_first, second, by_second = slopes(theta, x)
    half = 1.0 - x * first / (2.0 * w)
    g = half**2 - first**2 / 4.0 * (1.0 / w + s * s / 4.0) + second / 2.0
    slope_w = half * x * first / w**2 + first**2 / (4.0 * w**2)
    slope_first = -half * x / w - first / 2.0 * (1.0 / w + s * s / 4.0)
    return g, slope_w[:, None] * by_w + slope_first[:, None] * by_first + 0.5 * by_second
