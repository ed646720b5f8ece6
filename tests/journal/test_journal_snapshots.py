import errno
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.journal.faults import Fault
from tests.journal.helpers import GENESIS, append, require_prefix

from plimsoll.book.rows import AccountRow
from plimsoll.journal import (
    Journal,
    JournalInputRefused,
    JournalReader,
    JournalReadFailed,
    JournalWriteFailed,
    SnapshotBad,
    latest_snapshot,
    read_snapshot,
    write_snapshot,
)
from plimsoll.units.tables import dtype_of

CHAIN = bytes(range(32))
ROOT = b"root"


def tables(size=5):
    accounts = np.zeros(size, dtype_of(AccountRow))
    accounts["cash"] = np.arange(size) - 2
    return {
        "accounts": accounts,
        "flags": np.arange(size, dtype=np.uint8),
        "window": np.arange(3 * size).reshape(size, 3),
        "nothing": np.zeros(0, np.int64),
        "single": np.array(-7),
        "narrow": np.arange(size).astype([("a", "<i4"), ("b", "|u1")]),
    }


def require_same(read, written):
    assert list(read) == list(written)
    for name, table in written.items():
        assert read[name].dtype == table.dtype
        assert read[name].shape == table.shape
        assert read[name].tobytes() == table.tobytes()
        assert not read[name].flags.writeable
        if table.dtype.itemsize % 8 == 0:
            assert read[name].flags.aligned


def test_tables_come_back(tmp_path):
    path = write_snapshot(tmp_path, 42, CHAIN, ROOT, tables())
    assert path.name == "snapshot-00000000000000000042.plim"
    snapshot = read_snapshot(path)
    assert (snapshot.sequence, snapshot.chain, snapshot.root) == (42, CHAIN, ROOT)
    require_same(snapshot.tables, tables())
    with pytest.raises(ValueError, match="read-only"):
        snapshot.tables["accounts"][0] = 0
    write_snapshot(tmp_path, 42, CHAIN, ROOT, {})
    assert read_snapshot(path).tables == {}
    assert [path.name for path in tmp_path.iterdir()] == [path.name]


def test_columns_of_a_larger_table_are_written_as_they_read(tmp_path):
    strided = np.arange(20).reshape(4, 5)[::2, 1:4]
    require_same(read_snapshot(write_snapshot(tmp_path, 0, CHAIN, ROOT, {"t": strided})).tables, {"t": strided})


def test_the_newest_usable_one_is_found_and_the_others_reported(tmp_path):
    assert latest_snapshot(tmp_path) == (None, ())
    paths = [write_snapshot(tmp_path, sequence, CHAIN, ROOT, tables(sequence)) for sequence in (9, 10, 100)]
    assert latest_snapshot(tmp_path).snapshot.sequence == 100
    assert latest_snapshot(str(tmp_path)).skipped == ()
    paths[2].write_bytes(paths[2].read_bytes()[:-1])
    (tmp_path / "snapshot-00000000000000000101.plim.tmp").write_bytes(b"half")
    snapshot, skipped = latest_snapshot(tmp_path)
    require_same(snapshot.tables, tables(10))
    assert [bad.path for bad in skipped] == [paths[2]]
    paths[0].rename(tmp_path / "snapshot-00000000000000000200.plim")
    snapshot, skipped = latest_snapshot(tmp_path)
    assert snapshot.sequence == 10
    assert "it was renamed: it holds the state after 9 records" in str(skipped[0])
    paths[1].unlink()
    paths[1].mkdir()
    snapshot, skipped = latest_snapshot(tmp_path)
    assert snapshot is None
    assert len(skipped) == 3
    with pytest.raises(JournalReadFailed, match="cannot be listed"):
        latest_snapshot(tmp_path / "nowhere")
    with pytest.raises(JournalReadFailed, match="cannot be read"):
        read_snapshot(tmp_path / "nowhere")


