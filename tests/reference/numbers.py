"""Exact quotients with the rounding in the name, and integer roots."""

import math


def floor(numerator: int, denominator: int) -> int:
    return numerator // denominator


def ceil(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)


def trunc(numerator: int, denominator: int) -> int:
    """Towards zero."""
    quotient = abs(numerator) // abs(denominator)
    return quotient if (numerator >= 0) == (denominator >= 0) else -quotient


def clamp(number: int, low: int, high: int) -> int:
    return min(max(number, low), high)


def sign(number: int) -> int:
    return (number > 0) - (number < 0)


def isqrt_up(number: int) -> int:
    """The smallest integer whose square is at least `number`."""
    root = math.isqrt(number)
    return root if root * root == number else root + 1
