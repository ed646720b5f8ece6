"""The engine against the reference model on seeded streams: same answers, same tables, after every batch.

A run that fails prints the differences and the batch; ``python -m tests.core.test_differential SEED`` prints the fewest
commands that still fail.
"""

import sys
from functools import cache
from random import Random

import pytest
from tests.reference.duel import COMMANDS, Run, explain, open_both, play, summary, together
from tests.reference.pair import Pair
from tests.reference.streams import WORLDS, Stream, policy_of

from plimsoll.units import codes
from plimsoll.units import messages as m

SEEDS = range(32)


def world_of(seed: int) -> str:
    return list(WORLDS)[seed % len(WORLDS)]


def opened(seed: int) -> tuple[Pair, Stream]:
    """A pool with a policy of the seed, its listings and accounts."""
    pair = Pair(**policy_of(Random(f"policy {seed}")))
    return open_both(pair, Stream(seed, pair.model, WORLDS[world_of(seed)]))


@cache
def run(seed: int) -> Run:
    return play(seed, opened)


@pytest.mark.parametrize("seed", SEEDS)
def test_engine_and_model_agree(seed):
    found = run(seed)
    told = f"{world_of(seed)}: {summary([found])}"
    print(told)
    assert found.answers[codes.OK] >= 0.4 * COMMANDS, told
    assert len(found.answers) >= 25, told
    assert len(found.events) >= 20, told


def test_the_streams_reach_nearly_every_answer_and_event():
    runs = [run(seed) for seed in SEEDS]
    told = summary(runs)
    print(told)
    answers, events, by_kind = together(runs)
    assert answers[codes.OK] >= 0.5 * answers.total(), told
    assert len(answers) >= 75, told
    assert len(events) == m.EVENT_DUSTED, told
    # Every kind of command was accepted, and but for the tick (whose rules the bounds test) often refused.
    for kind in range(m.COMMAND_OPEN_ACCOUNT, m.COMMAND_SET_POLICY + 1):
        assert by_kind[kind, True] >= 5, told
        assert by_kind[kind, False] >= 5, told


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1_000, 1_400))
def test_engine_and_model_agree_in_many_worlds(seed):
    run(seed)


if __name__ == "__main__":
    print(explain(int(sys.argv[1]), opened))
