"""What is held of an instrument, over all accounts: asked when its limits change, never in a sweep."""

from plimsoll.book.holdings import find
from plimsoll.book.layout import Pool
from plimsoll.book.signatures import INTEGER, POOL
from plimsoll.margin.terms import worst_lots
from plimsoll.units.jit import entry
from plimsoll.units.views import view


@entry((POOL, INTEGER))
def largest_held(pool: Pool, number: int) -> int:
    """The largest position any account has, or would have with its open orders filled; 0 for none."""
    pool = view(pool)
    largest = 0
    if pool.instruments[number]["holders"] == 0:
        return largest
    for account in range(pool.totals[0]["accounts"]):
        row = find(pool, account, number)
        if row >= 0:
            holding = pool.holdings[row]
            largest = max(largest, worst_lots(holding["lots"], holding["bid_lots"], holding["ask_lots"]))
    return largest
