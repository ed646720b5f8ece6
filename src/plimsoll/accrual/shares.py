"""Shares of a pot: what money put in becomes, and what shares are worth. Every rounding is for those who stay.

A are the assets, T all shares, those nobody can redeem among them.  With one micro more than there is, A + 1 is never
zero, and the shares nobody owns take their part of every donation: no price can be pumped up at a profit.
"""

from plimsoll.units.fixed import mul_div_ceil, mul_div_floor
from plimsoll.units.jit import rule
from plimsoll.units.limits import SHARES_MAX

TOO_MANY = SHARES_MAX + 1
"""In place of a number of shares no pot has room for."""


@rule
def shares_for(quantity: int, assets: int, shares: int) -> int:
    """floor(quantity * T / (A + 1)): the shares a quantity buys; at least ``TOO_MANY`` when they cannot fit."""
    whole = quantity // (assets + 1)
    if whole > SHARES_MAX // shares:
        return TOO_MANY
    return whole * shares + mul_div_floor(quantity - whole * (assets + 1), shares, assets + 1)


@rule
def cost_of(count: int, assets: int, shares: int) -> int:
    """ceil(count * (A + 1) / T): what so many shares cost, never more than the quantity that bought them."""
    return mul_div_ceil(count, assets + 1, shares)


@rule
def worth_of(count: int, assets: int, shares: int) -> int:
    """floor(count * (A + 1) / T): what so many of the shares pay, never more than there is."""
    return mul_div_floor(count, assets + 1, shares)
