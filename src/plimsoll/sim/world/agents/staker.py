"""Stakers: they stand behind the insurance and the backstop for premiums, and run for the exit after a loss."""

from plimsoll.sim.world.agents.agent import Agent
from plimsoll.sim.world.claims import pots_of, stake_of
from plimsoll.sim.world.config import WorldConfig
from plimsoll.sim.world.outbox import Outbox
from plimsoll.sim.world.sight import Sight
from plimsoll.sim.world.streams import Random, between, chance, whole
from plimsoll.units.messages import COMMAND_STAKE, COMMAND_UNSTAKE, NAMED_BACKSTOP, POT_BACKSTOP, POT_TRANCHE


class Staker(Agent):
    """Each has nerves of its own."""

    name = "staker"
    money = (0.5, 6.0)

    def __init__(self, accounts: tuple[int, ...], random: Random, config: WorldConfig) -> None:
        super().__init__(accounts, random, config)
        self.fear = [between(random, 0.1, 0.9) for _ in accounts]
        self.paid: dict[int, int] = {}

    def act(self, sight: Sight, out: Outbox) -> None:
        """Leave what has just paid for others' losses; else stake now and then, and take something back."""
        pots = pots_of(sight, POT_TRANCHE, POT_BACKSTOP)
        hit = {pot for pot in pots if self._has_lost(sight, pot)}
        for place, account in enumerate(self.accounts):
            if account >= sight.count:
                continue
            for pot in pots:
                shares, leaving = stake_of(sight, account, pot)
                afraid = pot in hit and chance(self.random, self.fear[place])
                if shares and not leaving and (afraid or chance(self.random, 0.03)):
                    amount = shares if afraid else whole(self.random, 1, shares)
                    out.send(COMMAND_UNSTAKE, account=account, instrument=pot, amount=amount)
                elif not afraid and chance(self.random, self.config.activity * 0.2):
                    self._stake(sight, out, account, pot)

    def _stake(self, sight: Sight, out: Outbox, account: int, pot: int) -> None:
        spare = min(float(sight.free[account]), float(sight.cash[account])) * between(self.random, 0.1, 0.9)
        terms = sight.view.pool.pots[pot]
        room = int(terms["capacity"]) - max(0, int(sight.cash[terms["account"]]))
        amount = min(int(spare), room) if chance(self.random, 0.9) else int(spare)
        if amount >= 1:
            out.send(COMMAND_STAKE, account=account, instrument=pot, amount=amount)
            sight.free[account] -= amount
            sight.cash[account] -= amount

    def _has_lost(self, sight: Sight, pot: int) -> bool:
        """Whether a tranche has paid since the last block, or the backstop has less than before."""
        terms = sight.view.pool.pots[pot]
        paid = int(terms["paid"]) + int(terms["epoch"])
        if terms["kind"] == POT_BACKSTOP:
            paid = -int(sight.equity[NAMED_BACKSTOP])
        before = self.paid.get(pot, paid)
        self.paid[pot] = paid
        return paid > before
