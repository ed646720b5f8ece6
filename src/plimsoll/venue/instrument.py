"""An instrument as people see it: a name, coins and prices per coin; lots and marks per unit stay inside."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from plimsoll.book.layout import Pool as Tables
from plimsoll.book.rows import ListingRow
from plimsoll.units.limits import MICROS_PER_TOKEN
from plimsoll.units.messages import name_of
from plimsoll.venue.decimals import Amount, moment, plain, whole
from plimsoll.venue.errors import InputRefused
from plimsoll.venue.parameters import mark_multiplier

Read = Callable[[], Tables]


class Instrument:
    """One instrument of a pool; quantities are coins, prices tokens per coin. The settlement token is one, too."""

    def __init__(self, read: Read, number: int, name: str, lot: Decimal) -> None:
        self._read = read
        self.number = number
        self.name = name
        self.lot = lot
        """Coins in one lot."""

    @property
    def _row(self) -> Any:
        return self._read().instruments[self.number]

    @property
    def kind(self) -> str:
        """``asset``, ``perp``, ``future`` or ``option``."""
        return name_of("KIND", int(self._row["kind"]))

    @property
    def status(self) -> str:
        """``open``, ``reduce_only``, ``settling`` or ``closed``."""
        return name_of("STATUS", int(self._row["status"]))

    @property
    def oracle_state(self) -> str:
        """Whether the mark may be used, and why not: ``valid``, ``stale_for_fill``, ..."""
        return name_of("ORACLE", int(self._row["oracle_state"]))

    @property
    def mark(self) -> Decimal:
        """The last accepted mark; 0 before the first."""
        return self.price_of(int(self._row["mark"]))

    @property
    def mark_max(self) -> Decimal:
        """The largest price it may have."""
        return self.price_of(int(self._row["mark_max"]))

    @property
    def risk_class(self) -> int:
        """The number of its risk class; 0 for none."""
        return int(self._row["risk_class"])

    @property
    def strike(self) -> Decimal | None:
        """The strike of an option, tokens per coin; None for anything else."""
        return self.price_of(int(self._row["strike"])) if self._row["option_type"] else None

    @property
    def option_type(self) -> str | None:
        """``call`` or ``put``; None for anything else."""
        return name_of("OPTION", int(self._row["option_type"])) if self._row["option_type"] else None

    @property
    def expiry(self) -> datetime | None:
        """When a series settles; None for what does not expire."""
        return moment(int(self._row["expiry"])) if self._row["expiry"] else None

    @property
    def open_interest(self) -> Decimal:
        """Sum of the long positions, in coins."""
        return self.quantity_of(int(self._row["open_lots"]))

    @property
    def parameters(self) -> dict[str, int]:
        """The listing as the engine has it, in its integers."""
        return {name: int(self._row[name]) for name in ListingRow.__annotations__}

    def lots(self, quantity: Amount, what: str = "quantity") -> int:
        """Lots of so many coins; InputRefused when it is not a whole number of lots."""
        return whole(quantity, 1 / Fraction(self.lot), f"{self.name}: {what}")

    def micros(self, price: Amount, what: str = "price") -> int:
        """Micros per unit of a price per coin; InputRefused when it is finer than that."""
        return whole(price, mark_multiplier(self.lot, int(self._row["scale"])), f"{self.name}: {what}")

    def quantity_of(self, lots: int) -> Decimal:
        """Coins of so many lots."""
        return plain(Fraction(self.lot) * int(lots))

    def price_of(self, mark: int) -> Decimal:
        """The price per coin of a mark in micros per unit."""
        unit = Fraction(self.lot) * 10 ** int(self._row["scale"])
        return plain(Fraction(int(mark), MICROS_PER_TOKEN) / unit)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Instrument) and (self.number, self.name) == (other.number, other.name)

    def __hash__(self) -> int:
        return hash((self.number, self.name))

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name}>"


def trading_mark(one: Instrument) -> int:
    """The mark, in micros per unit, a trade without a price is at; InputRefused where there is none yet."""
    mark = one.micros(one.mark)
    if mark == 0 and one.kind != "option":
        raise InputRefused(f"{one.name} has no mark yet: give a price, or publish a mark (tick, mark)")
    if mark == 0:
        raise InputRefused(f"{one.name} is worth nothing at its mark or has no table yet: give a price")
    return mark
