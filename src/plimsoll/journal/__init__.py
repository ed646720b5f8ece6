"""The order of commands on disk: append-only segments, recovery, snapshots. See ``docs/journal-format.md``.

This room makes commands durable before anyone acts on them, and gives them back unchanged or says that it cannot.
May enter: records and payload words as bytes, files, checksums, the hash chain, tables of a state as opaque arrays.
Never does: what a command means, results and events, the clock, randomness, network, floats.
"""

from plimsoll.journal.errors import (
    JournalCorrupt,
    JournalError,
    JournalExists,
    JournalFormatUnknown,
    JournalInputRefused,
    JournalLocked,
    JournalMissing,
    JournalReadFailed,
    JournalWriteFailed,
    SnapshotBad,
)
from plimsoll.journal.frame import BATCH_RECORDS_MAX, Batch
from plimsoll.journal.manifest import Manifest, read_manifest
from plimsoll.journal.reader import JournalReader
from plimsoll.journal.recovery import RecoveryReport
from plimsoll.journal.snapshot import LatestSnapshot, Snapshot, latest_snapshot, read_snapshot, write_snapshot
from plimsoll.journal.writer import Journal

__all__ = [
    "BATCH_RECORDS_MAX",
    "Batch",
    "Journal",
    "JournalCorrupt",
    "JournalError",
    "JournalExists",
    "JournalFormatUnknown",
    "JournalInputRefused",
    "JournalLocked",
    "JournalMissing",
    "JournalReadFailed",
    "JournalReader",
    "JournalWriteFailed",
    "LatestSnapshot",
    "Manifest",
    "RecoveryReport",
    "Snapshot",
    "SnapshotBad",
    "latest_snapshot",
    "read_manifest",
    "read_snapshot",
    "write_snapshot",
]
