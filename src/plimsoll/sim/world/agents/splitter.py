"""Splitters: one owner with many accounts, each just large enough that no size penalty bites."""

from plimsoll.sim.world.agents.agent import Agent, owner_of
from plimsoll.sim.world.outbox import Outbox
from plimsoll.sim.world.sight import Sight
from plimsoll.sim.world.streams import between, chance
from plimsoll.units.messages import COMMAND_TRANSFER


class Splitter(Agent):
    """All accounts belong to the first one's owner and follow one direction."""

    name = "splitter"
    money = (0.2, 1.5)

    def open(self, out: Outbox) -> None:
        """Many accounts, one owner."""
        for account in self.accounts:
            self.open_account(out, account, owner_of(self.accounts[0]))

    def act(self, sight: Sight, out: Outbox) -> None:
        """Fill every account to where the penalty would begin; share out what is to spare."""
        contracts = sight.contracts
        if not contracts or not chance(self.random, self.config.activity):
            return
        number = contracts[0]
        row = sight.listings[number - 1].row
        most = row["segment_lots_1"] or row["lots_max"] // 10
        side = 1 if sight.market.moved(sight.listings[number - 1].coin, 10) >= 0 else -1
        for account in self.accounts:
            if not sight.is_healthy(account):
                continue
            micros = max(float(sight.free[account]), 0.0) * sight.leverage(number) * between(self.random, 0.3, 0.9)
            lots = min(most, abs(sight.lots_worth(number, micros))) * side
            sight.deal(out, account, number, lots - int(sight.lots[account, number]))
        own = [one for one in self.accounts if one < sight.count]
        if not own:
            return
        richest = max(own, key=lambda one: float(sight.free[one]))
        poorest = min(own, key=lambda one: float(sight.free[one]))
        spare = int(min(float(sight.free[richest]), float(sight.cash[richest])) * 0.3)
        if richest != poorest and spare > 0 and sight.is_healthy(richest):
            out.send(COMMAND_TRANSFER, account=richest, counterparty=poorest, amount=spare)
            sight.free[richest] -= spare
