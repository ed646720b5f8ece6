"""What every kind of people has: accounts, a stream of its own, a way to begin, and one method to act."""

from abc import ABC, abstractmethod
from typing import ClassVar, Final

from plimsoll.sim.world.config import WorldConfig
from plimsoll.sim.world.outbox import Outbox
from plimsoll.sim.world.sight import Sight
from plimsoll.sim.world.streams import Random, log_between
from plimsoll.units.messages import COMMAND_DEPOSIT, COMMAND_OPEN_ACCOUNT, MODE_PORTFOLIO, MODE_STANDARD

PORTFOLIO_EVERY: Final = 3


class Agent(ABC):
    """All accounts of one kind. ``money`` is what each has, in accounts of ordinary wealth."""

    name: ClassVar[str]
    money: ClassVar[tuple[float, float]] = (0.3, 3.0)

    def __init__(self, accounts: tuple[int, ...], random: Random, config: WorldConfig) -> None:
        self.accounts, self.random, self.config = accounts, random, config

    def open(self, out: Outbox) -> None:
        """Open and fund every account; each belongs to an owner of its own. Some are portfolios where there can be."""
        for account in self.accounts:
            portfolio = self.config.chain is not None and account % PORTFOLIO_EVERY == 0
            mode = MODE_PORTFOLIO if portfolio else MODE_STANDARD
            self.open_account(out, account, owner_of(account), mode=mode)

    def open_account(
        self, out: Outbox, account: int, owner: int, isolated: int = 0, mode: int = MODE_STANDARD, part: float = 1.0
    ) -> int:
        """Open one and deposit its money; the micros."""
        amount = max(1, round(self.config.wealth * part * log_between(self.random, *self.money)))
        out.send(COMMAND_OPEN_ACCOUNT, account=account, counterparty=owner, instrument=isolated, flags=mode)
        out.send(COMMAND_DEPOSIT, account=account, counterparty=owner, amount=amount)
        return amount

    @abstractmethod
    def act(self, sight: Sight, out: Outbox) -> None:
        """Send what these people do in this block."""


def owner_of(account: int) -> int:
    """The owner an account belongs to unless its kind says otherwise."""
    return 1_000 + account
