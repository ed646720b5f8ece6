"""(7) Re-margin of portfolio accounts on one core: 100k accounts x 20 holdings x 33 scenarios over 2,000 options.

The engine's own sweep gives equity, maintenance and initial margin in exact integers. The peers reckon the same three
from the same int64 lots, marks and table, and must come to the same figures; how long the worst loss alone takes them
is in the note. All of them on one thread.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from hashlib import blake2b
from statistics import median
from typing import Any

import numpy as np

from benchmarks.chains import FIRST, MODEL, OPTIONS, SCALE, ChainWorld
from benchmarks.results import Result, seconds_of
from plimsoll.engine.read import read_health
from plimsoll.risk import Basis, RiskPolicy, StaticDiscount
from plimsoll.units.messages import NAMED_COUNT

ACCOUNTS = 100_000
SIZES = (10_000, 100_000, 1_000_000)
TARGET_MS = 15.0
TARGET_CSR, TARGET_FRAMES = 2.0, 20.0
FULL = replace(
    MODEL,
    basis=Basis(0.05, -0.05, 0.1, 0.2),
    discount=StaticDiscount(0.98, 1.02, 0.0, 0.0, 0.05, 0.05),
    policy=RiskPolicy(
        factor_initial=1.3, factor_maintenance=1.0, option_maintenance=0.002, option_initial=0.004, vega_rate=0.01
    ),
)
"""Everything at once: groups with discounts, basis, vega and a minimum for naked options; as Derive's PMRM_2 has."""


class Sweep:
    """The engine's health of every account, on one thread; ``out`` is equity, maintenance, initial."""

    def __init__(self, world: ChainWorld) -> None:
        # Not its pool: a table that grows is another one.
        self.engine, self.rows = world.engine, int(world.engine.pool.totals[0]["accounts"])
        self.out = [np.zeros(self.rows, np.int64) for _ in range(3)]

    def __call__(self) -> None:
        read_health(self.engine.pool, 0, self.rows, *self.out)

    def digest(self) -> str:
        """A hash of all that was computed."""
        return blake2b(b"".join(part.tobytes() for part in self.out), digest_size=8).hexdigest()


