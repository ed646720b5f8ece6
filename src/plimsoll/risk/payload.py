"""From a table in floats to the integer words of ``publish_class`` and ``publish_arrays``.

Money is rounded to the nearest micro or quantum (2^shift micros), rates to the nearest ppb: a table is data, and the
engine rounds against the account when it uses it. What cannot be published is refused here, with the instrument named.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from plimsoll.book.parameters import CLASS_BOUNDS
from plimsoll.book.rows import ClassRow
from plimsoll.risk.capacity import Member, fits, smallest_shift
from plimsoll.risk.checks import Floats, whole_within
from plimsoll.risk.errors import RiskError
from plimsoll.risk.table import ClassTable, RiskArrays, RiskPolicy
from plimsoll.units.limits import (
    FORWARD_MARKS,
    GREEK_PART,
    GROUPS_MAX,
    MARK_MAX,
    MICROS_PER_TOKEN,
    PPB,
    SCALE_MAX,
    SCENARIOS_MAX,
    SHIFT_MAX,
    WEIGHT_MAX,
)
from plimsoll.units.tables import Ints

RATES: Final = (
    "factor_initial",
    "factor_maintenance",
    "depeg_factor",
    "linear_maintenance",
    "linear_initial",
    "option_maintenance",
    "option_initial",
    "delta_rate",
    "gamma_rate",
    "vega_rate",
    "floor_option",
    "floor_linear",
    "confidence_threshold",
    "confidence_factor",
    "carry_max",
    "reference_max",
    "jump_max",
    "short_spot_max",
    "short_spot_min",
    "short_call",
    "short_put",
    "short_put_value",
    "offset_scale",
    "unpaired_initial",
    "unpaired_maintenance",
)
CLASS_FIELDS: Final = tuple(ClassRow.__annotations__)
RATE_MAX: Final = 100.0
WORD_MAX: Final = 2.0**62


@dataclass(frozen=True)
class Payload:
    """One class as words: what the two commands carry, and the parameters they were reckoned at."""

    number: int
    time_ms: int
    scale: int
    shift: int
    class_words: Ints
    array_words: Ints


def quantise(
    table: ClassTable, time_ms: int, *, scale: int, members: Sequence[Member] = (), shift: int | None = None
) -> Payload:
    """The integer form of a class. Without ``shift``, the smallest for which the capacity rule holds.

    ``scale``: one unit is 10^scale lots. RiskError for what the engine would refuse: not finite, negative, above the
    no-arbitrage bound or the instrument's largest mark, out of int64, more than 512 scenarios.
    """
    whole_within("scale", scale, 0, SCALE_MAX)
    whole_within("the number of scenarios to publish", table.arrays.scenarios, 1, SCENARIOS_MAX)
    if shift is None:
        shift = smallest_shift(members, scale)
    else:
        whole_within("shift", shift, 0, SHIFT_MAX)
        if members and not fits(members, scale, shift):
            raise RiskError(f"shift {shift} is too fine for the class; give a larger one, or none")
    return Payload(
        table.number, time_ms, scale, shift, class_words(table, scale, shift), array_words(table, shift, members)
    )


def class_words(table: ClassTable, scale: int, shift: int) -> Ints:
    """The words of ``publish_class``: ClassRow, then (damping ppb, skew, deductible micros) for each scenario."""
    policy, scenarios = table.policy, table.arrays.scenarios
    row = {
        "underlying": table.underlying,
        "scale": scale,
        "shift": shift,
        "scenarios": scenarios,
        "aggregation": int(policy.aggregation),
        "tail": whole_within("tail", policy.tail, 1, scenarios),
        "grouped": int(policy.grouped),
        "ramp": _milliseconds("ramp_seconds", policy.ramp_seconds),
        "addons_inside": int(policy.addons_inside),
        "assets_at_underlying": int(policy.assets_at_underlying),
        "age_max": _milliseconds("age_max_seconds", policy.age_max_seconds),
        **_rates(policy),
    }
    for name, (low, high) in CLASS_BOUNDS.items():
        if not low <= row[name] <= high:
            raise RiskError(f"{name} is {row[name]} as published; the engine takes {low} to {high}")
    per_scenario = np.column_stack(
        [
            _words("damping", policy.damping_of(scenarios) * PPB),
            policy.skew_of(scenarios).astype(np.int64),
            _words("deductible", policy.deductible_of(scenarios) * MICROS_PER_TOKEN),
        ]
    )
    return np.concatenate([np.array([row[name] for name in CLASS_FIELDS], np.int64), per_scenario.reshape(-1)])


def _rates(policy: RiskPolicy) -> dict[str, int]:
    rates = {}
    for name in RATES:
        value = getattr(policy, name)
        if not 0 <= value <= RATE_MAX:
            raise RiskError(f"{name} is {value}; a rate is a fraction from 0 to {RATE_MAX:g}")
        rates[name] = round(value * PPB)
    for initial, maintenance in (
        ("factor_initial", "factor_maintenance"),
        ("linear_initial", "linear_maintenance"),
        ("option_initial", "option_maintenance"),
        ("unpaired_initial", "unpaired_maintenance"),
    ):
        if rates[maintenance] > rates[initial]:
            raise RiskError(f"{maintenance} is above {initial}; raise the initial one or lower the other")
    return rates


def _milliseconds(name: str, seconds: float) -> int:
    if not 0 <= seconds <= 366 * 86_400:
        raise RiskError(f"{name} is {seconds}; it must be from 0 to a year, in seconds")
    return round(seconds * 1000)


def array_words(table: ClassTable, shift: int, members: Sequence[Member] = ()) -> Ints:
    """The words of ``publish_arrays``: head, shocks, groups and options, each a row after the other."""
    arrays = table.arrays
    reference = _words("reference", np.array([arrays.reference * MICROS_PER_TOKEN]))
    if not 1 <= int(reference[0]) <= MARK_MAX:
        raise RiskError(f"reference {arrays.reference} is not a mark; it must be from one micro to {MARK_MAX} micros")
    groups = arrays.groups
    group_rows = np.column_stack(
        [
            groups.numbers,
            _words("weight_positive", groups.weight_positive * PPB),
            _words("weight_negative", groups.weight_negative * PPB),
            _words("basis_factor", groups.basis_factor * PPB),
            _words("confidence of a group", groups.confidence * PPB),
            _words("forward of a group", groups.forward * MICROS_PER_TOKEN),
        ]
    )
    _refuse_groups(group_rows, table.policy.grouped)
    option_rows = _option_rows(table, int(reference[0]), shift, members)
    head = np.array([reference[0], groups.numbers.size, arrays.options.instruments.size], np.int64)
    shocks = _words("shocks", arrays.shocks * PPB)
    return np.concatenate([head, shocks, group_rows.reshape(-1), option_rows.reshape(-1)])


def _refuse_groups(rows: Ints, grouped: bool) -> None:
    tops = np.array([GROUPS_MAX, WEIGHT_MAX, WEIGHT_MAX, WEIGHT_MAX, PPB, FORWARD_MARKS * MARK_MAX])
    for row in rows[((rows < 0) | (rows > tops)).any(axis=1)][:1]:
        raise RiskError(f"group {row[0]} has a weight, factor, confidence or forward the engine does not take")
    for row in rows[(rows[:, 1:3] != PPB).any(axis=1) & (not grouped)][:1]:
        raise RiskError(f"group {row[0]} has discounts, which are for whole groups; set grouped=True in its policy")


def _option_rows(table: ClassTable, reference: int, shift: int, members: Sequence[Member]) -> Ints:
    arrays, options = table.arrays, table.arrays.options
    quantum = MICROS_PER_TOKEN / (1 << shift)
    values = np.column_stack([options.v0, options.up, options.down, options.values]) * quantum
    tops = no_arbitrage_tops(arrays, table.policy.carry_max, reference, shift)
    _refuse_arbitrage(options.instruments, values, tops)
    # Rounding to the nearest may end one quantum above a bound that is itself rounded down.
    quanta = np.minimum(_words("values of options", np.maximum(values, 0.0)), tops)
    _refuse_above_mark_max(options.instruments, quanta, shift, members)
    greeks = np.column_stack(
        [
            _words("delta", options.delta * PPB),
            _words("gamma", options.gamma * MICROS_PER_TOKEN),
            _words("vega", options.vega * MICROS_PER_TOKEN),
        ]
    )
    known = {one.instrument: one.mark_max for one in members}
    largest = [known.get(instrument, MARK_MAX) // GREEK_PART for instrument in options.instruments.tolist()]
    wild = (np.abs(greeks) > np.column_stack([np.full(len(largest), WEIGHT_MAX), largest, largest])).any(axis=1)
    if wild.any():
        raise RiskError(
            f"instrument {options.instruments[int(np.argmax(wild))]}: a sensitivity the engine does not take"
        )
    return np.column_stack([options.instruments, quanta[:, :3], greeks, quanta[:, 3:]]).astype(np.int64)


def _refuse_above_mark_max(instruments: Ints, quanta: Ints, shift: int, members: Sequence[Member]) -> None:
    known = {one.instrument: one.mark_max for one in members}
    most = np.array([known.get(instrument, MARK_MAX) for instrument in instruments.tolist()], np.int64) >> shift
    # q·2^shift is above a whole number where q is above that number's quanta, rounded down.
    for instrument in instruments[quanta.max(axis=1, initial=0) > most][:1]:
        raise RiskError(f"instrument {instrument}: a value is above its mark_max; list it with a larger one")


def no_arbitrage_tops(arrays: RiskArrays, carry_max: float, reference: int, shift: int) -> Ints:
    """The most each option may be worth, [N, 3 + S] in quanta: v0, up and down unshocked, then each scenario.

    A call is worth at most its shocked underlying with the largest carry, a put its strike; each rounded down.
    """
    shocks = [0, 0, 0, *np.rint(arrays.shocks * PPB).astype(np.int64).tolist()]
    carry = PPB + round(carry_max * PPB)
    calls = np.array([(reference * (PPB + shock) // PPB * carry // PPB) >> shift for shock in shocks], np.int64)
    puts = _words("strikes", arrays.options.strikes * MICROS_PER_TOKEN) >> shift
    return np.where(arrays.options.is_call[:, None], calls[None, :], puts[:, None])


def _refuse_arbitrage(instruments: Ints, values: Floats, tops: Ints) -> None:
    names = ("v0", "up", "down")
    for wrong, what in (
        (~np.isfinite(values), "is not finite; repair the surface it was priced from"),
        (values < -0.5, "is negative; an option is worth nothing or more"),
        (values > tops + 1.0, "is above its no-arbitrage bound; look at its forward, or raise carry_max"),
    ):
        if wrong.any():
            option, place = (int(at) for at in np.argwhere(wrong)[0])
            which = names[place] if place < 3 else f"its value in scenario {place - 2}"
            raise RiskError(f"instrument {instruments[option]}: {which} {what}")


def _words(name: str, values: Floats) -> Ints:
    """To the nearest whole number; RiskError if one is not finite or leaves int64."""
    if values.size and not (np.isfinite(values).all() and float(np.abs(values).max()) < WORD_MAX):
        raise RiskError(f"{name} cannot be published: a number is not finite or too large; look at its units (tokens)")
    return np.rint(values).astype(np.int64)
