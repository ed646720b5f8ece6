"""How what was sent arrives: mostly as sent, in a few batches; sometimes lost, twice, late, or in another order.

Whoever loses a command may send it again; like a duplicate, it keeps its id. While the way is *congested* only a few
commands a block get through, and the rest arrives when there is room.
"""

from collections import Counter, deque
from collections.abc import Mapping
from itertools import pairwise
from typing import Final

import numpy as np

from plimsoll.sim.world.batch import Batch
from plimsoll.sim.world.outbox import Letter, commands_of
from plimsoll.sim.world.streams import chance, stream, whole

CONGESTED_BLOCKS: Final = 15
CONGESTED_ROOM: Final = 12
CONGESTION_PER_BLOCK: Final = 0.4
"""Of the rate of a fault of single commands, as it is drawn once a block."""
REORDERED_SPAN: Final = 30
BATCHES_MAX: Final = 4


class Delivery:
    """The way from people to the engine; keeps what is still on it."""

    def __init__(self, seed: int, rates: Mapping[str, float], faults: Counter[str]) -> None:
        self.random = stream(seed, "delivery")
        self.rates, self.faults = rates, faults
        self.queue: deque[Letter] = deque()
        self.later: list[Letter] = []
        self.congested = 0

    def strikes(self, fault: str, part: float = 1.0) -> bool:
        """Whether a fault happens now; counted if so."""
        if not chance(self.random, self.rates.get(fault, 0.0) * part):
            return False
        self.faults[fault] += 1
        return True

    @property
    def waiting(self) -> int:
        """Commands that are still on the way."""
        return len(self.queue) + len(self.later)

    def deliver(self, letters: list[Letter], note: str) -> list[Batch]:
        """The batches of a block."""
        arriving = self._again()
        for letter in letters:
            if self.strikes("lost"):
                if chance(self.random, 0.5):
                    self.later.append(letter)
                continue
            arriving.append(letter)
            if self.strikes("duplicated"):
                arriving.append(letter)
            if self.strikes("retried"):
                self.later.append(letter)
        self._reorder(arriving)
        self.queue.extend(arriving)
        return self.batches(self._through(), note)

    def _again(self) -> list[Letter]:
        """What is sent again now; the rest waits on."""
        due = [chance(self.random, 0.5) for _ in self.later]
        again = [letter for letter, now in zip(self.later, due, strict=True) if now]
        self.later = [letter for letter, now in zip(self.later, due, strict=True) if not now]
        return again

    def _reorder(self, letters: list[Letter]) -> None:
        for place in range(len(letters)):
            if self.strikes("reordered"):
                other = max(0, min(len(letters) - 1, place + whole(self.random, -REORDERED_SPAN, REORDERED_SPAN)))
                letters.insert(other, letters.pop(place))

    def _through(self) -> list[Letter]:
        """What gets through in this block."""
        if self.congested == 0 and self.strikes("congested", CONGESTION_PER_BLOCK):
            self.congested = whole(self.random, 2, CONGESTED_BLOCKS)
        room = len(self.queue)
        if self.congested > 0:
            self.congested -= 1
            room = min(room, whole(self.random, 1, CONGESTED_ROOM))
        return [self.queue.popleft() for _ in range(room)]

    def batches(self, letters: list[Letter], note: str) -> list[Batch]:
        """The letters cut into a few batches at random; the note goes with the first."""
        if not letters:
            return [Batch(*commands_of([]), note)] if note else []
        pieces = whole(self.random, 0, min(BATCHES_MAX, len(letters)) - 1)
        cuts = np.unique(self.random.integers(0, len(letters), pieces)) if pieces else np.zeros(0, np.int64)
        edges = [0, *(int(cut) for cut in cuts if cut > 0), len(letters)]
        parts = [letters[first:last] for first, last in pairwise(edges)]
        return [Batch(*commands_of(part), note if place == 0 else "") for place, part in enumerate(parts)]
