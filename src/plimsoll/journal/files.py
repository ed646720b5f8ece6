"""What we ask of the operating system, each promise in one place.

Every function raises ``OSError`` and nothing else; callers turn it into a ``JournalError`` that says what to do next.
"""

import errno
import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

Buffer = bytes | memoryview

WRITE_BYTES_MAX: Final = 2**30
"""Linux writes at most a little under 2 GiB in one call; below that, a short write on a file means trouble."""
TEMPORARY: Final = ".tmp"
MODE: Final = 0o644


@contextmanager
def opened(path: Path, flags: int) -> Iterator[int]:
    """A file descriptor that is closed at the end."""
    descriptor = os.open(path, flags | os.O_CLOEXEC, MODE)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def write_all(descriptor: int, data: Buffer, offset: int) -> None:
    """Write every byte at the offset; a short write is an error: on a file it means that the disk is full."""
    for start in range(0, len(data), WRITE_BYTES_MAX):
        piece = data[start : start + WRITE_BYTES_MAX]
        written = os.pwrite(descriptor, piece, offset + start)
        if written != len(piece):
            full = os.strerror(errno.ENOSPC)
            raise OSError(errno.ENOSPC, f"{full}: only {written} of {len(piece)} bytes were written")


def read_all(descriptor: int, size: int, offset: int) -> bytes:
    """Read this many bytes, or what there is up to the end of the file."""
    pieces = []
    while size > 0:
        piece = os.pread(descriptor, min(size, WRITE_BYTES_MAX), offset)
        if not piece:
            break
        pieces.append(piece)
        offset += len(piece)
        size -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def sync_data(descriptor: int) -> None:
    """Make what was written survive power loss, as far as the device tells the truth.

    On macOS ``fsync`` leaves data in the drive's cache; ``F_FULLFSYNC`` does not.
    """
    if hasattr(fcntl, "F_FULLFSYNC"):
        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
    else:
        os.fdatasync(descriptor)


def sync_all(descriptor: int) -> None:
    """The same for data and size: for new files."""
    if hasattr(fcntl, "F_FULLFSYNC"):
        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
    else:
        os.fsync(descriptor)


def sync_directory(directory: Path) -> None:
    """Make names in a directory survive power loss: a file's own sync does not cover its name."""
    with opened(directory, os.O_RDONLY | os.O_DIRECTORY) as descriptor:
        os.fsync(descriptor)


def allocate(descriptor: int, size: int) -> None:
    """Reserve the blocks of a file up to this size: later writes neither change its size nor run out. Does not sync."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, size)
    else:
        present = os.fstat(descriptor).st_size
        write_all(descriptor, bytes(max(size - present, 0)), present)


def make_directory(directory: Path) -> None:
    """Create a directory and its parents, durably."""
    missing = [path for path in (directory, *directory.parents) if not path.exists()]
    directory.mkdir(parents=True, exist_ok=True)
    for path in missing:
        sync_directory(path.parent)


@contextmanager
def created(path: Path) -> Iterator[int]:
    """A new file that gets its name only when the block ends well: synced, renamed, directory synced."""
    temporary = path.with_name(path.name + TEMPORARY)
    try:
        with opened(temporary, os.O_RDWR | os.O_CREAT | os.O_TRUNC) as descriptor:
            yield descriptor
            sync_all(descriptor)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def write_file(path: Path, pieces: Iterable[Buffer]) -> None:
    """Write a whole file, durably and under its final name only when complete."""
    with created(path) as descriptor:
        offset = 0
        for piece in pieces:
            write_all(descriptor, piece, offset)
            offset += len(piece)


def lock(path: Path) -> int:
    """Take the exclusive lock and return the descriptor that holds it; ``BlockingIOError`` if another holds it.

    The kernel lets go when the holder dies, so the file is never removed and never stale.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, MODE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
