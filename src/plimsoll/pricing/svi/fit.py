"""Fit raw SVI to one expiry (docs/pricing.md).

Three steps, in units where the variance at the money is 1:

1. For given m and σ, w is linear in a, b and b·ρ (Zeliade 2009): the best of a grid of (m, σ) is the start.
2. Bounded least squares on (least w, b, ρ, m, ln σ): w > 0 holds by construction.
3. Only if g < 0 somewhere, or a neighbouring expiry is crossed: the same squares under those inequalities (SLSQP).

What step 3 cannot remove is reported, never hidden: ``butterfly_ok``, ``calendar_ok``.
"""

import math
from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from plimsoll.pricing.errors import PricingError
from plimsoll.pricing.inputs import broadcast, finite, float_array, not_negative, positive
from plimsoll.pricing.svi.arbitrage import GRID_POINTS, butterfly
from plimsoll.pricing.svi.problem import SLOPE_MAX, Problem, Vector, box, density, variance
from plimsoll.pricing.svi.raw import Svi
from plimsoll.pricing.svi.threads import one_thread

POINTS_MIN: Final = 5
"""As many points as parameters."""
CONSTRAINT_POINTS: Final = 121
CONSTRAINT_REACH: Final = 60.0
"""In deviations at the money."""
MARGINS: Final = (1e-4, 3e-3, 2e-2)
"""g is asked to stay this far above zero at the points of the constraint, more if it dips between them."""
CALENDAR_TOLERANCE: Final = 1e-6
"""In units of the variance at the money."""
CALENDAR_SHARE: Final = 0.01
"""Of the margin of g, in the same units, is how far a neighbour is asked to stay away at the points."""

PENALTY: Final = 10.0
"""Weight of the square of a broken inequality against squares of relative errors of variance."""

Function: TypeAlias = Callable[[Vector], Vector]


class SviFit(NamedTuple):
    """The smile and how good it is.

    params        raw SVI
    error         root mean weighted square of w(k) − total_variance, in units of total variance
    butterfly_ok  no butterfly arbitrage on a dense grid beyond the data and at infinity
    min_g         the least g found
    calendar_ok   w stays above ``floor`` and below ``ceiling`` where they were given
    constrained   whether step 3 was needed
    """

    params: Svi
    error: float
    butterfly_ok: bool
    min_g: float
    calendar_ok: bool
    constrained: bool


class Limit(NamedTuple):
    """A neighbouring smile and where it must not be crossed: w stays above it (sign 1) or below it (−1)."""

    smile: Svi
    sign: float
    low: float
    high: float

    def grid(self, points: int) -> Vector:
        """Even points of the range."""
        return np.linspace(self.low, self.high, points)


class Bounds(NamedTuple):
    """The range of the smile itself, and its neighbours."""

    low: float
    high: float
    limits: tuple[Limit, ...]


def fit_svi(
    k: ArrayLike,
    total_variance: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    floor: Svi | None = None,
    ceiling: Svi | None = None,
    reach: tuple[float, float] | None = None,
    floor_reach: tuple[float, float] | None = None,
    no_arbitrage: bool = True,
) -> SviFit:
    """Raw SVI through points (k, w) of one expiry, minimising Σ weight·(w(k) − total_variance)².

    ``k`` = ln(K/F), one-dimensional, at least five different ones. ``floor`` and ``ceiling`` are smiles of an earlier
    and a later expiry that must not be crossed: the later one on ``reach`` (the data's range if not given), the
    earlier one on ``floor_reach`` (``reach`` if not given), for each pair is compared where the earlier one has quotes.
    ``no_arbitrage=False`` stops after step 2; the flags are then a report only. PricingError for bad input.
    """
    x, w, u = _points(k, total_variance, weights)
    whole = (float(x.min()), float(x.max())) if reach is None else reach
    below = whole if floor_reach is None else floor_reach
    for name, (low, high) in (("reach", whole), ("floor_reach", below)):
        if not low <= high:
            raise PricingError(f"{name} must be (low, high) with low <= high, not {(low, high)!r}")
    limits = (
        None if floor is None else Limit(floor, 1.0, *below),
        None if ceiling is None else Limit(ceiling, -1.0, *whole),
    )
    bounds = Bounds(*whole, tuple(limit for limit in limits if limit is not None))
    scale = math.sqrt(float(np.interp(0.0, np.sort(x), w[np.argsort(x)])))
    u = u / u.sum()
    problem = Problem(x / scale, w / scale**2, np.sqrt(u), scale)
    with one_thread():
        free = _least_squares(problem, _start(problem))
        fit = _judged(problem, free, bounds, False)
        if not no_arbitrage or (fit.butterfly_ok and fit.calendar_ok):
            return fit
        return _without_arbitrage(problem, free, bounds, fit)


