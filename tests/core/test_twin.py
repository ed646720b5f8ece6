"""Compiled and uncompiled from one source: the same streams must leave the same bytes behind."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import pytest
from tests.reference import ReferencePool
from tests.reference.auction_streams import AUCTION_WORLDS, AuctionStream, auction_policy
from tests.reference.chain_streams import ChainStream
from tests.reference.chains import CHAINS
from tests.reference.pair import records
from tests.reference.pot_streams import POT_WORLDS, PotStream, pot_policy
from tests.reference.state import POLICY_FIELDS
from tests.reference.streams import WORLDS, Stream, policy_of

from plimsoll.book.layout import STATE_TABLES
from plimsoll.engine import Engine
from plimsoll.units import codes

ROOT = Path(__file__).parents[2]
COMMANDS = 600
TABLES = (*STATE_TABLES, "events", "ledger")
KINDS = {"standard": range(8), "classes": range(3), "pots": range(4), "auctions": range(3)}
"""Kinds of streams, and the seeds of each that are always run."""


def nth(worlds: dict, seed: int):
    return list(worlds.values())[seed % len(worlds)]


def policy_for(kind: str, seed: int) -> dict[str, int]:
    random = Random(f"twin {seed}")
    if kind == "auctions":
        return auction_policy(random)
    policy = policy_of(random)
    return pot_policy(policy, random) if kind == "pots" else policy


STREAMS: dict[str, Callable[[int, ReferencePool], Stream]] = {
    "standard": lambda seed, model: Stream(seed, model, nth(WORLDS, seed)),
    "classes": lambda seed, model: ChainStream(seed, model, nth(CHAINS, seed)),
    "pots": lambda seed, model: PotStream(seed, model, nth(POT_WORLDS, seed)),
    "auctions": lambda seed, model: AuctionStream(seed, model, nth(AUCTION_WORLDS, seed)),
}


def stream_of(kind: str, seed: int) -> tuple[dict[str, int], np.ndarray, np.ndarray, list[int]]:
    """(policy, commands, payload, what the reference model answers)."""
    policy = policy_for(kind, seed)
    model = ReferencePool(policy)
    stream = STREAMS[kind](seed, model)
    steps = stream.opening()
    answers = [model.apply(*step) for step in steps]
    for _ in range(COMMANDS):
        steps.append(stream.next())
        answers.append(model.apply(*steps[-1]))
    return policy, *records(steps), answers


def run_twins(folder: Path, kind: str, seeds: range) -> None:
    """Write every stream into the folder and let one uncompiled process answer them all."""
    for seed in seeds:
        policy, commands, payload, _ = stream_of(kind, seed)
        values = np.array([policy[name] for name in POLICY_FIELDS], np.int64)
        np.savez(folder / f"{seed}.in.npz", policy=values, commands=commands, payload=payload)
    settings = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    subprocess.run([sys.executable, "-m", "tests.core.twin", str(folder)], cwd=ROOT, env=settings, check=True)


def compare(folder: Path, kind: str, seeds: range) -> str:
    """Every table, answer, event and ledger line of both; what was compared, in words."""
    answers: Counter[int] = Counter()
    events: Counter[int] = Counter()
    ledger = 0
    for seed in seeds:
        policy, commands, payload, expected = stream_of(kind, seed)
        engine = Engine.create(policy)
        codes_of = engine.apply(commands, payload)
        compiled = {**engine.tables(), "events": engine.events(), "ledger": engine.ledger()}
        with np.load(folder / f"{seed}.out.npz") as twin:
            assert twin["codes"].tolist() == codes_of.tolist() == expected, f"seed {seed}: answers"
            for name in TABLES:
                assert twin[name].dtype == compiled[name].dtype
                assert twin[name].tobytes() == compiled[name].tobytes(), f"seed {seed}: table {name}"
        answers.update(expected)
        events.update(compiled["events"]["kind"].tolist())
        ledger += compiled["ledger"].size
    assert len(answers) >= 50
    assert len(events) >= 30
    return (
        f"{kind}: {answers.total()} commands of {len(seeds)} streams, "
        f"{answers[codes.OK] / answers.total():.0%} accepted, {len(answers)} answers, "
        f"{events.total()} events of {len(events)} kinds, {ledger} ledger lines"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_the_uncompiled_twin_leaves_the_same_bytes(tmp_path, kind):
    run_twins(tmp_path, kind, KINDS[kind])
    print(compare(tmp_path, kind, KINDS[kind]))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_uncompiled_twin_leaves_the_same_bytes_in_many_worlds(tmp_path, kind):
    seeds = range(100, 160)
    run_twins(tmp_path, kind, seeds)
    print(compare(tmp_path, kind, seeds))
