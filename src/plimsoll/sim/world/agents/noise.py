"""People who trade for reasons of their own: both sides, any size, with orders, caps and triggers."""

from plimsoll.sim.world.agents.agent import Agent
from plimsoll.sim.world.outbox import Outbox
from plimsoll.sim.world.sight import Sight
from plimsoll.sim.world.streams import between, chance, pick, whole
from plimsoll.units.limits import PPB
from plimsoll.units.messages import COMMAND_RELEASE, COMMAND_REPLACE, COMMAND_RESERVE, COMMAND_SET_LIMITS


class Noise(Agent):
    """Each does one thing at a time."""

    name = "noise"

    def act(self, sight: Sight, out: Outbox) -> None:
        """Trade, close, place or move an order, set limits."""
        for account in self.accounts:
            if not chance(self.random, self.config.activity) or not sight.is_healthy(account):
                continue
            which = self.random.random()
            if which < 0.55:
                self._trade(sight, out, account)
            elif which < 0.7:
                self._close(sight, out, account)
            elif which < 0.93:
                self._order(sight, out, account)
            else:
                self._limits(sight, out, account)

    def _trade(self, sight: Sight, out: Outbox, account: int) -> None:
        tradable = sight.contracts + sight.assets
        if not tradable:
            return
        number = tradable[whole(self.random, 0, len(tradable) - 1)]
        share = self.config.nerve * between(self.random, 0.05, 0.8) * pick(self.random, (1.0, -1.0))
        micros = max(float(sight.free[account]), 0.0) * sight.leverage(number) * share
        sight.deal(out, account, number, sight.lots_worth(number, micros))

    def _close(self, sight: Sight, out: Outbox, account: int) -> None:
        for number in sight.contracts + sight.assets:
            lots = int(sight.lots[account, number])
            if lots and not sight.deal(out, account, number, -lots):
                continue

    def _order(self, sight: Sight, out: Outbox, account: int) -> None:
        contracts = sight.contracts
        if not contracts:
            return
        number = contracts[whole(self.random, 0, len(contracts) - 1)]
        bid, ask = (int(side) for side in sight.orders[account, number])
        price = max(1, round(float(sight.marks[number]) * between(self.random, 0.97, 1.03)))
        side = pick(self.random, (1.0, -1.0))
        micros = max(float(sight.free[account]), 0.0) * sight.leverage(number) * between(self.random, 0.05, 0.4)
        lots = sight.lots_worth(number, micros * side)
        room = int(sight.rows["lots_max"][number]) - abs(int(sight.lots[account, number])) - max(bid, ask)
        lots = max(-room, min(lots, room)) if room > 0 else 0
        price = min(price, int(sight.rows["mark_max"][number]))
        opened = bid or -ask
        if opened and chance(self.random, 0.5):
            out.send(COMMAND_RELEASE, account=account, instrument=number, lots=opened)
            sight.orders[account, number] = 0
        elif sight.is_bound(account):
            return
        elif opened and lots:
            fields = {"lots": lots // 2 or lots, "reserved_lots": opened, "price": price}
            out.send(COMMAND_REPLACE, account=account, instrument=number, **fields)
        elif lots:
            out.send(COMMAND_RESERVE, account=account, instrument=number, lots=lots, price=price)
            sight.free[account] -= sight.required(number, lots)
            sight.orders[account, number, 0 if lots > 0 else 1] += abs(lots)

    def _limits(self, sight: Sight, out: Outbox, account: int) -> None:
        if sight.is_bound(account):
            return
        rate = round(pick(self.random, (0.0, 0.02, 0.1, 0.3, 1.0)) * PPB)
        trigger = round(pick(self.random, (0.0, 1.2, 2.0, 5.0)) * PPB)
        out.send(COMMAND_SET_LIMITS, account=account, amount=rate, price=trigger)
