"""Making a failing world small: leave out batches, then commands, then what the policy has of its own.

What is left still fails the same check. Delta debugging: halves first, then ever smaller parts.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, TypeVar

import numpy as np

from plimsoll.engine.genesis import DEFAULT_POLICY
from plimsoll.sim.world.batch import Batch
from plimsoll.sim.world.crash import OF_THE_JOURNAL
from plimsoll.sim.world.kept import KeptWorld
from plimsoll.sim.world.run import WITNESS, WitnessOf, WorldOutcome, run_world

COMMANDS_MAX: Final = 2_000_000
"""Commands run in search of a smaller world: some twenty minutes, compiled."""

T = TypeVar("T")


class Entry(NamedTuple):
    """One command with its payload, and the batch it came in."""

    batch: int
    command: Batch


class _Trial:
    """Runs candidates; ``left`` bounds how many commands. Nobody but the check that failed needs its witness."""

    def __init__(self, outcome: WorldOutcome, witness: WitnessOf | None) -> None:
        if outcome.failure is None:
            raise ValueError(f"seed {outcome.seed} does not fail")
        self._seed, self._check = outcome.seed, outcome.failure.check
        self._witness = witness if self._check == WITNESS else None
        self.left = COMMANDS_MAX

    def fails(self, policy: dict[str, int], batches: list[Batch]) -> bool:
        if self.left <= 0:
            return False
        world = KeptWorld(self._seed, policy, batches)
        outcome = run_world(world, witness=self._witness, crashes=self._check in OF_THE_JOURNAL)
        self.left -= outcome.commands
        return outcome.failure is not None and outcome.failure.check == self._check


def shrink(outcome: WorldOutcome, witness: WitnessOf | None = None) -> KeptWorld:
    """The smallest world found that fails the check of the outcome; the whole one if batches alone do not fail."""
    trial = _Trial(outcome, witness)
    policy, batches = dict(outcome.policy), list(outcome.batches)
    check = outcome.failure.check if outcome.failure else ""
    if trial.fails(policy, batches):
        batches = fewest(batches, lambda kept: trial.fails(policy, kept))
        entries = fewest(_entries(batches), lambda kept: trial.fails(policy, _batches(kept, batches)))
        batches = _batches(entries, batches)
        for name, usual in DEFAULT_POLICY.items():
            simpler = {**policy, name: usual}
            if simpler != policy and trial.fails(simpler, batches):
                policy = simpler
    return KeptWorld(outcome.seed, policy, batches, check)


def fewest(items: Sequence[T], fails: Callable[[list[T]], bool]) -> list[T]:
    """A short list that still fails: parts of every size are left out, the latest first."""
    kept, size = list(items), len(items) // 2
    while size > 0:
        before = len(kept)
        for start in range(len(kept) - size, -1, -size):
            shorter = kept[:start] + kept[start + size :]
            if fails(shorter):
                kept = shorter
        size = size // 2 if len(kept) == before else min(size, len(kept) // 2)
    return kept


def _entries(batches: list[Batch]) -> list[Entry]:
    found = []
    for number, batch in enumerate(batches):
        ends = np.cumsum(batch.commands["payload_words"]).tolist()
        for place, end in enumerate(ends):
            words = batch.payload[end - int(batch.commands["payload_words"][place]) : end]
            found.append(Entry(number, Batch(batch.commands[place : place + 1], words, "")))
    return found


def _batches(entries: list[Entry], whole: list[Batch]) -> list[Batch]:
    found = []
    for number, batch in enumerate(whole):
        parts = [entry.command for entry in entries if entry.batch == number]
        if parts:
            commands = np.concatenate([part.commands for part in parts])
            found.append(Batch(commands, np.concatenate([part.payload for part in parts]), batch.note))
    return found
