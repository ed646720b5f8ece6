"""Commands as tables: columns in, one structured array out. Ids are given by the session that sends them."""

from typing import Any

import numpy as np
import numpy.typing as npt

from plimsoll.book.layout import COMMAND
from plimsoll.units.messages import (
    COMMAND_AUCTION,
    COMMAND_BID,
    COMMAND_COMMIT,
    COMMAND_DEPOSIT,
    COMMAND_FILL,
    COMMAND_MARK,
    COMMAND_OPEN_ACCOUNT,
    COMMAND_RELEASE,
    COMMAND_RESERVE,
    COMMAND_REVEAL,
    COMMAND_SET_LIMITS,
    COMMAND_STAKE,
    COMMAND_SWAP,
    COMMAND_TICK,
    COMMAND_WITHDRAW,
    MODE_STANDARD,
)
from plimsoll.units.tables import Ints
from plimsoll.venue.records import records

Commands = npt.NDArray[Any]
Column = Ints | int


def joined(*tables: Commands) -> Commands:
    """The tables one after another."""
    return np.concatenate(tables) if tables else np.zeros(0, COMMAND)


def open_accounts(account: Column, owner: Column, isolated: Column = 0, mode: Column = MODE_STANDARD) -> Commands:
    """Open accounts in a margin mode; ``isolated`` is the one contract it may hold, 0 for any."""
    return records(COMMAND_OPEN_ACCOUNT, account=account, counterparty=owner, instrument=isolated, flags=mode)


def deposits(account: Column, owner: Column, micros: Column) -> Commands:
    """Deposits of the settlement token."""
    return records(COMMAND_DEPOSIT, account=account, counterparty=owner, amount=micros)


def asset_deposits(account: Column, owner: Column, instrument: Column, lots: Column) -> Commands:
    """Deposits of another asset."""
    return records(COMMAND_DEPOSIT, account=account, counterparty=owner, instrument=instrument, lots=lots)


def withdrawals(account: Column, micros: Column) -> Commands:
    """Requests to withdraw the settlement token."""
    return records(COMMAND_WITHDRAW, account=account, amount=micros)


def fills(taker: Column, maker: Column, instrument: Column, lots: Column, price: Column) -> Commands:
    """Fills; ``lots`` is the taker's signed change, ``price`` in micros per unit."""
    return records(COMMAND_FILL, account=taker, counterparty=maker, instrument=instrument, lots=lots, price=price)


def limits(account: Column, leverage_rate: Column, trigger_ppb: Column) -> Commands:
    """Users' own leverage caps and triggers."""
    return records(COMMAND_SET_LIMITS, account=account, amount=leverage_rate, price=trigger_ppb)


def reservations(account: Column, instrument: Column, lots: Column, price: Column) -> Commands:
    """Open orders: signed lots at a price."""
    return records(COMMAND_RESERVE, account=account, instrument=instrument, lots=lots, price=price)


def releases(account: Column, instrument: Column, lots: Column) -> Commands:
    """Open orders taken back: signed lots."""
    return records(COMMAND_RELEASE, account=account, instrument=instrument, lots=lots)


def bids(account: Column, bidder: Column, instrument: Column, lots: Column) -> Commands:
    """Bids of liquidators on the next leg of an account, at most ``lots``."""
    return records(COMMAND_BID, account=account, counterparty=bidder, instrument=instrument, lots=lots)


def slice_bids(account: Column, bidder: Column, part_ppb: Column) -> Commands:
    """Bids of liquidators on a slice of everything a portfolio account holds, at most ``part_ppb`` of it."""
    return records(COMMAND_BID, account=account, counterparty=bidder, lots=part_ppb)


def auctions(account: Column, keeper: Column, instrument: Column) -> Commands:
    """Start, or where they are over reset, auctions of the next asset of accounts in liquidation."""
    return records(COMMAND_AUCTION, account=account, counterparty=keeper, instrument=instrument)


def commits(account: Column, bidder: Column, seals: Ints) -> Commands:
    """Sealed bids; ``seals`` has four words a row."""
    first, second, third, fourth = seals.T
    return records(
        COMMAND_COMMIT, account=account, counterparty=bidder, lots=first, price=second, amount=third, premium=fourth
    )


def reveals(account: Column, bidder: Column, part_ppb: Column, discount_ppb: Column, salts: Ints) -> Commands:
    """Sealed bids opened; ``salts`` has two words a row."""
    first, second = salts.T
    return records(
        COMMAND_REVEAL,
        account=account,
        counterparty=bidder,
        lots=part_ppb,
        price=discount_ppb,
        amount=first,
        premium=second,
    )


def stakes(account: Column, pot: Column, micros: Column, lots: Column = 0) -> Commands:
    """Stakes in a pot; ``lots`` of its asset for an AMM."""
    return records(COMMAND_STAKE, account=account, instrument=pot, amount=micros, lots=lots)


def swaps(account: Column, pot: Column, lots: Column, limit_micros: Column) -> Commands:
    """Trades with an AMM: signed lots, and the most paid or the least got."""
    return records(COMMAND_SWAP, account=account, instrument=pot, lots=lots, amount=limit_micros)


def marks(
    instrument: Column, time_ms: int, price: Column, premium_ppb: Column, confidence: Column, sources: Column
) -> Commands:
    """Prices: micros per unit."""
    return records(
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
    return records(COMMAND_TICK, time=time_ms)
