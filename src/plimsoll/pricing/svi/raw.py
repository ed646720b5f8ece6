"""The raw SVI smile of one expiry (Gatheral 2004), and Derive's reading of it (docs/pricing.md).

Symbols: k = ln(K/F), w total variance (σ²·τ), five parameters a, b, ρ, m, σ:

    w(k) = a + b·(ρ·(k − m) + √((k − m)² + σ²))
"""

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from plimsoll.pricing.errors import PricingError
from plimsoll.pricing.inputs import Floats, broadcast, finite, float_array, not_negative, out, positive

MONEYNESS_BOUND: Final = 4.0
"""k is held within this many √(a + b·σ) (Derive)."""
VARIANCE_MAX: Final = 144.0
"""Total variance is capped here: v = 12 (Derive)."""


class Svi(NamedTuple):
    """Five raw parameters: level ``a`` and slope ``b`` of variance, tilt ``rho``, centre ``m``, width ``sigma``."""

    a: float
    b: float
    rho: float
    m: float
    sigma: float

    def total_variance(self, k: ArrayLike) -> Floats:
        """w(k) at log-moneyness k = ln(K/F), without Derive's clamps."""
        x = float_array("k", k) - self.m
        return self.a + self.b * (self.rho * x + np.hypot(x, self.sigma))

    def slopes(self, k: ArrayLike) -> tuple[Floats, Floats]:
        """w'(k) and w''(k)."""
        x = float_array("k", k) - self.m
        root = np.hypot(x, self.sigma)
        with np.errstate(divide="ignore", invalid="ignore"):
            first = np.where(root > 0, self.b * (self.rho + x / root), self.b * self.rho)
            second = np.where(root > 0, self.b * (self.sigma / root) ** 2 / root, np.inf if self.b > 0 else 0.0)
        return first, second

    @property
    def least(self) -> float:
        """The least total variance: a + b·σ·√(1 − ρ²)."""
        return self.a + self.b * self.sigma * math.sqrt(max(1.0 - self.rho * self.rho, 0.0))


def checked(params: Svi) -> Svi:
    """The parameters as plain floats; PricingError says which one no smile can have."""
    values = Svi(*(float(finite(name, float_array(name, value))) for name, value in zip(Svi._fields, params)))
    if values.b < 0 or values.sigma < 0 or abs(values.rho) > 1:
        raise PricingError(f"SVI needs b >= 0, sigma >= 0 and −1 <= rho <= 1; got {values}: fit the smile again")
    return values


def svi_vol(strike: ArrayLike, params: Svi, forward: ArrayLike, years_reference: ArrayLike) -> Floats:
    """Implied vol as Derive reads it from a signed feed; inputs broadcast.

    ``forward`` and ``years_reference`` are those signed with the parameters, not the live ones. A strike of 0 has
    vol 0. k is held within ±4·√(a + b·σ), w is at most 144. PricingError where the forward is 0, a + b·σ or w < 0.
    Source: Derive's SVI.sol.
    """
    p = Svi(*(float(finite(name, float_array(name, value))) for name, value in zip(Svi._fields, params)))
    strikes, forwards, years = broadcast(
        {
            "strike": not_negative("strike", float_array("strike", strike)),
            "forward": not_negative("forward", float_array("forward", forward)),
            "years_reference": positive("years_reference", float_array("years_reference", years_reference)),
        }
    )
    # A strike of zero has vol 0 whatever else is said, so the other checks look at the rest only.
    asked = strikes > 0
    if not asked.any():
        return out(np.zeros(strikes.shape))
    positive("forward", np.where(asked, forwards, 1.0))
    if p.a + p.b * p.sigma < 0:
        raise PricingError(f"a + b·sigma is negative ({p.a + p.b * p.sigma!r}): the feed is broken, ask for a new one")
    bound = MONEYNESS_BOUND * math.sqrt(p.a + p.b * p.sigma)
    with np.errstate(divide="ignore", over="ignore", under="ignore"):
        k = np.log(np.where(asked, strikes, 1.0) / np.where(asked, forwards, 1.0))
    w = p.total_variance(np.clip(k, -bound, bound))
    if (w[asked] < 0).any():
        low = float(w[asked].min())
        raise PricingError(f"total variance is negative ({low!r}): the feed is broken, ask for a new one")
    vol = np.sqrt(np.minimum(np.where(asked, w, 0.0), VARIANCE_MAX) / years)
    return out(np.where(asked, vol, 0.0))
