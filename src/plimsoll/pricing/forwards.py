"""Forwards and discount factors: from rates, and from the prices of calls and puts (docs/pricing.md).

Symbols: S spot, r rate, q carry yield, τ years: F = S·exp((r − q)·τ), D = exp(−r·τ). Parity: C − P = D·(F − K).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from plimsoll.pricing.black import carried
from plimsoll.pricing.errors import PricingError
from plimsoll.pricing.inputs import Floats, broadcast, finite, float_array, not_negative, out, positive


class ImpliedForward(NamedTuple):
    """What parity says: ``forward`` and ``discount``, and the median absolute miss of C − P, in units of the prices."""

    forward: float
    discount: float
    error: float


def forward_from(spot: ArrayLike, rate: ArrayLike, carry: ArrayLike, years: ArrayLike) -> Floats:
    """F = S·exp((rate − carry)·years); rates per year, continuous, any sign; ``carry`` is what holding S yields."""
    return out(carried(spot, years, rate, carry)[0])


def discount_from(rate: ArrayLike, years: ArrayLike) -> Floats:
    """D = exp(−rate·years); PricingError where it overflows."""
    return out(carried(1.0, years, rate, 0.0)[1])


def implied_forward(
    call: ArrayLike, put: ArrayLike, strike: ArrayLike, discount: float | None = None
) -> ImpliedForward:
    """Forward (and discount factor, if not given) from calls and puts of one expiry at the same strikes.

    One-dimensional, quote currency. With ``discount``: the median of K + (C − P)/D. Without: the line
    C − P = D·F − D·K by Theil and Sen, which a third of bad quotes does not move; at least three strikes.
    PricingError where prices contradict each other so much that D or F would not be above zero.
    """
    calls, puts, strikes = (
        np.atleast_1d(array)
        for array in broadcast(
            {
                "call": not_negative("call", float_array("call", call)),
                "put": not_negative("put", float_array("put", put)),
                "strike": positive("strike", float_array("strike", strike)),
            }
        )
    )
    if calls.ndim != 1 or not calls.size:
        raise PricingError(f"one row of calls and puts is needed, not shape {calls.shape}; pass one expiry at a time")
    difference = calls - puts
    if discount is None:
        if np.unique(strikes).size < 3:
            raise PricingError("three strikes are needed to find forward and discount; give the discount, or more")
        from scipy.stats import theilslopes

        slope, level, *_ = theilslopes(difference, strikes)
        factor, forward = -float(slope), float(-level / slope) if slope else 0.0
    else:
        factor = float(positive("discount", float_array("discount", discount)))
        forward = float(np.median(strikes + difference / factor))
    if not (factor > 0 and forward > 0):
        raise PricingError(f"parity gives forward {forward!r} and discount {factor!r}: check that calls are not puts")
    miss = float(np.median(np.abs(difference - factor * (forward - strikes))))
    finite("the forward", np.asarray(forward))
    return ImpliedForward(forward, factor, miss)