def test_a_snapshot_torn_at_any_byte_is_skipped(tmp_path):
    small = {"t": np.arange(9)}
    good = write_snapshot(tmp_path, 1, CHAIN, ROOT, small)
    torn = write_snapshot(tmp_path, 2, CHAIN, ROOT, small)
    raw = torn.read_bytes()
    for cut in range(len(raw)):
        for damaged in (raw[:cut], raw[:cut] + bytes(len(raw) - cut)):
            if damaged == raw:
                continue
            torn.write_bytes(damaged)
            snapshot, (bad,) = latest_snapshot(tmp_path)
            assert snapshot.sequence == 1
            assert bad.path == torn
            with pytest.raises(SnapshotBad, match="is not a usable snapshot: .* Use an older one"):
                read_snapshot(torn)
    assert good.exists()
    torn.write_bytes(raw + b"\0")
    assert latest_snapshot(tmp_path).snapshot.sequence == 1


@settings(max_examples=200, deadline=None)
@given(at=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_is_never_read(tmp_path_factory, at, bit):
    path = write_snapshot(tmp_path_factory.getbasetemp(), 3, CHAIN, ROOT, tables())
    raw = bytearray(path.read_bytes())
    raw[int(at * len(raw))] ^= 1 << bit
    path.write_bytes(raw)
    with pytest.raises(SnapshotBad):
        read_snapshot(path)


@pytest.mark.parametrize(
    "dtype", ["f8", "O", "M8[s]", ">i8", "U3", "c16", [("a", "i8", 2)], [("a", "f4")], [("a", [("b", "i8")])]]
)
def test_other_values_are_refused(tmp_path, dtype):
    with pytest.raises(JournalInputRefused, match="table 't' has dtype"):
        write_snapshot(tmp_path, 1, CHAIN, ROOT, {"t": np.zeros(2, dtype)})
    padded = np.zeros(2, np.dtype([("a", "u1"), ("b", "i8")], align=True))
    with pytest.raises(JournalInputRefused, match="without padding"):
        write_snapshot(tmp_path, 1, CHAIN, ROOT, {"t": padded})
    for sequence, chain in ((-1, CHAIN), (1, CHAIN[:-1])):
        with pytest.raises(JournalInputRefused, match="a snapshot needs"):
            write_snapshot(tmp_path, sequence, chain, ROOT, {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "partial"), [("pwrite", None), ("pwrite", 0.5), ("fsync", None), ("replace", None), ("open", None)]
)
def test_a_snapshot_that_cannot_be_written_harms_nothing(tmp_path, monkeypatch, name, partial):
    write_snapshot(tmp_path, 1, CHAIN, ROOT, tables())
    for index in itertools.count():
        with monkeypatch.context() as patch:
            fault = Fault(patch, name, index, errno.ENOSPC, partial)
            try:
                write_snapshot(tmp_path, 2, CHAIN, ROOT, tables())
            except JournalWriteFailed as error:
                assert "was not written: " in str(error) and "are untouched" in str(error)
        assert list(tmp_path.glob("*.tmp")) == []
        assert latest_snapshot(tmp_path).snapshot.sequence in {1, 2}
        assert latest_snapshot(tmp_path).skipped == ()
        if not fault.happened:
            break
    assert index > 0


def test_a_snapshot_and_the_tail_of_the_journal_meet(tmp_path):
    with Journal.create(tmp_path, GENESIS, segment_bytes=4096) as journal:
        for count in (5, 40, 7):
            append(journal, count)
        write_snapshot(tmp_path, journal.sequence, journal.chain, ROOT, tables())
        for count in (30, 2):
            append(journal, count)
    snapshot = latest_snapshot(tmp_path).snapshot
    with Journal.open(tmp_path, start_sequence=snapshot.sequence) as journal:
        assert journal.chain_at(snapshot.sequence) == snapshot.chain
        assert require_prefix(journal.batches(snapshot.sequence), snapshot.sequence) == [82, 84]
    assert require_prefix(JournalReader(tmp_path).batches(60), 60) == [82, 84]
