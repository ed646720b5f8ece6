"""Sealed bids on portfolio accounts: committed while a batch takes commitments, opened while it wants them opened.

The price is one for all, so a bidder says what it costs it and no more: the least discount at which the part it wants
pays for half a spread and the risk of unwinding.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from plimsoll.sim import commands
from plimsoll.sim.commands import Commands
from plimsoll.sim.slices import Slices, chosen_parts, in_liquidation, is_portfolio, of_case, offered_equity, offers
from plimsoll.sim.view import Flags, Floats, View
from plimsoll.units.limits import PPB
from plimsoll.units.messages import BATCH_OPEN
from plimsoll.units.tables import Ints
from plimsoll.venue.seals import seal_of

SALT_MAX: Final = 2**62
COMMITS_PER_STEP_MAX: Final = 25
"""A liquidator looks into so many accounts a step, the most rewarding first."""


@dataclass(frozen=True)
class _Promise:
    """A sealed bid, as its bidder remembers it."""

    account: int
    bidder: int
    part: int
    discount: int
    salts: tuple[int, int]
    since_ms: int


@dataclass(frozen=True)
class Batches:
    """Solvent portfolio accounts whose batch takes commitments, and the equity a discount would be on."""

    slices: Slices
    equity: Floats


class SealedBids:
    """The sealed bids of all liquidators that are not opened yet."""

    def __init__(self, random: np.random.Generator) -> None:
        self.random = random
        self.promises: list[_Promise] = []

    def open_batches(self, view: View) -> Batches:
        """What may be committed to in this step."""
        accounts = in_liquidation(view)
        if view.setup.policy["batch_commit"] == 0:
            accounts = accounts[:0]
        accounts = accounts[is_portfolio(view, accounts)]
        accounts = accounts[of_case(view, accounts, "batch") == BATCH_OPEN]
        age = view.time_ms - np.asarray(view.pool.accounts["stage_since"][accounts])
        accounts = accounts[age < view.setup.policy["batch_commit"]]
        return Batches(offers(view, accounts), offered_equity(view, accounts))

    def commit(
        self, view: View, batches: Batches, bidder: int, seen: Flags, cost: Floats, room: float
    ) -> list[Commands]:
        """One liquidator's commitments."""
        slices = batches.slices
        loss = slices.notional @ cost
        done = {promise.account for promise in self.promises if promise.bidder == bidder}
        fresh = seen & ~np.isin(slices.account, list(done))
        most = view.setup.policy["batch_discount_max"] / PPB
        order, part = chosen_parts(slices, batches.equity * most - loss, fresh, room, COMMITS_PER_STEP_MAX)
        made = []
        for place, share in zip(order.tolist(), part.tolist()):
            discount = int(np.ceil(loss[place] / batches.equity[place] * PPB))
            first, second = self.random.integers(0, SALT_MAX, 2).tolist()
            account = int(slices.account[place])
            since = int(view.pool.accounts["stage_since"][account])
            made.append(_Promise(account, bidder, share, discount, (first, second), since))
        self.promises += made
        if not made:
            return []
        seals = np.array([seal_of(one.account, bidder, one.part, one.discount, *one.salts) for one in made], np.int64)
        return [commands.commits(np.array([one.account for one in made]), bidder, seals)]

    def reveal(self, view: View) -> list[Commands]:
        """Open what may be opened in this step; forget what is too late."""
        policy = view.setup.policy
        first, last = policy["batch_commit"], policy["batch_commit"] + policy["batch_reveal"]
        due = [one for one in self.promises if first <= view.time_ms - one.since_ms < last]
        self.promises = [one for one in self.promises if view.time_ms - one.since_ms < first]
        if not due:
            return []
        columns = [[one.account, one.bidder, one.part, one.discount, *one.salts] for one in due]
        table: Ints = np.array(columns, np.int64)
        return [commands.reveals(table[:, 0], table[:, 1], table[:, 2], table[:, 3], table[:, 4:])]
