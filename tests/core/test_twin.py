"""Compiled and uncompiled from one source: the same streams must leave the same bytes behind."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random

import numpy as np
import pytest
from tests.reference import ReferencePool
from tests.reference.chain_streams import ChainStream
from tests.reference.chains import CHAINS
from tests.reference.pair import records
from tests.reference.state import POLICY_FIELDS
from tests.reference.streams import WORLDS, Stream, policy_of

from plimsoll.book.layout import STATE_TABLES
from plimsoll.engine import Engine
from plimsoll.units import codes

ROOT = Path(__file__).parents[2]
COMMANDS = 600
SEEDS = range(12)
WITH_CLASSES = range(6)
"""Seeds of streams with risk classes, run beside the others."""
TABLES = (*STATE_TABLES, "events", "ledger")


def stream_of(seed: int, classes: bool = False) -> tuple[dict[str, int], np.ndarray, np.ndarray, list[int]]:
    """(policy, commands, payload, what the reference model answers); ``classes``: with options and portfolio margin."""
    policy = policy_of(Random(f"twin {seed}"))
    model = ReferencePool(policy)
    if classes:
        stream: Stream = ChainStream(seed, model, list(CHAINS.values())[seed % len(CHAINS)])
    else:
        stream = Stream(seed, model, list(WORLDS.values())[seed % len(WORLDS)])
    steps = stream.opening()
    answers = [model.apply(*step) for step in steps]
    for _ in range(COMMANDS):
        steps.append(stream.next())
        answers.append(model.apply(*steps[-1]))
    return policy, *records(steps), answers


def run_twins(folder: Path, seeds: range, classes: bool = False) -> None:
    """Write every stream into the folder and let one uncompiled process answer them all."""
    for seed in seeds:
        policy, commands, payload, _ = stream_of(seed, classes)
        values = np.array([policy[name] for name in POLICY_FIELDS], np.int64)
        np.savez(folder / f"{seed}.in.npz", policy=values, commands=commands, payload=payload)
    settings = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    subprocess.run([sys.executable, "-m", "tests.core.twin", str(folder)], cwd=ROOT, env=settings, check=True)


def compare(folder: Path, seeds: range, classes: bool = False) -> str:
    """Every table, answer, event and ledger line of both; what was compared, in words."""
    answers: Counter[int] = Counter()
    events: Counter[int] = Counter()
    ledger = 0
    for seed in seeds:
        policy, commands, payload, expected = stream_of(seed, classes)
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
        f"{answers.total()} commands of {len(seeds)} streams, {answers[codes.OK] / answers.total():.0%} accepted, "
        f"{len(answers)} answers, {events.total()} events of {len(events)} kinds, {ledger} ledger lines"
    )


def test_the_uncompiled_twin_leaves_the_same_bytes(tmp_path):
    run_twins(tmp_path, SEEDS)
    print(compare(tmp_path, SEEDS))


def test_the_uncompiled_twin_leaves_the_same_bytes_with_classes(tmp_path):
    run_twins(tmp_path, WITH_CLASSES, classes=True)
    print(compare(tmp_path, WITH_CLASSES, classes=True))


@pytest.mark.slow
def test_the_uncompiled_twin_leaves_the_same_bytes_in_many_worlds(tmp_path):
    seeds = range(100, 160)
    for classes in (False, True):
        run_twins(tmp_path, seeds, classes)
        print(compare(tmp_path, seeds, classes))
