"""(5) From a tick to the liquidation decisions: marks that put some accounts below maintenance, then a tick."""

from hashlib import blake2b
from time import perf_counter

import numpy as np

from benchmarks.results import Result, seconds_of
from benchmarks.sweep import grown_world, vectorised
from benchmarks.worlds import World
from plimsoll.units.messages import COMMAND_TICK, COMMAND_WITHDRAW, EVENT_LIQUIDATION_STARTED, NAMED_COUNT

ACCOUNTS = 100_000
TICKS = 60


def _withdraw_what_is_free(world: World) -> None:
    """Leave every account a little above initial margin, so that the marks to come put some below maintenance."""
    equity, _, initial = world.engine.sweep()
    numbers = np.arange(NAMED_COUNT, equity.size)
    draw = np.random.default_rng(11).integers(1_020, 1_400, numbers.size)
    amounts = equity[NAMED_COUNT:] - initial[NAMED_COUNT:] * draw // 1_000
    chosen = amounts > 0
    withdrawals = world.batch(int(chosen.sum()), COMMAND_WITHDRAW)
    withdrawals["account"], withdrawals["amount"] = numbers[chosen], amounts[chosen]
    world.engine.apply(withdrawals)
    world.engine.events()


def measure() -> list[Result]:
    """p50 and p99 over ticks whose marks wander; every tick sweeps all accounts."""
    world = grown_world(ACCOUNTS)
    _withdraw_what_is_free(world)
    peer = 1000 * seconds_of(vectorised(world), 3)
    times, started_count, state = [], 0, blake2b(digest_size=8)
    time = int(world.engine.pool.totals[0]["time"])
    for number in range(TICKS):
        factor = 1 + 0.09 * np.sin(number / 5)
        tick = world.batch(1, COMMAND_TICK)
        time += 1_000
        tick["time"] = time
        batch = np.concatenate([world.marks(seed=0, factor=factor), tick])
        started = perf_counter()
        world.engine.apply(batch)
        times.append(1000 * (perf_counter() - started))
        events = world.engine.events()
        started_count += int((events["kind"] == EVENT_LIQUIDATION_STARTED).sum())
        state.update(events.tobytes())
    p50, p99 = (float(np.percentile(times, part)) for part in (50, 99))
    note = f"{started_count} liquidations started in {TICKS} ticks; marks of all instruments in the same batch"
    return [
        Result(
            f"tick to decisions, {name}", value, "ms", "NumPy sweep alone", peer, peer / value, "-", None,
            state.hexdigest(), note,
        )
        for name, value in (("p50", p50), ("p99", p99))
    ]  # fmt: skip
