"""A risk table's words: judged, then stored. Compiled, since a table has a word for every option in every scenario.

Payload and the order of the rules: docs/portfolio-margin.md §8.  Words are any int64 until their own rule has passed:
bounds are compared on both sides, and nothing is reckoned with a word before.
"""

from typing import NamedTuple

from plimsoll.book.events import note
from plimsoll.book.layout import Pool
from plimsoll.book.rows import RiskClassRow, WordRow
from plimsoll.book.signatures import INTEGER, POOL, WORDS
from plimsoll.engine.adopt import follow_class
from plimsoll.engine.checks import is_listed
from plimsoll.margin.portfolio.arrays import call_top, tops_of
from plimsoll.units import codes as code
from plimsoll.units.fixed import mul_div_ceil, mul_div_floor
from plimsoll.units.jit import command, entry, rule
from plimsoll.units.lanes import scratch
from plimsoll.units.limits import (
    CLASSES_MAX,
    FORWARD_MARKS,
    GREEK_PART,
    GROUPS_MAX,
    INSTRUMENTS_MAX,
    PART_BITS,
    PPB,
    SHOCK_MAX,
    WEIGHT_MAX,
)
from plimsoll.units.messages import EVENT_ARRAYS_PUBLISHED, OPTION_CALL, STATUS_SETTLING
from plimsoll.units.parts import part_of
from plimsoll.units.tables import Ints, Table
from plimsoll.units.views import view

HEADER = 3
GROUP_WORDS = 6
OPTION_WORDS = 7
MISFIT = -1
SEEN_MAX = max(GROUPS_MAX + 1, INSTRUMENTS_MAX)
seen_of = scratch(WordRow, SEEN_MAX)


class Shape(NamedTuple):
    """Where a payload's records begin and how many there are; ``groups`` is MISFIT where words are too many or few.

    A group: number, discount_long, discount_short, basis_factor, confidence, forward.  An option: instrument, value,
    up, down, delta, gamma, vega, then its value in each scenario.
    """

    groups: int
    options: int
    first_group: int
    first_option: int
    step: int


@rule
def shape_of(scenarios: int, words: Ints) -> Shape:
    """The shape of a payload for so many scenarios."""
    size = len(words)
    first = HEADER + scenarios
    step = OPTION_WORDS + scenarios
    misfit = Shape(MISFIT, 0, 0, 0, 0)
    if size < first:
        return misfit
    groups = words[1]
    options = words[2]
    if groups < 0 or options < 0 or groups > size or options > size:
        return misfit
    if size != first + groups * GROUP_WORDS + options * step:
        return misfit
    return Shape(groups, options, first, first + groups * GROUP_WORDS, step)


@rule
def is_within(word: int, low: int, high: int) -> bool:
    """Whether a word lies between two bounds."""
    return low <= word <= high


@rule
def require_timely(pool: Pool, family: RiskClassRow, reference: int, time: int) -> int:
    """Newer than the table in force, not from the future, not old, and computed at about the present mark."""
    now = pool.totals[0]["time"]
    if time <= family["arrays_time"] or time > now:
        return code.TABLE_MUST_BE_NEWER
    if now - time > family["age_max"]:
        return code.TABLE_MUST_BE_FRESH
    spot = pool.instruments[family["underlying"]]["mark"]
    allowed = mul_div_floor(spot, family["reference_max"], PPB)
    if spot == 0 or not is_within(reference, spot - allowed, spot + allowed):
        return code.TABLE_MUST_MATCH_MARK
    return code.OK


@rule
def forget_seen(seen: Table[WordRow]) -> None:
    """Nothing was seen yet."""
    for place in range(SEEN_MAX):
        seen[place]["word"] = 0


@command
def are_shocks_sound(words: Ints, scenarios: int) -> bool:
    """Whether every shock is within its bounds."""
    for lane in range(scenarios):
        if not is_within(words[HEADER + lane], -PPB, SHOCK_MAX):
            return False
    return True


