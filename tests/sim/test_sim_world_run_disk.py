"""A venue on a disk that is really full: nothing that was acknowledged is lost, and it goes on when there is room."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILL = """
import sys
from pathlib import Path
from tests.sim.test_sim_world_run import batches_of
from plimsoll.engine import Engine
from plimsoll.journal import JournalError
from plimsoll.venue import Venue

folder = Path(sys.argv[1])
policy, batches = batches_of(1, 40)
engine = Engine.create(policy)
venue = Venue.create(folder / "journal", policy, segment_bytes=2**13)
acknowledged = full = 0
for batch in batches:
    codes = engine.apply(batch.commands, batch.payload)
    try:
        got = venue.submit(batch.commands, batch.payload)
    except JournalError as error:
        assert "No space left" in str(error), error
        full += 1
        venue.close()
        (folder / "ballast").unlink(missing_ok=True)
        venue = Venue.open(folder / "journal")
        assert venue.sequence == acknowledged
        got = venue.submit(batch.commands, batch.payload)
    acknowledged = venue.sequence
    assert got.tolist() == codes.tolist()
    assert venue.root() == engine.root()
print("full", full, acknowledged)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a small disk the way of Linux")
def test_a_full_disk_loses_nothing_that_was_acknowledged(tmp_path):
    mount = 'mount -t tmpfs -o size=1m none "$0"'
    namespace = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    try:
        probe = subprocess.run([*namespace, mount, str(tmp_path)], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no unshare to mount a small disk without root")
    if probe.returncode:
        pytest.skip(f"a small disk cannot be mounted without root: {probe.stderr.strip()}")
    script = f'{mount} && head -c 1020000 /dev/zero > "$0/ballast" && "$1" -c "$2" "$0"'
    command = [*namespace, script, str(tmp_path), sys.executable, FILL]
    filled = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert filled.stdout.startswith("full 1 "), filled.stdout + filled.stderr
