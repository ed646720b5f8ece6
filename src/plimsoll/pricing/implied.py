"""Implied vol: the v whose Black price is the one given, or the reason why there is none (docs/pricing.md).

The price is turned into its out-of-the-money side by parity and normalised:

    x = −|ln(F/K)| <= 0      β = price / (D·√(F·K))      b(x, v) = e^{x/2}·Φ(x/v + v/2) − e^{−x/2}·Φ(x/v − v/2)

b rises from 0 to e^{x/2}, is convex below v_c = √(2|x|) and concave above, so the root of b(v) = β is bracketed by
[0, v_c] or [v_c, ∞). Below, Newton runs on 1/ln b; above, on ln(e^{x/2} − b): both are close to straight lines
(the choice of functions follows Jäckel, "Let's be rational", 2015). A step outside the bracket becomes a bisection.
At x = 0 the answer is closed: v = −2·Φ⁻¹((1 − β)/2).
"""

from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from plimsoll.pricing.black import DEVIATION_MAX
from plimsoll.pricing.inputs import Flags, Floats, broadcast, flag_array, float_array, out
from plimsoll.pricing.special import erfcx, ndtr, ndtri

STEPS_MAX: Final = 100
PARITY_ERROR: Final = 4 * float(np.finfo(np.float64).eps)
"""What parity may leave of an in-the-money price, in units of max(F, K)·D."""
ROUNDING: Final = 1e-8
"""Relative steps below this that no longer shrink are rounding."""
ROOT_TWO: Final = 1.4142135623730951
ROOT_TWO_PI: Final = 2.5066282746310002


class Reason(IntEnum):
    """Why there is a vol or none; numbers are never reused."""

    FOUND = 0
    NOT_FINITE = 1
    """An input is NaN or infinite."""
    NOT_POSITIVE = 2
    """Forward, strike or discount is zero or negative, or years is negative."""
    AT_EXPIRY = 3
    """No time is left, so every vol gives the same price."""
    BELOW_INTRINSIC = 4
    """The price is below intrinsic value by more than rounding."""
    NO_TIME_VALUE = 5
    """The price is intrinsic value to within rounding: vol is somewhere near zero, and no digit of it is known."""
    ABOVE_MAXIMUM = 6
    """The price is at or above F·D for a call, K·D for a put, which no vol reaches, or needs v >= 24."""
    NOT_CONVERGED = 7
    """The search did not settle; the inputs are at the edge of what a float can hold."""


class ImpliedVol(NamedTuple):
    """``vol``, NaN where there is none, and the ``Reason`` of each element as int8."""

    vol: Floats
    reason: NDArray[np.int8]


def implied_vol(
    price: ArrayLike,
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    is_call: ArrayLike,
    discount: ArrayLike = 1.0,
) -> ImpliedVol:
    """Vol per root year of each price; inputs broadcast, units as in ``black76``.

    Bad elements do not raise: their vol is NaN and their reason says why. PricingError only for shapes and types.
    The result is as good as the price: time value with a relative error ε gives v with about ε·b/(v·∂b/∂v).
    """
    named = {"price": price, "forward": forward, "strike": strike, "years": years, "discount": discount}
    arrays = {name: float_array(name, value) for name, value in named.items()}
    flags = flag_array("is_call", is_call).astype(np.float64)
    p, f, k, t, d, call = broadcast({**arrays, "is_call": flags})
    shape = p.shape
    p, f, k, t, d, call = (array.reshape(-1) for array in (p, f, k, t, d, call))
    reason = _reasons_of_inputs(p, f, k, t, d)
    vol = np.full(p.shape, np.nan)
    rows = np.flatnonzero(reason == Reason.FOUND)
    if rows.size:
        reason[rows], deviation = _solve(p[rows], f[rows], k[rows], call[rows] > 0.5, d[rows])
        vol[rows] = deviation / np.sqrt(t[rows])
    lost = (reason == Reason.FOUND) & ~np.isfinite(vol)
    reason[lost] = Reason.NOT_CONVERGED
    vol[reason != Reason.FOUND] = np.nan
    return ImpliedVol(out(vol.reshape(shape)), reason.reshape(shape)[()])


def _reasons_of_inputs(
    price: Floats, forward: Floats, strike: Floats, years: Floats, discount: Floats
) -> NDArray[np.int8]:
    known = np.isfinite(price) & np.isfinite(forward) & np.isfinite(strike) & np.isfinite(years) & np.isfinite(discount)
    sound = (forward > 0) & (strike > 0) & (discount > 0) & (years >= 0)
    reason = np.where(years == 0, Reason.AT_EXPIRY, Reason.FOUND)
    reason = np.where(sound, reason, Reason.NOT_POSITIVE)
    return np.where(known, reason, Reason.NOT_FINITE).astype(np.int8)


