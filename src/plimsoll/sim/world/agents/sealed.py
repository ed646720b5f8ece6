"""Sealed bidders: they commit to a part and a discount, and reveal it when it is time; not all of them mean it.

Each has a manner: *honest*; *silent* it never reveals; *poor* it bids for all and cannot margin it; *copies* it
commits to the seal somebody else committed to, and cannot open it.
"""

from typing import Final

from plimsoll.sim.world.agents.agent import Agent
from plimsoll.sim.world.claims import COMMITS, REVEALS, batch_phase, policy_of, seals_on
from plimsoll.sim.world.config import WorldConfig
from plimsoll.sim.world.outbox import Outbox
from plimsoll.sim.world.sight import Sight
from plimsoll.sim.world.streams import Random, between, chance, whole
from plimsoll.units.limits import PPB
from plimsoll.units.messages import COMMAND_COMMIT, COMMAND_REVEAL
from plimsoll.venue.seals import seal_of

MANNERS: Final = ("honest", "honest", "honest", "silent", "poor", "copies")
SALT: Final = 2**62
ERROR_CHANCE: Final = 0.05
Opening = tuple[int, int, int, int]


class Sealed(Agent):
    """Keeps what it has committed to: part, discount and two words of salt by (bidder, account)."""

    name = "sealed"
    money = (2.0, 15.0)

    def __init__(self, accounts: tuple[int, ...], random: Random, config: WorldConfig) -> None:
        super().__init__(accounts, random, config)
        self.manners = [MANNERS[place % len(MANNERS)] for place in range(len(accounts))]
        self.committed: dict[tuple[int, int], Opening] = {}

    def act(self, sight: Sight, out: Outbox) -> None:
        """Commit on what is in its batch, reveal what was committed."""
        for account in sight.liquidating.tolist():
            phase = batch_phase(sight, account)
            for place, bidder in enumerate(self.accounts):
                if bidder == account or bidder >= sight.count:
                    continue
                mine = any(int(seal["bidder"]) == bidder for seal in seals_on(sight, account))
                if phase == COMMITS and not mine and chance(self.random, 0.7):
                    self._commit(sight, out, place, account)
                elif phase == REVEALS and mine and (bidder, account) in self.committed:
                    self._reveal(out, place, account)

    def _commit(self, sight: Sight, out: Outbox, place: int, account: int) -> None:
        bidder, manner = self.accounts[place], self.manners[place]
        bond = int(policy_of(sight)["batch_bond"])
        if bond > min(float(sight.free[bidder]), float(sight.cash[bidder])) and not chance(self.random, ERROR_CHANCE):
            return
        others = seals_on(sight, account)
        if manner == "copies" and others:
            seal = others[whole(self.random, 0, len(others) - 1)]
            words = tuple(int(seal[f"word_{number}"]) for number in (1, 2, 3, 4))
            self.committed[bidder, account] = (PPB, 0, 0, 0)
        else:
            opening = (self._part(sight, place, account), self._discount(sight), self._salt(), self._salt())
            self.committed[bidder, account] = opening
            words = seal_of(account, bidder, *opening)
        fields = dict(zip(("lots", "price", "amount", "premium"), words, strict=True))
        out.send(COMMAND_COMMIT, account=account, counterparty=bidder, **fields)
        sight.free[bidder] -= bond
        sight.cash[bidder] -= bond

    def _part(self, sight: Sight, place: int, account: int) -> int:
        if self.manners[place] == "poor":
            return PPB
        need = max(float(sight.equity[account] - sight.free[account]), 1.0)
        room = max(float(sight.free[self.accounts[place]]), 0.0) * between(self.random, 0.2, 0.9)
        return max(1, min(PPB, int(PPB * room / need)))

    def _discount(self, sight: Sight) -> int:
        """Now and then more than is allowed, or more than everything."""
        if chance(self.random, ERROR_CHANCE):
            return PPB + 1
        return round(int(policy_of(sight)["batch_discount_max"]) * between(self.random, 0.0, 1.03))

    def _salt(self) -> int:
        return int(self.random.integers(-SALT, SALT))

    def _reveal(self, out: Outbox, place: int, account: int) -> None:
        bidder, manner = self.accounts[place], self.manners[place]
        if manner == "silent" or not chance(self.random, 0.9):
            return
        part, discount, first, second = self.committed.pop((bidder, account))
        fields = {"lots": part, "price": discount, "amount": first, "premium": second}
        out.send(COMMAND_REVEAL, account=account, counterparty=bidder, **fields)
