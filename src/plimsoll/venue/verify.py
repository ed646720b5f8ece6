"""Verification: everything re-executed from the first record, and compared with every trace that was left of it.

Compared are: checksums, numbers and the chain of the journal; the genesis; root and tables of every snapshot; the
identities after every batch; and the books an auditor rebuilds from the events alone.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from plimsoll.audit import Auditor, event_records
from plimsoll.engine import Engine, EngineHalted
from plimsoll.journal import (
    JournalError,
    JournalFormatUnknown,
    JournalMissing,
    JournalReader,
    Snapshot,
)
from plimsoll.venue.batch import Records, merged
from plimsoll.venue.errors import GenesisMismatch
from plimsoll.venue.genesis import engine_of
from plimsoll.venue.recovery import named_snapshot, snapshot_paths
from plimsoll.venue.state import (
    cash_by_account,
    differing,
    holdings_by_account,
    open_interest,
    shares_by_stake,
    state_of,
    vaults,
)

PROBLEMS_MAX: Final = 100

Progress = Callable[[int], None]
"""Called with the number of records re-executed so far."""


@dataclass
class VerifyReport:
    """What re-execution found. ``sequence`` records were sound; ``chain`` and ``root`` are those after them."""

    directory: Path
    code_version: str = ""
    sequence: int = 0
    chain: str = ""
    root: str = ""
    accepted: int = 0
    refused: int = 0
    events: int = 0
    ledger: int = 0
    identities_checked: int = 0
    snapshots_checked: list[int] = field(default_factory=list)
    cut_bytes: int = 0
    cut_reason: str = ""
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing was found that contradicts the journal."""
        return not self.problems

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "ok": self.ok,
            "code_version": self.code_version,
            "sequence": self.sequence,
            "chain": self.chain,
            "root": self.root,
            "accepted": self.accepted,
            "refused": self.refused,
            "events": self.events,
            "ledger": self.ledger,
            "identities_checked": self.identities_checked,
            "snapshots_checked": self.snapshots_checked,
            "cut_bytes": self.cut_bytes,
            "cut_reason": self.cut_reason,
            "problems": self.problems,
            "seconds": round(self.seconds, 3),
        }


def verify(directory: str | Path, progress: Progress | None = None) -> VerifyReport:
    """Re-execute a journal from zero and compare; nothing is changed, and a writer may be at work.

    JournalMissing when there is no journal; every other flaw is a problem in the report.
    """
    started = time.perf_counter()
    report = VerifyReport(Path(directory))
    try:
        reader = JournalReader(directory)
        report.code_version = reader.manifest.code_version
        _Verification(reader, engine_of(reader.manifest), report, progress or _silent).run()
    except JournalMissing:
        raise
    except (JournalFormatUnknown, GenesisMismatch) as error:
        report.problems.append(str(error))
    del report.problems[PROBLEMS_MAX:]
    report.seconds = time.perf_counter() - started
    return report


def _silent(records: int) -> None:
    """No progress is shown."""


class _Verification:
    """One run over one journal."""

    def __init__(self, reader: JournalReader, engine: Engine, report: VerifyReport, progress: Progress) -> None:
        self.reader = reader
        self.engine = engine
        self.report = report
        self.progress = progress
        self.auditor = Auditor()
        self.snapshots: dict[int, Snapshot] = {}

    def run(self) -> None:
        report = self.report
        self._read_snapshots()
        self._compare_snapshot()
        try:
            for after, records in merged(self.reader.batches(), self.snapshots):
                if not self._apply(after, records):
                    break
            else:
                self._require_all_snapshots()
        except JournalError as error:
            report.problems.append(str(error))
        tail = self.reader.report
        if tail is not None:
            report.cut_bytes, report.cut_reason = tail.cut_bytes, tail.reason
        self._audit()
        report.root = self.engine.root().hex()
        try:
            report.chain = self.reader.chain_at(report.sequence).hex()
        except JournalError as error:
            report.problems.append(str(error))

    def _read_snapshots(self) -> None:
        for sequence, path in snapshot_paths(self.reader.directory).items():
            try:
                self.snapshots[sequence] = named_snapshot(path, sequence)
            except JournalError as error:
                self.report.problems.append(str(error))

    def _apply(self, after: int, records: Records) -> bool:
        report = self.report
        try:
            results = self.engine.apply(*records)
        except EngineHalted as error:
            report.problems.append(f"records {report.sequence} to {after - 1} cannot be re-executed: {error}")
            return False
        accepted = int((results == 0).sum())
        report.accepted += accepted
        report.refused += results.size - accepted
        report.sequence = after
        events = self.engine.events()
        report.events += events.size
        report.ledger += self.engine.ledger().size
        self.auditor.read(event_records(events.tolist()))
        broken = self.engine.identities()
        report.identities_checked += 1
        report.problems += [f"after record {after}: {sentence}" for sentence in broken]
        self._compare_snapshot()
        self.progress(after)
        return len(report.problems) < PROBLEMS_MAX

    def _compare_snapshot(self) -> None:
        snapshot = self.snapshots.pop(self.report.sequence, None)
        if snapshot is None:
            return
        problems = [
            f"snapshot {snapshot.sequence}: {text}" for text in differing(snapshot.tables, state_of(self.engine))
        ]
        if self.engine.root() != snapshot.root:
            problems.append(f"snapshot {snapshot.sequence}: its root is not that of re-execution")
        if self.reader.chain_at(snapshot.sequence) != snapshot.chain:
            problems.append(f"snapshot {snapshot.sequence}: it belongs to another history than the journal")
        self.report.problems += problems
        self.report.snapshots_checked.append(snapshot.sequence)
        self._audit()

    def _require_all_snapshots(self) -> None:
        for sequence in sorted(self.snapshots):
            if sequence > self.report.sequence:
                text = f"the journal ends after {self.report.sequence} records: acknowledged ones are missing"
            else:
                text = "it is the state inside a batch of the journal, so it belongs to another one"
            self.report.problems.append(f"snapshot {sequence}: {text}")

    def _audit(self) -> None:
        pool = self.engine.pool
        found = self.auditor.broken_identities()
        found += self.auditor.differences(
            cash_by_account(pool),
            holdings_by_account(pool),
            vaults(pool),
            open_interest(pool),
            shares_by_stake(pool),
        )
        known = set(self.report.problems)
        self.report.problems += [text for text in (f"auditor: {line}" for line in found) if text not in known]
