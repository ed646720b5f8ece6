"""The desk's risk model: a grid of price and vol with damped tails, shown the market as the pool's tables have it.

Whenever a table is made it also measures the one before: how far the marks the engine had moved by delta were from
options repriced at the same vols and time (what the hedge misses), and from the new table (what accounts see).
"""

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from plimsoll.risk import ScenarioMatrix, Underlying, damped_tails, quantise, spot_vol_grid
from plimsoll.risk.models import VolShock
from plimsoll.risk.models.base import reprice
from plimsoll.risk.table import ClassTable, RiskPolicy
from plimsoll.sim.desk.config import DeskConfig
from plimsoll.sim.desk.ladder import CLASS
from plimsoll.sim.desk.vols import VolLevel
from plimsoll.sim.listings import ClassSetup, PoolSetup
from plimsoll.sim.tables import members_of
from plimsoll.units.limits import MICROS_PER_TOKEN
from plimsoll.venue.market import underlying_of

MOVES: Final = (-0.16, -0.12, -0.08, -0.04, 0.0, 0.04, 0.08, 0.12, 0.16)
TAILS: Final = (-0.50, 0.50, 1.0)
TAIL_SHARE: Final = 1.0
MATRIX: Final = ScenarioMatrix(
    (*spot_vol_grid(MOVES), *damped_tails(TAILS, MOVES[-1], TAIL_SHARE)),
    VolShock(range_up=0.5, range_down=0.25),
    policy=RiskPolicy(
        factor_maintenance=0.8,
        addons_inside=True,
        linear_initial=0.01,
        linear_maintenance=0.01,
        option_initial=0.01,
        option_maintenance=0.01,
        floor_option=0.01,
    ),
    name="desk",
)


@dataclass
class HedgeErrors:
    """At each new table, of the worst option: the error of the hedge and the jump to the new value, of the spot."""

    time_ms: list[int] = field(default_factory=list)
    move: list[float] = field(default_factory=list)
    hedge: list[float] = field(default_factory=list)
    jump: list[float] = field(default_factory=list)


class DeskModel:
    """Makes the tables of the desk's class."""

    def __init__(self, setup: PoolSetup, config: DeskConfig) -> None:
        self.config = config
        self.vols = VolLevel(config)
        self.errors = HedgeErrors()
        self.index = setup.listing(CLASS)
        self.options = setup.options()
        self.last: Underlying | None = None
        """What the last table was made of."""

    def make(self, one: ClassSetup, spot: float, time_ms: int, pool: Any) -> ClassTable:
        """The table at this moment; options that have expired are left out and keep what they have."""
        live = [option for option in self.options if option.row["expiry"] > time_ms]
        seen = underlying_of(pool, one.number, self.index.name, [option.number for option in live], self.vols)
        underlying = Underlying(one.name, one.number, one.index, spot, seen.chain)
        table = MATRIX.class_table(underlying)
        self._measure(table, spot, time_ms, pool)
        self.last = underlying
        return table

    def _measure(self, table: ClassTable, spot: float, time_ms: int, pool: Any) -> None:
        """Compare the marks in force with the last chain repriced, and with the new table."""
        last, options = self.last, table.arrays.options
        if last is None or last.chain is None or not options.instruments.size:
            return
        move = spot / last.spot - 1.0
        repriced = reprice(last.chain, np.array([move]), last.chain.vols[:, None])[:, 0]
        marks = np.asarray(pool.instruments["mark"]) / MICROS_PER_TOKEN
        there = np.isin(last.chain.instruments, options.instruments)
        old, new = last.chain.instruments[there], options.instruments
        self.errors.time_ms.append(time_ms)
        self.errors.move.append(move)
        self.errors.hedge.append(float(np.abs(repriced[there] - marks[old]).max()) / spot)
        self.errors.jump.append(float(np.abs(options.v0 - marks[new]).max()) / spot)


def class_of(setup: PoolSetup, config: DeskConfig, spot: float) -> ClassSetup:
    """The desk's class as it is published first: the policy of the grid, before there are options."""
    index = setup.listing(CLASS)
    table = MATRIX.class_table(Underlying(config.coin, CLASS, index.number, spot))
    payload = quantise(table, 0, scale=int(index.row["scale"]), members=members_of(setup, CLASS))
    return ClassSetup(CLASS, config.coin, index.number, payload.shift, tuple(payload.class_words.tolist()))
