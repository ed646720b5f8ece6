"""Is what we got what the venue says? Exactly, unless the case has a tolerance or its figure was cut to its digits."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from plimsoll.conform.cases import NotCovered, Tolerance, number_of

PLACES_SHOWN = 24
CUT_PLACES_MIN = 6
CUT_DIGITS_MIN = 8
"""A figure of fewer places and digits than these was not cut: it is exact."""


class Cut(NamedTuple):
    """An exact result that the file shows to some digits only: cut or rounded half even at the last of them."""

    exact: Fraction


class Difference(NamedTuple):
    """One expected figure that does not agree."""

    key: str
    got: str
    wanted: str

    def __str__(self) -> str:
        return f"{self.key}: got {self.got}, wanted {self.wanted}"


def differences(
    got: Mapping[str, Any], wanted: Mapping[str, Any], tolerance: Tolerance | Mapping[str, Tolerance] | None
) -> list[Difference]:
    """The expected keys whose values do not agree; NotCovered for a key the rule has no answer to."""
    found = []
    for key, value in wanted.items():
        if key not in got:
            raise NotCovered(f"the rule gives no {key!r}")
        near = tolerance.get(key) if isinstance(tolerance, Mapping) else tolerance
        if not agree(got[key], value, near):
            found.append(Difference(key, shown(got[key]), shown(value)))
    return found


def figures_of(wanted: Any) -> int:
    """How many figures an expectation has; texts and truths count, null and empty entries do not."""
    if isinstance(wanted, (dict, list)):
        return sum(figures_of(one) for one in (wanted.values() if isinstance(wanted, dict) else wanted))
    return 0 if wanted is None else 1


def agree(got: Any, wanted: Any, tolerance: Tolerance | None) -> bool:
    """Whether a value is the expected one; lists and mappings member by member."""
    if isinstance(wanted, bool) or wanted is None or isinstance(got, bool) or got is None:
        return got is wanted
    if isinstance(wanted, list):
        return (
            isinstance(got, (list, tuple))
            and len(got) == len(wanted)
            and all(agree(left, right, tolerance) for left, right in zip(got, wanted))
        )
    if isinstance(wanted, dict):
        return isinstance(got, Mapping) and all(
            key in got and agree(got[key], wanted[key], tolerance) for key in wanted
        )
    if isinstance(got, Cut):
        return _agrees_as_cut(got.exact, wanted, tolerance)
    if isinstance(got, str):
        return bool(got == wanted)
    return _within(number_of(got), number_of(wanted), tolerance)


def _within(got: Fraction | None, wanted: Fraction | None, tolerance: Tolerance | None) -> bool:
    if got is None or wanted is None:
        return False
    return got == wanted if tolerance is None else tolerance.allows(got, wanted)


def _agrees_as_cut(exact: Fraction, wanted: Any, tolerance: Tolerance | None) -> bool:
    target = number_of(wanted)
    if _within(exact, target, tolerance):
        return True
    if target is None or not isinstance(wanted, (str, Decimal)):
        return False
    figure = Decimal(wanted).as_tuple()
    places = max(0, -int(figure.exponent))
    if places < CUT_PLACES_MIN and len(figure.digits) < CUT_DIGITS_MIN:
        return False
    unit = 10**places
    return target * unit in {round(exact * unit), int(exact * unit)}


def shown(value: Any) -> str:
    """A value in a line of a report: exact where that is short, else cut with a mark."""
    if isinstance(value, Cut):
        return shown(value.exact)
    if isinstance(value, Fraction):
        if value.denominator == 1:
            return str(value.numerator)
        cut = int(value * 10**PLACES_SHOWN)
        text = format(Decimal(cut).scaleb(-PLACES_SHOWN), "f").rstrip("0")
        return text if Fraction(cut, 10**PLACES_SHOWN) == value else f"{text}..."
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(shown(one) for one in value)}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {shown(one)}' for key, one in value.items())}}}"
    return str(value).lower() if isinstance(value, bool) else str(value)
