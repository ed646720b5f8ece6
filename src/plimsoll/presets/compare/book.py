"""What is compared: one account and the market around it, in coins and tokens, before any venue has looked at it.

Whether a venue can express it is decided later (``NotCovered``); here only what no venue could use is refused.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Final

from plimsoll.presets.preset import SYMBOL_OF_PERP
from plimsoll.units.limits import MICROS_PER_TOKEN
from plimsoll.venue import InputRefused
from plimsoll.venue.decimals import TOKENS, plain, whole
from plimsoll.venue.parameters import leverage_rate

VOL_MAX: Final = 10
"""A thousand per cent a root year: no option trades above."""


class NotCovered(Exception):
    """The preset's venue cannot hold this portfolio; the text says why."""


@dataclass(frozen=True)
class Position:
    """Coins of a contract (negative: short) and the average price they were entered at."""

    instrument: str
    quantity: Decimal
    entry: Decimal


@dataclass(frozen=True)
class Order:
    """An open order: coins (negative: an ask) and its price."""

    instrument: str
    quantity: Decimal
    price: Decimal


@dataclass(frozen=True)
class OptionPosition:
    """Coins of a European option; its premium is in the cash. ``seconds`` to expiry, ``vol`` per root year (0.6)."""

    name: str
    coin: str
    strike: Decimal
    is_call: bool
    seconds: int
    vol: float
    quantity: Decimal


@dataclass(frozen=True, kw_only=True)
class Book:
    """The portfolio. ``collateral`` coins by asset, ``marks`` tokens a coin by instrument or asset."""

    cash: Decimal = Decimal(0)
    collateral: Mapping[str, Decimal] = field(default_factory=dict)
    marks: Mapping[str, Decimal] = field(default_factory=dict)
    positions: Sequence[Position] = ()
    orders: Sequence[Order] = ()
    options: Sequence[OptionPosition] = ()
    leverage_cap: Decimal | None = None
    settlement_price: Decimal = Decimal(1)

    def __post_init__(self) -> None:
        """InputRefused for prices, quantities and vols no market has, and for options that are there twice.

        Prices and cash are whole micros, so that a book that is not moved is not rounded.
        """
        for name, number in self._numbers():
            _require(number.is_finite(), f"{name}: {number} is not a number")
        whole(self.cash, TOKENS, "cash")
        if self.leverage_cap is not None:
            leverage_rate(self.leverage_cap, "leverage_cap")
        for name, price in {**self.marks, "the settlement token": self.settlement_price}.items():
            _require(whole(price, TOKENS, f"marks.{name}") > 0, f"marks.{name}: must be above 0")
        for name in self.used:
            _require(name in self.marks, f"marks: {name} has no price")
        for name, quantity in self.collateral.items():
            _require(quantity >= 0, f"collateral.{name}: must not be negative")
        for name, price in self._prices():
            _require(price > 0, f"{name}: its price must be above 0")
        self._require_options()

    def _require_options(self) -> None:
        for option in self.options:
            _require(option.strike > 0, f"{option.name}: strike must be above 0")
            _require(option.seconds > 0, f"{option.name}: it has expired; leave it out, its pay-out is cash")
            known = math.isfinite(option.vol) and 0 < option.vol <= VOL_MAX
            _require(known, f"{option.name}: vol must be above 0 and at most {VOL_MAX} (0.6 is 60 %)")
            self.spot(option.coin)
        names = [one.name for one in self.options]
        terms = [(one.coin, one.seconds, one.strike, one.is_call) for one in self.options]
        for name, term in zip(names, terms):
            twice = names.count(name) > 1 or terms.count(term) > 1
            _require(not twice, f"{name}: it is there twice; give one row with the sum")

    def _prices(self) -> Iterator[tuple[str, Decimal]]:
        yield from ((one.instrument, one.entry) for one in self.positions)
        yield from ((one.instrument, one.price) for one in self.orders)

    def _numbers(self) -> Iterator[tuple[str, Decimal]]:
        """Every decimal of the book, with what it is called in a message."""
        yield "cash", self.cash
        yield "the settlement token's price", self.settlement_price
        yield "leverage_cap", self.leverage_cap or Decimal(0)
        yield from {**self.collateral}.items()
        yield from ((f"marks.{name}", price) for name, price in self.marks.items())
        for one in self.positions:
            yield from ((one.instrument, number) for number in (one.quantity, one.entry))
        for order in self.orders:
            yield from ((order.instrument, number) for number in (order.quantity, order.price))
        for option in self.options:
            yield from ((option.name, number) for number in (option.strike, option.quantity))

    @property
    def contracts(self) -> list[str]:
        """Contracts held or in orders, each once."""
        names = [*(one.instrument for one in self.positions), *(one.instrument for one in self.orders)]
        return list(dict.fromkeys(names))

    @property
    def used(self) -> list[str]:
        """Every instrument and asset that needs a price of its own."""
        return list(dict.fromkeys([*self.contracts, *self.collateral]))

    @property
    def coins(self) -> list[str]:
        """The coins whose price moves the account, each once, contracts first."""
        named = [coin_of(name) for name in self.contracts]
        return list(dict.fromkeys([*named, *(one.coin for one in self.options), *self.collateral]))

    def spot(self, coin: str) -> Decimal:
        """The price of a coin: its own mark, or that of its perpetual."""
        for name in (coin, coin + SYMBOL_OF_PERP):
            if name in self.marks:
                return self.marks[name]
        raise InputRefused(f"marks: {coin} has no price, nor has {coin}{SYMBOL_OF_PERP}")

    def main_instrument(self, coin: str) -> str:
        """What a price of the coin is told by: its contract if one is held, else the coin."""
        return next((name for name in self.contracts if coin_of(name) == coin), coin)

    def main_price(self, coin: str) -> Decimal:
        """The present price of the main instrument."""
        name = self.main_instrument(coin)
        return self.marks[name] if name in self.marks else self.spot(coin)

    def main_coin(self) -> str | None:
        """The coin with the largest gross notional; None for an account of cash alone."""
        return max(self.coins, key=self.gross_notional, default=None)

    def gross_notional(self, coin: str | None = None) -> Decimal:
        """Tokens of all contracts at their marks, options at their coin's price, coins of collateral left out.

        With a coin, that coin's alone, and its collateral counted, so that every coin held has some.
        """
        total = Decimal(0)
        for one in self.positions:
            if coin in (None, coin_of(one.instrument)):
                total += abs(one.quantity) * self.marks[one.instrument]
        for option in self.options:
            if coin in (None, option.coin):
                total += abs(option.quantity) * self.spot(option.coin)
        if coin is not None and coin in self.collateral:
            total += self.collateral[coin] * self.spot(coin)
        return total

    def moved(self, coin: str, factor: Fraction) -> "Book":
        """The book with every price of a coin times ``factor``, to the nearest micro; vols and time stand still."""
        marks = {name: _times(price, factor) if coin_of(name) == coin else price for name, price in self.marks.items()}
        return replace(self, marks=marks)


def coin_of(name: str) -> str:
    """The coin of an instrument: ``BTC`` of ``BTC-PERP``."""
    return name.split("-", 1)[0]


def _times(price: Decimal, factor: Fraction) -> Decimal:
    """To the nearest micro, and never nothing."""
    return plain(Fraction(max(1, round(Fraction(price) * factor * MICROS_PER_TOKEN)), MICROS_PER_TOKEN))


def _require(holds: bool, text: str) -> None:
    if not holds:
        raise InputRefused(text)
