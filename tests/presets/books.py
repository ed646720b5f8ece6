"""Books the comparison's tests share."""

from decimal import Decimal

from plimsoll.presets.compare import Book, OptionPosition, Position

DAY = 86_400


def number(value):
    return Decimal(str(value))


def option(strike, kind, quantity, *, days=30, vol=0.6, coin="BTC", name=None):
    label = name or f"{coin}-{days}d-{strike}-{kind}"
    return OptionPosition(label, coin, number(strike), kind == "C", days * DAY, vol, number(quantity))


def position(quantity, entry, instrument="BTC-PERP"):
    return Position(instrument, number(quantity), number(entry))


def book(cash, *held, marks=None, **more):
    """A book from positions and options; BTC and its perpetual at 60,000 unless given."""
    prices = {"BTC": 60_000, "BTC-PERP": 60_000} if marks is None else marks
    return Book(
        cash=number(cash),
        marks={name: number(price) for name, price in prices.items()},
        positions=[one for one in held if isinstance(one, Position)],
        options=[one for one in held if isinstance(one, OptionPosition)],
        **more,
    )
