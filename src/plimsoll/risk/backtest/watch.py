"""What is looked at beside margin and loss while a backtest walks: the engine, netting, policies, remarks."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from plimsoll.risk.backtest.engine_check import EngineCheck
from plimsoll.risk.backtest.history import Step
from plimsoll.risk.correlation import EMIR_OFFSET_MAX
from plimsoll.risk.digest import policy_digest
from plimsoll.risk.evaluate import Requirement
from plimsoll.risk.netting import NettingRelief, netting_relief

REMARKS_SHOWN: Final = 3
SAMPLED_EVERY: Final = 20
"""Netting takes a requirement for each holding alone, so it is looked at on every so many steps only."""


@dataclass
class Watch:
    """Called after every step; asks the engine at every ``engine_every``-th, and sums up what it saw."""

    class_offset: float
    engine_every: int
    check: EngineCheck = field(init=False)
    steps: int = 0
    remarks: dict[str, int] = field(default_factory=dict)
    relief: dict[str, list[NettingRelief]] = field(default_factory=dict)
    digests: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.check = EngineCheck(self.class_offset)

    def __call__(self, step: Step, required: dict[str, Requirement]) -> None:
        """Look at one step."""
        for remark in step.table.remarks:
            self.remarks[remark] = self.remarks.get(remark, 0) + 1
        if self.steps % SAMPLED_EVERY == 0:
            self._sample(step)
        if self.engine_every and self.steps % self.engine_every == 0:
            self.check.compare(step, required)
        self.steps += 1

    def _sample(self, step: Step) -> None:
        for name, book in step.books.items():
            self.relief.setdefault(name, []).append(netting_relief(step.table, book, self.class_offset))
        day = datetime.fromtimestamp(step.time_ms / 1000.0, UTC).strftime("%Y-%m-%d")
        for one in step.table.classes:
            seen = self.digests.setdefault(policy_digest(one), {"classes": [], "first": day})
            seen["last"] = day
            if one.name not in seen["classes"]:
                seen["classes"].append(one.name)

    def netting_of(self, portfolio: str) -> dict[str, Any] | None:
        """Mean initial requirement at each level of netting, as shares of gross notional; None if never sampled."""
        seen = self.relief.get(portfolio)
        if not seen:
            return None
        means = {
            name: sum(getattr(one, name) for one in seen) / len(seen)
            for name in ("alone", "groups", "classes", "account", "within_groups", "within_classes", "across_classes")
        }
        share = 1.0 - means["account"] / means["alone"] if means["alone"] > 0 else 0.0
        return {"steps": len(seen), **means, "share": share}

    def policies(self) -> list[dict[str, Any]]:
        """The policies that were in force on the sampled steps, by digest, in order of appearance."""
        return [{"digest": digest, **seen} for digest, seen in self.digests.items()]

    def notes(self) -> list[str]:
        """The remarks made most often, with on how many steps; and whether more is netted than a pool may."""
        often = sorted(self.remarks.items(), key=lambda pair: -pair[1])[:REMARKS_SHOWN]
        found = [f"{remark}, on {count:,} steps" for remark, count in often]
        across = any(one.across_classes > 0 for seen in self.relief.values() for one in seen)
        if across and self.class_offset > EMIR_OFFSET_MAX:
            found.append(
                f"classes net at an offset of {self.class_offset:g}, which judges the model; "
                f"a pool under EMIR allows {EMIR_OFFSET_MAX:g} at most (--class-offset {EMIR_OFFSET_MAX:g})"
            )
        return found
