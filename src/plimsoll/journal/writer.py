"""The journal: one writer appends, every acknowledged record is on disk.

After a failed write or sync the state of the page cache is unknown, and a second sync may report success for data that
is lost. So the journal is poisoned: it refuses to append until it is opened again, which looks at the files.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from plimsoll.journal.appender import Appender
from plimsoll.journal.errors import (
    JournalCorrupt,
    JournalExists,
    JournalInputRefused,
    JournalLocked,
    JournalWriteFailed,
)
from plimsoll.journal.files import lock, make_directory
from plimsoll.journal.frame import Batch, Records, Words
from plimsoll.journal.manifest import (
    MANIFEST_NAME,
    SEGMENT_BYTES,
    Manifest,
    encode_manifest,
    read_manifest,
    write_manifest,
)
from plimsoll.journal.reader import JournalReader
from plimsoll.journal.recovery import RecoveryReport, recover, report_of
from plimsoll.journal.segment import SegmentReader, create_segment, list_segments
from plimsoll.journal.split import require_journalable, split

LOCK_NAME: Final = "journal.lock"


class Journal:
    """An append-only journal, open for writing. Use ``create`` or ``open``; one thread at a time."""

    def __init__(self, directory: Path, held: int, start_sequence: int) -> None:
        self.directory = directory
        self.manifest: Manifest = read_manifest(directory)
        tail = recover(directory, self.manifest, start_sequence)
        self.report: RecoveryReport = report_of(tail, self.manifest)
        self._appender = Appender(self.manifest, tail)
        self._lock = held
        self._sequence = tail.sequence
        self._chain = tail.chain
        self._refusal = ""

    @classmethod
    def create(
        cls, directory: str | Path, manifest: Mapping[str, Any], *, segment_bytes: int = SEGMENT_BYTES
    ) -> "Journal":
        """A new, empty journal. ``manifest`` is the genesis as plain values (policy hash and so on), kept for ever."""
        path = Path(directory)
        contents = encode_manifest(manifest, segment_bytes)
        try:
            make_directory(path)
            held = _lock(path)
            try:
                _require_empty(path)
                # The manifest comes last: without it nothing was acknowledged, with it the first segment is there.
                create_segment(path, 0, segment_bytes)
                write_manifest(path, contents)
                return cls(path, held, 0)
            except BaseException:
                os.close(held)
                raise
        except OSError as error:
            raise JournalWriteFailed(
                f"no journal was created in {path}: {error}. Mend the cause and create it again"
            ) from error

    @classmethod
    def open(cls, directory: str | Path, *, start_sequence: int = 0) -> "Journal":
        """Open and recover; ``report`` says what was cut.

        Every frame from the segment of ``start_sequence`` on is checked. A caller that starts from a snapshot need
        not wait for the check of what lies before it.
        """
        path = Path(directory)
        read_manifest(path)
        try:
            held = _lock(path)
            try:
                return cls(path, held, start_sequence)
            except BaseException:
                os.close(held)
                raise
        except OSError as error:
            raise JournalWriteFailed(
                f"{path} cannot be opened for writing: {error}. Check permissions, or read with JournalReader"
            ) from error

    @property
    def sequence(self) -> int:
        """Records acknowledged so far; the number of the next one."""
        return self._sequence

    @property
    def chain(self) -> bytes:
        """The chain hash after the last acknowledged record."""
        return self._chain

    def append(self, commands: Records, payload: Words) -> int:
        """Write the records and return ``sequence``; when it returns, they are on disk.

        ``payload`` holds the words of all records, in record order. However many frames it takes, they share one sync
        per file. If it raises ``JournalWriteFailed``, whole frames of this call may be found when the journal is
        opened again, but never a part of one.
        """
        if self._refusal:
            raise JournalWriteFailed(f"{self.directory} takes no records: {self._refusal}")
        require_journalable(commands, payload)
        if commands.size == 0:
            return self._sequence
        # Whatever interrupts the lines below, an unacknowledged frame may be in the file: only reopening can tell.
        self._refusal = "an append was interrupted. Close it, open it again and compare `sequence`"
        try:
            for batch in split(commands, payload, self._sequence):
                self._appender.write(batch)
            self._appender.sync()
        except OSError as error:
            self._refusal = f"an append failed ({error}). Mend the cause, close it, open it again, compare `sequence`"
            raise JournalWriteFailed(
                f"records {self._sequence} and on were not written to {self._appender.path}: {error}. The "
                f"{self._sequence} records before are safe. Free space or mend the disk, close the journal, open it "
                "again, compare `sequence`, and send again what is missing"
            ) from error
        self._sequence = self._appender.sequence
        self._chain = self._appender.chain
        self._refusal = ""
        return self._sequence

    def batches(self, start_sequence: int = 0) -> Iterator[Batch]:
        """Batches from record ``start_sequence`` on, up to what is acknowledged now; the arrays are read-only."""
        end = self._sequence
        if start_sequence > end:
            raise JournalInputRefused(f"record {start_sequence} is beyond the {end} records of {self.directory}")
        reached = start_sequence
        batches = JournalReader(self.directory).batches(start_sequence)
        while reached < end:
            batch = next(batches, None)
            if batch is None:
                reason = f"{end} records were acknowledged, and the file ends before"
                raise JournalCorrupt(reached, self._appender.path, 0, reason)
            reached = batch.first_sequence + batch.commands.size
            yield batch

    def chain_at(self, sequence: int) -> bytes:
        """The chain hash after this many records; see ``JournalReader.chain_at``."""
        return JournalReader(self.directory).chain_at(sequence)

    def close(self) -> None:
        """Let go of the files and the lock. There is nothing left to write: append does not return before."""
        if self._lock >= 0:
            self._refusal = "it is closed. Open it again"
            self._appender.close()
            os.close(self._lock)
            self._lock = -1

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _lock(directory: Path) -> int:
    try:
        return lock(directory / LOCK_NAME)
    except BlockingIOError as error:
        raise JournalLocked(
            f"{directory} is open for writing elsewhere: close that writer first, or read with JournalReader"
        ) from error


def _require_empty(directory: Path) -> None:
    """Only what an interrupted ``create`` leaves may be here: a first segment of zeros."""
    if (directory / MANIFEST_NAME).exists():
        raise JournalExists(f"{directory} holds a journal: use Journal.open, or create elsewhere")
    for segment in list_segments(directory):
        with SegmentReader(segment.path) as reader:
            if segment.first_sequence != 0 or reader.junk_bytes(0):
                raise JournalExists(
                    f"{segment.path} holds records without a manifest: restore {MANIFEST_NAME} from a copy, "
                    "or create elsewhere"
                )
