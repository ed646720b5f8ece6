"""The engine's own source, uncompiled, over tables that are lists of dicts of Python integers.

Nothing wraps here, and nothing is narrower than it looks: what the compiled core makes of the same commands must be the
same to the byte.  Run as ``NUMBA_DISABLE_JIT=1 python -m tests.core.twin FOLDER``: each ``*.in.npz`` of the folder
(policy, commands, payload) is answered by an ``*.out.npz`` (result codes, state tables, events, ledger).
"""

import sys
from pathlib import Path

import numpy as np

from plimsoll.book.layout import STATE_TABLES, WEIGHTS, Array, Pool, rows_in_use
from plimsoll.engine import EVENT, LEDGER, Engine
from plimsoll.engine.apply import HOLDING_ROWS_SPARE, PROCEED, apply_hot, close_envelope, open_envelope
from plimsoll.engine.host import COLD_RULES
from plimsoll.engine.listing import POLICY_FIELDS
from plimsoll.units.jit import COMPILED
from plimsoll.units.limits import LANES

ACCOUNTS = 64
"""Rows of accounts; streams open fewer."""
ROWS_OF_ONE_COMMAND = 4_096
"""Events, and ledger lines, one command of a stream may write; a list refuses the next one."""


class Table(list):
    """Rows by number; ``size`` as an array has it."""

    @property
    def size(self) -> int:
        return len(self)

    def __getitem__(self, row):
        if isinstance(row, int) and row < 0:
            raise IndexError("a row number is never negative")
        return super().__getitem__(row)


def rows_of(array: Array) -> Table:
    return Table(dict(zip(array.dtype.names, row)) for row in array.tolist())


def empty_rows(dtype: np.dtype, rows: int) -> Table:
    return Table(dict.fromkeys(dtype.names, 0) for _ in range(rows))


def array_of(rows: list[dict[str, int]], dtype: np.dtype) -> Array:
    """Back to columns: every number an exact integer that fits its column, every row with its columns in order."""
    for row in rows:
        if tuple(row) != dtype.names or not all(type(number) is int for number in row.values()):
            raise TypeError(f"not a row of plain integers: {row}")
    return np.array([tuple(row.values()) for row in rows], dtype)


class Twin:
    """One pool as lists of dicts."""

    def __init__(self, policy: dict[str, int]):
        first = Engine.create(policy, accounts=ACCOUNTS).pool
        self.dtypes = {name: getattr(first, name).dtype for name in Pool._fields}
        drained = {"events": EVENT, "ledger": LEDGER}
        self.pool = Pool(
            **{
                name: empty_rows(drained[name], ROWS_OF_ONE_COMMAND) if name in drained else rows_of(table)
                for name, table in first._asdict().items()
            }
        )
        self.events: list[dict[str, int]] = []
        self.ledger: list[dict[str, int]] = []

    def apply(self, commands: Array, payload: Array) -> list[int]:
        """What ``Engine.apply`` does, one command after the other."""
        table, words, answers = rows_of(commands), payload.tolist(), [0] * commands.size
        for position, command in enumerate(table):
            if command["kind"] in COLD_RULES:
                count = command["payload_words"]
                self.make_room(count)
                answers[position] = self.apply_cold(table, position, words[:count])
                words = words[count:]
            else:
                self.make_room(0)
                stopped = apply_hot(self.pool, table, position, position + 1, 0, 0, HOLDING_ROWS_SPARE, answers)
                if stopped != position + 1:
                    raise RuntimeError(f"the loop stopped at command {stopped}")
            self.drain()
        return answers

    def apply_cold(self, table: Table, position: int, words: list[int]) -> int:
        known = open_envelope(self.pool, table, position)
        if known != PROCEED:
            return known
        answer = COLD_RULES[table[position]["kind"]](self.pool, table[position], words)
        close_envelope(self.pool, table, position, answer)
        return answer

    def make_room(self, words: int) -> None:
        totals = self.pool.totals[0]
        wanted = {"holdings": totals["holdings"] + HOLDING_ROWS_SPARE}
        wanted |= {"stakes": totals["stakes"] + 1, "seals": totals["seals"] + 1}
        if words > 0:
            wanted["scenarios"] = totals["scenarios"] + words + LANES
            wanted["weights"] = WEIGHTS * wanted["scenarios"]
            wanted["published"] = wanted["arrays"] = totals["words"] + words
        for name, rows in wanted.items():
            table = getattr(self.pool, name)
            table.extend(empty_rows(self.dtypes[name], max(0, rows - table.size)))

    def drain(self) -> None:
        totals = self.pool.totals[0]
        self.events += [dict(row) for row in self.pool.events[: totals["event_row"]]]
        self.ledger += [dict(row) for row in self.pool.ledger[: totals["ledger_row"]]]
        totals["event_row"] = totals["ledger_row"] = 0

    def tables(self) -> dict[str, Array]:
        """As ``Engine.tables``, with the events and ledger of the whole run."""
        used = rows_in_use(self.pool)
        found = {
            name: array_of(list(getattr(self.pool, name))[: used.get(name)], self.dtypes[name]) for name in STATE_TABLES
        }
        return {**found, "events": array_of(self.events, EVENT), "ledger": array_of(self.ledger, LEDGER)}


def main(folder: Path) -> None:
    if COMPILED:
        raise SystemExit("the twin is the uncompiled engine: set NUMBA_DISABLE_JIT=1")
    for path in sorted(folder.glob("*.in.npz")):
        with np.load(path) as given:
            twin = Twin(dict(zip(POLICY_FIELDS, given["policy"].tolist())))
            answers = twin.apply(given["commands"], given["payload"])
        out = path.with_name(path.name.replace(".in.", ".out."))
        np.savez(out, codes=np.array(answers, np.int64), **twin.tables())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
