"""Sensitivities of European options on a forward and on a spot (docs/pricing.md).

Symbols as in ``black``; r rate, q yield. Where nothing is left of time or vol, and where v >= 24, the price no longer
depends on vol: gamma, vega, vanna and volga are 0 there, and theta is what the discount alone brings.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from plimsoll.pricing.black import DEVIATION_MAX, ROOT_TWO_PI, Terms, carried, price_of, terms_of
from plimsoll.pricing.inputs import Floats, broadcast, finite, float_array, out
from plimsoll.pricing.special import ndtr


class Greeks(NamedTuple):
    """Price and sensitivities of one unit of an option, each an array in the shape of the inputs.

    price   quote currency
    delta   per 1.00 of forward (or spot)
    gamma   change of delta per 1.00 of forward (or spot)
    vega    per 1.00 of vol; per vol point it is a hundredth
    theta   per year of calendar time that passes; per day it is 1/365; negative for what decays
    rho     per 1.00 of rate; per basis point it is 1e-4
    vanna   change of delta per 1.00 of vol
    volga   change of vega per 1.00 of vol
    """

    price: Floats
    delta: Floats
    gamma: Floats
    vega: Floats
    theta: Floats
    rho: Floats
    vanna: Floats
    volga: Floats


def greeks(
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    vol: ArrayLike,
    is_call: ArrayLike,
    discount: ArrayLike = 1.0,
    rate: ArrayLike = 0.0,
) -> Greeks:
    """Price and Greeks on the forward; the forward is held fixed in theta and rho.

    ``rate`` is that of ``discount`` = exp(−rate·years); it enters theta only. rho = −years·price.
    PricingError as in ``black76``.
    """
    terms = terms_of(forward, strike, years, vol, is_call, discount)
    r = finite("rate", float_array("rate", rate))
    broadcast({"rate": r, "the other inputs": terms.forward})
    return Greeks(*(out(array) for array in np.broadcast_arrays(*_on_forward(terms, r))))


def black_scholes_greeks(
    spot: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    vol: ArrayLike,
    rate: ArrayLike,
    carry_yield: ArrayLike,
    is_call: ArrayLike,
) -> Greeks:
    """Price and Greeks on the spot; the spot and ``carry_yield`` are held fixed in theta and rho.

    With G = exp((rate − carry_yield)·years) the forward per unit of spot: delta, vanna × G and gamma × G².
    """
    forward, discount = carried(spot, years, rate, carry_yield)
    terms = terms_of(forward, strike, years, vol, is_call, discount)
    s, r, q, f = broadcast(
        {
            "spot": float_array("spot", spot),
            "rate": float_array("rate", rate),
            "carry_yield": float_array("carry_yield", carry_yield),
            "the other inputs": terms.forward,
        }
    )
    on_forward = _on_forward(terms, r)
    with np.errstate(invalid="ignore"):
        growth = np.exp((r - q) * terms.years)
    result = Greeks(
        price=on_forward.price,
        delta=on_forward.delta * growth,
        gamma=on_forward.gamma * growth * growth,
        vega=on_forward.vega,
        theta=on_forward.theta - (r - q) * f * on_forward.delta,
        rho=terms.years * f * on_forward.delta + on_forward.rho,
        vanna=on_forward.vanna * growth,
        volga=on_forward.volga,
    )
    return Greeks(*(out(array) for array in np.broadcast_arrays(*result, s)[:-1]))


def _on_forward(terms: Terms, rate: Floats) -> Greeks:
    f, d, live = terms.forward, terms.discount, terms.live
    price = price_of(terms)
    root = np.sqrt(terms.years)
    density = np.where(live, np.exp(-0.5 * terms.d1 * terms.d1) / ROOT_TWO_PI, 0.0)
    v, vol, above_zero = (np.where(live, array, 1.0) for array in (terms.deviation, terms.vol, f))
    vega = d * f * density * root
    return Greeks(
        price=price,
        delta=_delta(terms),
        gamma=d * density / (above_zero * v),
        vega=vega,
        theta=rate * price - np.where(live, vega * vol / (2 * np.where(live, terms.years, 1.0)), 0.0),
        rho=-terms.years * price,
        vanna=-d * density * terms.d2 / vol,
        volga=vega * terms.d1 * terms.d2 / vol,
    )


def _delta(terms: Terms) -> Floats:
    """Φ(d1)·D of a call, −Φ(−d1)·D of a put; at expiry 1, ½ at the strike itself, or 0."""
    sign = np.where(terms.is_call, 1.0, -1.0)
    # What is not live is settled: far enough from d1 = 0 that Φ is 0 or 1, or exactly on it.
    side = np.where(terms.strike == 0, 1.0, np.where(terms.forward == 0, -1.0, np.sign(terms.forward - terms.strike)))
    settled = np.where((terms.deviation >= DEVIATION_MAX) & (terms.forward > 0), 1.0, side)
    call_share = np.where(terms.live, ndtr(sign * terms.d1), (1.0 + sign * settled) / 2)
    return sign * call_share * terms.discount
