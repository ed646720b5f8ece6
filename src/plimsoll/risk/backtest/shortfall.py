"""Does an expected shortfall hold? Acerbi and Székely's second test (docs/backtest.md).

    Z2 = 1 − Σ_t L_t · [L_t > VaR_t] / (T · (1 − c) · ES_t)        expected 0; below 0, losses beyond VaR are too large

The p-value is simulated: under the hypothesis each day's loss is one more draw like that day's scenarios, so it needs
no table of critical values. VaR and ES come from a few of those scenarios and are uncertain themselves, so a drawn loss
is measured against those of the *other* scenarios: with x_1 ≥ x_2 ≥ … and a tail of k, one of the k largest against

    ES without x_i = ( x_1 + … + x_{k+1} − x_i ) / k

as the loss that came is measured against scenarios it is not among. (Measured against all of them, itself included, a
right model with fat tails and 150 scenarios a day would be rejected at 5 % in 9 % of cases.) Days are drawn one by one,
though most of their scenarios are the same, so the p-value is near, not exact. NumPy's PCG64, from a seed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from plimsoll.risk.checks import Floats, float_array, of_length, whole_within, within
from plimsoll.risk.errors import RiskError
from plimsoll.risk.models.base import tail_of

DRAWS_AT_ONCE = 64
SHARE_MIN = 1e-9


@dataclass(frozen=True)
class ShortfallTest:
    """Z2, and the share of simulations with a Z2 as low or lower."""

    z2: float
    p_value: float

    def passes(self, level: float = 0.05) -> bool:
        """Whether the model is not rejected at this level."""
        return self.p_value >= level


def z2_statistic(losses: ArrayLike, var: ArrayLike, shortfall: ArrayLike, confidence: float) -> float:
    """Z2 of one series; all [days], in the same unit, shortfall above zero."""
    lost, line, tail = _checked(losses, var, shortfall)
    p = 1.0 - within("confidence", confidence, 0.5, 1.0 - 1e-9)
    return 1.0 - float(np.mean(np.where(lost > line, lost, 0.0) / tail)) / p


def acerbi_szekely_z2(
    losses: ArrayLike,
    var: ArrayLike,
    shortfall: ArrayLike,
    confidence: float,
    scenarios: Floats,
    *,
    seed: int = 1,
    draws: int = 2000,
) -> ShortfallTest:
    """Z2 and its p-value, simulated from ``scenarios`` [days, S], the losses each day's model thought possible."""
    lost, line, tail = _checked(losses, var, shortfall)
    possible = float_array("scenarios", scenarios, dimensions=2)
    of_length("scenarios", possible, lost.size, "days")
    whole_within("draws", draws, 1, 10**7)
    p = 1.0 - within("confidence", confidence, 0.5, 1.0 - 1e-9)
    observed = z2_statistic(lost, line, tail, confidence)
    # What a drawn loss would add to the sum, computed once for every day and scenario. VaR is itself one of the
    # scenarios, and without it the next one would be: it counts as beyond.
    beyond = np.where(possible >= line[:, None], possible, 0.0)
    shares = beyond / (tail[:, None] * _without_itself(possible, tail_of(possible.shape[1], confidence)))
    generator = np.random.Generator(np.random.PCG64(seed))
    rows, lower = np.arange(lost.size)[:, None], 0
    for first in range(0, draws, DRAWS_AT_ONCE):
        chosen = generator.integers(0, possible.shape[1], (lost.size, min(DRAWS_AT_ONCE, draws - first)))
        simulated = 1.0 - shares[rows, chosen].mean(axis=0) / p
        lower += int(np.count_nonzero(simulated <= observed))
    return ShortfallTest(observed, (lower + 1) / (draws + 1))


def _without_itself(possible: Floats, tail: int) -> Floats:
    """ES of the other scenarios over ES of all, [days, S]: below 1 for the largest, 1 beyond the tail."""
    count = possible.shape[1]
    if count <= tail:
        return np.ones_like(possible)
    ranked = np.partition(possible, count - tail - 1, axis=1)[:, count - tail - 1 :]
    limit, all_but_next = ranked[:, :1], ranked[:, 1:].sum(axis=1, keepdims=True)
    others = (all_but_next + limit - possible) / all_but_next
    # A tail of which nothing is left without its one loss is as good as none.
    return np.where(possible > limit, np.maximum(others, SHARE_MIN), 1.0)


def _checked(losses: ArrayLike, var: ArrayLike, shortfall: ArrayLike) -> tuple[Floats, Floats, Floats]:
    lost, line, tail = (
        float_array(name, value, dimensions=1)
        for name, value in (("losses", losses), ("var", var), ("shortfall", shortfall))
    )
    if lost.size == 0 or not lost.shape == line.shape == tail.shape:
        raise RiskError(f"{lost.size} losses, {line.size} VaRs, {tail.size} shortfalls; give one of each for every day")
    if not (tail > 0).all():
        raise RiskError(f"expected shortfall of day {int(np.argmin(tail)) + 1} is {tail.min()}; it must be above zero")
    return lost, line, tail