def _points(k: ArrayLike, total_variance: ArrayLike, weights: ArrayLike | None) -> tuple[Vector, Vector, Vector]:
    x, w, u = broadcast(
        {
            "k": finite("k", float_array("k", k)),
            "total_variance": positive("total_variance", float_array("total_variance", total_variance)),
            "weights": not_negative("weights", float_array("weights", 1.0 if weights is None else weights)),
        }
    )
    if x.ndim != 1:
        raise PricingError(f"one row of points is needed, not shape {x.shape}; pass one expiry at a time")
    used = u > 0
    count = np.unique(x[used]).size
    if count < POINTS_MIN:
        raise PricingError(f"{POINTS_MIN} different strikes with a weight are needed, not {count}; merge or skip it")
    return x[used], w[used], u[used]


def _start(problem: Problem) -> Vector:
    """Step 1: linear least squares on a grid of m and σ, each solution pulled into its bounds."""
    x, w, r = problem.x, problem.w, problem.root_weight
    low, high = float(x.min()), float(x.max())
    best, best_cost = np.array([0.5, 0.5, 0.0, 0.0, 0.0]), math.inf
    for m in np.linspace(low, high, 9)[1:-1].tolist() + [0.0]:
        for sigma in (0.1, 0.3, 1.0, 3.0):
            y = x - m
            root = np.hypot(y, sigma)
            columns = np.stack((np.ones_like(x), y, root), axis=1)
            a, tilt, b = np.linalg.lstsq(columns * r[:, None], w * r, rcond=None)[0]
            b = max(float(b), 1e-3)
            rho = min(max(float(tilt) / b, -0.95), 0.95)
            least = max(float(a) + b * sigma * math.sqrt(1.0 - rho * rho), 1e-3)
            theta = np.array([least, b, rho, m, math.log(sigma)])
            cost = float(np.sum(problem.residuals(theta) ** 2))
            if cost < best_cost:
                best, best_cost = theta, cost
    return best


def _least_squares(problem: Problem, start: Vector) -> Vector:
    """Step 2."""
    from scipy.optimize import least_squares

    low, high = box(problem)
    held = np.clip(start, low + 1e-9, high - 1e-9)
    found = least_squares(
        problem.residuals, held, problem.jacobian, bounds=(low, high), xtol=1e-10, ftol=1e-10, gtol=1e-14, max_nfev=300
    )
    result: Vector = found.x
    return result


def _judged(problem: Problem, theta: Vector, bounds: Bounds, constrained: bool) -> SviFit:
    params = problem.svi(theta)
    shape = butterfly(params, bounds.low, bounds.high)
    in_order = all(_gap(params, limit) >= -_slack(params, limit) for limit in bounds.limits)
    error = math.sqrt(float(np.sum(problem.residuals(theta) ** 2))) * problem.scale**2
    return SviFit(params, error, shape.ok, shape.min_g, in_order, constrained)


def _slack(params: Svi, limit: Limit) -> float:
    """The crossing that counts as rounding, by the variance at the money of the nearer of the two."""
    nearer = limit.smile if limit.sign > 0 else params
    return CALENDAR_TOLERANCE * float(nearer.total_variance(0.0))


def _gap(params: Svi, limit: Limit) -> float:
    """The least room between a smile and its neighbour; below zero where they cross."""
    grid = limit.grid(GRID_POINTS)
    return float((limit.sign * (params.total_variance(grid) - limit.smile.total_variance(grid))).min())


