"""Whales: rarely, all at once, and large beside everybody who would have to take it over."""

from plimsoll.sim.world.agents.agent import Agent
from plimsoll.sim.world.outbox import Outbox
from plimsoll.sim.world.sight import Sight
from plimsoll.sim.world.streams import between, chance, pick


class Whale(Agent):
    """Each has one position, as large as it can carry."""

    name = "whale"
    money = (5.0, 40.0)

    def act(self, sight: Sight, out: Outbox) -> None:
        """Build the position over a few blocks; now and then turn it round."""
        contracts = sight.contracts
        for account in self.accounts:
            if not contracts or not chance(self.random, 0.15) or not sight.is_healthy(account):
                continue
            number = contracts[account % len(contracts)]
            held = int(sight.lots[account, number])
            side = 1.0 if held > 0 else -1.0 if held < 0 else pick(self.random, (1.0, 1.0, -1.0))
            if chance(self.random, 0.1):
                sight.deal(out, account, number, -held)
                continue
            micros = max(float(sight.free[account]), 0.0) * sight.leverage(number) * between(self.random, 0.4, 0.95)
            sight.deal(out, account, number, sight.lots_worth(number, micros * side))
