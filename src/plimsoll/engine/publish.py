"""Risk classes and their tables: rare. A table out of bounds is refused and the last good one stays.

Payloads and the order of the rules: docs/portfolio-margin.md §8.
"""

from collections.abc import Sequence
from typing import Any

from plimsoll.book.layout import CLASS, Pool
from plimsoll.book.parameters import CLASS_BOUNDS
from plimsoll.book.rows import CommandRow
from plimsoll.engine.adopt import adopt_class
from plimsoll.engine.capacity import Scope, require_capacity
from plimsoll.engine.listing import ceil_div, is_listed, read_parameters, require_bounds
from plimsoll.engine.publish_arrays import publish_table
from plimsoll.units import codes as code
from plimsoll.units.limits import CLASSES_MAX, GROUPS_MAX, LANES, PART_BITS, PPB
from plimsoll.units.messages import KIND_OPTION

CLASS_FIELDS: tuple[str, ...] = tuple(CLASS.names or ())
SCENARIO_FIELDS = ("damping", "skew", "deductible")
ORDERED = ("factor", "linear", "option", "unpaired")
IMMUTABLE = ("underlying", "scale", "shift")
DEDUCTIBLE_MAX = 10**17


Words = Sequence[int]
"""A payload: an array of int64, or a list where nothing is compiled."""


def parts(rate: int) -> int:
    """A rate in parts of 2**30, rounded down; of either sign."""
    return (rate << PART_BITS) // PPB


def publish_class(pool: Pool, command: CommandRow, payload: Words) -> int:
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
    family["version"] += 1
    write_scenarios(pool, family, rows)
    for group in range(1, GROUPS_MAX + 1):
        if pool.groups[group]["risk_class"] == number:
            doubt_group(family, pool.groups[group])
    adopt_class(pool, number)
    return code.OK


def scenarios_of(count: int, words: Words) -> list[dict[str, int]] | None:
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
    if has_members(pool, number) and any(family[name] != policy[name] for name in IMMUTABLE):  # type: ignore[literal-required]
        return code.IMMUTABLE_PARAMETER_MUST_NOT_CHANGE
    if policy["grouped"] == 0 and any(row["skew"] for row in rows):
        return code.SKEW_MUST_BE_GROUPED
    spot_max = int(pool.instruments[policy["underlying"]]["mark_max"])
    return require_capacity(pool, Scope(number, 10 ** policy["scale"], policy["shift"], spot_max), {})


def has_members(pool: Pool, number: int) -> bool:
    """Whether an instrument that is neither free nor closed belongs to the class."""
    listed = range(1, int(pool.totals[0]["instruments"]))
    return any(pool.risks[member]["risk_class"] == number and is_listed(pool, member) for member in listed)


def doubt_group(family: Any, group: Any) -> None:
    """What the confidence of a group's table asks, by the class's policy."""
    doubt = PPB - int(group["confidence"])
    below = group["confidence"] < family["confidence_threshold"]
    group["rate_confidence"] = ceil_div(doubt * int(family["confidence_factor"]), PPB) if below else 0


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
    """Another model's arrays have another shape: until they are published, nobody is judged by them.

    Options keep their value and follow their underlying by the delta they have.
    """
    pool.classes[number]["arrays_time"] = 0
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


def publish_arrays(pool: Pool, command: CommandRow, payload: Words) -> int:
    """Publish shocks, group weights and option values of a class."""
    return publish_table(pool, int(command["instrument"]), int(command["time"]), payload)  # type: ignore[arg-type]
