"""Random streams of a world: one for each name, all fixed by the seed, none disturbed by another's use."""

from zlib import crc32

import numpy as np

Random = np.random.Generator


def stream(seed: int, name: str) -> Random:
    """The stream of a name: the same seed and name give the same draws."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, crc32(name.encode())])))


def chance(random: Random, probability: float) -> bool:
    """True with the given probability."""
    return bool(random.random() < probability)


def between(random: Random, low: float, high: float) -> float:
    """A number drawn evenly between two."""
    return float(random.uniform(low, high))


def log_between(random: Random, low: float, high: float) -> float:
    """A number whose logarithm is drawn evenly between those of two positive ones."""
    return float(np.exp(random.uniform(np.log(low), np.log(high))))


def whole(random: Random, low: int, high: int) -> int:
    """A whole number from ``low`` to ``high``, both included."""
    return int(random.integers(low, high + 1))


def pick(random: Random, choices: tuple[float, ...]) -> float:
    """One of the numbers given."""
    return choices[whole(random, 0, len(choices) - 1)]
