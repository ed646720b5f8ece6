"""One loss of many scenarios: profit and loss of a class, lane by lane, then the largest, the k-th, or a tail mean.

Everything is in products (lots times quanta) until ``requirement`` turns a loss into micros.  With open orders the
initial side takes each instrument at its worse end, scenario by scenario.
"""

from typing import NamedTuple

from plimsoll.book.layout import Pool
from plimsoll.book.rows import GroupRow, LegRow, RiskClassRow, WordRow
from plimsoll.margin.portfolio.legs import is_option
from plimsoll.units.fixed import mul_div_ceil, mul_div_floor
from plimsoll.units.jit import command, rule
from plimsoll.units.lanes import (
    add_group_lanes,
    add_linear_lanes,
    lane_above,
    lane_of,
    scratch,
    smallest_lane,
    smallest_sum,
    sum_lots,
    sum_scaled,
)
from plimsoll.units.limits import LANES, PPB, SCENARIOS_MAX
from plimsoll.units.messages import AGGREGATION_ES, AGGREGATION_MAX, STATUS_SETTLING
from plimsoll.units.parts import times
from plimsoll.units.tables import Table

lanes_of = scratch(WordRow, SCENARIOS_MAX + LANES)
NO_SCENARIO = -1
LARGEST = -3
"""The lane of the largest loss, which ``largest_lane`` finds for the few who ask."""
DAMPING = 0
LINEAR = 1
SKEW = 2
DEDUCTIBLE = 3
"""Columns of ``weights``."""

Lanes = Table[WordRow]
Legs = Table[LegRow]


class Loss(NamedTuple):
    """A class's loss in products, and the lane that made it; NO_SCENARIO when it is 0, LARGEST when not looked up."""

    amount: int
    scenario: int


@rule
def has_arrays(leg: LegRow) -> bool:
    """Whether the leg is an option, whose values come from arrays; else it is linear in its own mark."""
    return is_option(leg)


@rule
def weight_start(family: RiskClassRow, column: int) -> int:
    """The first word of one column of a class's scenarios in ``weights``."""
    return 4 * family["scenario_start"] + column * family["width"]


@rule
def product_of(pool: Pool, number: int, lots: int, shift: int) -> int:
    """Lots of a linear instrument at its own mark, in products; a mark that is frozen is not shocked."""
    if pool.instruments[number]["status"] == STATUS_SETTLING:
        return 0
    return mul_div_floor(lots, pool.instruments[number]["mark"], 1 << shift)


@rule
def is_same_group(leg: LegRow, other: LegRow) -> bool:
    """Whether two legs are of one class and one netting group."""
    return leg["group"] == other["group"] and leg["risk_class"] == other["risk_class"]


@rule
def group_end(legs: Legs, first: int, last: int) -> int:
    """The first leg after those of the same group as leg ``first``."""
    place = first + 1
    while place < last and is_same_group(legs[place], legs[first]):
        place += 1
    return place


@rule
def base_of(legs: Legs, first: int, last: int) -> int:
    """What the legs with arrays are worth now, in products."""
    base = 0
    for place in range(first, last):
        if legs[place]["slot"] >= 0:
            base += legs[place]["lots"] * legs[place]["value"]
    return base


@rule
def group_pnl(group: GroupRow, value: int, base: int, damping: int) -> int:
    """A group's profit under one scenario: its shocked value, discounted by its own sign, less its value now."""
    discount = group["discount_long"] if value >= 0 else group["discount_short"]
    return times(times(value, discount) - base, damping)


@command
def add_group(pool: Pool, family: RiskClassRow, legs: Legs, first: int, last: int, values: Lanes, pnl: Lanes) -> None:
    """Add the profit of one netting group, as held, to that of its class."""
    group = pool.groups[legs[first]["group"]]
    sum_lots(values, legs, first, last, pool.arrays, family["width"], family["narrow"])
    add_group_lanes(
        pnl,
        values,
        pool.weights,
        weight_start(family, DAMPING),
        weight_start(family, SKEW),
        family["width"],
        base_of(legs, first, last),
        group["discount_long"],
        group["discount_short"],
    )