@command
def are_groups_sound(pool: Pool, number: int, words: Ints, shape: Shape) -> bool:
    """Whether every group is of the class and there once, its weights within their bounds."""
    seen = seen_of()
    forget_seen(seen)
    forward_max = FORWARD_MARKS * pool.instruments[pool.classes[number]["underlying"]]["mark_max"]
    for at in range(shape.first_group, shape.first_option, GROUP_WORDS):
        group = words[at]
        if not is_within(group, 1, GROUPS_MAX) or pool.groups[group]["risk_class"] != number:
            return False
        for weight in range(1, 4):
            if not is_within(words[at + weight], 0, WEIGHT_MAX):
                return False
        if not is_within(words[at + 4], 0, PPB) or not is_within(words[at + 5], 0, forward_max):
            return False
        if seen[group]["word"] != 0:
            return False
        if pool.classes[number]["grouped"] == 0 and (words[at + 1] != PPB or words[at + 2] != PPB):
            return False
        seen[group]["word"] = 1
    return True


@command
def are_options_sound(pool: Pool, number: int, words: Ints, shape: Shape) -> bool:
    """Whether every option is of the class and there once, its sensitivities within their bounds."""
    seen = seen_of()
    forget_seen(seen)
    for at in range(shape.first_option, shape.first_option + shape.options * shape.step, shape.step):
        option = words[at]
        if not is_listed(pool, option) or seen[option]["word"] != 0 or pool.risks[option]["risk_class"] != number:
            return False
        if pool.risks[option]["option_type"] == 0 or not is_within(words[at + 4], -WEIGHT_MAX, WEIGHT_MAX):
            return False
        most = pool.instruments[option]["mark_max"] // GREEK_PART
        if not is_within(words[at + 5], -most, most) or not is_within(words[at + 6], -most, most):
            return False
        seen[option]["word"] = 1
    return True


@command
def allows_arbitrage(pool: Pool, family: RiskClassRow, words: Ints, shape: Shape) -> bool:
    """Whether a value is below nothing, above what the option can be worth, or above the instrument's largest mark."""
    shift = family["shift"]
    scenarios = family["scenarios"]
    reference = words[0]
    tops = tops_of()
    unshocked = call_top(family, reference, 0) >> shift
    for lane in range(scenarios):
        tops[lane]["word"] = max(call_top(family, reference, words[HEADER + lane]), 0) >> shift
    for at in range(shape.first_option, shape.first_option + shape.options * shape.step, shape.step):
        option = words[at]
        most = pool.instruments[option]["mark_max"]
        call = pool.risks[option]["option_type"] == OPTION_CALL
        if not call:
            most = min(most, pool.risks[option]["strike"])
        most = most >> shift
        top = min(most, unshocked) if call else most
        for place in range(1, 4):
            if not is_within(words[at + place], 0, top):
                return True
        values = at + OPTION_WORDS
        for lane in range(scenarios):
            top = min(most, tops[lane]["word"]) if call else most
            if not is_within(words[values + lane], 0, top):
                return True
    return False


@rule
def says_something_of(pool: Pool, option: int) -> bool:
    """Whether a table still says anything of an option: not once it settles."""
    return pool.instruments[option]["status"] != STATUS_SETTLING


@command
def jumps(pool: Pool, family: RiskClassRow, words: Ints, shape: Shape) -> bool:
    """Whether a value is further from the one in force than the class allows."""
    spot = pool.instruments[family["underlying"]]["mark"]
    allowed = mul_div_floor(spot, family["jump_max"], PPB)
    for at in range(shape.first_option, shape.first_option + shape.options * shape.step, shape.step):
        risk = pool.risks[words[at]]
        if not says_something_of(pool, words[at]):
            continue
        if risk["time"] > 0 and abs(words[at + 1] - risk["value"]) << family["shift"] > allowed:
            return True
    return False


@rule
def require_table(pool: Pool, number: int, time: int, words: Ints, shape: Shape) -> int:
    """The rules of a table whose words fit, in their published order."""
    family = pool.classes[number]
    refusal = require_timely(pool, family, words[0], time)
    if refusal != code.OK:
        return refusal
    if not are_shocks_sound(words, family["scenarios"]):
        return code.TABLE_MUST_BE_WITHIN_BOUNDS
    if not are_groups_sound(pool, number, words, shape) or not are_options_sound(pool, number, words, shape):
        return code.TABLE_MUST_BE_WITHIN_BOUNDS
    if allows_arbitrage(pool, family, words, shape):
        return code.TABLE_MUST_NOT_ALLOW_ARBITRAGE
    return code.TABLE_MUST_NOT_JUMP if jumps(pool, family, words, shape) else code.OK


