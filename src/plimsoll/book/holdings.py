"""Holdings: contiguous blocks per account, found by scanning, moved to a larger block when full.

Blocks come in a few capacities; a freed one waits in its capacity's list, linked through ``reserved`` of its first row,
with all lots zero so that sums over the table need not know about it.
"""

from typing import NamedTuple

from plimsoll.book.cases import forget_auction
from plimsoll.book.events import touch
from plimsoll.book.layout import Pool
from plimsoll.units.jit import command, prefetch, rule
from plimsoll.units.limits import HOLDINGS_PER_ACCOUNT_MAX
from plimsoll.units.messages import KIND_ASSET


class Change(NamedTuple):
    """What a command would do to one account: deltas of one holding, and of cash (fees included)."""

    instrument: int
    lots: int
    cost: int
    cash: int
    bid_lots: int
    ask_lots: int
    reserved: int


NO_INSTRUMENT = -1
HOLDING_BYTES = 48
CACHE_LINE = 64


@rule
def prefetch_holdings(pool: Pool, account: int) -> None:
    """Ask for an account's holdings while others are worked on; changes nothing."""
    owner = pool.accounts[account]
    for byte in range(0, owner["count"] * HOLDING_BYTES, CACHE_LINE):
        prefetch(pool.holdings, owner["start"], byte)


@rule
def find(pool: Pool, account: int, instrument: int) -> int:
    """Row of the account's holding, or -1."""
    owner = pool.accounts[account]
    start = owner["start"]
    for row in range(start, start + owner["count"]):
        if pool.holdings[row]["instrument"] == instrument:
            return row
    return -1


@rule
def clear(pool: Pool, row: int, instrument: int) -> None:
    """An empty holding of an instrument."""
    holding = pool.holdings[row]
    holding["instrument"] = instrument
    holding["lots"] = 0
    holding["cost"] = 0
    holding["bid_lots"] = 0
    holding["ask_lots"] = 0
    holding["reserved"] = 0


@rule
def copy_row(pool: Pool, source: int, target: int) -> None:
    """Copy a holding; the source keeps its content."""
    there = pool.holdings[target]
    here = pool.holdings[source]
    there["instrument"] = here["instrument"]
    there["lots"] = here["lots"]
    there["cost"] = here["cost"]
    there["bid_lots"] = here["bid_lots"]
    there["ask_lots"] = here["ask_lots"]
    there["reserved"] = here["reserved"]


@command
def free_block(pool: Pool, start: int, capacity: int) -> None:
    """Give a block back to the list of its capacity."""
    for size in range(pool.blocks.size):
        block = pool.blocks[size]
        if block["capacity"] == capacity:
            for row in range(start, start + capacity):
                clear(pool, row, 0)
            pool.holdings[start]["reserved"] = block["first"]
            block["first"] = start


@command
def take_block(pool: Pool, capacity: int) -> int:
    """Start of a free block of the capacity: the last one freed, else the end of the table (the host keeps room)."""
    for size in range(pool.blocks.size):
        block = pool.blocks[size]
        if block["capacity"] == capacity and block["first"] >= 0:
            start = block["first"]
            block["first"] = pool.holdings[start]["reserved"]
            pool.holdings[start]["reserved"] = 0
            return start
    totals = pool.totals[0]
    start = totals["holdings"]
    totals["holdings"] += capacity
    return start


@command
def enlarge(pool: Pool, account: int) -> None:
    """Move the account's holdings to a block of the next capacity."""
    owner = pool.accounts[account]
    capacity = 0
    for size in range(pool.blocks.size):
        if pool.blocks[size]["capacity"] > owner["capacity"]:
            capacity = pool.blocks[size]["capacity"]
            break
    start = take_block(pool, capacity)
    for offset in range(owner["count"]):
        copy_row(pool, owner["start"] + offset, start + offset)
    if owner["capacity"] > 0:
        free_block(pool, owner["start"], owner["capacity"])
    owner["start"] = start
    owner["capacity"] = capacity


@command
def open_row(pool: Pool, account: int, instrument: int) -> int:
    """A new empty holding; the caller has checked that the account has room."""
    owner = pool.accounts[account]
    if owner["count"] == owner["capacity"]:
        enlarge(pool, account)
    row = owner["start"] + owner["count"]
    owner["count"] += 1
    clear(pool, row, instrument)
    pool.instruments[instrument]["holders"] += 1
    return row


@command
def remove_row(pool: Pool, account: int, row: int) -> None:
    """Remove a holding: the account's last row moves into its place."""
    owner = pool.accounts[account]
    pool.instruments[pool.holdings[row]["instrument"]]["holders"] -= 1
    if owner["case"] != 0:
        forget_auction(pool, account, pool.holdings[row]["instrument"])
    owner["count"] -= 1
    last = owner["start"] + owner["count"]
    if last != row:
        copy_row(pool, last, row)
    clear(pool, last, 0)


@rule
def has_room(pool: Pool, account: int, row: int) -> bool:
    """Whether the account holds the instrument already (row >= 0) or may open another row."""
    return row >= 0 or pool.accounts[account]["count"] < HOLDINGS_PER_ACCOUNT_MAX


@command
def apply_change(pool: Pool, account: int, row: int, change: Change) -> int:
    """Carry a change out and return what closing realised to cash (0 unless a contract's lots reached 0)."""
    owner = pool.accounts[account]
    if row < 0:
        row = open_row(pool, account, change.instrument)
    holding = pool.holdings[row]
    instrument = pool.instruments[change.instrument]
    old = holding["lots"]
    new = old + change.lots
    instrument["open_lots"] += max(new, 0) - max(old, 0)
    holding["lots"] = new
    holding["cost"] += change.cost
    holding["bid_lots"] += change.bid_lots
    holding["ask_lots"] += change.ask_lots
    holding["reserved"] += change.reserved
    realised = 0
    if new == 0 and instrument["kind"] != KIND_ASSET:
        realised = -holding["cost"]
        holding["cost"] = 0
        instrument["realised"] += realised
    owner["cash"] += change.cash + realised
    touch(pool, account)
    if new == 0 and holding["bid_lots"] == 0 and holding["ask_lots"] == 0:
        remove_row(pool, account, row)
    return realised
