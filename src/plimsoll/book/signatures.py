"""Types of the tables for the compiler: explicit signatures make a wrong array fail instead of compiling once more."""

from typing import Any

from plimsoll.book.layout import COMMAND, DTYPES, Pool
from plimsoll.units.jit import COMPILED

POOL: Any = None
COMMANDS: Any = None
WORDS: Any = None
INTEGER: Any = None

if COMPILED:
    import numba
    from numba import types

    def _table(dtype: Any) -> Any:
        return types.Array(numba.from_dtype(dtype), 1, "C")

    INTEGER = types.int64
    WORDS = types.Array(types.int64, 1, "C")
    COMMANDS = _table(COMMAND)
    POOL = types.NamedTuple(
        [  # type: ignore[no-untyped-call]
            _table(DTYPES[name]) for name in Pool._fields
        ],
        Pool,
    )
