"""What if: one account taken out of its pool into small tables of its own, changed there, and explained.

The pool is only read. The small tables have the account as row 0 and copies of everything margin looks at.
"""

from typing import Any

import numpy as np

from plimsoll.book.layout import DTYPES, Array
from plimsoll.book.layout import Pool as Tables
from plimsoll.units.limits import PPB
from plimsoll.units.messages import KIND_ASSET, KIND_OPTION
from plimsoll.units.tables import array_of


def apart(pool: Tables, account: int | None = None) -> Tables:
    """Small tables with a copy of the account as row 0, or an empty one."""
    count = int(pool.totals[0]["instruments"])
    accounts = np.zeros(1, DTYPES["accounts"])
    holdings = np.zeros(0, DTYPES["holdings"])
    if account is not None:
        accounts[0] = array_of(pool.accounts)[account]
        start = int(accounts[0]["start"])
        holdings = array_of(pool.holdings)[start : start + int(accounts[0]["count"])].copy()
    accounts[0]["start"] = 0
    own: dict[str, Any] = {name: array_of(getattr(pool, name)).copy() for name in ("policy", "totals")}
    own |= {"accounts": accounts, "holdings": holdings, "instruments": array_of(pool.instruments)[:count].copy()}
    return pool._replace(**own)


def changed(
    pool: Tables,
    instrument: int = 0,
    *,
    lots: int = 0,
    cost: int = 0,
    cash: int = 0,
    bid_lots: int = 0,
    ask_lots: int = 0,
    reserved: int = 0,
) -> Tables:
    """Small tables after a change of one holding and of cash, by the rules of docs/commands.md, section 1."""
    accounts = array_of(pool.accounts).copy()
    rows: dict[int, Array] = {int(row["instrument"]): row.copy() for row in array_of(pool.holdings)}
    accounts[0]["cash"] += cash
    if instrument > 0:
        row = rows.setdefault(instrument, np.zeros(1, DTYPES["holdings"])[0])
        row["instrument"] = instrument
        for name, delta in (
            ("lots", lots),
            ("cost", cost),
            ("bid_lots", bid_lots),
            ("ask_lots", ask_lots),
            ("reserved", reserved),
        ):
            row[name] += delta
        if row["lots"] == 0:
            accounts[0]["cash"] -= row["cost"]
            row["cost"] = 0
        if row["lots"] == 0 and row["bid_lots"] == 0 and row["ask_lots"] == 0:
            del rows[instrument]
    holdings = np.array(list(rows.values()), DTYPES["holdings"]) if rows else np.zeros(0, DTYPES["holdings"])
    accounts[0]["count"] = holdings.size
    return pool._replace(accounts=accounts, holdings=holdings)  # type: ignore[arg-type]


def after_fill(pool: Tables, instrument: int, lots: int, price: int, *, taker: bool) -> Tables:
    """Small tables after a fill of ``lots`` (signed) at ``price``, its fee paid; no orders are used up."""
    row = pool.instruments[instrument]
    unit, sign = int(row["unit"]), 1 if taker else -1
    # The rounding is the taker's: the maker gets the opposite of what the taker pays.
    paid = sign * _ceil(sign * lots * (price - int(row["funding"])), unit)
    notional = _ceil(abs(lots) * price, unit)
    fee = _ceil(notional * int(row["fee_taker"] if taker else row["fee_maker"]), PPB)
    if row["kind"] in (KIND_ASSET, KIND_OPTION):
        return changed(pool, instrument, lots=lots, cash=-paid - fee)
    return changed(pool, instrument, lots=lots, cost=paid, cash=-fee)


def after_order(pool: Tables, instrument: int, lots: int, price: int) -> Tables:
    """Small tables with an open order more: its lots, its open loss, and the fee if it raises the worst size."""
    row = pool.instruments[instrument]
    unit = int(row["unit"])
    bid, ask = max(lots, 0), max(-lots, 0)
    reserved = max(0, _ceil(lots * (price - int(row["mark"])), unit))
    if worst_lots(pool, instrument, bid, ask) != worst_lots(pool, instrument, 0, 0):
        reserved += _ceil(_ceil(abs(lots) * price, unit) * max(int(row["fee_taker"]), 0), PPB)
    return changed(pool, instrument, bid_lots=bid, ask_lots=ask, reserved=reserved)


def worst_lots(pool: Tables, instrument: int, bid: int, ask: int) -> int:
    """The larger position if all bids, or all asks, were filled, with so many more of each."""
    for row in array_of(pool.holdings):
        if row["instrument"] == instrument:
            held = int(row["lots"])
            return max(abs(held + int(row["bid_lots"]) + bid), abs(held - int(row["ask_lots"]) - ask))
    return max(bid, ask)


def with_limit(pool: Tables, leverage_rate: int) -> Tables:
    """Small tables with another leverage cap."""
    accounts = array_of(pool.accounts).copy()
    accounts[0]["leverage_rate"] = leverage_rate
    return pool._replace(accounts=accounts)  # type: ignore[arg-type]


def in_mode(pool: Tables, mode: int) -> Tables:
    """Small tables with the account in another margin mode."""
    accounts = array_of(pool.accounts).copy()
    accounts[0]["mode"] = mode
    return pool._replace(accounts=accounts)  # type: ignore[arg-type]


def _ceil(number: int, divisor: int) -> int:
    return -(-int(number) // int(divisor))
