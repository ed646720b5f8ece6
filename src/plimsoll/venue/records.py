"""Records from columns: one kind, every column an array of one length or one number for all."""

from typing import Any

import numpy as np

from plimsoll.book.layout import COMMAND, Array


def records(kind: int, **columns: Any) -> Array:
    """Commands of one kind as a table for ``submit``; an id of 0 is given one by ``Pool.submit``."""
    sizes = {len(column) for column in columns.values() if isinstance(column, (np.ndarray, list, tuple))}
    if len(sizes) > 1:
        raise ValueError(f"columns have different lengths: {sorted(sizes)}")
    table = np.zeros(sizes.pop() if sizes else 1, COMMAND)
    table["kind"] = kind
    for name, column in columns.items():
        values = np.asarray(column)
        if values.dtype.kind not in "iu":
            raise TypeError(f"{name}: columns are whole numbers, not {values.dtype}")
        table[name] = values
    return table
