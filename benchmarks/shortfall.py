"""(10) Expected shortfall over 500 historical scenarios for 100k accounts of 20 options, on one core, and its floor."""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.chains import OPTIONS, ChainWorld
from benchmarks.portfolio import ACCOUNTS, Positions, Sweep
from benchmarks.results import Result, seconds_of
from plimsoll.risk import Aggregation, Historical, RiskPolicy
from plimsoll.units.messages import NAMED_COUNT

POLICY = RiskPolicy(factor_initial=1.3, factor_maintenance=1.0)
SCENARIOS = 500
MODEL = Historical(0.975, SCENARIOS, aggregation=Aggregation.ES, policy=POLICY)


def _peer(positions: Positions) -> Callable[[], Any]:
    """scipy.sparse CSR in float64, a block of accounts at a time, and the mean of each row's tail by partition."""
    from scipy.sparse import csr_array

    tail = int(positions.family["tail"])
    shape = (positions.accounts, OPTIONS)
    matrix = csr_array((positions.lots.astype(float), positions.option.astype(np.int32), positions.starts), shape=shape)
    table = positions.changes.astype(float)

    def work() -> Any:
        means = []
        for first in range(0, positions.accounts, 2_000):
            losses = np.maximum(-(matrix[first : first + 2_000] @ table), 0)
            kept = np.partition(losses, SCENARIOS - tail, axis=1)[:, SCENARIOS - tail :]
            means.append(np.ceil(kept.sum(axis=1) / tail))
        return np.concatenate(means)

    return work


def _floor(world: ChainWorld, positions: Positions) -> tuple[float, float]:
    """Milliseconds to read the rows of the table every position needs, at the speed the table itself is read; GB/s."""
    family, table = positions.family, np.ascontiguousarray(positions.changes)
    size = 4 if int(family["narrow"]) else 8
    held = table.reshape(-1)[: table.size * size // 8].copy()
    speed = held.nbytes / seconds_of(lambda: np.bitwise_or.reduce(held), 200)
    return 1000 * positions.lots.size * int(family["width"]) * size / speed, speed / 1e9


def measure() -> list[Result]:
    """One core; the peer is CSR and partition, the floor the reading of the rows."""
    world = ChainWorld(ACCOUNTS, MODEL)
    world.trade()
    sweep, positions = Sweep(world), Positions(world)
    ours = 1000 * seconds_of(sweep, 7)
    work = _peer(positions)
    theirs = 1000 * seconds_of(work, 1)
    expected = sweep.out[1][NAMED_COUNT:]
    found = positions.required(work().astype(np.int64))
    # A mean of float64 sums may end one product away, which is one micro at the most.
    if np.abs(found - expected).max() > 1:
        raise RuntimeError("the peer and the engine disagree on the shortfall")
    floor, speed = _floor(world, positions)
    rows = f"{positions.lots.size:,} rows of {SCENARIOS} at {speed:.0f} GB/s"
    note = f"tail of {int(positions.family['tail'])}; floor {floor:.0f} ms: {rows}; results equal to one micro"
    return [
        Result(name, ours, "ms", peer, value, value / ours, "-", None, sweep.digest(), note)
        for name, peer, value in (
            ("portfolio_es500", "scipy CSR and partition", theirs),
            ("portfolio_es500_floor", "reading the rows", floor),
        )
    ]
