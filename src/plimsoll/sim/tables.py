"""Risk tables of a replay: made by a model from the marks, published when the market has moved or time has passed.

Floats end here: what leaves is the payload of ``publish_arrays``. Where the engine refuses a table the last good one
stays in force, and another is made in the next step.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from plimsoll.sim.listings import ClassSetup, PoolSetup
from plimsoll.sim.session import Session
from plimsoll.units.codes import sentence
from plimsoll.units.limits import MICROS_PER_TOKEN
from plimsoll.units.messages import COMMAND_PUBLISH_ARRAYS, KIND_OPTION
from plimsoll.units.tables import Ints
from plimsoll.venue.records import records

if TYPE_CHECKING:
    from plimsoll.risk import ClassTable, Member, RiskTable

Make = Callable[[ClassSetup, float, int, Any], "ClassTable"]
"""(class, spot in tokens a unit, time in ms, the pool's tables) to its table."""

REFRESH_MOVE: Final = 0.01
REFRESH_AGE_SECONDS: Final = 3_600.0


@dataclass(frozen=True)
class TablesResult:
    """What became of the tables: how many were published and why, and how many were refused, by rule."""

    published: int
    reasons: Mapping[str, int]
    refused: Mapping[str, int]


class TableKeeper:
    """Keeps the tables of a pool's classes in force."""

    def __init__(
        self,
        setup: PoolSetup,
        make: Make,
        *,
        move: float = REFRESH_MOVE,
        age_seconds: float = REFRESH_AGE_SECONDS,
    ) -> None:
        self.setup = setup
        self.make = make
        self.move = move
        self.age_seconds = age_seconds
        self.in_force: dict[int, RiskTable] = {}
        self.words: dict[int, Ints] = {one.number: np.array(one.words, np.int64) for one in setup.classes}
        self.reasons: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    def refresh(self, session: Session, time_ms: int, marks: Ints) -> None:
        """Publish the table of every class that needs a new one at these marks."""
        for one in self.setup.classes:
            spot = int(marks[one.index]) / MICROS_PER_TOKEN
            reason = self._reason(one, spot, time_ms)
            if reason:
                table = self.make(one, spot, time_ms, session.engine.pool)
                self._publish(session, one, table, time_ms, reason)

    def result(self) -> TablesResult:
        """The counts so far."""
        return TablesResult(sum(self.reasons.values()), dict(self.reasons), dict(self.refused))

    def _reason(self, one: ClassSetup, spot: float, time_ms: int) -> str:
        """Why a new table is due, in a word; empty when it is not."""
        from plimsoll.risk import needs_refresh

        table = self.in_force.get(one.number)
        if table is None:
            return "first"
        if not needs_refresh(table, {one.name: spot}, time_ms, self.move, self.age_seconds):
            return ""
        aged = needs_refresh(table, {one.name: table.classes[0].arrays.reference}, time_ms, self.move, self.age_seconds)
        return "age" if aged else "move"

    def _publish(self, session: Session, one: ClassSetup, table: "ClassTable", time_ms: int, reason: str) -> None:
        from plimsoll.risk import RiskTable, quantise

        scale = int(self.setup.listing(one.index).row["scale"])
        payload = quantise(table, time_ms, scale=scale, members=members_of(self.setup, one.number), shift=one.shift)
        if not np.array_equal(payload.class_words, self.words[one.number]):
            session.publish_class(one.number, payload.class_words, f"class {one.name}")
            self.words[one.number] = payload.class_words
        words = payload.array_words
        command = records(COMMAND_PUBLISH_ARRAYS, instrument=one.number, time=time_ms, payload_words=len(words))
        code = int(session.send(command, payload=words)[0])
        if code:
            self.refused[sentence(code)] += 1
            return
        self.reasons[reason] += 1
        self.in_force[one.number] = RiskTable(time_ms, (table,))


def members_of(setup: PoolSetup, risk_class: int) -> "list[Member]":
    """The members of a class as its capacity counts them."""
    from plimsoll.risk import Member

    return [
        Member(one.number, one.kind != KIND_OPTION, one.row["lots_max"], one.row["mark_max"])
        for one in setup.listings
        if one.row["risk_class"] == risk_class
    ]
