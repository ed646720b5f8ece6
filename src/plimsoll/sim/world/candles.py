"""Historical returns a path may be put together from: those the package ships, or others from a file of candles."""

import csv
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np

from plimsoll.sim.candles import read_candles
from plimsoll.sim.view import Floats

SHIPPED = "march_2020.csv"


@cache
def historical_returns(file: Path | None = None) -> Floats:
    """Log returns [bar, symbol] from each open to its close, over the bars that all symbols have."""
    closes = _shipped() if file is None else _from_file(file)
    times = sorted(set.intersection(*(set(bars) for bars in closes.values())))
    returns: Floats = np.array([[closes[symbol][time] for symbol in sorted(closes)] for time in times])
    return returns


def _shipped() -> dict[str, dict[int, float]]:
    """The shipped bars, read without any extra."""
    text = resources.files("plimsoll.sim").joinpath("data", SHIPPED).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    found: dict[str, dict[int, float]] = {}
    hours: dict[str, int] = {}
    for row in csv.DictReader(lines):
        hour = hours.setdefault(row["time"], len(hours))
        found.setdefault(row["symbol"], {})[hour] = float(np.log(float(row["close"]) / float(row["open"])))
    return found


def _from_file(file: Path) -> dict[str, dict[int, float]]:
    found = {}
    for bars in read_candles([file]):
        returns = np.log(bars.close_e8 / bars.open_e8)
        found[bars.symbol] = dict(zip(bars.times_ms.tolist(), returns.tolist(), strict=True))
    return found
