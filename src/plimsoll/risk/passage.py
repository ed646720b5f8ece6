"""The chance that a leveraged position meets its liquidation price: first passage of a Brownian price.

    P = Φ((b − aT)/s) + e^{2ab/σ²} Φ((b + aT)/s)       a = μ − σ²/2,  b = ln(B/S) ≤ 0,  s = σ√T

The reflection principle; a barrier above the price is its mirror image (a, b → −a, −b).
"""

import numpy as np

from plimsoll.pricing.special import ndtr
from plimsoll.risk.checks import within


def liquidation_barrier(price: float, leverage: float, maintenance: float) -> float:
    """Liquidation price of a linear long opened at ``price``: S(1 − 1/L)/(1 − mm), tokens."""
    within("leverage", leverage, 1.0, 1e6)
    within("maintenance", maintenance, 0.0, 0.999)
    return price * (1.0 - 1.0 / leverage) / (1.0 - maintenance)


def passage_probability(price: float, barrier: float, vol: float, years: float, drift: float = 0.0) -> float:
    """The chance that the price touches the barrier within ``years``; vol and drift per year. 1 if it is there now."""
    within("price", price, 1e-300, 1e300)
    within("barrier", barrier, 0.0, 1e300)
    within("vol", vol, 1e-9, 100.0)
    within("years", years, 0.0, 1e4)
    within("drift", drift, -100.0, 100.0)
    if barrier == price:
        return 1.0
    if barrier == 0.0 or years == 0.0:
        return 0.0
    a, b = drift - vol * vol / 2.0, float(np.log(barrier / price))
    if b > 0.0:
        a, b = -a, -b
    s = vol * np.sqrt(years)
    through = ndtr(np.asarray((b - a * years) / s)) + np.exp(2.0 * a * b / vol**2) * ndtr(
        np.asarray((b + a * years) / s)
    )
    return min(1.0, float(through))
