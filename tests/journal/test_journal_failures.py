"""Disks fill up and break: what was acknowledged stays, what was not is whole or gone, and nobody writes on."""

import errno
import itertools
import os
import re
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from tests.journal.faults import Fault
from tests.journal.helpers import GENESIS, append, frames, make, require_prefix

from plimsoll.journal import (
    Journal,
    JournalError,
    JournalExists,
    JournalReader,
    JournalReadFailed,
    JournalWriteFailed,
    write_snapshot,
)

ROOT = Path(__file__).parents[2]
CALLS = (3, 14, 1, 30, 9)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the calls that are made to fail are those of Linux")


def run_until_failure(directory):
    """Create and append; returns (acknowledged records, records of the failed call), or None if nothing failed."""
    with Journal.create(directory, GENESIS, segment_bytes=4096) as journal:
        for count in CALLS:
            before = journal.sequence
            try:
                append(journal, count)
            except JournalWriteFailed as error:
                assert f"The {before} records before are safe" in str(error)
                assert journal.sequence == before
                assert require_prefix(journal.batches())[-1:] == [before] * (before > 0)
                with pytest.raises(JournalWriteFailed, match="takes no records: an append failed"):
                    append(journal, 1)
                return before, count
    return None


FAULTS = {
    "full disk": ("pwrite", errno.ENOSPC, None),
    "full disk in the middle of a write": ("pwrite", errno.ENOSPC, 0.6),
    "short write": ("pwrite", None, 0.6),
    "empty write": ("pwrite", None, 0.0),
    "broken disk": ("pwrite", errno.EIO, None),
    "no permission": ("pwrite", errno.EACCES, None),
    "failed data sync": ("fdatasync", errno.EIO, None),
    "failed sync": ("fsync", errno.EIO, None),
    "full disk for a segment": ("posix_fallocate", errno.ENOSPC, None),
    "name refused": ("replace", errno.EACCES, None),
    "file refused": ("open", errno.EMFILE, None),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_every_call_may_fail(tmp_path, monkeypatch, fault):
    monkeypatch.setattr("plimsoll.journal.split.BATCH_RECORDS_MAX", 5)
    name, code, partial = FAULTS[fault]
    failed_appends = 0
    for index in itertools.count():
        directory = tmp_path / str(index)
        with monkeypatch.context() as patch:
            injected = Fault(patch, name, index, code, partial)
            try:
                outcome = run_until_failure(directory)
            except JournalError as error:
                assert re.search("no journal was created|could not be made ready|cannot be read", str(error))
                outcome = 0, 0
        if not injected.happened:
            assert outcome is None
            break
        acknowledged, attempted = outcome
        failed_appends += attempted > 0
        if attempted == 0:
            with suppress(JournalExists):
                Journal.create(directory, GENESIS, segment_bytes=4096).close()
        with Journal.open(directory) as journal:
            assert acknowledged <= journal.sequence <= acknowledged + attempted
            assert journal.sequence in {0, *(end for *_, end in frames(directory))}
            assert list(directory.glob("*.tmp")) == []
            append(journal, 20)
            assert require_prefix(journal.batches())[-1] == journal.sequence
    assert failed_appends >= 2


def test_a_failed_sync_is_never_tried_again(tmp_path, monkeypatch):
    with Journal.create(tmp_path, GENESIS) as journal:
        append(journal, 2)
        with monkeypatch.context() as patch:
            syncs = Fault(patch, "fdatasync", 0, errno.EIO)
            with pytest.raises(JournalWriteFailed, match="Input/output error"):
                append(journal, 3)
            for _ in range(3):
                with pytest.raises(JournalWriteFailed, match="takes no records"):
                    append(journal, 3)
            journal.close()
            assert syncs.calls == 1
    # The kernel may believe that it wrote these pages: opening must write them, not only sync them.
    written = []
    real = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda to, data, at: written.append((at, len(data))) or real(to, data, at))
    with Journal.open(tmp_path) as journal:
        assert journal.sequence == 5
        assert written == [(offset, size) for _, offset, size, *_ in frames(tmp_path)[-1:]]


def test_new_files_are_synced_before_they_get_their_name_and_directories_after(tmp_path, monkeypatch):
    calls = []

    def recorded(name):
        real = getattr(os, name)

        def call(first, *rest, **named):
            place = os.readlink(f"/proc/self/fd/{first}") if isinstance(first, int) else str(first)
            calls.append((name, place))
            return real(first, *rest, **named)

        monkeypatch.setattr(os, name, call)

    for name in ("pwrite", "fsync", "fdatasync", "posix_fallocate", "replace"):
        recorded(name)
    directory = tmp_path / "new" / "j"
    with Journal.create(directory, GENESIS, segment_bytes=4096) as journal:
        for _ in range(5):
            append(journal, 20)
        write_snapshot(directory, journal.sequence, journal.chain, b"", {})
    assert {("fsync", str(tmp_path)), ("fsync", str(tmp_path / "new"))} <= set(calls)
    renames = [at for at, (name, _) in enumerate(calls) if name == "replace"]
    assert len(renames) >= 4
    for at in renames:
        temporary = calls[at][1]
        changes = [name for name, place in calls[:at] if place == temporary]
        assert changes[-1] == "fsync" and len(changes) > 1
        assert calls[at + 1] == ("fsync", str(directory))
    # What a full segment holds is durable before its successor exists.
    for at in renames[2:-1]:
        written = [(name, place) for name, place in calls[:at] if place.endswith(".plim")]
        assert written[-1][0] == "fdatasync"


