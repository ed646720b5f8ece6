"""The level of vol the desk prices with: an EWMA of what was realised, drawn back to a long value over the expiry.

    v(t)   EWMA of r² per year           v∞ = vol_long²
    σ(T)² = v∞ + (v − v∞) · (1 − e^(−T/a)) · a/T         a = vol_days; the mean of a variance that reverts at rate 1/a

One level an expiry, no smile. Floats: a price of a simulation, nobody's money.
"""

from typing import Any, Final

import numpy as np

from plimsoll.sim.desk.config import DeskConfig
from plimsoll.sim.view import Floats

YEAR_MS: Final = 365 * 86_400_000.0
HOUR_MS: Final = 3_600_000.0


class VolLevel:
    """The state of the estimate; ``vol`` is what a surface is asked for."""

    def __init__(self, config: DeskConfig) -> None:
        self.config = config
        self.variance = config.vol_long**2

    def observe(self, step_return: float, step_ms: int) -> None:
        """One more return over a step."""
        keep = float(np.exp(-step_ms / HOUR_MS / self.config.vol_memory_hours))
        self.variance = keep * self.variance + (1 - keep) * step_return**2 * YEAR_MS / step_ms

    def level(self, years: Any) -> Floats:
        """σ(T) for each time to expiry, within the bounds."""
        config = self.config
        ratio = np.maximum(np.asarray(years, np.float64) * 365.0 / config.vol_days, 1e-9)
        long = config.vol_long**2
        variance = long + (self.variance - long) * (1 - np.exp(-ratio)) / ratio
        result: Floats = np.clip(np.sqrt(variance), config.vol_min, config.vol_max)
        return result

    def vol(self, strikes: Any, forwards: Any, years: Any) -> Floats:
        """The same for every strike."""
        return np.broadcast_to(self.level(years), np.shape(strikes)).astype(np.float64)
