"""The frame: one 128-byte header and one body, the unit that is on disk whole or not at all.

    body   = records (128 bytes each) | payload words (8 bytes each, in record order)
    chain  = blake2b-256( previous | header[0:60] | body )

where previous is the chain of the frame before, for the first frame the hash of the manifest.
Everything is little-endian, and every length is a multiple of 8, so frames start at multiples of 8.

``sequence_durable`` is how many records were known to be on disk when the frame was written. It tells two kinds of
damage apart: frames of one group commit reach the disk in any order, so a bad frame followed by a good one may be an
ordinary crash; if the good one says that the bad one was already durable, it is corruption.
"""

import hashlib
import zlib
from dataclasses import dataclass
from struct import Struct
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from plimsoll.book.rows import CommandRow
from plimsoll.units.tables import dtype_of

Records = npt.NDArray[np.void]
Words = npt.NDArray[np.int64]

FORMAT_VERSION: Final = 1
MAGIC: Final = b"plimsoll"
RECORD: Final = dtype_of(CommandRow)
WORD: Final = np.dtype("<i8")
CHAIN_BYTES: Final = 32
HEADER_BYTES: Final = 128
BATCH_RECORDS_MAX: Final = 8192
"""Records in one frame."""
BATCH_WORDS_MAX: Final = 2**20
"""Payload words in one frame, unless a single record brings more."""
BODY_BYTES_MAX: Final = 2**30

_FIELDS: Final = Struct("<8sIIQQQQQI")
_SEALS: Final = Struct("<I32s32s")
_SEALED: Final = _FIELDS.size


class Batch(NamedTuple):
    """Records ``first_sequence`` and on, with their payload words; read back, both arrays are read-only."""

    first_sequence: int
    commands: Records
    payload: Words


@dataclass(frozen=True, slots=True)
class Header:
    """A header whose checksum is right; the body is not looked at yet."""

    version: int
    record_bytes: int
    first_sequence: int
    sequence_durable: int
    records: int
    payload_words: int
    body_bytes: int
    body_crc: int
    previous: bytes
    chain: bytes
    sealed: bytes

    @property
    def sequence_after(self) -> int:
        """Number of the record that follows this frame."""
        return self.first_sequence + self.records


def digest(data: bytes) -> bytes:
    """The hash everything here uses: blake2b with 32 bytes."""
    return hashlib.blake2b(data, digest_size=CHAIN_BYTES).digest()


def frame_bytes(batch: Batch) -> int:
    """Size of the frame of a batch."""
    return HEADER_BYTES + batch.commands.nbytes + batch.payload.nbytes


def encode(batch: Batch, sequence_durable: int, previous: bytes) -> tuple[bytes, bytes]:
    """The bytes of a frame, and its chain hash."""
    body = batch.commands.tobytes() + batch.payload.tobytes()
    sealed = _FIELDS.pack(
        MAGIC,
        FORMAT_VERSION,
        RECORD.itemsize,
        batch.first_sequence,
        sequence_durable,
        batch.commands.size,
        batch.payload.size,
        len(body),
        zlib.crc32(body),
    )
    chain = chain_of(previous, sealed, body)
    crc = zlib.crc32(previous + chain, zlib.crc32(sealed))
    return sealed + _SEALS.pack(crc, previous, chain) + body, chain


def chain_of(previous: bytes, sealed: bytes, body: bytes) -> bytes:
    """The chain hash after a frame."""
    state = hashlib.blake2b(previous + sealed, digest_size=CHAIN_BYTES)
    state.update(body)
    return state.digest()


def decode_header(raw: bytes) -> Header | str:
    """The header in these bytes, or what is wrong with them; an unknown version is not wrong, the caller judges it."""
    if len(raw) < HEADER_BYTES:
        return "the header of the frame is incomplete"
    sealed = raw[:_SEALED]
    magic, version, record_bytes, first, durable, records, payload_words, body_bytes, body_crc = _FIELDS.unpack(sealed)
    crc, previous, chain = _SEALS.unpack(raw[_SEALED:HEADER_BYTES])
    if magic != MAGIC:
        return "no frame starts here"
    if crc != zlib.crc32(previous + chain, zlib.crc32(sealed)):
        return "the checksum of the header is wrong"
    header = Header(
        version, record_bytes, first, durable, records, payload_words, body_bytes, body_crc, previous, chain, sealed
    )
    if version == FORMAT_VERSION and record_bytes == RECORD.itemsize and not _is_consistent(header):
        return "the sizes in the header contradict each other"
    return header


def _is_consistent(header: Header) -> bool:
    size = header.records * RECORD.itemsize + header.payload_words * WORD.itemsize
    return header.records > 0 and header.body_bytes == size and header.sequence_durable <= header.first_sequence


def body_flaw(header: Header, body: bytes) -> str | None:
    """What is wrong with the body, if anything."""
    if len(body) < header.body_bytes:
        return "the body of the frame is incomplete"
    if header.body_crc != zlib.crc32(body):
        return "the checksum of the body is wrong"
    return None


def batch_of(header: Header, body: bytes) -> Batch:
    """The arrays over a body; bytes are immutable, so the arrays are read-only."""
    commands = np.frombuffer(body, RECORD, header.records)
    payload = np.frombuffer(body, WORD, header.payload_words, offset=commands.nbytes)
    return Batch(header.first_sequence, commands, payload)
