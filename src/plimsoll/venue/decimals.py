"""The edge between people's decimals and the engine's integers. Exact, or refused; a float is never exact.

    micros = tokens * 10^6          ppb = fraction * 10^9          milliseconds = seconds * 10^3
    lots = quantity / lot           mark = price * lot * unit * 10^6      (micros per unit = 10^scale lots)

Nothing here rounds, except that times lose what is finer than a millisecond.
"""

import re
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal
from fractions import Fraction
from numbers import Integral
from typing import Final

from plimsoll.units.limits import INT64_MAX, INT64_MIN, MICROS_PER_TOKEN, PPB
from plimsoll.venue.errors import InputRefused

Amount = Decimal | int | str
"""What may stand for a number at the edge."""

Time = str | datetime | int
"""ISO text (UTC when it names no zone), a datetime with a zone, or milliseconds since 1970."""

TOKENS: Final = Fraction(MICROS_PER_TOKEN)
SHARE: Final = Fraction(PPB)
SECONDS: Final = Fraction(1000)
COUNT: Final = Fraction(1)

DIGITS_MAX: Final = 64
CALENDAR_END_MS: Final = 253_402_300_799_999
"""The last millisecond of the year 9999: what a datetime can say."""
_EXPONENT_MAX: Final = 64
_DECIMAL: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,6})?", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EXACT: Final = Context(prec=80)


def decimal_of(value: Amount, what: str) -> Decimal:
    """The value as a finite decimal; TypeError for a float, InputRefused for what is no plain number."""
    if isinstance(value, float):
        raise TypeError(f"{what}: floats are not exact; write '{value!r}' in quotes, or a Decimal")
    if isinstance(value, bool) or not isinstance(value, (Decimal, str, Integral)):
        raise TypeError(f"{what}: give a Decimal, an int or text, not {type(value).__name__}")
    if isinstance(value, str):
        if len(value) > DIGITS_MAX:
            raise InputRefused(f"{what}: {value[:16]}... has more than {DIGITS_MAX} characters")
        if not _DECIMAL.fullmatch(value.strip()):
            raise InputRefused(f"{what}: {value!r} is not a decimal number like 10000.5")
        number = Decimal(value.strip())
    elif isinstance(value, Decimal):
        number = value
    else:
        if abs(int(value)) >> 256:
            raise InputRefused(f"{what}: the number is too large")
        number = Decimal(int(value))
    if not number.is_finite():
        raise InputRefused(f"{what}: {number} is not a number")
    if abs(number.adjusted()) > _EXPONENT_MAX or len(number.as_tuple().digits) > 2 * DIGITS_MAX:
        raise InputRefused(f"{what}: {_short(number)} is too large or has too many digits")
    return number


def whole(value: Amount, multiplier: Fraction, what: str) -> int:
    """The value times the multiplier, which must be a whole number that fits int64."""
    number = decimal_of(value, what)
    exact = Fraction(number) * multiplier
    if exact.denominator != 1:
        raise InputRefused(f"{what}: {_short(number)} is finer than {shown(1 / multiplier)}")
    if not INT64_MIN <= exact <= INT64_MAX:
        raise InputRefused(f"{what}: {_short(number)} is too large")
    return int(exact)


def tokens(micros: int) -> Decimal:
    """Tokens of so many micros: ``tokens(1500000)`` is ``Decimal("1.5")``."""
    return plain(Fraction(int(micros), MICROS_PER_TOKEN))


def share(ppb: int) -> Decimal:
    """The fraction of so many ppb."""
    return plain(Fraction(int(ppb), PPB))


def seconds(ms: int) -> Decimal:
    """Seconds of so many milliseconds."""
    return plain(Fraction(int(ms), 1000))


def plain(number: Fraction) -> Decimal:
    """The exact decimal of a fraction whose denominator divides a power of ten, without needless zeros."""
    quotient = _EXACT.divide(Decimal(number.numerator), Decimal(number.denominator))
    return Decimal(format(quotient.normalize(_EXACT), "f"))


def shown(number: Fraction) -> str:
    """A unit for a message: a decimal if it is one, else the fraction."""
    rest = number.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return format(plain(number), "f") if rest == 1 else str(number)


def milliseconds(time: Time, what: str = "time") -> int:
    """Milliseconds since 1970 of a time; finer parts of a second are dropped."""
    if isinstance(time, (bool, float)) or not isinstance(time, (str, datetime, Integral)):
        raise TypeError(f"{what}: give ISO text, a datetime or milliseconds, not {type(time).__name__}")
    if isinstance(time, Integral):
        return whole(int(time), COUNT, what)
    stated = _moment_of(time, what) if isinstance(time, str) else time
    if stated.tzinfo is None:
        raise InputRefused(f"{what}: {time} has no time zone; add tzinfo=UTC")
    return (stated - _EPOCH) // timedelta(milliseconds=1)


def _moment_of(text: str, what: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InputRefused(f"{what}: {text[:40]!r} is not an ISO time like 2026-01-31T12:00:00Z") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def moment(time_ms: int) -> datetime:
    """The time of so many milliseconds since 1970, in UTC."""
    return _EPOCH + timedelta(milliseconds=int(time_ms))


def when(time_ms: int) -> str:
    """A time for a message: ISO text, or milliseconds where the calendar ends."""
    return moment(time_ms).isoformat() if abs(time_ms) <= CALENDAR_END_MS else f"{time_ms} ms"


def _short(number: Decimal) -> str:
    text = str(number)
    return text if len(text) <= 40 else f"{text[:20]}...{text[-8:]}"
