"""The part of a pool's face where things happen: time, marks, fills, takeovers, settlement."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import numpy as np

from plimsoll.book.layout import Array
from plimsoll.units.messages import (
    COMMAND_BID,
    COMMAND_DELIST,
    COMMAND_FILL,
    COMMAND_MARK,
    COMMAND_PAY_WITHDRAWAL,
    COMMAND_SETTLE,
    COMMAND_TICK,
    COMMAND_WRITE_DOWN,
)
from plimsoll.units.tables import Ints
from plimsoll.venue.account import Account
from plimsoll.venue.decimals import COUNT, SHARE, TOKENS, Amount, Time, milliseconds, whole
from plimsoll.venue.errors import InputRefused
from plimsoll.venue.instrument import Instrument, trading_mark
from plimsoll.venue.publishing import PublishingFace
from plimsoll.venue.records import records
from plimsoll.venue.refused import Refused, refusal_of

NO_PRICE_LIMIT: Final = 0


class ActionsFace(PublishingFace):
    """What may be done; see ``Pool``."""

    def tick(
        self,
        time: Time | None = None,
        marks: Mapping[Instrument, Amount] | Mapping[str, Amount] | None = None,
        *,
        check: bool = True,
    ) -> Refused | None:
        """Move time (None: it stays) and look at every account; with ``marks``, at these prices, new at that time."""
        with self._lock:
            time_ms = self.time_ms if time is None else milliseconds(time)
            tick = records(COMMAND_TICK, time=time_ms)
            prices = [self._mark(one, price, time_ms) for one, price in (marks or {}).items()]
            batch = np.concatenate([tick, *prices, tick]) if prices else tick
            codes = self.submit(batch)
            refused = self._refusal_in(batch, codes)
        if refused is not None and check:
            raise refused
        return refused

    def _refusal_in(self, batch: Array, codes: Ints) -> Refused | None:
        wrong = np.flatnonzero(codes)
        if not wrong.size:
            return None
        at = int(wrong[0])
        return refusal_of(self.tables, batch[at], int(codes[at]), self.numbered)

    def mark(
        self,
        instrument: Instrument | str,
        price: Amount,
        *,
        time: Time | None = None,
        confidence: Amount = 0,
        premium: Amount = 0,
        sources: int = 1,
        check: bool = True,
    ) -> Refused | None:
        """Publish a price. ``confidence`` is ± so much, ``premium`` the perpetual over its index as a fraction."""
        time_ms = self.time_ms if time is None else milliseconds(time)
        row = self._mark(instrument, price, time_ms, confidence, premium, sources)[0]
        columns = {name: int(row[name]) for name in row.dtype.names if name not in ("kind", "id", "payload_words")}
        return self.command(COMMAND_MARK, check, columns)

    def _mark(
        self,
        instrument: Instrument | str,
        price: Amount,
        time_ms: int,
        confidence: Amount = 0,
        premium: Amount = 0,
        sources: int = 1,
    ) -> Array:
        one = self.instrument(instrument)
        return records(
            COMMAND_MARK,
            instrument=one.number,
            time=time_ms,
            price=one.micros(price),
            confidence=one.micros(confidence, "confidence"),
            premium=whole(premium, SHARE, "premium"),
            sources=sources,
        )

    def fill(
        self,
        taker: Account,
        maker: Account,
        instrument: Instrument | str,
        quantity: Amount,
        price: Amount | None = None,
        *,
        taker_orders: Amount = 0,
        maker_orders: Amount = 0,
        check: bool = True,
    ) -> Refused | None:
        """The taker buys (sells, when the quantity is negative) from the maker; without a price, at the mark.

        ``taker_orders`` and ``maker_orders`` are how much of it was reserved and is used up.
        """
        one = self.instrument(instrument)
        columns = {
            "account": taker.number,
            "counterparty": maker.number,
            "instrument": one.number,
            "lots": one.lots(quantity),
            "price": trading_mark(one) if price is None else one.micros(price),
            "reserved_lots": one.lots(taker_orders, "taker_orders"),
            "reserved_lots_counterparty": one.lots(maker_orders, "maker_orders"),
        }
        return self.command(COMMAND_FILL, check, columns)

    def bid(
        self,
        account: Account,
        bidder: Account,
        instrument: Instrument | str | None = None,
        quantity: Amount | None = None,
        *,
        limit: Amount | None = None,
        expected: int = 0,
        check: bool = True,
    ) -> Refused | None:
        """Take over from an account in liquidation, at the mark and for the fee (an asset: in its auction, if the pool
        has those): of its next leg (the only one that may be named), at most ``quantity`` coins, no worse than
        ``limit``. ``expected``: the account's ``state_number``, 0 to take it as it is.
        """
        with self._lock:
            if account.mode == "portfolio" and account.margin.equity >= 0 and instrument is None:
                raise InputRefused("a solvent portfolio account is taken in slices: bid_slice")
            leg = max(int(self.venue.next_legs(np.array([account.number], np.int64))[0]), 0)
            one = self.numbered(leg) if instrument is None else self.instrument(instrument)
            held = {position.instrument.number: abs(position.quantity) for position in account.positions}
            wanted = held.get(one.number, Decimal(0)) if quantity is None else quantity
            columns = {
                "account": account.number,
                "counterparty": bidder.number,
                "instrument": one.number,
                "lots": one.lots(wanted),
                "price": NO_PRICE_LIMIT if limit is None else one.micros(limit, "limit"),
                "amount": whole(expected, COUNT, "expected"),
            }
            return self.command(COMMAND_BID, check, columns)

    def bid_slice(
        self,
        account: Account,
        bidder: Account,
        part: Amount = 1,
        *,
        least: Amount = 0,
        expected: int = 0,
        check: bool = True,
    ) -> Refused | None:
        """Take over a slice of everything a portfolio account in liquidation holds, so that its hedges stay hedged.

        ``part``: the largest share wanted (``"0.25"``); the engine takes no more than restores the account. ``least``:
        the least payment, in tokens for the whole account. ``expected``: the account's ``state_number``, 0 for any.
        """
        columns = {"account": account.number, "counterparty": bidder.number, "lots": whole(part, SHARE, "part")}
        columns |= {"price": whole(least, TOKENS, "least"), "amount": whole(expected, COUNT, "expected")}
        return self.command(COMMAND_BID, check, columns)

    def pay_withdrawal(
        self, amount: Amount, instrument: Instrument | str | None = None, *, check: bool = True
    ) -> Refused | None:
        """Say that pending tokens (or coins of an asset) have been paid out."""
        return self._quantity(COMMAND_PAY_WITHDRAWAL, amount, instrument, check)

    def write_down(
        self, amount: Amount, instrument: Instrument | str | None = None, *, check: bool = True
    ) -> Refused | None:
        """Cut an asset (or the settlement token) by what the vault has lost, from all holders pro rata."""
        return self._quantity(COMMAND_WRITE_DOWN, amount, instrument, check)

    def _quantity(self, kind: int, amount: Amount, instrument: Instrument | str | None, check: bool) -> Refused | None:
        one = self.instrument(instrument if instrument is not None else self.settlement)
        column = "lots" if one.number else "amount"
        return self.command(kind, check, {"instrument": one.number, column: one.lots(amount, "amount")})

    def delist(self, instrument: Instrument | str, time: Time | None = None, *, check: bool = True) -> Refused | None:
        """Let an instrument only be reduced and, with a time, settle it then."""
        time_ms = 0 if time is None else milliseconds(time)
        return self.command(COMMAND_DELIST, check, {"instrument": self.instrument(instrument).number, "time": time_ms})

    def settle(self, instrument: Instrument | str, *, check: bool = True) -> Refused | None:
        """Run one more step of a settlement."""
        return self.command(COMMAND_SETTLE, check, {"instrument": self.instrument(instrument).number})
