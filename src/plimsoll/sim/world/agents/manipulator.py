"""Manipulators: long inside the pool, they buy the coin outside until the price is theirs, and leave with the profit.

The pool lends against a profit nobody will pay: what is left when the price comes back is the pool's.
"""

from typing import Final

from plimsoll.sim.world.agents.agent import Agent
from plimsoll.sim.world.config import WorldConfig
from plimsoll.sim.world.outbox import Outbox
from plimsoll.sim.world.sight import Sight
from plimsoll.sim.world.streams import Random, whole
from plimsoll.units.messages import COMMAND_REALISE, COMMAND_WITHDRAW

BUILDS: Final = 6
PUMPS: Final = 4
LEAVES: Final = 3
STRENGTH: Final = 0.08
"""How far a pump moves the logarithm of the price in a block."""


class Manipulator(Agent):
    """Each starts in a block of its own and does it once."""

    name = "manipulator"
    money = (2.0, 20.0)

    def __init__(self, accounts: tuple[int, ...], random: Random, config: WorldConfig) -> None:
        super().__init__(accounts, random, config)
        self.starts = [whole(random, 5, 200) for _ in accounts]

    def act(self, sight: Sight, out: Outbox) -> None:
        """Build, pump, take the profit out, let go."""
        contracts = sight.contracts
        for account, start in zip(self.accounts, self.starts, strict=True):
            phase = sight.market.block - start
            if not contracts or phase < 0 or not sight.is_healthy(account):
                continue
            number = contracts[-1]
            coin = sight.listings[number - 1].coin
            if phase < BUILDS:
                micros = max(float(sight.free[account]), 0.0) * sight.leverage(number) * 0.9
                sight.deal(out, account, number, sight.lots_worth(number, micros))
            elif phase < BUILDS + PUMPS:
                sight.market.push(coin, STRENGTH * sight.market.depth)
            elif phase < BUILDS + PUMPS + LEAVES:
                self._leave(sight, out, account, number)
            elif phase < BUILDS + 2 * PUMPS + LEAVES:
                sight.market.push(coin, -STRENGTH * sight.market.depth)
            if phase == BUILDS:
                out.say("somebody buys a coin outside to move its price")

    def _leave(self, sight: Sight, out: Outbox, account: int, number: int) -> None:
        if sight.lots[account, number] != 0:
            out.send(COMMAND_REALISE, account=account, instrument=number)
        spare = int(min(float(sight.free[account]), float(sight.cash[account])) * 0.9)
        if spare > 0:
            out.send(COMMAND_WITHDRAW, account=account, amount=spare)
