"""The deleveraging queue: holders of opposite lots ranked by profit times leverage, in a heap over a scratch table.

The same owner's come first; last, those whom closing would bring below MM, because the leg is their hedge.
"""

from plimsoll.book.holdings import find
from plimsoll.book.layout import Pool
from plimsoll.engine.waterfall.takeover import AT_MARK, taker_change
from plimsoll.margin.health import health, health_after
from plimsoll.margin.terms import notional_of, value_of
from plimsoll.units.fixed import mul_div_floor
from plimsoll.units.jit import command, rule
from plimsoll.units.limits import PPB
from plimsoll.units.messages import NAMED_BACKSTOP, NAMED_COUNT, STATUS_OPEN

SAME_OWNER_FIRST = 2**61
HEDGES_LAST = 2**61
AT_ONCE = 0
WAITS = 1
FACTOR_BOUND = 10**12


@rule
def is_opposite(pool: Pool, account: int, row: int, lots: int) -> bool:
    """Whether an account's holding (row, -1 for none) is on the other side of ``lots``; named rows but one are not."""
    if row < 0 or (account < NAMED_COUNT and account != NAMED_BACKSTOP):
        return False
    if pool.accounts[account]["status"] != STATUS_OPEN:
        return False
    held = pool.holdings[row]["lots"]
    return (held > 0 and lots < 0) or (held < 0 and lots > 0)


@rule
def within(value: int, bound: int) -> int:
    """The nearest value within -bound .. bound."""
    return max(-bound, min(bound, value))


@command
def rank_of(pool: Pool, account: int, number: int) -> int:
    """Profit (per notional) times leverage (notional per equity), in ppb."""
    holding = pool.holdings[find(pool, account, number)]
    instrument = pool.instruments[number]
    profit = value_of(instrument, holding["lots"]) - holding["cost"]
    basis = max(notional_of(instrument, abs(holding["lots"])), 1)
    equity = health(pool, account).equity
    leverage = FACTOR_BOUND
    if equity > basis // 1000:
        leverage = mul_div_floor(basis, PPB, equity)
    gain = within(profit, basis * 1000)
    return mul_div_floor(within(mul_div_floor(gain, PPB, basis), FACTOR_BOUND), leverage, PPB)


@command
def loses_its_hedge(pool: Pool, account: int, number: int, lots: int) -> bool:
    """Whether closing against ``lots`` at the mark brings a holder below MM: what closes hedged the rest."""
    held = pool.holdings[find(pool, account, number)]["lots"]
    size = min(abs(held), abs(lots))
    moved = size if lots > 0 else -size
    before = health(pool, account)
    after = health_after(pool, account, taker_change(pool, number, moved, AT_MARK))
    return before.equity >= before.maintenance and after.equity < after.maintenance


@rule
def goes_before(pool: Pool, a: int, b: int) -> bool:
    """Whether scratch row ``a`` is deleveraged before ``b``: larger key, then lower account."""
    first = pool.ranks[a]
    second = pool.ranks[b]
    return first["key"] > second["key"] or (first["key"] == second["key"] and first["account"] < second["account"])


@rule
def swap(pool: Pool, a: int, b: int) -> None:
    """Exchange two scratch rows."""
    first = pool.ranks[a]
    second = pool.ranks[b]
    key = first["key"]
    account = first["account"]
    first["key"] = second["key"]
    first["account"] = second["account"]
    second["key"] = key
    second["account"] = account


@command
def sift_down(pool: Pool, parent: int, count: int) -> None:
    """Restore the heap below a row."""
    while True:
        child = 2 * parent + 1
        if child >= count:
            return
        if child + 1 < count and goes_before(pool, child + 1, child):
            child += 1
        if goes_before(pool, parent, child):
            return
        swap(pool, parent, child)
        parent = child


@command
def key_of(pool: Pool, account: int, number: int, lots: int) -> int:
    """What a holder is ranked by, who owns nothing of the bankrupt: by rank, hedges last."""
    key = rank_of(pool, account, number)
    return key - HEDGES_LAST if loses_its_hedge(pool, account, number, lots) else key


@command
def fill_queue(pool: Pool, bankrupt: int, number: int, lots: int) -> int:
    """Rank every holder of lots opposite to ``lots`` into the scratch heap; returns how many there are."""
    count = 0
    owner = pool.accounts[bankrupt]["owner"]
    for account in range(pool.totals[0]["accounts"]):
        if account == bankrupt or not is_opposite(pool, account, find(pool, account, number), lots):
            continue
        if pool.accounts[account]["owner"] == owner:
            key = rank_of(pool, account, number) + SAME_OWNER_FIRST
        else:
            key = key_of(pool, account, number, lots)
        rank = pool.ranks[count]
        rank["key"] = key
        rank["account"] = account
        count += 1
    for parent in range(count // 2 - 1, -1, -1):
        sift_down(pool, parent, count)
    return count


@rule
def pop(pool: Pool, count: int) -> int:
    """Take the first of ``count`` ranked holders off the heap."""
    account = pool.ranks[0]["account"]
    swap(pool, 0, count - 1)
    sift_down(pool, 0, count - 1)
    return account


@command
def list_holders(pool: Pool, bankrupt: int, number: int) -> int:
    """List the holders of lots opposite to the bankrupt's, in account order, into the scratch table; returns how many.

    Those wait whose hedge the leg is: closing as much as is left of it would bring them below MM.
    """
    count = 0
    lots = pool.holdings[find(pool, bankrupt, number)]["lots"]
    for account in range(pool.totals[0]["accounts"]):
        if account == bankrupt or not is_opposite(pool, account, find(pool, account, number), lots):
            continue
        rank = pool.ranks[count]
        rank["key"] = WAITS if loses_its_hedge(pool, account, number, lots) else AT_ONCE
        rank["account"] = account
        count += 1
    return count


@command
def lots_of_listed(pool: Pool, number: int, count: int, waiting: int) -> int:
    """Lots of those of the list that wait, or do not."""
    total = 0
    for place in range(count):
        if pool.ranks[place]["key"] == waiting:
            total += abs(pool.holdings[find(pool, pool.ranks[place]["account"], number)]["lots"])
    return total
