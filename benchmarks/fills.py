"""(1) Two-sided fills per second on one core, both sides checked for initial margin at ten holdings each."""

from hashlib import blake2b
from statistics import median
from time import perf_counter

import numpy as np
from tests.reference import ReferencePool

from benchmarks.results import Result
from benchmarks.worlds import World

ACCOUNTS = 100_000
COMMANDS = 1_000_000
TARGET = 1_500_000
TARGET_RATIO = 25
PEER_ACCOUNTS = 1_000
PEER_FILLS = 4_000


def _peer_rate() -> float:
    """Fills per second of the reference model, on a small world; its answers must be the engine's."""
    world, model = World(PEER_ACCOUNTS), ReferencePool()
    warm, measured = world.fills(20_000, seed=3), world.fills(PEER_FILLS, seed=4)
    batches = [*world.setup(), (warm, np.zeros(0, np.int64))]
    world.run(warm)
    for commands, words in batches:
        for command, payload in plain(commands, words):
            model.apply(command, payload)
    asked = list(plain(measured, np.zeros(0, np.int64)))
    started = perf_counter()
    codes = [model.apply(command, payload) for command, payload in asked]
    elapsed = perf_counter() - started
    if codes != world.engine.apply(measured).tolist():
        raise RuntimeError("the reference model and the engine disagree on the measured fills")
    return len(asked) / elapsed


def plain(commands: np.ndarray, words: np.ndarray) -> list[tuple[dict[str, int], tuple[int, ...]]]:
    """Commands and their payloads as the reference model takes them."""
    names, offset, result = commands.dtype.names or (), 0, []
    for row in commands.tolist():
        command = dict(zip(names, row))
        size = command["payload_words"]
        result.append((command, tuple(words[offset : offset + size].tolist())))
        offset += size
    return result


def measure() -> list[Result]:
    """A million distinct fills at 100k accounts, after two million that filled the accounts."""
    world = World(ACCOUNTS)
    for seed in (1, 2):
        world.run(world.fills(COMMANDS, seed))
        world.engine.events()
    rates, state = [], blake2b(digest_size=8)
    for seed in range(5, 12):
        commands = world.fills(COMMANDS, seed)
        started = perf_counter()
        results = world.engine.apply(commands)
        rates.append(COMMANDS / (perf_counter() - started))
        state.update(results.tobytes())
        world.engine.events()
    rate, peer = median(rates), _peer_rate()
    note = f"{world.held():.1f} holdings an account, fees, open interest, two events a fill, ids remembered"
    met = rate >= TARGET and rate / peer >= TARGET_RATIO
    state.update(world.engine.root())
    target = f">= {TARGET:,}/s and >= {TARGET_RATIO}x"
    return [
        Result("fills", rate, "fills/s", "reference model", peer, rate / peer, target, met, state.hexdigest(), note)
    ]
