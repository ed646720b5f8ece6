"""Simulation: market paths, a population, liquidators, and the replay that runs them against the engine.

What may enter: prices and parameters in human units, random numbers from a seed, floats that guess.
What leaves: commands, made of integers, and a result as plain data. The engine decides everything that is money;
nothing here changes its tables.
"""

from plimsoll.sim.candles import read_candles
from plimsoll.sim.errors import CandlesError, PoolFileError, SimulationError
from plimsoll.sim.liquidators import LiquidatorsConfig
from plimsoll.sim.listings import PoolSetup, load_pool
from plimsoll.sim.path import MarketPath, candle_path, march_2020_bars, simulated_path
from plimsoll.sim.population import PopulationConfig
from plimsoll.sim.replay import ReplayConfig, run_replay
from plimsoll.sim.result import ReplayResult
from plimsoll.sim.traders import TradersConfig

__all__ = [
    "CandlesError",
    "LiquidatorsConfig",
    "MarketPath",
    "PoolFileError",
    "PoolSetup",
    "PopulationConfig",
    "ReplayConfig",
    "ReplayResult",
    "SimulationError",
    "TradersConfig",
    "candle_path",
    "load_pool",
    "march_2020_bars",
    "read_candles",
    "run_replay",
    "simulated_path",
]
