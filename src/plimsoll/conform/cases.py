"""A case of a vector file: a formula, inputs, what the venue expects; and how an adapter reads its inputs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, NamedTuple

DIGITS_MAX = 400
"""Digits and exponents of a number in a case: enough for any venue, too few to stop the machine."""


class NotCovered(Exception):
    """The adapter has no answer to this case; the text says why."""


class Tolerance(NamedTuple):
    """|got - wanted| <= relative * |wanted| + absolute; with ``larger`` the larger of the two, not their sum."""

    relative: Fraction = Fraction(0)
    absolute: Fraction = Fraction(0)
    larger: bool = False

    def allows(self, got: Fraction, wanted: Fraction) -> bool:
        """Whether a figure is near enough."""
        relative = self.relative * abs(wanted)
        bound = max(relative, self.absolute) if self.larger else relative + self.absolute
        return abs(got - wanted) <= bound


@dataclass(frozen=True)
class Case:
    """One case; ``tolerance`` is None where the comparison is exact, or by figure: those it does not name are exact."""

    id: str
    formula: str
    inputs: Mapping[str, Any]
    expected: Mapping[str, Any]
    tolerance: Tolerance | Mapping[str, Tolerance] | None = None
    context: Any = field(default=None, compare=False)
    """Whatever else of its file a kind's adapters need."""


Adapter = Callable[[Case], Mapping[str, Any]]

UNREAD: Final = "(not read)"
"""The formula of a case whose form no reader knows; no adapter has it, and its context says what is wrong."""


def read_each(document: Mapping[Any, Any], read: Callable[[str, Any], Sequence[Case]]) -> list[Case]:
    """The cases of every entry; an entry in another form becomes one case that nobody covers, the others stand."""
    found: list[Case] = []
    for key, entry in document.items():
        try:
            found += read(str(key), entry)
        except NotCovered as reason:
            found.append(Case(str(key), UNREAD, {}, {}, None, str(reason)))
        except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
            said = f"the entry has another form ({type(error).__name__}: {error})"
            found.append(Case(str(key), UNREAD, {}, {}, None, said))
    return found


def value(inputs: Mapping[str, Any], name: str) -> Any:
    """An input; NotCovered when the case has none of that name."""
    if name not in inputs:
        raise NotCovered(f"the case has no input {name!r}")
    return inputs[name]


def number(inputs: Mapping[str, Any], name: str) -> Fraction:
    """An input as an exact number: an int, a Decimal, or text of one."""
    found = number_of(value(inputs, name))
    if found is None:
        raise NotCovered(f"the input {name!r} is not a number")
    return found


def integer(inputs: Mapping[str, Any], name: str, default: int | None = None) -> int:
    """An input as a whole number; ``default`` where the case has none."""
    if default is not None and name not in inputs:
        return default
    found = number(inputs, name)
    if found.denominator != 1:
        raise NotCovered(f"the input {name!r} is not a whole number")
    return int(found)


def truth(inputs: Mapping[str, Any], name: str) -> bool:
    """An input that is true or false."""
    found = value(inputs, name)
    if not isinstance(found, bool):
        raise NotCovered(f"the input {name!r} is neither true nor false")
    return found


def word(inputs: Mapping[str, Any], name: str) -> str:
    """An input that is text."""
    found = value(inputs, name)
    if not isinstance(found, str):
        raise NotCovered(f"the input {name!r} is not text")
    return found


def rows(inputs: Mapping[str, Any], name: str) -> Sequence[Any]:
    """An input that is a list."""
    found = value(inputs, name)
    if not isinstance(found, list):
        raise NotCovered(f"the input {name!r} is not a list")
    return found


def table(inputs: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An input that is a mapping."""
    found = value(inputs, name)
    if not isinstance(found, dict):
        raise NotCovered(f"the input {name!r} is not a mapping")
    return found


def number_of(found: Any) -> Fraction | None:
    """The exact number something stands for, or None."""
    if isinstance(found, bool) or not isinstance(found, (int, str, Decimal, Fraction)):
        return None
    if isinstance(found, (int, Fraction)):
        return Fraction(found)
    try:
        exact = Decimal(found) if len(str(found)) <= DIGITS_MAX else Decimal("nan")
    except ArithmeticError:
        return None
    if not exact.is_finite() or abs(exact.adjusted()) > DIGITS_MAX:
        return None
    return Fraction(exact)
