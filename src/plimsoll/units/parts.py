"""Weights in parts of 2**30: multiplying by one is two multiplications and two shifts, and rounds down exactly."""

from plimsoll.units.jit import rule
from plimsoll.units.limits import PART_BITS, PARTS, PPB

LOW_WORD = 0xFFFFFFFF


@rule
def part_of(rate: int) -> int:
    """A rate within -7 .. 7 * ppb in parts of 2**30, rounded down."""
    return (rate << PART_BITS) // PPB


@rule
def times(number: int, part: int) -> int:
    """floor(number * part / 2**30) for 0 <= part <= 2**31 and |number| below 2**61."""
    return (((number >> 32) * part) << 2) + (((number & LOW_WORD) * part) >> PART_BITS)


@rule
def times_shock(number: int, shock: int) -> int:
    """floor(number * shock / 2**30) for a signed shock of any whole part."""
    return number * (shock >> PART_BITS) + times(number, shock & (PARTS - 1))
