"""The engine against the reference model in pools with risk classes: options, tables, modes, slices.

``python -m tests.core.test_differential_portfolio SEED`` prints the fewest commands on which a seed still fails.
"""

import sys
from functools import cache
from random import Random

import pytest
from tests.reference.chain_streams import ChainStream
from tests.reference.chains import CHAINS
from tests.reference.duel import COMMANDS, Run, explain, open_both, play, summary, together
from tests.reference.pair import Pair
from tests.reference.streams import Stream, policy_of

from plimsoll.units import codes
from plimsoll.units import messages as m

KEPT = (2234,)
"""Seeds that failed once. 2234: the backstop could take a whole slice, but not the half that was tried first."""
SEEDS = (*range(14), *KEPT)


def world_of(seed: int) -> str:
    return list(CHAINS)[seed % len(CHAINS)]


def opened(seed: int) -> tuple[Pair, Stream]:
    """A pool with a policy of the seed, its classes, listings and accounts, every other one in portfolio mode."""
    pair = Pair(**policy_of(Random(f"policy {seed}")))
    return open_both(pair, ChainStream(seed, pair.model, CHAINS[world_of(seed)]))


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


def test_the_streams_reach_what_is_new():
    runs = [run(seed) for seed in SEEDS]
    told = summary(runs)
    print(told)
    answers, events, by_kind = together(runs)
    assert answers[codes.OK] >= 0.5 * answers.total(), told
    for kind in (m.COMMAND_SET_MODE, m.COMMAND_PUBLISH_CLASS, m.COMMAND_PUBLISH_ARRAYS):
        assert by_kind[kind, True] >= 20, told
        assert by_kind[kind, False] >= 20, told
    for event in (m.EVENT_MODE_SET, m.EVENT_CLASS_PUBLISHED, m.EVENT_ARRAYS_PUBLISHED):
        assert events[event] > 0, told


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2_000, 2_200))
def test_engine_and_model_agree_in_many_worlds(seed):
    run(seed)


if __name__ == "__main__":
    print(explain(int(sys.argv[1]), opened))
