"""What fills and liquidations may cost: exactly its fees a fill, never more than its own a step of the waterfall."""

from collections.abc import Iterator
from typing import Any, Final

from plimsoll.book.layout import Array
from plimsoll.sim.world.moment import Step, ceil_div, of_kind, rated
from plimsoll.units.limits import PPB
from plimsoll.units.messages import (
    COMMAND_BID,
    EVENT_FILLED,
    MECHANISM_BACKSTOP,
    MECHANISM_BATCH,
    MECHANISM_BID,
    MECHANISM_INSOLVENT,
    MECHANISM_SLICE,
    MODE_PORTFOLIO,
)

CHARGING: Final = (MECHANISM_BID, MECHANISM_BACKSTOP, MECHANISM_SLICE, MECHANISM_BATCH, MECHANISM_INSOLVENT)


def fees_must_follow_the_rule(step: Step) -> Iterator[str]:
    """A fill costs its fees, waived only for a side that had nothing; a liquidation never more than its own."""
    filled = of_kind(step.events, EVENT_FILLED)
    if filled.size == 2:
        yield from _wrong_fees_of_fill(step, filled)
    for line in step.ledger:
        yield from _wrong_fee_of_line(step, line)


def _wrong_fees_of_fill(step: Step, filled: Array) -> Iterator[str]:
    command, row = step.command, step.before.instruments[int(step.command["instrument"])]
    notional = ceil_div(abs(int(command["lots"])) * int(command["price"]), int(row["unit"]))
    fees = rated(notional, int(row["fee_taker"])), rated(notional, int(row["fee_maker"]))
    waived = [step.before.equity[int(event["account"])] < 0 for event in filled]
    allowed = {fees[0], *((0,) if waived[0] else ())}, {fees[1]}
    if waived[1] or (waived[0] and fees[1] < 0):
        allowed[1].add(0)
    for event, choices in zip(filled, allowed):
        if int(event["fee"]) not in choices:
            yield f"account {event['account']} paid a fee of {event['fee']}, by rule {sorted(choices)}"


def _wrong_fee_of_line(step: Step, line: Any) -> Iterator[str]:
    if line["mechanism"] not in CHARGING:
        return
    fee, equity = int(line["to_liquidator"]) + int(line["to_fund"]), int(line["stage_equity"])
    most = _fee_of_lots(step, line) if line["lots"] != 0 else _payment_of_slice(step, line)
    if equity >= 0:
        most = min(most, equity)
    # A rounding of the price may leave the account a micro short: then its taker bears it.
    if not -1 <= fee <= max(most, 0):
        yield f"account {line['account']} paid a fee of {fee} with {equity} left, by rule at most {most}"
    if fee == 0 and most > 0 and step.command["kind"] == COMMAND_BID and line["mechanism"] == MECHANISM_BID:
        yield from _fee_forgone(step, line, most)


def _fee_of_lots(step: Step, line: Any) -> int:
    """A leg's rate of its notional; legs of a slice go for nothing."""
    if line["mechanism"] not in (MECHANISM_BID, MECHANISM_BACKSTOP):
        return 0
    row = step.after.instruments[int(line["instrument"])]
    name = "fee_liquidation" if line["mechanism"] == MECHANISM_BID else "fee_backstop"
    return rated(ceil_div(abs(int(line["lots"])) * int(line["price"]), int(row["unit"])), int(row[name]))


def _payment_of_slice(step: Step, line: Any) -> int:
    """The largest discount there can be on all of its equity; below zero what the insurance may add, of its MM."""
    policy, equity, mechanism = step.after.policy, int(line["stage_equity"]), line["mechanism"]
    if mechanism == MECHANISM_INSOLVENT:
        required = int(step.before.maintenance[int(line["account"])])
        return required * step.after.curve_most(int(policy["curve_insolvent"])) // PPB
    if mechanism == MECHANISM_BATCH:
        return equity * int(policy["batch_discount_max"]) // PPB
    curve = int(policy["curve_slice"])
    discount = step.after.curve_most(curve) if curve else int(policy["slice_discount"])
    return equity * min(discount, PPB) // PPB


def _fee_forgone(step: Step, line: Any, most: int) -> Iterator[str]:
    account = int(line["account"])
    portfolio = step.before.accounts["mode"][account] == MODE_PORTFOLIO
    room = _room(step, line)
    if not portfolio and line["lots"] != 0 and room > 0:
        yield f"account {account} paid no fee, by rule {min(most, room)}"


def _room(step: Step, line: Any) -> int:
    """What a solvent account of one leg could have paid with its equity/MM as it was, of the equity behind the lots.

    Nothing where that cannot be told.
    """
    account = int(line["account"])
    equity, before = int(step.before.equity[account]), int(step.before.maintenance[account])
    after, left = int(step.after.maintenance[account]), int(step.after.equity[account])
    held = abs(step.before.held(account, int(line["instrument"]))[0])
    alone = step.before.accounts["count"][account] == 1
    if equity < 0 or before == 0 or after > before or step.after.accounts["count"][account] == 0 or not alone:
        return 0
    return min(left - ceil_div(equity * after, before), equity * abs(int(line["lots"])) // held)
