import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from tests.venue.helpers import deposit, deposits, filled, opening

from plimsoll.engine import BatchError, EngineHalted
from plimsoll.journal import (
    JournalInputRefused,
    JournalReader,
    JournalWriteFailed,
    read_manifest,
    read_snapshot,
    write_snapshot,
)
from plimsoll.units.codes import ID_MUST_NOT_BE_REUSED
from plimsoll.venue import GenesisMismatch, Venue, VenueError, VenueStopped, records, verify
from plimsoll.venue.genesis import engine_of
from plimsoll.venue.recovery import snapshot_paths

ROOT = Path(__file__).parents[2]


def test_snapshot_and_tail_give_the_root_of_a_replay_from_zero(tmp_path):
    root, chain, sequence = filled(tmp_path, snapshots=(1, 3))
    with Venue.open(tmp_path) as venue:
        assert (venue.root(), venue.chain, venue.sequence) == (root, chain, sequence)
        assert (venue.recovery.snapshot, venue.recovery.replayed) == (60, 20)
        assert venue.identities() == []
    for path in snapshot_paths(tmp_path).values():
        path.unlink()
    with Venue.open(tmp_path) as venue:
        assert (venue.root(), venue.chain, venue.sequence) == (root, chain, sequence)
        assert (venue.recovery.snapshot, venue.recovery.replayed) == (-1, 80)


def test_the_root_does_not_depend_on_batching_and_the_chain_does(tmp_path):
    root, chain, _ = filled(tmp_path / "tens")
    with Venue.create(tmp_path / "one") as venue:
        venue.submit(np.concatenate([opening(), deposits(100, 60)]))
        assert venue.root() == root
        assert venue.chain != chain


def test_a_damaged_snapshot_is_passed_over_and_reported(tmp_path):
    root, _, _ = filled(tmp_path, snapshots=(1, 3))
    newest = next(iter(snapshot_paths(tmp_path).values()))
    raw = bytearray(newest.read_bytes())
    raw[-1] ^= 1
    newest.write_bytes(raw)
    with Venue.open(tmp_path) as venue:
        assert venue.root() == root
        assert venue.recovery.snapshot == 40
        assert "snapshot 60 passed over" in venue.recovery.notes[0]


def altered(path, sequence=None, chain=None, root=None, cash=1):
    """Write the snapshot anew, with checksums that are right and contents that are not."""
    old = read_snapshot(path)
    tables = {name: table.copy() for name, table in old.tables.items()}
    tables["accounts"]["cash"][8] += cash
    path.unlink()
    write_snapshot(path.parent, sequence or old.sequence, chain or old.chain, root or old.root, tables)


def test_a_snapshot_whose_tables_do_not_have_its_root_is_passed_over(tmp_path):
    root, _, _ = filled(tmp_path, snapshots=(1, 3))
    altered(next(iter(snapshot_paths(tmp_path).values())))
    with Venue.open(tmp_path) as venue:
        assert (venue.root(), venue.recovery.snapshot) == (root, 40)
        assert venue.recovery.notes == ("snapshot 60 passed over: its tables do not have its root",)


def test_a_snapshot_of_another_history_is_passed_over(tmp_path):
    root, _, _ = filled(tmp_path, snapshots=(3,))
    altered(next(iter(snapshot_paths(tmp_path).values())), chain=bytes(32), cash=0)
    with Venue.open(tmp_path) as venue:
        assert (venue.root(), venue.recovery.snapshot, venue.recovery.replayed) == (root, -1, 80)
        assert "another history" in venue.recovery.notes[0]


def test_a_snapshot_ahead_of_the_journal_proves_that_records_are_lost(tmp_path):
    filled(tmp_path, snapshots=(3,))
    altered(next(iter(snapshot_paths(tmp_path).values())), sequence=500, cash=0)
    with pytest.raises(JournalInputRefused, match="record 500 is beyond the 80 records"):
        Venue.open(tmp_path)
    assert "acknowledged ones are missing" in verify(tmp_path).problems[0]