def test_an_interrupted_append_poisons_too(tmp_path, monkeypatch):
    def interrupt(descriptor):
        raise KeyboardInterrupt

    with Journal.create(tmp_path, GENESIS) as journal:
        append(journal, 2)
        with monkeypatch.context() as patch:
            patch.setattr(os, "fdatasync", interrupt)
            with pytest.raises(KeyboardInterrupt):
                append(journal, 3)
        with pytest.raises(JournalWriteFailed, match="an append was interrupted"):
            append(journal, 3)
        assert require_prefix(journal.batches()) == [2]
    with pytest.raises(JournalWriteFailed, match="it is closed"):
        append(journal, 1)


def test_recovery_that_cannot_write_says_so_and_can_be_repeated(tmp_path, monkeypatch):
    make(tmp_path, [3, 4], segment_bytes=4 * 2**20)
    path = tmp_path / frames(tmp_path)[-1][0]
    damaged = path.read_bytes()[: -(2**20)] + b"\1" * 2**20
    for name, index in (("pwrite", 0), ("pwrite", 1), ("fdatasync", 0), ("fsync", 0)):
        with monkeypatch.context() as patch:
            path.write_bytes(damaged)
            fault = Fault(patch, name, index, errno.EIO)
            with pytest.raises(JournalWriteFailed, match="could not be made ready for writing: .* Nothing is lost"):
                Journal.open(tmp_path)
            assert fault.happened
    with Journal.open(tmp_path) as journal:
        assert require_prefix(journal.batches()) == [3, 7]


def test_a_disk_that_cannot_be_read_is_not_called_corrupt(tmp_path, monkeypatch):
    make(tmp_path, [3, 4])
    with monkeypatch.context() as patch:
        Fault(patch, "pread", 1, errno.EIO)
        with pytest.raises(JournalReadFailed, match="cannot be read: .*Input/output error"):
            list(JournalReader(tmp_path).batches())
    assert require_prefix(JournalReader(tmp_path).batches()) == [3, 7]


@contextmanager
def ordinary_user(directory):
    """Give up root's right to write anywhere, if we have it."""
    if os.geteuid() != 0:
        yield
        return
    os.chown(directory, 65534, 65534)
    for path in Path(directory).rglob("*"):
        os.chown(path, 65534, 65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def shared_directory():
    """A directory that any user can reach."""
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        yield Path(directory)


def test_permission_denied(shared_directory):
    directory = shared_directory / "j"
    make(directory, [3], segment_bytes=1024)
    with ordinary_user(shared_directory), Journal.open(directory) as journal:
        directory.chmod(0o555)
        try:
            with pytest.raises(JournalWriteFailed, match="records 3 and on were not written .*Permission denied"):
                append(journal, 20)
        finally:
            directory.chmod(0o755)
    segment = directory / frames(directory)[0][0]
    with ordinary_user(shared_directory):
        segment.chmod(0o444)
        with pytest.raises(JournalWriteFailed, match="Permission denied"):
            Journal.open(directory)
        assert require_prefix(JournalReader(directory).batches()) == [3]
        segment.chmod(0)
        with pytest.raises(JournalReadFailed, match="Permission denied"):
            list(JournalReader(directory).batches())
        segment.chmod(0o644)
        directory.chmod(0o555)
        with pytest.raises(JournalWriteFailed, match="no journal was created in .*Permission denied"):
            Journal.create(directory / "inside", GENESIS)
        directory.chmod(0o755)
        with Journal.open(directory) as journal:
            assert append(journal, 20) == 23


FILL = """
import sys
from pathlib import Path
from plimsoll.journal import Journal, JournalWriteFailed, write_snapshot
from tests.journal.faults import Fault
from tests.journal.helpers import GENESIS, append, require_prefix
import numpy as np
directory = Path(sys.argv[1]) / "j"
with Journal.create(directory, GENESIS, segment_bytes=65536) as journal:
    acknowledged = 0
    try:
        while True:
            acknowledged = append(journal, 100)
    except JournalWriteFailed as error:
        assert "No space left" in str(error), error
    try:
        write_snapshot(directory, 0, journal.chain, b"", {"table": np.zeros(2**17, np.int64)})
    except JournalWriteFailed as error:
        assert "No space left" in str(error), error
with Journal.open(directory) as journal:
    assert journal.sequence >= acknowledged > 4000
    assert require_prefix(journal.batches())[-1] == journal.sequence
    (Path(sys.argv[1]) / "ballast").unlink()
    append(journal, 500)
    assert require_prefix(journal.batches())[-1] == journal.sequence
print("filled", acknowledged)
"""


def test_a_disk_that_is_really_full(tmp_path):
    mount = 'mount -t tmpfs -o size=1m none "$0"'
    namespace = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    try:
        probe = subprocess.run([*namespace, mount, str(tmp_path)], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no unshare to mount a small disk without root")
    if probe.returncode:
        pytest.skip(f"a small disk cannot be mounted without root: {probe.stderr.strip()}")
    script = f'{mount} && head -c 200000 /dev/zero > "$0/ballast" && "$1" -c "$2" "$0"'
    command = [*namespace, script, str(tmp_path), sys.executable, FILL]
    filled = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert filled.stdout.startswith("filled"), filled.stderr
