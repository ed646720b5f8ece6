"""What every model asks of its inputs: real, finite, in range, of the shape it says."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from plimsoll.risk.errors import RiskError

Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]


def float_array(name: str, value: ArrayLike, *, dimensions: int | None = None, missing: bool = False) -> Floats:
    """The value as float64. RiskError if it is not made of finite numbers (NaN passes where ``missing``)."""
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise RiskError(f"{name} is not made of numbers; pass floats or an array of them") from None
    if dimensions is not None and array.ndim != dimensions:
        raise RiskError(f"{name} has shape {array.shape}; it must have {dimensions} dimension(s)")
    wrong = np.isinf(array) if missing else ~np.isfinite(array)
    if wrong.any():
        at = int(np.argmax(wrong))
        raise RiskError(f"{name} must be finite; element {at} is {array.reshape(-1)[at]!r}: repair or remove it")
    return array


def of_length(name: str, array: NDArray[Any], length: int, of: str) -> None:
    """RiskError unless the first dimension is as long as what it belongs to."""
    if array.shape[:1] != (length,):
        raise RiskError(f"{name} has shape {array.shape} for {length} {of}; give one row for each")


def within(name: str, value: float, low: float, high: float) -> float:
    """The number itself, low <= value <= high; RiskError otherwise, NaN included."""
    if not low <= value <= high:
        raise RiskError(f"{name} is {value}; it must lie between {low:g} and {high:g}")
    return value


def whole_within(name: str, value: object, low: int, high: int) -> int:
    """The whole number itself, low <= value <= high; RiskError otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not low <= value <= high:
        raise RiskError(f"{name} is {value!r}; it must be a whole number from {low} to {high}")
    return int(value)
