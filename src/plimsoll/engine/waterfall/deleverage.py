"""Deleveraging and socialising one leg of a bankrupt account. The only passes over all accounts outside the sweep.

A holder of opposite lots closes at the mark and bears a share of the loss, never more than leaves it at its MM; what
nobody can bear is added to the cost of the opposite lots that remain, and what even those cannot take stays as cash.
"""

from plimsoll.book.events import emit, enter_ledger, move_cash, note, touch
from plimsoll.book.holdings import Change, apply_change, find
from plimsoll.book.layout import Pool
from plimsoll.engine.waterfall.queue import (
    AT_ONCE,
    WAITS,
    fill_queue,
    is_opposite,
    list_holders,
    lots_of_listed,
    pop,
)
from plimsoll.engine.waterfall.takeover import AT_MARK, Terms, takeover, taker_change
from plimsoll.margin.health import health_after
from plimsoll.margin.terms import pays_cash
from plimsoll.units.fixed import mul_div_ceil, mul_div_floor
from plimsoll.units.jit import command, rule
from plimsoll.units.messages import (
    ADL_QUEUE,
    EVENT_BAD_DEBT,
    EVENT_DELEVERAGED,
    EVENT_DUSTED,
    EVENT_LIQUIDATED,
    EVENT_LOSS_SOCIALISED,
    MECHANISM_ADL,
    MECHANISM_SOCIALISED,
    NAMED_COUNT,
    NAMED_DUST,
)


@rule
def bearable(pool: Pool, holder: int, number: int, moved: int) -> int:
    """What a holder may bear when it takes ``moved`` lots at the mark: its equity above its MM afterwards."""
    after = health_after(pool, holder, taker_change(pool, number, moved, AT_MARK))
    return max(0, after.equity - after.maintenance)


@command
def close_against(
    pool: Pool, bankrupt: int, holder: int, number: int, size: int, loss_left: int, lots_left: int
) -> int:
    """Close ``size`` lots of the bankrupt's leg against a holder; returns the loss the holder bore."""
    lots = pool.holdings[find(pool, bankrupt, number)]["lots"]
    moved = size if lots > 0 else -size
    share = min(mul_div_ceil(loss_left, size, lots_left), bearable(pool, holder, number, moved))
    instrument = pool.instruments[number]
    worth = abs(mul_div_floor(moved, instrument["mark"] - instrument["funding"], instrument["unit"]))
    takeover(pool, bankrupt, holder, number, moved, Terms(share, 0, 0), EVENT_LIQUIDATED, EVENT_DELEVERAGED)
    mark = instrument["mark"]
    enter_ledger(pool, bankrupt, number, MECHANISM_ADL, holder, moved, mark, worth, 0, -share, 0, 0, 0, -loss_left)
    pool.totals[0]["sweep_due"] = 1
    return share


@command
def deleverage_queue(pool: Pool, bankrupt: int, number: int, loss: int) -> int:
    """Close the whole leg against the queue; returns the loss nobody bore."""
    lots = pool.holdings[find(pool, bankrupt, number)]["lots"]
    lots_left = abs(lots)
    count = fill_queue(pool, bankrupt, number, lots)
    while lots_left > 0 and count > 0:
        holder = pop(pool, count)
        count -= 1
        size = min(abs(pool.holdings[find(pool, holder, number)]["lots"]), lots_left)
        loss -= close_against(pool, bankrupt, holder, number, size, loss, lots_left)
        lots_left -= size
    return loss


@command
def has_another_account(pool: Pool, account: int) -> bool:
    """Whether the owner of an account has another one that is open."""
    owner = pool.accounts[account]["owner"]
    if owner == 0:
        # The backstop is nobody's, as rows are that were closed.
        return False
    for other in range(NAMED_COUNT, pool.totals[0]["accounts"]):
        if pool.accounts[other]["owner"] == owner and other != account:
            return True
    return False


@command
def close_same_owner(pool: Pool, bankrupt: int, number: int, loss: int) -> int:
    """Close the leg against the opposite lots of the same owner, in account order; returns the loss left."""
    lots = pool.holdings[find(pool, bankrupt, number)]["lots"]
    lots_left = abs(lots)
    owner = pool.accounts[bankrupt]["owner"]
    for holder in range(pool.totals[0]["accounts"]):
        if lots_left == 0:
            break
        row = find(pool, holder, number)
        if holder != bankrupt and pool.accounts[holder]["owner"] == owner and is_opposite(pool, holder, row, lots):
            size = min(abs(pool.holdings[row]["lots"]), lots_left)
            loss -= close_against(pool, bankrupt, holder, number, size, loss, lots_left)
            lots_left -= size
    return loss


