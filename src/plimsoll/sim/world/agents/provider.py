"""Liquidity providers: cash and coins in the AMMs, for the fee, while they think it is worth it."""

from plimsoll.sim.world.agents.agent import Agent, owner_of
from plimsoll.sim.world.claims import pots_of, reserves, stake_of
from plimsoll.sim.world.outbox import Outbox
from plimsoll.sim.world.sight import Sight
from plimsoll.sim.world.streams import between, chance, whole
from plimsoll.units.messages import COMMAND_DEPOSIT, COMMAND_STAKE, COMMAND_UNSTAKE, KIND_ASSET, POT_AMM


class Provider(Agent):
    """Whoever comes first says where the price begins: not always at the mark."""

    name = "provider"
    money = (2.0, 10.0)

    def open(self, out: Outbox) -> None:
        """Cash and some of every asset."""
        super().open(out)
        for account in self.accounts:
            for number, one in enumerate(self.config.listings, start=1):
                if one.kind == KIND_ASSET:
                    units = 3 * self.config.wealth / self.config.prices[one.coin]
                    lots = min(round(units * one.unit), one.row["lots_max"] // 2, one.row["open_lots_max"] // 30)
                    fields = {"counterparty": owner_of(account), "instrument": number, "lots": max(1, lots)}
                    out.send(COMMAND_DEPOSIT, account=account, **fields)

    def act(self, sight: Sight, out: Outbox) -> None:
        """Bring more, or take it back."""
        for account in self.accounts:
            if account >= sight.count:
                continue
            for pot in pots_of(sight, POT_AMM):
                shares, leaving = stake_of(sight, account, pot)
                if shares and not leaving and chance(self.random, 0.05):
                    amount = whole(self.random, 1, shares)
                    out.send(COMMAND_UNSTAKE, account=account, instrument=pot, amount=amount)
                elif chance(self.random, 0.05 if shares else 0.4):
                    self._bring(sight, out, account, pot)

    def _bring(self, sight: Sight, out: Outbox, account: int, pot: int) -> None:
        number = int(sight.view.pool.pots[pot]["instrument"])
        if number not in sight.assets:
            return
        lots, micros = reserves(sight, pot)
        offered = int(sight.lots[account, number]) // 2
        price = micros / lots if lots and micros else sight.worth(number, 1) * between(self.random, 0.9, 1.1)
        amount = int(min(float(sight.free[account]), float(sight.cash[account])) * 0.5)
        offered = min(offered, int(amount / max(price, 1e-9)))
        amount = min(amount, int(offered * price * between(self.random, 1.0, 1.05)))
        if offered >= 1 and amount >= 1:
            out.send(COMMAND_STAKE, account=account, instrument=pot, lots=offered, amount=amount)
            sight.cash[account] -= amount
            sight.free[account] -= amount
            sight.lots[account, number] -= offered
