"""Paying what was unstaked: each pot's queue in its order, when its time has come and the pot may pay."""

from plimsoll.book.cases import free_stake
from plimsoll.book.events import emit, note
from plimsoll.book.holdings import Change, find, has_room
from plimsoll.book.layout import Pool
from plimsoll.engine.checks import allows, is_paused, lots_of
from plimsoll.engine.pot_assets import cash_worth, lots_worth, pay_over
from plimsoll.margin.health import health_after
from plimsoll.margin.rule import require_covered
from plimsoll.units import codes as code
from plimsoll.units.jit import command, rule
from plimsoll.units.limits import POTS_MAX
from plimsoll.units.messages import (
    ACTION_MARGIN,
    EVENT_SHARES_CHANGED,
    EVENT_UNSTAKED,
    EVENT_UNSTAKING,
    NAMED_BACKSTOP,
    PAUSE_STAKE,
    POT_AMM,
    POT_BACKSTOP,
)


@rule
def may_know_more(pool: Pool, number: int, release_time: int) -> bool:
    """Whether an exit was asked for after the last sweep began, and another is due.

    What moved a mark behind that sweep's back is priced in no shortfall yet; who asks then may have seen it.
    """
    totals = pool.totals[0]
    return totals["sweep_due"] != 0 and release_time - pool.pots[number]["unbonding"] >= totals["sweep_since"]


@command
def may_pay(pool: Pool, number: int, cash: int, release_time: int) -> bool:
    """Whether a pot may pay out now: never while losses are known that it may have to bear."""
    kind = pool.pots[number]["kind"]
    if is_paused(pool, PAUSE_STAKE):
        return False
    if kind == POT_AMM:
        return True
    totals = pool.totals[0]
    if totals["shortfall"] > 0 or totals["sweeping"] != 0 or may_know_more(pool, number, release_time):
        return False
    if kind != POT_BACKSTOP:
        return True
    if cash > pool.accounts[NAMED_BACKSTOP]["cash"]:
        return False
    return require_covered(health_after(pool, NAMED_BACKSTOP, Change(-1, 0, 0, -cash, 0, 0, 0))) == code.OK


@rule
def may_receive(pool: Pool, account: int, asset: int, lots: int) -> bool:
    """Whether an account has room for lots of an asset."""
    row = find(pool, account, asset)
    if not has_room(pool, account, row) or not allows(pool, account, asset):
        return False
    return lots_of(pool, row) + lots <= pool.instruments[asset]["lots_max"]


@command
def leave_queue(pool: Pool, number: int, row: int) -> None:
    """The first of the queue leaves it; a stake without shares is gone then."""
    pot = pool.pots[number]
    stake = pool.stakes[row]
    pot["first"] = stake["behind"]
    if pot["first"] == 0:
        pot["last"] = 0
    stake["behind"] = 0
    stake["unbonding"] = 0
    stake["release_time"] = 0
    if stake["epoch"] != pot["epoch"] or stake["shares"] == 0:
        free_stake(pool, row)


@command
def pay_exit(pool: Pool, number: int, row: int) -> bool:
    """Pay the first of a queue; an AMM's asset nobody has room for cancels the exit. False: the pot may not pay now."""
    pot = pool.pots[number]
    stake = pool.stakes[row]
    account = stake["account"]
    asset = pot["instrument"]
    shares = stake["unbonding"]
    cash = cash_worth(pool, number, shares)
    lots = lots_worth(pool, number, shares)
    if not may_pay(pool, number, cash, stake["release_time"]):
        return False
    if lots > 0 and pool.instruments[asset]["blocks"] & ACTION_MARGIN != 0:
        # A holding nobody can price would shield the account from liquidation.
        return False
    pot["unbonding_shares"] -= shares
    if lots > 0 and not may_receive(pool, account, asset, lots):
        note(pool, EVENT_UNSTAKING, account, 0, number, -shares)
    else:
        pay_over(pool, EVENT_UNSTAKED, pot["account"], account, asset, lots, cash)
        pot["shares"] -= shares
        stake["shares"] -= shares
        emit(pool, EVENT_SHARES_CHANGED, account, pot["account"], 0, 0, 0, 0, 0, number, -shares)
    leave_queue(pool, number, row)
    return True


@command
def pay_queue(pool: Pool, number: int, budget: int) -> int:
    """Pay a pot's queue from the first, within a budget of exits; returns what is left of it."""
    pot = pool.pots[number]
    while budget > 0 and pot["first"] != 0:
        row = pot["first"]
        stake = pool.stakes[row]
        if stake["release_time"] > pool.totals[0]["time"]:
            return budget
        if stake["epoch"] != pot["epoch"] or stake["unbonding"] == 0:
            leave_queue(pool, number, row)
        elif not pay_exit(pool, number, row):
            return budget
        budget -= 1
    return budget


@command
def pay_queues(pool: Pool) -> None:
    """Pay every pot's queue within one budget, the lowest number first."""
    budget = pool.policy[0]["settlements_per_tick"]
    for number in range(1, POTS_MAX + 1):
        if pool.pots[number]["first"] != 0:
            budget = pay_queue(pool, number, budget)
