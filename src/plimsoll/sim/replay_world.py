"""What a replay is asked for, and the world that makes of it: a market path, a pool, a population, perhaps a desk."""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from plimsoll.sim.candles import read_candles
from plimsoll.sim.desk.config import DeskConfig
from plimsoll.sim.errors import SimulationError
from plimsoll.sim.liquidators import LiquidatorsConfig
from plimsoll.sim.listings import PoolSetup
from plimsoll.sim.opening import Opening
from plimsoll.sim.path import MarketPath, candle_path, carried_forward, march_2020_bars, simulated_path
from plimsoll.sim.pool_file import load_pool
from plimsoll.sim.pool_values import tokens_of
from plimsoll.sim.population import Population, PopulationConfig, draw_population
from plimsoll.sim.tables import Make
from plimsoll.sim.traders import TradersConfig
from plimsoll.units.tables import Ints

if TYPE_CHECKING:
    from plimsoll.sim.desk.desk import DeskPlan

NO_DESK: Final = "No option desk"


@dataclass(frozen=True)
class ReplayConfig:
    """What a replay is asked for. Without ``candles`` it walks 12 and 13 March 2020, simulated within the hour."""

    seed: int = 1
    accounts: int = 10_000
    step_seconds: int = 60
    steps_max: int | None = None
    candles: tuple[Path, ...] = ()
    symbols: tuple[str, ...] = ()
    market: str | None = None
    interval: str | None = None
    venue: str | None = None
    start_ms: int | None = None
    end_ms: int | None = None
    pool: Path | None = None
    fund: str | Decimal | None = None
    backstop: str | Decimal | None = None
    identities_every: int = 60
    population: PopulationConfig = field(default_factory=PopulationConfig)
    traders: TradersConfig = field(default_factory=TradersConfig)
    liquidators: LiquidatorsConfig = field(default_factory=LiquidatorsConfig)
    desk: DeskConfig | None = field(default_factory=DeskConfig)
    """The option desk, where the pool can have one; None for none."""


@dataclass(frozen=True)
class World:
    """What a replay runs: a market, the pool's rules, who takes part, and how the tables of its classes are made.

    ``opening``: who opens and at what cost, where a probe has found that out; without it everybody tries.
    """

    path: MarketPath
    setup: PoolSetup
    population: Population
    make: Make | None = None
    opening: Opening | None = None
    desk: "DeskPlan | None" = None


def with_desk(config: ReplayConfig, world: World) -> World:
    """The world with its option desk; without one, and with a note of why, where that is impossible."""
    if config.desk is None:
        return world
    try:
        from plimsoll.sim.desk.desk import plan_desk, renumbered
    except ImportError as error:
        return _without_desk(world, str(error))
    start, marks = int(world.path.times_ms[0]), marks_of(world.path, world.setup)[:, 0]
    plan = plan_desk(world.setup, config.desk, config.accounts, start, marks, seed=config.seed)
    if isinstance(plan, str):
        return _without_desk(world, plan)
    return replace(world, setup=plan.setup, population=renumbered(world.population), desk=plan)


def _without_desk(world: World, why: str) -> World:
    return replace(world, setup=replace(world.setup, notes=(*world.setup.notes, f"{NO_DESK}: {why}.")))


def population_of(config: ReplayConfig, path: MarketPath, setup: PoolSetup) -> Population:
    """The population the settings ask for, drawn at the first prices of the path."""
    drawn = replace(config.population, accounts=config.accounts)
    return draw_population(drawn, setup, marks_of(path, setup)[:, 0], seed=config.seed)


def marks_of(path: MarketPath, setup: PoolSetup) -> Ints:
    """Marks [instrument, step]; 0 is the settlement token. A price that is missing stays what it was."""
    steady = carried_forward(path.prices_e8)
    marks = np.ones((len(setup.listings) + 1, len(path)), np.int64) * 1_000_000
    for listing in setup.options():
        marks[listing.number] = 0
    for listing in (*setup.contracts(), *setup.assets()):
        marks[listing.number] = listing.marks(steady[path.symbols.index(listing.symbol)])
    return marks


def path_of(config: ReplayConfig) -> MarketPath:
    """The market path the settings ask for."""
    if not 0 <= config.seed < 2**63:
        raise SimulationError(f"a seed of {config.seed} must be at least 0")
    if config.identities_every < 1:
        raise SimulationError("identities must be checked at least every step")
    if config.candles:
        bars = read_candles(
            config.candles,
            symbols=config.symbols,
            market=config.market,
            interval=config.interval,
            venue=config.venue,
            start_ms=config.start_ms,
            end_ms=config.end_ms,
        )
        path = candle_path(bars, step_seconds=config.step_seconds)
    else:
        path = simulated_path(march_2020_bars(), seed=config.seed, step_seconds=config.step_seconds)
    if config.steps_max is not None:
        if config.steps_max < 1:
            raise SimulationError("a replay needs at least one step")
        path = path.head(config.steps_max)
    return path


def setup_of(config: ReplayConfig, path: MarketPath) -> PoolSetup:
    """The pool the settings ask for, as far as the path has prices for it."""
    setup = load_pool(config.pool).for_symbols(path.symbols).for_step(path.step_ms)
    if config.fund is not None:
        setup = replace(setup, fund_micros=tokens_of(config.fund))
    if config.backstop is not None:
        setup = replace(setup, backstop_micros=tokens_of(config.backstop))
    if setup.fund_micros < 0 or setup.backstop_micros < 0:
        raise SimulationError("fund and backstop must not be negative")
    return setup
