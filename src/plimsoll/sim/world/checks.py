"""What must hold after every command, each rule by its name, and how a rule that does not hold is told.

Checks use no rule of the engine: exact quotients of Python integers, and the tables before and after.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from plimsoll.sim.world.checks_debts import bad_debt_must_match_the_ledger, deficits_must_be_resolved
from plimsoll.sim.world.checks_fees import fees_must_follow_the_rule
from plimsoll.sim.world.checks_funding import funding_must_lie_between_its_premiums
from plimsoll.sim.world.checks_limits import limits_must_be_kept
from plimsoll.sim.world.checks_margin import (
    initial_margin_must_be_covered,
    maintenance_must_not_exceed_initial,
    solvent_must_not_be_sold_below_bankruptcy_price,
)
from plimsoll.sim.world.checks_trades import trades_must_be_priced_by_the_rule
from plimsoll.sim.world.moment import Step
from plimsoll.units.codes import OK

Check = Callable[[Step], Iterator[str]]
"""Sentences, one for each way in which the rule does not hold."""

NOT_A_CHANGE = ("commands", "id_highest", "position", "command_id", "event_row", "ledger_row", "changed")
"""Columns of the totals that an answered command may move."""


class CheckFailed(Exception):
    """A rule that must hold did not: its name, and what was seen."""

    def __init__(self, check: str, text: str) -> None:
        super().__init__(f"{check}: {text}")
        self.check = check
        self.text = text


def refusals_must_change_nothing(step: Step) -> Iterator[str]:
    """What is refused, or was answered before, leaves no event and no trace in the tables."""
    if step.code == OK and not step.again:
        return
    if step.events.size or step.ledger.size:
        yield f"answer {step.code} with {step.events.size} events and {step.ledger.size} ledger lines"
    before, after = step.before, step.after
    for name in ("accounts", "holdings", "instruments", "policy", "pots", "cases", "curves"):
        if getattr(before, name).tobytes() != getattr(after, name).tobytes():
            yield f"answer {step.code} changed {name}"
    for name in before.totals.dtype.names:
        if name not in NOT_A_CHANGE and before.totals[name] != after.totals[name]:
            yield f"answer {step.code} changed totals.{name} from {before.totals[name]} to {after.totals[name]}"


CHECKS: Final[Mapping[str, Check]] = MappingProxyType(
    {
        check.__name__: check
        for check in (
            refusals_must_change_nothing,
            trades_must_be_priced_by_the_rule,
            fees_must_follow_the_rule,
            funding_must_lie_between_its_premiums,
            deficits_must_be_resolved,
            bad_debt_must_match_the_ledger,
            limits_must_be_kept,
            initial_margin_must_be_covered,
            solvent_must_not_be_sold_below_bankruptcy_price,
            maintenance_must_not_exceed_initial,
        )
    }
)
"""Every check of a command, by name. Those of a batch are in ``auditing``, those of the journal in ``crash``."""


def require(step: Step, checks: Mapping[str, Check] = CHECKS) -> None:
    """Raise CheckFailed for the first rule that does not hold."""
    for name, check in checks.items():
        found = list(check(step))
        if found:
            raise CheckFailed(name, "; ".join(found[:5]))
