"""Price paths: how the coins of a world would move if nobody traded. One class a kind, one number a coin and block.

A path draws block after block, so that a shorter world is the beginning of a longer one.

σ is the volatility of a block; ρ the correlation of two coins. Each kind keeps both on average in calm blocks.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from plimsoll.sim.view import Floats
from plimsoll.sim.world.candles import historical_returns
from plimsoll.sim.world.streams import Random, whole

RETURN_MAX: Final = 1.5
"""No block moves a price by more than this in logarithms."""


@dataclass(frozen=True)
class PathTerms:
    """What a path is drawn for: volatility of a block by coin, correlation, and the block the worst begins in."""

    volatility: tuple[float, ...]
    correlation: float
    shock_block: int
    shock_depth: float
    candles: Path | None = None


class PricePath(Protocol):
    """A path: log returns of one block after another."""

    def returns(self, block: int) -> Floats:
        """Log returns of every coin in this block; blocks are asked for in order."""


class Gbm:
    """Geometric Brownian motion: correlated normal returns."""

    def __init__(self, random: Random, terms: PathTerms) -> None:
        self.random, self.terms = random, terms
        self.volatility = np.array(terms.volatility)

    def correlation(self, block: int) -> float:
        """The correlation in this block."""
        return self.terms.correlation

    def returns(self, block: int) -> Floats:
        """One draw for the market and one for each coin."""
        rho = self.correlation(block)
        market, own = self.random.standard_normal(), self.random.standard_normal(len(self.volatility))
        mixed: Floats = self.volatility * (np.sqrt(rho) * market + np.sqrt(1 - rho) * own)
        return mixed


class Jumps(Gbm):
    """Jump-diffusion: now and then all coins jump together, down more often than up."""

    RATE: Final = 0.04
    SIZE: Final = 6.0

    def returns(self, block: int) -> Floats:
        """The diffusion, and a jump in one block of twenty-five."""
        moves = super().returns(block)
        jumps = self.random.random() < self.RATE
        size = self.SIZE * (self.random.exponential() + 0.3) * (-1 if self.random.random() < 0.65 else 1)
        return moves + self.volatility * size if jumps else moves


class Hawkes(Gbm):
    """Self-exciting falls: each one makes the next more likely, and the excitement dies down by a third a block."""

    BASE: Final = 0.03
    EXCITES: Final = 0.28
    FADES: Final = 0.65

    def __init__(self, random: Random, terms: PathTerms) -> None:
        super().__init__(random, terms)
        self.excitement = 0.0

    def returns(self, block: int) -> Floats:
        """The diffusion, and as many falls as the intensity brings."""
        moves = super().returns(block)
        falls = min(int(self.random.poisson(self.BASE + self.excitement)), 6)
        self.excitement = self.excitement * self.FADES + falls * self.EXCITES
        size = 3.0 * (0.5 + self.random.exponential())
        return moves - self.volatility * size * falls


class Bootstrap(Gbm):
    """Stretches of real bars, put together anew; their volatility is scaled to the world's."""

    STRETCH: Final = 6

    def __init__(self, random: Random, terms: PathTerms) -> None:
        super().__init__(random, terms)
        bars = historical_returns(terms.candles)
        self.bars = bars / np.maximum(bars.std(axis=0), 1e-9)
        self.at = 0

    def returns(self, block: int) -> Floats:
        """The next bar of the stretch, or the first of another."""
        if self.random.random() < 1 / self.STRETCH:
            self.at = whole(self.random, 0, len(self.bars) - 1)
        self.at = (self.at + 1) % len(self.bars)
        columns = np.arange(len(self.volatility)) % self.bars.shape[1]
        return np.asarray(self.volatility * self.bars[self.at, columns])


class Flash(Gbm):
    """A flash crash: within a few blocks most of a fall, within the next dozen most of the way back."""

    FALLS: Final = 3
    RISES: Final = 14

    def returns(self, block: int) -> Floats:
        """The diffusion, and the crash where it has its place."""
        moves = super().returns(block)
        since = block - self.terms.shock_block
        depth = np.log1p(-self.terms.shock_depth)
        if 0 <= since < self.FALLS:
            moves = moves + depth / self.FALLS
        elif self.FALLS <= since < self.FALLS + self.RISES:
            moves = moves - 0.8 * depth / self.RISES
        return moves


class Herd(Gbm):
    """Correlation to one: from some block on all coins fall together."""

    LENGTH: Final = 30

    def correlation(self, block: int) -> float:
        """One from the block in which the fall begins."""
        return self.terms.correlation if block < self.terms.shock_block else 0.99

    def returns(self, block: int) -> Floats:
        """The diffusion, twice as wide in the fall, and the fall itself spread over its blocks."""
        moves = super().returns(block)
        if 0 <= block - self.terms.shock_block < self.LENGTH:
            moves = 2 * moves + np.log1p(-self.terms.shock_depth) / self.LENGTH
        return moves


PATHS: Final[Mapping[str, Callable[[Random, PathTerms], PricePath]]] = {
    "gbm": Gbm,
    "jumps": Jumps,
    "hawkes": Hawkes,
    "bootstrap": Bootstrap,
    "flash": Flash,
    "herd": Herd,
}
"""Every kind of path; the depeg of the settlement token is a path of its own (``market``)."""
