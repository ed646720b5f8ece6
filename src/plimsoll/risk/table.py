"""A risk table: for each class a policy (rates, factors; governed) and arrays (prices under scenarios; fast).

Floats here, in tokens and fractions; ``quantise`` turns them into the integers of ``publish_class`` and
``publish_arrays`` (docs/portfolio-margin.md, §8). S is the number of scenarios, G of groups, N of options.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

import numpy as np

from plimsoll.risk.checks import Flags, Floats, float_array, of_length, whole_within, within
from plimsoll.risk.errors import RiskError
from plimsoll.units import limits
from plimsoll.units.tables import Ints

SHOCK_MIN: Final = -1.0
SHOCK_MAX: Final = limits.SHOCK_MAX / limits.PPB
"""Eight times the price: what the capacity rule reckons with."""


class Aggregation(IntEnum):
    """How losses of scenarios become one: the largest, the tail-th largest, or the mean of the ``tail`` largest."""

    MAX = 1
    VAR = 2
    ES = 3


@dataclass(frozen=True)
class RiskPolicy:
    """The policy of a class, named as in ``ClassRow``; rates and factors as fractions, durations in seconds.

    ``damping``, ``skew`` and ``deductible`` (tokens) have one element a scenario; left empty they are 1, False and 0.
    """

    aggregation: Aggregation = Aggregation.MAX
    tail: int = 1
    grouped: bool = False
    factor_initial: float = 1.0
    factor_maintenance: float = 1.0
    ramp_seconds: float = 0.0
    depeg_factor: float = 0.0
    addons_inside: bool = False
    assets_at_underlying: bool = False
    linear_maintenance: float = 0.0
    linear_initial: float = 0.0
    option_maintenance: float = 0.0
    option_initial: float = 0.0
    delta_rate: float = 0.0
    gamma_rate: float = 0.0
    vega_rate: float = 0.0
    floor_option: float = 0.0
    floor_linear: float = 0.0
    confidence_threshold: float = 0.0
    confidence_factor: float = 0.0
    carry_max: float = 0.5
    reference_max: float = 0.05
    jump_max: float = 0.5
    age_max_seconds: float = 86_400.0
    short_spot_max: float = 0.15
    short_spot_min: float = 0.10
    short_call: float = 0.075
    short_put: float = 0.075
    short_put_value: float = 0.075
    offset_scale: float = 1.05
    unpaired_initial: float = 1.2
    unpaired_maintenance: float = 1.1
    damping: Floats = field(default_factory=lambda: np.zeros(0))
    skew: Flags = field(default_factory=lambda: np.zeros(0, np.bool_))
    deductible: Floats = field(default_factory=lambda: np.zeros(0))

    def damping_of(self, scenarios: int) -> Floats:
        """Damping of each scenario, 1 unless said."""
        return _per_scenario("damping", self.damping, np.ones(scenarios))

    def skew_of(self, scenarios: int) -> Flags:
        """Which scenarios turn the smile: their result counts as −|result| for each group."""
        chosen = _per_scenario("skew", self.skew.astype(np.float64), np.zeros(scenarios))
        if chosen.any() and not self.grouped:
            raise RiskError("skew scenarios need groups; set grouped=True")
        return chosen > 0

    def deductible_of(self, scenarios: int) -> Floats:
        """The loss of each scenario that is not counted, in tokens."""
        return _per_scenario("deductible", self.deductible, np.zeros(scenarios))


def _per_scenario(name: str, given: Floats, default: Floats) -> Floats:
    if given.size == 0:
        return default
    array = float_array(name, given, dimensions=1)
    of_length(name, array, default.size, "scenarios")
    if (array < 0).any():
        raise RiskError(f"{name} must not be negative; scenario {int(np.argmax(array < 0)) + 1} is")
    return array


@dataclass(frozen=True)
class Groups:
    """What each netting group has, [G]: discounts for positive and negative shocked values, basis, forward."""

    numbers: Ints
    weight_positive: Floats
    weight_negative: Floats
    basis_factor: Floats
    confidence: Floats
    forward: Floats


@dataclass(frozen=True)
class Options:
    """What each option has, [N]; ``values`` [N, S]. Tokens for one unit.

    ``delta`` per token of the underlying, ``gamma`` what a 1 % move adds beyond delta, ``vega`` per vol point;
    ``up`` and ``down`` the values under the two basis moves.
    """

    instruments: Ints
    groups: Ints
    strikes: Floats
    is_call: Flags
    v0: Floats
    up: Floats
    down: Floats
    delta: Floats
    gamma: Floats
    vega: Floats
    values: Floats


@dataclass(frozen=True)
class RiskArrays:
    """The arrays of a class: shocks of the underlying [S] as fractions, its groups, its options."""

    reference: float
    shocks: Floats
    groups: Groups
    options: Options

    def __post_init__(self) -> None:
        """RiskError for shapes that do not go together or numbers no table may have."""
        scenarios = self.shocks.size
        whole_within("the number of scenarios", scenarios, 1, 2**20)
        within("reference", self.reference, 1e-12, 1e15)
        shocks = float_array("shocks", self.shocks, dimensions=1)
        within("the smallest shock", float(shocks.min()), SHOCK_MIN, SHOCK_MAX)
        within("the largest shock", float(shocks.max()), SHOCK_MIN, SHOCK_MAX)
        count = self.options.instruments.size
        if self.options.values.shape != (count, scenarios):
            raise RiskError(f"values have shape {self.options.values.shape}; they must be [{count}, {scenarios}]")
        missing = np.setdiff1d(self.options.groups, self.groups.numbers)
        if missing.size:
            raise RiskError(f"group {missing[0]} has options but no weights; give every group its row")

    @property
    def scenarios(self) -> int:
        """S, the number of scenarios."""
        return int(self.shocks.size)


@dataclass(frozen=True)
class ClassTable:
    """Policy and arrays of one class; ``underlying`` is the instrument whose mark is the spot."""

    name: str
    number: int
    underlying: int
    policy: RiskPolicy
    arrays: RiskArrays


@dataclass(frozen=True)
class RiskTable:
    """The classes at one time. Scenario s is the same state of the world in every class, so they can be netted."""

    time_ms: int
    classes: tuple[ClassTable, ...]
    remarks: tuple[str, ...] = ()
    """What the model had to do about missing data, in sentences."""

    def __post_init__(self) -> None:
        """RiskError if the classes do not have the same scenarios."""
        if len({one.arrays.scenarios for one in self.classes}) > 1:
            raise RiskError("classes of one table must have the same number of scenarios")

    def of(self, name: str) -> ClassTable:
        """The class of this name; RiskError lists those there are."""
        for one in self.classes:
            if one.name == name:
                return one
        raise RiskError(f"no class {name}; the table has: {', '.join(one.name for one in self.classes)}")
