"""Releasing the open orders of a holding, whoever decides it: a call, a liquidation, a settlement."""

from plimsoll.book.events import emit_order
from plimsoll.book.holdings import Change, apply_change
from plimsoll.book.layout import Pool
from plimsoll.units.jit import command
from plimsoll.units.messages import EVENT_RELEASED


@command
def release_row(pool: Pool, account: int, row: int) -> None:
    """Release both sides of a holding's orders; a row without lots goes away with them."""
    holding = pool.holdings[row]
    number = holding["instrument"]
    bid = holding["bid_lots"]
    ask = holding["ask_lots"]
    reserved = holding["reserved"]
    if bid == 0 and ask == 0:
        return
    apply_change(pool, account, row, Change(number, 0, 0, 0, -bid, -ask, -reserved))
    if bid > 0:
        emit_order(pool, EVENT_RELEASED, account, number, bid, 0, -reserved)
        reserved = 0
    if ask > 0:
        emit_order(pool, EVENT_RELEASED, account, number, -ask, 0, -reserved)


@command
def release_orders(pool: Pool, account: int) -> None:
    """Release every open order of an account, last row first since a row without lots goes away."""
    owner = pool.accounts[account]
    for row in range(owner["start"] + owner["count"] - 1, owner["start"] - 1, -1):
        release_row(pool, account, row)
