"""Where an account would be liquidated: the nearest prices in breach, every tried price published anew.

The engine's own liquidation prices move one mark and keep options at their hedge's slope, which is wrong far away. Here
each price is a new pool with new tables, so gamma, clamps and class terms are those of that price: slower, and true.
The walk goes outward from the present price along a grid, then narrows the step in which the breach lies to one micro.
A region of breach narrower than a step of the grid, between two of its prices, is not seen; strikes are in the grid.
"""

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Final, NamedTuple

from plimsoll.presets.compare.book import Book, NotCovered
from plimsoll.units.limits import MICROS_PER_TOKEN
from plimsoll.venue.decimals import tokens

SHOWN_STEPS: Final = 20
"""Steps of the curve on each side of the present price, to half and to double."""
FAR_STEPS: Final = 24
LOWEST: Final = Fraction(1, 100)
HIGHEST: Final = Fraction(10)
STEPS_MAX: Final = 200

Buffer = Callable[[int], int | None]
"""A price in micros to equity less maintenance in micros; None where the venue has no such price."""


class Found(NamedTuple):
    """The nearest price in breach on one side, None for none as far as ``reached``; micros."""

    breach: int | None
    reached: int


def prices_below(book: Book, coin: str, present: int) -> list[int]:
    """The grid from the present price down to a hundredth of it, micros, outward; strikes of the coin among them."""
    return _grid(book, coin, present, Fraction(1, 2), LOWEST)


def prices_above(book: Book, coin: str, present: int) -> list[int]:
    """The grid from the present price up to ten times it."""
    return _grid(book, coin, present, Fraction(2), HIGHEST)


def shown(prices: Iterable[int], present: int) -> list[int]:
    """Those a curve is drawn through: from half the present price to double."""
    return [price for price in prices if present <= 2 * price <= 4 * present]


def _grid(book: Book, coin: str, present: int, near: Fraction, far: Fraction) -> list[int]:
    steps = [float(near) ** (k / SHOWN_STEPS) for k in range(1, SHOWN_STEPS + 1)]
    steps += [float(near) * float(far / near) ** (k / FAR_STEPS) for k in range(1, FAR_STEPS + 1)]
    prices = {max(1, round(present * Fraction(step))) for step in steps}
    # What moves the coin moves its spot by the same factor: a strike is met where the spot is, not the contract.
    spot = Fraction(book.spot(coin)) * MICROS_PER_TOKEN
    strikes = {
        round(Fraction(one.strike) * MICROS_PER_TOKEN * present / spot) for one in book.options if one.coin == coin
    }
    low, high = sorted((present, round(present * far)))
    prices |= {strike for strike in strikes if low <= strike <= high}
    return sorted(prices - {present, 0}, reverse=near < 1)


def nearest_breach(buffer: Buffer, present: int, outward: Iterable[int]) -> Found:
    """The nearest price in breach along the grid; the present one if the account is in breach already."""
    safe, left = present, buffer(present)
    if left is None or left < 0:
        return Found(present, present)
    for price in outward:
        amount = buffer(price)
        if amount is None:
            break
        if amount < 0:
            breach = _narrowed(buffer, safe, left, price, amount)
            return Found(breach, breach)
        safe, left = price, amount
    return Found(None, safe)


def _narrowed(buffer: Buffer, safe: int, left: int, breach: int, amount: int) -> int:
    """The end of the breach next to the safe price: interpolation, and halving where that is slow."""
    halve = False
    for _ in range(STEPS_MAX):
        width = abs(breach - safe)
        if width <= 1:
            break
        middle = (safe + breach) // 2
        if not halve:
            share = Fraction(left, left - amount)
            middle = safe + round((breach - safe) * share)
            middle = min(max(middle, min(safe, breach) + 1), max(safe, breach) - 1)
        now = buffer(middle)
        if now is None:
            raise NotCovered(f"no margin can be told at a price of {tokens(middle):f}, between two at which it can")
        if now < 0:
            breach, amount = middle, now
        else:
            safe, left = middle, now
        halve = 2 * abs(breach - safe) > width
    return breach
