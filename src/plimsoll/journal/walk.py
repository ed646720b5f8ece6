"""Walking the frames of a journal in order, and judging what stands where the next frame should be.

    zeros to the end of the last segment              the end
    zeros to the end of another segment               the next segment follows, named after the next record
    anything else in the last segment                 a torn tail, unless a later header proves that it was durable
    anything else                                     ``JournalCorrupt``

A reader may walk while a writer writes: what looked torn may have been half written, so the place is looked at again
before it is called corrupt. Segments made meanwhile are left to the next walk.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from plimsoll.journal.errors import JournalCorrupt, JournalInputRefused
from plimsoll.journal.frame import chain_of
from plimsoll.journal.manifest import Manifest
from plimsoll.journal.segment import Frame, SegmentName, SegmentReader, list_segments, segment_path


@dataclass(frozen=True, slots=True)
class Tail:
    """Where the good frames end, after ``sequence`` records; ``flaw`` says why ``junk_bytes`` are no frame."""

    sequence: int
    chain: bytes
    path: Path
    offset: int
    size: int
    junk_bytes: int
    flaw: str


class Walk:
    """The frames from the segment that leads up to ``start_sequence``; ``tail`` is known once all were taken."""

    def __init__(self, directory: Path, manifest: Manifest, start_sequence: int = 0) -> None:
        if start_sequence < 0:
            raise JournalInputRefused(f"record {start_sequence} was asked for: records are numbered from 0")
        self._directory = directory
        self._start_sequence = start_sequence
        self._tail: Tail | None = None
        self._segments = _segments_of(directory)
        # The segment that ends at start_sequence will do: so there is a frame before it, and with it the chain hash.
        firsts = [segment.first_sequence for segment in self._segments]
        self._index = max(bisect_left(firsts, start_sequence) - 1, 0)
        self._sequence = firsts[self._index]
        self._chain = manifest.chain if self._index == 0 else None

    def __iter__(self) -> Iterator[Frame]:
        while self._tail is None:
            with SegmentReader(self._segments[self._index].path) as segment:
                yield from self._frames(segment)

    @property
    def tail(self) -> Tail:
        """Where the frames end; there is an answer once the last one was taken."""
        if self._tail is None:
            raise RuntimeError("the tail of a walk was asked for before its end")
        return self._tail

    def _frames(self, segment: SegmentReader) -> Iterator[Frame]:
        """Frames of one segment; then the tail is known or the next segment is due."""
        offset = 0
        while True:
            found = segment.frame(offset)
            if isinstance(found, Frame):
                self._require_next(found)
                self._sequence = found.header.sequence_after
                self._chain = found.header.chain
                offset = found.end
                yield found
            elif self._is_settled(segment, offset, found):
                return

    def _is_settled(self, segment: SegmentReader, offset: int, flaw: str) -> bool:
        """Judge a place without a frame; False means look again."""
        junk_bytes = segment.junk_bytes(offset)
        if self._index + 1 < len(self._segments):
            if junk_bytes:
                raise JournalCorrupt(self._sequence, segment.path, offset, flaw)
            self._enter_next_segment(segment, offset)
            return True
        if junk_bytes and segment.proves_durable(offset, self._sequence):
            if isinstance(segment.frame(offset), Frame):
                return False
            raise JournalCorrupt(self._sequence, segment.path, offset, f"{flaw}, and later frames build on it")
        self._tail = self._tail_at(segment, offset, junk_bytes, flaw if junk_bytes else "the last segment ends")
        return True

    def _tail_at(self, segment: SegmentReader, offset: int, junk_bytes: int, flaw: str) -> Tail:
        if self._sequence < self._start_sequence or self._chain is None:
            raise JournalInputRefused(
                f"record {self._start_sequence} is beyond the {self._sequence} records of {self._directory}: {flaw}, "
                f"at byte {offset} of {segment.path.name}. Either records were lost: restore the journal from a copy; "
                "or the snapshot that asks for them belongs to another journal: start from an older one"
            )
        return Tail(
            self._sequence, self._chain, segment.path, offset, segment.size, junk_bytes, flaw if junk_bytes else ""
        )

    def _enter_next_segment(self, segment: SegmentReader, offset: int) -> None:
        self._index += 1
        following = self._segments[self._index]
        if following.first_sequence != self._sequence:
            reason = f"the frames end here, and the next file is {following.path.name}"
            raise JournalCorrupt(self._sequence, segment.path, offset, reason)

    def _require_next(self, frame: Frame) -> None:
        header = frame.header
        if header.first_sequence != self._sequence:
            reason = f"the frame here starts with record {header.first_sequence}"
            raise JournalCorrupt(self._sequence, frame.path, frame.offset, reason)
        if header.chain != chain_of(header.previous, header.sealed, frame.body):
            reason = "the chain of hashes breaks: the frame here was changed, checksums and all"
            raise JournalCorrupt(self._sequence, frame.path, frame.offset, reason)
        if self._chain is not None and header.previous != self._chain:
            reason = "the chain of hashes breaks: the frame here follows another history or another manifest"
            raise JournalCorrupt(self._sequence, frame.path, frame.offset, reason)


def _segments_of(directory: Path) -> list[SegmentName]:
    segments = list_segments(directory)
    if not segments or segments[0].first_sequence != 0:
        raise JournalCorrupt(0, segment_path(directory, 0), 0, "the first segment is missing")
    return segments
