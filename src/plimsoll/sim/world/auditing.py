"""What must hold after every batch: the identities, the auditor's books, and one answer for one id."""

from typing import Any, Protocol

from plimsoll.audit import Auditor, event_records
from plimsoll.book.layout import Array
from plimsoll.engine import Engine
from plimsoll.sim.world.batch import Batch
from plimsoll.sim.world.checks import CheckFailed
from plimsoll.units.codes import (
    ID_MUST_BE_POSITIVE,
    ID_MUST_BE_WITHIN_WINDOW,
    ID_MUST_NOT_BE_REUSED,
    NAMES,
)
from plimsoll.units.limits import ID_WINDOW
from plimsoll.units.tables import Ints
from plimsoll.venue.state import cash_by_account, holdings_by_account, open_interest, vaults

IDENTITIES = "identities_must_hold"
AUDITOR = "auditor_must_agree"
IDS = "ids_must_be_answered_once"


class Witness(Protocol):
    """Somebody who judges the same commands without the engine's code. Made anew for every world, from its policy."""

    def see(self, batch: Batch, codes: Ints, pool: Any) -> list[str]:
        """Every way in which answers or tables are not what they should be; empty when the witness agrees.

        An AssertionError says the same.
        ``pool``: the engine's tables after the batch, to be read only.
        """


class Books:
    """The auditor of one pool: reads every event once, and compares its books with the tables after a batch."""

    def __init__(self) -> None:
        self._auditor = Auditor()

    def read(self, events: Array) -> None:
        """Enter events, in order."""
        self._auditor.read(event_records(events.tolist()))

    def require(self, engine: Engine) -> None:
        """Raise CheckFailed where the identities do not hold, or the auditor knows other books."""
        pool = engine.pool
        broken = engine.identities()
        if broken:
            raise CheckFailed(IDENTITIES, "; ".join(broken[:5]))
        found = self._auditor.broken_identities()
        found += self._auditor.differences(
            cash_by_account(pool), holdings_by_account(pool), vaults(pool), open_interest(pool)
        )
        if found:
            raise CheckFailed(AUDITOR, "; ".join(found[:5]))


class Answers:
    """First answers by id, as docs/commands.md §2 has them; decides what an id may be answered with now."""

    def __init__(self) -> None:
        self._first: dict[int, tuple[bytes, int]] = {}
        self._highest = 0

    def expected(self, command: Any) -> int | None:
        """The only right answer where the envelope decides it; None for a command that is new."""
        number = int(command["id"])
        if number < 1:
            return ID_MUST_BE_POSITIVE
        if not self._highest - ID_WINDOW < number <= self._highest + ID_WINDOW:
            return ID_MUST_BE_WITHIN_WINDOW
        if number in self._first:
            content, code = self._first[number]
            return code if content == _content(command) else ID_MUST_NOT_BE_REUSED
        return None

    def keep(self, command: Any, code: int, expected: int | None, events: int) -> None:
        """Keep the answer of a new command; raise CheckFailed for another answer than the envelope's, or an effect."""
        if expected is None:
            self._first[int(command["id"])] = _content(command), code
            self._highest = max(self._highest, int(command["id"]))
        elif code != expected:
            told, due = (NAMES.get(number, str(number)).lower() for number in (code, expected))
            raise CheckFailed(IDS, f"id {command['id']} was answered {told}, by rule {due}")
        elif events:
            raise CheckFailed(IDS, f"id {command['id']} was applied again, with {events} events")


def _content(command: Any) -> bytes:
    copy = command.copy()
    copy["id"] = 0
    return bytes(copy.tobytes())
