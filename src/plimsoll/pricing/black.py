"""European options: Black (1976) on the forward and Black-Scholes-Merton on the spot (docs/pricing.md).

Symbols: F forward, K strike, τ years, σ vol, D discount factor, v = σ·√τ, m = K/F, Φ and φ the normal distribution
and density, d1 = v/2 − ln(m)/v, d2 = d1 − v.

    c = Φ(d1) − m·Φ(d2)      call = c·F·D      put = (c + m − 1)·F·D

The order of the special cases is Derive's (Black76.sol): K = 0, then F = 0, then v >= 24, where a call is worth F·D.
All results are float64; an error of 1e-15·max(F, K)·D is to be expected, so a price far below that is noise.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from plimsoll.pricing.inputs import Flags, Floats, broadcast, finite, flag_array, float_array, not_negative, out
from plimsoll.pricing.special import ndtr

DEVIATION_MAX: Final = 24.0
"""From this v on a call is worth its forward (Derive); Φ(12) is 1 to the last bit."""
RATIO_MIN: Final = 1e-18
"""The least K/F that is told apart from zero (Derive's last decimal)."""
ROOT_TWO_PI: Final = 2.5066282746310002


class Terms(NamedTuple):
    """Inputs in one shape, with what all formulas share. ``live``: F, K and v above zero and v below 24."""

    forward: Floats
    strike: Floats
    years: Floats
    vol: Floats
    discount: Floats
    is_call: Flags
    deviation: Floats
    ratio: Floats
    d1: Floats
    d2: Floats
    live: Flags


def terms_of(
    forward: ArrayLike, strike: ArrayLike, years: ArrayLike, vol: ArrayLike, is_call: ArrayLike, discount: ArrayLike
) -> Terms:
    """Check and broadcast the inputs; PricingError for what is negative, not finite or of another shape."""
    named = {"forward": forward, "strike": strike, "years": years, "vol": vol, "discount": discount}
    arrays = {name: not_negative(name, float_array(name, value)) for name, value in named.items()}
    flags = flag_array("is_call", is_call)
    f, k, t, s, d, call = broadcast({**arrays, "is_call": flags.astype(np.float64)})
    with np.errstate(over="ignore", divide="ignore", invalid="ignore", under="ignore"):
        deviation = s * np.sqrt(t)
        # Overflow to infinity is the right limit: no strike is that many times its forward.
        ratio = np.maximum(np.where(f > 0, k / np.where(f > 0, f, 1.0), np.inf), RATIO_MIN)
        live = (f > 0) & (k > 0) & (deviation > 0) & (deviation < DEVIATION_MAX) & np.isfinite(ratio)
        v = np.where(live, deviation, 1.0)
        d1 = v / 2 - np.log(np.where(live, ratio, 1.0)) / v
    return Terms(f, k, t, s, d, call > 0.5, deviation, ratio, d1, d1 - v, live)


def _call_share(terms: Terms) -> Floats:
    """c, the call as a share of F·D, for F above zero."""
    saturated = terms.deviation >= DEVIATION_MAX
    m = np.where(np.isfinite(terms.ratio), terms.ratio, 1.0)
    # Where the ratio overflowed, or nothing is left of time or vol, the option is its intrinsic value.
    intrinsic = np.where(np.isfinite(terms.ratio), np.maximum(1.0 - m, 0.0), 0.0)
    share = np.where(terms.live, np.maximum(ndtr(terms.d1) - m * ndtr(terms.d2), 0.0), intrinsic)
    return np.where(saturated, 1.0, share)


def price_of(terms: Terms) -> Floats:
    """Call or put price from checked terms."""
    most_call, most_put = terms.forward * terms.discount, terms.strike * terms.discount
    share = _call_share(terms)
    with np.errstate(over="ignore", invalid="ignore"):
        put_share = np.maximum(share + terms.ratio - 1.0, 0.0)
        put = np.where(np.isfinite(terms.ratio), np.minimum(put_share * most_call, most_put), most_put)
    call = np.minimum(share * most_call, most_call)
    no_strike, no_forward = terms.strike == 0, terms.forward == 0
    call = np.where(no_strike, most_call, np.where(no_forward, 0.0, call))
    put = np.where(no_strike, 0.0, np.where(no_forward, most_put, put))
    return finite(
        "the price (forward, strike and discount are too large for a float)", np.where(terms.is_call, call, put)
    )


def black76(
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    vol: ArrayLike,
    is_call: ArrayLike,
    discount: ArrayLike = 1.0,
) -> Floats:
    """Price of a European option in units of quote currency; inputs broadcast.

    ``forward`` and ``strike`` in quote currency, ``years`` of 365 days, ``vol`` per root year as a fraction,
    ``discount`` the factor exp(−rate·years). With ``years`` or ``vol`` zero: the intrinsic value.
    PricingError for inputs that are negative, not finite or of shapes that do not go together.
    Source: Black (1976); special cases of Derive's Black76.
    """
    return out(price_of(terms_of(forward, strike, years, vol, is_call, discount)))


def black_scholes(
    spot: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    vol: ArrayLike,
    rate: ArrayLike,
    carry_yield: ArrayLike,
    is_call: ArrayLike,
) -> Floats:
    """Price of a European option on a spot that yields ``carry_yield``; both rates per year, continuous, any sign.

    It is ``black76`` of F = S·exp((rate − carry_yield)·years) and D = exp(−rate·years). Source: Merton (1973).
    """
    forward, discount = carried(spot, years, rate, carry_yield)
    return black76(forward, strike, years, vol, is_call, discount)


def carried(spot: ArrayLike, years: ArrayLike, rate: ArrayLike, carry_yield: ArrayLike) -> tuple[Floats, Floats]:
    """F and D of a spot under continuous rates; PricingError where they overflow."""
    s, t, r, q = broadcast(
        {
            "spot": not_negative("spot", float_array("spot", spot)),
            "years": not_negative("years", float_array("years", years)),
            "rate": finite("rate", float_array("rate", rate)),
            "carry_yield": finite("carry_yield", float_array("carry_yield", carry_yield)),
        }
    )
    with np.errstate(over="ignore", under="ignore"):
        forward, discount = s * np.exp((r - q) * t), np.exp(-r * t)
    return finite("spot·exp((rate − carry_yield)·years)", forward), finite("exp(−rate·years)", discount)