def start(directory, first):
    command = [sys.executable, "-m", "tests.venue.venue_process", str(directory), str(first)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_a_killed_venue_loses_no_acknowledged_command(tmp_path):
    moments = random.Random(1)
    Venue.create(tmp_path).close()
    first = 100
    for _ in range(2):
        with start(tmp_path, first) as process:
            lines = [process.stdout.readline() for _ in range(moments.randrange(60, 160))]
            time.sleep(moments.random() * 0.002)
            process.send_signal(signal.SIGKILL)
            lines += [line for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
        assert process.returncode == -signal.SIGKILL
        acknowledged = [tuple(map(int, line.split())) for line in lines]
        assert all(code == 0 for _, code in acknowledged)
        last = acknowledged[-1][0]
        with Venue.open(tmp_path) as venue:
            done = int(venue.pool.totals[0]["id_highest"])
            assert done in (last, last + 1)
            assert int(venue.pool.totals[0]["vault"]) == 2_000_000 * (done - 99)
            # Sent again, an id gets its first answer and changes nothing.
            assert venue.submit(deposit(last)).tolist() == [0]
            assert venue.submit(deposit(last, amount=7)).tolist() == [ID_MUST_NOT_BE_REUSED]
            assert int(venue.pool.totals[0]["vault"]) == 2_000_000 * (done - 99)
            assert venue.recovery.snapshot > 0
        first = done + 1
    report = verify(tmp_path)
    assert report.ok, report.problems
    assert len(report.snapshots_checked) >= 2


def test_callers_that_wait_for_the_same_writer_share_a_frame(tmp_path):
    answers = {}
    with Venue.create(tmp_path) as venue:
        venue.submit(opening())

        def call(identity):
            answers[identity] = venue.submit(deposit(identity)).tolist()

        threads = [threading.Thread(target=call, args=(identity,)) for identity in range(100, 120)]
        with venue._turn:
            for thread in threads:
                thread.start()
            while len(venue._waiting) < len(threads):
                time.sleep(0.001)
        for thread in threads:
            thread.join()
        root = venue.root()
    assert answers == {identity: [0] for identity in range(100, 120)}
    assert [batch.commands.size for batch in JournalReader(tmp_path).batches()] == [20, 20]
    with Venue.open(tmp_path) as venue:
        assert venue.root() == root


def test_what_the_engine_would_not_take_is_not_journaled(tmp_path):
    with Venue.create(tmp_path) as venue:
        hot = deposit(1)
        hot["payload_words"] = 1
        for commands, payload in (
            (hot, np.zeros(1, np.int64)),
            (deposit(1), np.zeros(1, np.int64)),
            (np.zeros(3, np.int64), np.zeros(0, np.int64)),
        ):
            with pytest.raises(BatchError):
                venue.submit(commands, payload)
        assert venue.sequence == 0
        assert venue.submit(opening()[:0]).size == 0
        assert not venue.submit(opening()).any()


def test_a_failed_write_stops_the_venue_and_changes_nothing(tmp_path, monkeypatch):
    with Venue.create(tmp_path) as venue:
        venue.submit(opening())
        before = venue.root()

        def fail(*_):
            raise JournalWriteFailed("the disk is full")

        monkeypatch.setattr(venue._journal, "append", fail)
        with pytest.raises(JournalWriteFailed):
            venue.submit(deposit(100))
        monkeypatch.undo()
        assert venue.root() == before
        with pytest.raises(VenueStopped, match="open it again"):
            venue.submit(deposit(100))
    with Venue.open(tmp_path) as venue:
        assert venue.root() == before
        assert venue.submit(deposit(100)).tolist() == [0]


@pytest.mark.parametrize("error", [KeyboardInterrupt, EngineHalted])
def test_an_interrupted_submit_is_found_again_in_the_journal(tmp_path, monkeypatch, error):
    with Venue.create(tmp_path) as venue:
        venue.submit(opening())

        def interrupted(*_):
            raise error

        monkeypatch.setattr(venue._engine, "apply", interrupted)
        with pytest.raises(error):
            venue.submit(deposit(100))
        monkeypatch.undo()
        with pytest.raises(VenueStopped):
            venue.submit(deposit(101))
    with Venue.open(tmp_path) as venue:
        assert venue.sequence == 21
        assert int(venue.pool.totals[0]["vault"]) == 2_000_000


def test_journaled_behind_is_written_in_groups_and_whole_at_the_end(tmp_path):
    root, _, _ = filled(tmp_path / "behind", behind=1000)
    plain, _, _ = filled(tmp_path / "plain")
    assert root == plain
    assert [batch.commands.size for batch in JournalReader(tmp_path / "behind").batches()] == [80]
    with Venue.open(tmp_path / "behind") as venue:
        assert venue.root() == root


def test_a_closed_venue_and_a_pool_in_memory_say_what_they_cannot_do(tmp_path):
    venue = Venue.in_memory()
    with pytest.raises(VenueError, match="in memory"):
        venue.snapshot()
    venue.close()
    with pytest.raises(VenueStopped, match="closed"):
        venue.submit(opening())
    filled(tmp_path)
    venue = Venue.open(tmp_path)
    venue.close()
    venue.close()
    with pytest.raises(VenueError, match="closed"):
        venue.snapshot()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "other"}, "belongs to something else"),
        ({"tables_hash": "00"}, "other tables"),
        ({"policy_hash": "00"}, "not the one its hash names"),
        ({"root": "00"}, "another root"),
        ({"policy": None}, "no policy"),
        ({"policy": {"grace": 1}}, "lacks a parameter"),
    ],
)
def test_another_genesis_is_refused(tmp_path, change, words):
    Venue.create(tmp_path).close()
    manifest = read_manifest(tmp_path)
    manifest.genesis.update(change)
    with pytest.raises(GenesisMismatch, match=words):
        engine_of(manifest)


def test_records_are_whole_numbers_of_one_length():
    assert records(4, id=[1, 2], amount=5)["amount"].tolist() == [5, 5]
    with pytest.raises(TypeError, match="whole numbers"):
        records(4, amount=1.5)
    with pytest.raises(ValueError, match="different lengths"):
        records(4, id=[1, 2], amount=[1, 2, 3])
