"""Segment files: their names, and reading frames out of one.

Reading copies with ``pread`` and never maps: a disk error is then an exception, not a signal that ends the process,
and a batch stays valid after its file is closed.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple

import numpy as np

from plimsoll.journal.errors import JournalFormatUnknown, JournalReadFailed
from plimsoll.journal.files import allocate, created, read_all
from plimsoll.journal.frame import (
    FORMAT_VERSION,
    HEADER_BYTES,
    MAGIC,
    RECORD,
    Header,
    body_flaw,
    decode_header,
)

_NAME: Final = re.compile(r"journal-(\d{20})\.plim")
_CHUNK_BYTES: Final = 2**20


class SegmentName(NamedTuple):
    """A segment and the number of the first record it may hold."""

    first_sequence: int
    path: Path


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame whose checksums are right; its hash and its place in the chain are not looked at yet."""

    header: Header
    body: bytes
    path: Path
    offset: int

    @property
    def end(self) -> int:
        """Where the next frame starts."""
        return self.offset + HEADER_BYTES + len(self.body)


def segment_path(directory: Path, first_sequence: int) -> Path:
    """The file whose first record has this number."""
    return directory / f"journal-{first_sequence:020d}.plim"


def list_segments(directory: Path) -> list[SegmentName]:
    """The segments in order."""
    try:
        names = os.listdir(directory)
    except OSError as error:
        raise JournalReadFailed(f"{directory} cannot be listed: {error}. Check its permissions and the disk") from error
    matches = [match for match in map(_NAME.fullmatch, names) if match]
    return sorted(SegmentName(int(match[1]), directory / match[0]) for match in matches)


def create_segment(directory: Path, first_sequence: int, size: int) -> Path:
    """A new segment of zeros, durable with its name before the first frame goes in."""
    path = segment_path(directory, first_sequence)
    with created(path) as descriptor:
        allocate(descriptor, size)
    return path


class SegmentReader:
    """One open segment. Raises ``JournalReadFailed`` when the system cannot read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise self._failed(error) from error

    def __enter__(self) -> "SegmentReader":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        os.close(self._descriptor)

    @property
    def size(self) -> int:
        """Bytes in the file; asked anew, since a writer may extend it."""
        return os.fstat(self._descriptor).st_size

    def read(self, offset: int, size: int) -> bytes:
        """Bytes at an offset, fewer at the end of the file."""
        try:
            return read_all(self._descriptor, size, offset)
        except OSError as error:
            raise self._failed(error) from error

    def frame(self, offset: int) -> Frame | str:
        """The frame at an offset, or why there is none."""
        header = decode_header(self.read(offset, HEADER_BYTES))
        if isinstance(header, str):
            return header
        if header.version != FORMAT_VERSION or header.record_bytes != RECORD.itemsize:
            raise JournalFormatUnknown(
                f"{self.path} holds at byte {offset} a frame of format version {header.version} with records of "
                f"{header.record_bytes} bytes; this code reads version {FORMAT_VERSION} with {RECORD.itemsize}. "
                "Use the version of plimsoll that wrote it"
            )
        body = self.read(offset + HEADER_BYTES, header.body_bytes)
        return body_flaw(header, body) or Frame(header, body, self.path, offset)

    def junk_bytes(self, offset: int) -> int:
        """How many bytes from an offset to the last one that is not zero; 0 in the preallocated tail."""
        for start in reversed(range(offset, self.size, _CHUNK_BYTES)):
            filled = np.flatnonzero(np.frombuffer(self.read(start, _CHUNK_BYTES), np.uint8))
            if filled.size:
                return start + int(filled[-1]) + 1 - offset
        return 0

    def proves_durable(self, offset: int, sequence: int) -> bool:
        """Whether a later header says that record ``sequence``, expected at ``offset``, had reached the disk."""
        rest = self.read(offset, self.junk_bytes(offset))
        at = rest.find(MAGIC)
        while at >= 0:
            header = decode_header(rest[at : at + HEADER_BYTES])
            if isinstance(header, Header) and header.sequence_durable > sequence:
                return True
            at = rest.find(MAGIC, at + 1)
        return False

    def _failed(self, error: OSError) -> JournalReadFailed:
        return JournalReadFailed(f"{self.path} cannot be read: {error}. Check its permissions and the disk, then retry")
