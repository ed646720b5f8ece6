"""Parameters of a risk class in human units, and the integers of ``publish_class`` (docs/portfolio-margin.md, §8).

Names are those of ``ClassRow``: rates and factors as fractions, ``ramp`` and ``age_max`` in seconds, ``aggregation``
as a word, flags as truth values.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Final, NamedTuple, TypedDict

import numpy as np

from plimsoll.book.layout import Pool as Tables
from plimsoll.book.rows import ClassRow
from plimsoll.units.limits import PART_BITS, PORTFOLIO_MICROS_MAX, PORTFOLIO_SUM_MAX, PPB, SCENARIOS_MAX, SHIFT_MAX
from plimsoll.units.messages import AGGREGATION_ES, AGGREGATION_MAX, AGGREGATION_VAR
from plimsoll.units.tables import Ints, array_of
from plimsoll.venue.decimals import COUNT, SECONDS, SHARE, TOKENS, Amount, whole
from plimsoll.venue.errors import InputRefused

CLASS_FIELDS: Final = tuple(ClassRow.__annotations__)
AGGREGATIONS: Final = {"max": AGGREGATION_MAX, "var": AGGREGATION_VAR, "es": AGGREGATION_ES}
_COUNTS: Final = ("scenarios", "tail", "shift")
_FLAGS: Final = ("grouped", "addons_inside", "assets_at_underlying")
_DURATIONS: Final = ("ramp", "age_max")
_PLACED: Final = ("underlying", "scale")

DEFAULT_CLASS: Final[Mapping[str, int]] = dict.fromkeys(CLASS_FIELDS, 0) | {
    "scenarios": 1,
    "aggregation": AGGREGATION_MAX,
    "tail": 1,
    "factor_initial": PPB,
    "factor_maintenance": PPB,
    "carry_max": PPB // 2,
    "reference_max": PPB // 20,
    "jump_max": PPB // 2,
    "age_max": 86_400_000,
    "short_spot_max": 150_000_000,
    "short_spot_min": 100_000_000,
    "short_call": 75_000_000,
    "short_put": 75_000_000,
    "short_put_value": 75_000_000,
    "offset_scale": 1_050_000_000,
    "unpaired_initial": 1_200_000_000,
    "unpaired_maintenance": 1_100_000_000,
}
"""What a new class has unless told otherwise: the defaults of ``RiskPolicy``."""


class ClassParameters(TypedDict, total=False):
    """Parameters of a class beside its underlying and scale; docs/parameters.md says what each does."""

    shift: int
    scenarios: int
    aggregation: str
    tail: int
    grouped: bool
    factor_initial: Amount
    factor_maintenance: Amount
    ramp: Amount
    depeg_factor: Amount
    addons_inside: bool
    assets_at_underlying: bool
    linear_maintenance: Amount
    linear_initial: Amount
    option_maintenance: Amount
    option_initial: Amount
    delta_rate: Amount
    gamma_rate: Amount
    vega_rate: Amount
    floor_option: Amount
    floor_linear: Amount
    confidence_threshold: Amount
    confidence_factor: Amount
    carry_max: Amount
    reference_max: Amount
    jump_max: Amount
    age_max: Amount
    short_spot_max: Amount
    short_spot_min: Amount
    short_call: Amount
    short_put: Amount
    short_put_value: Amount
    offset_scale: Amount
    unpaired_initial: Amount
    unpaired_maintenance: Amount
    damping: Sequence[Amount]
    skew: Sequence[bool]
    deductible: Sequence[Amount]


class Weights(NamedTuple):
    """What each scenario of a class has: damping in ppb, whether it turns the smile, the deductible in micros."""

    damping: Sequence[int]
    skew: Sequence[int]
    deductible: Sequence[int]


def default_shift(scale: int) -> int:
    """The finest quantum for which all that the bound on a class's value lets in fits its bound on products.

    From a scale of 11 on there is none, and the coarsest is taken: positions must be smaller there.
    """
    shift = 0
    while shift < SHIFT_MAX and PORTFOLIO_MICROS_MAX * 10**scale >> shift > PORTFOLIO_SUM_MAX // 2:
        shift += 1
    return shift


def row_of(parameters: Mapping[str, Any]) -> dict[str, int]:
    """The engine's integers of the parameters given; TypeError for a name there is not."""
    row = {}
    for name, value in parameters.items():
        if name in ("damping", "skew", "deductible"):
            continue
        if name not in ClassParameters.__annotations__:
            raise TypeError(f"unknown class parameter {name!r}; known: {', '.join(ClassParameters.__annotations__)}")
        row[name] = _integer(name, value)
    return row


