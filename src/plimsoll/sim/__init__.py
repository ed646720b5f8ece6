"""Simulation: market paths, a population, liquidators, and the replay that runs them against the engine.

What may enter: prices and parameters in human units, random numbers from a seed, floats that guess.
What leaves: commands, made of integers, and a result as plain data. The engine decides everything that is money;
nothing here changes its tables.
"""

from plimsoll.sim.candles import read_candles
from plimsoll.sim.desk import DeskConfig
from plimsoll.sim.errors import CandlesError, PoolFileError, SimulationError
from plimsoll.sim.liquidators import LiquidatorsConfig
from plimsoll.sim.listings import PoolSetup
from plimsoll.sim.path import MarketPath, candle_path, march_2020_bars, simulated_path
from plimsoll.sim.pool_file import load_pool
from plimsoll.sim.population import PopulationConfig
from plimsoll.sim.replay import run_replay
from plimsoll.sim.replay_mechanisms import MechanismReplays, MechanismRun, mechanism_replays_as_dict
from plimsoll.sim.replay_presets import PresetReplays, PresetResult, preset_replays_as_dict
from plimsoll.sim.replay_world import NO_DESK, ReplayConfig
from plimsoll.sim.result import ReplayResult
from plimsoll.sim.traders import TradersConfig

__all__ = [
    "NO_DESK",
    "CandlesError",
    "DeskConfig",
    "LiquidatorsConfig",
    "MarketPath",
    "MechanismReplays",
    "MechanismRun",
    "PoolFileError",
    "PoolSetup",
    "PopulationConfig",
    "PresetReplays",
    "PresetResult",
    "ReplayConfig",
    "ReplayResult",
    "SimulationError",
    "TradersConfig",
    "candle_path",
    "load_pool",
    "march_2020_bars",
    "mechanism_replays_as_dict",
    "preset_replays_as_dict",
    "read_candles",
    "run_replay",
    "simulated_path",
]
