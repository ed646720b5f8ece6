"""Looking at files of a journal without changing or locking anything, as far as they can be read."""

from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from plimsoll.cli.described import Reading, account_of, counts_of, instruments_of, pots_of
from plimsoll.engine import Engine, EngineHalted
from plimsoll.journal import JournalError, JournalReader, Snapshot, read_manifest, read_snapshot
from plimsoll.journal.frame import batch_of
from plimsoll.journal.manifest import MANIFEST_NAME
from plimsoll.journal.segment import Frame, SegmentReader, list_segments
from plimsoll.units.messages import NAMED_COUNT, name_of
from plimsoll.venue import GenesisMismatch, InputRefused, VenueError
from plimsoll.venue.batch import merged
from plimsoll.venue.decimals import moment, tokens
from plimsoll.venue.genesis import engine_of
from plimsoll.venue.happenings import event_of
from plimsoll.venue.recovery import named_snapshot, snapshot_paths
from plimsoll.venue.registry import Registry
from plimsoll.venue.state import fits


@dataclass
class Survey:
    """What was found, as plain data, and what was wrong with it, a line each."""

    data: dict[str, Any]
    notes: list[str] = field(default_factory=list)


def survey_of(path: Path, events: int = 0, account: int | None = None) -> Survey:
    """Look at a directory, a manifest, a segment or a snapshot."""
    if path.is_dir():
        return _directory(path, events, account)
    if path.name == MANIFEST_NAME:
        return _directory(path.parent, events, account)
    with path.open("rb") as file:
        magic = file.read(8)
    if magic == b"plimsnap":
        return _snapshot(path, events, account)
    if magic == b"plimsoll" or (path.name.startswith("journal-") and path.suffix == ".plim"):
        if events or account is not None:
            raise InputRefused("--events and --account need the whole directory: one segment has no state")
        return _segment(path)
    raise InputRefused(f"{path}: neither a journal's directory nor one of its files")


def _directory(directory: Path, events: int, account: int | None) -> Survey:
    manifest = read_manifest(directory)
    found = Survey({"what": "journal", "path": str(directory)})
    genesis: Any = manifest.genesis if isinstance(manifest.genesis, dict) else {}  # type: ignore[redundant-expr]
    found.data["manifest"] = {
        "format_version": manifest.format_version,
        "code_version": manifest.code_version,
        "segment_bytes": manifest.segment_bytes,
        "genesis_root": genesis.get("root"),
        "policy_hash": genesis.get("policy_hash"),
        "policy": genesis.get("policy"),
    }
    files: list[dict[str, Any]] = []
    for segment in list_segments(directory):
        files.append({"file": segment.path.name, "first_record": segment.first_sequence, "bytes": _size(segment.path)})
    snapshots: list[Snapshot] = []
    for sequence, path in sorted(snapshot_paths(directory).items()):
        files.append({"file": path.name, "first_record": sequence, "bytes": _size(path)})
        try:
            snapshots.append(named_snapshot(path, sequence))
        except JournalError as error:
            found.notes.append(str(error))
    found.data["files"] = files
    registry = _registry(directory, found.notes)
    _replayed(JournalReader(directory), snapshots, registry, events, account, found)
    return found


def _replayed(
    reader: JournalReader,
    snapshots: list[Snapshot],
    registry: Registry,
    events: int,
    account: int | None,
    found: Survey,
) -> None:
    """The state at the end of what can be read: from the newest snapshot that fits, all of it when events are asked."""
    try:
        engine, first = _start(reader, snapshots if not events else [], found.notes)
    except GenesisMismatch as error:
        found.notes.append(f"its state cannot be told: {error}")
        found.data["records"] = _count(reader, found.notes)
        return
    kept: deque[Any] = deque(maxlen=events)
    reached = first
    try:
        for after, records in merged(reader.batches(first), ()):
            engine.apply(*records)
            table = engine.events()
            engine.ledger()
            if events:
                kept.extend(table[-events:].tolist())
            reached = after
    except (JournalError, EngineHalted) as error:
        found.notes.append(str(error))
    tail = reader.report
    found.data["records"] = reached
    found.data["unfinished_bytes"] = tail.cut_bytes if tail else None
    if tail is not None and tail.reason:
        found.notes.append(tail.reason)
    try:
        found.data["chain"] = reader.chain_at(reached).hex()
    except JournalError as error:
        found.notes.append(str(error))
    found.data["root"] = engine.root().hex()
    reading = Reading(engine.pool, registry)
    _describe(reading, account, found)
    if events:
        found.data["events"] = [str(event_of(row, reading.numbered)) for row in kept]


