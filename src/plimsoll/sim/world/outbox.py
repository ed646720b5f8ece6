"""What is sent in a block before it is delivered: commands with their ids, in the order of sending."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from plimsoll.book.layout import COMMAND, Array
from plimsoll.units.tables import Ints

NAMES: Final = tuple(COMMAND.names or ())
NOTHING: Final[Ints] = np.zeros(0, np.int64)


@dataclass(frozen=True)
class Letter:
    """One command on its way: its fields and the words of its payload."""

    fields: dict[str, int]
    words: Ints = field(default_factory=lambda: NOTHING)

    @property
    def kind(self) -> int:
        """The kind of the command."""
        return self.fields["kind"]


class Outbox:
    """Takes commands, gives them dense ids, keeps what is worth telling."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.notes: list[str] = []
        self.id = 0

    def send(self, kind: int, **fields: int) -> None:
        """Send a hot command; an ``id`` among the fields is kept, and uses up none."""
        self.letters.append(Letter(self._numbered(kind, fields)))

    def post(self, kind: int, words: Sequence[int] | Ints, **fields: int) -> None:
        """Send a cold command with the words of its payload."""
        payload = np.array(words, np.int64)
        self.letters.append(Letter(self._numbered(kind, fields | {"payload_words": payload.size}), payload))

    def _numbered(self, kind: int, fields: dict[str, int]) -> dict[str, int]:
        if "id" not in fields:
            self.id += 1
        return {"kind": kind, "id": self.id, **{name: int(value) for name, value in fields.items()}}

    def say(self, note: str) -> None:
        """Something for the story."""
        self.notes.append(note)

    def emptied(self) -> tuple[list[Letter], str]:
        """What was sent and said since the last time."""
        letters, self.letters = self.letters, []
        notes, self.notes = self.notes, []
        return letters, "; ".join(notes)


def commands_of(letters: list[Letter]) -> tuple[Array, Ints]:
    """The letters as records, and their payloads one after another."""
    rows = [tuple(letter.fields.get(name, 0) for name in NAMES) for letter in letters]
    payloads = [letter.words for letter in letters if letter.words.size]
    return np.array(rows, COMMAND), np.concatenate(payloads) if payloads else NOTHING.copy()
