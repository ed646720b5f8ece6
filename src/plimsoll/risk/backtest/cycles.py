"""How much a margin moves with the market, and what EMIR would have it do (docs/backtest.md).

    peak to trough    the largest margin of the time divided by the smallest
    n-day rise        the largest increase over n days, as a share of the margin it started from

Measures: Murphy, Vasios and Vause (Bank of England FSP 29, 2014). Options: EMIR RTS 153/2013, art. 28.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from plimsoll.risk.checks import Floats, float_array, whole_within, within
from plimsoll.risk.errors import RiskError

BUFFER_MIN = 0.25
STRESS_WEIGHT_MIN = 0.25


@dataclass(frozen=True)
class Procyclicality:
    """Margin of a constant book over time: peak to trough, and the largest rise over 1, 5 and 30 steps."""

    peak_to_trough: float
    rise_1: float
    rise_5: float
    rise_30: float


def procyclicality(margins: ArrayLike) -> Procyclicality:
    """Both measures of a series of margins above zero."""
    held = _margins(margins)
    return Procyclicality(peak_to_trough(held), *(largest_rise(held, days) for days in (1, 5, 30)))


def peak_to_trough(margins: ArrayLike) -> float:
    """The largest margin over the smallest, 1 for one that never moves."""
    held = _margins(margins)
    return float(held.max() / held.min())


def largest_rise(margins: ArrayLike, days: int) -> float:
    """The largest relative increase over exactly ``days`` steps (fewer if the series is shorter), at least 0."""
    held = _margins(margins)
    lag = min(whole_within("days", days, 1, 2**31), held.size - 1)
    if lag == 0:
        return 0.0
    return max(0.0, float((held[lag:] / held[:-lag]).max()) - 1.0)


def buffered(margin: float, share: float = BUFFER_MIN) -> float:
    """Option (a): margin with a buffer of at least 25 %, which may be used up when margins rise."""
    within("share", share, BUFFER_MIN, 10.0)
    return _margin(margin) * (1.0 + share)


def stress_weighted(margin: float, stressed: float, weight: float = STRESS_WEIGHT_MIN) -> float:
    """Option (b): at least 25 % weight on the stressed observations, read as a blend of the two margins."""
    within("weight", weight, STRESS_WEIGHT_MIN, 1.0)
    return (1.0 - weight) * _margin(margin) + weight * _margin(stressed)


def floored(margin: float, long_run: float) -> float:
    """Option (c): never below the margin at ten-year volatility."""
    return max(_margin(margin), _margin(long_run))


def released(margins: ArrayLike, share: float = BUFFER_MIN) -> Floats:
    """Option (a) over time: the buffer is held in calm and used up as margin rises above its running mean.

    The charge is max(margin, min((1 + share) · margin, (1 + share) · mean of the margins so far)): in calm times the
    whole buffer, in a rise less of it, never less than the margin itself.
    """
    held = _margins(margins)
    within("share", share, BUFFER_MIN, 10.0)
    mean = np.cumsum(held) / np.arange(1, held.size + 1)
    charged: Floats = np.maximum(held, (1.0 + share) * np.minimum(held, mean))
    return charged


def _margin(value: float) -> float:
    return within("margin", value, 0.0, 1e18)


def _margins(margins: ArrayLike) -> Floats:
    held = float_array("margins", margins, dimensions=1)
    if held.size == 0 or not (held > 0).all():
        raise RiskError("margins must be above zero, at least one; leave out days on which nothing was held")
    return held
