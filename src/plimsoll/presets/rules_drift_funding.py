"""Drift v2's named rules of funding, the virtual market maker and insurance shares.

Units: prices and money 10^6, base and reserves 10^9, funding rates 10^9 an hour. Divisions cut toward zero.
Source: drift-labs/protocol-v2, as described in docs/presets.md.
"""

from typing import Final, NamedTuple

from plimsoll.presets.rounding import clamp, div_floor, div_trunc, require

SPREAD_DIVISOR: Final = 33
"""A funding spread is at most the oracle's mean over this: 3 %."""
HOURS: Final = 24
RATE: Final = 1_000
PAYMENT: Final = 10**12


def spread_max(oracle_twap: int, divisor: int) -> int:
    """The largest spread of mark over oracle that funding counts."""
    return div_trunc(oracle_twap, divisor)


def hourly_rate(mark_twap: int, oracle_twap: int) -> int:
    """The hourly rate of a clamped spread."""
    most = spread_max(oracle_twap, SPREAD_DIVISOR)
    return div_trunc(clamp(mark_twap - oracle_twap, -most, most) * RATE, HOURS)


def payment(rate: int, base: int) -> int:
    """What a rate costs a position, as an amount: |rate| * |base| cut three times."""
    return div_trunc(div_trunc(div_trunc(abs(rate) * abs(base), 10**6), 1_000), 1_000)


class CappedFunding(NamedTuple):
    """Rates of both sides, and the market maker's fees after it paid or received its part."""

    long_rate: int
    short_rate: int
    fees: int


def capped_funding(
    rate: int, base_with_amm: int, base_long: int, base_short: int, fees: int, fees_min: int
) -> CappedFunding:
    """Funding between longs and shorts, the market maker bearing the imbalance with at most a third of its fees.

    Where it would pay more, those who receive get a lower rate, one quantum in its favour.
    """
    owed = payment(rate, base_with_amm)
    # The users' net position pays the market maker when it is on the paying side.
    income = owed if (rate > 0) == (base_with_amm > 0) else -owed
    limit = -div_floor(max(0, fees - fees_min), 3)
    if income >= limit:
        return CappedFunding(rate, rate, fees + income)
    paying, receiving = (base_long, base_short) if rate > 0 else (base_short, base_long)
    lowered = div_trunc((limit - payment(rate, paying) + 1) * PAYMENT, receiving)
    long_rate, short_rate = (rate, lowered) if rate > 0 else (lowered, rate)
    return CappedFunding(long_rate, short_rate, fees + limit)


def reserve_price(quote_reserve: int, base_reserve: int, peg: int) -> int:
    """The market maker's price: quote * peg / base."""
    return div_trunc(quote_reserve * peg, base_reserve)


def reserves_at(base_reserve: int, root_k: int, new_root_k: int) -> tuple[int, int]:
    """(base, quote) reserves after the depth changed at the same price."""
    base = div_trunc(base_reserve * div_trunc(new_root_k * 10**9, root_k), 10**9)
    return base, div_trunc(new_root_k * new_root_k, base)


def rebase(shares: int, vault: int) -> tuple[int, int]:
    """(exponent, divisor) by which insurance shares are cut once they are worth less than a tenth each."""
    require(vault > 0, "an empty vault has no share price to rebase by")
    ratio = div_trunc(div_trunc(shares, 10), vault)
    exponent = len(str(ratio)) - 1 if ratio >= 1 else 0
    return exponent, 10**exponent


def shares_lost(request: int, value: int, total: int, vault: int) -> int:
    """Shares forfeited by taking back a request to unstake that had been priced at ``value``."""
    if div_trunc(vault * request, total) <= value:
        return 0
    return request - div_trunc(value * (total - request), vault - value)
