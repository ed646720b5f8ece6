"""A small world for tests of the runner: a seeded stream of commands, in batches that are sent again now and then."""

from collections import Counter
from pathlib import Path
from random import Random

from tests.reference.model import ReferencePool
from tests.reference.pair import records
from tests.reference.streams import WORLDS, Stream, policy_of

from plimsoll.engine.genesis import DEFAULT_POLICY
from plimsoll.sim.world.batch import Batch
from plimsoll.sim.world.canary import CANARIES
from plimsoll.sim.world.kept import read_world


def batch_of(steps, note=""):
    commands, payload = records(steps)
    return Batch(commands, payload, note)


class StreamWorld:
    """What ``tests.reference.streams`` draws, as a world: the stream looks at its own model of the pool."""

    def __init__(self, seed, blocks=40, size=8):
        self.seed, self.blocks, self.size = seed, blocks, size
        self.policy = {**DEFAULT_POLICY, **policy_of(Random(f"policy {seed}"))}
        self.faults = Counter()
        self.random = Random(f"batches {seed}")
        self.model = ReferencePool(self.policy)
        self.stream = Stream(seed, self.model, WORLDS[list(WORLDS)[seed % len(WORLDS)]])

    def opening(self):
        steps = self.stream.opening()
        for step in steps:
            self.model.apply(*step)
        return [self.send(steps, "the pool opens")]

    def send(self, steps, note=""):
        return batch_of(steps, note)

    def step(self, pool):
        self.blocks -= 1
        steps = []
        for _ in range(self.random.randrange(1, self.size)):
            steps.append(self.stream.next())
            self.model.apply(*steps[-1])
        batch = self.send(steps)
        if self.random.random() < 0.1:
            self.faults["sent again"] += 1
            return [batch, batch._replace(note="a batch arrives twice")]
        return [batch]

    @property
    def finished(self):
        return self.blocks <= 0


KEPT = [*CANARIES, *sorted((Path(__file__).parent / "worlds").glob("*.world"))]


def canary_world(seed):
    """Kept worlds first, which bugs once failed in, then short streams."""
    return read_world(KEPT[seed]) if seed < len(KEPT) else StreamWorld(seed, blocks=24)
