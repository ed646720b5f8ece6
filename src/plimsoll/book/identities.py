"""The identities of the books, checked after every batch. Plain NumPy; exact sums.

I1 each contract: sum of lots = 0.  I2 each contract: sum of cost = realised; without open interest both are 0.
I3 (a settled series leaves nothing behind).  I4 sum of cash = vault + sum of realised.  I6 each custody asset: sum of lots = vault.
I8 0 <= vault + sum(vault_i * mark_i) - sum of equity <= number of holdings.
"""

from typing import Any

import numpy as np

from plimsoll.book.layout import Array, Pool
from plimsoll.units.messages import KIND_ASSET, NAMED_SETTLEMENT, STATUS_CLOSED, STATUS_FREE
from plimsoll.units.tables import array_of


def exact_sum(values: Array) -> int:
    """Sum of int64 values as a Python integer: high and low halves apart, so that no partial sum wraps."""
    high = int((values >> 32).sum())
    low = int((values & 0xFFFFFFFF).sum())
    return (high << 32) + low


def live_holdings(pool: Pool) -> Array:
    """Rows in use or free (free ones are all zero) below the high-water mark."""
    return array_of(pool.holdings)[: int(pool.totals[0]["holdings"])]


def _exact_sums_by(keys: Array, values: Array, size: int) -> list[int]:
    high = np.zeros(size, np.int64)
    low = np.zeros(size, np.int64)
    np.add.at(high, keys, values >> 32)
    np.add.at(low, keys, values & 0xFFFFFFFF)
    return [(int(a) << 32) + int(b) for a, b in zip(high, low)]


def broken_identities(pool: Pool) -> list[str]:
    """Every identity that does not hold, as a sentence with its numbers; empty when all hold."""
    holdings = live_holdings(pool)
    count = int(pool.totals[0]["instruments"])
    instruments = array_of(pool.instruments)[:count]
    accounts = array_of(pool.accounts)[: int(pool.totals[0]["accounts"])]
    lots = _exact_sums_by(holdings["instrument"], holdings["lots"], count)
    costs = _exact_sums_by(holdings["instrument"], holdings["cost"], count)
    vault = int(pool.totals[0]["vault"])
    broken = []
    for number in range(1, count):
        row = instruments[number]
        if row["status"] == STATUS_FREE:
            continue
        if row["kind"] == KIND_ASSET:
            if lots[number] != row["vault"]:
                broken.append(f"I6 instrument={number}: lots={lots[number]} vault={row['vault']}")
            continue
        broken += _contract(number, row, lots[number], costs[number])
    realised = sum(int(row["realised"]) for row in instruments)
    cash = exact_sum(accounts["cash"])
    if cash != vault + realised:
        broken.append(f"I4: cash={cash} vault={vault} realised={realised}")
    return broken + _solvency(pool, cash, holdings, instruments)


def _contract(number: int, row: Any, lots: int, cost: int) -> list[str]:
    broken = []
    if lots != 0:
        broken.append(f"I1 instrument={number}: lots={lots}")
    if cost != row["realised"]:
        broken.append(f"I2 instrument={number}: cost={cost} realised={row['realised']}")
    if row["open_lots"] == 0 and row["realised"] != 0:
        broken.append(f"I2 instrument={number}: no open interest but realised={row['realised']}")
    if row["status"] == STATUS_CLOSED and row["holders"] != 0:
        broken.append(f"I3 instrument={number}: closed with {row['holders']} holders")
    return broken


def _solvency(pool: Pool, cash: int, holdings: Array, instruments: Array) -> list[str]:
    """I8: what accounts own is never more than what the pool has, and less only by one micro a holding."""
    in_use = holdings["lots"] != 0
    equity = cash - exact_sum(holdings["cost"]) + sum(_values(holdings[in_use], instruments))
    assets = int(pool.totals[0]["vault"])
    for row in instruments[1:]:
        if row["kind"] == KIND_ASSET and row["status"] != STATUS_FREE:
            assets += int(row["vault"]) * int(row["mark"]) // int(row["unit"])
    slack = assets - equity
    limit = int(in_use.sum())
    if not 0 <= slack <= limit:
        return [f"I8: vault and assets={assets} equity={equity} holdings={limit}"]
    return []


def _values(holdings: Array, instruments: Array) -> list[int]:
    """floor(lots * (mark - funding) / unit) of each holding, exact: in NumPy where it fits, else in Python."""
    rows = instruments[holdings["instrument"]]
    price = rows["mark"] - rows["funding"]
    rough = np.abs(holdings["lots"].astype(np.float64) * price.astype(np.float64))
    fits = rough < 2.0**62
    values = [exact_sum(holdings["lots"][fits] * price[fits] // rows["unit"][fits])]
    for lots, mark, unit in zip(holdings["lots"][~fits], price[~fits], rows["unit"][~fits]):
        values.append(int(lots) * int(mark) // int(unit))
    return values


def settlement_left(pool: Pool) -> int:
    """Cash left in the settlement account; 0 whenever no series is settling (I3)."""
    return int(pool.accounts[NAMED_SETTLEMENT]["cash"])
