"""Bad debt: what is owed when an account's last holding has closed. The insurance pays, then positive cash pro rata."""

from plimsoll.book.events import enter_ledger, move_cash, note
from plimsoll.book.layout import Pool
from plimsoll.engine.checks import is_paused
from plimsoll.engine.waterfall.insurance import pay_insurance
from plimsoll.units.fixed import mul_div_ceil
from plimsoll.units.jit import command, rule
from plimsoll.units.messages import (
    EVENT_BAD_DEBT,
    EVENT_LOSS_SOCIALISED,
    MECHANISM_SOCIALISED,
    MODE_POT,
    NAMED_BACKSTOP,
    NAMED_COUNT,
    NAMED_FEES,
    PAUSE_RESOLVE,
    STATUS_OPEN,
)


@rule
def bears_cash_losses(pool: Pool, account: int) -> bool:
    """Fees, backstop and every owner's account; not what is owed to withdrawers, in suspense, the fund, or a pot."""
    if account < NAMED_COUNT and account != NAMED_FEES and account != NAMED_BACKSTOP:
        return False
    return pool.accounts[account]["status"] == STATUS_OPEN and pool.accounts[account]["mode"] != MODE_POT


@command
def cut_cash(pool: Pool, account: int, loss: int) -> int:
    """Cut a loss pro rata from positive cash, in account order, into the account; returns what was cut."""
    total = 0
    for number in range(pool.totals[0]["accounts"]):
        if number != account and bears_cash_losses(pool, number):
            total += max(pool.accounts[number]["cash"], 0)
    left = min(loss, total)
    cut = 0
    for number in range(pool.totals[0]["accounts"]):
        if left == 0:
            break
        cash = pool.accounts[number]["cash"]
        if number == account or cash <= 0 or not bears_cash_losses(pool, number):
            continue
        share = min(cash, mul_div_ceil(loss, cash, total), left)
        move_cash(pool, EVENT_LOSS_SOCIALISED, number, account, -share)
        left -= share
        cut += share
    if cut > 0:
        pool.totals[0]["sweep_due"] = 1
        move_cash(pool, EVENT_LOSS_SOCIALISED, account, -1, cut)
    return cut


@command
def resolve_debt(pool: Pool, account: int) -> int:
    """Pay an empty account's negative cash; returns 1 when every account had to be visited, else 0."""
    owed = -pool.accounts[account]["cash"]
    paid = pay_insurance(pool, account, owed)
    loss = owed - paid
    cut = cut_cash(pool, account, loss) if loss > 0 else 0
    if cut > 0:
        pool.totals[0]["bad_debt"] += cut
        pool.totals[0]["socialised"] += cut
        note(pool, EVENT_BAD_DEBT, account, 0, 0, cut)
        enter_ledger(pool, account, 0, MECHANISM_SOCIALISED, -1, 0, 0, cut, 0, 0, 0, 0, cut, -loss)
    return 1 if loss > 0 else 0


@rule
def resolve_if_bankrupt(pool: Pool, account: int) -> int:
    """The rule every command ends with: nobody is left with a debt and nothing to back it."""
    owner = pool.accounts[account]
    if owner["count"] != 0 or owner["cash"] >= 0:
        return 0
    if is_paused(pool, PAUSE_RESOLVE):
        # The next sweep counts it.
        pool.totals[0]["sweep_due"] = 1
        return 0
    return resolve_debt(pool, account)
