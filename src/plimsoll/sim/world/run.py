"""Running a world: its batches to an engine, one command at a time, with every check after every command.

The same batches go, whole, through a journaled venue that crashes; a witness, if there is one, judges them as well.
"""

import os
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from plimsoll.engine import Engine, EngineHalted
from plimsoll.sim.world.auditing import Answers, Books, Witness
from plimsoll.sim.world.batch import Batch, PoolView
from plimsoll.sim.world.checks import CHECKS, Check, CheckFailed, require
from plimsoll.sim.world.coverage import Reached
from plimsoll.sim.world.crash import CrashingVenue
from plimsoll.sim.world.moment import Step, moment_of
from plimsoll.sim.world.story import Story
from plimsoll.units.tables import Ints

MEMORY = "/dev/shm"
HALTED = "engine_must_not_halt"
WITNESS = "witness_must_agree"

WitnessOf = Callable[[Mapping[str, int]], Witness]
"""A new witness, from the policy a world's pool begins with."""


class Played(Protocol):
    """What can be run: a world, or the batches that were kept of one."""

    seed: int
    faults: Counter[str]
    policy: dict[str, int]

    def opening(self) -> list[Batch]:
        """The batches a world begins with."""

    def step(self, pool: PoolView, /) -> list[Batch]:
        """The batches of the next block, drawn while looking at the pool."""

    @property
    def finished(self) -> bool:
        """Whether there is no next block."""


class Failure(NamedTuple):
    """The first check that failed, what it saw, and the number of the batch at which it did."""

    check: str
    text: str
    batch: int


@dataclass
class WorldOutcome:
    """What a world came to. The same seed gives the same outcome."""

    seed: int
    policy: dict[str, int]
    batches: list[Batch] = field(default_factory=list)
    reached: Reached = field(default_factory=Reached)
    faults: Counter[str] = field(default_factory=Counter)
    failure: Failure | None = None
    root: str = ""
    story: list[str] = field(default_factory=list)

    @property
    def commands(self) -> int:
        """Commands answered."""
        return self.reached.commands

    @property
    def accepted(self) -> int:
        """Commands accepted."""
        return self.reached.accepted


def run_world(
    world: Played,
    checks: Mapping[str, Check] = CHECKS,
    witness: WitnessOf | None = None,
    *,
    crashes: bool = True,
    blocks: int | None = None,
) -> WorldOutcome:
    """Run a world to its end, or to the first check that fails.

    ``checks`` are asked after every command; identities, the auditor and ``witness`` after every batch. Without
    ``crashes`` nothing is journaled. ``blocks``: stop after so many steps.
    """
    outcome = WorldOutcome(world.seed, dict(world.policy))
    with ExitStack() as stack:
        venue = None
        if crashes:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="plimsoll-sim-", dir=_in_memory())))
            venue = stack.enter_context(CrashingVenue(folder, world.seed, world.policy))
        run = _Run(world.policy, checks, witness(world.policy) if witness else None, venue, outcome)
        try:
            run.take(world.opening())
            while not world.finished and (blocks is None or blocks > 0):
                run.take(world.step(run.engine))
                blocks = None if blocks is None else blocks - 1
            if venue is not None:
                venue.finish(run.engine)
        except CheckFailed as failed:
            outcome.failure = Failure(failed.check, failed.text, len(outcome.batches) - 1)
        except EngineHalted as error:
            outcome.failure = Failure(HALTED, str(error), len(outcome.batches) - 1)
        outcome.faults = world.faults + (venue.faults if venue is not None else Counter())
        outcome.root = run.engine.root().hex()
        outcome.story = run.story.lines
    return outcome


def _in_memory() -> str | None:
    """A folder that needs no disk, where there is one: what a power cut leaves is decided by the world."""
    return MEMORY if os.access(MEMORY, os.W_OK) else None


class _Run:
    """One world under way."""

    def __init__(
        self,
        policy: Mapping[str, int],
        checks: Mapping[str, Check],
        witness: Witness | None,
        venue: CrashingVenue | None,
        outcome: WorldOutcome,
    ) -> None:
        self.engine = Engine.create(policy)
        self.story = Story()
        self._checks = checks
        self._witness = witness
        self._venue = venue
        self._outcome = outcome
        self._books = Books()
        self._answers = Answers()
        self._now = moment_of(self.engine)

    def take(self, batches: list[Batch]) -> None:
        """Apply batches in order and ask everybody; raises CheckFailed."""
        for batch in batches:
            self._outcome.batches.append(batch)
            self.story.note(batch.note)
            codes = self._apply(batch)
            self._books.require(self.engine)
            self._ask_witness(batch, codes)
            if self._venue is not None and batch.commands.size:
                fault = self._venue.submit(batch, codes, self.engine)
                if fault:
                    self.story.fault(fault)

    def _ask_witness(self, batch: Batch, codes: Ints) -> None:
        if self._witness is None:
            return
        try:
            found = self._witness.see(batch, codes, self.engine.pool)
        except AssertionError as error:
            raise CheckFailed(WITNESS, str(error)) from error
        if found:
            raise CheckFailed(WITNESS, "; ".join(found[:5]))

    def _apply(self, batch: Batch) -> Ints:
        codes = np.zeros(batch.commands.size, np.int64)
        offset = 0
        for place in range(batch.commands.size):
            words = int(batch.commands["payload_words"][place])
            codes[place] = self._apply_one(batch.commands[place : place + 1], batch.payload[offset : offset + words])
            offset += words
        return codes

    def _apply_one(self, commands: np.ndarray, payload: Ints) -> int:
        command = commands[0].copy()
        expected = self._answers.expected(command)
        before = self._now
        code = int(self.engine.apply(commands, payload)[0])
        events, ledger = self.engine.events(), self.engine.ledger()
        self._now = moment_of(self.engine)
        self._books.read(events)
        step = Step(before, self._now, command, code, events, ledger, expected is not None)
        self._outcome.reached.add(step)
        self.story.tell(step)
        self._answers.keep(command, code, expected, events.size)
        require(step, self._checks)
        return code