def _solve(price: Floats, f: Floats, k: Floats, call: Flags, d: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Reasons and v of elements whose inputs are sound."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
        undiscounted = price / d
        intrinsic = np.maximum(np.where(call, f - k, k - f), 0.0)
        time_value = undiscounted - intrinsic
        x = -np.abs(np.log(f / k))
        beta = time_value / (np.sqrt(f) * np.sqrt(k))
        most = np.exp(x / 2)
        # An out-of-the-money price is its own time value; parity costs digits only where there is intrinsic value.
        slack = np.where(intrinsic > 0, PARITY_ERROR * np.maximum(f, k), 0.0)
    reason = np.full(price.shape, Reason.FOUND, np.int8)
    reason[~np.isfinite(beta) | ~np.isfinite(x)] = Reason.NOT_CONVERGED
    reason[(undiscounted >= np.where(call, f, k)) | (beta >= most)] = Reason.ABOVE_MAXIMUM
    reason[(time_value <= slack) | (beta <= 0)] = Reason.NO_TIME_VALUE
    reason[time_value < -slack] = Reason.BELOW_INTRINSIC
    deviation = np.full(price.shape, np.nan)
    money = (reason == Reason.FOUND) & (x == 0)
    deviation[money] = -2.0 * ndtri((1.0 - beta[money]) / 2)
    convex = (reason == Reason.FOUND) & (x < 0)
    if convex.any():
        deviation[convex] = _search(x[convex], beta[convex])
    reason[(reason == Reason.FOUND) & (deviation >= DEVIATION_MAX)] = Reason.ABOVE_MAXIMUM
    reason[(reason == Reason.FOUND) & ~(deviation > 0)] = Reason.NOT_CONVERGED
    return reason, deviation


def normalised(x: Floats, v: Floats) -> Floats:
    """b(x, v) for x < 0 < v, with all digits where it is small: the two Φ share the factor exp(−(x²/v² + v²/4)/2)."""
    h, t = x / v, v / 2
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        small = 0.5 * np.exp(-0.5 * (h * h + t * t)) * (erfcx(-(h + t) / ROOT_TWO) - erfcx(-(h - t) / ROOT_TWO))
        large = np.exp(x / 2) * ndtr(h + t) - np.exp(-x / 2) * ndtr(h - t)
    return np.where(h + t < 0, small, large)


def _search(x: Floats, beta: Floats) -> Floats:
    """v of each element by Newton inside a bracket; NaN where it did not settle."""
    centre = np.sqrt(-2.0 * x)
    below = beta < normalised(x, centre)
    low, high = np.where(below, 0.0, centre), np.where(below, centre, 2 * DEVIATION_MAX)
    # Above, start where an option at the money would be; it is close when x is small.
    at_money = -2.0 * ndtri((1.0 - beta / np.exp(x / 2)) / 2)
    v = np.where(below, centre, np.clip(at_money, centre, 2 * DEVIATION_MAX))
    result, last = np.full(x.shape, np.nan), np.full(x.shape, np.inf)
    rows = np.arange(x.size)
    for _ in range(STEPS_MAX):
        step = _newton(x, beta, v, below)
        over = step > 0
        high, low = np.where(over, v, high), np.where(over, low, v)
        following = v - step
        inside = np.isfinite(following) & (following > low) & (following < high)
        size = np.abs(step) / v
        # Near the root the steps halve at least, until they are nothing but the rounding of b.
        settled = (size <= 2 * np.finfo(np.float64).eps) | ((size <= ROUNDING) & (size >= last / 2))
        closed = (high - low) <= 2 * np.finfo(np.float64).eps * high
        following = np.where(inside, following, np.where(settled, v, (low + high) / 2))
        done = settled | closed
        result[rows[done]] = following[done]
        if done.all():
            break
        keep = ~done
        x, beta, v, low, high, last = (a[keep] for a in (x, beta, following, low, high, size))
        below, rows = below[keep], rows[keep]
    return result


def _newton(x: Floats, beta: Floats, v: Floats, below: Flags) -> Floats:
    """The step to subtract from v; above zero where v is above the root."""
    h, t = x / v, v / 2
    b = normalised(x, v)
    with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
        slope = np.exp(-0.5 * (h * h + t * t)) / ROOT_TWO_PI
        log_b = np.where(b > 0, np.log(b), -0.5 * (h * h + t * t))
        log_beta = np.log(beta)
        # b / b' without 0/0: where b underflowed, its leading term v³/x² stands in.
        step_below = np.where(b > 0, b / slope, v**3 / x**2) * (log_b - log_beta) * (log_b / log_beta)
        left = np.exp(x / 2) * ndtr(-(h + t)) + np.exp(-x / 2) * ndtr(h - t)
        step_above = (left / slope) * (np.log(np.exp(x / 2) - beta) - np.log(left))
    step: Floats = np.where(below, step_below, step_above)
    return step
