"""Values of a pool file: decimals, words and whole numbers of the engine's units, or PoolFileError in one line."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from plimsoll.sim.errors import PoolFileError
from plimsoll.units.limits import MICROS_PER_TOKEN


def tokens_of(text: str | int | Decimal) -> int:
    """Micros of an amount of tokens in decimals: ``tokens_of("1.5")`` is 1500000. PoolFileError when it has none."""
    return integer(text, MICROS_PER_TOKEN, "an amount of tokens")


def known(table: Mapping[str, Any], names: set[str], source: str, where: str) -> None:
    """Refuse a key that is none of the names."""
    for name in table:
        if name not in names:
            raise PoolFileError(f"{source}: {where} has no {name}")


def word(value: Any, words: Mapping[str, int], where: str) -> int:
    """What a word stands for."""
    if value not in words:
        raise PoolFileError(f"{where} must be one of {', '.join(words)}")
    return words[value]


def decimal(value: Any, where: str) -> Decimal:
    """A decimal in quotes, or a whole number."""
    # A TOML float has already lost what it was written as.
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise PoolFileError(f"{where} must be a decimal in quotes or a whole number")
    try:
        result = Decimal(value)
    except InvalidOperation:
        raise PoolFileError(f"{where}: {value} is not a decimal") from None
    if not result.is_finite():
        raise PoolFileError(f"{where}: {value} is not a decimal")
    return result


def within(value: int, bounds: tuple[int, int], where: str) -> None:
    """Refuse a number outside its bounds."""
    if not bounds[0] <= value <= bounds[1]:
        raise PoolFileError(f"{where} must be from {bounds[0]} to {bounds[1]} in the engine's units, not {value}")


def integer(value: Any, multiplier: Fraction | int, where: str) -> int:
    """A decimal as a whole number of units, of which one of the file's is ``multiplier``."""
    exact = Fraction(decimal(value, where)) * multiplier
    if exact.denominator != 1:
        raise PoolFileError(f"{where}: {value} is finer than its unit")
    if not -(2**63) <= exact < 2**63:
        raise PoolFileError(f"{where}: {value} is too large")
    return int(exact)
