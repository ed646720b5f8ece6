"""Coming back: the newest snapshot that belongs to the journal, then the rest of the journal; else all of it.

A snapshot is an aid. One that is damaged, of other tables, or of another history is passed over, and the report says
so. One that is ahead of the journal is proof that acknowledged records are gone, and opening is refused.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

from plimsoll.engine import Engine, EngineHalted
from plimsoll.journal import (
    Journal,
    JournalError,
    JournalInputRefused,
    JournalReader,
    Snapshot,
    SnapshotBad,
    read_manifest,
    read_snapshot,
)
from plimsoll.venue.batch import merged
from plimsoll.venue.errors import VenueError
from plimsoll.venue.genesis import engine_of
from plimsoll.venue.state import fits

_NAME: Final = re.compile(r"snapshot-(\d{20})\.plim")


@dataclass(frozen=True, slots=True)
class Recovery:
    """What opening did: ``records`` in the journal, ``replayed`` of them; ``snapshot`` is -1 when none was used.

    ``cut_bytes`` after the last whole frame were no frame, for ``reason``; ``notes`` say what was passed over.
    """

    records: int
    replayed: int
    snapshot: int
    cut_bytes: int
    reason: str
    notes: tuple[str, ...]


def snapshot_paths(directory: Path) -> dict[int, Path]:
    """Snapshot files by the number of records in their name, newest first."""
    found = {}
    for path in directory.iterdir():
        match = _NAME.fullmatch(path.name)
        if match:
            found[int(match[1])] = path
    return dict(sorted(found.items(), reverse=True))


def named_snapshot(path: Path, sequence: int) -> Snapshot:
    """The snapshot in a file, which must hold the state its name says; SnapshotBad otherwise."""
    snapshot = read_snapshot(path)
    if snapshot.sequence != sequence:
        raise SnapshotBad(path, f"it was renamed: it holds the state after {snapshot.sequence} records")
    if not fits(snapshot):
        raise SnapshotBad(path, "its tables are not those of this code")
    return snapshot


def recover(directory: Path) -> tuple[Engine, Journal, Recovery]:
    """The engine as the journal has it, and the journal open for more."""
    manifest = read_manifest(directory)
    fresh = engine_of(manifest)
    notes: list[str] = []
    candidates = snapshots(directory, notes)
    newest = next(candidates, None)
    # A snapshot ahead of the journal ends here: records that were acknowledged are not in the files.
    journal = Journal.open(directory, start_sequence=newest.sequence if newest else 0)
    try:
        engine, first = fresh, 0
        for snapshot in chain([newest] if newest else [], candidates):
            flaw = _flaw(journal, snapshot)
            restored = Engine.restore(snapshot.tables)
            if not flaw and restored.root() == snapshot.root:
                engine, first = restored, snapshot.sequence
                break
            notes.append(f"snapshot {snapshot.sequence} passed over: {flaw or 'its tables do not have its root'}")
        replay(engine, journal, first)
    except BaseException:
        journal.close()
        raise
    report = journal.report
    used = first if engine is not fresh else -1
    recovery = Recovery(journal.sequence, journal.sequence - first, used, report.cut_bytes, report.reason, tuple(notes))
    return engine, journal, recovery


def _flaw(journal: Journal, snapshot: Snapshot) -> str:
    """Why the snapshot does not belong to the journal; empty when it does."""
    try:
        belongs = journal.chain_at(snapshot.sequence) == snapshot.chain
    except JournalInputRefused as error:
        return str(error)
    return "" if belongs else "it belongs to another history"


def replay(engine: Engine, journal: Journal | JournalReader, first: int) -> int:
    """Apply every record from ``first`` on; returns the number of records then applied. Events are not kept."""
    reached = first
    for after, records in merged(journal.batches(first), ()):
        try:
            engine.apply(*records)
        except EngineHalted as error:
            raise VenueError(f"records {reached} to {after - 1} cannot be replayed: {error}") from error
        engine.events()
        engine.ledger()
        reached = after
    return reached


def snapshots(directory: Path, notes: list[str]) -> Iterator[Snapshot]:
    """Snapshots that can be read, newest first; the others are noted."""
    for sequence, path in snapshot_paths(directory).items():
        try:
            yield named_snapshot(path, sequence)
        except JournalError as error:
            notes.append(f"snapshot {sequence} passed over: {error}")
