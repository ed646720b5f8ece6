"""Trend followers: long what rose, short what fell, levered as far as they dare."""

from plimsoll.sim.world.agents.agent import Agent
from plimsoll.sim.world.outbox import Outbox
from plimsoll.sim.world.sight import Sight
from plimsoll.sim.world.streams import between, chance, whole


class Trend(Agent):
    """Each follows one contract over a horizon of its own."""

    name = "trend"

    def act(self, sight: Sight, out: Outbox) -> None:
        """Move towards the position the trend asks for."""
        contracts = sight.contracts
        for account in self.accounts:
            if not contracts or not chance(self.random, self.config.activity) or not sight.is_healthy(account):
                continue
            number = contracts[account % len(contracts)]
            moved = sight.market.moved(sight.listings[number - 1].coin, whole(self.random, 1, 8))
            nerve = self.config.nerve * between(self.random, 0.5, 1.0)
            target = max(float(sight.equity[account]), 0.0) * sight.leverage(number) * nerve
            lots = sight.lots_worth(number, target if moved >= 0 else -target)
            sight.deal(out, account, number, lots - int(sight.lots[account, number]))
