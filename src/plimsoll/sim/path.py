"""The path of prices a replay walks: from bars to one price per step.

Two ways, and the path says which one it is wherever it is shown:

* **simulated within the hour**: hourly facts, and between them a seeded bridge. In every hour the first step is the
  open, the last the close, one step is exactly the high, another exactly the low, and no step leaves [low, high].
* **real candles**: open, then low and high (low first when the candle closes at or above its open, high first
  otherwise), then close, spread evenly over the interval, straight lines between. Nothing is drawn at random.

The bridge. Let n be the steps of the hour, x the logarithm of the price, and z[s, k] the increment of symbol s at step
k: a normal vector with correlation ``correlation`` between symbols, scaled by one common heavy-tailed factor per step,
so that symbols jump together. The free path w = cumsum(z), tilted to lead from open to close, decides *when* the hour
has its high and its low (where w does); between those anchors the path is a straight line in x plus the Brownian
bridge of the same increments, folded back into [low, high] where it would leave it.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from importlib import resources
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from plimsoll.sim.bars import FIELDS, PRICE_E8, Bars, bars_checked, row_names, time_ms_of
from plimsoll.sim.errors import CandlesError, SimulationError
from plimsoll.units.tables import Ints

Floats = npt.NDArray[np.float64]

HOUR_MS: Final = 3_600_000
STEPS_PER_BAR_MIN: Final = 4
"""Fewer steps cannot touch open, high, low and close."""
CORRELATION: Final = 0.85
"""Of minute returns of BTC and ETH in stress, roughly."""
TAIL_FREEDOM: Final = 6.0
"""Degrees of freedom of the common factor: Student's t, as minute returns have in a crash."""
RANGE_PER_DEVIATION: Final = 1.6
"""Expected range of a Brownian motion in deviations of its end: sqrt(8/pi)."""

LABEL_SIMULATED: Final = "simulated within the hour"
LABEL_CANDLES: Final = "real candles"
MARCH_2020: Final = "march_2020.csv"


@dataclass(frozen=True)
class MarketPath:
    """Prices per step: ``prices_e8[s, k]`` is the price of ``symbols[s]`` at ``times_ms[k]``, 0 when it has none."""

    symbols: tuple[str, ...]
    times_ms: Ints
    prices_e8: Ints
    step_ms: int
    label: str
    description: str
    sources: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.times_ms)

    def head(self, steps: int) -> "MarketPath":
        """The first steps only."""
        return MarketPath(
            self.symbols,
            self.times_ms[:steps],
            self.prices_e8[:, :steps],
            self.step_ms,
            self.label,
            self.description,
            self.sources,
        )


def march_2020_bars() -> list[Bars]:
    """The hourly facts that ship with the package: BTC and ETH, 12 and 13 March 2020."""
    text = (resources.files("plimsoll.sim") / "data" / MARCH_2020).read_text(encoding="utf-8")
    source = text.splitlines()[1].lstrip("# ")
    return read_facts(text, MARCH_2020, source)