@rule
def end_lots(leg: LegRow, change: int, wanted: int) -> int:
    """The lots of a leg with orders at the end that makes its change in value smallest (wanted -1) or largest (1)."""
    if change == 0:
        return leg["lots"]
    if (change > 0) == (wanted < 0):
        return leg["lots"] - leg["ask_lots"]
    return leg["lots"] + leg["bid_lots"]


@command
def group_at_ends(
    pool: Pool,
    group: GroupRow,
    legs: Legs,
    first: int,
    last: int,
    lane: int,
    narrow: int,
    damping: int,
    wanted: int,
) -> int:
    """A group's profit under one scenario with every leg at one end of its orders."""
    value = 0
    base = 0
    for place in range(first, last):
        leg = legs[place]
        if leg["slot"] >= 0:
            shocked = lane_of(pool.arrays, leg["slot"], lane, narrow)
            lots = end_lots(leg, shocked - leg["value"], wanted)
            value += lots * shocked
            base += lots * leg["value"]
    return group_pnl(group, value, base, damping)


@command
def add_group_at_worst(pool: Pool, family: RiskClassRow, legs: Legs, first: int, last: int, pnl: Lanes) -> None:
    """Add the profit of one netting group with every option at its worse end, scenario by scenario."""
    group = pool.groups[legs[first]["group"]]
    start = family["scenario_start"]
    for lane in range(family["scenarios"]):
        scenario = pool.scenarios[start + lane]
        profit = group_at_ends(pool, group, legs, first, last, lane, family["narrow"], scenario["damping"], -1)
        if scenario["skew"] != 0:
            other = group_at_ends(pool, group, legs, first, last, lane, family["narrow"], scenario["damping"], 1)
            profit = -max(abs(profit), abs(other))
        pnl[lane]["word"] += profit


@command
def options_at_worst(pool: Pool, family: RiskClassRow, legs: Legs, first: int, last: int, pnl: Lanes) -> None:
    """Write the profit of a plain class's options, each at its worse end, scenario by scenario."""
    for place in range(first, last):
        legs[place]["scaled"] = legs[place]["lots"] - legs[place]["ask_lots"]
    sum_scaled(pnl, legs, first, last, pool.arrays, family["width"], family["narrow"])
    add_open_orders(pool, family, legs, first, last, pnl)


@command
def add_groups(pool: Pool, family: RiskClassRow, legs: Legs, first: int, last: int, at_worst: bool, pnl: Lanes) -> None:
    """Write the profit of a grouped class's options, netting group by netting group."""
    for lane in range(family["width"]):
        pnl[lane]["word"] = 0
    values = lanes_of()
    place = first
    while place < last:
        end = group_end(legs, place, last)
        if has_arrays(legs[place]):
            if at_worst:
                add_group_at_worst(pool, family, legs, place, end, pnl)
            else:
                add_group(pool, family, legs, place, end, values, pnl)
        place = end


@command
def add_open_orders(pool: Pool, family: RiskClassRow, legs: Legs, first: int, last: int, pnl: Lanes) -> None:
    """From all asks filled to each instrument's worse end: bids are filled where that loses."""
    for place in range(first, last):
        leg = legs[place]
        between = leg["bid_lots"] + leg["ask_lots"]
        if between != 0 and leg["slot"] >= 0:
            for lane in range(family["scenarios"]):
                pnl[lane]["word"] += between * min(0, lane_of(pool.arrays, leg["slot"], lane, family["narrow"]))


@rule
def write_options(
    pool: Pool, family: RiskClassRow, legs: Legs, first: int, last: int, at_worst: bool, pnl: Lanes
) -> None:
    """Write the profit of every option of a class."""
    if family["grouped"] != 0:
        add_groups(pool, family, legs, first, last, at_worst, pnl)
    elif at_worst:
        options_at_worst(pool, family, legs, first, last, pnl)
    else:
        sum_lots(pnl, legs, first, last, pool.arrays, family["width"], family["narrow"])


@command
def add_linear(pool: Pool, family: RiskClassRow, legs: Legs, first: int, last: int, at_worst: bool, pnl: Lanes) -> None:
    """Add the profit of what is linear in its own mark."""
    low = 0
    high = 0
    shift = family["shift"]
    for place in range(first, last):
        leg = legs[place]
        if leg["slot"] < 0 and not has_arrays(leg):
            if at_worst and leg["bid_lots"] + leg["ask_lots"] != 0:
                low += product_of(pool, leg["number"], leg["lots"] - leg["ask_lots"], shift)
                high += product_of(pool, leg["number"], leg["lots"] + leg["bid_lots"], shift)
            else:
                product = product_of(pool, leg["number"], leg["lots"], shift)
                low += product
                high += product
    if low == 0 and high == 0:
        return
    add_linear_lanes(pnl, pool.weights, weight_start(family, LINEAR), family["width"], low, high)


