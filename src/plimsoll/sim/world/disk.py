"""A disk under the journal that forgets what was not synced, tears what was being written, and fills up.

It stands between the journal's file layer and the operating system: writes go through, and are undone again, in whole
or in part, when power goes before a sync. Names and sizes of files are not forgotten: they are synced as one.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, Final

from plimsoll.journal import files

SECTOR: Final = 512
NEVER: Final = -1


class PowerCut(Exception):
    """The machine stopped in the middle of a call."""


class ForgetfulDisk:
    """What the journal's file layer takes for ``os`` while ``under_the_journal`` lasts."""

    def __init__(self) -> None:
        self._unsynced: list[tuple[int, int, bytes, bytes]] = []
        self._no_room = False
        self.disarm()

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def cut_in_write(self, size: int) -> None:
        """Power goes after so many bytes of the next write."""
        self._write_bytes = size

    def cut_in_sync(self, when: str) -> None:
        """Power goes in the next sync, ``before`` it does anything or ``after`` it has done all."""
        self._sync_cut = when

    def fill(self) -> None:
        """The next write finds the disk full in its middle."""
        self._full = True

    @property
    def has_no_room(self) -> bool:
        """Whether the next new segment is still to find no room."""
        return self._no_room

    def leave_no_room(self) -> None:
        """The next new segment finds no room, whenever that is."""
        self._no_room = True

    def pwrite(self, descriptor: int, data: bytes | memoryview, offset: int) -> int:
        """Write, remembering what was there."""
        if self._full:
            self._full = False
            half = data[: len(data) // 2]
            self._write(descriptor, half, offset)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if self._write_bytes != NEVER:
            size, self._write_bytes = min(self._write_bytes, len(data)), NEVER
            self._write(descriptor, data[:size], offset)
            raise PowerCut(f"power went after {size} of {len(data)} bytes")
        return self._write(descriptor, data, offset)

    def _write(self, descriptor: int, data: bytes | memoryview, offset: int) -> int:
        old = os.pread(descriptor, len(data), offset)
        self._unsynced.append((os.fstat(descriptor).st_ino, offset, old, bytes(data)))
        return os.pwrite(descriptor, data, offset)

    def posix_fallocate(self, descriptor: int, offset: int, size: int) -> None:
        """Reserve room, if there is any."""
        if self._no_room:
            self._no_room = False
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.posix_fallocate(descriptor, offset, size)

    def fdatasync(self, descriptor: int) -> None:
        """Sync the data of a file; from then on it is safe."""
        when, self._sync_cut = self._sync_cut, ""
        if when == "before":
            raise PowerCut("power went before a sync")
        os.fdatasync(descriptor)
        self._forget(descriptor)
        if when == "after":
            raise PowerCut("power went after a sync")

    def fsync(self, descriptor: int) -> None:
        """The same for data and size."""
        os.fsync(descriptor)
        self._forget(descriptor)

    def _forget(self, descriptor: int) -> None:
        number = os.fstat(descriptor).st_ino
        self._unsynced = [write for write in self._unsynced if write[0] != number]

    def disarm(self) -> None:
        """Nothing goes wrong in the next calls; what was not synced may still be lost."""
        self._write_bytes = NEVER
        self._sync_cut = ""
        self._full = False
        self._no_room = False

    def lose_power(self, directory: Path, random: Random) -> None:
        """Leave any part of what was not synced, to the byte or by sectors."""
        paths = {path.stat().st_ino: path for path in directory.iterdir()}
        for number, offset, old, data in reversed(self._unsynced):
            if number in paths:
                left = torn(old.ljust(len(data), b"\0"), data, random)
                with open(paths[number], "r+b") as file:
                    file.seek(offset)
                    file.write(left)
        self._unsynced = []


def torn(old: bytes, new: bytes, random: Random) -> bytes:
    """What may be found of a write: a part up to any byte, from any byte, or some sectors."""
    at = random.randrange(len(new) + 1)
    which = random.randrange(3)
    if which == 0:
        return new[:at] + old[at:]
    if which == 1:
        return old[:at] + new[at:]
    starts = range(0, len(new), SECTOR)
    return b"".join((new if random.random() < 0.5 else old)[start : start + SECTOR] for start in starts)


@contextmanager
def under_the_journal() -> Iterator[ForgetfulDisk]:
    """The journal writes to a forgetful disk while the block lasts."""
    disk = ForgetfulDisk()
    real = vars(files)["os"]
    vars(files)["os"] = disk
    try:
        yield disk
    finally:
        vars(files)["os"] = real
