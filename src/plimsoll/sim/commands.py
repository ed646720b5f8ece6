"""Commands as tables: columns in, one structured array out. Ids are given by the session that sends them."""

from typing import Any

import numpy as np
import numpy.typing as npt

from plimsoll.book.rows import CommandRow
from plimsoll.units.messages import (
    COMMAND_BID,
    COMMAND_DEPOSIT,
    COMMAND_FILL,
    COMMAND_MARK,
    COMMAND_OPEN_ACCOUNT,
    COMMAND_RELEASE,
    COMMAND_RESERVE,
    COMMAND_SET_LIMITS,
    COMMAND_TICK,
    COMMAND_WITHDRAW,
    MODE_STANDARD,
)
from plimsoll.units.tables import Ints, dtype_of

COMMAND = dtype_of(CommandRow)

Commands = npt.NDArray[Any]
Column = Ints | int


def rows(kind: int, **columns: Column) -> Commands:
    """Commands of one kind: every column an array of one length or one number for all."""
    size = max((len(column) for column in columns.values() if isinstance(column, np.ndarray)), default=1)
    table = np.zeros(size, COMMAND)
    table["kind"] = kind
    for name, column in columns.items():
        table[name] = column
    return table


def joined(*tables: Commands) -> Commands:
    """The tables one after another."""
    return np.concatenate(tables) if tables else np.zeros(0, COMMAND)


def open_accounts(account: Column, owner: Column, isolated: Column = 0) -> Commands:
    """Open accounts in standard margin mode; ``isolated`` is the one contract it may hold, 0 for any."""
    return rows(COMMAND_OPEN_ACCOUNT, account=account, counterparty=owner, instrument=isolated, flags=MODE_STANDARD)


def deposits(account: Column, owner: Column, micros: Column) -> Commands:
    """Deposits of the settlement token."""
    return rows(COMMAND_DEPOSIT, account=account, counterparty=owner, amount=micros)


def asset_deposits(account: Column, owner: Column, instrument: Column, lots: Column) -> Commands:
    """Deposits of another asset."""
    return rows(COMMAND_DEPOSIT, account=account, counterparty=owner, instrument=instrument, lots=lots)


def withdrawals(account: Column, micros: Column) -> Commands:
    """Requests to withdraw the settlement token."""
    return rows(COMMAND_WITHDRAW, account=account, amount=micros)


def fills(taker: Column, maker: Column, instrument: Column, lots: Column, price: Column) -> Commands:
    """Fills; ``lots`` is the taker's signed change, ``price`` in micros per unit."""
    return rows(COMMAND_FILL, account=taker, counterparty=maker, instrument=instrument, lots=lots, price=price)


def limits(account: Column, leverage_rate: Column, trigger_ppb: Column) -> Commands:
    """Users' own leverage caps and triggers."""
    return rows(COMMAND_SET_LIMITS, account=account, amount=leverage_rate, price=trigger_ppb)


def reservations(account: Column, instrument: Column, lots: Column, price: Column) -> Commands:
    """Open orders: signed lots at a price."""
    return rows(COMMAND_RESERVE, account=account, instrument=instrument, lots=lots, price=price)


def releases(account: Column, instrument: Column, lots: Column) -> Commands:
    """Open orders taken back: signed lots."""
    return rows(COMMAND_RELEASE, account=account, instrument=instrument, lots=lots)


def bids(account: Column, bidder: Column, instrument: Column, lots: Column) -> Commands:
    """Bids of liquidators on the next leg of an account, at most ``lots``."""
    return rows(COMMAND_BID, account=account, counterparty=bidder, instrument=instrument, lots=lots)


def marks(
    instrument: Column, time_ms: int, price: Column, premium_ppb: Column, confidence: Column, sources: Column
) -> Commands:
    """Prices: micros per unit."""
    return rows(
        COMMAND_MARK,
        instrument=instrument,
        time=time_ms,
        price=price,
        premium=premium_ppb,
        confidence=confidence,
        sources=sources,
    )


def tick(time_ms: int) -> Commands:
    """Time moves to ``time_ms``."""
    return rows(COMMAND_TICK, time=time_ms)
