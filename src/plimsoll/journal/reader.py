"""Reading a journal without a lock, beside a writer or on a copy; nothing is ever changed."""

from collections.abc import Iterator
from pathlib import Path

from plimsoll.journal.errors import JournalInputRefused
from plimsoll.journal.frame import Batch, batch_of
from plimsoll.journal.manifest import Manifest, read_manifest
from plimsoll.journal.recovery import RecoveryReport, report_of
from plimsoll.journal.walk import Walk


class JournalReader:
    """Iterates over what is in the files. Every byte that it gives out was checked against checksums and chain."""

    def __init__(self, directory: str | Path) -> None:
        self.directory = Path(directory)
        self.manifest: Manifest = read_manifest(self.directory)
        self.report: RecoveryReport | None = None
        """How the last complete iteration ended: ``cut_bytes`` counts what was left unread.

        Beside a writer, a frame that is being written looks like a torn one; the next iteration will have it.
        """

    def batches(self, start_sequence: int = 0) -> Iterator[Batch]:
        """Batches from record ``start_sequence`` on; the first is shortened where that falls inside a frame.

        Raises ``JournalCorrupt`` where damage is reached, after giving out everything before it.
        """
        walk = Walk(self.directory, self.manifest, start_sequence)
        for frame in walk:
            if frame.header.sequence_after > start_sequence:
                yield _from(batch_of(frame.header, frame.body), start_sequence)
        self.report = report_of(walk.tail, self.manifest)

    def chain_at(self, sequence: int) -> bytes:
        """The chain hash after this many records, to compare with a snapshot or with what was published.

        Only ends of batches have one; a snapshot ahead of the journal is refused too: records are missing.
        """
        if sequence == 0:
            return self.manifest.chain
        walk = Walk(self.directory, self.manifest, sequence)
        for frame in walk:
            if frame.header.sequence_after == sequence:
                return frame.header.chain
            if frame.header.sequence_after > sequence:
                raise JournalInputRefused(
                    f"sequence={sequence} is inside the batch of records {frame.header.first_sequence} to "
                    f"{frame.header.sequence_after - 1} of {self.directory}: ask for the end of a batch"
                )
        return walk.tail.chain


def _from(batch: Batch, start_sequence: int) -> Batch:
    """The batch without the records before ``start_sequence`` and without their payload words."""
    skipped = start_sequence - batch.first_sequence
    if skipped <= 0:
        return batch
    words = int(batch.commands["payload_words"][:skipped].sum())
    return Batch(start_sequence, batch.commands[skipped:], batch.payload[words:])
