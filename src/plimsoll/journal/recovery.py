"""Recovery: find the last whole batch, cut what is torn after it, say so, and make the rest durable again.

The last group commit is written once more. Its frames may be in the page cache only: a process killed between write
and sync leaves them there, and a failed sync marks pages clean that never reached the disk, so that a later sync would
succeed without writing them. What is dirty again is synced for certain.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from plimsoll.journal.errors import JournalWriteFailed
from plimsoll.journal.files import opened, read_all, sync_data, sync_directory, write_all
from plimsoll.journal.manifest import Manifest
from plimsoll.journal.walk import Tail, Walk

_CHUNK_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class RecoveryReport:
    """What opening found: whole ``records`` kept, ``cut_bytes`` after them that were no whole frame, and why.

    ``reason`` is empty when the journal ended cleanly.
    """

    records: int
    cut_bytes: int
    reason: str


def report_of(tail: Tail, manifest: Manifest) -> RecoveryReport:
    """The report on a tail."""
    reasons = []
    if tail.flaw:
        reasons.append(f"{tail.flaw}, at byte {tail.offset} of {tail.path.name}")
    if tail.size < manifest.segment_bytes:
        reasons.append(f"{tail.path.name} is {manifest.segment_bytes - tail.size} bytes shorter than it was made")
    return RecoveryReport(tail.sequence, tail.junk_bytes, "; ".join(reasons))


def recover(directory: Path, manifest: Manifest, start_sequence: int) -> Tail:
    """Check every frame from the segment of ``start_sequence`` on, and leave the journal ready for the next frame.

    The caller holds the lock.
    """
    walk = Walk(directory, manifest, start_sequence)
    path, group = Path(), 0
    for frame in walk:
        if frame.path != path or frame.header.sequence_durable == frame.header.first_sequence:
            path, group = frame.path, frame.offset
    tail = walk.tail
    try:
        _mend(directory, tail, group if path == tail.path else tail.offset)
    except OSError as error:
        raise JournalWriteFailed(
            f"{tail.path} could not be made ready for writing: {error}. Nothing is lost; mend the disk or its "
            "permissions and open again, or read with JournalReader"
        ) from error
    return tail


def _mend(directory: Path, tail: Tail, group: int) -> None:
    with opened(tail.path, os.O_RDWR) as descriptor:
        end = tail.offset + tail.junk_bytes
        for start in range(tail.offset, end, _CHUNK_BYTES):
            write_all(descriptor, bytes(min(_CHUNK_BYTES, end - start)), start)
        for start in range(group, tail.offset, _CHUNK_BYTES):
            write_all(descriptor, read_all(descriptor, min(_CHUNK_BYTES, tail.offset - start), start), start)
        sync_data(descriptor)
    for pattern in ("journal-*.plim.tmp", "snapshot-*.plim.tmp"):
        for leftover in directory.glob(pattern):
            leftover.unlink()
    sync_directory(directory)
