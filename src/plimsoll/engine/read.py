"""Read-only evaluation of many accounts, for figures, reports and risk checks outside the batch."""

from plimsoll.book.holdings import prefetch_holdings
from plimsoll.book.layout import Pool
from plimsoll.book.signatures import INTEGER, POOL, WORDS
from plimsoll.engine.waterfall.legs import next_leg
from plimsoll.engine.waterfall.queue import rank_of
from plimsoll.margin.health import health
from plimsoll.units.jit import entry
from plimsoll.units.tables import Ints
from plimsoll.units.views import view

AHEAD = 6


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
