"""What somebody careless has at hand: a sight of the pool, and plausible parts of commands to get wrong."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Final

import numpy as np

from plimsoll.book.parameters import LISTING_BOUNDS
from plimsoll.sim.world.listing import words_of
from plimsoll.sim.world.outbox import Outbox
from plimsoll.sim.world.sight import Sight
from plimsoll.sim.world.streams import Random, whole
from plimsoll.units.limits import PPB
from plimsoll.units.messages import COMMAND_LIST_INSTRUMENT, KIND_ASSET, KIND_OPTION, KIND_PERP, NAMED_COUNT
from plimsoll.units.tables import Ints

PLAIN: Final = {name: max(low, 0) for name, (low, _) in LISTING_BOUNDS.items()} | {
    "kind": KIND_PERP,
    "scale": 2,
    "mark_max": 10**9,
    "lots_max": 10**4,
    "open_lots_max": 10**6,
    "rate_initial": PPB // 10,
    "rate_maintenance": PPB // 20,
    "band": PPB,
    "age_fill_max": 10**6,
    "age_margin_max": 10**7,
    "settlement_window": 10**5,
}
"""A perp nothing is wrong with."""


class Slip:
    """One mistake in the making; sends through the same outbox as everybody."""

    def __init__(self, sight: Sight, out: Outbox, random: Random) -> None:
        self.sight, self.out, self.random = sight, out, random

    def pick(self, numbers: Sequence[int] | Ints, otherwise: int = -1) -> int:
        """One of the numbers, or what is said for none."""
        return int(numbers[whole(self.random, 0, len(numbers) - 1)]) if len(numbers) else otherwise

    @cached_property
    def account(self) -> int:
        """Somebody's account."""
        return self.pick(self.sight.owned, NAMED_COUNT)

    @cached_property
    def owner(self) -> int:
        """The owner of ``account``."""
        return int(self.sight.accounts["owner"][self.account])

    @cached_property
    def other(self) -> int:
        """An account of somebody else."""
        owned = self.sight.owned
        return self.pick(owned[self.sight.accounts["owner"][owned] != self.owner], NAMED_COUNT)

    @cached_property
    def twin(self) -> tuple[int, int]:
        """Two accounts of one owner, or the same account twice."""
        owners = self.sight.accounts["owner"][self.sight.owned]
        values, counts = np.unique(owners, return_counts=True)
        owner = self.pick(values[counts > 1])
        own = self.sight.owned[owners == owner]
        return (int(own[0]), int(own[1])) if len(own) > 1 else (self.account, self.account)

    @cached_property
    def isolated(self) -> int:
        """An account that may hold one contract only, if there is one."""
        return self.pick(self.sight.owned[self.sight.accounts["isolated"][self.sight.owned] > 0], self.account)

    def of_kind(self, *kinds: int) -> list[int]:
        """Instruments of some kinds, open ones or not."""
        return [n for n in range(1, self.sight.instruments) if int(self.sight.rows["kind"][n]) in kinds]

    @cached_property
    def contract(self) -> int:
        """A contract, one that trades if possible."""
        linear = [n for n in range(1, self.sight.instruments) if n not in self.of_kind(KIND_ASSET, KIND_OPTION)]
        return self.pick(self.sight.contracts, self.pick(linear, 1))

    @cached_property
    def asset(self) -> int:
        """A custody asset, or the settlement token."""
        return self.pick(self.sight.assets, self.pick(self.of_kind(KIND_ASSET), 0))

    @property
    def price(self) -> int:
        """The mark of ``contract``."""
        return max(1, int(self.sight.marks[self.contract]))

    def small(self, number: int) -> int:
        """A position nobody minds: a hundredth of an ordinary account."""
        return max(1, self.sight.lots_worth(number, self.sight.config.wealth / 100))

    def list(self, **changes: int) -> None:
        """List a perp with something changed."""
        self.out.post(COMMAND_LIST_INSTRUMENT, words_of(PLAIN | changes), instrument=self.sight.instruments)


Mistake = Callable[[Slip], None]
