import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.journal.helpers import GENESIS, append, make, require_prefix

from plimsoll.journal import Journal, JournalLocked, JournalReader

ROOT = Path(__file__).parents[2]


def start_writer(directory, records=10**9):
    command = [sys.executable, "-m", "tests.journal.writer_process", str(directory), str(records)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("seed", range(3))
def test_a_killed_writer_loses_nothing_it_acknowledged(tmp_path, seed):
    moments = random.Random(seed)
    make(tmp_path, [], segment_bytes=64 * 1024)
    acknowledged = 0
    for _ in range(4):
        with start_writer(tmp_path) as writer:
            for _ in range(moments.randrange(1, 120)):
                acknowledged = int(writer.stdout.readline())
            time.sleep(moments.random() * 0.003)
            writer.send_signal(signal.SIGKILL)
            acknowledged = max([acknowledged, *map(int, writer.stdout.read().splitlines())])
        assert writer.returncode == -signal.SIGKILL
        with Journal.open(tmp_path) as journal:
            assert journal.sequence >= acknowledged > 0
            assert require_prefix(journal.batches())[-1] == journal.sequence
            acknowledged = journal.sequence


def test_a_reader_beside_a_writer_sees_whole_batches_only(tmp_path):
    make(tmp_path, [], segment_bytes=16 * 1024)
    reader = JournalReader(tmp_path)
    reached, torn = [0], 0
    with start_writer(tmp_path, 60_000) as writer:
        while writer.poll() is None:
            # Close behind the writer: most iterations end at a frame that is being written.
            reached += require_prefix(reader.batches(reached[-1]), reached[-1])
            torn += reader.report.cut_bytes > 0
        acknowledged = int(writer.stdout.read().splitlines()[-1])
        assert writer.returncode == 0
    reached += require_prefix(reader.batches(reached[-1]), reached[-1])
    assert reached[-1] == acknowledged >= 60_000
    assert len(set(reached)) > 1000
    print("iterations that met a half-written frame:", torn)


def test_a_second_writer_is_refused(tmp_path):
    with Journal.create(tmp_path, GENESIS) as journal:
        for attempt in (lambda: Journal.open(tmp_path), lambda: Journal.create(tmp_path, GENESIS)):
            with pytest.raises(JournalLocked, match="is open for writing elsewhere: close that writer first"):
                attempt()
        command = [sys.executable, "-m", "tests.journal.writer_process", str(tmp_path), "1"]
        refused = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert refused.returncode == 1
        assert "JournalLocked" in refused.stderr
        assert append(journal, 3) == 3
        journal.close()
        journal.close()
    with Journal.open(tmp_path) as journal:
        assert journal.sequence == 3
