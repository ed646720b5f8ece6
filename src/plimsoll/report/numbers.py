"""Numbers for readers: thousands grouped, magnitudes named, durations and shares in words."""

from decimal import Decimal
from typing import Any, Final

THIN: Final = "\u202f"
"""Narrow no-break space: holds a number and its unit together."""
MINUS: Final = "\u2212"
_MAGNITUDES: Final = ((Decimal(10**9), "bn"), (Decimal(10**6), "m"), (Decimal(10**3), "k"))


def whole(value: Any) -> str:
    """``12345`` as ``12,345``."""
    return f"{int(Decimal(str(value)).to_integral_value()):,}".replace("-", MINUS)


def amount(value: Any, unit: str = "") -> str:
    """An amount of tokens in three or four figures: ``1 234 567.8`` is ``1.23 m``."""
    number = Decimal(str(value))
    size = abs(number)
    for limit, name in _MAGNITUDES:
        if size >= limit:
            scaled = size / limit
            places = 2 if scaled < Decimal("9.995") else 1 if scaled < Decimal("99.95") else 0
            text = f"{scaled:.{places}f}{THIN}{name}"
            break
    else:
        text = "0" if size == 0 else f"{size:.2f}" if size < 100 else f"{size:.0f}"
        if 0 < size < Decimal("0.005"):
            text = "under 0.01"
    return (MINUS if number < 0 else "") + text + (f" {unit}" if unit else "")


def exact(value: Any, unit: str = "") -> str:
    """An amount with every digit it has, grouped."""
    number = Decimal(str(value))
    text = f"{abs(number):,f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return (MINUS if number < 0 else "") + text + (f" {unit}" if unit else "")


def percent(share: float, places: int = 1) -> str:
    """``-0.52`` is ``−52.0 %``."""
    return f"{share * 100:.{places}f}{THIN}%".replace("-", MINUS)


def duration(seconds: float) -> str:
    """``5400`` is ``1 h 30 min``; under a second it is said so."""
    if seconds <= 0:
        return "within one step"
    if seconds < 1:
        return "under 1 s"
    whole_seconds = round(seconds)
    hours, rest = divmod(whole_seconds, 3600)
    minutes, left = divmod(rest, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (left, "s")]
    named = [f"{count}{THIN}{name}" for count, name in parts if count]
    return " ".join(named[:2])


def words(name: str) -> str:
    """``backstop_after`` as ``backstop after``."""
    return name.replace("_", " ")
