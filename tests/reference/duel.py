"""Whole streams against both sides in small batches, what they came to, and the fewest commands on which they fail."""

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import NamedTuple

from plimsoll.engine.genesis import DEFAULT_POLICY
from plimsoll.units import codes
from plimsoll.units import messages as m

from .pair import Disagreement, Pair, Step, source
from .streams import Stream

COMMANDS = 600
BATCH = 8

Opening = Callable[[int], tuple[Pair, Stream]]
"""From a seed to a pool with its listings and accounts, and the stream that goes on."""


class Run(NamedTuple):
    """What a stream came to: answers, event kinds, answers by kind of command."""

    answers: Counter[int]
    events: Counter[int]
    by_kind: Counter[tuple[int, bool]]


def open_both(pair: Pair, stream: Stream) -> tuple[Pair, Stream]:
    """The stream's opening, all of which must be accepted."""
    steps = stream.opening()
    answers = [pair.decide(*step) for step in steps]
    assert set(answers) == {codes.OK}, [step for step, answer in zip(steps, answers) if answer != codes.OK]
    pair.compare(steps, answers)
    return pair, stream


def play(seed: int, opened: Opening) -> Run:
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


def together(runs: list[Run]) -> Run:
    return Run(*(sum((part[place] for part in runs), Counter()) for place in range(3)))


def summary(runs: list[Run]) -> str:
    """Accept rates, and what was never met."""
    answers, events, by_kind = together(runs)
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


def explain(seed: int, opened: Opening) -> str:
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
