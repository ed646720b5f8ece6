"""Makers: the other side of every trade; they carry coins, keep orders open, and bring capital when it runs low."""

from plimsoll.sim.world.agents.agent import Agent, owner_of
from plimsoll.sim.world.outbox import Outbox
from plimsoll.sim.world.sight import Sight
from plimsoll.sim.world.streams import chance, pick
from plimsoll.units.limits import MICROS_MAX
from plimsoll.units.messages import COMMAND_DEPOSIT, COMMAND_RELEASE, COMMAND_RESERVE, KIND_ASSET


class Maker(Agent):
    """Rich, and not sure to stay so."""

    name = "maker"
    money = (20.0, 120.0)

    def open(self, out: Outbox) -> None:
        """Cash, and some of every asset, once they are priced."""
        super().open(out)
        for account in self.accounts:
            for number, one in enumerate(self.config.listings, start=1):
                if one.kind == KIND_ASSET:
                    units = 5 * self.config.wealth / self.config.prices[one.coin]
                    lots = min(
                        round(units * one.unit),
                        one.row["lots_max"] // 2,
                        one.row["open_lots_max"] // (3 * len(self.accounts)),
                    )
                    fields = {"counterparty": owner_of(account), "instrument": number, "lots": max(1, lots)}
                    out.send(COMMAND_DEPOSIT, account=account, **fields)

    def act(self, sight: Sight, out: Outbox) -> None:
        """Quote, pass inventory on to another maker, refill."""
        for account in self.accounts:
            if account >= sight.count:
                continue
            if sight.free[account] < 2 * self.config.wealth and chance(self.random, 0.1):
                amount = min(20 * self.config.wealth, MICROS_MAX)
                owner = int(sight.accounts["owner"][account])
                out.send(COMMAND_DEPOSIT, account=account, counterparty=owner, amount=amount)
                out.say("a maker brings capital")
            if not sight.is_healthy(account):
                continue
            for number in sight.contracts:
                if chance(self.random, 0.1):
                    self._quote(sight, out, account, number)
                elif chance(self.random, 0.1):
                    sight.deal(out, account, number, -int(sight.lots[account, number]) // 2)

    def _quote(self, sight: Sight, out: Outbox, account: int, number: int) -> None:
        bid, ask = (int(side) for side in sight.orders[account, number])
        for lots in (bid, -ask):
            if lots:
                out.send(COMMAND_RELEASE, account=account, instrument=number, lots=lots)
        sight.orders[account, number] = 0
        micros = max(float(sight.free[account]), 0.0) * 0.02 * sight.leverage(number)
        room = int(sight.rows["lots_max"][number]) - abs(int(sight.lots[account, number]))
        lots = min(sight.lots_worth(number, micros), room // 2)
        side = int(pick(self.random, (1, -1)))
        price = min(max(1, round(float(sight.marks[number]) * (1 - side * 0.01))), int(sight.rows["mark_max"][number]))
        if lots > 0 and not sight.is_bound(account):
            out.send(COMMAND_RESERVE, account=account, instrument=number, lots=side * lots, price=price)
            sight.free[account] -= sight.required(number, lots)
            sight.orders[account, number, 0 if side > 0 else 1] += lots
