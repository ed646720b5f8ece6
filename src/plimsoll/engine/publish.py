"""Risk classes and their tables: rare, in plain Python. A table out of bounds is refused and the last good one stays.

Payloads and the order of the rules: docs/portfolio-margin.md §8.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from plimsoll.book.layout import CLASS, Pool
from plimsoll.book.parameters import CLASS_BOUNDS
from plimsoll.book.rows import CommandRow
from plimsoll.engine.adopt import adopt_arrays, adopt_class
from plimsoll.engine.capacity import require_capacity
from plimsoll.engine.listing import ceil_div, is_listed, read_parameters, require_bounds
from plimsoll.units import codes as code
from plimsoll.units.limits import CLASSES_MAX, GROUPS_MAX, LANES, PART_BITS, PPB, SHOCK_MAX
from plimsoll.units.messages import KIND_OPTION, OPTION_CALL

CLASS_FIELDS: tuple[str, ...] = tuple(CLASS.names or ())
SCENARIO_FIELDS = ("damping", "skew", "deductible")
GROUP_FIELDS = ("group", "discount_long", "discount_short", "basis_factor", "confidence", "forward")
OPTION_FIELDS = ("instrument", "value", "up", "down", "delta", "gamma", "vega")
HEADER = 3
ORDERED = ("factor", "linear", "option")
IMMUTABLE = ("scale", "shift")
WEIGHT_MAX = 2 * PPB
GREEK_MAX = 10**15
DEDUCTIBLE_MAX = 10**17


class Arrays(NamedTuple):
    """The payload of publish_arrays by name: shocks, then one record a group and an option."""

    reference: int
    shocks: Sequence[int]
    groups: list[dict[str, int]]
    options: list[dict[str, int]]
    values: list[Sequence[int]]


def parts(rate: int) -> int:
    """A rate in parts of 2**30, rounded down; of either sign."""
    return (rate << PART_BITS) // PPB


def publish_class(pool: Pool, command: CommandRow, payload: Sequence[int]) -> int:
    """Publish the policy of a class and the weights of its scenarios."""
    number = int(command["instrument"])
    if len(payload) < len(CLASS_FIELDS):
        return code.PAYLOAD_MUST_FIT
    policy = read_parameters(CLASS_FIELDS, payload)
    refusal = require_bounds(policy, CLASS_BOUNDS)
    if refusal != code.OK:
        return refusal
    rows = scenarios_of(policy["scenarios"], payload[len(CLASS_FIELDS) :])
    if rows is None:
        return code.PAYLOAD_MUST_FIT
    refusal = require_class(pool, number, policy, rows)
    if refusal != code.OK:
        return refusal
    # After this point the command must succeed.
    family = pool.classes[number]
    if family["published"] != 0:
        pool.instruments[int(family["underlying"])]["underlies"] -= 1
    pool.instruments[policy["underlying"]]["underlies"] += 1
    start_ramp(family, policy, int(pool.totals[0]["time"]))
    if family["scenarios"] != policy["scenarios"] or family["grouped"] != policy["grouped"]:
        forget_arrays(pool, number)
        place_scenarios(pool, family, policy["scenarios"])
    for name in CLASS_FIELDS:
        family[name] = policy[name]  # type: ignore[literal-required]
    family["unit"] = 10 ** policy["scale"]
    family["published"] = 1
    write_scenarios(pool, family, rows)
    adopt_class(pool, number)
    return code.OK


def scenarios_of(count: int, words: Sequence[int]) -> list[dict[str, int]] | None:
    """The scenario records, or None where the words are not as many."""
    width = len(SCENARIO_FIELDS)
    if len(words) != count * width:
        return None
    return [read_parameters(SCENARIO_FIELDS, words[at : at + width]) for at in range(0, len(words), width)]


def require_class(pool: Pool, number: int, policy: dict[str, int], rows: list[dict[str, int]]) -> int:
    """The rules of a class, in their published order."""
    if not 1 <= number <= CLASSES_MAX:
        return code.CLASS_MUST_BE_WITHIN_LIMIT
    if not is_listed(pool, policy["underlying"]) or pool.instruments[policy["underlying"]]["kind"] == KIND_OPTION:
        return code.INSTRUMENT_MUST_BE_LISTED
    if not 1 <= policy["tail"] <= policy["scenarios"]:
        return code.TAIL_MUST_BE_WITHIN_SCENARIOS
    if any(policy[f"{name}_maintenance"] > policy[f"{name}_initial"] for name in ORDERED):
        return code.RATES_MUST_BE_ORDERED
    for row in rows:
        if not 0 <= row["damping"] <= PPB or row["skew"] not in (0, 1) or not 0 <= row["deductible"] <= DEDUCTIBLE_MAX:
            return code.PARAMETER_MUST_BE_WITHIN_BOUNDS
    family = pool.classes[number]
    if family["members"] > 0 and any(family[name] != policy[name] for name in IMMUTABLE):  # type: ignore[literal-required]
        return code.IMMUTABLE_PARAMETER_MUST_NOT_CHANGE
    if policy["grouped"] == 0 and any(row["skew"] for row in rows):
        return code.SKEW_MUST_BE_GROUPED
    return require_capacity(pool, number, 10 ** policy["scale"], policy["shift"], {})


def start_ramp(family: Any, policy: dict[str, int], time: int) -> None:
    """A factor that rises starts from the one in force; a first one, or one that falls, is in force at once."""
    for side in ("initial", "maintenance"):
        target = policy[f"factor_{side}"]
        now = int(family[f"{side}_now"]) if family["published"] != 0 else target
        family[f"{side}_from"] = now
        family[f"{side}_now"] = now if target > now and policy["ramp"] > 0 else target
    family["ramp_start"] = time


def place_scenarios(pool: Pool, family: Any, count: int) -> None:
    """Room for the scenarios of a class, padded to whole vectors."""
    totals = pool.totals[0]
    family["width"] = ceil_div(count, LANES) * LANES
    family["scenario_start"] = int(totals["scenarios"])
    totals["scenarios"] += family["width"]
    for lane in range(family["width"]):
        pool.scenarios[family["scenario_start"] + lane]["shock"] = 0


def forget_arrays(pool: Pool, number: int) -> None:
    """Another model's arrays have another shape: until they are published, options may only be liquidated."""
    for member in range(1, int(pool.totals[0]["instruments"])):
        if pool.risks[member]["risk_class"] == number:
            pool.risks[member]["slot"] = -1


