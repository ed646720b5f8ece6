"""What can go wrong with a journal, each with what happened, where, and what to do next.

Expected refusals of commands are result codes and live in ``units``; these exceptions are about files.
"""

from pathlib import Path


class JournalError(Exception):
    """The base of every error of this package."""


class JournalMissing(JournalError):
    """There is no journal in this directory."""


class JournalExists(JournalError):
    """There is already something in this directory that ``create`` would destroy."""


class JournalLocked(JournalError):
    """Another writer has this journal open."""


class JournalFormatUnknown(JournalError):
    """The files are of another format version or hold another record than this code reads."""


class JournalInputRefused(JournalError):
    """The caller gave something that cannot be journaled or asked for; nothing was written."""


class JournalReadFailed(JournalError):
    """The operating system could not read a file; its contents may be fine."""


class JournalWriteFailed(JournalError):
    """The operating system could not write or sync; what was acknowledged before is untouched."""


class JournalCorrupt(JournalError):
    """Acknowledged records are damaged or missing: first at record ``sequence``, byte ``offset`` of ``path``."""

    def __init__(self, sequence: int, path: Path, offset: int, reason: str) -> None:
        self.sequence = sequence
        self.path = path
        self.offset = offset
        self.reason = reason
        super().__init__(
            f"record {sequence} cannot be read: {reason}, at byte {offset} of {path}. "
            "Nothing was changed. Restore this file from a copy; the records before it can still be read"
        )


class SnapshotBad(JournalError):
    """A snapshot file is torn, damaged or of another format; an older one, or replay from record 0, will do."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path} is not a usable snapshot: {reason}. Use an older one and replay more of the journal")
