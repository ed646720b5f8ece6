"""From a panel of returns to the joint scenarios of the last n steps, and what to do about short histories.

A name listed later than the first scenario has no return in the early ones. Leaving the scenarios out would shorten
everybody's history, leaving the name out would leave it without margin. So its missing *standardised* returns are
taken from the market: the mean of the standardised returns of the names that were there, brought to unit variance.
That makes a new coin move with the market, which is cautious for books that are long or short throughout and is not
for a book that is long one coin and short another; the table's remarks name the coins it was done for.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from plimsoll.risk.checks import Floats, float_array, whole_within
from plimsoll.risk.errors import RiskError
from plimsoll.risk.snapshot import ReturnsPanel

HISTORY_MIN: Final = 60
"""Fewer returns of its own than this give no vol to speak of."""


@dataclass(frozen=True)
class Standardised:
    """Standardised returns of the last n windows [n, names] without gaps, and the names that were filled."""

    values: Floats
    filled: tuple[str, ...]


def horizon_returns(returns: Floats, horizon: int, *, overlapping: bool = True) -> Floats:
    """Log returns over ``horizon`` steps, [windows, names]: every window, or only those that share no step.

    Overlapping windows use all data but are not independent; a quantile of them is right on average and less certain
    than their number suggests. The last window always ends with the last step. NaN where a step is missing.
    """
    array = float_array("returns", returns, dimensions=2, missing=True)
    steps = whole_within("horizon", horizon, 1, 2**31)
    if array.shape[0] < steps:
        raise RiskError(f"{array.shape[0]} returns are fewer than the horizon of {steps} steps; give a longer panel")
    if steps == 1:
        return array
    windows: Floats = np.lib.stride_tricks.sliding_window_view(array, steps, axis=0).sum(axis=-1)
    return windows if overlapping else windows[(windows.shape[0] - 1) % steps :: steps]


def wanted_columns(panel: ReturnsPanel, names: tuple[str, ...]) -> Floats:
    """Columns of the panel, [steps, names]; RiskError for a name with too short a history."""
    values = np.column_stack([panel.column(name) for name in names])
    for place, name in enumerate(names):
        count = int(np.count_nonzero(~np.isnan(values[:, place])))
        if count < HISTORY_MIN:
            raise RiskError(f"{name} has {count} returns; a model needs {HISTORY_MIN}: leave it out until then")
    return values


def fill_missing(values: Floats, names: tuple[str, ...], count: int) -> Standardised:
    """The last ``count`` rows of standardised returns, those that are missing filled from the market's.

    A row in which no name has a return (a gap in the panel) is not counted.
    """
    values = values[~np.isnan(values).all(axis=1)][-count:]
    missing = np.isnan(values)
    if not missing.any():
        return Standardised(values, ())
    there = ~missing
    counts = there.sum(axis=1)
    market = np.where(there, values, 0.0).sum(axis=1) / counts
    spread = float(np.sqrt(np.mean(market**2)))
    market = market / spread if spread > 0 else market
    filled = tuple(name for place, name in enumerate(names) if missing[:, place].any())
    return Standardised(np.where(missing, market[:, None], values), filled)


def filling_remarks(filled: tuple[str, ...]) -> tuple[str, ...]:
    """The sentence that names what was filled."""
    if not filled:
        return ()
    return (f"early scenarios of {', '.join(filled)} are the market's, scaled to their own vol",)
