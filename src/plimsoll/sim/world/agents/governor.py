"""Whoever runs the venue's mechanisms: endorses bidders, pauses, opens pots and draws curves anew."""

from typing import Final

import numpy as np

from plimsoll.book.rows import PolicyRow
from plimsoll.sim.world.agents.agent import Agent
from plimsoll.sim.world.claims import policy_of, pots_of
from plimsoll.sim.world.curves import RANGES, draw_curve
from plimsoll.sim.world.outbox import Outbox
from plimsoll.sim.world.pots import FIELDS, POT_OWNER, draw_pots
from plimsoll.sim.world.sight import Sight
from plimsoll.sim.world.streams import chance, log_between, pick, whole
from plimsoll.units.limits import MICROS_MAX
from plimsoll.units.messages import (
    COMMAND_ENDORSE,
    COMMAND_OPEN_ACCOUNT,
    COMMAND_SET_CURVE,
    COMMAND_SET_POLICY,
    COMMAND_SET_POT,
    FLAG_OPERATOR,
    MODE_STANDARD,
    PAUSE_ALL,
    POT_AMM,
    POT_BACKSTOP,
    POT_TRANCHE,
    STATUS_OPEN,
    STATUS_REDUCE_ONLY,
)

POTS_ENOUGH: Final = 16
BIDDERS: Final = 25
ENDORSED: Final = FLAG_OPERATOR | 1
PAUSE_CHANCE: Final = 0.02
RESUME_CHANCE: Final = 0.25
NERVOUS_CHANCE: Final = 0.1
NERVOUS_BLOCKS: Final = 8
TERMS: Final = tuple(PolicyRow.__annotations__)


class Governor(Agent):
    """Has no account of its own."""

    name = "governor"

    def act(self, sight: Sight, out: Outbox) -> None:
        """One thing in a block at most, besides pauses."""
        self._pause(sight, out)
        which = self.random.random()
        if which < 0.2:
            self._endorse(sight, out)
        elif which < 0.22:
            number = whole(self.random, 1, len(RANGES))
            out.post(COMMAND_SET_CURVE, draw_curve(self.random, number, self.config.block_ms), instrument=number)
        elif which < 0.24:
            self._terms(sight, out)
        elif which < 0.25:
            self._open(sight, out)

    def _pause(self, sight: Sight, out: Outbox) -> None:
        """A mechanism rests for a few blocks, or all of them do; most readily while a series ends."""
        ends = self._ends_soon(sight)
        pauses = int(policy_of(sight)["pauses"])
        wanted = pauses
        if pauses and not ends and chance(self.random, RESUME_CHANCE):
            wanted = 0
        elif ends and chance(self.random, NERVOUS_CHANCE):
            wanted = PAUSE_ALL
        elif chance(self.random, PAUSE_CHANCE):
            wanted = pauses | int(pick(self.random, (255, *(1 << bit for bit in range(8)))))
        if wanted != pauses:
            policy = policy_of(sight)
            words = [wanted if name == "pauses" else int(policy[name]) for name in TERMS]
            out.post(COMMAND_SET_POLICY, words)
            out.say("mechanisms rest" if wanted else "mechanisms run again")

    def _ends_soon(self, sight: Sight) -> bool:
        """Whether a series will be settled in a few blocks."""
        left = sight.rows["expiry"] - sight.time_ms
        trades = (sight.rows["status"] == STATUS_OPEN) | (sight.rows["status"] == STATUS_REDUCE_ONLY)
        ends = trades & (sight.rows["expiry"] > 0) & (left < NERVOUS_BLOCKS * self.config.block_ms)
        return bool(ends.any())

    def _endorse(self, sight: Sight, out: Outbox) -> None:
        """One of those with the most to spare, or one of them not any more."""
        if len(sight.owned):
            ranks = sight.owned[np.argsort(-sight.free[sight.owned], kind="stable")][:BIDDERS]
            account = int(ranks[whole(self.random, 0, len(ranks) - 1)])
            flags = ENDORSED if chance(self.random, 0.8) else FLAG_OPERATOR
            out.send(COMMAND_ENDORSE, account=account, flags=flags)

    def _terms(self, sight: Sight, out: Outbox) -> None:
        """Other terms for a pot."""
        pots = pots_of(sight, POT_TRANCHE, POT_BACKSTOP, POT_AMM)
        if not pots:
            return
        number = pots[whole(self.random, 0, len(pots) - 1)]
        terms = {name: int(sight.view.pool.pots[number][name]) for name in FIELDS}
        terms["unbonding"] = self.config.block_ms * whole(self.random, 0, 10)
        terms["capacity"] = min(MICROS_MAX, round(self.config.wealth * log_between(self.random, 0.5, 300)))
        terms["weight"] = whole(self.random, 0, 3)
        terms["rank"] = whole(self.random, 0, 3)
        out.post(COMMAND_SET_POT, list(terms.values()), instrument=number)

    def _open(self, sight: Sight, out: Outbox) -> None:
        """One more pot, in an account of its own."""
        pots = pots_of(sight, POT_TRANCHE, POT_BACKSTOP, POT_AMM)
        listed = sight.listings[: sight.instruments - 1]
        drawn = draw_pots(self.random, listed, self.config.wealth, self.config.block_ms)
        drawn = tuple(
            pot for pot in drawn if pot.has_account and (pot.kind != POT_AMM or pot.instrument in sight.assets)
        )
        if not drawn or len(pots) >= POTS_ENOUGH:
            return
        pot = drawn[whole(self.random, 0, len(drawn) - 1)]
        out.send(COMMAND_OPEN_ACCOUNT, account=sight.count, counterparty=POT_OWNER, flags=MODE_STANDARD)
        out.post(COMMAND_SET_POT, pot.words(sight.count), instrument=max(pots, default=0) + 1)
        out.say("a pot is opened")
