"""(8) New price to breach list: chain repriced, table quantised, published, every account swept; one core.

Mark and table are commands the engine applies; time was let pass before, by a tick. The journal's part, appending and
syncing the two commands, is in the note.
"""

from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.chains import (
    CLASS,
    MODEL,
    MOVES,
    OPTIONS,
    SCALE,
    SPOT,
    UNDERLYING,
    VOL,
    ChainWorld,
    chain,
    members,
    table_of,
)
from benchmarks.portfolio import ACCOUNTS, Positions, Sweep
from benchmarks.results import Result, seconds_of
from plimsoll.journal import Journal
from plimsoll.pricing import black76
from plimsoll.pricing.fast import price_and_greeks_into, price_scenarios_into
from plimsoll.risk import ClassTable, Options, RiskArrays
from plimsoll.risk.payload import Payload, quantise
from plimsoll.units.messages import COMMAND_TICK, NAMED_COUNT

TARGET_MS = 20.0
REPETITIONS = 15
FACTORS, VOL_MOVES = np.repeat(1.0 + MOVES, 3), np.tile(np.array([-1, 0, 1]), MOVES.size)


class Desk:
    """The float side: prices the chain at a spot and makes its table."""

    def __init__(self, world: ChainWorld) -> None:
        one = chain()
        self.shift = int(world.engine.pool.classes[CLASS]["shift"])
        self.first = table_of(MODEL).classes[0]
        columns = (VOL.down(one.vols, one.years), one.vols, VOL.up(one.vols, one.years))
        self.vol_factors = np.ascontiguousarray(np.column_stack(columns) / one.vols[:, None])
        self.now, self.values = np.empty((6, OPTIONS)), np.empty((OPTIONS, FACTORS.size))

    def priced(self, spot: float) -> dict[str, Any]:
        """The chain as the pricing takes it."""
        one = chain()
        return {
            "forward": one.forwards * (spot / SPOT),
            "strike": one.strikes,
            "years": one.years,
            "vol": one.vols,
            "is_call": one.is_call,
            "discount": one.discounts,
        }

    def table(self, spot: float) -> ClassTable:
        """Every option repriced now and under every scenario."""
        priced = self.priced(spot)
        price_and_greeks_into(**priced, out=self.now)
        price_scenarios_into(
            **priced,
            spot_factors=FACTORS,
            vol_moves=VOL_MOVES,
            vol_factors=self.vol_factors,
            vol_floor=0.0,
            out=self.values,
        )
        first, (price, delta, gamma, vega) = self.first.arrays, self.now[:4]
        slope = priced["forward"] / spot
        options = Options(
            *(first.options.instruments, first.options.groups, first.options.strikes, first.options.is_call),
            *(price, price, price, delta * slope, 0.5 * gamma * (slope * 0.01 * spot) ** 2, vega * 0.01, self.values),
        )
        return replace(self.first, arrays=RiskArrays(spot, first.shocks, first.groups, options))

    def payload(self, spot: float, time: int) -> Payload:
        """The table in integers."""
        return quantise(self.table(spot), time, scale=SCALE, members=members(), shift=self.shift)


class Cycle:
    """One run for each price; ``breaches`` are rows of accounts below maintenance."""

    def __init__(self, world: ChainWorld) -> None:
        self.world, self.desk, self.sweep = world, Desk(world), Sweep(world)
        self.time, self.spot, self.number = int(world.engine.pool.totals[0]["time"]), SPOT, 0
        self.breaches = np.zeros(0, np.int64)
        self.state = blake2b(digest_size=8)

    def prepare(self) -> None:
        """The next price; a tick lets a second pass."""
        self.number += 1
        self.time += 1_000
        self.spot = SPOT * (1 + 0.04 * np.sin(self.number / 3))
        self.world.engine.apply(self.world.batch(1, COMMAND_TICK, time=self.time))
        self.world.engine.events()

    def __call__(self) -> None:
        world = self.world
        marked = world.engine.apply(world.mark(self.spot))
        commands, words = world.arrays(self.desk.payload(self.spot, self.time))
        published = world.engine.apply(commands, words)
        if marked.any() or published.any():
            raise RuntimeError(f"the engine refused a mark or a table: {marked.tolist()} {published.tolist()}")
        self.sweep()
        self.breaches = np.flatnonzero(self.sweep.out[0] < self.sweep.out[1])
        self.state.update(self.breaches.tobytes())


def _peer(cycle: Cycle) -> tuple[float, int]:
    """NumPy and SciPy: black76 over the chain, CSR times the table, accounts whose equity is below the worst loss."""
    from scipy.sparse import csr_array

    positions, desk = Positions(cycle.world), cycle.desk
    shape = (positions.accounts, OPTIONS)
    matrix = csr_array((positions.lots / 10**SCALE, positions.option.astype(np.int32), positions.starts), shape=shape)
    equity = cycle.sweep.out[0][NAMED_COUNT:] / 1e6
    vols = chain().vols[:, None] * desk.vol_factors[:, VOL_MOVES + 1]
    columns = {name: column[:, None] for name, column in desk.priced(cycle.spot).items()}
    found = np.zeros(0, np.int64)

    def work() -> None:
        nonlocal found
        now = black76(**columns)
        then = black76(**(columns | {"forward": columns["forward"] * FACTORS, "vol": vols}))
        found = np.flatnonzero(equity < -(matrix @ (then - now)).min(axis=1))

    return 1000 * seconds_of(work, 5), found.size


def _journal(cycle: Cycle) -> float:
    """Milliseconds to append and sync a mark and a table."""
    world = cycle.world
    commands, words = world.arrays(cycle.desk.payload(cycle.spot, cycle.time))
    both = np.concatenate([world.mark(cycle.spot), commands])
    with TemporaryDirectory() as folder, Journal.create(Path(folder, "journal"), {"benchmark": "cycle"}) as journal:
        return 1000 * seconds_of(lambda: journal.append(both, words), 5)


def measure() -> list[Result]:
    """Median over prices that wander by four percent; some accounts have little to spare."""
    world = ChainWorld(ACCOUNTS)
    world.trade()
    world.thin_out()
    cycle, times, parts = Cycle(world), [], []
    for _ in range(REPETITIONS + 1):
        cycle.prepare()
        started = perf_counter()
        cycle()
        times.append(1000 * (perf_counter() - started))
        started = perf_counter()
        cycle.sweep()
        parts.append(1000 * (perf_counter() - started))
    ours, (theirs, found) = median(times[1:]), _peer(cycle)
    if abs(found - cycle.breaches.size) > 2 + cycle.breaches.size // 1000:
        raise RuntimeError(f"{found} breaches by the peer, {cycle.breaches.size} by the engine")
    note = (
        f"{cycle.breaches.size:,} accounts below maintenance; best {min(times[1:]):.2f} ms; the sweep alone "
        f"{median(parts[1:]):.2f} ms; journal append and sync beside it {_journal(cycle):.2f} ms; "
        f"{UNDERLYING} underlying, {OPTIONS:,} options"
    )
    met = ours <= TARGET_MS
    digest = cycle.state.hexdigest()
    return [
        Result(
            "portfolio_cycle", ours, "ms", "NumPy black76 and SciPy CSR", theirs, theirs / ours, f"<= {TARGET_MS:g} ms",
            met, digest, note,
        )
    ]  # fmt: skip
