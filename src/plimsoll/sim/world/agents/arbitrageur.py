"""Swappers: arbitrageurs bring an AMM's price to the mark; others want coins, or want to be rid of them, right now."""

import math

from plimsoll.sim.world.agents.agent import Agent
from plimsoll.sim.world.claims import pots_of, reserves
from plimsoll.sim.world.outbox import Outbox
from plimsoll.sim.world.sight import Sight
from plimsoll.sim.world.streams import between, chance, whole
from plimsoll.units.limits import PPB
from plimsoll.units.messages import COMMAND_SWAP, POT_AMM


class Arbitrageur(Agent):
    """One in four swaps is for a reason of its own."""

    name = "arbitrageur"
    money = (2.0, 10.0)

    def act(self, sight: Sight, out: Outbox) -> None:
        """Look at every AMM that is open."""
        for account in self.accounts:
            for pot in pots_of(sight, POT_AMM):
                number = int(sight.view.pool.pots[pot]["instrument"])
                lots, micros = reserves(sight, pot)
                if number in sight.assets and lots > 1 and micros > 0 and sight.is_healthy(account):
                    wanted = self._wanted(sight, pot, number, lots, micros)
                    self._swap(sight, out, account, pot, number, wanted)

    def _wanted(self, sight: Sight, pot: int, number: int, lots: int, micros: int) -> int:
        if chance(self.random, 0.25):
            return round(lots * between(self.random, -0.2, 0.2))
        fee = int(sight.view.pool.pots[pot]["fee"]) / PPB
        lot = max(sight.worth(number, 1), 1e-9)
        gap = micros / lots / lot - 1
        at_mark = math.sqrt(lots * (micros / lot))
        return int(lots - at_mark) if abs(gap) > fee + 0.001 and chance(self.random, 0.5) else 0

    def _swap(self, sight: Sight, out: Outbox, account: int, pot: int, number: int, wanted: int) -> None:
        lots, micros = reserves(sight, pot)
        limit = int(sight.rows["lots_max"][number])
        held = int(sight.lots[account, number])
        room = min(limit - held, lots - 1, int(lots * 0.9 * sight.cash[account] / (micros + sight.cash[account] + 1)))
        wanted = max(-held, wanted) if wanted < 0 else min(wanted, room)
        if wanted == 0:
            return
        worth = micros * wanted / (lots - wanted) if wanted > 0 else micros * -wanted / (lots - wanted)
        slack = between(self.random, 0.99, 1.2)
        price = int(worth * slack) if wanted > 0 else int(worth / slack)
        limited = {"amount": max(1, price)} if whole(self.random, 0, 1) else {}
        out.send(COMMAND_SWAP, account=account, instrument=pot, lots=wanted, **limited)
        sight.lots[account, number] += wanted
        sight.cash[account] -= int(math.copysign(worth, wanted))
