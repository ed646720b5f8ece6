"""The end of the journal: the open segment, where the next frame goes, and room for it.

A segment is full when the next frame does not fit. It is synced before its successor is created, so only the last
segment can ever be torn.
"""

import os

from plimsoll.journal.files import allocate, sync_data, write_all
from plimsoll.journal.frame import Batch, encode, frame_bytes
from plimsoll.journal.manifest import Manifest
from plimsoll.journal.segment import create_segment
from plimsoll.journal.walk import Tail


class Appender:
    """Writes frames one after the other; ``sequence`` and ``chain`` count them whether they are synced or not.

    Raises ``OSError``; after that, and after any other interruption, it must not be used again.
    """

    def __init__(self, manifest: Manifest, tail: Tail) -> None:
        self.path = tail.path
        self.sequence = tail.sequence
        self.chain = tail.chain
        self._segment_bytes = manifest.segment_bytes
        self._sequence_durable = tail.sequence
        self._offset = tail.offset
        self._allocated = tail.size
        self._descriptor = _opened(tail.path)

    def write(self, batch: Batch) -> None:
        """Write one frame. It is durable after ``sync``."""
        size = frame_bytes(batch)
        if self._offset + size > self._allocated:
            self._make_room(size)
        frame, chain = encode(batch, self._sequence_durable, self.chain)
        write_all(self._descriptor, frame, self._offset)
        self._offset += size
        self.sequence += batch.commands.size
        self.chain = chain

    def sync(self) -> None:
        """Make every frame written so far durable."""
        sync_data(self._descriptor)
        self._sequence_durable = self.sequence

    def close(self) -> None:
        """Close the segment; does not sync."""
        os.close(self._descriptor)

    def _make_room(self, size: int) -> None:
        if self._offset + size <= self._segment_bytes:
            # The file lost its tail; the sync of the frame covers its new size.
            self._allocated = self._segment_bytes
            allocate(self._descriptor, self._allocated)
            return
        # An empty segment that is too small for its first frame is replaced: the new one has the same name.
        self.sync()
        self._allocated = max(self._segment_bytes, size)
        path = create_segment(self.path.parent, self.sequence, self._allocated)
        descriptor = _opened(path)
        os.close(self._descriptor)
        self._descriptor = descriptor
        self.path = path
        self._offset = 0


def _opened(path: os.PathLike[str]) -> int:
    return os.open(path, os.O_RDWR | os.O_CLOEXEC)