def _without_arbitrage(problem: Problem, start: Vector, bounds: Bounds, free: SviFit) -> SviFit:
    """Step 3, with growing margins: the first fit that passes, else the one that fails least."""
    low, high = box(problem)
    # Where the free fit lies too deep in the forbidden, a low and wide smile is another start.
    calm = np.clip(np.array([0.8 * float(problem.w.min()), 0.2, 0.0, 0.0, 0.0]), low, high)
    tried = [free]
    for margin in MARGINS:
        values, slopes = _constraints(problem, bounds, margin)
        # The second start costs as much again; it is for what the first could not reach.
        for first in (start, calm):
            near = _penalised(problem, first, values, slopes)
            ends = (near, _constrained(problem, near, values, slopes))
            found = [_judged(problem, end, bounds, True) for end in ends]
            passed = [fit for fit in found if fit.butterfly_ok and fit.calendar_ok]
            if passed:
                return min(passed, key=lambda fit: fit.error)
            tried += found
    return min(tried, key=lambda fit: _broken(fit, problem, bounds))


def _broken(fit: SviFit, problem: Problem, bounds: Bounds) -> float:
    """By how much a fit breaks the inequalities: g below zero, and crossings in units of the variance at the money."""
    gaps = [_gap(fit.params, limit) / problem.scale**2 for limit in bounds.limits]
    return -min(fit.min_g, 0.0) - min(0.0, *gaps) if gaps else -min(fit.min_g, 0.0)


def _penalised(problem: Problem, start: Vector, values: Function, slopes: Function) -> Vector:
    """Least squares with what is below zero of each inequality as one more residual: near the answer from anywhere."""
    from scipy.optimize import least_squares

    low, high = box(problem)
    strength = math.sqrt(PENALTY)

    def residuals(theta: Vector) -> Vector:
        return np.concatenate([problem.residuals(theta), strength * np.minimum(values(theta), 0.0)])

    def jacobian(theta: Vector) -> Vector:
        broken = values(theta) < 0
        return np.concatenate([problem.jacobian(theta), strength * slopes(theta) * broken[:, None]])

    held = np.clip(start, low + 1e-9, high - 1e-9)
    result: Vector = least_squares(residuals, held, jacobian, bounds=(low, high), max_nfev=200).x
    return result


def _constrained(problem: Problem, start: Vector, values: Function, slopes: Function) -> Vector:
    """SLSQP from a start that nearly satisfies the inequalities; the start itself if the search leaves the floats."""
    from scipy.optimize import Bounds as Box
    from scipy.optimize import minimize

    low, high = box(problem)
    # Squares are compared with their size before, so that the tolerance of the search means something.
    size = max(float(np.sum(problem.residuals(start) ** 2)), 1e-10)

    def cost(theta: Vector) -> float:
        return float(np.sum(problem.residuals(theta) ** 2)) / size

    def slope(theta: Vector) -> Vector:
        return 2.0 * problem.residuals(theta) @ problem.jacobian(theta) / size

    constraints = [{"type": "ineq", "fun": values, "jac": slopes}]
    options = {"maxiter": 200, "ftol": 1e-9}
    found = minimize(
        cost, start, jac=slope, bounds=Box(low, high), constraints=constraints, method="SLSQP", options=options
    )
    return np.clip(found.x, low, high) if np.isfinite(found.x).all() else start


def _constraints(problem: Problem, bounds: Bounds, margin: float) -> tuple[Function, Function]:
    """All inequalities as one vector that must not be negative, and its derivatives by θ."""
    s = problem.scale
    # Dense where the quotes are, and out to where every smile has become two straight lines.
    shape_grid = np.sinh(np.linspace(-1.0, 1.0, CONSTRAINT_POINTS) * math.asinh(CONSTRAINT_REACH))
    times = [(one.sign, one.grid(CONSTRAINT_POINTS)) for one in bounds.limits]
    levels = [one.smile.total_variance(grid) / s**2 for one, (_, grid) in zip(bounds.limits, times)]

    def values(theta: Vector) -> Vector:
        g = density(theta, shape_grid, s)[0]
        wings = [SLOPE_MAX / s - theta[1] * (1 + theta[2]), SLOPE_MAX / s - theta[1] * (1 - theta[2])]
        room = [
            sign * (variance(theta, grid / s)[0] - level) - CALENDAR_SHARE * margin
            for (sign, grid), level in zip(times, levels)
        ]
        return np.concatenate([g - margin, wings, *room])

    def slopes(theta: Vector) -> Vector:
        by_g = density(theta, shape_grid, s)[1]
        b, rho = theta[1], theta[2]
        wings = np.array([[0.0, -(1 + rho), -b, 0.0, 0.0], [0.0, -(1 - rho), b, 0.0, 0.0]])
        return np.concatenate([by_g, wings, *(sign * variance(theta, grid / s)[1] for sign, grid in times)])

    return values, slopes