@rule
def write_group(pool: Pool, family: RiskClassRow, words: Ints, at: int) -> None:
    """Store what a table says of a netting group."""
    row = pool.groups[words[at]]
    row["discount_long"] = part_of(words[at + 1])
    row["discount_short"] = part_of(words[at + 2])
    row["basis_factor"] = words[at + 3]
    row["confidence"] = words[at + 4]
    row["forward"] = words[at + 5]
    row["rate_confidence"] = 0
    if words[at + 4] < family["confidence_threshold"]:
        row["rate_confidence"] = mul_div_ceil(PPB - words[at + 4], family["confidence_factor"], PPB)


@rule
def write_option(pool: Pool, family: RiskClassRow, words: Ints, at: int, time: int) -> None:
    """Store an option's values as published; its slot is found at the first table."""
    risk = pool.risks[words[at]]
    width = family["width"]
    if risk["slot"] < 0:
        risk["slot"] = pool.totals[0]["words"]
        pool.totals[0]["words"] += width
    risk["value_published"] = words[at + 1]
    risk["up_published"] = words[at + 2]
    risk["down_published"] = words[at + 3]
    risk["delta"] = words[at + 4]
    risk["gamma"] = words[at + 5]
    risk["vega"] = words[at + 6]
    risk["reference"] = words[0]
    risk["time"] = time
    slot = risk["slot"]
    values = at + OPTION_WORDS
    for lane in range(family["scenarios"]):
        pool.published[slot + lane]["word"] = words[values + lane]
    for lane in range(family["scenarios"], width):
        pool.published[slot + lane]["word"] = words[at + 1]


@rule
def write_shocks(pool: Pool, family: RiskClassRow, words: Ints) -> None:
    """Store the shocks, and what a linear instrument makes of each."""
    for lane in range(family["scenarios"]):
        row = pool.scenarios[family["scenario_start"] + lane]
        row["shock"] = words[HEADER + lane]
        row["linear"] = part_of(words[HEADER + lane]) * row["damping"] >> PART_BITS


@rule
def judged(pool: Pool, number: int, time: int, words: Ints, shape: Shape) -> int:
    """Every rule of a table, in order."""
    if not is_within(number, 1, CLASSES_MAX) or pool.classes[number]["published"] == 0:
        return code.CLASS_MUST_BE_PUBLISHED
    if shape.groups == MISFIT:
        return code.PAYLOAD_MUST_FIT
    return require_table(pool, number, time, words, shape)


@rule
def shape_for(pool: Pool, number: int, words: Ints) -> Shape:
    """The shape of a payload for a class, whether there is one or not."""
    return shape_of(pool.classes[number]["scenarios"] if is_within(number, 1, CLASSES_MAX) else 0, words)


@entry((POOL, INTEGER, INTEGER, WORDS))
def judge_table(pool: Pool, number: int, time: int, words: Ints) -> int:
    """What ``publish_table`` would answer; nothing changes."""
    pool = view(pool)
    return judged(pool, number, time, words, shape_for(pool, number, words))


@entry((POOL, INTEGER, INTEGER, WORDS))
def publish_table(pool: Pool, number: int, time: int, words: Ints) -> int:
    """Publish shocks, group weights and option values of a class; returns a result code."""
    pool = view(pool)
    shape = shape_for(pool, number, words)
    refusal = judged(pool, number, time, words, shape)
    if refusal != code.OK:
        return refusal
    # After this point the command must succeed.
    family = pool.classes[number]
    family["arrays_time"] = time
    family["reference"] = words[0]
    write_shocks(pool, family, words)
    for at in range(shape.first_group, shape.first_option, GROUP_WORDS):
        write_group(pool, family, words, at)
    for at in range(shape.first_option, shape.first_option + shape.options * shape.step, shape.step):
        if says_something_of(pool, words[at]):
            write_option(pool, family, words, at, time)
    note(pool, EVENT_ARRAYS_PUBLISHED, -1, family["underlying"], family["reference"], number)
    follow_class(pool, number)
    return code.OK
