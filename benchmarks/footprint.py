"""(6) Bytes an account takes; (7) how long a start takes, cached and for the first time."""

import os
import subprocess
import sys
import tracemalloc
from tempfile import TemporaryDirectory
from time import perf_counter

from tests.reference import ReferencePool

from benchmarks.fills import PEER_ACCOUNTS, plain
from benchmarks.results import Result, seconds_of
from benchmarks.worlds import World
from plimsoll.units.messages import NAMED_COUNT

ACCOUNTS = 100_000
TARGET_START = 3.0
START = "from plimsoll.engine import Engine; Engine.create()"


def _reference_bytes() -> float:
    """What one account with ten holdings takes as Python objects."""
    world = World(PEER_ACCOUNTS)
    world.run(world.fills(20_000, seed=3))
    batches = [plain(commands, words) for commands, words in world.setup()]
    tracemalloc.start()
    model = ReferencePool()
    for batch in batches[: 2 * (1 + PEER_ACCOUNTS // 50_000) + 3]:
        for command, payload in batch:
            model.apply(command, payload)
    for command, payload in batches[-1]:
        model.apply(command, payload)
    model.answers.clear()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return size / PEER_ACCOUNTS


def memory() -> Result:
    """Rows of accounts and blocks of holdings in use, per account."""
    world = World(ACCOUNTS)
    for seed in range(3):
        world.run(world.fills(1_000_000, seed))
        world.engine.events()
    pool, totals = world.engine.pool, world.engine.pool.totals[0]
    used = pool.accounts.nbytes // pool.accounts.size * (ACCOUNTS + NAMED_COUNT)
    used += pool.holdings.nbytes // pool.holdings.size * int(totals["holdings"])
    value, peer = used / ACCOUNTS, _reference_bytes()
    note = f"{world.held():.1f} holdings an account, free blocks counted"
    root = world.engine.root()[:8].hex()
    return Result("bytes per account", value, "bytes", "Python objects", peer, peer / value, "-", None, root, note)


def _start(environment: dict[str, str], program: str = START) -> float:
    started = perf_counter()
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, capture_output=True)
    return perf_counter() - started


def starts() -> list[Result]:
    """A process that ends with an empty pool; the peer of both is a process that imports Numba alone."""
    environment = dict(os.environ)
    _start(environment)
    cached = seconds_of(lambda: _start(environment), 3)
    floor = seconds_of(lambda: _start(environment, "import numba"), 3)
    with TemporaryDirectory() as folder:
        first = _start(environment | {"NUMBA_CACHE_DIR": folder})
    target = f"<= {TARGET_START:g} s"
    met = cached <= TARGET_START
    peer = "import numba"
    return [
        Result("start, compiled code cached", cached, "s", peer, floor, floor / cached, target, met, "-", ""),
        Result("start, first time (compiles)", first, "s", peer, floor, floor / first, "-", None, "-", ""),
    ]


def measure() -> list[Result]:
    """Memory, then starts."""
    return [memory(), *starts()]
