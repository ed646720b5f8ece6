"""A world as a text file: a seed, the check that failed, the policy where it is not the default, and every command.

    seed 7
    check fees_must_follow_the_rule
    policy exit_buffer=0 adl=2
    batch an order arrives late
    deposit id=3 account=8 amount=100000000
    list_instrument id=4 instrument=1 with kind=2 rate_initial=50000000

Fields that are 0 are left out. A payload that is a row of parameters follows ``with`` by name, any other ``words``.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from plimsoll.book.layout import COMMAND, LISTING, POLICY
from plimsoll.engine.genesis import DEFAULT_POLICY
from plimsoll.sim.world.batch import Batch, PoolView
from plimsoll.units import messages
from plimsoll.units.messages import COMMAND_LIST_INSTRUMENT, COMMAND_SET_INSTRUMENT, COMMAND_SET_POLICY, name_of

SUFFIX: Final = ".world"
KINDS: Final = {
    name.removeprefix("COMMAND_").lower(): number
    for name, number in vars(messages).items()
    if name.startswith("COMMAND_")
}
ROWS: Final = {COMMAND_LIST_INSTRUMENT: LISTING, COMMAND_SET_INSTRUMENT: LISTING, COMMAND_SET_POLICY: POLICY}
FIELDS: Final = tuple(name for name in COMMAND.names or () if name not in ("kind", "payload_words"))


class KeptWorldError(ValueError):
    """A file that is no kept world; the message names the line."""


@dataclass
class KeptWorld:
    """Batches that were kept of a world; runs like the world itself, one batch a step."""

    seed: int
    policy: dict[str, int]
    batches: list[Batch]
    check: str = ""
    faults: Counter[str] = field(default_factory=Counter)
    _next: int = 0

    def opening(self) -> list[Batch]:
        """Nothing: every batch is a step."""
        self._next = 0
        return []

    def step(self, pool: PoolView, /) -> list[Batch]:
        """The next batch, whatever the pool is like."""
        self._next += 1
        return [self.batches[self._next - 1]]

    @property
    def finished(self) -> bool:
        """Whether the last batch is over."""
        return self._next >= len(self.batches)


def text_of(world: KeptWorld) -> str:
    """The world as text."""
    changed = {name: value for name, value in world.policy.items() if value != DEFAULT_POLICY[name]}
    lines = [f"seed {world.seed}", f"check {world.check}"]
    if changed:
        lines.append("policy " + _pairs(changed))
    for batch in world.batches:
        lines.append(f"batch {batch.note}".rstrip())
        lines += _lines_of(batch)
    return "\n".join(lines) + "\n"


def _lines_of(batch: Batch) -> Iterable[str]:
    words = batch.payload.tolist()
    for command in batch.commands:
        size = int(command["payload_words"])
        yield _line_of(command, words[:size])
        words = words[size:]


def _line_of(command: Any, words: list[int]) -> str:
    kind = int(command["kind"])
    parts = [name_of("COMMAND", kind), _pairs({name: int(command[name]) for name in FIELDS if command[name] != 0})]
    row = ROWS.get(kind)
    if row is not None and len(words) == len(row.names or ()):
        parts.append("with " + _pairs({name: word for name, word in zip(row.names or (), words) if word != 0}))
    elif words:
        parts.append("words " + " ".join(map(str, words)))
    return " ".join(part for part in parts if part)


def _pairs(values: Mapping[str, int]) -> str:
    return " ".join(f"{name}={value}" for name, value in values.items())


def write_world(path: Path, world: KeptWorld) -> None:
    """Write the file, and the folders it is in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text_of(world), encoding="utf-8")


def read_world(path: Path) -> KeptWorld:
    """Read a file; raises KeptWorldError that names what is wrong, or OSError."""
    world = KeptWorld(0, dict(DEFAULT_POLICY), [])
    open_batch: list[tuple[dict[str, int], list[int]]] = []
    note = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        word, _, rest = line.strip().partition(" ")
        try:
            if word == "seed":
                world.seed = int(rest)
            elif word == "check":
                world.check = rest
            elif word == "policy":
                world.policy |= _numbers(rest.split(), tuple(DEFAULT_POLICY))
            elif word == "batch":
                _close(world, open_batch, note)
                open_batch, note = [], rest
            elif word and not word.startswith("#"):
                open_batch.append(_command(word, rest))
        except (ValueError, OverflowError) as error:
            raise KeptWorldError(f"{path}: line {number}: {error}") from None
    _close(world, open_batch, note)
    return world


def _close(world: KeptWorld, steps: list[tuple[dict[str, int], list[int]]], note: str) -> None:
    if steps:
        world.batches.append(batch_of(steps, note))


def batch_of(steps: list[tuple[dict[str, int], list[int]]], note: str = "") -> Batch:
    """A batch from fields and payload words of each command."""
    commands = np.zeros(len(steps), COMMAND)
    for place, (values, words) in enumerate(steps):
        for name, value in values.items():
            commands[name][place] = value
        commands["payload_words"][place] = len(words)
    return Batch(commands, np.array([word for _, words in steps for word in words], np.int64), note)


def _command(word: str, rest: str) -> tuple[dict[str, int], list[int]]:
    kind = KINDS[word] if word in KINDS else int(word)
    plain, marker, payload = rest, "", ""
    for name in ("with", "words"):
        before, found, after = f" {rest} ".partition(f" {name} ")
        if found:
            plain, marker, payload = before, name, after
    values = {"kind": kind, **_numbers(plain.split(), FIELDS)}
    if marker == "words":
        return values, [int(text) for text in payload.split()]
    if marker == "with":
        if kind not in ROWS:
            raise ValueError(f"{word} has no row of parameters: give words")
        names = ROWS[kind].names or ()
        given = _numbers(payload.split(), names)
        return values, [given.get(name, 0) for name in names]
    return values, []


def _numbers(parts: Iterable[str], known: tuple[str, ...]) -> dict[str, int]:
    found = {}
    for part in parts:
        name, _, text = part.partition("=")
        if name not in known:
            raise ValueError(f"{name!r} is not a field")
        found[name] = int(text)
    return found
