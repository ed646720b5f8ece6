"""A world: draws its config from the seed, opens the pool, then block by block sends what its people do.

It is a function of the seed and of the pool it is shown: no clock, no other randomness. Everything that arrives at the
engine went through ``delivery``; everything decided looks at ``sight``.
"""

from collections import Counter
from typing import Final

from plimsoll.sim.world.agents import PEOPLE, Agent
from plimsoll.sim.world.batch import Batch, PoolView
from plimsoll.sim.world.config import WorldConfig
from plimsoll.sim.world.delivery import Delivery
from plimsoll.sim.world.happenings import Happenings
from plimsoll.sim.world.listing import Listed
from plimsoll.sim.world.market import Market
from plimsoll.sim.world.opening import opening_of
from plimsoll.sim.world.oracle import Oracle
from plimsoll.sim.world.outbox import Outbox, commands_of
from plimsoll.sim.world.pots import opened_pots
from plimsoll.sim.world.sight import Sight
from plimsoll.sim.world.streams import stream
from plimsoll.units.messages import COMMAND_TICK, NAMED_BACKSTOP, NAMED_COUNT

JITTER: Final = 0.25
SLOW_CHANCE: Final = 0.02
SLOW: Final = 6.0


class World:
    """One seed's world. ``policy`` is what the pool is created with; ``faults`` counts what was done to it."""

    def __init__(self, seed: int, config: WorldConfig | None = None) -> None:
        self.seed = seed
        self.config = WorldConfig.draw(seed) if config is None else config
        self.policy: dict[str, int] = dict(self.config.policy)
        self.faults: Counter[str] = Counter()
        self.listings: list[Listed] = list(self.config.listings)
        self.people = people_of(seed, self.config)
        self.market = Market(seed, self.config, self.listings)
        self.oracle = Oracle(seed, dict(self.config.oracle), self.faults)
        self.delivery = Delivery(seed, self.config.delivery, self.faults)
        self.happenings = Happenings(seed, self.config, self.market, self.oracle, self.faults)
        self.out = Outbox()
        self.block = 0
        self.time_ms = self.config.start_ms
        self._clock = stream(seed, "clock")
        self._taken: dict[int, int] = {}

    @property
    def finished(self) -> bool:
        """Whether every block was delivered."""
        return self.block >= self.config.blocks

    def opening(self) -> list[Batch]:
        """The pool's first commands: listings and classes, accounts with their money, first prices."""
        opening_of(self.config, self.listings, self.people, self.out)
        letters, _ = self.out.emptied()
        return [Batch(*commands_of(letters), "the pool opens")]

    def step(self, pool: PoolView) -> list[Batch]:
        """The next block as it is delivered; nothing while the venue is down."""
        self.block += 1
        self.market.advance()
        self.market.meet(pool)
        self.time_ms += self._passes()
        if self.happenings.is_down(self.block):
            return []
        makers = next(agent.accounts for agent in self.people if agent.name == "maker")
        sight = Sight(pool, self.market, self.config, self.time_ms, makers)
        self._push_by_liquidations(sight)
        out = self.out
        out.send(COMMAND_TICK, time=self.time_ms)
        self.happenings.before(sight, out, self.block)
        self.oracle.report(sight, out, self.block)
        if self.config.ticks_twice:
            out.send(COMMAND_TICK, time=self.time_ms)
        for agent in self.people:
            agent.act(sight, out)
        self.happenings.after(sight, out)
        return self.delivery.deliver(*out.emptied())

    def _passes(self) -> int:
        """Milliseconds until the next block: about as long as the last, sometimes much longer."""
        factor = max(0.0, 1 + JITTER * self._clock.standard_normal())
        if self._clock.random() < SLOW_CHANCE:
            factor *= SLOW
        return round(self.config.block_ms * factor)

    def _push_by_liquidations(self, sight: Sight) -> None:
        """What the backstop took over since the last block has to be sold: its price moves before it is."""
        for number in range(1, sight.instruments):
            lots = int(sight.held[NAMED_BACKSTOP, number])
            change = lots - self._taken.get(number, 0)
            self._taken[number] = lots
            if change:
                self.market.push(self.listings[number - 1].coin, -sight.worth(number, change))


def people_of(seed: int, config: WorldConfig) -> list[Agent]:
    """Everybody, with their account numbers in the order of ``PEOPLE``, after those of the pots."""
    own = sum(pot.has_account for _, pot, _ in opened_pots(config.pots, config.listings))
    people, first = [], NAMED_COUNT + own
    for kind in PEOPLE:
        count = config.crowd.get(kind.name, 0)
        accounts = tuple(range(first, first + count))
        people.append(kind(accounts, stream(seed, kind.name), config))
        first += count
    return people
