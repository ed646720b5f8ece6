"""What every formula asks of its inputs: real, finite, not negative, of shapes that go together."""

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from plimsoll.pricing.errors import PricingError

Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]

DAYS_PER_YEAR: Final = 365.0
"""A year is 365 days of 86,400 s exactly, as at Derive and Deribit."""


def float_array(name: str, value: ArrayLike) -> Floats:
    """The value as float64; PricingError if it is not made of real numbers."""
    try:
        array = np.asarray(value)
        if np.iscomplexobj(array):
            raise TypeError("complex")
        return array.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        raise PricingError(f"{name} is not made of numbers a float can hold; pass int, float or arrays") from None


def broadcast(named: dict[str, Floats]) -> list[Floats]:
    """All arrays in one shape, in their order; PricingError names the shapes that do not go together."""
    try:
        return list(np.broadcast_arrays(*named.values()))
    except ValueError:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in named.items())
        raise PricingError(f"shapes do not go together: {shapes}; pass equal lengths or single numbers") from None


def finite(name: str, array: Floats) -> Floats:
    """The array itself; PricingError says which element is not finite."""
    return _require(name, array, np.isfinite(array), "be finite")


def not_negative(name: str, array: Floats) -> Floats:
    """The array itself; PricingError says which element is negative or not finite."""
    return _require(name, array, np.isfinite(array) & (array >= 0), "be finite and not negative")


def positive(name: str, array: Floats) -> Floats:
    """The array itself; PricingError says which element is zero, negative or not finite."""
    return _require(name, array, np.isfinite(array) & (array > 0), "be finite and above zero")


def flag_array(name: str, value: ArrayLike) -> Flags:
    """True and False, or 1 and 0; a text such as "C" is refused, for every text would count as true."""
    array = np.asarray(value)
    if array.dtype == np.bool_:
        return array
    if array.dtype.kind in "iuf" and np.isin(array, (0, 1)).all():
        return array.astype(np.bool_)
    raise PricingError(f"{name} must be True or False (1 or 0) for each option; compare letters first: cp == 'C'")


def out(array: Floats) -> Floats:
    """A single number where single numbers went in (np.float64 is a float), else the array."""
    result: Floats = array[()]
    return result


def _require(name: str, array: Floats, good: Flags, what: str) -> Floats:
    if not np.all(good):
        flat = int(np.argmin(good))
        where = f"element {flat} is" if array.ndim else "it is"
        value = float(array.reshape(-1)[flat])
        raise PricingError(f"{name} must {what}; {where} {value!r}: repair the input or leave that row out")
    return array
