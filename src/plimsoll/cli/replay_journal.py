"""The journal of a replay: kept or temporary, with names beside it, and re-executed at the end."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from plimsoll.cli.output import Advance
from plimsoll.cli.program import wrong_input

if TYPE_CHECKING:
    from plimsoll.sim import ReplayResult
    from plimsoll.venue import Venue, VerifyReport

MANIFEST: Final = "manifest.json"
LOCK: Final = "journal.lock"
BEHIND_RECORDS: Final = 65_536
"""Nobody outside acts on the answers of a replay, so its journal may be written in large groups."""


@contextmanager
def journaled(directory: Path | None) -> "Iterator[Venue]":
    """A venue in a directory that is kept, or in one that is removed at the end."""
    from plimsoll.journal import JournalError
    from plimsoll.venue import Venue

    kept = directory is not None
    existed = directory is not None and directory.exists()
    place = directory if directory is not None else Path(tempfile.mkdtemp(prefix="plimsoll-replay-"))
    venue: Venue | None = None
    try:
        with wrong_input(JournalError):
            venue = Venue.create(place, behind=BEHIND_RECORDS)
        yield venue
    finally:
        if venue is not None:
            venue.close()
        # A journal nobody asked for, or one in which nothing came to be, is not left behind.
        unused = venue is not None and venue.sequence == 0
        if not kept or (unused and not existed):
            shutil.rmtree(place, ignore_errors=True)
        elif unused:
            for path in (place / MANIFEST, place / LOCK, *place.glob("journal-*.plim")):
                path.unlink(missing_ok=True)


def keep_names(directory: Path, result: "ReplayResult") -> None:
    """Names of the instruments beside the journal, for ``inspect`` and ``plimsoll.Pool.open``."""
    from plimsoll.venue.registry import Registry

    Registry(directory, result.settlement, dict(enumerate(result.lots.items(), 1))).save()


def verify_journal(directory: Path, records: int, advance: Advance) -> "VerifyReport":
    """Re-execute a journal that is closed."""
    from plimsoll.venue import verify

    return verify(directory, lambda done: advance(done, records, "verifying the journal"))


def problems_of(result: "ReplayResult", checked: "VerifyReport | None") -> list[str]:
    """What is wrong with a replay: identities that broke, a re-execution that ended elsewhere."""
    problems = list(result.identities_broken)
    if checked is not None:
        problems += checked.problems
        if checked.root != result.root_hex:
            problems.append(f"re-execution gives root {checked.root}, the replay had {result.root_hex}")
    return problems
