"""The tables as a snapshot holds them: without what is scratch, so that equal states are equal bytes."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from plimsoll.book.layout import DTYPES, STATE_TABLES, Array
from plimsoll.book.layout import Pool as Tables
from plimsoll.book.root import NOT_STATE
from plimsoll.engine import Engine
from plimsoll.journal import Snapshot
from plimsoll.units.messages import KIND_ASSET, STATUS_FREE
from plimsoll.units.tables import array_of

SETTLEMENT_TOKEN: Final = 0


def state_of(engine: Engine) -> dict[str, Array]:
    """Copies of the tables in use, scratch columns zero."""
    tables = engine.tables()
    tables["accounts"]["changed"] = 0
    for field in NOT_STATE:
        tables["totals"][field] = 0
    return tables


def differing(snapshot: Mapping[str, Array], tables: Mapping[str, Array]) -> list[str]:
    """Names of tables that are not the same, each with the first row and column that differ."""
    found = []
    for name in STATE_TABLES:
        theirs, ours = snapshot.get(name), tables[name]
        if theirs is None or theirs.dtype != ours.dtype:
            found.append(f"table {name} is missing or has other columns")
        elif theirs.size != ours.size:
            found.append(f"table {name} has {theirs.size} rows, re-execution gives {ours.size}")
        elif theirs.tobytes() != ours.tobytes():
            row = int(np.flatnonzero(theirs != ours)[0])
            column = next(field for field in ours.dtype.names or () if theirs[row][field] != ours[row][field])
            values = f"{theirs[row][column]}, re-execution gives {ours[row][column]}"
            found.append(f"table {name}, row {row}: {column} is {values}")
    return found


def fits(snapshot: Snapshot) -> bool:
    """Whether the snapshot's tables are tables of this code."""
    tables = snapshot.tables
    return all(
        name in tables and tables[name].dtype == DTYPES[name] and tables[name].ndim == 1 for name in STATE_TABLES
    )


def cash_by_account(pool: Tables) -> dict[int, int]:
    """Cash of every account row, in micros."""
    rows = array_of(pool.accounts)[: int(pool.totals[0]["accounts"])]
    return dict(enumerate(rows["cash"].tolist()))


def holdings_by_account(pool: Tables) -> dict[tuple[int, int], tuple[int, int]]:
    """(lots, cost) by (account, instrument), without rows that have orders only."""
    accounts = array_of(pool.accounts)[: int(pool.totals[0]["accounts"])]
    holders = np.flatnonzero(accounts["count"])
    counts = accounts["count"][holders]
    offsets = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    rows = array_of(pool.holdings)[np.repeat(accounts["start"][holders], counts) + offsets]
    keys = zip(np.repeat(holders, counts).tolist(), rows["instrument"].tolist())
    held = zip(rows["lots"].tolist(), rows["cost"].tolist())
    return {key: value for key, value in zip(keys, held) if value != (0, 0)}


def shares_by_stake(pool: Tables) -> dict[tuple[int, int], int]:
    """Shares by (account, pot), without stakes of earlier epochs, which are worth nothing."""
    rows = array_of(pool.stakes)[: int(pool.totals[0]["stakes"])]
    now = rows[(rows["shares"] != 0) & (rows["epoch"] == array_of(pool.pots)["epoch"][rows["pot"]])]
    return dict(zip(zip(now["account"].tolist(), now["pot"].tolist()), now["shares"].tolist()))


def vaults(pool: Tables) -> dict[int, int]:
    """What the pool keeps of the settlement token (micros) and of each asset (lots)."""
    found = {SETTLEMENT_TOKEN: int(pool.totals[0]["vault"])}
    for number in range(1, int(pool.totals[0]["instruments"])):
        row = pool.instruments[number]
        if row["kind"] == KIND_ASSET and row["status"] != STATUS_FREE:
            found[number] = int(row["vault"])
    return found


def open_interest(pool: Tables) -> dict[int, int]:
    """Open lots of each contract."""
    rows = range(1, int(pool.totals[0]["instruments"]))
    contracts = (number for number in rows if pool.instruments[number]["kind"] != KIND_ASSET)
    return {number: int(pool.instruments[number]["open_lots"]) for number in contracts}
