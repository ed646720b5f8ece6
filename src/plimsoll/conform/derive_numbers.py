"""How Derive's vectors write numbers: integers of 18 decimals, or plain decimals; and how figures are compared.

A share the venue gives with 18 decimals is rounded down to parts per billion: a feed is never surer than it says.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from plimsoll.conform.cases import Adapter, Case, NotCovered, Tolerance, number, number_of
from plimsoll.presets.measure import BeyondLimits
from plimsoll.presets.rounding import RuleRefused, trunc
from plimsoll.pricing import PricingError
from plimsoll.risk.errors import RiskError

Inputs = Mapping[str, Any]

WAD: Final = 10**18
CENT: Final = Tolerance(Fraction(1, 10**6), Fraction(1, 100), larger=True)
"""One part in a million or one cent, whichever is larger."""
CLOSE: Final = Tolerance(Fraction(1, 10**9), Fraction(1, 10**9))
"""For figures in floats on both sides."""


def exact(found: Any, what: str) -> Fraction:
    """A number of the file; null counts as 0."""
    if found is None:
        return Fraction(0)
    value = number_of(found)
    if value is None:
        raise NotCovered(f"{what} is not a number")
    return value


def plain(found: Any, what: str) -> float:
    """A plain decimal as a float."""
    return float(exact(found, what))


def wad(found: Any, what: str) -> float:
    """An integer of 18 decimals as a float."""
    return float(exact(found, what) / WAD)


def wad_of(inputs: Inputs, key: str) -> Fraction:
    """An input of 18 decimals, exact."""
    return number(inputs, key) / WAD


def float_of(inputs: Inputs, key: str) -> float:
    """An input of 18 decimals as a float."""
    return float(wad_of(inputs, key))


def wad_out(value: Fraction | float) -> int:
    """A result with 18 decimals, cut toward zero as the venue does."""
    return trunc(Fraction(value) * WAD)


def share_down(share: Fraction) -> float:
    """A confidence, rounded down to parts per billion."""
    return int(share * 10**9) / 10**9


def decimal(result: float | Fraction) -> Fraction:
    """A result as the comparison takes it."""
    return Fraction(result)


def positive(found: Any, what: str) -> Fraction:
    """A number of the file above 0; NotCovered for another."""
    value = exact(found, what)
    if value <= 0:
        raise NotCovered(f"{what} must be above 0")
    return value


def listed(found: Any, what: str) -> Sequence[Any]:
    """A list of the file; a single number stands for a list of one."""
    if found is None:
        return []
    if isinstance(found, list):
        return found
    if isinstance(found, (int, str, Decimal)):
        return [found]
    raise NotCovered(f"{what} is not a list")


def require_parallel(scenario: Mapping[str, Any], *names: str) -> None:
    """NotCovered unless these lists of a scenario are equally long."""
    if len({len(listed(scenario.get(name), name)) for name in names}) > 1:
        raise NotCovered(f"{', '.join(names)} are not equally long")


def named_tables(document: Any, *keys: str) -> bool:
    """Whether a document is tables by name, at least one of them with these keys."""
    return (
        isinstance(document, dict)
        and all(isinstance(one, dict) for one in document.values())
        and any(all(key in one for key in keys) for one in document.values())
    )


def inner_tables(document: Any, name: str, *keys: str) -> bool:
    """Whether a document is tables by name, at least one of them with a table of this name that has these keys."""
    return named_tables(document, name) and any(
        isinstance(one.get(name), dict) and all(key in one[name] for key in keys) for one in document.values()
    )


NOTHING_WANTED: Final = "(no expectations)"
"""The formula of a case whose file says nothing to compare with; no adapter has it."""


def guarded(function: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> Adapter:
    """An adapter of a function of a case's inputs."""
    return guarded_case(lambda case: function(case.inputs))


def guarded_case(adapter: Adapter) -> Adapter:
    """The adapter, with what it may meet in a file told apart: an input that is missing, and one a rule refuses."""

    def asked(case: Case) -> Mapping[str, Any]:
        try:
            return adapter(case)
        except KeyError as missing:
            if not isinstance(missing.args[0], str):
                raise
            raise NotCovered(f"the case has no input {missing}") from None
        except PricingError as error:
            raise RuleRefused(str(error)) from None
        except RiskError as error:
            raise BeyondLimits(str(error)) from None

    return asked
