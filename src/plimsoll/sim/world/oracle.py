"""What the oracle reports of the true prices, and what goes wrong with it.

Faults: *stale* (no report of an instrument for some blocks), *wrong* (a price that is not the true one), *doubtful*
(wide confidence), *few_sources*, *late* (an old time). What happens once to a world is in ``happenings``.
"""

from collections import Counter
from typing import Final

from plimsoll.sim.world.outbox import Outbox
from plimsoll.sim.world.sight import Sight
from plimsoll.sim.world.streams import between, chance, stream, whole
from plimsoll.units.limits import MARK_MAX, PPB
from plimsoll.units.messages import COMMAND_MARK, COMMAND_TICK, KIND_OPTION, STATUS_CLOSED, STATUS_SETTLING

SOURCES: Final = 5
CONFIDENCE: Final = 0.0005
SILENCE_BLOCKS: Final = 12
NARROW: Final = (0.95, 1.05)
WIDE: Final = (0.6, 1.5)
WIDE_CHANCE: Final = 0.04
WORTHLESS_EVERY: Final = 20
SETTLEMENT_EVERY: Final = 5
"""The settlement token's price is reported this often while it is at par, in blocks."""


class Oracle:
    """Reports every listed price once a block, if nothing goes wrong."""

    def __init__(self, seed: int, rates: dict[str, float], faults: Counter[str]) -> None:
        self.random = stream(seed, "reports")
        self.rates, self.faults = rates, faults
        self.silent: dict[int, int] = {}
        self.frozen_until = -1
        self.spikes: list[tuple[int, float]] = []
        self.zeros: list[int] = []

    def strikes(self, fault: str) -> bool:
        """Whether a fault happens now; counted if so."""
        if not chance(self.random, self.rates.get(fault, 0.0)):
            return False
        self.faults[fault] += 1
        return True

    def report(self, sight: Sight, out: Outbox, block: int) -> None:
        """Marks of this block; spikes are swept before the true price comes."""
        self._spike(sight, out)
        for number in range(1, sight.instruments):
            row = sight.rows[number]
            if row["kind"] == KIND_OPTION or row["status"] in (STATUS_SETTLING, STATUS_CLOSED):
                continue
            worthless = sight.listings[number - 1].divisor > 1
            if worthless and block % WORTHLESS_EVERY:
                continue
            if self._is_silent(number, block):
                continue
            self._mark(sight, out, number)
        par = sight.fair[0] == sight.rows["mark"][0]
        if not par or block % SETTLEMENT_EVERY == 0:
            out.send(COMMAND_MARK, instrument=0, time=sight.time_ms, price=max(1, round(sight.fair[0])))

    def _is_silent(self, number: int, block: int) -> bool:
        if block < self.frozen_until:
            return True
        if self.silent.get(number, -1) < block and self.strikes("stale"):
            self.silent[number] = block + whole(self.random, 2, SILENCE_BLOCKS)
        return self.silent.get(number, -1) >= block

    def _mark(self, sight: Sight, out: Outbox, number: int) -> None:
        row = sight.rows[number]
        price, time = min(round(sight.fair[number]), MARK_MAX), sight.time_ms
        if number in self.zeros:
            self.zeros.remove(number)
            price = whole(self.random, -1, 0)
            self.faults["zero_price"] += 1
        elif self.strikes("wrong"):
            wide = chance(self.random, WIDE_CHANCE)
            price = min(round(price * between(self.random, *(WIDE if wide else NARROW))), MARK_MAX)
        # A listing that allows no doubt has an oracle that never has any.
        confidence = round(max(price, 0) * CONFIDENCE) if row["confidence_max"] else 0
        sources = SOURCES
        if self.strikes("doubtful"):
            confidence = round(max(price, 1) * between(self.random, 0.01, 0.3))
        if self.strikes("few_sources"):
            sources = whole(self.random, 0, 2)
        if self.strikes("late"):
            time -= round(sight.config.block_ms * between(self.random, 0.1, 3))
        premium = round(sight.market.premiums[sight.listings[number - 1].coin] * PPB)
        report = {"price": price, "confidence": min(confidence, int(row["mark_max"])), "sources": sources}
        out.send(COMMAND_MARK, instrument=number, time=time, premium=max(-PPB, min(premium, PPB)), **report)
        sight.reported(number, **{"mark" if name == "price" else name: value for name, value in report.items()})

    def _spike(self, sight: Sight, out: Outbox) -> None:
        """A price inside the block that is gone at its end; the sweep sees it."""
        for number, factor in self.spikes:
            if number >= sight.instruments or sight.fair[number] <= 0:
                continue
            price = min(max(1, round(sight.fair[number] * factor)), int(sight.rows["mark_max"][number]))
            out.send(COMMAND_MARK, instrument=number, time=sight.time_ms, price=price, sources=SOURCES)
            out.send(COMMAND_TICK, time=sight.time_ms)
            self.faults["spike"] += 1
        self.spikes.clear()
