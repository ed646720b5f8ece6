import json

import pytest
from tests.journal.helpers import GENESIS, RECORD, commands_of, make

import plimsoll
from plimsoll.journal import (
    Journal,
    JournalCorrupt,
    JournalExists,
    JournalFormatUnknown,
    JournalInputRefused,
    JournalMissing,
    JournalReader,
    JournalReadFailed,
    JournalWriteFailed,
    read_manifest,
)
from plimsoll.journal.frame import Batch, encode


def test_the_manifest_says_what_the_journal_is(tmp_path):
    make(tmp_path, [1], segment_bytes=4096)
    manifest = read_manifest(str(tmp_path))
    assert (manifest.format_version, manifest.code_version) == (1, plimsoll.__version__)
    assert (manifest.genesis, manifest.segment_bytes) == (GENESIS, 4096)
    contents = json.loads((tmp_path / "manifest.json").read_text())
    assert contents["record"]["bytes"] == 128
    assert contents["record"]["fields"] == [[name, "<i8"] for name in RECORD.names]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda contents: contents.update(format_version=2), "format version 2, this code reads 1: use the version of"),
        (lambda contents: contents["record"]["fields"].reverse(), "describes another record"),
        (lambda contents: contents["record"].update(bytes=136), "describes another record"),
        (lambda contents: contents.pop("record"), r"lacks or garbles a part \(KeyError\('record'\)\): restore it"),
        (lambda contents: contents.update(record=[]), "describes another record"),
        (lambda contents: contents.update(segment_bytes="many"), "lacks or garbles"),
        (lambda contents: contents.pop("format_version"), "is not a manifest"),
    ],
)
def test_another_format_is_refused(tmp_path, change, message):
    make(tmp_path, [1])
    path = tmp_path / "manifest.json"
    contents = json.loads(path.read_text())
    change(contents)
    path.write_text(json.dumps(contents))
    for opening in (Journal.open, JournalReader, read_manifest):
        with pytest.raises(JournalFormatUnknown, match=message):
            opening(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "\x80", "null", "{"])
def test_what_is_no_manifest_is_refused(tmp_path, text):
    make(tmp_path, [1])
    (tmp_path / "manifest.json").write_bytes(text.encode("latin1"))
    with pytest.raises(JournalFormatUnknown, match="is not a manifest"):
        Journal.open(tmp_path)


def test_a_frame_of_another_format_is_not_cut(tmp_path, monkeypatch):
    make(tmp_path, [2])
    monkeypatch.setattr("plimsoll.journal.frame.FORMAT_VERSION", 2)
    frame, _ = encode(Batch(0, *commands_of(0, 2)), 0, read_manifest(tmp_path).chain)
    monkeypatch.undo()
    (segment,) = tmp_path.glob("journal-*.plim")
    segment.write_bytes(frame + segment.read_bytes()[len(frame) :])
    before = segment.read_bytes()
    with pytest.raises(JournalFormatUnknown, match="at byte 0 a frame of format version 2"):
        Journal.open(tmp_path)
    assert segment.read_bytes() == before


@pytest.mark.parametrize(
    "genesis",
    [{"a": (1, 2)}, {1: "a"}, {"a": float("nan")}, {"a": b"x"}, {"a": object()}],
    ids=["tuple", "number as a key", "nan", "bytes", "object"],
)
def test_a_genesis_that_would_not_read_back_is_refused(tmp_path, genesis):
    with pytest.raises(JournalInputRefused, match="the manifest"):
        Journal.create(tmp_path / "j", genesis)
    assert not (tmp_path / "j").exists()


def test_a_segment_must_hold_a_record(tmp_path):
    with pytest.raises(JournalInputRefused, match="segment_bytes=255 holds no record"):
        Journal.create(tmp_path, GENESIS, segment_bytes=255)


def test_missing_journals_and_directories(tmp_path):
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "nowhere", tmp_path / "file"):
        for opening in (Journal.open, JournalReader, read_manifest):
            with pytest.raises(JournalMissing, match="does not exist: name a journal's directory"):
                opening(path)
    with pytest.raises(JournalWriteFailed, match="no journal was created"):
        Journal.create(tmp_path / "file" / "j", GENESIS)
    (tmp_path / "manifest.json").mkdir()
    with pytest.raises(JournalReadFailed, match="cannot be read"):
        Journal.open(tmp_path)


def test_create_never_destroys_records(tmp_path):
    make(tmp_path / "j", [3])
    with pytest.raises(JournalExists, match="holds a journal: use Journal.open"):
        Journal.create(tmp_path / "j", GENESIS)
    (tmp_path / "j" / "manifest.json").unlink()
    with pytest.raises(JournalExists, match="holds records without a manifest: restore manifest.json"):
        Journal.create(tmp_path / "j", GENESIS)
    with pytest.raises(JournalMissing):
        Journal.open(tmp_path / "j")
    # What an interrupted create leaves is no obstacle, and a manifest alone is no empty journal.
    make(tmp_path / "k", [])
    (tmp_path / "k" / "manifest.json").unlink()
    make(tmp_path / "k", [5])
    for segment in (tmp_path / "k").glob("journal-*.plim"):
        segment.unlink()
    with pytest.raises(JournalCorrupt, match="record 0 cannot be read: the first segment is missing"):
        Journal.open(tmp_path / "k")
