"""Option people: they write and buy options in portfolio accounts and hedge them with what is linear in the class."""

from plimsoll.sim.world.agents.agent import Agent, owner_of
from plimsoll.sim.world.outbox import Outbox
from plimsoll.sim.world.sight import Sight
from plimsoll.sim.world.streams import between, chance, whole
from plimsoll.units.messages import COMMAND_SET_MODE, MODE_PORTFOLIO, MODE_STANDARD


class Writer(Agent):
    """Three in four are portfolio accounts."""

    name = "writer"
    money = (0.2, 3.0)

    def open(self, out: Outbox) -> None:
        """Most in portfolio mode."""
        for account in self.accounts:
            mode = MODE_STANDARD if account % 4 == 0 else MODE_PORTFOLIO
            self.open_account(out, account, owner_of(account), mode=mode)

    def act(self, sight: Sight, out: Outbox) -> None:
        """Write more often than buy; hedge; change the mode once in a while."""
        options, chain = sight.options, self.config.chain
        for account in self.accounts:
            if chain is None or not chance(self.random, 2 * self.config.activity) or not sight.is_healthy(account):
                continue
            if chance(self.random, 0.02):
                out.send(COMMAND_SET_MODE, account=account, flags=whole(self.random, MODE_STANDARD, MODE_PORTFOLIO))
            elif options and chance(self.random, 0.75):
                number = options[whole(self.random, 0, len(options) - 1)]
                spot = float(sight.fair[chain.underlying])
                units = max(float(sight.free[account]), 0.0) / spot * between(self.random, 0.5, 4.0) * self.config.nerve
                lots = int(units * float(sight.units[number]))
                sight.deal(out, account, number, lots if chance(self.random, 0.35) else -lots)
            elif chain.underlying in sight.contracts:
                nets = sum(int(sight.lots[account, one]) * self._delta(sight, one) for one in options)
                lots = -int(nets) - int(sight.lots[account, chain.underlying])
                sight.deal(out, account, chain.underlying, lots)

    def _delta(self, sight: Sight, number: int) -> float:
        """About the option's own: a half, with the sign of its type."""
        return 0.5 if int(sight.rows["option_type"][number]) == 1 else -0.5
