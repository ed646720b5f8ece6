"""Risk classes: policy, arrays, what an option is worth in every scenario (portfolio-margin.md, §1 and §2).

A quantum is 2^shift micros a unit; values are whole quanta; weights in ppb are held as parts of 2^30.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plimsoll.book.rows import ClassRow
from plimsoll.units.limits import PPB

from .numbers import floor

if TYPE_CHECKING:
    from .state import Instrument

CLASS_FIELDS = tuple(ClassRow.__annotations__)
FACTORS = ("factor_initial", "factor_maintenance")
CALL, PUT = 1, 2
PARTS = 2**30


def parts(weight: int) -> int:
    """q(w): a weight in ppb as parts of 2^30."""
    return floor(weight * PARTS, PPB)


def times(number: int, held: int) -> int:
    """x ⊗ w, for a weight held as parts."""
    return floor(number * held, PARTS)


@dataclass(frozen=True)
class Arrays:
    """What was published for one option, and when; values in quanta, none once another model has taken its place."""

    reference: int
    time: int
    start: int
    up: int
    down: int
    delta: int
    gamma: int
    vega: int
    values: tuple[int, ...]


@dataclass(frozen=True)
class Group:
    """What was published for a netting group, in ppb; the forward in micros a unit."""

    plus: int = PPB
    minus: int = PPB
    basis_factor: int = 0
    confidence: int = PPB
    forward: int = 0


@dataclass(frozen=True)
class Ramp:
    """A factor on its way up."""

    start: int
    end: int
    since: int


@dataclass
class RiskClass:
    """Parameters under the names of `ClassRow`, rows of scenarios, arrays; `factors` are those in force."""

    parameters: dict[str, int]
    damping: list[int]
    skew: list[int]
    deductible: list[int]
    shocks: list[int]
    groups: dict[int, Group] = field(default_factory=dict)
    time: int = 0
    factors: dict[str, int] = field(default_factory=dict)
    ramps: dict[str, Ramp] = field(default_factory=dict)

    def __getattr__(self, name: str) -> int:
        try:
            return self.__dict__["parameters"][name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def unit(self) -> int:
        return 10**self.scale

    @property
    def quantum(self) -> int:
        return 2**self.shift

    def group(self, number: int) -> Group:
        return self.groups.get(number, Group())

    def follow_ramps(self, now: int) -> bool:
        """The factors in force at `now`; True when one moved."""
        before = dict(self.factors)
        for name, ramp in list(self.ramps.items()):
            elapsed = now - ramp.since
            if elapsed >= self.ramp:
                self.factors[name] = ramp.end
                del self.ramps[name]
            else:
                self.factors[name] = ramp.start + floor((ramp.end - ramp.start) * elapsed, self.ramp)
        return self.factors != before


@dataclass(frozen=True)
class Values:
    """What an option is worth with its underlying where it is: now, in each scenario (if it has any), for the basis."""

    now: int
    scenarios: tuple[int, ...]
    up: int
    down: int


def top_of(kind: int, strike: int, spot: int, shock: int, carry_max: int, quantum: int) -> int:
    """The most an option can be worth without arbitrage."""
    if kind == PUT:
        return floor(strike, quantum)
    shocked = floor(spot * (PPB + shock), PPB)
    return floor(shocked * (PPB + carry_max), PPB * quantum)


def values_of(cls: RiskClass, option: "Instrument", arrays: Arrays, spot: int) -> Values:
    """The effective values: published ones moved by delta to the present mark, inside their bounds."""
    move = floor(floor(arrays.delta * (spot - arrays.reference), PPB), cls.quantum)

    def value(published: int, shock: int) -> int:
        top = top_of(option.option_type, option.strike, spot, shock, cls.carry_max, cls.quantum)
        top = min(top, floor(option.mark_max, cls.quantum))
        return min(max(published + move, 0), max(top, 0))

    scenarios = tuple(value(published, shock) for published, shock in zip(arrays.values, cls.shocks))
    return Values(value(arrays.start, 0), scenarios, value(arrays.up, 0), value(arrays.down, 0))


NOTHING = Values(0, (), 0, 0)
"""An option without arrays."""


def fixed(price: int, quantum: int) -> tuple[Arrays, Values]:
    """An option whose price is settled: worth that, and in no scenario."""
    worth = floor(price, quantum)
    return Arrays(0, 0, worth, worth, worth, 0, 0, 0, ()), Values(worth, (), worth, worth)
