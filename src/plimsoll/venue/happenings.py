"""Events for people: one decoded line for each event of the engine."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from plimsoll.units import messages
from plimsoll.units.messages import EventRecord, name_of
from plimsoll.venue.decimals import moment, share, tokens
from plimsoll.venue.instrument import Instrument

Value = Decimal | datetime | int | str | None

_ORDERS: Final = {messages.EVENT_RESERVED, messages.EVENT_RELEASED}
_NUMBER: Final = {
    messages.EVENT_ACCOUNT_OPENED: "owner",
    messages.EVENT_ACCOUNT_CLOSED: "owner",
    messages.EVENT_DUSTED: "instrument_number",
    messages.EVENT_CLASS_PUBLISHED: "risk_class",
    messages.EVENT_ARRAYS_PUBLISHED: "risk_class",
    messages.EVENT_POT_SET: "pot",
    messages.EVENT_CURVE_SET: "curve",
    messages.EVENT_ENDORSED: "endorsed",
}
_POT: Final = {messages.EVENT_SHARES_CHANGED, messages.EVENT_UNSTAKING}
"""Of shares: the pot's number stands where others have a price."""
_BOND: Final = {messages.EVENT_COMMITTED, messages.EVENT_BOND_RETURNED, messages.EVENT_BOND_LOST}
_NO_PRICE: Final = _POT | {messages.EVENT_LIMITS_SET, messages.EVENT_REVEALED, messages.EVENT_BATCH_ENDED}
_TIME: Final = {
    messages.EVENT_GRACE_STARTED: "until",
    messages.EVENT_CALLED: "deadline",
    messages.EVENT_DELISTED: "expiry",
}
_DURATION: Final = {
    messages.EVENT_LIQUIDATION_ENDED: "milliseconds",
    messages.EVENT_SETTLEMENT_PRICED: "milliseconds_averaged",
}
_PRICE: Final = {messages.EVENT_MARKED: "confidence", messages.EVENT_FUNDING_APPLIED: "change"}
_WORD: Final = {
    messages.EVENT_ORACLE_STATE_CHANGED: ("state", "ORACLE"),
    messages.EVENT_LISTED: ("listed", "KIND"),
    messages.EVENT_INSTRUMENT_SET: ("listed", "KIND"),
    messages.EVENT_MODE_SET: ("mode", "MODE"),
}
_MONEY: Final = {
    messages.EVENT_FILLED: "realised",
    messages.EVENT_REALISED: "realised",
    messages.EVENT_SETTLED: "loss",
    messages.EVENT_RESERVED: "reserved",
    messages.EVENT_RELEASED: "reserved",
    messages.EVENT_CALL_ENDED: "equity",
    messages.EVENT_TRIGGERED: "level",
    messages.EVENT_LIQUIDATION_STARTED: "equity",
    messages.EVENT_INSOLVENT: "deficit",
    messages.EVENT_AUCTION_STARTED: "keeper_due",
    messages.EVENT_LIQUIDATED: "loss",
    messages.EVENT_TAKEN_OVER: "loss",
    messages.EVENT_DELEVERAGED: "loss",
    messages.EVENT_LOSS_SOCIALISED: "loss",
    messages.EVENT_BAD_DEBT: "loss",
}


class Event(NamedTuple):
    """What happened to ``account`` (None: to no single one). ``quantity``, ``cost`` and ``cash`` are changes.

    ``details`` names what else the kind says; of orders ``quantity`` is that of the open lots, signed by the engine.
    ``record`` is the event in the engine's integers.
    """

    sequence: int
    kind: str
    account: int | None
    counterparty: int | None
    instrument: str | None
    quantity: Decimal
    price: Decimal | None
    cost: Decimal
    cash: Decimal
    fee: Decimal
    details: dict[str, Value]
    record: EventRecord

    def __str__(self) -> str:
        words = [f"{self.sequence} {self.kind}"]
        for name in ("account", "counterparty", "instrument", "quantity", "price", "cost", "cash", "fee"):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, Decimal) or value != 0):
                words.append(f"{name}={_said(value)}")
        words += [f"{name}={_said(value)}" for name, value in self.details.items()]
        return " ".join(words)


def event_of(row: tuple[int, ...], instruments: Callable[[int], Instrument]) -> Event:
    """A row of the event table, decoded."""
    record = EventRecord._make(row)
    about = instruments(record.instrument)
    orders = record.kind in _ORDERS
    named = record.instrument > 0
    return Event(
        record.sequence,
        name_of("EVENT", record.kind),
        record.account if record.account >= 0 else None,
        record.counterparty if record.counterparty >= 0 else None,
        about.name if named or record.kind == messages.EVENT_MARKED else None,
        about.quantity_of(record.order_lots if orders else record.lots),
        _price(record, about),
        tokens(record.cost),
        tokens(record.cash),
        tokens(record.fee),
        _details(record, about),
        record,
    )


def _price(record: EventRecord, about: Instrument) -> Decimal | None:
    if record.kind in _NO_PRICE or (record.price == 0 and record.kind != messages.EVENT_MARKED):
        return None
    return about.price_of(record.price)


def _details(record: EventRecord, about: Instrument) -> dict[str, Value]:
    kind, amount = record.kind, record.amount
    if kind == messages.EVENT_LIMITS_SET:
        return {"leverage_rate": share(record.price), "trigger": share(amount)}
    if kind in _POT:
        return {"pot": record.price, "shares": amount}
    if kind in _BOND:
        return {"bid_on": amount}
    if kind in (messages.EVENT_REVEALED, messages.EVENT_BATCH_ENDED):
        return {"part": share(amount), "discount": share(record.price)}
    if kind in _NUMBER:
        return {_NUMBER[kind]: amount}
    if kind in _DURATION:
        return {_DURATION[kind]: amount}
    if kind in _TIME:
        return {_TIME[kind]: moment(amount) if amount else None}
    if kind in _PRICE:
        return {_PRICE[kind]: about.price_of(amount)} if amount else {}
    if kind in _WORD:
        name, prefix = _WORD[kind]
        return {name: name_of(prefix, amount)}
    if kind in _MONEY:
        return {_MONEY[kind]: tokens(amount)} if amount else {}
    return {"amount": amount} if amount else {}


def _said(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, datetime) else str(value)
