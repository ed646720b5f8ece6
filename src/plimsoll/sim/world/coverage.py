"""What worlds reached: answers, events, mechanisms, stages, accept rates by kind of command; and what none did."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from plimsoll.sim.world.moment import Step
from plimsoll.units import messages
from plimsoll.units.codes import NAMES, OK, sentence
from plimsoll.units.messages import name_of

ROOMS = ("EVENT", "MECHANISM", "STAGE")


@dataclass
class Reached:
    """Counts of one world, or of many together."""

    answers: Counter[tuple[int, int]] = field(default_factory=Counter)
    """By kind of command and code."""
    words: Counter[tuple[str, int]] = field(default_factory=Counter)
    """By ``EVENT``, ``MECHANISM`` or ``STAGE`` and its number."""

    def add(self, step: Step) -> None:
        """Count one command and what came of it."""
        self.answers[int(step.command["kind"]), step.code] += 1
        self.words.update(("EVENT", kind) for kind in step.events["kind"].tolist())
        self.words.update(("MECHANISM", kind) for kind in step.ledger["mechanism"].tolist())
        self.words.update(("STAGE", kind) for kind in set(step.after.accounts["stage"].tolist()))

    def update(self, other: "Reached") -> None:
        """Count another world as well."""
        self.answers.update(other.answers)
        self.words.update(other.words)

    @property
    def commands(self) -> int:
        """Commands answered."""
        return self.answers.total()

    @property
    def accepted(self) -> int:
        """Commands accepted."""
        return sum(count for (_, code), count in self.answers.items() if code == OK)

    def by_kind(self) -> dict[str, tuple[int, int]]:
        """Accepted and answered, by kind of command."""
        found: dict[str, tuple[int, int]] = {}
        for number in sorted({kind for kind, _ in self.answers}):
            counts = {code: count for (kind, code), count in self.answers.items() if kind == number}
            found[name_of("COMMAND", number)] = counts.get(OK, 0), sum(counts.values())
        return found

    def missing(self) -> dict[str, list[str]]:
        """Answers, event kinds, mechanisms and stages that were not reached, by their names."""
        given = {code for _, code in self.answers}
        found = {"answers": [sentence(code) for code in NAMES if code not in given]}
        for room, title in zip(ROOMS, ("events", "mechanisms", "stages")):
            found[title] = [name for number, name in _known(room) if (room, number) not in self.words]
        return found

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        answers: Counter[str] = Counter()
        for (_, code), count in self.answers.items():
            answers[sentence(code)] += count
        return {
            "commands": self.commands,
            "accepted": self.accepted,
            "by_kind": {kind: {"accepted": yes, "answered": all_} for kind, (yes, all_) in self.by_kind().items()},
            "answers": dict(answers.most_common()),
            **{
                title: {
                    name_of(room, number): count for (kind, number), count in sorted(self.words.items()) if kind == room
                }
                for room, title in zip(ROOMS, ("events", "mechanisms", "stages"))
            },
            "missing": self.missing(),
        }


def _known(room: str) -> list[tuple[int, str]]:
    """Every number of a room of words, with its word."""
    prefix = room + "_"
    return [(number, name_of(room, number)) for name, number in vars(messages).items() if name.startswith(prefix)]
