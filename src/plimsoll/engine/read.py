"""Read-only evaluation of many accounts, for figures, reports and risk checks outside the batch."""

from plimsoll.book.cases import find_stake
from plimsoll.book.holdings import find, prefetch_holdings
from plimsoll.book.layout import Pool
from plimsoll.book.signatures import INTEGER, POOL, WORDS
from plimsoll.engine.pot_assets import assets_of, cash_worth, is_pot, is_queued, lots_in, lots_worth
from plimsoll.engine.waterfall.expected import state_number
from plimsoll.engine.waterfall.legs import next_leg
from plimsoll.engine.waterfall.queue import is_opposite, key_of, rank_of
from plimsoll.margin.health import health
from plimsoll.units.jit import entry
from plimsoll.units.tables import Ints
from plimsoll.units.views import view

AHEAD = 6
NOT_QUEUED = -1


@entry((POOL, INTEGER, INTEGER, WORDS, WORDS, WORDS))
def read_health(pool: Pool, first: int, last: int, equity: Ints, maintenance: Ints, initial: Ints) -> int:
    """Health of accounts ``first`` to ``last`` - 1 into three arrays over all accounts; safe in several threads."""
    pool = view(pool)
    for account in range(first, last):
        prefetch_holdings(pool, min(account + AHEAD, last - 1))
        now = health(pool, account)
        equity[account] = now.equity
        maintenance[account] = now.maintenance
        initial[account] = now.initial
    return last


@entry((POOL, WORDS, WORDS))
def read_next_legs(pool: Pool, accounts: Ints, legs: Ints) -> int:
    """The instrument a bid on each account must name; -1 for none."""
    pool = view(pool)
    for position in range(accounts.size):
        legs[position] = next_leg(pool, accounts[position])
    return accounts.size


@entry((POOL, INTEGER, INTEGER))
def read_rank(pool: Pool, account: int, number: int) -> int:
    """An account's place value in the deleveraging queue of an instrument it holds: profit times leverage in ppb."""
    return rank_of(view(pool), account, number)


@entry((POOL, INTEGER, INTEGER))
def read_place(pool: Pool, account: int, number: int) -> int:
    """An account's place in the deleveraging queue for what it holds of an instrument, the first being 1; 0 for none.

    As the queue would be for the whole of what it holds, bankrupt in an account of somebody else.
    """
    pool = view(pool)
    own = find(pool, account, number)
    if own < 0 or not is_opposite(pool, account, own, -pool.holdings[own]["lots"]):
        return 0
    lots = -pool.holdings[own]["lots"]
    key = key_of(pool, account, number, lots)
    place = 1
    for other in range(pool.totals[0]["accounts"]):
        if other != account and is_opposite(pool, other, find(pool, other, number), lots):
            ranked = key_of(pool, other, number, lots)
            if ranked > key or (ranked == key and other < account):
                place += 1
    return place


@entry((POOL, INTEGER, WORDS))
def read_account(pool: Pool, account: int, figures: Ints) -> int:
    """Equity, maintenance, initial margin and what held marks forbid, into four words."""
    now = health(view(pool), account)
    figures[0] = now.equity
    figures[1] = now.maintenance
    figures[2] = now.initial
    figures[3] = now.blocked
    return account


@entry((POOL, INTEGER, WORDS))
def read_pot(pool: Pool, number: int, figures: Ints) -> int:
    """What a pot has: micros (of the backstop its equity) and lots, into two words; zeros for no pot."""
    pool = view(pool)
    known = is_pot(pool, number)
    figures[0] = assets_of(pool, number) if known else 0
    figures[1] = lots_in(pool, number) if known else 0
    return number


@entry((POOL, INTEGER, INTEGER, WORDS))
def read_stake(pool: Pool, account: int, number: int, figures: Ints) -> int:
    """An account's shares in a pot, those unbonding, and what all of them are worth in micros and lots: four words."""
    pool = view(pool)
    figures[:] = 0
    row = find_stake(pool, account, number)
    if row == 0 or pool.stakes[row]["epoch"] != pool.pots[number]["epoch"]:
        return 0
    shares = pool.stakes[row]["shares"]
    figures[0] = shares
    figures[1] = pool.stakes[row]["unbonding"]
    figures[2] = cash_worth(pool, number, shares)
    figures[3] = lots_worth(pool, number, shares)
    return row


@entry((POOL, INTEGER, INTEGER))
def read_queue_place(pool: Pool, account: int, number: int) -> int:
    """How many stand before an account in a pot's queue of exits; -1 when it does not stand there."""
    pool = view(pool)
    row = find_stake(pool, account, number)
    if row == 0 or not is_queued(pool, row):
        return NOT_QUEUED
    place = 0
    first = pool.pots[number]["first"]
    while first != row:
        first = pool.stakes[first]["behind"]
        place += 1
    return place


@entry((POOL, INTEGER))
def read_state_number(pool: Pool, account: int) -> int:
    """The number a bid may name to be refused unless the account still holds what it holds now."""
    return state_number(view(pool), account)
