"""Divisions of whole numbers of any size with the direction in the name, and the refusal they share.

The core's primitives are for int64; venues count in u64 and u128, and their rules meet numbers as large as that.
"""

import math
from fractions import Fraction
from typing import Final

from plimsoll.units.limits import PPB

EXPONENT_MAX: Final = 128
"""Powers of ten beyond this are no venue's scale, and would only stop the machine."""


class RuleRefused(ValueError):
    """A venue's rule has no answer for these inputs: the text says which rule, and what would be needed."""


def require(holds: bool, text: str) -> None:
    """RuleRefused with ``text`` unless the condition holds."""
    if not holds:
        raise RuleRefused(text)


def ten_to(exponent: int) -> Fraction:
    """10^exponent exactly; RuleRefused for an exponent that is no scale."""
    require(abs(exponent) <= EXPONENT_MAX, f"an exponent or number of decimals must be within {EXPONENT_MAX}")
    return Fraction(10) ** exponent


def decimals_unit(decimals: int) -> int:
    """10^decimals: the smallest parts of a token in one token."""
    require(decimals >= 0, "a number of decimals must not be negative")
    return int(ten_to(decimals))


def div_floor(a: int, b: int) -> int:
    """floor(a / b); RuleRefused for b = 0."""
    require(b != 0, "a division by zero: a size, a price or a total is 0")
    return a // b


def div_ceil(a: int, b: int) -> int:
    """ceil(a / b); RuleRefused for b = 0."""
    return -div_floor(-a, b)


def div_trunc(a: int, b: int) -> int:
    """a / b rounded toward zero; RuleRefused for b = 0."""
    quotient = div_floor(abs(a), abs(b))
    return quotient if (a < 0) == (b < 0) else -quotient


def trunc(number: Fraction) -> int:
    """The number rounded toward zero."""
    return div_trunc(number.numerator, number.denominator)


def ppb_up(share: Fraction) -> Fraction:
    """The share raised to whole parts per billion, which is how the engine holds rates."""
    return Fraction(math.ceil(share * PPB), PPB)


def clamp(number: int, low: int, high: int) -> int:
    """The nearest number within low .. high."""
    return max(low, min(high, number))


def clamped(number: Fraction, low: Fraction, high: Fraction) -> Fraction:
    """The nearest number within low .. high."""
    return max(low, min(high, number))


def scaled(number: Fraction, places: int, *, up: bool = False) -> Fraction:
    """The number cut down (or raised: ``up``) to so many decimal places."""
    unit = decimals_unit(places)
    exact = number * unit
    return Fraction(math.ceil(exact) if up else math.floor(exact), unit)
