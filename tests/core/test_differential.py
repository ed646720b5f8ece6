"""The engine against the reference model on seeded streams: same answers, same tables, after every batch.

A run that fails prints the differences and the batch; ``python -m tests.core.test_differential SEED`` prints the fewest
commands that still fail.
"""

import sys
from collections import Counter
from functools import cache
from random import Random
from typing import NamedTuple

import pytest
from tests.reference.pair import Disagreement, Pair, Step, source
from tests.reference.streams import WORLDS, Stream, policy_of

from plimsoll.engine.genesis import DEFAULT_POLICY
from plimsoll.units import codes
from plimsoll.units import messages as m

COMMANDS = 600
SEEDS = range(48)
BATCH = 8


class Run(NamedTuple):
    """What a stream came to: answers, event kinds, answers by kind of command."""

    answers: Counter[int]
    events: Counter[int]
    by_kind: Counter[tuple[int, bool]]


def world_of(seed: int) -> str:
    return list(WORLDS)[seed % len(WORLDS)]


def opened(seed: int) -> tuple[Pair, Stream]:
    """A pool with a policy of the seed, its listings and accounts."""
    pair = Pair(**policy_of(Random(f"policy {seed}")))
    stream = Stream(seed, pair.model, WORLDS[world_of(seed)])
    steps = stream.opening()
    answers = [pair.decide(*step) for step in steps]
    assert set(answers) == {codes.OK}
    pair.compare(steps, answers)
    return pair, stream


@cache
def run(seed: int) -> Run:
    """A whole stream in small batches; raises Disagreement."""
    pair, stream = opened(seed)
    pair.engine.events()
    sizes = Random(f"batches {seed}")
    answers: Counter[int] = Counter()
    by_kind: Counter[tuple[int, bool]] = Counter()
    while answers.total() < COMMANDS:
        batch, said = [], []
        for _ in range(sizes.randrange(1, BATCH)):
            batch.append(stream.next())
            said.append(pair.decide(*batch[-1]))
        pair.compare(batch, said)
        answers.update(said)
        by_kind.update((step[0]["kind"], code == codes.OK) for step, code in zip(batch, said))
    return Run(answers, Counter(pair.engine.events()["kind"].tolist()), by_kind)


def summary(runs: list[Run]) -> str:
    """Accept rates, and what was never met."""
    answers, events, by_kind = (sum((part[place] for part in runs), Counter()) for place in range(3))
    lines = [
        f"{answers.total()} commands, {answers[codes.OK] / answers.total():.0%} accepted, "
        f"{len(answers)} answers, {events.total()} events of {len(events)} kinds"
    ]
    for kind in sorted({kind for kind, _ in by_kind}):
        accepted, refused = by_kind[kind, True], by_kind[kind, False]
        lines.append(f"  {m.name_of('COMMAND', kind)}: {accepted} of {accepted + refused} accepted")
    never = [codes.sentence(code) for code in codes.NAMES if code not in answers]
    lines.append(f"  answers never given: {', '.join(never)}")
    return "\n".join(lines)


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
    answers, events, by_kind = (sum((part[place] for part in runs), Counter()) for place in range(3))
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


def fails(policy: dict[str, int], steps: list[Step]) -> bool:
    pair = Pair(**policy)
    try:
        for step in steps:
            pair.compare([step], [pair.decide(*step)])
    except Disagreement:
        return True
    return False


def fewest(policy: dict[str, int], steps: list[Step]) -> tuple[dict[str, int], list[Step]]:
    """Leave out what a failure does not need: commands, then parameters of the policy."""
    size = len(steps)
    while size > 0:
        kept = len(steps)
        for start in range(len(steps) - size, -1, -size):
            shorter = steps[:start] + steps[start + size :]
            if fails(policy, shorter):
                steps = shorter
        size = size // 2 if len(steps) == kept else min(size, len(steps) // 2)
    for name in policy:
        simpler = {**policy, name: DEFAULT_POLICY[name]}
        if fails(simpler, steps):
            policy = simpler
    return policy, steps


def explain(seed: int) -> str:
    """The fewest commands on which a seed still fails, as source."""
    pair, stream = opened(seed)
    try:
        for _ in range(COMMANDS):
            step = stream.next()
            pair.compare([step], [pair.decide(*step)])
    except Disagreement as failure:
        policy, steps = fewest(pair.policy, pair.steps)
        changed = {name: number for name, number in policy.items() if number != DEFAULT_POLICY[name]}
        return f"{failure}\n\npolicy = {changed}\nsteps = [\n{source(steps)}\n]"
    return f"seed {seed} does not fail"


if __name__ == "__main__":
    print(explain(int(sys.argv[1])))
