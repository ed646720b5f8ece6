"""Who acts in a world: one small file a kind, with the one method ``act``.

A new kind is a file here, a line in ``PEOPLE``, and a weight in ``config.CROWD`` if it has accounts.
"""

from collections.abc import Mapping
from typing import Final

from plimsoll.sim.world.agents.agent import Agent
from plimsoll.sim.world.agents.arbitrageur import Arbitrageur
from plimsoll.sim.world.agents.basis import Basis
from plimsoll.sim.world.agents.borrower import Borrower
from plimsoll.sim.world.agents.careless import Careless
from plimsoll.sim.world.agents.gambler import Gambler
from plimsoll.sim.world.agents.governor import Governor
from plimsoll.sim.world.agents.hedger import Hedger
from plimsoll.sim.world.agents.keeper import Keeper
from plimsoll.sim.world.agents.liquidator import Liquidator
from plimsoll.sim.world.agents.maker import Maker
from plimsoll.sim.world.agents.manipulator import Manipulator
from plimsoll.sim.world.agents.noise import Noise
from plimsoll.sim.world.agents.operator import Operator
from plimsoll.sim.world.agents.provider import Provider
from plimsoll.sim.world.agents.rescuer import Rescuer
from plimsoll.sim.world.agents.saver import Saver
from plimsoll.sim.world.agents.sealed import Sealed
from plimsoll.sim.world.agents.slicer import Slicer
from plimsoll.sim.world.agents.sniper import Sniper
from plimsoll.sim.world.agents.splitter import Splitter
from plimsoll.sim.world.agents.staker import Staker
from plimsoll.sim.world.agents.trend import Trend
from plimsoll.sim.world.agents.twin import Twin
from plimsoll.sim.world.agents.whale import Whale
from plimsoll.sim.world.agents.writer import Writer

PEOPLE: Final[tuple[type[Agent], ...]] = (
    *(
        Operator,
        Governor,
        Maker,
        Trend,
        Noise,
        Hedger,
        Basis,
        Whale,
        Saver,
        Sniper,
        Twin,
        Splitter,
        Manipulator,
        Writer,
        Gambler,
        Borrower,
        Staker,
        Provider,
        Arbitrageur,
        Rescuer,
        Sealed,
        Slicer,
        Keeper,
        Liquidator,
        Careless,
    ),
)
"""In the order in which they act within a block."""

KINDS: Final[Mapping[str, type[Agent]]] = {kind.name: kind for kind in PEOPLE}

__all__ = ["KINDS", "PEOPLE", "Agent"]