class Positions:
    """What the peers are given: lots by account and option, and the changes in value of every option, in int64."""

    def __init__(self, world: ChainWorld) -> None:
        pool: Any = world.engine.pool
        accounts = pool.accounts[NAMED_COUNT : int(pool.totals[0]["accounts"])]
        self.counts = accounts["count"]
        self.starts = np.concatenate([[0], np.cumsum(self.counts)])
        rows = np.repeat(accounts["start"] - self.starts[:-1], self.counts) + np.arange(self.starts[-1])
        held = pool.holdings[rows]
        self.owner, self.option = np.repeat(np.arange(accounts.size), self.counts), held["instrument"] - FIRST
        self.lots, self.family = held["lots"].copy(), pool.classes[1]
        risks = pool.risks[FIRST : FIRST + OPTIONS]
        lanes = np.arange(int(self.family["scenarios"]))
        self.changes = pool.published["word"][risks["slot"][:, None] + lanes] - risks["value"][:, None]
        self.accounts, self.cash = accounts.size, accounts["cash"].copy()
        self.marks = pool.instruments["mark"][FIRST : FIRST + OPTIONS].copy()

    def equity(self) -> Any:
        """Cash and the value of every holding, each rounded down; options have no cost."""
        values = self.lots * self.marks[self.option] // 10**SCALE
        return self.cash + np.add.reduceat(values, self.starts[:-1])

    def figures(self, worst: Any) -> tuple[Any, Any, Any]:
        """Equity, maintenance and initial margin."""
        maintenance, initial = (self.required(worst, f"{side}_now") for side in ("maintenance", "initial"))
        return self.equity(), maintenance, np.maximum(maintenance, initial)

    def required(self, worst: Any, factor: str = "maintenance_now") -> Any:
        """A requirement of the class from the largest loss in products: two divisions, both rounded up."""
        micros = -((-np.maximum(worst, 0) << int(self.family["shift"])) // 10**SCALE)
        whole, part = np.divmod(micros, 10**9)
        ppb = int(self.family[factor])
        return whole * ppb - (-part * ppb // 10**9)


def csr(positions: Positions, kind: Any) -> Callable[[], Any]:
    """scipy.sparse: a CSR matrix of lots times the dense table, then the smallest of each row."""
    from scipy.sparse import csr_array

    shape = (positions.accounts, OPTIONS)
    matrix = csr_array((positions.lots.astype(kind), positions.option.astype(np.int32), positions.starts), shape=shape)
    table = positions.changes.astype(kind)
    return lambda: -(matrix @ table).min(axis=1)


def frames_pandas(positions: Positions) -> Callable[[], Any]:
    """pandas: positions merged with the table by option, each scenario multiplied, summed by account."""
    import pandas

    names = [f"s{lane}" for lane in range(positions.changes.shape[1])]
    table = pandas.DataFrame(positions.changes, columns=names)
    table["option"] = np.arange(OPTIONS)
    held = pandas.DataFrame({"account": positions.owner, "option": positions.option, "lots": positions.lots})

    def work() -> Any:
        joined = held.merge(table, on="option")
        products = joined[names].mul(joined["lots"], axis=0)
        return -products.groupby(joined["account"]).sum().min(axis=1).to_numpy()

    return work


def frames_polars(positions: Positions) -> Callable[[], Any]:
    """Polars: the same join and group, in its own query engine."""
    # Before the first import: one thread, as everybody else here.
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    import polars

    names = [f"s{lane}" for lane in range(positions.changes.shape[1])]
    table = polars.DataFrame({name: positions.changes[:, lane] for lane, name in enumerate(names)})
    table = table.with_columns(polars.Series("option", np.arange(OPTIONS)))
    held = polars.DataFrame({"account": positions.owner, "option": positions.option, "lots": positions.lots})

    def work() -> Any:
        joined = held.lazy().join(table.lazy(), on="option")
        sums = joined.group_by("account").agg([(polars.col(name) * polars.col("lots")).sum() for name in names])
        worst = sums.select("account", -polars.min_horizontal(names)).sort("account").collect()
        return worst.get_columns()[1].to_numpy()

    return work


def _peers(world: ChainWorld, sweep: Sweep, ours: float) -> list[Result]:
    """Each peer's time and the ratio; results compared account by account."""
    positions = Positions(world)
    results = []
    for name, peer, worst, least in (
        ("csr", "scipy.sparse CSR, float64", csr(positions, np.float64), TARGET_CSR),
        ("csr_int64", "scipy.sparse CSR, int64", csr(positions, np.int64), TARGET_CSR),
        ("pandas", "pandas merge and groupby", frames_pandas(positions), TARGET_FRAMES),
        ("polars", "Polars join and group_by", frames_polars(positions), TARGET_FRAMES),
    ):

        def work(worst: Callable[[], Any] = worst) -> Any:
            return positions.figures(np.rint(worst()).astype(np.int64))

        if any((mine[NAMED_COUNT:] != theirs).any() for mine, theirs in zip(sweep.out, work())):
            raise RuntimeError(f"{peer} and the engine disagree")
        repetitions = 5 if least == TARGET_CSR else 2
        theirs, alone = 1000 * seconds_of(work, repetitions), 1000 * seconds_of(worst, repetitions)
        target, met = f"<= {TARGET_MS:g} ms and >= {least:g}x", ours <= TARGET_MS and theirs / ours >= least
        note = f"equity and both margins equal in every account; the peer's worst loss alone {alone:.1f} ms"
        results.append(
            Result(f"portfolio_{name}", ours, "ms", peer, theirs, theirs / ours, target, met, sweep.digest(), note)
        )
    return results


def _timed(world: ChainWorld, repetitions: int) -> tuple[Sweep, float, float]:
    """The sweep, its median time and its best, in milliseconds."""
    sweep = Sweep(world)
    sweep()
    times = [1000 * seconds_of(sweep, 1) for _ in range(repetitions)]
    return sweep, median(times), min(times)


def _full() -> Result:
    """The same accounts under every rule a class may have."""
    world = ChainWorld(ACCOUNTS, FULL)
    world.trade()
    sweep, ours, best = _timed(world, 11)
    work = csr(Positions(world), np.float64)
    theirs = 1000 * seconds_of(work, 5)
    note = (
        "grouped with discounts, basis, vega, naked options; the peer knows the worst ungrouped loss alone; "
        f"best {best:.2f} ms"
    )
    return Result(
        "portfolio_every_rule", ours, "ms", "scipy.sparse CSR, float64", theirs, theirs / ours, "-", None,
        sweep.digest(), note,
    )  # fmt: skip


def measure() -> list[Result]:
    """One core: 100k accounts against the peers, growth to a million, then every rule at once."""
    results, times, least = [], {}, {}
    for size in SIZES:
        world = ChainWorld(size)
        world.trade()
        sweep, times[size], least[size] = _timed(world, 25 if size <= ACCOUNTS else 7)
        if size == ACCOUNTS:
            results += _peers(world, sweep, times[size])
            narrow = "32-bit lanes, by the bound" if world.engine.pool.classes[1]["narrow"] else "64-bit lanes"
            held = world.held()
        digest = sweep.digest()
        del world, sweep
    told = ", ".join(f"{size:,}: {time:.2f} ms, best {least[size]:.2f}" for size, time in times.items())
    growth = times[1_000_000] / times[ACCOUNTS]
    note = f"{held:.1f} holdings an account, {narrow}; {told}"
    results.append(
        Result(
            "portfolio growth to 1 M", growth, "times", "linear from 100k", 10.0, 10.0 / growth, "-", None, digest, note
        )
    )
    return [*results, _full()]
