"""Snipers: they trade where the mark has fallen behind the price everybody else can see."""

from typing import Final

from plimsoll.sim.world.agents.agent import Agent
from plimsoll.sim.world.outbox import Outbox
from plimsoll.sim.world.sight import Sight
from plimsoll.sim.world.streams import chance

GAP: Final = 0.004


class Sniper(Agent):
    """Each takes the edge of the band, and gives the position back when the mark is right again."""

    name = "sniper"
    money = (0.5, 4.0)

    def act(self, sight: Sight, out: Outbox) -> None:
        """Look for a gap between the true price and the mark."""
        for account in self.accounts:
            if not sight.is_healthy(account):
                continue
            for number in sight.contracts:
                gap = float(sight.fair[number] / sight.marks[number]) - 1
                held = int(sight.lots[account, number])
                if abs(gap) > GAP and chance(self.random, 0.6):
                    micros = max(float(sight.free[account]), 0.0) * sight.leverage(number) * 0.5
                    sight.deal(out, account, number, sight.lots_worth(number, micros if gap > 0 else -micros))
                elif held and chance(self.random, 0.3):
                    sight.deal(out, account, number, -held)
