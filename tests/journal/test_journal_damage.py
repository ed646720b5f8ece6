"""Whatever happens to the files, the answer is a whole prefix with a report, or an error that names the place."""

import itertools
import os
import re
import sys
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.journal.helpers import GENESIS, append, frames, image, make, open_damaged, put, require_prefix

from plimsoll.journal import Journal, JournalCorrupt, JournalFormatUnknown, JournalInputRefused, JournalReader

CALLS = (3, 9, 1, 11, 7, 2, 15, 4, 1, 2)
ENDS = tuple(itertools.accumulate(CALLS))
TOTAL = ENDS[-1]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The files of a journal of several segments, and its frames."""
    directory = tmp_path_factory.mktemp("whole") / "j"
    make(directory, CALLS)
    found = frames(directory)
    assert len({name for name, *_ in found}) >= 3
    assert [end for *_, end in found] == list(ENDS)
    return image(directory), found


@pytest.mark.parametrize("zeros", [False, True], ids=["truncated", "rest never written"])
def test_a_tail_lost_at_any_byte_costs_only_the_frames_it_touches(tmp_path, whole, zeros):
    files, found = whole
    last = found[-1][0]
    tail = [frame for frame in found if frame[0] == last][-2:]
    size = len(files[last])
    for cut in range(tail[0][1], tail[-1][1] + tail[-1][2] + 1):
        damaged = files[last][:cut] + bytes(size - cut) * zeros
        outcome = open_damaged(put(tmp_path / "j", {**files, last: damaged}), ENDS, 0)
        # Frames end with words that may be zero: losing those to zeros changes nothing.
        boundaries = {offset + length: end for _, offset, length, _, end in tail}
        whole_until = size if damaged == files[last] else cut
        assert outcome.error is None
        assert outcome.sequence == max([end for at, end in boundaries.items() if at <= whole_until], default=tail[0][3])
        if not zeros:
            assert f"is {size - cut} bytes shorter than it was made" in outcome.report.reason
        if damaged != files[last] and cut not in {tail[0][1], *boundaries}:
            assert outcome.report.cut_bytes > 0
            place = max([at for at in boundaries if at <= cut], default=tail[0][1])
            assert f"at byte {place} of" in outcome.report.reason


def test_a_middle_segment_truncated_at_any_byte_is_corrupt(tmp_path, whole):
    files, found = whole
    name, offset, length, first, _ = [frame for frame in found if frame[0] != found[-1][0]][-1]
    for cut in range(offset, offset + length, 7):
        directory = put(tmp_path / "j", {**files, name: files[name][:cut]})
        with pytest.raises(JournalCorrupt) as caught:
            Journal.open(directory)
        assert (caught.value.sequence, caught.value.path.name, caught.value.offset) == (first, name, offset)
        assert image(directory)[name] == files[name][:cut]


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_flipped_bits_never_give_wrong_data(tmp_path_factory, whole, data):
    files, found = whole
    directory = tmp_path_factory.getbasetemp() / "flipped"
    damaged = {name: bytearray(contents) for name, contents in files.items()}
    for _ in range(data.draw(st.integers(1, 4))):
        name = data.draw(st.sampled_from([name for name, contents in files.items() if contents]))
        size = len(files[name])
        if data.draw(st.booleans()):
            size = max([offset + length for file, offset, length, *_ in found if file == name], default=size)
        damaged[name][data.draw(st.integers(0, size - 1))] ^= 1 << data.draw(st.integers(0, 7))
    if {name: bytes(contents) for name, contents in damaged.items()} == files:
        return
    outcome = open_damaged(put(directory, damaged), ENDS, TOTAL)
    manifest_changed = damaged["manifest.json"] != files["manifest.json"]
    if manifest_changed:
        assert isinstance(outcome.error, JournalFormatUnknown | JournalCorrupt)
    elif outcome.error:
        assert isinstance(outcome.error, JournalCorrupt)
        assert "record " in str(outcome.error) and "at byte " in str(outcome.error)
    else:
        # A frame may go without proof that it was acknowledged only if no header after it can say so.
        cut = [frame for frame in found if frame[4] > outcome.sequence]
        for name, offset, _, _, _ in cut[1:]:
            assert damaged[name][offset : offset + 128] != files[name][offset : offset + 128]
        assert {name for name, *_ in cut} <= {found[-1][0]}
        assert outcome.report.reason


def test_damage_in_the_middle_names_the_record_the_file_and_the_byte(tmp_path, whole):
    files, found = whole
    for name, offset, length, first, _ in found[:-1]:
        for at in (offset, offset + 20, offset + 70, offset + 128, offset + length - 1):
            damaged = bytearray(files[name])
            damaged[at] ^= 0x10
            directory = put(tmp_path / "j", {**files, name: bytes(damaged)})
            with pytest.raises(JournalCorrupt, match=f"record {first} cannot be read: .* {offset} of ") as caught:
                Journal.open(directory)
            error = caught.value
            assert (error.sequence, error.path.name, error.offset) == (first, name, offset)
            assert image(directory)[name] == bytes(damaged)
            seen = []
            with pytest.raises(JournalCorrupt):
                for batch in JournalReader(directory).batches():
                    seen.append(batch)
            assert require_prefix(seen) == [end for end in ENDS if end <= first]


def test_damage_in_the_last_frame_is_cut_and_reported(tmp_path, whole):
    files, found = whole
    name, offset, length, first, _ = found[-1]
    for at, reason in ((0, "no frame starts"), (20, "checksum of the header"), (length - 1, "checksum of the body")):
        damaged = bytearray(files[name])
        damaged[offset + at] ^= 0x10
        directory = put(tmp_path / "j", {**files, name: bytes(damaged)})
        reader = JournalReader(directory)
        assert require_prefix(reader.batches())[-1] == first
        outcome = open_damaged(directory, ENDS, TOTAL)
        assert outcome.report == reader.report
        assert outcome.report.records == first
        assert outcome.report.cut_bytes == len(bytes(damaged).rstrip(b"\0")) - offset
        assert re.search(f"{reason}.*at byte {offset} of {name}", outcome.report.reason)


def test_junk_after_the_last_frame_is_cut_and_nothing_lost(tmp_path, whole):
    files, found = whole
    name = found[-1][0]
    junk = files[name][:-1] + b"\1"
    outcome = open_damaged(put(tmp_path / "j", {**files, name: junk}), ENDS, TOTAL)
    assert outcome.sequence == TOTAL
    assert outcome.report.cut_bytes == len(junk) - found[-1][1] - found[-1][2]
    before = found[0][0]
    with pytest.raises(JournalCorrupt, match="no frame starts here"):
        Journal.open(put(tmp_path / "k", {**files, before: files[before][:-1] + b"\1"}))


def test_missing_moved_and_foreign_files_are_corruption(tmp_path, whole):
    files, found = whole
    segments = sorted({name for name, *_ in found})
    firsts = {name: min(first for file, _, _, first, _ in found if file == name) for name in segments}
    for name in segments[:-1]:
        directory = put(tmp_path / "j", {other: contents for other, contents in files.items() if other != name})
        with pytest.raises(JournalCorrupt) as caught:
            Journal.open(directory)
        assert caught.value.sequence == firsts[name]
    # The last one leaves no trace; whoever knows better, a snapshot for one, is told.
    directory = put(tmp_path / "j", {other: contents for other, contents in files.items() if other != segments[-1]})
    with pytest.raises(JournalInputRefused, match=f"record {TOTAL} is beyond the {firsts[segments[-1]]} records"):
        Journal.open(directory, start_sequence=TOTAL)
    swapped = {**files, segments[1]: files[segments[2]], segments[2]: files[segments[1]]}
    with pytest.raises(JournalCorrupt, match=f"starts with record {firsts[segments[2]]}"):
        Journal.open(put(tmp_path / "j", swapped))
    make(tmp_path / "other", CALLS)
    with Journal.create(tmp_path / "foreign", {"policy": "another"}, segment_bytes=4096) as journal:
        for count in CALLS:
            append(journal, count)
    foreign = image(tmp_path / "foreign")
    for name in segments:
        with pytest.raises(JournalCorrupt, match="chain of hashes breaks") as caught:
            Journal.open(put(tmp_path / "j", {**files, name: foreign[name]}))
        assert caught.value.sequence == firsts[name]
    with pytest.raises(JournalCorrupt, match="chain of hashes breaks"):
        Journal.open(put(tmp_path / "j", {**files, "manifest.json": foreign["manifest.json"]}))


def test_a_repeated_frame_is_corruption(tmp_path, whole):
    files, found = whole
    name, offset, length, first, after = found[-1]
    raw = files[name]
    again = raw[: offset + length] + raw[offset : offset + length] + raw[offset + 2 * length :]
    with pytest.raises(JournalCorrupt, match=f"record {after} .* starts with record {first}"):
        Journal.open(put(tmp_path / "j", {**files, name: again}))


def test_a_truncated_segment_gets_its_size_back(tmp_path, whole):
    files, found = whole
    name, offset, length, *_ = found[-1]
    directory = put(tmp_path / "j", {**files, name: files[name][: offset + length]})
    with Journal.open(directory) as journal:
        assert journal.report.reason == f"{name} is {4096 - offset - length} bytes shorter than it was made"
        assert journal.report.cut_bytes == 0
        append(journal, 2)
    assert frames(directory)[-1][:2] == (name, offset + length)
    assert (directory / name).stat().st_size == 4096
    with Journal.open(directory) as journal:
        assert journal.report.reason == ""
        assert journal.sequence == TOTAL + 2


@pytest.mark.parametrize("which", [0, -1], ids=["first", "last"])
def test_a_frame_changed_with_its_checksums_breaks_the_chain(tmp_path, whole, which):
    files, found = whole
    name, offset, length, first, _ = found[which]
    forged = bytearray(files[name])
    forged[offset + length - 8] ^= 1
    body = bytes(forged[offset + 128 : offset + length])
    forged[offset + 56 : offset + 60] = zlib.crc32(body).to_bytes(4, "little")
    header = bytes(forged[offset : offset + 60] + forged[offset + 64 : offset + 128])
    forged[offset + 60 : offset + 64] = zlib.crc32(header).to_bytes(4, "little")
    with pytest.raises(JournalCorrupt, match="changed, checksums and all") as caught:
        Journal.open(put(tmp_path / "j", {**files, name: bytes(forged)}))
    assert (caught.value.sequence, caught.value.offset) == (first, offset)


@pytest.mark.skipif(sys.platform != "linux", reason="it watches fdatasync")
def test_a_power_cut_that_keeps_any_sectors_of_a_group_commit_is_no_corruption(tmp_path, monkeypatch):
    """Between two syncs the disk may keep any part of what was written: a later frame without an earlier one, too."""
    monkeypatch.setattr("plimsoll.journal.split.BATCH_RECORDS_MAX", 4)
    directory = tmp_path / "made"
    moments = []
    real = os.fdatasync

    def fdatasync(descriptor):
        moments.append((image(directory), journal.sequence))
        real(descriptor)

    with Journal.create(directory, GENESIS, segment_bytes=8192) as journal:
        append(journal, 4)
        durable = [image(directory)]
        monkeypatch.setattr("os.fdatasync", fdatasync)
        for count in (14, 3, 30, 40, 9):
            append(journal, count)
        durable += [files for files, _ in moments[:-1]]
        ends = {end for *_, end in frames(directory)}
    monkeypatch.setattr("os.fdatasync", real)
    assert len(moments) > 5
    outcomes = set()

    @settings(max_examples=200, deadline=None)
    @given(data=st.data())
    def crash(data):
        at = data.draw(st.integers(0, len(moments) - 1))
        written, acknowledged = moments[at]
        mixed = {}
        for name, contents in written.items():
            old = durable[at].get(name, bytes(len(contents)))
            sectors = [(old[i : i + 512], contents[i : i + 512]) for i in range(0, len(contents), 512)]
            kept = [data.draw(st.booleans()) if before != after else True for before, after in sectors]
            mixed[name] = b"".join(pair[keep] for pair, keep in zip(sectors, kept))
        outcome = open_damaged(put(tmp_path / "crashed", mixed), ends, 0)
        assert outcome.error is None
        assert outcome.sequence >= acknowledged
        outcomes.add((outcome.sequence > acknowledged, outcome.report.cut_bytes > 0))

    crash()
    assert len(outcomes) == 4