@command
def close_pro_rata(pool: Pool, bankrupt: int, number: int, loss: int, count: int, waiting: int) -> int:
    """Close what is left of the leg against those of the list that wait, or do not, by size; returns the loss left."""
    row = find(pool, bankrupt, number)
    total = lots_of_listed(pool, number, count, waiting)
    if row < 0 or total == 0:
        return loss
    to_close = abs(pool.holdings[row]["lots"])
    lots_left = to_close
    for place in range(count):
        if lots_left == 0:
            break
        holder = pool.ranks[place]["account"]
        if pool.ranks[place]["key"] == waiting:
            held = abs(pool.holdings[find(pool, holder, number)]["lots"])
            size = min(held, mul_div_ceil(to_close, held, total), lots_left)
            loss -= close_against(pool, bankrupt, holder, number, size, loss, lots_left)
            lots_left -= size
    return loss


@command
def deleverage_pro_rata(pool: Pool, bankrupt: int, number: int, loss: int) -> int:
    """Close the leg: the same owner, then everybody by size, last those whose hedge it is; returns the loss left."""
    loss = close_same_owner(pool, bankrupt, number, loss)
    if find(pool, bankrupt, number) < 0:
        return loss
    count = list_holders(pool, bankrupt, number)
    loss = close_pro_rata(pool, bankrupt, number, loss, count, AT_ONCE)
    return close_pro_rata(pool, bankrupt, number, loss, count, WAITS)


@command
def opposite_lots(pool: Pool, bankrupt: int, number: int, lots: int) -> int:
    """Sum of lots on the other side, over owners' accounts and the backstop."""
    total = 0
    for account in range(pool.totals[0]["accounts"]):
        row = find(pool, account, number)
        if account != bankrupt and is_opposite(pool, account, row, lots):
            total += abs(pool.holdings[row]["lots"])
    return total


@command
def socialise(pool: Pool, bankrupt: int, number: int, lots: int, loss: int) -> int:
    """Add a loss to the cost (options: take it from the cash) of every opposite holding by size; returns the rest."""
    total = opposite_lots(pool, bankrupt, number, lots)
    if loss == 0 or total == 0:
        return loss
    placed = 0
    in_cash = pays_cash(pool.instruments[number])
    for account in range(pool.totals[0]["accounts"]):
        row = find(pool, account, number)
        if account == bankrupt or not is_opposite(pool, account, row, lots):
            continue
        share = mul_div_ceil(loss, abs(pool.holdings[row]["lots"]), total)
        if in_cash:
            move_cash(pool, EVENT_LOSS_SOCIALISED, account, bankrupt, -share)
        else:
            apply_change(pool, account, row, Change(number, 0, share, 0, 0, 0, 0))
            emit(pool, EVENT_LOSS_SOCIALISED, account, bankrupt, number, 0, share, 0, 0, 0, share)
        placed += share
    if not in_cash:
        pool.instruments[number]["realised"] += placed
    move_cash(pool, EVENT_LOSS_SOCIALISED, bankrupt, -1, loss)
    pool.accounts[NAMED_DUST]["cash"] += placed - loss
    touch(pool, NAMED_DUST)
    emit(pool, EVENT_DUSTED, NAMED_DUST, bankrupt, 0, 0, 0, placed - loss, 0, 0, number)
    pool.totals[0]["socialised"] += loss
    pool.totals[0]["bad_debt"] += loss
    note(pool, EVENT_BAD_DEBT, bankrupt, number, pool.instruments[number]["mark"], loss)
    enter_ledger(pool, bankrupt, number, MECHANISM_SOCIALISED, -1, 0, 0, loss, 0, 0, 0, 0, loss, -loss)
    return 0


@command
def deleverage(pool: Pool, bankrupt: int, number: int, loss: int) -> None:
    """Close a leg whole: holders by policy, then the opposite side by size; what is left is met by bad debt."""
    lots = pool.holdings[find(pool, bankrupt, number)]["lots"]
    if pool.policy[0]["adl"] == ADL_QUEUE:
        left = deleverage_queue(pool, bankrupt, number, loss)
    else:
        left = deleverage_pro_rata(pool, bankrupt, number, loss)
    socialise(pool, bankrupt, number, lots, left)
    pool.totals[0]["sweep_due"] = 1