def write_scenarios(pool: Pool, family: Any, rows: list[dict[str, int]]) -> None:
    """Store weights in parts of 2**30 and deductibles in products; lanes of padding weigh nothing."""
    for lane in range(family["width"]):
        row = pool.scenarios[family["scenario_start"] + lane]
        given = rows[lane] if lane < len(rows) else {"damping": 0, "skew": 0, "deductible": 0}
        row["damping"] = parts(given["damping"])
        row["skew"] = given["skew"]
        row["deductible"] = min(given["deductible"] * family["unit"] >> family["shift"], 2**61)
        row["linear"] = parts(int(row["shock"])) * row["damping"] >> PART_BITS


def publish_arrays(pool: Pool, command: CommandRow, payload: Sequence[int]) -> int:
    """Publish shocks, group weights and option values of a class."""
    number = int(command["instrument"])
    if not 1 <= number <= CLASSES_MAX or pool.classes[number]["published"] == 0:
        return code.CLASS_MUST_BE_PUBLISHED
    family = pool.classes[number]
    arrays = arrays_of(int(family["scenarios"]), payload)
    if arrays is None:
        return code.PAYLOAD_MUST_FIT
    time = int(command["time"])
    refusal = require_timely(pool, family, arrays, time)
    if refusal == code.OK:
        refusal = require_within_bounds(pool, number, arrays)
    if refusal == code.OK:
        refusal = require_no_arbitrage(pool, family, arrays)
    if refusal == code.OK:
        refusal = require_no_jump(pool, family, arrays)
    if refusal != code.OK:
        return refusal
    # After this point the command must succeed.
    family["arrays_time"] = time
    family["reference"] = arrays.reference
    for lane, shock in enumerate(arrays.shocks):
        row = pool.scenarios[int(family["scenario_start"]) + lane]
        row["shock"] = int(shock)
        row["linear"] = parts(int(shock)) * int(row["damping"]) >> PART_BITS
    for group in arrays.groups:
        write_group(pool, family, group)
    for option, values in zip(arrays.options, arrays.values):
        write_option(pool, family, option, values, arrays.reference, time)
    adopt_arrays(pool, number)
    return code.OK


def arrays_of(scenarios: int, payload: Sequence[int]) -> Arrays | None:
    """The payload's words by name, or None where they do not fit together."""
    if len(payload) < HEADER + scenarios:
        return None
    reference, groups, options = (int(word) for word in payload[:HEADER])
    width, step = len(GROUP_FIELDS), len(OPTION_FIELDS) + scenarios
    at = HEADER + scenarios
    if groups < 0 or options < 0 or len(payload) != at + groups * width + options * step:
        return None
    shocks = payload[HEADER:at]
    found = [read_parameters(GROUP_FIELDS, payload[at + k * width :]) for k in range(groups)]
    at += groups * width
    records = [payload[at + k * step : at + (k + 1) * step] for k in range(options)]
    named = [read_parameters(OPTION_FIELDS, record) for record in records]
    return Arrays(reference, shocks, found, named, [record[len(OPTION_FIELDS) :] for record in records])


def require_timely(pool: Pool, family: Any, arrays: Arrays, time: int) -> int:
    """Newer than the table in force, not from the future, not old, and computed at about the present mark."""
    now = int(pool.totals[0]["time"])
    if time <= family["arrays_time"] or time > now:
        return code.TABLE_MUST_BE_NEWER
    if now - time > family["age_max"]:
        return code.TABLE_MUST_BE_FRESH
    spot = int(pool.instruments[int(family["underlying"])]["mark"])
    if abs(arrays.reference - spot) > spot * int(family["reference_max"]) // PPB or spot == 0:
        return code.TABLE_MUST_MATCH_MARK
    return code.OK


