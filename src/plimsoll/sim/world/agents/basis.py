"""Basis traders: long one contract and short another, for what lies between their prices."""

from plimsoll.sim.world.agents.agent import Agent
from plimsoll.sim.world.outbox import Outbox
from plimsoll.sim.world.sight import Sight
from plimsoll.sim.world.streams import between, chance


class Basis(Agent):
    """Each has two legs, or one against the premium where there is nothing to pair."""

    name = "basis"
    money = (1.0, 5.0)

    def act(self, sight: Sight, out: Outbox) -> None:
        """Open or widen the pair, or take it off again."""
        contracts = sight.contracts
        for account in self.accounts:
            if not contracts or not chance(self.random, self.config.activity) or not sight.is_healthy(account):
                continue
            near, far = contracts[account % len(contracts)], contracts[(account + 1) % len(contracts)]
            if chance(self.random, 0.25):
                for number in {near, far}:
                    sight.deal(out, account, number, -int(sight.lots[account, number]))
                continue
            micros = max(float(sight.free[account]), 0.0) * self.config.nerve * between(self.random, 0.1, 0.5)
            micros *= min(sight.leverage(near), sight.leverage(far))
            premium = sight.market.premiums[sight.listings[near - 1].coin]
            micros *= -1.0 if premium > 0 else 1.0
            dealt = sight.deal(out, account, near, sight.lots_worth(near, micros))
            if dealt and far != near:
                sight.deal(out, account, far, sight.lots_worth(far, -sight.worth(near, dealt)))
