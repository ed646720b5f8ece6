"""The venue: sequence, journal, apply, publish. One writer; callers in any number of threads.

A command is on disk before the engine sees it and its answer is given after both, so what was acknowledged survives a
kill at any moment. Callers that wait for the same writer share one sync (group commit).

A simulation, on whose answers nobody outside acts, may be journaled ``behind``: applied first, written in large groups.
"""

from collections.abc import Mapping
from pathlib import Path
from threading import Event, Lock, RLock
from types import TracebackType

import numpy as np

import plimsoll
from plimsoll.book.layout import Array
from plimsoll.book.layout import Pool as Tables
from plimsoll.engine import Engine
from plimsoll.journal import Journal, read_manifest, write_snapshot
from plimsoll.journal.manifest import SEGMENT_BYTES
from plimsoll.units.tables import Ints
from plimsoll.venue.batch import NO_PAYLOAD, Records, checked, joined
from plimsoll.venue.errors import VenueError, VenueStopped
from plimsoll.venue.genesis import code_note, genesis_of
from plimsoll.venue.recovery import Recovery, recover
from plimsoll.venue.state import state_of

GROUP_RECORDS_MAX = 65_536


class _Waiting:
    """One caller's records, and later their answers or the error that met them."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.results: Ints | None = None
        self.error: BaseException | None = None
        self.done = Event()


class Venue:
    """One pool with its journal. Use ``create``, ``open`` or ``in_memory``; close it when done."""

    def __init__(self, engine: Engine, journal: Journal | None, recovery: Recovery | None, behind: int) -> None:
        self.recovery = recovery
        """What opening found; None for a new pool."""
        self._engine = engine
        self._journal = journal
        self._behind = behind
        self._sequence = journal.sequence if journal else 0
        self._unwritten: list[Records] = []
        self._unwritten_records = 0
        self._waiting: list[_Waiting] = []
        self._waiting_lock = Lock()
        self._turn = RLock()
        self._stopped = ""

    @classmethod
    def create(
        cls,
        directory: str | Path,
        policy: Mapping[str, int] | None = None,
        *,
        behind: int = 0,
        segment_bytes: int = SEGMENT_BYTES,
    ) -> "Venue":
        """A new pool journaled in a directory; ``policy`` by parameter in the engine's integers, defaults for the rest.

        ``behind``: how many records may be applied before they are on disk; 0 for a venue.
        """
        engine = Engine.create(policy)
        return cls(engine, Journal.create(directory, genesis_of(engine), segment_bytes=segment_bytes), None, behind)

    @classmethod
    def open(cls, directory: str | Path, *, behind: int = 0) -> "Venue":
        """The pool of a directory as its journal has it; ``recovery`` says what was found, cut and passed over."""
        path = Path(directory)
        engine, journal, recovery = recover(path)
        return cls(engine, journal, recovery, behind)

    @classmethod
    def in_memory(cls, policy: Mapping[str, int] | None = None) -> "Venue":
        """A new pool that is gone when it is closed."""
        return cls(Engine.create(policy), None, None, 0)

    @property
    def directory(self) -> Path | None:
        """Where the journal is; None in memory."""
        return self._journal.directory if self._journal else None

    @property
    def note(self) -> str:
        """A warning when another version of the code wrote the journal; empty otherwise."""
        return code_note(read_manifest(self.directory), plimsoll.__version__) if self.directory else ""

    @property
    def sequence(self) -> int:
        """Records applied so far."""
        return self._sequence

    @property
    def chain(self) -> bytes:
        """The journal's chain hash after the last record on disk; empty in memory."""
        return self._journal.chain if self._journal else b""

    @property
    def pool(self) -> Tables:
        """The tables, to read only; valid until the next ``submit``."""
        return self._engine.pool

    def submit(self, commands: Array, payload: Ints = NO_PAYLOAD) -> Ints:
        """Journal the commands, apply them in order, and return one result code each.

        BatchError for a batch that is not one, before anything happened. After JournalWriteFailed or EngineHalted the
        venue takes no more; open it again and send again what was not answered: an id gets its first answer.
        """
        entry = _Waiting(checked(commands, payload))
        with self._waiting_lock:
            self._waiting.append(entry)
        with self._turn:
            while not entry.done.is_set():
                self._commit(self._group())
        if entry.error is not None:
            raise entry.error
        if entry.results is None:
            raise VenueStopped("a commit was interrupted before this batch was answered")
        return entry.results

    apply = submit

    def _group(self) -> list[_Waiting]:
        """The callers waiting now, oldest first, up to a bounded number of records."""
        with self._waiting_lock:
            size = taken = 0
            for entry in self._waiting:
                if taken and size + entry.records.commands.size > GROUP_RECORDS_MAX:
                    break
                size += entry.records.commands.size
                taken += 1
            group, self._waiting = self._waiting[:taken], self._waiting[taken:]
        return group

    def _commit(self, group: list[_Waiting]) -> None:
        try:
            results = self._write_and_apply(joined([entry.records for entry in group]))
            first = 0
            for entry in group:
                entry.results = results[first : first + entry.records.commands.size]
                first += entry.records.commands.size
        except BaseException as error:
            for entry in group:
                entry.error = error
            raise
        finally:
            for entry in group:
                entry.done.set()

    def _write_and_apply(self, records: Records) -> Ints:
        if self._stopped:
            raise VenueStopped(f"this venue takes no commands: {self._stopped}")
        if records.commands.size == 0:
            return np.zeros(0, np.int64)
        # Whatever interrupts the lines below, tables and journal may differ: only opening again makes them one.
        self._stopped = "a submit was interrupted; close it, open it again, and send again what was not answered"
        if self._journal is not None and self._behind == 0:
            self._journal.append(*records)
        results = self._engine.apply(*records)
        self._sequence += records.commands.size
        if self._journal is not None and self._behind > 0:
            # The caller may use its array again; the record must not change under us.
            self._unwritten.append(Records(records.commands.copy(), records.payload.copy()))
            self._unwritten_records += records.commands.size
            if self._unwritten_records >= self._behind:
                self._write_behind()
        self._stopped = ""
        return results

    def _write_behind(self) -> None:
        if self._journal is not None and self._unwritten:
            self._journal.append(*joined(self._unwritten))
            self._unwritten = []
            self._unwritten_records = 0

    def flush(self) -> None:
        """Write what was applied and is not on disk yet; there is nothing to do unless journaled behind."""
        with self._turn:
            if not self._stopped:
                self._stopped = "a write of the journal was interrupted; the records since the last one are lost"
                self._write_behind()
                self._stopped = ""

    def snapshot(self) -> Path:
        """Write the tables beside the journal, so that opening need not replay what lies before; returns the file."""
        with self._turn:
            self.flush()
            if self._journal is None or self._stopped:
                raise VenueError(self._stopped or "a pool in memory has no directory for a snapshot")
            root = self._engine.root()
            tables = state_of(self._engine)
            return write_snapshot(self._journal.directory, self._sequence, self._journal.chain, root, tables)

    def events(self) -> Array:
        """Events since the last call, oldest first. They pile up until somebody takes them."""
        with self._turn:
            return self._engine.events()

    def ledger(self) -> Array:
        """Lines of the liquidation ledger since the last call, oldest first."""
        with self._turn:
            return self._engine.ledger()

    def sweep(self) -> tuple[Ints, Ints, Ints]:
        """(equity, maintenance, initial) of every account row, in micros."""
        with self._turn:
            return self._engine.sweep()

    def next_legs(self, accounts: Ints) -> Ints:
        """The instrument a bid on each of these accounts must name; -1 for none."""
        with self._turn:
            return self._engine.next_legs(accounts)

    def identities(self) -> list[str]:
        """Identities that do not hold, as sentences; empty when the books balance."""
        with self._turn:
            return self._engine.identities()

    def root(self) -> bytes:
        """The state root after the last record."""
        with self._turn:
            return self._engine.root()

    def close(self) -> None:
        """Write what is not on disk yet and let go of the journal. A closed venue takes no commands."""
        with self._turn:
            try:
                self.flush()
            finally:
                if self._journal is not None:
                    self._journal.close()
                self._stopped = self._stopped or "it is closed"

    def __enter__(self) -> "Venue":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
