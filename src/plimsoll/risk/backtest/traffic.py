"""The Basel traffic light: how many exceptions are too many (docs/backtest.md).

The zone follows from the binomial probability of at most x exceptions: green below 95 %, yellow below 99.99 %, red
from there. Source: BCBS, Supervisory framework for the use of backtesting (1996).
"""

from dataclasses import dataclass
from typing import Final

from plimsoll.risk.checks import whole_within, within
from plimsoll.risk.errors import RiskError

YELLOW_FROM: Final = 0.95
RED_FROM: Final = 0.9999
BASEL_DAYS: Final = 250
BASEL_MULTIPLIERS: Final = (3.0, 3.0, 3.0, 3.0, 3.0, 3.4, 3.5, 3.65, 3.75, 3.85, 4.0)
"""For 250 days at 99 %, by exceptions; the last for ten and more (BCBS 1996, table 2)."""


@dataclass(frozen=True)
class TrafficLight:
    """The zone, the probability of at most x exceptions, and of at least x (type I) under a right model."""

    zone: str
    probability: float
    type_one: float


def traffic_light(days: int, exceptions: int, confidence: float) -> TrafficLight:
    """The zone of x exceptions in so many days."""
    from scipy.stats import binom

    whole_within("days", days, 1, 2**40)
    whole_within("exceptions", exceptions, 0, days)
    p = 1.0 - within("confidence", confidence, 0.5, 1.0 - 1e-9)
    probability = float(binom.cdf(exceptions, days, p))
    zone = "green" if probability < YELLOW_FROM else "yellow" if probability < RED_FROM else "red"
    return TrafficLight(zone, probability, float(binom.sf(exceptions - 1, days, p)))


def zone_starts(days: int, confidence: float) -> tuple[int, int]:
    """The fewest exceptions that are yellow, and that are red."""
    from scipy.stats import binom

    whole_within("days", days, 1, 2**40)
    p = 1.0 - within("confidence", confidence, 0.5, 1.0 - 1e-9)
    return int(binom.ppf(YELLOW_FROM, days, p)), int(binom.ppf(RED_FROM, days, p))


def basel_multiplier(exceptions: int) -> float:
    """The capital multiplier for exceptions in 250 days at 99 %."""
    if exceptions < 0:
        raise RiskError(f"exceptions are {exceptions}; count them from 0")
    return BASEL_MULTIPLIERS[min(exceptions, len(BASEL_MULTIPLIERS) - 1)]
