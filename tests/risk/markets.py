"""Small markets for the tests of risk models."""

import numpy as np

from plimsoll.risk import MarketSnapshot, OptionChain, ReturnsPanel, Underlying
from plimsoll.risk.panel import DAY_MS, PricePanel

START = 1_600_000_000_000 // DAY_MS * DAY_MS


def chain(spot: float = 100.0, vol: float = 0.8) -> OptionChain:
    """Two expiries, three strikes, calls and puts: twelve options."""
    strikes = np.tile(np.repeat([80.0, 100.0, 120.0], 2), 2) * spot / 100.0
    years = np.repeat([14.0, 90.0], 6) / 365.0
    return OptionChain.of(
        instruments=np.arange(20, 32),
        groups=np.repeat([1, 2], 6),
        years=years,
        strikes=strikes,
        is_call=np.tile([True, False], 6),
        vols=np.full(12, vol),
        forwards=np.full(12, spot) * (1 + 0.05 * years),
        discounts=np.exp(-0.05 * years),
    )


def returns(names: tuple[str, ...], days: int = 400, vol: float = 0.04, seed: int = 1) -> ReturnsPanel:
    """Correlated normal returns (one half the market's), reproducible."""
    generator = np.random.Generator(np.random.PCG64(seed))
    market = generator.normal(0.0, vol, (days, 1))
    own = generator.normal(0.0, vol, (days, len(names)))
    values = np.sqrt(0.5) * (market + own)
    return ReturnsPanel(names, START + DAY_MS * np.arange(1, days + 1), values)


def snapshot(*names: str, days: int = 400, options: bool = False) -> MarketSnapshot:
    """Underlyings at 100 with past returns; the first has options if asked for."""
    panel = returns(names, days)
    underlyings = tuple(
        Underlying(name, number, number, 100.0, chain() if options and number == 1 else None)
        for number, name in enumerate(names, 1)
    )
    return MarketSnapshot(int(panel.times_ms[-1]), underlyings, panel)


def prices(names: tuple[str, ...], days: int = 400, seed: int = 1) -> PricePanel:
    """A panel of prices from the same returns, all there from the first day."""
    panel = returns(names, days, seed=seed)
    levels = 100.0 * np.exp(np.vstack([np.zeros(len(names)), np.cumsum(panel.values, axis=0)]))
    return PricePanel(names, START + DAY_MS * np.arange(days + 1), levels, DAY_MS)
