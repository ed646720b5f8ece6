"""What an account of a vector is made of: lines, one an instrument, in coins and tokens; and their units.

A unit is a coin, or ten, a hundred, … coins where a position is too large for that or a price has too few digits. A lot
is 10^-6 coins, or less in a small account: about where rounding positions to lots costs what rounding values to quanta
does. All members of a class have the same unit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import Final

from plimsoll.presets.measure import BeyondLimits
from plimsoll.risk.table import ClassTable
from plimsoll.units.limits import MICROS_PER_TOKEN
from plimsoll.units.messages import KIND_ASSET

LOT_DIGITS_LEAST: Final = 6
LOT_DIGITS_MOST: Final = 8
SCALE_ALONE: Final = 9
"""A unit of an instrument without a class is 10^9 lots: it has no products that must fit."""
BALANCE_DIGITS: Final = 8.4
"""Products have 61 bits: of positions of about a coin this many digits balance those left for their values."""
COINS_DIGITS_MAX: Final = 6
AMOUNT_MAX: Final = 9_000
"""Units of the largest position; the engine allows 10^4."""
MARK_LEAST: Final = 10**8
"""A mark of fewer micros would carry too few digits of its price."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """An instrument, and how much of it the account holds, in coins and tokens a coin; shares as fractions.

    ``profit``: value less cost of a contract. ``uncertain``: what the mark's confidence is published as. An option has
    no price of its own; its value comes with the arrays of its class. ``price_max`` is the most it may be worth.
    ``open_value``: what all long positions are worth, in tokens, against the bounds of open interest.
    """

    kind: int
    amount: float = 0.0
    price: float = 0.0
    price_max: float = 0.0
    profit: float = 0.0
    maintenance: float = 0.0
    initial: float = 0.0
    reserved: float = 0.0
    uncertain: float = 0.0
    confidence_factor: float = 0.0
    confidence_threshold: float = 0.0
    open_lower: float = 0.0
    open_upper: float = 0.0
    open_value: float = 0.0
    risk_class: int = 0
    risk_group: int = 0
    strike: float = 0.0
    is_call: bool = False

    @property
    def highest(self) -> float:
        """The most it may be worth."""
        return max(self.price, self.price_max)

    @property
    def open_amount(self) -> float:
        """Coins that others hold long."""
        return self.open_value / self.price if self.price > 0 else 0.0


@dataclass(frozen=True, kw_only=True)
class Account:
    """Cash and lines; line k is instrument k + 1. ``classes`` are published with the numbers of their instruments."""

    cash: float
    lines: Sequence[Line]
    classes: Sequence[ClassTable] = ()
    portfolio: bool = True
    settlement_price: float = 1.0
    depeg_threshold: float = 0.0


class Units:
    """Coins in a unit of each line; one figure for all members of a class."""

    def __init__(self, account: Account) -> None:
        own = [_coins_digits(one) for one in account.lines]
        largest = max((abs(one.amount) for one in account.lines if one.risk_class), default=0.0)
        self._member_digits = lot_digits_of(largest)
        self._members = [one.risk_class > 0 for one in account.lines]
        classes = {number: 0 for number in (one.risk_class for one in account.lines)}
        for line, digits in zip(account.lines, own):
            classes[line.risk_class] = max(classes[line.risk_class], digits)
        self._classes = classes
        self.digits = [classes[one.risk_class] if one.risk_class else k for one, k in zip(account.lines, own)]
        # A class's spot is the mark of its underlying for one of the class's units.
        for table in account.classes:
            self.digits[table.underlying - 1] = self.of_class(table.number)

    def coins(self, line: int) -> int:
        """Coins in a unit of a line."""
        return int(10 ** self.digits[line])

    def scale(self, line: int) -> int:
        """A unit is 10^scale lots."""
        return self.lot_digits(line) + self.digits[line]

    def lot_digits(self, line: int) -> int:
        """A lot of a line is 10^-lot_digits coins; members of classes have the same."""
        return self._member_digits if self._members[line] else SCALE_ALONE - self.digits[line]

    def lots(self, line: int, amount: float) -> int:
        """Coins of a line as lots, to the nearest."""
        return round(amount * 10.0 ** self.lot_digits(line))

    def of_class(self, number: int) -> int:
        """Digits of the coins in a unit of a class's members."""
        return self._classes.get(number, 0)

    def class_scale(self, number: int) -> int:
        """A unit of a class's members is 10^scale lots."""
        return self._member_digits + self.of_class(number)


def lot_digits_of(largest: float) -> int:
    """Digits of a lot in an account whose largest position of a class is so many coins."""
    if largest <= 0:
        return LOT_DIGITS_LEAST
    return min(max(floor(BALANCE_DIGITS - log10(largest)), LOT_DIGITS_LEAST), LOT_DIGITS_MOST)


def _coins_digits(line: Line) -> int:
    """Digits of the coins in a unit: a position is at most 10^4 units, and a mark has digits enough."""
    wanted = 0
    while max(abs(line.amount), line.open_amount) > AMOUNT_MAX * 10**wanted or (
        line.risk_class == 0 and line.kind == KIND_ASSET and 0 < line.price * 10**wanted * MICROS_PER_TOKEN < MARK_LEAST
    ):
        wanted += 1
        if wanted > COINS_DIGITS_MAX:
            raise BeyondLimits("a position is too large, or its price too small, for the engine's units")
    return wanted
