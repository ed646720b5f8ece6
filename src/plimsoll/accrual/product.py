"""The price of a pool of two reserves, x lots and y micros, whose product never falls. Roundings are for the pool."""

from plimsoll.units.fixed import mul_div_ceil, mul_div_floor
from plimsoll.units.jit import rule
from plimsoll.units.limits import PPB

UNPAYABLE = 2**60
"""In place of a price above what any account has; a fee on top of it still fits."""


@rule
def price_to_buy(lots: int, reserve: int, cash: int, fee: int) -> int:
    """Micros for ``lots`` of the reserve (0 < lots < reserve), the fee included."""
    rest = reserve - lots
    whole = lots // rest
    if whole >= UNPAYABLE // cash:
        return UNPAYABLE
    net = whole * cash + mul_div_ceil(lots - whole * rest, cash, rest)
    return mul_div_ceil(net, PPB, PPB - fee)


@rule
def price_to_sell(lots: int, reserve: int, cash: int, fee: int) -> int:
    """Micros the pool pays for ``lots``, less than it has: the fee is taken from the lots that count."""
    counted = mul_div_floor(lots, PPB - fee, PPB)
    return mul_div_floor(cash, counted, reserve + counted)
