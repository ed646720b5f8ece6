"""From a portfolio file to the book that is compared: names of options read, times to expiry told, nothing rounded."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from plimsoll.cli.portfolio import OptionPart, Portfolio
from plimsoll.presets.compare import Book, OptionPosition, Order, Position
from plimsoll.venue import InputRefused
from plimsoll.venue.decimals import Time, milliseconds, moment
from plimsoll.venue.ladder import MONTHS

DAY_SECONDS: Final = 86_400
SECONDS_MAX: Final = 10 * 365 * DAY_SECONDS
EXPIRY_HOUR: Final = 8
"""UTC: when the options of Deribit, Derive and Paradex expire."""
_NAME: Final = re.compile(r"(?P<coin>[A-Za-z0-9]+)-(?P<day>[0-9A-Za-z]+)-(?P<strike>[0-9.]+)-(?P<type>[CP])", re.ASCII)
_DAY: Final = re.compile(r"(?P<day>\d{1,2})(?P<month>[A-Z]{3})(?P<year>\d{2})", re.ASCII)
_DIGITS: Final = re.compile(r"\d{8}", re.ASCII)


def book_of(portfolio: Portfolio) -> Book:
    """The book of a portfolio file; InputRefused in one line for what no venue could use."""
    if portfolio.settlement in portfolio.collateral:
        raise InputRefused(f"collateral: {portfolio.settlement} goes under cash")
    marks = {name: price for name, price in portfolio.marks.items() if name != portfolio.settlement}
    now = None if portfolio.time is None else milliseconds(portfolio.time, "time")
    return Book(
        cash=portfolio.cash,
        collateral=portfolio.collateral,
        marks=marks,
        positions=[Position(one.instrument, one.quantity, one.entry) for one in portfolio.positions],
        orders=[Order(one.instrument, one.quantity, one.price) for one in portfolio.orders],
        options=[_option(one, now, f"options[{place}]") for place, one in enumerate(portfolio.options)],
        leverage_cap=portfolio.leverage_cap,
        settlement_price=portfolio.marks.get(portfolio.settlement, Decimal(1)),
    )


def _option(part: OptionPart, now: int | None, where: str) -> OptionPosition:
    """An option by its name, or by its terms; ``now`` in milliseconds is needed where it has a date."""
    named = _NAME.fullmatch(part.name or "")
    terms = (part.coin, part.strike, part.type)
    lengths = [one for one in (part.expiry, part.days, part.seconds) if one is not None]
    if named is not None:
        if any(one is not None for one in (*terms, *lengths)):
            raise InputRefused(f"{where}: {part.name} says coin, expiry, strike and type; give them there alone")
        coin, strike, is_call = named["coin"], _decimal(named["strike"], where), named["type"] == "C"
        seconds = _seconds_until(_day(named["day"], where), now, where)
        return OptionPosition(named[0], coin, strike, is_call, seconds, float(part.vol), part.quantity)
    if part.coin is None or part.strike is None or part.type is None or len(lengths) != 1:
        raise InputRefused(
            f"{where}: give a name like BTC-27MAR26-60000-C, or coin, strike, type and one of expiry, days, seconds"
        )
    seconds = _seconds(part, now, where)
    label = part.name or f"{part.coin} {part.strike:f} {part.type} in {seconds} s"
    return OptionPosition(label, part.coin, part.strike, part.type == "call", seconds, float(part.vol), part.quantity)


def _seconds(part: OptionPart, now: int | None, where: str) -> int:
    if part.expiry is not None:
        return _seconds_until(_moment(part.expiry, where), now, where)
    left = part.seconds if part.seconds is not None else (part.days or Decimal(0)) * DAY_SECONDS
    return _within(int(left), where)


def _moment(expiry: Time, where: str) -> Time:
    """A time as it is, a venue's day as the hour its options expire."""
    return _day(expiry, where) if isinstance(expiry, str) and _DAY.fullmatch(expiry) else expiry


def _day(text: str, where: str) -> datetime:
    """``27MAR26`` or ``20260327``: the hour at which options expire on that day."""
    try:
        if _DIGITS.fullmatch(text):
            return datetime(int(text[:4]), int(text[4:6]), int(text[6:]), EXPIRY_HOUR, tzinfo=UTC)
        parts = _DAY.fullmatch(text)
        if parts is not None and parts["month"] in MONTHS:
            month = MONTHS.index(parts["month"]) + 1
            return datetime(2000 + int(parts["year"]), month, int(parts["day"]), EXPIRY_HOUR, tzinfo=UTC)
    except ValueError:
        pass
    raise InputRefused(f"{where}: {text!r:.40} is no day like 27MAR26 or 20260327")


def _seconds_until(expiry: Time, now: int | None, where: str) -> int:
    if now is None:
        raise InputRefused(f'{where}: a date of expiry needs the time of the marks: time = "2026-01-02T08:00:00Z"')
    ends = milliseconds(expiry, f"{where}.expiry")
    if ends <= now:
        raise InputRefused(f"{where}: it expired at {moment(ends).isoformat()}; leave it out, its pay-out is cash")
    return _within((ends - now) // 1000, where)


def _within(seconds: int, where: str) -> int:
    if not 0 < seconds <= SECONDS_MAX:
        raise InputRefused(
            f"{where}: time to expiry must be from a second to {timedelta(seconds=SECONDS_MAX).days} days"
        )
    return seconds


def _decimal(text: str, where: str) -> Decimal:
    if text.count(".") > 1 or text == ".":
        raise InputRefused(f"{where}: {text!r} is no strike")
    return Decimal(text)
