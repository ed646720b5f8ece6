"""What an actor of the simulation sees in one step: prices, and the pool's tables read in whole columns.

Floats are allowed here: actors guess, the engine decides. Whatever they decide leaves as integers in a command.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from plimsoll.sim.listings import Listing, PoolSetup
from plimsoll.sim.session import EngineLike
from plimsoll.units.limits import PPB
from plimsoll.units.tables import Ints

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

SPREAD_CALM = 0.0002
SPREAD_PER_RETURN = 0.10


@dataclass(frozen=True)
class View:
    """One step: arrays by instrument number are ``[instrument]`` (0 is the settlement token), others by account row."""

    step: int
    time_ms: int
    step_ms: int
    setup: PoolSetup
    marks: Ints
    returns: Floats
    volatility: Floats
    engine: EngineLike
    equity: Ints
    margin_maintenance: Ints
    margin_initial: Ints

    @property
    def pool(self) -> Any:
        """The tables, to be read only."""
        return self.engine.pool

    @property
    def half_spread(self) -> Floats:
        """Half the spread makers ask for, as a share of the price: it widens with the last move and with volatility."""
        spread: Floats = SPREAD_CALM + SPREAD_PER_RETURN * np.maximum(np.abs(self.returns), self.volatility)
        return spread

    @property
    def units(self) -> Ints:
        """10^scale lots per instrument."""
        return self.setup.units

    def headroom(self, accounts: Ints) -> Ints:
        """Equity above the initial margin, in micros."""
        result: Ints = self.equity[accounts] - self.margin_initial[accounts]
        return result

    def lots(self, accounts: Ints) -> Ints:
        """Lots [account, instrument]."""
        return self.columns(accounts, "lots")[0]

    def columns(self, accounts: Ints, *names: str) -> list[Ints]:
        """Columns of the holdings as matrices [account, instrument], 0 where nothing is held."""
        table = self.pool.accounts
        counts = np.asarray(table["count"][accounts])
        starts = np.asarray(table["start"][accounts])
        row = np.repeat(np.arange(len(accounts)), counts)
        offsets = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
        held = self.pool.holdings[np.repeat(starts, counts) + offsets]
        result = []
        for name in names:
            matrix = np.zeros((len(accounts), len(self.marks)), np.int64)
            matrix[row, held["instrument"]] = held[name]
            result.append(matrix)
        return result

    def notional(self, instrument: Ints, lots: Ints) -> Floats:
        """Rough |value| in micros."""
        result: Floats = np.abs(lots).astype(np.float64) * self.marks[instrument] / self.units[instrument]
        return result

    def lots_worth(self, instrument: Ints, micros: Floats) -> Ints:
        """Whole lots worth at most so many micros at the mark."""
        worth = np.floor(micros * self.units[instrument] / np.maximum(self.marks[instrument], 1))
        return np.minimum(worth, 2.0**53).astype(np.int64)

    def fill_price(self, instrument: Ints, lots: Ints) -> Ints:
        """Where makers deal with a taker of signed ``lots``: the mark, half a spread worse, within the band."""
        marks = self.marks[instrument]
        half = np.minimum(self.half_spread[instrument], 0.9 * self.setup.bands[instrument])
        prices = np.rint(marks * (1 + np.sign(lots) * half)).astype(np.int64)
        result: Ints = np.maximum(prices, 1)
        return result


def requirement(listing: Listing, notional: Floats, lots: Ints, side: str = "maintenance") -> Floats:
    """Rough margin requirement in micros of positions in one listing, without add-ons; ``side`` as in its row."""
    row = listing.row
    size = np.abs(lots).astype(np.float64)
    price = np.divide(notional, size, out=np.zeros_like(notional), where=size > 0)
    rate = row[f"rate_{side}"] / PPB
    required = notional * rate
    for place in (1, 2, 3):
        start = row[f"segment_lots_{place}"]
        if start:
            marginal = row[f"segment_{side}_{place}"] / PPB
            required += np.maximum(size - start, 0) * price * (marginal - rate)
            rate = marginal
    if row[f"slope_{side}"]:
        required += notional * size / listing.unit * row[f"slope_{side}"] / PPB
    if row["root_factor_initial"]:
        root = row[f"root_base_{side}"] + row[f"root_factor_{side}"] * np.sqrt(size) / PPB
        required = np.maximum(required, notional * root / PPB)
    return required


def contract_mask(setup: PoolSetup) -> Flags:
    """Which instrument numbers are perpetuals or futures."""
    return setup.is_contract
