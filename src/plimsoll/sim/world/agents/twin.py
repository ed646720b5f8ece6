"""Twins: an owner's two isolated accounts on the two sides of one contract, so that a gap ruins only one of them."""

from plimsoll.sim.world.agents.agent import Agent, owner_of
from plimsoll.sim.world.outbox import Outbox
from plimsoll.sim.world.sight import Sight
from plimsoll.sim.world.streams import between, chance
from plimsoll.units.messages import COMMAND_TRANSFER, COMMAND_WITHDRAW

ENDS_BLOCKS = 8


class Twin(Agent):
    """Two accounts an owner, one long and one short; a lone one at the end is long."""

    name = "twin"
    money = (0.1, 1.0)

    def open(self, out: Outbox) -> None:
        """Isolated accounts, two for one owner; in what ends first of all, where something does."""
        contracts = [number for number, one in enumerate(self.config.listings, start=1) if one.is_contract]
        contracts.sort(key=lambda number: -self.config.listings[number - 1].row["expiry"])
        for place, account in enumerate(self.accounts):
            owner = owner_of(self.accounts[place - place % 2])
            isolated = contracts[place // 2 % len(contracts)] if contracts else 0
            self.open_account(out, account, owner, isolated=isolated)

    def act(self, sight: Sight, out: Outbox) -> None:
        """Keep both sides as large as they can be; move cash from the winner to the loser at times."""
        for place, account in enumerate(self.accounts):
            often = chance(self.random, self.config.activity)
            if not sight.is_healthy(account):
                continue
            number = int(sight.accounts["isolated"][account])
            if number not in sight.contracts:
                continue
            if 0 < int(sight.rows["expiry"][number]) - sight.time_ms < ENDS_BLOCKS * self.config.block_ms:
                self._wait_for_the_end(sight, out, account, number, place)
                continue
            if not often:
                continue
            other = self.accounts[place ^ 1] if place ^ 1 < len(self.accounts) else account
            spare = int(min(float(sight.free[account]), float(sight.cash[account])) * 0.5)
            if other != account and spare > 0 and chance(self.random, 0.1):
                out.send(COMMAND_TRANSFER, account=account, counterparty=other, amount=spare)
                sight.free[account] -= spare
                continue
            micros = max(float(sight.free[account]), 0.0) * sight.leverage(number) * between(self.random, 0.3, 0.9)
            sight.deal(out, account, number, sight.lots_worth(number, micros if place % 2 == 0 else -micros))

    def _wait_for_the_end(self, sight: Sight, out: Outbox, account: int, number: int, place: int) -> None:
        """As large as can be, and nothing left in the account that is not bound."""
        spare = float(sight.free[account])
        if chance(self.random, 0.5):
            micros = max(spare, 0.0) * sight.leverage(number) * 0.9
            sight.deal(out, account, number, sight.lots_worth(number, micros if place % 2 == 0 else -micros))
        elif sight.lots[account, number]:
            amount = int(min(spare, float(sight.cash[account])) * between(self.random, 0.7, 0.98))
            if amount >= 1:
                out.send(COMMAND_WITHDRAW, account=account, amount=amount)