def _integer(name: str, value: Any) -> int:
    if name == "aggregation":
        if value not in AGGREGATIONS:
            raise InputRefused(f"aggregation: must be one of {', '.join(AGGREGATIONS)}")
        return AGGREGATIONS[value]
    if name in _FLAGS:
        return _flag(name, value)
    unit: Fraction = COUNT if name in _COUNTS else SECONDS if name in _DURATIONS else SHARE
    return whole(value, unit, name)


def _flag(name: str, value: Any) -> int:
    if not isinstance(value, bool):
        raise TypeError(f"{name}: give True or False, not {value!r:.40}")
    return int(value)


def weights_of(parameters: Mapping[str, Any], scenarios: int, now: Weights | None) -> Weights:
    """The weights given; else those in force, where the number of scenarios is the same; else 1, no skew, nothing."""
    if not 1 <= scenarios <= SCENARIOS_MAX:
        raise InputRefused(f"scenarios: must be from 1 to {SCENARIOS_MAX}, not {scenarios}")
    kept = now if now is not None and len(now.damping) == scenarios else _plain(scenarios)
    damping, skew, deductible = (parameters.get(name) for name in Weights._fields)
    return Weights(
        kept.damping if damping is None else [whole(one, SHARE, "damping") for one in _each(damping, scenarios)],
        kept.skew if skew is None else [_flag("skew", one) for one in _each(skew, scenarios)],
        kept.deductible
        if deductible is None
        else [whole(one, TOKENS, "deductible") for one in _each(deductible, scenarios)],
    )


def _plain(scenarios: int) -> Weights:
    return Weights([PPB] * scenarios, [0] * scenarios, [0] * scenarios)


def _each(given: Sequence[Any], scenarios: int) -> Sequence[Any]:
    if isinstance(given, str) or len(given) != scenarios:
        raise InputRefused(f"give one number for each of the {scenarios} scenarios, not {given!r:.60}")
    return given


def row_in_force(pool: Tables, number: int) -> dict[str, int]:
    """The parameters a class was published with."""
    family = pool.classes[number]
    return {name: int(array_of(family)[name]) for name in CLASS_FIELDS}


def weights_in_force(pool: Tables, number: int) -> Weights:
    """The weights a class was published with, back from parts of 2^30 and products; the smallest that give those."""
    family = pool.classes[number]
    start, unit, shift = int(family["scenario_start"]), int(family["unit"]), int(family["shift"])
    rows = array_of(pool.scenarios)[start : start + int(family["scenarios"])]
    return Weights(
        [-(-part * PPB >> PART_BITS) for part in rows["damping"].tolist()],
        rows["skew"].tolist(),
        [-(-(products << shift) // unit) for products in rows["deductible"].tolist()],
    )


def class_words(row: Mapping[str, int], weights: Weights) -> Ints:
    """The payload of ``publish_class``."""
    head = [row[name] for name in CLASS_FIELDS]
    per_scenario = [word for scenario in zip(*weights) for word in scenario]
    return np.array([*head, *per_scenario], np.int64)


def differs(pool: Tables, number: int, words: Ints) -> bool:
    """Whether publishing these words would change the class in force."""
    if not pool.classes[number]["published"]:
        return True
    row, width = row_in_force(pool, number), len(CLASS_FIELDS)
    if [row[name] for name in CLASS_FIELDS] != words[:width].tolist():
        return True
    new = Weights(*zip(*words[width:].reshape(-1, len(Weights._fields)).tolist()))
    return _as_stored(row, weights_in_force(pool, number)) != _as_stored(row, new)


def _as_stored(row: Mapping[str, int], weights: Weights) -> list[tuple[int, int, int]]:
    """Weights as the engine keeps them: deductibles in products, the largest cut off."""
    unit, shift = 10 ** row["scale"], row["shift"]
    products = [min(one * unit >> shift, PORTFOLIO_SUM_MAX) for one in weights.deductible]
    return list(zip(weights.damping, weights.skew, products))