def require_within_bounds(pool: Pool, number: int, arrays: Arrays) -> int:
    """Weights, shocks and Greeks within their bounds; groups and options of this class, none twice."""
    if any(not -PPB <= shock <= SHOCK_MAX for shock in arrays.shocks):
        return code.TABLE_MUST_BE_WITHIN_BOUNDS
    seen = set()
    for group in arrays.groups:
        weights = [group[name] for name in ("discount_long", "discount_short", "basis_factor")]
        if not 1 <= group["group"] <= GROUPS_MAX or pool.groups[group["group"]]["risk_class"] != number:
            return code.TABLE_MUST_BE_WITHIN_BOUNDS
        if any(not 0 <= weight <= WEIGHT_MAX for weight in weights) or not 0 <= group["confidence"] <= PPB:
            return code.TABLE_MUST_BE_WITHIN_BOUNDS
        if not 0 <= group["forward"] <= GREEK_MAX or group["group"] in seen:
            return code.TABLE_MUST_BE_WITHIN_BOUNDS
        if pool.classes[number]["grouped"] == 0 and weights[:2] != [PPB, PPB]:
            return code.TABLE_MUST_BE_WITHIN_BOUNDS
        seen.add(group["group"])
    seen = set()
    for option in arrays.options:
        place = option["instrument"]
        if not is_listed(pool, place) or place in seen or pool.risks[place]["risk_class"] != number:
            return code.TABLE_MUST_BE_WITHIN_BOUNDS
        if pool.risks[place]["option_type"] == 0 or abs(option["delta"]) > WEIGHT_MAX:
            return code.TABLE_MUST_BE_WITHIN_BOUNDS
        if abs(option["gamma"]) > GREEK_MAX or abs(option["vega"]) > GREEK_MAX:
            return code.TABLE_MUST_BE_WITHIN_BOUNDS
        seen.add(place)
    return code.OK


def top_at(pool: Pool, family: Any, option: int, reference: int, shock: int) -> int:
    """The most an option can be worth at the reference under a shock, in quanta."""
    risk = pool.risks[option]
    top = int(risk["strike"])
    if risk["option_type"] == OPTION_CALL:
        top = reference * (PPB + shock) // PPB * (PPB + int(family["carry_max"])) // PPB
    return max(min(top, int(pool.instruments[option]["mark_max"])), 0) >> int(family["shift"])


def require_no_arbitrage(pool: Pool, family: Any, arrays: Arrays) -> int:
    """No value below nothing, above what the option can be worth, or above the instrument's largest mark."""
    for option, values in zip(arrays.options, arrays.values):
        place = option["instrument"]
        unshocked = top_at(pool, family, place, arrays.reference, 0)
        if any(not 0 <= option[name] <= unshocked for name in ("value", "up", "down")):
            return code.TABLE_MUST_NOT_ALLOW_ARBITRAGE
        for value, shock in zip(values, arrays.shocks):
            if not 0 <= value <= top_at(pool, family, place, arrays.reference, int(shock)):
                return code.TABLE_MUST_NOT_ALLOW_ARBITRAGE
    return code.OK


def require_no_jump(pool: Pool, family: Any, arrays: Arrays) -> int:
    """No value further from the one in force than the class allows."""
    spot = int(pool.instruments[int(family["underlying"])]["mark"])
    allowed = spot * int(family["jump_max"]) // PPB
    for option in arrays.options:
        risk = pool.risks[option["instrument"]]
        moved = abs(option["value"] - int(risk["value"])) << int(family["shift"])
        if risk["time"] > 0 and moved > allowed:
            return code.TABLE_MUST_NOT_JUMP
    return code.OK


def write_group(pool: Pool, family: Any, given: dict[str, int]) -> None:
    """Store what a table says of a netting group."""
    row = pool.groups[given["group"]]
    row["discount_long"] = parts(given["discount_long"])
    row["discount_short"] = parts(given["discount_short"])
    row["basis_factor"] = given["basis_factor"]
    row["confidence"] = given["confidence"]
    row["forward"] = given["forward"]
    doubt = PPB - given["confidence"]
    below = given["confidence"] < family["confidence_threshold"]
    row["rate_confidence"] = ceil_div(doubt * int(family["confidence_factor"]), PPB) if below else 0


def write_option(
    pool: Pool, family: Any, given: dict[str, int], values: Sequence[int], reference: int, time: int
) -> None:
    """Store an option's values as published; its slot is found at the first table."""
    risk = pool.risks[given["instrument"]]
    width = int(family["width"])
    if risk["slot"] < 0:
        risk["slot"] = int(pool.totals[0]["words"])
        pool.totals[0]["words"] += width
    risk["value_published"] = given["value"]
    risk["up_published"] = given["up"]
    risk["down_published"] = given["down"]
    for name in ("delta", "gamma", "vega"):
        risk[name] = given[name]
    risk["reference"] = reference
    risk["time"] = time
    for lane in range(width):
        pool.published[risk["slot"] + lane]["word"] = int(values[lane]) if lane < len(values) else given["value"]
