"""Hedgers: they hold coins as collateral and are short what moves like them; without coins they hedge a view."""

from plimsoll.sim.world.agents.agent import Agent
from plimsoll.sim.world.outbox import Outbox
from plimsoll.sim.world.sight import Sight
from plimsoll.sim.world.streams import between, chance
from plimsoll.units.messages import COMMAND_DEPOSIT


class Hedger(Agent):
    """Each keeps a hedge ratio of its own."""

    name = "hedger"
    money = (0.2, 1.0)

    def act(self, sight: Sight, out: Outbox) -> None:
        """Bring coins in, buy more with spare cash, and be short as much of them."""
        assets, contracts = sight.assets, sight.contracts
        for account in self.accounts:
            if not contracts or not chance(self.random, self.config.activity) or not sight.is_healthy(account):
                continue
            for number in assets:
                if chance(self.random, 0.15):
                    self._bring(sight, out, account, number)
                elif chance(self.random, 0.3):
                    micros = float(sight.cash[account]) * between(self.random, 0.05, 0.5)
                    sight.deal(out, account, number, sight.lots_worth(number, micros))
                self._hedge(sight, out, account, number, contracts)

    def _bring(self, sight: Sight, out: Outbox, account: int, number: int) -> None:
        lots = sight.lots_worth(number, self.config.wealth * between(self.random, 0.1, 1.0))
        lots = min(lots, int(sight.rows["lots_max"][number]) - int(sight.lots[account, number]))
        least = float(sight.view.pool.policy[0]["deposit_notional_min"])
        if lots > 0 and sight.worth(number, lots) > least:
            owner = int(sight.accounts["owner"][account])
            out.send(COMMAND_DEPOSIT, account=account, counterparty=owner, instrument=number, lots=lots)
            sight.lots[account, number] += lots

    def _hedge(self, sight: Sight, out: Outbox, account: int, asset: int, contracts: list[int]) -> None:
        coin = sight.listings[asset - 1].coin
        number = next((one for one in contracts if sight.listings[one - 1].coin == coin), contracts[0])
        exposure = sight.worth(asset, int(sight.lots[account, asset])) * between(self.random, 0.5, 1.5)
        sight.deal(out, account, number, sight.lots_worth(number, -exposure) - int(sight.lots[account, number]))
