"""Margin: who must be covered is, maintenance is never above initial, and no step makes a solvent account worse."""

from collections.abc import Iterator

import numpy as np

from plimsoll.sim.world.checks_ledger import moves
from plimsoll.sim.world.moment import Step, ceil_div, of_kind
from plimsoll.units.codes import OK
from plimsoll.units.messages import (
    COMMAND_BID,
    COMMAND_FILL,
    COMMAND_REALISE,
    COMMAND_STAKE,
    COMMAND_TRANSFER,
    COMMAND_WITHDRAW,
    EVENT_LOSS_SOCIALISED,
    MECHANISM_BACKSTOP,
    MECHANISM_BATCH,
    MECHANISM_BID,
    MECHANISM_SLICE,
    NAMED_COUNT,
    STATUS_OPEN,
)

COVERED_AFTER = (COMMAND_WITHDRAW, COMMAND_TRANSFER, COMMAND_REALISE, COMMAND_STAKE)
AT_THE_MARK = (MECHANISM_BID, MECHANISM_BACKSTOP, MECHANISM_SLICE, MECHANISM_BATCH)


def maintenance_must_not_exceed_initial(step: Step) -> Iterator[str]:
    """0 <= MM <= IM of every account."""
    after = step.after
    wrong = (after.maintenance < 0) | (after.maintenance > after.initial)
    for number in np.flatnonzero(wrong & (after.accounts["status"] == STATUS_OPEN)).tolist():
        yield f"account {number}: MM {after.maintenance[number]}, IM {after.initial[number]}"


def initial_margin_must_be_covered(step: Step) -> Iterator[str]:
    """After money leaves, IM is covered; after a trade it is, or the trade reduced the risk."""
    if step.code != OK or step.again:
        return
    command, kind = step.command, step.command["kind"]
    account = int(command["account"])
    if kind in COVERED_AFTER and account >= NAMED_COUNT and step.after.equity[account] < step.after.initial[account]:
        yield f"account {account}: equity {step.after.equity[account]}, IM {step.after.initial[account]}"
    if kind not in (COMMAND_FILL, COMMAND_BID):
        return
    number = int(command["instrument"])
    rates = [int(moment.instruments["rate_open_interest"][number]) for moment in (step.before, step.after)]
    if rates[0] < rates[1]:
        return  # judged with the rate from before it
    sides = (int(command["counterparty"]), *((account,) if kind == COMMAND_FILL else ()))
    for side in sides:
        if step.after.accounts["count"][side] and not _allowed(step, side):
            yield (
                f"account {side}: equity {step.before.equity[side]} to {step.after.equity[side]}, "
                f"MM {step.before.maintenance[side]} to {step.after.maintenance[side]}, IM {step.after.initial[side]}"
            )


def _allowed(step: Step, side: int) -> bool:
    equity, after = int(step.before.equity[side]), int(step.after.equity[side])
    after -= _borne(step, side)
    required, now = int(step.before.maintenance[side]), int(step.after.maintenance[side])
    if after >= step.after.initial[side]:
        return True
    if equity < 0:
        return now < required and after + 1 >= equity
    if required == 0:
        return now == 0 and after >= equity
    return now <= required and after + 1 >= ceil_div(equity * now, required)


def _borne(step: Step, account: int) -> int:
    """What an account lost (negative) to somebody's bad debt in the same command."""
    borne = of_kind(step.events, EVENT_LOSS_SOCIALISED)
    return int(borne["cash"][borne["account"] == account].sum())


def solvent_must_not_be_sold_below_bankruptcy_price(step: Step) -> Iterator[str]:
    """A step of the waterfall leaves a solvent account solvent, and its equity/MM no lower but for a micro."""
    last: dict[int, int] = {}
    for line in moves(step.ledger):
        account, equity = int(line["account"]), int(line["stage_equity"])
        if line["mechanism"] not in AT_THE_MARK or equity < 0:
            last.pop(account, None)
            continue
        fee = int(line["to_liquidator"]) + int(line["to_fund"])
        if account in last and equity < last[account]:
            yield f"account {account} had {equity} after a step that left it {last[account]}"
        last[account] = equity - fee - 1
    if step.code != OK or step.again or step.command["kind"] != COMMAND_BID:
        return
    account = int(step.command["account"])
    equity, after = int(step.before.equity[account]), int(step.after.equity[account]) - _borne(step, account)
    required, now = int(step.before.maintenance[account]), int(step.after.maintenance[account])
    if equity < 0 or required == 0 or now > required:
        return
    # Every leg that moves may cost the micro of its rounding.
    if after + 1 + moves(step.ledger).size < ceil_div(equity * now, required):
        yield f"account {account}: equity {equity} to {after}, MM {required} to {now}"
