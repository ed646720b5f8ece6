"""A pool in ten lines: the face of the library. Decimals and names outside, batches of records underneath.

    pool = plimsoll.Pool.open()                     # in memory; Pool.open("directory") keeps a journal
    btc = pool.list_perp("BTC-PERP", initial="0.05", maintenance="0.03")
    taker, maker = pool.account(owner=1), pool.account(owner=2)

Quantities are coins, prices tokens per coin, rates fractions, durations seconds. Nothing here decides anything.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from os import PathLike
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Any, Final, Unpack

import numpy as np

from plimsoll.book.layout import Array
from plimsoll.book.layout import Pool as Tables
from plimsoll.engine.listing import LISTING_FIELDS, POLICY_FIELDS
from plimsoll.journal.manifest import MANIFEST_NAME
from plimsoll.units.codes import OK
from plimsoll.units.messages import (
    COMMAND_BID,
    COMMAND_DELIST,
    COMMAND_FILL,
    COMMAND_LIST_INSTRUMENT,
    COMMAND_MARK,
    COMMAND_OPEN_ACCOUNT,
    COMMAND_PAY_WITHDRAWAL,
    COMMAND_SET_POLICY,
    COMMAND_SETTLE,
    COMMAND_TICK,
    COMMAND_WRITE_DOWN,
    KIND_ASSET,
    KIND_FUTURE,
    KIND_PERP,
    MODE_STANDARD,
    NAMED_BACKSTOP,
    NAMED_COUNT,
    NAMED_FEES,
    NAMED_FUND,
    NAMED_PENDING,
    STAGE_LIQUIDATING,
    STATUS_OPEN,
)
from plimsoll.units.tables import Ints, array_of
from plimsoll.venue.account import Account
from plimsoll.venue.batch import NO_PAYLOAD
from plimsoll.venue.decimals import COUNT, SHARE, Amount, Time, milliseconds, moment, whole
from plimsoll.venue.errors import InputRefused, VenueError
from plimsoll.venue.happenings import Event, event_of
from plimsoll.venue.instrument import Instrument
from plimsoll.venue.parameters import ListingParameters, PolicyParameters, Terms, policy_of, weight_to_rate
from plimsoll.venue.records import records
from plimsoll.venue.refused import Refused, refusal_of
from plimsoll.venue.registry import Registry
from plimsoll.venue.venue import Venue

NO_PRICE_LIMIT: Final = 0


class Pool:
    """One pool: accounts, instruments, prices, time. ``Pool.open`` makes or opens one; it closes like a file."""

    def __init__(self, venue: Venue, registry: Registry) -> None:
        self.venue = venue
        """The venue underneath: batches, snapshots, recovery."""
        self._registry = registry
        self._lock = RLock()

    @classmethod
    def open(
        cls,
        path: str | PathLike[str] | None = None,
        *,
        settlement: str | None = None,
        policy: PolicyParameters | None = None,
    ) -> "Pool":
        """A pool in memory, or the one journaled in a directory; a directory without one gets a new pool.

        ``settlement`` names the settlement token of a new pool (USDC), ``policy`` changes defaults of a new pool.
        """
        if path is None:
            return cls(Venue.in_memory(policy_of(policy or {})), Registry(None, settlement or "USDC"))
        directory = Path(path)
        if (directory / MANIFEST_NAME).exists():
            if policy is not None:
                raise InputRefused(f"{directory} holds a pool with a policy of its own; change it with set_policy")
            registry = Registry.load(directory)
            if settlement not in (None, registry.settlement):
                raise InputRefused(f"{directory} holds a pool whose settlement token is {registry.settlement}")
            return cls(Venue.open(directory), registry)
        venue = Venue.create(directory, policy_of(policy or {}))
        registry = Registry(directory, settlement or "USDC")
        registry.save()
        return cls(venue, registry)

    # What there is.

    @property
    def tables(self) -> Tables:
        """The engine's tables, to read only; valid until the next command."""
        return self.venue.pool

    @property
    def settlement(self) -> str:
        """The name of the settlement token."""
        return self._registry.settlement

    @property
    def time(self) -> datetime | None:
        """The pool's time: that of the last tick; None before the first."""
        time_ms = int(self.tables.totals[0]["time"])
        return moment(time_ms) if time_ms else None

    @property
    def root(self) -> str:
        """The state root in hexadecimal."""
        return self.venue.root().hex()

    @property
    def instruments(self) -> dict[str, Instrument]:
        """Instruments by name, in the order they were listed; the settlement token is not among them."""
        numbers = range(1, int(self.tables.totals[0]["instruments"]))
        return {one.name: one for one in map(self.numbered, numbers)}

    @property
    def accounts(self) -> tuple[Account, ...]:
        """Open accounts of owners."""
        rows = array_of(self.tables.accounts)[: int(self.tables.totals[0]["accounts"])]
        numbers = np.flatnonzero(rows["status"] == STATUS_OPEN).tolist()
        return tuple(Account(self, number) for number in numbers if number >= NAMED_COUNT)

    @property
    def liquidating(self) -> tuple[Account, ...]:
        """Accounts in liquidation: whom a bid may take over from."""
        rows = array_of(self.tables.accounts)[: int(self.tables.totals[0]["accounts"])]
        chosen = (rows["stage"] == STAGE_LIQUIDATING) & (rows["status"] == STATUS_OPEN)
        return tuple(Account(self, number) for number in np.flatnonzero(chosen).tolist())

    @property
    def fund(self) -> Account:
        """The insurance fund."""
        return Account(self, NAMED_FUND)

    @property
    def fees(self) -> Account:
        """Fees the venue has earned."""
        return Account(self, NAMED_FEES)

    @property
    def backstop(self) -> Account:
        """The backstop, which takes over what nobody bids on."""
        return Account(self, NAMED_BACKSTOP)

    @property
    def pending(self) -> Account:
        """Withdrawals that wait to be paid."""
        return Account(self, NAMED_PENDING)

    def account_at(self, number: int) -> Account:
        """The account with a number that is known; InputRefused when no account was ever there."""
        if not 0 <= number < int(self.tables.totals[0]["accounts"]):
            raise InputRefused(f"there is no account {number}")
        return Account(self, number)

    def instrument(self, name: Instrument | str) -> Instrument:
        """The instrument with a name; InputRefused when it is not listed."""
        if isinstance(name, Instrument):
            return name
        if name == self.settlement:
            return self.numbered(0)
        known = self.instruments
        if name not in known:
            listed = ", ".join(known) or "none yet"
            raise InputRefused(f"{name!r:.60} is not listed; instruments: {listed}")
        return known[name]

    def numbered(self, number: int) -> Instrument:
        """The instrument with a number; 0 (and -1 in events) is the settlement token."""
        number = max(number, 0)
        scale = int(self.tables.instruments[number]["scale"])
        return Instrument(lambda: self.tables, number, self._registry.name(number), self._registry.lot(number, scale))

    # What may be done.

    def submit(self, batch: Array, payload: Ints = NO_PAYLOAD) -> Ints:
        """Journal and apply a batch of records (dtype ``plimsoll.engine.COMMAND``); one result code each, 0 is ok.

        Records whose id is 0 get the next ids; the caller's array is not changed.
        """
        with self._lock:
            unnumbered = np.flatnonzero(batch["id"] == 0)
            if unnumbered.size:
                batch = batch.copy()
                highest = max(int(self.tables.totals[0]["id_highest"]), int(batch["id"].max()))
                batch["id"][unnumbered] = np.arange(highest + 1, highest + 1 + unnumbered.size)
            return self.venue.submit(batch, payload)

    def command(self, kind: int, check: bool, columns: Mapping[str, int], payload: Ints = NO_PAYLOAD) -> Refused | None:
        """Submit one command of the rule book by its columns; a refusal is raised, or returned without ``check``."""
        with self._lock:
            batch = records(kind, payload_words=payload.size, **columns)
            code = int(self.submit(batch, payload)[0])
            refused = None if code == OK else refusal_of(self.tables, batch[0], code)
        if refused is not None and check:
            raise refused
        return refused

    def list_perp(
        self,
        name: str,
        *,
        lot: Amount = "0.000001",
        mark_max: Amount = "1000000",
        initial: Amount = "0.05",
        maintenance: Amount = "0.03",
        **parameters: Unpack[ListingParameters],
    ) -> Instrument:
        """List a perpetual. ``lot`` in coins, ``mark_max`` per coin, rates as fractions; see docs/library.md."""
        return self._list(KIND_PERP, name, lot, mark_max, initial, maintenance, None, parameters)

    def list_future(
        self,
        name: str,
        *,
        expiry: Time,
        lot: Amount = "0.000001",
        mark_max: Amount = "1000000",
        initial: Amount = "0.05",
        maintenance: Amount = "0.03",
        **parameters: Unpack[ListingParameters],
    ) -> Instrument:
        """List a future that settles at ``expiry`` at the average mark of its ``settlement_window``."""
        return self._list(KIND_FUTURE, name, lot, mark_max, initial, maintenance, expiry, parameters)

    def list_asset(
        self,
        name: str,
        *,
        weight: Amount = "0.9",
        weight_maintenance: Amount | None = None,
        lot: Amount = "0.000001",
        mark_max: Amount = "1000000",
        **parameters: Unpack[ListingParameters],
    ) -> Instrument:
        """List an asset as collateral: ``weight`` of its value counts (for maintenance as well, unless given)."""
        initial = weight_to_rate(weight, "weight")
        maintenance = initial
        if weight_maintenance is not None:
            maintenance = weight_to_rate(weight_maintenance, "weight_maintenance")
        return self._list(KIND_ASSET, name, lot, mark_max, initial, maintenance, None, parameters)

    def _list(
        self,
        kind: int,
        name: str,
        lot: Amount,
        mark_max: Amount,
        initial: Amount,
        maintenance: Amount,
        expiry: Time | None,
        parameters: Mapping[str, Any],
    ) -> Instrument:
        self._registry.require_new(name)
        terms = Terms(
            kind,
            lot=lot,
            mark_max=mark_max,
            rate_initial=initial,
            rate_maintenance=maintenance,
            expiry=expiry,
            parameters=parameters,
        )
        return self.list_row(name, terms.lot, terms.row)

    def list_row(self, name: str, lot: Decimal, row: Mapping[str, int]) -> Instrument:
        """List an instrument from the engine's integers (the fields of ``ListingRow``); ``lot`` in coins."""
        self._registry.require_new(name)
        payload = np.array([row[column] for column in LISTING_FIELDS], np.int64)
        with self._lock:
            number = int(self.tables.totals[0]["instruments"])
            self._registry.write(number, name, lot)
            refused = self.command(COMMAND_LIST_INSTRUMENT, False, {"instrument": number}, payload)
            if refused is not None:
                self._registry.remove(number)
                raise refused
            return self.numbered(number)

    def set_policy(self, *, check: bool = True, **parameters: Unpack[PolicyParameters]) -> Refused | None:
        """Change parameters of the pool; the others stay."""
        now = self.tables.policy[0]
        row = {name: int(array_of(now)[name]) for name in POLICY_FIELDS} | policy_of(parameters)
        payload = np.array([row[name] for name in POLICY_FIELDS], np.int64)
        return self.command(COMMAND_SET_POLICY, check, {}, payload)

    def account(self, *, owner: int, isolated: Instrument | str | None = None) -> Account:
        """Open an account for an owner (a positive number); ``isolated``: the one contract it may hold."""
        contract = self.instrument(isolated).number if isolated is not None else 0
        with self._lock:
            number = int(self.tables.totals[0]["accounts"])
            columns = {"account": number, "counterparty": whole(owner, COUNT, "owner"), "instrument": contract}
            self.command(COMMAND_OPEN_ACCOUNT, True, columns | {"flags": MODE_STANDARD})
        return Account(self, number)

    def tick(
        self,
        time: Time | None = None,
        marks: Mapping[Instrument, Amount] | Mapping[str, Amount] | None = None,
        *,
        check: bool = True,
    ) -> Refused | None:
        """Move time (None: it stays) and look at every account; with ``marks``, at these prices, new at that time."""
        with self._lock:
            time_ms = int(self.tables.totals[0]["time"]) if time is None else milliseconds(time)
            tick = records(COMMAND_TICK, time=time_ms)
            prices = [self._mark(one, price, time_ms) for one, price in (marks or {}).items()]
            batch = np.concatenate([tick, *prices, tick]) if prices else tick
            codes = self.submit(batch)
            wrong = np.flatnonzero(codes)
            refused = refusal_of(self.tables, batch[wrong[0]], int(codes[wrong[0]])) if wrong.size else None
        if refused is not None and check:
            raise refused
        return refused

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
        time_ms = int(self.tables.totals[0]["time"]) if time is None else milliseconds(time)
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
        mark = int(self.tables.instruments[one.number]["mark"])
        columns = {
            "account": taker.number,
            "counterparty": maker.number,
            "instrument": one.number,
            "lots": one.lots(quantity),
            "price": mark if price is None else one.micros(price),
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
        check: bool = True,
    ) -> Refused | None:
        """Take over from an account in liquidation, at the mark and for the fee: of its next leg (the only one that
        may be named), at most ``quantity`` coins, no worse than ``limit``.
        """
        with self._lock:
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
            }
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

    # What happened.

    def events(self) -> Iterator[Event]:
        """Events since the last call, decoded, oldest first."""
        rows: list[tuple[int, ...]] = self.venue.events().tolist()
        return (event_of(row, self.numbered) for row in rows)

    def identities(self) -> list[str]:
        """Identities of the books that do not hold; empty, or the engine has a bug."""
        return self.venue.identities()

    def snapshot(self) -> Path:
        """Write the state beside the journal, so that opening is quick; VenueError for a pool in memory."""
        if self.venue.directory is None:
            raise VenueError("a pool in memory has no directory for a snapshot")
        return self.venue.snapshot()

    def close(self) -> None:
        """Let go of the journal. What was acknowledged is on disk already."""
        self.venue.close()

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<pool in {self.venue.directory or 'memory'}, {self.venue.sequence} records>"