@rule
def scan_class(
    pool: Pool, family: RiskClassRow, legs: Legs, first: int, last: int, linear: bool, at_worst: bool, pnl: Lanes
) -> None:
    """Profit and loss of a class under each of its scenarios, into ``pnl``; ``linear``: some leg may be no option."""
    write_options(pool, family, legs, first, last, at_worst, pnl)
    if linear:
        add_linear(pool, family, legs, first, last, at_worst, pnl)


@rule
def largest_of(pool: Pool, family: RiskClassRow, pnl: Lanes) -> Loss:
    """The largest loss. Lanes of padding have nothing and lose nothing."""
    profit = smallest_sum(pnl, pool.weights, weight_start(family, DEDUCTIBLE), family["width"])
    return Loss(-profit, LARGEST) if profit < 0 else Loss(0, NO_SCENARIO)


@rule
def largest_lane(pool: Pool, family: RiskClassRow, pnl: Lanes) -> int:
    """The scenario of the largest loss, ties to the lowest."""
    return smallest_lane(pnl, pool.weights, weight_start(family, DEDUCTIBLE), family["width"])


@command
def tail_of(pool: Pool, family: RiskClassRow, pnl: Lanes) -> Loss:
    """The k-th largest loss (VaR) or the mean of the k largest, rounded up (ES); the scenario chosen or the largest."""
    worst = lanes_of()
    lanes = lanes_of()
    tail = family["tail"]
    for place in range(tail):
        worst[place]["word"] = 0
        lanes[place]["word"] = NO_SCENARIO
    start = weight_start(family, DEDUCTIBLE)
    width = family["width"]
    lane = lane_above(pnl, pool.weights, start, 0, width, 0)
    while lane < width:
        loss = -pnl[lane]["word"] - pool.weights[start + lane]["word"]
        place = tail - 1
        while place > 0 and worst[place - 1]["word"] < loss:
            worst[place]["word"] = worst[place - 1]["word"]
            lanes[place]["word"] = lanes[place - 1]["word"]
            place -= 1
        worst[place]["word"] = loss
        lanes[place]["word"] = lane
        lane = lane_above(pnl, pool.weights, start, lane + 1, width, worst[tail - 1]["word"])
    if family["aggregation"] != AGGREGATION_ES:
        return Loss(worst[tail - 1]["word"], lanes[tail - 1]["word"])
    # A mean of sums: whole parts first, so that the sum of the tail stays within int64.
    mean = 0
    rest = 0
    for place in range(tail):
        mean += worst[place]["word"] // tail
        rest += worst[place]["word"] % tail
    return Loss(mean + -(-rest // tail), lanes[0]["word"])


@rule
def aggregate(pool: Pool, family: RiskClassRow, pnl: Lanes) -> Loss:
    """One loss of a class's scenarios, by its own rule."""
    if family["aggregation"] == AGGREGATION_MAX:
        return largest_of(pool, family, pnl)
    return tail_of(pool, family, pnl)


@command
def basis_of(pool: Pool, family: RiskClassRow, legs: Legs, first: int, last: int, at_worst: bool) -> int:
    """What forwards may do against spot: per group the worse of two shifts, never netted between groups."""
    required = 0
    place = first
    while place < last:
        end = group_end(legs, place, last)
        group = pool.groups[legs[place]["group"]]
        if has_arrays(legs[place]) and group["basis_factor"] > 0:
            up = 0
            down = 0
            for at in range(place, end):
                leg = legs[at]
                risk = pool.risks[leg["number"]]
                lots = leg["lots"]
                if at_worst:
                    lots = end_lots(leg, min(risk["up"], risk["down"]) - leg["value"], -1)
                up += lots * (leg["value"] - risk["up"])
                down += lots * (leg["value"] - risk["down"])
            required += mul_div_ceil(max(0, up, down), group["basis_factor"], PPB)
        place = end
    return required
