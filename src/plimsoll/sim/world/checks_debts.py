"""Debts: nobody is left with a debt and nothing to back it while somebody could pay, and every debt has its line."""

from collections.abc import Iterator

import numpy as np

from plimsoll.sim.world.moment import Moment, Step, of_kind
from plimsoll.units.codes import OK
from plimsoll.units.messages import (
    COMMAND_BID,
    COMMAND_FILL,
    COMMAND_TICK,
    EVENT_BAD_DEBT,
    EVENT_FUND_PAID,
    MODE_POT,
    NAMED_BACKSTOP,
    NAMED_COUNT,
    NAMED_FEES,
    NAMED_FUND,
    PAUSE_RESOLVE,
    POT_TRANCHE,
    STATUS_OPEN,
)


def debtors_of(moment: Moment) -> list[int]:
    """The backstop and owners' accounts that owe cash and hold nothing."""
    rows = moment.accounts
    found = np.flatnonzero((rows["status"] == STATUS_OPEN) & (rows["count"] == 0) & (rows["cash"] < 0)).tolist()
    return [number for number in found if number == NAMED_BACKSTOP or number >= NAMED_COUNT]


def somebody_can_pay(moment: Moment) -> bool:
    """Whether the insurance may pay today, or anybody who bears cash losses has cash."""
    rows, pots = moment.accounts, moment.pots
    insurers = [NAMED_FUND, *pots["account"][(pots["kind"] == POT_TRANCHE) & (pots["shares"] > 0)].tolist()]
    if moment.policy["quota_day"] > moment.totals["day_paid"] and (rows["cash"][insurers] > 0).any():
        return True
    named = rows["cash"][[NAMED_FEES, NAMED_BACKSTOP]]
    owners = rows[NAMED_COUNT:]
    owners = owners[(owners["status"] == STATUS_OPEN) & (owners["mode"] != MODE_POT)]
    return bool((named > 0).any() or (owners["cash"] > 0).any())


def deficits_must_be_resolved(step: Step) -> Iterator[str]:
    """The command that closes an account's last holding resolves its debt; a settlement's rest is for the sweep.

    While resolving is paused debts wait, and the shortfall counts them.
    """
    debtors = debtors_of(step.after)
    if (step.before.policy["pauses"] | step.after.policy["pauses"]) & PAUSE_RESOLVE:
        return
    if step.code != OK or step.again or not debtors or not somebody_can_pay(step.after):
        return
    kind, before, after = step.command["kind"], step.before.totals, step.after.totals
    if kind in (COMMAND_FILL, COMMAND_BID):
        parties = {int(step.command["account"]), int(step.command["counterparty"])}
        left = [number for number in debtors if number in parties]
    elif kind == COMMAND_TICK and before["sweep_due"] and not before["sweeping"] and not after["sweeping"]:
        # A whole sweep: whoever still owes did so after it was looked at, and then another sweep is due.
        left = [] if after["sweep_due"] else debtors
    else:
        known = set(debtors_of(step.before))
        left = [] if after["sweep_due"] or after["sweeping"] else [n for n in debtors if n not in known]
    for number in left:
        yield f"account {number} holds nothing and owes {-int(step.after.accounts['cash'][number])}"


def bad_debt_must_match_the_ledger(step: Step) -> Iterator[str]:
    """Totals, events and ledger tell one sum of bad debt; the fund and the tranches paid what their lines say."""
    before, after = step.before.totals, step.after.totals
    grown = int(after["bad_debt"]) - int(before["bad_debt"])
    told = {
        "ledger": int(step.ledger["bad_debt"].sum()),
        "events": int(of_kind(step.events, EVENT_BAD_DEBT)["amount"].sum()),
        "socialised": int(after["socialised"]) - int(before["socialised"]),
    }
    for name, amount in told.items():
        if amount != grown:
            yield f"bad debt grew by {grown}, {name} say {amount}"
    paid = of_kind(step.events, EVENT_FUND_PAID)
    spent = -int(paid["cash"][paid["cash"] < 0].sum())
    if spent != int(step.ledger["fund_paid"].sum()):
        yield f"the insurance paid {spent}, the ledger says {int(step.ledger['fund_paid'].sum())}"
