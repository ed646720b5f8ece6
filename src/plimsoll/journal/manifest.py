"""The manifest: what a journal is, written once when it is created.

The hash of its bytes is the chain hash before record 0, so a journal cannot be moved under another genesis.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import plimsoll
from plimsoll.journal.errors import JournalFormatUnknown, JournalInputRefused, JournalMissing, JournalReadFailed
from plimsoll.journal.files import write_file
from plimsoll.journal.frame import FORMAT_VERSION, HEADER_BYTES, RECORD, digest

MANIFEST_NAME: Final = "manifest.json"
SEGMENT_BYTES: Final = 64 * 2**20
SEGMENT_BYTES_MIN: Final = HEADER_BYTES + RECORD.itemsize


@dataclass(frozen=True, slots=True)
class Manifest:
    """The contents of ``manifest.json`` and ``chain``, the hash of its bytes."""

    format_version: int
    code_version: str
    genesis: dict[str, Any]
    segment_bytes: int
    chain: bytes


def write_manifest(directory: Path, contents: bytes) -> None:
    """Write the manifest of a new journal. Its presence says that ``create`` came to its end."""
    write_file(directory / MANIFEST_NAME, [contents])


def encode_manifest(genesis: Mapping[str, Any], segment_bytes: int) -> bytes:
    """The bytes of a manifest; refuses what JSON would give back changed."""
    if segment_bytes < SEGMENT_BYTES_MIN:
        raise JournalInputRefused(f"segment_bytes={segment_bytes} holds no record: use {SEGMENT_BYTES_MIN} or more")
    contents = {
        "format_version": FORMAT_VERSION,
        "code_version": plimsoll.__version__,
        "record": record_description(),
        "segment_bytes": segment_bytes,
        "genesis": dict(genesis),
    }
    try:
        text = json.dumps(contents, indent=2, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise JournalInputRefused(f"the manifest cannot be written as JSON: {error}. Give plain values") from error
    if json.loads(text) != contents:
        raise JournalInputRefused("the manifest would read back changed: use text as keys, and lists, not tuples")
    return text.encode() + b"\n"


def read_manifest(directory: str | Path) -> Manifest:
    """The manifest of a journal; refuses another format version and another record."""
    path = Path(directory) / MANIFEST_NAME
    try:
        raw = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise JournalMissing(f"{path} does not exist: name a journal's directory, or use Journal.create") from error
    except OSError as error:
        raise JournalReadFailed(f"{path} cannot be read: {error}. Check its permissions and the disk") from error
    try:
        contents = json.loads(raw)
        version = contents["format_version"]
    except (ValueError, KeyError, TypeError) as error:
        raise JournalFormatUnknown(f"{path} is not a manifest ({error!r}): restore it from a copy") from error
    if version != FORMAT_VERSION:
        raise JournalFormatUnknown(
            f"{path} has format version {version!r}, this code reads {FORMAT_VERSION}: "
            f"use the version of plimsoll that wrote it, {contents.get('code_version')!r}"
        )
    try:
        record, code_version = contents["record"], str(contents["code_version"])
        manifest = Manifest(version, code_version, contents["genesis"], int(contents["segment_bytes"]), digest(raw))
    except (KeyError, TypeError, ValueError) as error:
        raise JournalFormatUnknown(f"{path} lacks or garbles a part ({error!r}): restore it from a copy") from error
    if record != record_description():
        raise JournalFormatUnknown(
            f"{path} describes another record than this code writes: use the version of plimsoll that wrote it, "
            f"{code_version!r}"
        )
    return manifest


def record_description() -> dict[str, Any]:
    """The record's dtype in plain values."""
    return {"bytes": RECORD.itemsize, "fields": [[name, RECORD[name].str] for name in RECORD.names or ()]}
