"""(9) Two-sided fills per second of portfolio accounts: 20 holdings, 33 scenarios, both sides' margins, on one core."""

from hashlib import blake2b
from statistics import median
from time import perf_counter

import numpy as np
from tests.reference import ReferencePool

from benchmarks.chains import HOLDINGS, ChainWorld
from benchmarks.fills import plain
from benchmarks.results import Result

ACCOUNTS = 100_000
WARM, COMMANDS, ROUNDS = 2_500_000, 500_000, 5
TARGET = 200_000
PEER_ACCOUNTS, PEER_WARM, PEER_FILLS = 400, 6_000, 60


def _peer_rate() -> float:
    """Fills per second of the reference model on a small world; its answers must be the engine's."""
    world, model = ChainWorld(PEER_ACCOUNTS), ReferencePool()
    world.run(world.grouped_fills(PEER_WARM, seed=3))
    for commands, words in world.setup():
        for command, payload in plain(commands, words):
            model.apply(command, payload)
    measured = world.grouped_fills(PEER_FILLS, seed=4)
    asked = list(plain(measured, np.zeros(0, np.int64)))
    started = perf_counter()
    codes = [model.apply(command, payload) for command, payload in asked]
    elapsed = perf_counter() - started
    if codes != world.engine.apply(measured).tolist():
        raise RuntimeError("the reference model and the engine disagree on the measured fills")
    return PEER_FILLS / elapsed


def measure() -> list[Result]:
    """Half a million distinct fills a round, after two and a half million that filled the accounts."""
    world = ChainWorld(ACCOUNTS, deposit=9 * 10**11)
    for part in range(WARM // COMMANDS):
        world.engine.apply(world.grouped_fills(COMMANDS, 100 + part))
        world.engine.events()
    rates, state, accepted = [], blake2b(digest_size=8), 0
    for seed in range(ROUNDS):
        commands = world.grouped_fills(COMMANDS, seed)
        started = perf_counter()
        results = world.engine.apply(commands)
        rates.append(COMMANDS / (perf_counter() - started))
        accepted += int((results == 0).sum())
        state.update(results.tobytes())
        world.engine.events()
    rate, peer = median(rates), _peer_rate()
    state.update(world.engine.root())
    note = (
        f"{world.held():.1f} of {HOLDINGS} holdings an account, {accepted / ROUNDS / COMMANDS:.1%} accepted; "
        f"best round {max(rates):,.0f}/s"
    )
    return [
        Result(
            "portfolio_fills", rate, "fills/s", "reference model", peer, rate / peer, f">= {TARGET:,}/s",
            rate >= TARGET, state.hexdigest(), note,
        )
    ]  # fmt: skip
