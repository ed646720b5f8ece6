"""(2) Re-margin every account: 100k accounts x 10 holdings on two cores, and growth from 10k to 1 M accounts."""

from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from typing import Any

import numpy as np

from benchmarks.results import Result, seconds_of
from benchmarks.worlds import World
from plimsoll.engine.read import read_health

TARGET_MS = 12.0
SIZES = (10_000, 100_000, 1_000_000)
CORES = 2


def grown_world(accounts: int) -> World:
    """Accounts with about ten holdings each."""
    world = World(accounts)
    for seed in range(3):
        for part in range(max(1, accounts // 100_000)):
            world.run(world.fills(min(accounts * 10, 1_000_000), seed * 100 + part))
            world.engine.events()
            world.setup().clear()
    return world


class Sweep:
    """Two threads, each over half of the accounts; the compiled reader releases the interpreter lock."""

    def __init__(self, world: World, workers: ThreadPoolExecutor) -> None:
        self.pool, self.workers = world.engine.pool, workers
        self.rows = int(self.pool.totals[0]["accounts"])
        self.out = [np.zeros(self.rows, np.int64) for _ in range(3)]

    def __call__(self) -> None:
        bounds = [self.rows * part // CORES for part in range(CORES + 1)]
        parts = [
            self.workers.submit(read_health, self.pool, bounds[part], bounds[part + 1], *self.out)
            for part in range(CORES)
        ]
        for part in parts:
            part.result()


def vectorised(world: World) -> Any:
    """The peer: the same figures with whole-array NumPy on int64 (flat rates, no orders, as the world has)."""
    pool, rows_used = world.engine.pool, int(world.engine.pool.totals[0]["accounts"])
    accounts: Any = pool.accounts
    accounts = accounts[:rows_used]
    holdings: Any = pool.holdings
    instruments: Any = pool.instruments
    order = np.repeat(accounts["start"] - np.cumsum(accounts["count"]) + accounts["count"], accounts["count"])
    rows = order + np.arange(order.size)
    owner = np.repeat(np.arange(rows_used), accounts["count"])

    def evaluate() -> tuple[Any, Any]:
        held = holdings[rows]
        market = instruments[held["instrument"]]
        product, unit = held["lots"] * market["mark"], market["unit"]
        value = product // unit
        notional = -(-np.abs(product) // unit)
        maintenance = -(-notional * market["rate_maintenance"] // 10**9)
        equity = accounts["cash"].copy()
        np.add.at(equity, owner, value - held["cost"])
        required = np.zeros(rows_used, np.int64)
        np.add.at(required, owner, maintenance)
        return equity, required

    return evaluate


def measure() -> list[Result]:
    """Sweep times by size; the peer runs on the middle one and must agree."""
    results, times = [], {}
    with ThreadPoolExecutor(CORES) as workers:
        for size in SIZES:
            world = grown_world(size)
            sweep = Sweep(world, workers)
            times[size] = 1000 * seconds_of(sweep, 25)
            if size == 100_000:
                evaluate = vectorised(world)
                peer = 1000 * seconds_of(evaluate, 3)
                equity, required = evaluate()
                if (equity != sweep.out[0]).any() or (required != sweep.out[1]).any():
                    raise RuntimeError("the vectorised sweep and the engine disagree")
                digest = blake2b(b"".join(part.tobytes() for part in sweep.out), digest_size=8).hexdigest()
                held = world.held()
            del world, sweep
    middle = times[100_000]
    note = f"{held:.1f} holdings an account, 2 threads; " + ", ".join(f"{n:,}: {t:.2f} ms" for n, t in times.items())
    results.append(
        Result(
            "sweep of 100k accounts", middle, "ms", "NumPy, whole arrays", peer, peer / middle,
            f"<= {TARGET_MS:g} ms", middle <= TARGET_MS, digest, note,
        )
    )  # fmt: skip
    growth = times[1_000_000] / times[10_000]
    note = "1 M accounts against 10k; the peer is exact proportion"
    results.append(
        Result("sweep growth 10k to 1 M", growth, "times", "linear", 100.0, 100.0 / growth, "-", None, digest, note)
    )
    return results
