import json

import pytest
from tests.venue.helpers import filled
from tests.venue.test_venue_recovery import altered

from plimsoll.journal import JournalMissing
from plimsoll.venue import verify
from plimsoll.venue.recovery import snapshot_paths


def test_a_sound_journal_verifies_and_names_chain_and_root(tmp_path):
    root, chain, sequence = filled(tmp_path, snapshots=(1, 3, 5))
    seen = []
    report = verify(tmp_path, seen.append)
    assert report.ok
    assert (report.root, report.chain, report.sequence) == (root.hex(), chain.hex(), sequence)
    assert (report.accepted, report.refused, report.events) == (80, 0, 80)
    assert report.snapshots_checked == [40, 60, 80]
    assert seen == [40, 60, 80]
    assert json.loads(json.dumps(report.as_dict()))["ok"] is True


def test_an_empty_journal_verifies(tmp_path):
    root, chain, _ = filled(tmp_path, batches=0)
    report = verify(tmp_path)
    assert (report.ok, report.root, report.chain) == (True, root.hex(), chain.hex())


@pytest.mark.parametrize("at", [3, 70, 130, 2000, 5000, 9000])
def test_a_flipped_byte_is_found(tmp_path, at):
    filled(tmp_path)
    (segment,) = tmp_path.glob("journal-*.plim")
    raw = bytearray(segment.read_bytes())
    raw[at] ^= 0x20
    segment.write_bytes(raw)
    report = verify(tmp_path)
    assert not report.ok
    assert "cannot be read" in report.problems[0]
    # What lies before the damage was re-executed, to the frame.
    assert report.sequence in range(0, 80, 10)
    assert len(report.chain) == len(report.root) == 64


@pytest.mark.parametrize("seed", range(12))
def test_any_flipped_byte_of_the_manifest_is_found(tmp_path, seed):
    filled(tmp_path, batches=1)
    path = tmp_path / "manifest.json"
    raw = bytearray(path.read_bytes())
    raw[(seed * 7919) % len(raw)] ^= 1
    path.write_bytes(raw)
    assert not verify(tmp_path).ok


def test_an_altered_snapshot_is_found_though_its_checksums_are_right(tmp_path):
    filled(tmp_path, snapshots=(1, 3))
    path = snapshot_paths(tmp_path)[40]
    altered(path)
    assert verify(tmp_path).problems == [
        "snapshot 40: table accounts, row 8: cash is 2000001, re-execution gives 2000000"
    ]
    altered(path, root=bytes(32), chain=bytes(32), cash=-1)
    problems = verify(tmp_path).problems
    assert any("its root is not that of re-execution" in problem for problem in problems)
    assert any("another history" in problem for problem in problems)


def test_a_torn_snapshot_and_a_renamed_one_are_found(tmp_path):
    filled(tmp_path, snapshots=(1, 3))
    paths = snapshot_paths(tmp_path)
    paths[40].write_bytes(paths[40].read_bytes()[:-8])
    paths[60].rename(tmp_path / f"snapshot-{50:020d}.plim")
    problems = verify(tmp_path).problems
    assert any("torn" in problem for problem in problems)
    assert any("renamed" in problem for problem in problems)


def test_a_torn_tail_is_reported_and_is_no_fault(tmp_path):
    filled(tmp_path)
    (segment,) = tmp_path.glob("journal-*.plim")
    raw = bytearray(segment.read_bytes())
    end = len(bytes(raw).rstrip(b"\0"))
    raw[end + 200 : end + 220] = b"x" * 20
    segment.write_bytes(raw)
    report = verify(tmp_path)
    assert report.ok
    assert report.sequence == 80
    assert report.cut_bytes > 0
    assert report.cut_reason


def test_no_journal_is_no_report(tmp_path):
    with pytest.raises(JournalMissing):
        verify(tmp_path)
