"""Bars: open, high, low, close per interval, as integers, checked before anything is built on them.

A price is kept as the whole number of 1e-8 of the quote currency per coin (``_e8``): every price an exchange
publishes fits exactly, and none of them is a float after this module.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np

from plimsoll.sim.errors import CandlesError
from plimsoll.units.tables import Ints

PRICE_E8: Final = 10**8
PRICE_E8_MAX: Final = 10**16
"""Above 100 million per coin a file is in another unit than we think."""

FIELDS: Final = ("open", "high", "low", "close")


@dataclass(frozen=True)
class Bars:
    """Bars of one symbol in rising time: arrays of one length, times in milliseconds, prices in 1e-8."""

    symbol: str
    source: str
    interval_ms: int
    times_ms: Ints
    open_e8: Ints
    high_e8: Ints
    low_e8: Ints
    close_e8: Ints

    def __len__(self) -> int:
        return len(self.times_ms)


def iso(time_ms: int) -> str:
    """``1583971200000`` is ``2020-03-12T00:00:00Z``; milliseconds are shown only when there are any."""
    moment = datetime.fromtimestamp(time_ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds" if time_ms % 1000 else "seconds").replace("+00:00", "Z")


def time_ms_of(text: str) -> int:
    """Milliseconds of an ISO time; without a zone it is UTC. ValueError when it is none."""
    moment = datetime.fromisoformat(text)
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def row_names(numbers: Sequence[int]) -> Callable[[int], str]:
    """How a message names the n-th bar: by the number of its row in the file."""
    return lambda position: f"row {numbers[position]}"


def bars_checked(
    symbol: str, source: str, times_ms: Ints, prices_e8: dict[str, Ints], row_of: Callable[[int], str]
) -> Bars:
    """Bars of one symbol, or CandlesError naming ``source`` and the first wrong row.

    ``row_of`` says where the n-th bar stands in the file. Times must rise, prices must be positive with
    low <= open, close <= high; intervals may be missing (an outage), their usual spacing is the interval.
    """

    def refuse(wrong: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]", what: str) -> None:
        if wrong.any():
            raise CandlesError(f"{source}: {row_of(int(np.argmax(wrong)))}: {symbol}: {what}")

    if len(times_ms) == 0:
        raise CandlesError(f"{source}: {symbol}: no bars")
    steps = np.diff(times_ms)
    refuse(np.concatenate(([False], steps == 0)), "this time was there before")
    refuse(np.concatenate(([False], steps < 0)), "time goes back")
    for name in FIELDS:
        refuse(prices_e8[name] < 1, f"{name} must be above 0")
        refuse(prices_e8[name] > PRICE_E8_MAX, f"{name} is too large for a price")
    low, high = prices_e8["low"], prices_e8["high"]
    for name in ("open", "close", "high"):
        refuse(prices_e8[name] < low, f"{name} is below low")
    for name in ("open", "close"):
        refuse(prices_e8[name] > high, f"{name} is above high")
    # One bar alone says nothing about its length: an hour, as good as any.
    interval_ms = int(np.median(steps)) if len(steps) else 3_600_000
    return Bars(symbol, source, interval_ms, times_ms, prices_e8["open"], high, low, prices_e8["close"])
