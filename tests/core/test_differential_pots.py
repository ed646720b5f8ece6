"""The engine against the reference model in pools with pots: tranches, a backstop with stakes, AMMs, other days.

``python -m tests.core.test_differential_pots SEED`` prints the fewest commands on which a seed still fails.
"""

import sys
from functools import cache
from random import Random

import pytest
from tests.reference.duel import COMMANDS, Run, explain, open_both, play, summary, together
from tests.reference.pair import Pair
from tests.reference.pot_streams import POT_WORLDS, PotStream, pot_policy
from tests.reference.streams import Stream, policy_of

from plimsoll.units import codes
from plimsoll.units import messages as m

SEEDS = range(32)

OF_POTS = (
    codes.MECHANISM_MUST_NOT_BE_PAUSED,
    *range(codes.POT_MUST_EXIST, codes.STAKES_MUST_NOT_BE_TAKEN + 1),
)


def world_of(seed: int) -> str:
    return list(POT_WORLDS)[seed % len(POT_WORLDS)]


def opened(seed: int) -> tuple[Pair, Stream]:
    """A pool with a policy of the seed, its listings, accounts and pots."""
    random = Random(f"policy {seed}")
    pair = Pair(**pot_policy(policy_of(random), random))
    return open_both(pair, PotStream(seed, pair.model, POT_WORLDS[world_of(seed)]))


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


def test_the_streams_reach_every_answer_and_event_of_pots():
    runs = [run(seed) for seed in SEEDS]
    told = summary(runs)
    print(told)
    answers, events, by_kind = together(runs)
    assert answers[codes.OK] >= 0.5 * answers.total(), told
    for kind in (m.COMMAND_STAKE, m.COMMAND_UNSTAKE, m.COMMAND_SWAP, m.COMMAND_SET_POT):
        assert by_kind[kind, True] >= 50, told
        assert by_kind[kind, False] >= 50, told
    assert [codes.sentence(code) for code in OF_POTS if answers[code] == 0] == [], told
    of_pots = range(m.EVENT_STAKED, m.EVENT_SWAPPED + 1)
    assert [m.name_of("EVENT", event) for event in of_pots if events[event] == 0] == [], told


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4_000, 4_200))
def test_engine_and_model_agree_in_many_worlds(seed):
    run(seed)


if __name__ == "__main__":
    print(explain(int(sys.argv[1]), opened))
