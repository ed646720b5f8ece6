"""Limits: what a command may make larger, and how much work a tick may do (docs/commands.md §4, §5, §7, §8)."""

from collections.abc import Iterator

from plimsoll.sim.world.moment import Step, of_kind
from plimsoll.units.codes import OK
from plimsoll.units.limits import MICROS_MAX
from plimsoll.units.messages import (
    COMMAND_BID,
    COMMAND_DEPOSIT,
    COMMAND_FILL,
    COMMAND_REPLACE,
    COMMAND_RESERVE,
    COMMAND_STAKE,
    COMMAND_TICK,
    COMMAND_TRANSFER,
    COMMAND_WITHDRAW,
    EVENT_SETTLED,
    KIND_ASSET,
    NAMED_BACKSTOP,
    NAMED_COUNT,
    POT_BACKSTOP,
)

GROWERS = (COMMAND_FILL, COMMAND_BID, COMMAND_DEPOSIT, COMMAND_TRANSFER, COMMAND_RESERVE, COMMAND_REPLACE)
DAILY = {
    "day_paid": "quota_day",
    "day_paid_1": "quota_day_1",
    "day_paid_2": "quota_day_2",
    "day_paid_3": "quota_day_3",
    "day_backstop": "backstop_day_max",
}
"""What is counted by day, and its bound."""


def limits_must_be_kept(step: Step) -> Iterator[str]:
    """Sizes, open interest, vaults, the backstop's caps, cash that leaves, and the work of a tick stay in bounds."""
    if step.code != OK or step.again:
        return
    yield from _sizes(step)
    yield from _pool(step)
    yield from _backstop(step)
    yield from _work(step)
    yield from _days(step)
    yield from _capacity(step)
    if step.command["kind"] == COMMAND_WITHDRAW and step.after.accounts["cash"][int(step.command["account"])] < 0:
        yield f"account {step.command['account']} withdrew and owes"


def _sizes(step: Step) -> Iterator[str]:
    number = int(step.command["instrument"])
    if step.command["kind"] not in GROWERS or number == 0:
        return
    most = int(step.after.instruments["lots_max"][number])
    for account in (int(step.command["account"]), int(step.command["counterparty"])):
        if account < NAMED_COUNT:
            continue
        before, after = step.before.worst(account, number), step.after.worst(account, number)
        if after > max(before, most):
            yield f"account {account} grew from {before} to {after} lots of {number}, at most {most}"


def _pool(step: Step) -> Iterator[str]:
    shared = min(step.before.instruments.size, step.after.instruments.size)
    for column in ("open_lots", "vault"):
        before, after = step.before.instruments[column][:shared], step.after.instruments[column][:shared]
        bound = step.after.instruments["open_lots_max"][:shared]
        for number in ((after > before) & (after > bound)).nonzero()[0].tolist():
            # Deleveraging against one's own side and settlement move lots that are open already.
            if column == "vault" or step.command["kind"] == COMMAND_FILL:
                yield f"{column} of {number} grew from {before[number]} to {after[number]}, at most {bound[number]}"
    was, now = int(step.before.totals["vault"]), int(step.after.totals["vault"])
    if now > max(was, MICROS_MAX):
        yield f"the vault grew from {was} to {now}, at most {MICROS_MAX}"


def _backstop(step: Step) -> Iterator[str]:
    if step.command["kind"] != COMMAND_TICK:
        return
    taken = step.ledger[step.ledger["taker"] == NAMED_BACKSTOP]
    for number in {int(line["instrument"]) for line in taken if line["lots"] != 0}:
        row = step.after.instruments[number]
        before, after = (abs(moment.held(NAMED_BACKSTOP, number)[0]) for moment in (step.before, step.after))
        most = min(int(row["lots_max"]), int(row["backstop_lots_max"]))
        if after > max(before, most):
            yield f"the backstop grew from {before} to {after} lots of {number}, at most {most}"
        if row["kind"] == KIND_ASSET and step.after.accounts["cash"][NAMED_BACKSTOP] < 0 <= step.before.equity[3]:
            yield f"the backstop bought {number} with cash it does not have"


def _days(step: Step) -> Iterator[str]:
    """What the insurance pays and the backstop takes in a day."""
    before, after, policy = step.before.totals, step.after.totals, step.after.policy
    same = before["day"] == after["day"]
    for counted, bound in DAILY.items():
        was, now = int(before[counted]) if same else 0, int(after[counted])
        if now > max(was, int(policy[bound])):
            yield f"{counted} grew from {was} to {now}, at most {policy[bound]}"


def _capacity(step: Step) -> Iterator[str]:
    """A stake leaves no more in a pot than it may take."""
    if step.command["kind"] != COMMAND_STAKE:
        return
    pot = step.after.pots[int(step.command["instrument"])]
    home = int(pot["account"])
    if pot["kind"] != POT_BACKSTOP and step.after.accounts["cash"][home] > pot["capacity"]:
        yield f"pot {step.command['instrument']} has {step.after.accounts['cash'][home]}, at most {pot['capacity']}"


def _work(step: Step) -> Iterator[str]:
    settled = of_kind(step.events, EVENT_SETTLED).size // 2
    if settled > step.after.policy["settlements_per_tick"]:
        yield f"{settled} legs were settled at once, at most {step.after.policy['settlements_per_tick']}"
    before, after = step.before.totals, step.after.totals
    if step.command["kind"] != COMMAND_TICK or not (before["sweeping"] or before["sweep_due"]):
        return
    first = int(before["sweep_cursor"]) if before["sweeping"] else NAMED_BACKSTOP
    seen = _place(int(after["sweep_cursor"])) - _place(first)
    if seen > step.after.policy["accounts_per_tick"]:
        yield f"{seen} accounts were looked at, at most {step.after.policy['accounts_per_tick']}"


def _place(cursor: int) -> int:
    """How many accounts come before the cursor in a sweep: the backstop, then the owners'."""
    return 0 if cursor <= NAMED_BACKSTOP else cursor - NAMED_COUNT + 1
