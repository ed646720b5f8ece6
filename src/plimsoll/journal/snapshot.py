"""Snapshots: the tables of the state after a number of records, so that a start need not replay everything.

    64-byte prefix | description (JSON: sequence, chain, root, and per table name, dtype, shape) | the tables' bytes

Each table starts at a multiple of 8 bytes.

A snapshot is an aid, never the truth: one that is torn or damaged is skipped, and the journal replayed further.
"""

import hashlib
import json
import os
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from struct import Struct
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from plimsoll.journal.errors import JournalInputRefused, JournalReadFailed, JournalWriteFailed, SnapshotBad
from plimsoll.journal.files import write_file
from plimsoll.journal.frame import CHAIN_BYTES

Tables = Mapping[str, npt.NDArray[Any]]

SNAPSHOT_VERSION: Final = 1
MAGIC: Final = b"plimsnap"

_FIELDS: Final = Struct("<8sIIQII")
"""Magic, version, bytes of the description, bytes of the tables, crc32 of both, zero. Their digest follows."""
_PREFIX_BYTES: Final = _FIELDS.size + CHAIN_BYTES
_ALIGNMENT: Final = 8
_NAME: Final = re.compile(r"snapshot-(\d{20})\.plim")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state after ``sequence`` records; the arrays are read-only."""

    sequence: int
    chain: bytes
    root: bytes
    tables: dict[str, npt.NDArray[Any]]


class LatestSnapshot(NamedTuple):
    """The newest usable snapshot, if there is one, and why newer ones were passed over."""

    snapshot: Snapshot | None
    skipped: tuple[SnapshotBad, ...]


def write_snapshot(directory: str | Path, sequence: int, chain: bytes, root: bytes, tables: Tables) -> Path:
    """Write a snapshot durably; it gets its name only when complete. The writer of the journal calls this."""
    if sequence < 0 or len(chain) != CHAIN_BYTES:
        raise JournalInputRefused(f"a snapshot needs a sequence from 0 and a chain of {CHAIN_BYTES} bytes")
    path = Path(directory) / f"snapshot-{sequence:020d}.plim"
    described = [{"name": name, **_describe(name, table)} for name, table in tables.items()]
    description = {"sequence": sequence, "chain": chain.hex(), "root": root.hex(), "tables": described}
    text = json.dumps(description).encode()
    text += b" " * (-len(text) % 64)
    bodies = [piece for table in tables.values() for piece in _bytes(table)]
    crc = zlib.crc32(text)
    for body in bodies:
        crc = zlib.crc32(body, crc)
    fields = _FIELDS.pack(MAGIC, SNAPSHOT_VERSION, len(text), sum(map(len, bodies)), crc, 0)
    state = hashlib.blake2b(fields + text, digest_size=CHAIN_BYTES)
    for body in bodies:
        state.update(body)
    try:
        write_file(path, [fields, state.digest(), text, *bodies])
    except OSError as error:
        raise JournalWriteFailed(
            f"{path} was not written: {error}. The journal and older snapshots are untouched; mend the cause and retry"
        ) from error
    return path


def read_snapshot(path: str | Path) -> Snapshot:
    """One snapshot, checked in full; ``SnapshotBad`` says what is wrong."""
    path = Path(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise JournalReadFailed(f"{path} cannot be read: {error}. Check the name, permissions and the disk") from error
    text, body = _checked(path, raw)
    try:
        description = json.loads(bytes(text))
        chain, root = bytes.fromhex(description["chain"]), bytes.fromhex(description["root"])
        tables = dict(_tables(description["tables"], body))
        return Snapshot(description["sequence"], chain, root, tables)
    except (KeyError, TypeError, ValueError) as error:
        raise SnapshotBad(path, f"its description is garbled ({error!r})") from error


def latest_snapshot(directory: str | Path) -> LatestSnapshot:
    """The newest usable snapshot. What was skipped is returned with it: a bad file is worth a look at the disk."""
    try:
        names = os.listdir(directory)
    except OSError as error:
        raise JournalReadFailed(f"{directory} cannot be listed: {error}. Check the name and permissions") from error
    skipped: list[SnapshotBad] = []
    for name in sorted(filter(_NAME.fullmatch, names), reverse=True):
        path = Path(directory) / name
        try:
            snapshot = read_snapshot(path)
            if path.name != f"snapshot-{snapshot.sequence:020d}.plim":
                raise SnapshotBad(path, f"it was renamed: it holds the state after {snapshot.sequence} records")
            return LatestSnapshot(snapshot, tuple(skipped))
        except SnapshotBad as bad:
            skipped.append(bad)
        except JournalReadFailed as failed:
            skipped.append(SnapshotBad(path, str(failed.__cause__)))
    return LatestSnapshot(None, tuple(skipped))


def _checked(path: Path, raw: bytes) -> tuple[memoryview, memoryview]:
    """Description and tables of a file whose checksum and digest are right."""
    if len(raw) < _PREFIX_BYTES:
        raise SnapshotBad(path, "it is torn: shorter than its prefix")
    magic, version, text_bytes, body_bytes, crc, _ = _FIELDS.unpack_from(raw)
    if magic != MAGIC:
        raise SnapshotBad(path, "it is no snapshot: the magic is wrong")
    if version != SNAPSHOT_VERSION:
        raise SnapshotBad(path, f"format version {version} is unknown, this code reads {SNAPSHOT_VERSION}")
    rest = memoryview(raw)[_PREFIX_BYTES:]
    if len(rest) != text_bytes + body_bytes:
        raise SnapshotBad(path, f"it is torn: {len(rest)} of {text_bytes + body_bytes} bytes follow the prefix")
    if crc != zlib.crc32(rest):
        raise SnapshotBad(path, "the checksum is wrong")
    state = hashlib.blake2b(raw[: _FIELDS.size], digest_size=CHAIN_BYTES)
    state.update(rest)
    if state.digest() != raw[_FIELDS.size : _PREFIX_BYTES]:
        raise SnapshotBad(path, "the hash is wrong")
    return rest[:text_bytes], rest[text_bytes:]


def _describe(name: str, table: npt.NDArray[Any]) -> dict[str, Any]:
    """Dtype and shape in plain values; only packed little-endian integers of at most 8 bytes have a place here."""
    dtype = table.dtype
    fields = [(field, dtype[field]) for field in dtype.names] if dtype.names is not None else [("", dtype)]
    plain = all(kind.kind in "biu" and kind.isnative and kind.shape == () for _, kind in fields)
    if not plain or sum(kind.itemsize for _, kind in fields) != dtype.itemsize:
        raise JournalInputRefused(
            f"table {name!r} has dtype {dtype}: a snapshot holds integers of at most 8 bytes without padding"
        )
    described = [[field, kind.str] for field, kind in fields] if dtype.names is not None else dtype.str
    return {"dtype": described, "shape": list(table.shape)}


def _bytes(table: npt.NDArray[Any]) -> list[memoryview | bytes]:
    """The bytes of a table, and zeros so that the next one is aligned."""
    plain = np.ascontiguousarray(table).reshape(-1).view(np.uint8)
    return [plain.data, bytes(-plain.size % _ALIGNMENT)]


def _tables(described: list[dict[str, Any]], body: memoryview) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    offset = 0
    for table in described:
        plain = table["dtype"]
        dtype = np.dtype(plain if isinstance(plain, str) else [(name, kind) for name, kind in plain])
        shape = tuple(table["shape"])
        array = np.frombuffer(body, dtype, int(np.prod(shape, dtype=np.int64)), offset=offset).reshape(shape)
        offset += array.nbytes + -array.nbytes % _ALIGNMENT
        yield table["name"], array
