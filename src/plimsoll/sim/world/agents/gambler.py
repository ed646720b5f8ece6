"""Gamblers: portfolio accounts that sell options as long as they may, and take out whatever is not bound."""

from plimsoll.sim.world.agents.agent import Agent, owner_of
from plimsoll.sim.world.outbox import Outbox
from plimsoll.sim.world.sight import Sight
from plimsoll.sim.world.streams import between, chance, whole
from plimsoll.units.messages import COMMAND_WITHDRAW, MODE_PORTFOLIO, OPTION_CALL


class Gambler(Agent):
    """Each believes in one direction."""

    name = "gambler"
    money = (0.2, 2.0)

    def open(self, out: Outbox) -> None:
        """All in portfolio mode."""
        for account in self.accounts:
            self.open_account(out, account, owner_of(account), mode=MODE_PORTFOLIO)

    def act(self, sight: Sight, out: Outbox) -> None:
        """Sell what should expire worthless, or lean on what is linear; then live at the edge."""
        chain = self.config.chain
        for account in self.accounts:
            if chain is None or not sight.is_healthy(account) or not chance(self.random, 0.6):
                continue
            up = account % 2 == 0
            options = [one for one in sight.options if (sight.rows["option_type"][one] == OPTION_CALL) != up]
            spare = float(sight.free[account])
            if spare > 0.05 * float(sight.equity[account]) and chance(self.random, 0.7):
                self._gamble(sight, out, account, options, up)
            elif spare > 1 and not sight.is_bound(account):
                amount = int(min(spare, float(sight.cash[account])) * between(self.random, 0.6, 0.95))
                if amount >= 1:
                    out.send(COMMAND_WITHDRAW, account=account, amount=amount)

    def _gamble(self, sight: Sight, out: Outbox, account: int, options: list[int], up: bool) -> None:
        chain = self.config.chain
        number = options[whole(self.random, 0, len(options) - 1)] if options else 0
        if number == 0 or chance(self.random, 0.2):
            number = chain.underlying if chain is not None else 0
            if number in sight.contracts:
                micros = float(sight.free[account]) * sight.leverage(number)
                sight.deal(out, account, number, sight.lots_worth(number, micros if up else -micros))
            return
        spot = float(sight.fair[chain.underlying]) if chain is not None else 1.0
        units = float(sight.free[account]) / spot * between(self.random, 2.0, 6.0)
        sight.deal(out, account, number, -int(units * float(sight.units[number])))
