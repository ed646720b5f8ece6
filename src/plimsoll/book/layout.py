"""The tables of a pool and how they are made and grown. Growing copies; row views taken before it are stale."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from plimsoll.book.rows import (
    AccountRow,
    AnswerRow,
    BlockRow,
    CaseRow,
    ChangedRow,
    ClassRow,
    CommandRow,
    EventRow,
    GroupRow,
    HoldingRow,
    InstrumentRow,
    LedgerRow,
    ListingRow,
    PointRow,
    PolicyRow,
    PotRow,
    PotTermsRow,
    RankRow,
    RiskClassRow,
    RiskRow,
    ScenarioRow,
    SealRow,
    StakeRow,
    TotalsRow,
    WordRow,
)
from plimsoll.units.limits import CLASSES_MAX, CURVES_MAX, GROUPS_MAX, ID_WINDOW, POINTS_MAX, POTS_MAX
from plimsoll.units.tables import Table, array_of, dtype_of

Array = npt.NDArray[Any]

COMMAND = dtype_of(CommandRow)
EVENT = dtype_of(EventRow)
LEDGER = dtype_of(LedgerRow)
LISTING = dtype_of(ListingRow)
POLICY = dtype_of(PolicyRow)
CLASS = dtype_of(ClassRow)
POT_TERMS = dtype_of(PotTermsRow)

CACHE_LINE = 64
BLOCK_CAPACITIES = (4, 8, 12, 16, 24, 32, 48, 64)
"""Sizes of a block of holdings. Not only powers of two: strides that share cache sets double the time of a sweep."""


class Pool(NamedTuple):
    """Every table of one pool. ``events``, ``ledger`` and ``ranks`` are derived or scratch."""

    accounts: Table[AccountRow]
    holdings: Table[HoldingRow]
    instruments: Table[InstrumentRow]
    policy: Table[PolicyRow]
    totals: Table[TotalsRow]
    answers: Table[AnswerRow]
    blocks: Table[BlockRow]
    classes: Table[RiskClassRow]
    scenarios: Table[ScenarioRow]
    groups: Table[GroupRow]
    risks: Table[RiskRow]
    published: Table[WordRow]
    arrays: Table[WordRow]
    weights: Table[WordRow]
    cases: Table[CaseRow]
    pots: Table[PotRow]
    stakes: Table[StakeRow]
    seals: Table[SealRow]
    curves: Table[PointRow]
    changed: Table[ChangedRow]
    events: Table[EventRow]
    ledger: Table[LedgerRow]
    ranks: Table[RankRow]


DTYPES: dict[str, np.dtype[Any]] = {
    "accounts": dtype_of(AccountRow),
    "holdings": dtype_of(HoldingRow),
    "instruments": dtype_of(InstrumentRow),
    "policy": POLICY,
    "totals": dtype_of(TotalsRow),
    "answers": dtype_of(AnswerRow),
    "blocks": dtype_of(BlockRow),
    "classes": dtype_of(RiskClassRow),
    "scenarios": dtype_of(ScenarioRow),
    "groups": dtype_of(GroupRow),
    "risks": dtype_of(RiskRow),
    "published": dtype_of(WordRow),
    "arrays": dtype_of(WordRow),
    "weights": dtype_of(WordRow),
    "cases": dtype_of(CaseRow),
    "pots": dtype_of(PotRow),
    "stakes": dtype_of(StakeRow),
    "seals": dtype_of(SealRow),
    "curves": dtype_of(PointRow),
    "changed": dtype_of(ChangedRow),
    "events": EVENT,
    "ledger": LEDGER,
    "ranks": dtype_of(RankRow),
}

STATE_TABLES = (
    *("accounts", "holdings", "instruments", "policy", "totals", "answers", "blocks"),
    *("classes", "scenarios", "groups", "risks", "published", "arrays", "weights"),
    *("cases", "pots", "stakes", "seals", "curves"),
)
"""The tables a snapshot holds. ``arrays`` are the published ones moved to the present marks, ``weights`` the scenarios
column by column, as vectors read them."""
CURVE_ROWS = POINTS_MAX + 1
"""Rows of ``curves`` for one curve: its head and its points."""
WEIGHTS = 4
"""Columns of a scenario that vectors read: damping, linear, skew, deductible."""


def rows_in_use(pool: Pool) -> dict[str, int]:
    """How many rows of the tables that keep room for more are in use."""
    totals = pool.totals[0]
    names = {"accounts": "accounts", "holdings": "holdings", "instruments": "instruments", "risks": "instruments"}
    names |= {"cases": "cases", "stakes": "stakes", "seals": "seals"}
    names |= {"scenarios": "scenarios", "published": "words", "arrays": "words"}
    rows = {table: int(totals[count]) for table, count in names.items()}  # type: ignore[literal-required]
    return rows | {"weights": WEIGHTS * rows["scenarios"]}


def zeros(rows: int, dtype: np.dtype[Any]) -> Array:
    """Rows of zeros that begin with a cache line: a vector of a lane table then lies in one line, not in two."""
    memory = np.zeros(rows * dtype.itemsize + CACHE_LINE, np.uint8)
    start = -memory.ctypes.data % CACHE_LINE
    return memory[start : start + rows * dtype.itemsize].view(dtype)


def copied(table: Array) -> Array:
    """A copy of a table, laid out like a new one."""
    copy = zeros(table.size, table.dtype)
    copy[:] = table
    return copy


def empty_pool(accounts: int, holdings: int, instruments: int, events: int, ledger: int) -> Pool:
    """A pool with room for so many rows in each table, all zero, and no free blocks."""
    rows = {
        "accounts": accounts,
        "holdings": holdings,
        "instruments": instruments,
        "policy": 1,
        "totals": 1,
        "answers": ID_WINDOW,
        "blocks": len(BLOCK_CAPACITIES),
        "classes": CLASSES_MAX + 1,
        "scenarios": 0,
        "groups": GROUPS_MAX + 1,
        "risks": instruments,
        "published": 0,
        "arrays": 0,
        "weights": 0,
        "cases": accounts + 1,
        "pots": POTS_MAX + 1,
        "stakes": 1,
        "seals": 1,
        "curves": (CURVES_MAX + 1) * CURVE_ROWS,
        "changed": accounts,
        "events": events,
        "ledger": ledger,
        "ranks": accounts,
    }
    tables: dict[str, Any] = {name: zeros(rows[name], dtype) for name, dtype in DTYPES.items()}
    pool = Pool(**tables)
    array_of(pool.blocks)["capacity"] = BLOCK_CAPACITIES
    array_of(pool.blocks)["first"] = -1
    return pool


def grown(table: Any, rows: int) -> Any:
    """A copy of the table with at least ``rows`` rows (doubling), the new ones zero."""
    if rows <= table.size:
        return table
    larger = zeros(max(rows, 2 * table.size), table.dtype)
    larger[: table.size] = table
    return larger
