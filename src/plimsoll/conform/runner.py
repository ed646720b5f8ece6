"""Run vector files: every case passed, failed or not covered, with the reason. Nothing is computed here."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from plimsoll.conform.cases import UNREAD, Case, NotCovered
from plimsoll.conform.compare import Difference, differences, figures_of, shown
from plimsoll.conform.reading import Unreadable, cases_seen, read_document, vector_files
from plimsoll.conform.registry import FORMATS, Format
from plimsoll.presets.measure import BeyondLimits
from plimsoll.presets.rounding import RuleRefused

PASSED: Final = "passed"
FAILED: Final = "failed"
NOT_COVERED: Final = "not_covered"
REFUSALS: Final[tuple[Mapping[str, Any], ...]] = ({"error": True}, {"ok": False})
"""Expectations that a refusal by the rule satisfies."""


@dataclass(frozen=True)
class Outcome:
    """What became of one case; ``said`` is the difference or the reason, empty when it passed."""

    id: str
    formula: str
    status: str
    said: str = ""
    figures: int = 0
    """How many expected figures agreed, of a case that passed."""


@dataclass(frozen=True)
class FileReport:
    """A file, its kind (None: nobody understands it) and the outcome of every case."""

    path: Path
    kind: str | None
    outcomes: tuple[Outcome, ...]
    unread: int | None = 0
    """Cases of a file nobody understands; None where their number cannot be seen."""

    @property
    def counts(self) -> dict[str, int]:
        """Cases passed, failed and not covered."""
        found = Counter(outcome.status for outcome in self.outcomes)
        return {PASSED: found[PASSED], FAILED: found[FAILED], NOT_COVERED: found[NOT_COVERED] + (self.unread or 0)}


def run(paths: Sequence[Path]) -> Iterator[FileReport]:
    """Run every vector file under the paths; Unreadable for a path or file that cannot be read."""
    for path in vector_files(paths):
        yield run_file(path)


def run_file(path: Path) -> FileReport:
    """Run one vector file; Unreadable when it cannot be read."""
    return run_document(read_document(path), path)


def run_document(document: Any, path: Path) -> FileReport:
    """Run the cases of one parsed file."""
    for one in FORMATS:
        cases = _read_by(one, document, path)
        if cases is not None:
            return FileReport(path, one.kind, tuple(run_case(case, one) for case in cases))
    return FileReport(path, None, (), cases_seen(document))


def _unlike(answer: Mapping[str, Any], case: Case) -> list[Difference]:
    """The figures that differ; an answer where the venue refuses is one of them."""
    if case.expected in REFUSALS and not case.expected.keys() <= answer.keys():
        return [Difference(key, "an answer", shown(value)) for key, value in case.expected.items()]
    return differences(answer, case.expected, case.tolerance)


def _read_by(kind: Format, document: Any, path: Path) -> list[Case] | None:
    """The file's cases; Unreadable where it has the shape of the kind, but a part that no reader of it could take."""
    try:
        return kind.read(document, path.name)
    except Unreadable:
        raise
    except Exception as broken:
        said = f"{type(broken).__name__}: {broken}"
        raise Unreadable(f"{path}: seems to be of the kind {kind.kind}, but a part has another form ({said})") from None


def run_case(case: Case, kind: Format) -> Outcome:
    """Ask the case's adapter and compare."""
    status, said = _judged(case, kind)
    return Outcome(case.id, case.formula, status, said, figures_of(case.expected) if status == PASSED else 0)


def _judged(case: Case, kind: Format) -> tuple[str, str]:
    """What became of a case, and why."""
    adapter = kind.adapters.get(case.formula)
    if adapter is None:
        return NOT_COVERED, str(case.context) if case.formula == UNREAD else "no adapter for this formula"
    if figures_of(case.expected) == 0:
        return NOT_COVERED, "the file says nothing to compare with"
    try:
        unlike = _unlike(adapter(case), case)
    except (NotCovered, BeyondLimits) as reason:
        return NOT_COVERED, str(reason)
    except RuleRefused as refusal:
        return (PASSED, "") if case.expected in REFUSALS else (FAILED, f"the rule refuses: {refusal}")
    except Exception as broken:
        # A case in a form its adapter never met must neither stop the others nor go by in silence.
        return FAILED, f"the adapter broke off: {type(broken).__name__}: {broken}"
    return (FAILED, "; ".join(map(str, unlike))) if unlike else (PASSED, "")
