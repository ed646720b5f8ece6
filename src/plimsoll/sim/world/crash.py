"""The same commands through a venue that keeps crashing: what it acknowledged must be there, and nothing else happen.

The undisturbed engine is the measure: the same answers and, after every fault and at the end, the same root.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Final

import numpy as np

from plimsoll.engine import Engine
from plimsoll.journal import JournalError, JournalReader
from plimsoll.sim.world.batch import Batch
from plimsoll.sim.world.checks import CheckFailed
from plimsoll.sim.world.disk import ForgetfulDisk, PowerCut, under_the_journal
from plimsoll.units.codes import ID_MUST_BE_POSITIVE, ID_MUST_BE_WITHIN_WINDOW, ID_MUST_NOT_BE_REUSED
from plimsoll.units.tables import Ints
from plimsoll.venue import Venue, VenueError, verify
from plimsoll.venue.genesis import engine_of
from plimsoll.venue.recovery import replay

SEGMENT_BYTES: Final = 2**15
SNAPSHOT_WITHIN: Final = 32
BETWEEN: Final = "power between batches"
FULL: Final = "full disk in write"
FULL_LATER: Final = "full disk for segment"
FAULTS: Final = {
    "torn write": 6,
    "killed in write": 3,
    "power before sync": 3,
    "power after sync": 3,
    BETWEEN: 3,
    FULL: 2,
    FULL_LATER: 2,
    "snapshot, then power": 2,
}
"""Kinds of faults, and how often each is drawn. After a kill or a full disk the page cache is still there."""
DURABLE = "acknowledged_must_be_durable"
RECOVERED = "recovery_must_reach_the_same_root"
REPLAYED = "replay_must_reach_the_same_root"
ANSWERED = "retries_must_get_the_first_answer"
OF_THE_JOURNAL: Final = (DURABLE, RECOVERED, REPLAYED, ANSWERED)
"""Checks that only crashes can make fail."""
UNASKED = (ID_MUST_BE_POSITIVE, ID_MUST_BE_WITHIN_WINDOW, ID_MUST_NOT_BE_REUSED)
"""Answers of the envelope: not kept with an id, so another one may be right later."""


@dataclass
class CrashingVenue:
    """A journaled venue in a folder, and what goes wrong with it. Use as a context manager."""

    folder: Path
    seed: int
    policy: Mapping[str, int]
    rate: float = 0.04
    faults: Counter[str] = field(default_factory=Counter)
    """Faults injected so far, by kind."""
    cut_bytes: int = 0
    """Bytes the recoveries found that were no frame."""

    def __enter__(self) -> "CrashingVenue":
        self._under = under_the_journal()
        self._disk: ForgetfulDisk = self._under.__enter__()
        self._directory = self.folder / "journal"
        self._batches = 0
        self._venue = Venue.create(self._directory, self.policy, segment_bytes=SEGMENT_BYTES)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            self._venue.close()
        finally:
            self._under.__exit__(None, None, None)

    def submit(self, batch: Batch, codes: Ints, engine: Engine) -> str:
        """The batch, with whatever goes wrong at it; returns the fault, "" for none. ``codes``: the right answers."""
        # Drawn from the batch, so that it stays with it when a world is made smaller.
        random = Random(f"{self.seed} {int(batch.commands['id'][0])} crash")
        drawn = random.choices(list(FAULTS), list(FAULTS.values()))[0] if random.random() < self.rate else ""
        self._batches += 1
        # Every world has one snapshot at least, and a tail after it.
        if drawn.startswith("snapshot") or self._batches == self.seed % SNAPSHOT_WITHIN + 1:
            self._venue.snapshot()
        before = self._venue.sequence
        self._arm(drawn, batch, random)
        try:
            got = self._venue.submit(batch.commands, batch.payload)
        except (PowerCut, JournalError) as error:
            if isinstance(error, JournalError) and drawn != FULL:
                drawn = FULL_LATER
            self._come_back(drawn, before, before, batch, codes, random)
        else:
            if got.tolist() != codes.tolist():
                raise CheckFailed(ANSWERED, f"{_differing(batch, got, codes)} (in one batch, and one by one)")
            if drawn == FULL_LATER:
                return ""  # whenever the next segment is needed
            if drawn:
                self._come_back(drawn, before, self._venue.sequence, batch, codes, random)
        if drawn:
            self.faults[drawn] += 1
            self._require_root(engine, drawn)
        return drawn

    def _arm(self, fault: str, batch: Batch, random: Random) -> None:
        if fault in ("torn write", "killed in write"):
            size = 128 + batch.commands.nbytes + batch.payload.nbytes
            self._disk.cut_in_write(random.randrange(size + 1))
        elif fault in ("power before sync", "power after sync"):
            self._disk.cut_in_sync(fault.split()[1])
        elif fault == FULL:
            self._disk.fill()
        elif fault == FULL_LATER:
            self._disk.leave_no_room()

    def _come_back(self, fault: str, before: int, acknowledged: int, batch: Batch, codes: Ints, random: Random) -> None:
        """Open again, require what was acknowledged, send again what was not answered."""
        self._venue.close()
        waiting = self._disk.has_no_room
        self._disk.disarm()
        if "power" in fault or "torn" in fault:
            self._disk.lose_power(self._directory, random)
        try:
            self._venue = Venue.open(self._directory)
        except (VenueError, JournalError) as error:
            raise CheckFailed(DURABLE, f"the journal does not open again: {error}") from error
        if self._venue.recovery is not None:
            self.cut_bytes += self._venue.recovery.cut_bytes
        found = self._venue.sequence
        if found not in (acknowledged, before + batch.commands.size):
            raise CheckFailed(DURABLE, f"{acknowledged} records were acknowledged, {found} were found")
        self._send_again(batch, codes, is_there=found > before)
        if waiting:
            self._disk.leave_no_room()

    def _send_again(self, batch: Batch, codes: Ints, *, is_there: bool) -> None:
        """Whoever got no answer asks again with the same ids: all of it, or what the journal has answers for."""
        asked = ~np.isin(codes, UNASKED) if is_there else np.ones(codes.size, bool)
        if not asked.any():
            return
        words = np.repeat(asked, batch.commands["payload_words"])
        again = self._venue.submit(batch.commands[asked], batch.payload[words])
        if again.tolist() != codes[asked].tolist():
            raise CheckFailed(ANSWERED, _differing(batch, again, codes[asked]))

    def _require_root(self, engine: Engine, fault: str) -> None:
        if self._venue.root() != engine.root():
            raise CheckFailed(RECOVERED, f"after {fault} the root is not that of the undisturbed run")

    def finish(self, engine: Engine) -> None:
        """At the end: the same root here, from a snapshot and the rest, and from the first record on."""
        self._require_root(engine, "the last batch")
        self._venue.close()
        self._venue = Venue.open(self._directory)
        self._require_root(engine, "opening from the newest snapshot")
        reader = JournalReader(self._directory)
        fresh = engine_of(reader.manifest)
        replay(fresh, reader, 0)
        if fresh.root() != engine.root():
            raise CheckFailed(REPLAYED, "from the first record on the journal has another root")
        if any(self._directory.glob("snapshot-*.plim")):
            report = verify(self._directory)
            if not report.ok:
                raise CheckFailed(REPLAYED, "; ".join(report.problems[:5]))


def _differing(batch: Batch, got: Ints, codes: Ints) -> str:
    at = int(np.flatnonzero(got != codes)[0])
    return f"command {at} of the batch of id {batch.commands['id'][0]}: {got[at]}, first {codes[at]}"
