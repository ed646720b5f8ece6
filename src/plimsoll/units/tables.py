"""Tables and their rows: what ``table[3]["cash"]`` is to the type checker, and the dtype it has at run time.

A row type is a ``TypedDict`` whose fields, in order, are the columns; every column is int64, so rows have no padding
and their bytes are the record.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from typing import Generic, TypeVar

    import numpy.typing as npt

    Row = TypeVar("Row")

    class Table(Generic[Row]):
        """A one-dimensional structured array of ``Row``."""

        size: int
        nbytes: int
        dtype: np.dtype[Any]

        def __getitem__(self, row: int, /) -> Row: ...
        def __len__(self) -> int: ...
        def tobytes(self) -> bytes: ...
        def copy(self) -> "Table[Row]": ...

    Ints = npt.NDArray[np.int64]
else:

    class Table:
        """At run time a table is an ndarray."""

        def __class_getitem__(cls, row):
            return np.ndarray

    Ints = np.ndarray


def dtype_of(row: type[Any]) -> np.dtype[Any]:
    """The int64-only dtype of a row type; a field's name may not repeat."""
    return np.dtype([(name, "<i8") for name in row.__annotations__])


def array_of(table: Any) -> "np.ndarray[Any, Any]":
    """The same table as NumPy sees it, for code outside the compiled core."""
    return table  # type: ignore[no-any-return]
