"""Panels of past prices from files: many names, one grid of times, NaN where there is no price.

Two shapes of CSV (gzip is read through): *wide*, ``ts`` (unix seconds of a candle's opening) and a column of closes
for each name; *long*, ``day``, ``symbol``, ``close`` and perhaps ``hours`` of data in the day. A close counts from
the end of its candle, never from its beginning. Polars reads; it is an extra (``plimsoll[risk]``).
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from plimsoll.risk.checks import Floats, float_array, of_length
from plimsoll.risk.errors import RiskError
from plimsoll.risk.snapshot import ReturnsPanel
from plimsoll.units.tables import Ints

if TYPE_CHECKING:
    import polars as pl

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
QUOTE: Final = re.compile(r"(USDT|USDC|BUSD|USD)$")
TWICE: Final = re.compile(r"(.*)_duplicated_\d+$")
"""What Polars makes of a column that is there twice."""
SECONDS_MAX: Final = 10**11
"""The year 5138: what is above was meant in milliseconds."""


@dataclass(frozen=True)
class PricePanel:
    """Prices [times, names] known at ``times_ms``, rising and evenly spaced by ``step_ms``; NaN where there is none."""

    names: tuple[str, ...]
    times_ms: Ints
    prices: Floats
    step_ms: int

    def __post_init__(self) -> None:
        """RiskError for a price that is not above zero, or shapes that do not go together."""
        prices = float_array("prices", self.prices, dimensions=2, missing=True)
        of_length("prices", prices, self.times_ms.size, "times")
        if prices.shape[1] != len(self.names) or prices.size == 0:
            raise RiskError(f"prices have shape {prices.shape} for {len(self.names)} names; the panel may be empty")
        if (prices <= 0).any():
            row, column = (int(at) for at in np.argwhere(prices <= 0)[0])
            raise RiskError(
                f"{self.names[column]}: price {prices[row, column]} in row {row + 1}; it must be above zero"
            )
        if (np.diff(self.times_ms) <= 0).any():
            raise RiskError("times of the panel must rise; sort it and remove what is there twice")

    def returns(self) -> ReturnsPanel:
        """Log returns from each time to the next; NaN where either price is missing."""
        return ReturnsPanel(self.names, self.times_ms[1:], np.diff(np.log(self.prices), axis=0))

    def place(self, name: str) -> int:
        """The column of a name; RiskError lists those there are."""
        if name not in self.names:
            raise RiskError(f"no prices of {name}; the panel has: {', '.join(self.names)}")
        return self.names.index(name)

    def sampled(self, hours: int) -> "PricePanel":
        """The panel at every ``hours`` hours of UTC. A price stands in for one that is missing for one step at most."""
        step = hours * HOUR_MS
        if hours < 1 or step % self.step_ms:
            raise RiskError(f"{hours} h is not a multiple of the panel's step of {self.step_ms / HOUR_MS:g} h")
        first = -(-int(self.times_ms[0]) // step) * step
        grid = np.arange(first, int(self.times_ms[-1]) + 1, step, dtype=np.int64)
        if grid.size < 2:
            raise RiskError(f"the panel is shorter than two steps of {hours} h; give more data")
        columns = [_last_known(self.times_ms, self.prices[:, place], grid, step) for place in range(len(self.names))]
        return PricePanel(self.names, grid, np.column_stack(columns), step)

    def with_column(self, name: str, times_ms: Ints, values: Floats) -> "PricePanel":
        """The panel with one more series (a vol index, say): the last known at each time, NaN if a step old or more."""
        if name in self.names:
            raise RiskError(f"the panel already has {name}; give the new column another name")
        column = _last_known(times_ms, values, self.times_ms, self.step_ms)
        return PricePanel((*self.names, name), self.times_ms, np.column_stack([self.prices, column]), self.step_ms)


def _last_known(times: Ints, values: Floats, grid: Ints, age_max: int) -> Floats:
    there = ~np.isnan(values)
    if not there.any():
        return np.full(grid.size, np.nan)
    known, series = times[there], values[there]
    at = np.searchsorted(known, grid, side="right") - 1
    fresh = (at >= 0) & (grid - known[np.maximum(at, 0)] < age_max)
    return np.where(fresh, series[np.maximum(at, 0)], np.nan)


def read_panel(file: Path) -> PricePanel:
    """The panel of a wide or long CSV. RiskError in one line for a file that is neither."""
    frame = _frame(file)
    if "ts" in frame.columns:
        return _wide(frame, file)
    if {"day", "symbol", "close"} <= set(frame.columns):
        return _long(frame, file)
    raise RiskError(f"{file.name}: neither wide (ts, then names) nor long (day, symbol, close); it has other columns")


def read_index(file: Path) -> tuple[Ints, Floats]:
    """A daily index (``day``, then one column): (times known, values). A day's value counts from the day's end."""
    frame = _frame(file)
    if frame.columns[:1] != ["day"] or frame.width != 2:
        raise RiskError(f"{file.name}: a daily index has two columns, day and value; it has {frame.width}")
    values = _numbers(frame, frame.columns[1], file)
    if (values <= 0).any():
        row = int(np.argmax(values <= 0))
        raise RiskError(f"{file.name}: row {row + 2}: {frame.columns[1]} is {values[row]:g}; it must be above zero")
    return _days_ms(frame, file) + DAY_MS, values


def _frame(file: Path) -> "pl.DataFrame":
    try:
        import polars as pl
    except ImportError:
        raise RiskError("reading a panel needs polars: install plimsoll[risk]") from None
    if not file.is_file():
        raise RiskError(f"{file}: {'is a directory; name a file in it' if file.is_dir() else 'no such file'}")
    try:
        frame = pl.read_csv(file, infer_schema=False)
    except (pl.exceptions.PolarsError, OSError, UnicodeDecodeError) as error:
        lines = str(error).strip().splitlines() or ["unreadable"]
        raise RiskError(f"{file.name}: {lines[0]}") from None
    if frame.height < 2:
        raise RiskError(f"{file.name}: {frame.height} rows; a panel needs two at least")
    for name in frame.columns:
        if found := TWICE.fullmatch(name):
            raise RiskError(f"{file.name}: the column {found.group(1)} is there twice; remove one")
    return frame


def _wide(frame: "pl.DataFrame", file: Path) -> PricePanel:
    times = _numbers(frame, "ts", file)
    if np.isnan(times).any():
        raise RiskError(f"{file.name}: a row has no ts")
    if np.abs(times).max() > SECONDS_MAX:
        raise RiskError(
            f"{file.name}: ts {times[np.argmax(np.abs(times))]:.0f} is no unix time in seconds; divide by 1000"
        )
    names = tuple(name for name in frame.columns if name != "ts")
    if not names:
        raise RiskError(f"{file.name}: no column of prices beside ts; give one a name, such as BTC")
    opened = times.astype(np.int64) * 1000
    step = int(np.diff(opened).min())
    if step <= 0:
        raise RiskError(f"{file.name}: times must rise; sort the file and remove what is there twice")
    closes = np.column_stack([_numbers(frame, name, file) for name in names])
    with _in_file(file):
        return PricePanel(names, opened + step, closes, step)


def _long(frame: "pl.DataFrame", file: Path) -> PricePanel:
    days, closes = _days_ms(frame, file), _numbers(frame, "close", file)
    symbols = np.array([QUOTE.sub("", str(one)) for one in frame["symbol"].to_list()])
    grid = np.arange(days.min(), days.max() + 1, DAY_MS, dtype=np.int64)
    if "hours" in frame.columns and (_numbers(frame, "hours", file)[days == days.max()] < 24).all():
        # The last day is not over: its close is not a close.
        grid = grid[:-1]
    names = tuple(dict.fromkeys(symbols.tolist()))
    prices = np.full((grid.size, len(names)), np.nan)
    for place, name in enumerate(names):
        mine = (symbols == name) & (days <= grid[-1])
        rows = (days[mine] - grid[0]) // DAY_MS
        if np.unique(rows).size != rows.size:
            raise RiskError(f"{file.name}: {name} has a day twice; remove one")
        prices[rows, place] = closes[mine]
    with _in_file(file):
        return PricePanel(names, grid + DAY_MS, prices, DAY_MS)


@contextmanager
def _in_file(file: Path) -> Iterator[None]:
    """Name the file in what is wrong with its panel."""
    try:
        yield
    except RiskError as error:
        raise RiskError(f"{file.name}: {error}") from None


def _numbers(frame: "pl.DataFrame", name: str, file: Path) -> Floats:
    """A column as floats, NaN where it is blank; RiskError for text."""
    import polars as pl

    text = frame[name].str.strip_chars()
    blank = text.is_null() | (text == "")
    values = text.cast(pl.Float64, strict=False)
    wrong = (values.is_null() | values.is_nan() | values.is_infinite()).fill_null(True) & ~blank.fill_null(True)
    if wrong.any():
        row = int(np.argmax(wrong.to_numpy()))
        raise RiskError(f"{file.name}: row {row + 2}: {name} is not a number: {text[row]!r}")
    return np.asarray(values.fill_null(float("nan")).to_numpy(), np.float64)


def _days_ms(frame: "pl.DataFrame", file: Path) -> Ints:
    import polars as pl

    days = frame["day"].str.strip_chars().str.to_date("%Y-%m-%d", strict=False)
    if days.null_count():
        raise RiskError(f"{file.name}: row {int(np.argmax(days.is_null().to_numpy())) + 2}: day is not like 2024-01-31")
    return np.asarray(days.cast(pl.Int64).to_numpy(), np.int64) * DAY_MS