def _count(reader: JournalReader, notes: list[str]) -> int:
    records = 0
    try:
        for batch in reader.batches():
            records = batch.first_sequence + batch.commands.size
    except JournalError as error:
        notes.append(str(error))
    return records


def _start(reader: JournalReader, snapshots: list[Snapshot], notes: list[str]) -> tuple[Engine, int]:
    for snapshot in reversed(snapshots):
        try:
            if reader.chain_at(snapshot.sequence) == snapshot.chain:
                return Engine.restore(snapshot.tables), snapshot.sequence
            notes.append(f"snapshot {snapshot.sequence} belongs to another history")
        except JournalError as error:
            notes.append(f"snapshot {snapshot.sequence}: {error}")
    return engine_of(reader.manifest), 0


def _snapshot(path: Path, events: int, account: int | None) -> Survey:
    if events:
        raise InputRefused("--events needs the whole directory: a snapshot has none")
    snapshot = read_snapshot(path)
    found = Survey(
        {
            "what": "snapshot",
            "path": str(path),
            "records": snapshot.sequence,
            "chain": snapshot.chain.hex(),
            "root": snapshot.root.hex(),
        }
    )
    if not fits(snapshot):
        found.notes.append("its tables are not those of this code")
        return found
    engine = Engine.restore(snapshot.tables)
    if engine.root() != snapshot.root:
        found.notes.append(f"its tables have the root {engine.root().hex()}")
    _describe(Reading(engine.pool, _registry(path.parent, found.notes)), account, found)
    return found


def _segment(path: Path) -> Survey:
    """Frames of one segment: checksums only, since the chain needs the segment before."""
    frames = records = 0
    first = None
    kinds: dict[str, int] = {}
    offset = 0
    with SegmentReader(path) as reader:
        while isinstance(frame := reader.frame(offset), Frame):
            header = frame.header
            first = header.first_sequence if first is None else first
            frames += 1
            records += header.records
            numbers, counts = np.unique(batch_of(header, frame.body).commands["kind"], return_counts=True)
            for number, count in zip(numbers.tolist(), counts.tolist()):
                kinds[name_of("COMMAND", number)] = kinds.get(name_of("COMMAND", number), 0) + count
            offset = frame.end
        junk = reader.junk_bytes(offset)
    found = Survey(
        {
            "what": "segment",
            "path": str(path),
            "first_record": first,
            "frames": frames,
            "records": records,
            "used_bytes": offset,
            "unfinished_bytes": junk,
            "commands": kinds,
        }
    )
    if junk:
        found.notes.append(f"{junk} bytes after byte {offset} are no whole frame: {frame}")
    return found


def _describe(reading: Reading, account: int | None, found: Survey) -> None:
    tables = reading.tables
    totals = tables.totals[0]
    time_ms = int(totals["time"])
    found.data["accounts"] = counts_of(tables)
    found.data["totals"] = {
        "time": moment(time_ms).isoformat() if time_ms else "none yet",
        "settlement": reading.settlement,
        "vault": str(tokens(totals["vault"])),
        "shortfall": str(tokens(totals["shortfall"])),
        "bad_debt": str(tokens(totals["bad_debt"])),
        "socialised": str(tokens(totals["socialised"])),
        "commands": int(totals["commands"]),
        "events": int(totals["events"]),
    }
    named = map(reading.account_at, range(NAMED_COUNT))
    found.data["cash"] = {one.name: str(one.cash) for one in named}
    found.data["instruments"] = instruments_of(reading)
    found.data["pots"] = pots_of(reading)
    if account is not None:
        found.data["account"] = account_of(reading, account)


def _registry(directory: Path, notes: list[str]) -> Registry:
    try:
        return Registry.load(directory)
    except VenueError as error:
        notes.append(str(error))
        return Registry(None)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
