"""Types of the tables for the compiler: explicit signatures make a wrong array fail instead of compiling once more."""

from typing import Any

from plimsoll.book.layout import COMMAND, DTYPES, Pool
from plimsoll.units.jit import COMPILED

POOL: Any = None
COMMANDS: Any = None
WORDS: Any = None
INTEGER: Any = None
POOL_VIEW: Any = None
LEGS: Any = None

if COMPILED:
    import numba
    from numba import types

    from plimsoll.book.rows import LegRow
    from plimsoll.units.tables import dtype_of
    from plimsoll.units.views import TableView, view_of  # type: ignore[attr-defined]

    def _table(dtype: Any) -> Any:
        return types.Array(numba.from_dtype(dtype), 1, "C")

    INTEGER = types.int64
    WORDS = types.Array(types.int64, 1, "C")
    COMMANDS = _table(COMMAND)
    POOL_VIEW = view_of(Pool._fields, [numba.from_dtype(DTYPES[name]) for name in Pool._fields])
    LEGS = TableView(numba.from_dtype(dtype_of(LegRow)))
    POOL = types.NamedTuple(
        [  # type: ignore[no-untyped-call]
            _table(DTYPES[name]) for name in Pool._fields
        ],
        Pool,
    )


def integers(row: Any) -> Any:
    """The type of a NamedTuple of integers, for the compiler."""
    if not COMPILED:
        return None
    return types.NamedUniTuple(types.int64, len(row._fields), row)  # type: ignore[no-untyped-call]
