"""One crash several times over, side by side: each run with a journal of its own, re-executed at its end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from plimsoll.cli.output import progress
from plimsoll.cli.program import NO, OK, refuse, say, wrong_input
from plimsoll.cli.replay_journal import journaled, keep_names, problems_of, verify_journal

if TYPE_CHECKING:
    from plimsoll.sim import ReplayResult
    from plimsoll.sim.replay import Progress
    from plimsoll.sim.session import EngineLike
    from plimsoll.venue import VerifyReport


class Found(Protocol):
    """What a run gives back has the result of a replay in it."""

    @property
    def result(self) -> "ReplayResult":
        """The replay."""


Gives_co = TypeVar("Gives_co", bound=Found, covariant=True)


class Run(Protocol[Gives_co]):
    """Walks the path under the rules with a name."""

    def __call__(self, name: str, engine: "EngineLike", progress: "Progress") -> Gives_co:
        """What came of it."""


Kept = TypeVar("Kept", bound=Found)


@dataclass
class Runs(Generic[Kept]):
    """What came of all of them, in order."""

    results: list[Kept] = field(default_factory=list)
    checks: "list[VerifyReport | None]" = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def enter_checks(self, columns: Sequence[dict[str, Any]]) -> None:
        """Put what the re-executions found beside what the runs found."""
        for column, checked in zip(columns, self.checks):
            column["verification"] = None if checked is None else checked.as_dict()

    def end(self) -> int:
        """Say what is wrong, if anything is; the exit code."""
        for problem in self.problems:
            say(problem)
        return NO if self.problems else OK


def run_each(run: Run[Kept], names: Sequence[str], journal: Path | None, *, verified: bool) -> Runs[Kept]:
    """Run under each name, with a journal in the folder of that name or a temporary one."""
    from plimsoll.sim import SimulationError

    directories = {name: None if journal is None else journal / name for name in names}
    for directory in directories.values():
        if directory is not None and directory.exists():
            refuse(f"--journal: {directory} exists; give a new directory")
    runs: Runs[Kept] = Runs()
    for name, directory in directories.items():
        with wrong_input(SimulationError):
            result, checked = _one(run, name, directory, verified=verified)
        runs.results.append(result)
        runs.checks.append(checked)
        runs.problems += [f"{name}: {problem}" for problem in problems_of(result.result, checked)]
    return runs


def same_roots(columns: Sequence[Mapping[str, Any]]) -> str:
    """How many re-executions gave the same root, for people."""
    checks = [one["verification"] for one in columns]
    good = sum(one is not None and one["ok"] for one in checks)
    return "not asked for" if None in checks else f"{good} of {len(checks)} give the same root"


def _one(run: Run[Kept], name: str, directory: Path | None, *, verified: bool) -> "tuple[Kept, VerifyReport | None]":
    with journaled(directory) as venue, progress(True) as advance:
        result = run(name, venue, lambda done, total, what: advance(done, total, f"{name}: {what}"))
        venue.close()
        if directory is not None:
            keep_names(directory, result.result)
        place = venue.directory
        checked = verify_journal(place, result.result.commands, advance) if verified and place is not None else None
    return result, checked
