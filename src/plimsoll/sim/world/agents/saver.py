"""Depositors and withdrawers: money in, money out, profits realised, accounts opened and closed."""

from plimsoll.sim.world.agents.agent import Agent
from plimsoll.sim.world.outbox import Outbox
from plimsoll.sim.world.sight import Sight
from plimsoll.sim.world.streams import between, chance, whole
from plimsoll.units.limits import MICROS_MAX
from plimsoll.units.messages import (
    COMMAND_CLOSE_ACCOUNT,
    COMMAND_DEPOSIT,
    COMMAND_OPEN_ACCOUNT,
    COMMAND_REALISE,
    COMMAND_TRANSFER,
    COMMAND_WITHDRAW,
    FLAG_FROM_CHAIN,
    MODE_STANDARD,
    STATUS_FREE,
)


class Saver(Agent):
    """Each may have a second account for a while."""

    name = "saver"

    def act(self, sight: Sight, out: Outbox) -> None:
        """One thing at a time; once in a while everybody wants the money back."""
        run = chance(self.random, 0.01)
        for account in self.accounts:
            if not run and not chance(self.random, self.config.activity):
                continue
            if account >= sight.count or sight.accounts["status"][account] == STATUS_FREE:
                continue
            which = 0.3 if run else self.random.random()
            if which < 0.2:
                self._deposit(sight, out, account)
            elif which < 0.5:
                self._withdraw(sight, out, account)
            elif which < 0.65:
                self._realise(sight, out, account)
            elif which < 0.8:
                self._second(sight, out, account)
            else:
                self._invest(sight, out, account)

    def _deposit(self, sight: Sight, out: Outbox, account: int) -> None:
        amount = min(MICROS_MAX, max(1, round(self.config.wealth * between(self.random, 0.01, 1.0))))
        fields = {"counterparty": int(sight.accounts["owner"][account]), "amount": amount}
        out.send(COMMAND_DEPOSIT, account=account, flags=FLAG_FROM_CHAIN * whole(self.random, 0, 1), **fields)

    def _withdraw(self, sight: Sight, out: Outbox, account: int) -> None:
        spare = min(float(sight.free[account]), float(sight.cash[account])) * between(self.random, 0.1, 0.95)
        if spare >= 1:
            out.send(COMMAND_WITHDRAW, account=account, amount=int(spare))
            sight.free[account] -= spare
            sight.cash[account] -= int(spare)
        for number in sight.assets:
            lots = int(sight.lots[account, number])
            if lots > 0 and chance(self.random, 0.3):
                out.send(COMMAND_WITHDRAW, account=account, instrument=number, lots=max(1, lots // 2))

    def _realise(self, sight: Sight, out: Outbox, account: int) -> None:
        for number in sight.contracts:
            if sight.lots[account, number] and sight.free[account] > 0:
                out.send(COMMAND_REALISE, account=account, instrument=number)

    def _second(self, sight: Sight, out: Outbox, account: int) -> None:
        owner = int(sight.accounts["owner"][account])
        own = [one for one in sight.owned.tolist() if sight.accounts["owner"][one] == owner and one != account]
        if not own:
            free = [one for one in range(8, sight.count) if sight.accounts["status"][one] == STATUS_FREE]
            # The first row never used is free as well, and two may think of it in one block.
            number = free[0] if free else sight.count
            out.send(COMMAND_OPEN_ACCOUNT, account=number, counterparty=owner, flags=MODE_STANDARD)
            return
        second = own[0]
        if second in self.accounts:
            return
        if sight.cash[second] > 0:
            cash = int(sight.cash[second])
            out.send(COMMAND_TRANSFER, account=second, counterparty=account, amount=cash)
        elif not sight.lots[second].any():
            if chance(self.random, 0.5):
                out.send(COMMAND_CLOSE_ACCOUNT, account=second)
            elif sight.free[account] > 1_000 and sight.cash[account] > 1_000:
                spare = int(min(float(sight.free[account]), float(sight.cash[account])) * 0.2)
                out.send(COMMAND_TRANSFER, account=account, counterparty=second, amount=spare)

    def _invest(self, sight: Sight, out: Outbox, account: int) -> None:
        contracts = sight.contracts
        if contracts and sight.is_healthy(account):
            number = contracts[whole(self.random, 0, len(contracts) - 1)]
            micros = max(float(sight.free[account]), 0.0) * between(self.random, 0.5, 3.0)
            sight.deal(out, account, number, sight.lots_worth(number, micros))
