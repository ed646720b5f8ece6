"""Does a VaR hold as often as it says? Likelihood-ratio tests of exceptions (docs/backtest.md).

T days, x exceptions (loss above VaR), p = 1 − confidence, π = x/T, n_ij days in state j after state i (1 exception):

    Kupiec (POF)     LR = −2 ln[ (1−p)^{T−x} p^x / ((1−π)^{T−x} π^x) ]                                  ~ χ²(1)
    independence     LR = −2 ln[ (1−π)^{n00+n10} π^{n01+n11} / ((1−π0)^{n00} π0^{n01} (1−π1)^{n10} π1^{n11}) ]  ~ χ²(1)
    conditional      the sum of both                                                                    ~ χ²(2)
    TUFF             LR = −2 ln[ p (1−p)^{n−1} / ((1/n)(1−1/n)^{n−1}) ],  n the first exception's day    ~ χ²(1)

0·ln 0 is 0. Sources: Kupiec (1995), Christoffersen (1998).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from plimsoll.risk.checks import Flags, float_array, whole_within, within
from plimsoll.risk.errors import RiskError


@dataclass(frozen=True)
class LikelihoodRatio:
    """A test's statistic and p-value; a small p-value speaks against the model."""

    statistic: float
    p_value: float

    def passes(self, level: float = 0.05) -> bool:
        """Whether the model is not rejected at this level."""
        return self.p_value >= level


def exceptions_of(losses: ArrayLike, margins: ArrayLike) -> Flags:
    """Where the loss was above the margin, [days]; both in the same unit, NaN refused."""
    lost, held = float_array("losses", losses, dimensions=1), float_array("margins", margins, dimensions=1)
    if lost.shape != held.shape or lost.size == 0:
        raise RiskError(f"{lost.size} losses for {held.size} margins; give one of each for every day")
    return lost > held


def kupiec_pof(days: int, exceptions: int, confidence: float) -> LikelihoodRatio:
    """Whether there are too many or too few exceptions."""
    p = _tail(days, exceptions, confidence)
    rate = exceptions / days
    misses = days - exceptions
    statistic = -2.0 * (
        _times_log(misses, 1.0 - p)
        + _times_log(exceptions, p)
        - _times_log(misses, 1.0 - rate)
        - _times_log(exceptions, rate)
    )
    return _ratio(statistic, 1)


def christoffersen_independence(n00: int, n01: int, n10: int, n11: int) -> LikelihoodRatio:
    """Whether an exception makes another the next day likelier, from the four transition counts."""
    counts = [
        whole_within(name, value, 0, 2**40) for name, value in zip(("n00", "n01", "n10", "n11"), (n00, n01, n10, n11))
    ]
    n00, n01, n10, n11 = counts
    if sum(counts) == 0:
        raise RiskError("independence needs at least two days; give a longer series")
    after_none = n01 / (n00 + n01) if n00 + n01 else 0.0
    after_one = n11 / (n10 + n11) if n10 + n11 else 0.0
    rate = (n01 + n11) / sum(counts)
    together = _times_log(n00 + n10, 1.0 - rate) + _times_log(n01 + n11, rate)
    apart = (
        _times_log(n00, 1.0 - after_none)
        + _times_log(n01, after_none)
        + _times_log(n10, 1.0 - after_one)
        + _times_log(n11, after_one)
    )
    return _ratio(-2.0 * (together - apart), 1)


def transitions(exceptions: ArrayLike) -> tuple[int, int, int, int]:
    """(n00, n01, n10, n11) of a series of exceptions (True or 1)."""
    flags = np.asarray(exceptions).astype(np.bool_)
    if flags.ndim != 1 or flags.size < 2:
        raise RiskError("transitions need a series of at least two days")
    before, after = flags[:-1], flags[1:]
    return (
        int(np.count_nonzero(~before & ~after)),
        int(np.count_nonzero(~before & after)),
        int(np.count_nonzero(before & ~after)),
        int(np.count_nonzero(before & after)),
    )


def conditional_coverage(pof: LikelihoodRatio, independence: LikelihoodRatio) -> LikelihoodRatio:
    """Both at once."""
    return _ratio(pof.statistic + independence.statistic, 2)


def tuff(first_exception: int, confidence: float) -> LikelihoodRatio:
    """Whether the first exception came too soon or too late; its day is counted from 1."""
    n = whole_within("first_exception", first_exception, 1, 2**40)
    p = 1.0 - within("confidence", confidence, 0.5, 1.0 - 1e-9)
    statistic = -2.0 * (np.log(p) + _times_log(n - 1, 1.0 - p) - np.log(1.0 / n) - _times_log(n - 1, 1.0 - 1.0 / n))
    return _ratio(float(statistic), 1)


def _tail(days: int, exceptions: int, confidence: float) -> float:
    whole_within("days", days, 1, 2**40)
    whole_within("exceptions", exceptions, 0, days)
    return 1.0 - within("confidence", confidence, 0.5, 1.0 - 1e-9)


def _times_log(count: int, probability: float) -> float:
    return 0.0 if count == 0 else float(count * np.log(probability))


def _ratio(statistic: float, freedom: int) -> LikelihoodRatio:
    from scipy.stats import chi2

    # Where both likelihoods are equal their logarithms may differ by a rounding.
    kept = max(0.0, statistic)
    return LikelihoodRatio(kept, float(chi2.sf(kept, freedom)))