def read_facts(text: str, name: str, source: str) -> list[Bars]:
    """Bars from our own small format: comments with #, then ``time,symbol,open,high,low,close`` in decimals."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if not line.startswith("#")]
    numbers = [number for number, _ in lines[1:]]
    records = list(csv.DictReader(line for _, line in lines))
    bars = []
    for symbol in dict.fromkeys(record["symbol"] for record in records):
        own = [(number, record) for number, record in zip(numbers, records) if record["symbol"] == symbol]
        times: list[int] = []
        prices: dict[str, list[int]] = {field: [] for field in FIELDS}
        for number, record in own:
            try:
                times.append(time_ms_of(record["time"]))
                for field in FIELDS:
                    prices[field].append(int(Decimal(record[field]) * PRICE_E8))
            except (InvalidOperation, ValueError):
                raise CandlesError(f"{name}: row {number}: not a time and four decimals") from None
        bars.append(
            bars_checked(
                symbol,
                source,
                np.array(times, np.int64),
                {field: np.array(column, np.int64) for field, column in prices.items()},
                row_names([number for number, _ in own]),
            )
        )
    return bars


def simulated_path(
    bars: Sequence[Bars], *, seed: int, step_seconds: int = 60, correlation: float = CORRELATION
) -> MarketPath:
    """A seeded path through hourly bars; see the head of this module. SimulationError when it cannot be built."""
    if not bars:
        raise SimulationError("a path needs bars of at least one symbol")
    step_ms = step_seconds * 1000
    if step_seconds < 1 or HOUR_MS % step_ms or HOUR_MS // step_ms < STEPS_PER_BAR_MIN:
        raise SimulationError(f"a step of {step_seconds} s must divide the hour into at least {STEPS_PER_BAR_MIN}")
    if not 0 <= correlation < 1:
        raise SimulationError(f"a correlation of {correlation} must be at least 0 and below 1")
    hours = bars[0].times_ms
    for other in bars:
        if other.interval_ms != HOUR_MS or not np.array_equal(other.times_ms, hours):
            raise SimulationError(f"{other.symbol}: a simulated path needs the same hours for every symbol")
    steps = HOUR_MS // step_ms
    random = np.random.Generator(np.random.PCG64(seed))
    prices = np.empty((len(bars), len(hours) * steps), np.int64)
    ticks = [_tick(bar) for bar in bars]
    for hour in range(len(hours)):
        increments = _increments(random, len(bars), steps, correlation)
        for row, bar in enumerate(bars):
            facts = tuple(int(column[hour]) for column in (bar.open_e8, bar.high_e8, bar.low_e8, bar.close_e8))
            prices[row, hour * steps : (hour + 1) * steps] = bridge(facts, increments[row], ticks[row])
    times = (hours[:, None] + np.arange(steps, dtype=np.int64) * step_ms).reshape(-1)
    description = (
        f"Open, high, low and close of every hour are facts; the {steps} steps inside each hour are a seeded bridge "
        f"that touches all four exactly (seed {seed}, correlation {correlation:g})."
    )
    return MarketPath(
        tuple(bar.symbol for bar in bars),
        times,
        prices,
        step_ms,
        LABEL_SIMULATED,
        description,
        tuple(dict.fromkeys(bar.source for bar in bars)),
    )


def _increments(random: np.random.Generator, symbols: int, steps: int, correlation: float) -> Floats:
    """Correlated heavy-tailed increments [symbol, step]; one factor per step makes all symbols jump together."""
    common = random.standard_normal(steps)
    own = random.standard_normal((symbols, steps))
    weight = np.sqrt(correlation)
    scale = np.sqrt(TAIL_FREEDOM / random.chisquare(TAIL_FREEDOM, steps)) * np.sqrt((TAIL_FREEDOM - 2) / TAIL_FREEDOM)
    increments: Floats = (weight * common + np.sqrt(1 - weight**2) * own) * scale
    return increments


def bridge(facts: tuple[int, ...], increments: Floats, tick: int = 1) -> Ints:
    """Prices of one hour: ``facts`` is (open, high, low, close), one price per increment, on the grid of ``tick``."""
    opened, high, low, closed = facts
    steps = len(increments)
    if high == low:
        return np.full(steps, high, np.int64)
    floor, span = np.log(low), np.log(high) - np.log(low)
    start, end = ((np.log(value) - floor) / span for value in (opened, closed))
    deviation = 1 / (RANGE_PER_DEVIATION * np.sqrt(steps))
    noise = np.cumsum(increments) * deviation
    noise -= noise[0]
    ramp = np.linspace(0.0, 1.0, steps)
    free = start + noise + ramp * (end - start - noise[-1])
    anchors = {0: start, steps - 1: end}
    at_high = _anchor(free, opened == high, closed == high, ())
    at_low = _anchor(-free, opened == low, closed == low, (at_high,))
    anchors[at_high], anchors[at_low] = 1.0, 0.0
    places = np.array(sorted(anchors))
    heights = np.array([anchors[place] for place in places])
    # The straight line between anchors, plus the increments pinned to zero at every anchor.
    line = np.interp(np.arange(steps), places, heights)
    pinned = noise - np.interp(np.arange(steps), places, noise[places])
    inside = np.abs(np.mod(line + pinned + 1.0, 2.0) - 1.0)
    prices: Ints = np.rint(np.exp(floor + span * inside) / tick).astype(np.int64) * tick
    prices = np.minimum(np.maximum(prices, low), high)
    # After this point the facts are exact.
    prices[0], prices[-1] = opened, closed
    prices[at_high], prices[at_low] = high, low
    return prices


def _anchor(free: Floats, at_open: bool, at_close: bool, taken: tuple[int, ...]) -> int:
    """The step that has the extreme: the first or last if that is a fact, else the peak of the free path inside."""
    if at_open:
        return 0
    if at_close:
        return len(free) - 1
    inner = free[1:-1].copy()
    for place in taken:
        if 0 < place < len(free) - 1:
            inner[place - 1] = -np.inf
    return int(np.argmax(inner)) + 1


def _tick(bar: Bars) -> int:
    """The largest power of ten that divides all prices: steps in between are quoted as finely as the facts."""
    divisor = int(np.gcd.reduce(np.concatenate((bar.open_e8, bar.high_e8, bar.low_e8, bar.close_e8))))
    tick = 1
    while divisor % (tick * 10) == 0 and tick < PRICE_E8:
        tick *= 10
    return tick


def candle_path(bars: Sequence[Bars], *, step_seconds: int = 60) -> MarketPath:
    """A path through real candles, at least four steps each; see the head of this module."""
    if not bars:
        raise SimulationError("a path needs bars of at least one symbol")
    if step_seconds < 1:
        raise SimulationError(f"a step of {step_seconds} s must be at least 1 s")
    walks = [_walk(bar, max(STEPS_PER_BAR_MIN, bar.interval_ms // (step_seconds * 1000))) for bar in bars]
    times = np.unique(np.concatenate([walk[0] for walk in walks]))
    prices = np.zeros((len(bars), len(times)), np.int64)
    for row, (own_times, own_prices) in enumerate(walks):
        prices[row, np.searchsorted(times, own_times)] = own_prices
    # Before the first price of the youngest symbol nothing can be held of it: the path starts where all have one.
    start = max(int(walk[0][0]) for walk in walks)
    kept = times >= start
    if not kept.any():
        raise SimulationError("the files have no time in common")
    times, prices = times[kept], prices[:, kept]
    if not prices[:, 0].all():
        raise SimulationError("the symbols have no common time of a first price")
    step_ms = int(np.median(np.diff(times))) if len(times) > 1 else step_seconds * 1000
    described = "; ".join(f"{bar.symbol}: {len(bar):,} candles of {bar.interval_ms // 1000} s" for bar in bars)
    return MarketPath(
        tuple(bar.symbol for bar in bars),
        times,
        prices,
        step_ms,
        LABEL_CANDLES,
        f"{described}. Within a candle: open, then low and high (low first in a rising candle), then close.",
        tuple(dict.fromkeys(bar.source for bar in bars)),
    )


def _walk(bar: Bars, steps: int) -> tuple[Ints, Ints]:
    """Times and prices of all candles of one symbol, ``steps`` each."""
    rising = bar.close_e8 >= bar.open_e8
    second = np.where(rising, bar.low_e8, bar.high_e8)
    third = np.where(rising, bar.high_e8, bar.low_e8)
    corners = np.stack((bar.open_e8, second, third, bar.close_e8))
    places = (np.arange(4) * (steps - 1) + 1) // 3
    prices = np.empty((len(bar), steps), np.int64)
    for leg in range(3):
        first, last = int(places[leg]), int(places[leg + 1])
        for place in range(first, last + 1):
            prices[:, place] = corners[leg] + (corners[leg + 1] - corners[leg]) * (place - first) // (last - first)
    offsets = np.arange(steps, dtype=np.int64) * bar.interval_ms // steps
    times = (bar.times_ms[:, None] + offsets).reshape(-1)
    return times, prices.reshape(-1)


def premiums_ppb(path: MarketPath, *, seed: int) -> Ints:
    """A simulated premium of the perp over its index per step, for funding: it follows the last hour's return.

    A slow noise plus 2 % of the return over the last hour, within 0.5 %: in a fall perps trade below the index.
    """
    random = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, 1])))
    prices = carried_forward(path.prices_e8).astype(np.float64)
    steps = prices.shape[1]
    lag = max(1, min(steps - 1, HOUR_MS // path.step_ms)) if steps > 1 else 0
    change = np.zeros_like(prices)
    if lag:
        change[:, lag:] = prices[:, lag:] / prices[:, :-lag] - 1
    keep = np.exp(-1 / max(1, lag))
    noise = random.standard_normal(prices.shape) * 1e-4 * np.sqrt(1 - keep**2)
    slow = np.empty_like(noise)
    level = np.full(len(prices), 1e-4)
    for step in range(steps):
        level = 1e-4 + (level - 1e-4) * keep + noise[:, step]
        slow[:, step] = level
    limited = np.clip(slow + 0.02 * change, -0.005, 0.005)
    rounded: Ints = np.rint(limited * 1e6).astype(np.int64) * 1000
    return rounded


def carried_forward(prices: Ints) -> Ints:
    """Prices with every missing step (0) replaced by the last one known."""
    known = np.where(prices > 0, np.arange(prices.shape[1]), 0)
    carried: Any = np.take_along_axis(prices, np.maximum.accumulate(known, axis=1), axis=1)
    return np.asarray(carried, np.int64)
