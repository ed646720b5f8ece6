"""One loss of many scenarios: profit and loss of a class, lane by lane, then the largest, the k-th, or a tail mean.

Everything is in products (lots times quanta) until ``requirement`` turns a loss into micros.  With open orders the
initial side takes each instrument at its worse end, scenario by scenario.
"""

from typing import NamedTuple

from plimsoll.book.layout import Pool
from plimsoll.book.rows import GroupRow, LegRow, RiskClassRow, WordRow
from plimsoll.margin.portfolio.legs import GROUPS_PER_CLASS
from plimsoll.units.fixed import mul_div_ceil, mul_div_floor
from plimsoll.units.jit import command, rule
from plimsoll.units.lanes import scratch, sum_lanes, times, times_shock
from plimsoll.units.limits import LANES, PPB, SCENARIOS_MAX
from plimsoll.units.messages import AGGREGATION_ES, AGGREGATION_MAX, KIND_OPTION
from plimsoll.units.tables import Table

lanes_of = scratch(WordRow, SCENARIOS_MAX + LANES)
NO_SCENARIO = -1

Lanes = Table[WordRow]
Legs = Table[LegRow]


class Loss(NamedTuple):
    """A class's loss in products, and the lane that made it; NO_SCENARIO when it is 0."""

    amount: int
    scenario: int


@rule
def has_arrays(pool: Pool, leg: LegRow) -> bool:
    """Whether the leg is an option, whose values come from arrays; else it is linear in its own mark."""
    return pool.instruments[leg["number"]]["kind"] == KIND_OPTION


@rule
def product_of(pool: Pool, number: int, lots: int, shift: int) -> int:
    """Lots of a linear instrument at its own mark, in products."""
    return mul_div_floor(lots, pool.instruments[number]["mark"], 1 << shift)


@rule
def group_end(legs: Legs, first: int, last: int) -> int:
    """The first leg after those of the same group as leg ``first``."""
    place = first + 1
    while place < last and legs[place]["key"] == legs[first]["key"]:
        place += 1
    return place


@rule
def base_of(legs: Legs, first: int, last: int) -> int:
    """What the legs are worth now, in products."""
    base = 0
    for place in range(first, last):
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
    group = pool.groups[legs[first]["key"] % GROUPS_PER_CLASS]
    sum_lanes(values, legs, first, last, pool.arrays, family["width"])
    base = base_of(legs, first, last)
    start = family["scenario_start"]
    for lane in range(family["scenarios"]):
        scenario = pool.scenarios[start + lane]
        profit = group_pnl(group, values[lane]["word"], base, scenario["damping"])
        if scenario["skew"] != 0:
            profit = -abs(profit)
        pnl[lane]["word"] += profit


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
    pool: Pool, group: GroupRow, legs: Legs, first: int, last: int, lane: int, damping: int, wanted: int
) -> int:
    """A group's profit under one scenario with every leg at one end of its orders."""
    value = 0
    base = 0
    for place in range(first, last):
        leg = legs[place]
        if leg["slot"] >= 0:
            shocked = pool.arrays[leg["slot"] + lane]["word"]
            lots = end_lots(leg, shocked - leg["value"], wanted)
            value += lots * shocked
            base += lots * leg["value"]
    return group_pnl(group, value, base, damping)


@command
def add_group_at_worst(pool: Pool, family: RiskClassRow, legs: Legs, first: int, last: int, pnl: Lanes) -> None:
    """Add the profit of one netting group with every option at its worse end, scenario by scenario."""
    group = pool.groups[legs[first]["key"] % GROUPS_PER_CLASS]
    start = family["scenario_start"]
    for lane in range(family["scenarios"]):
        scenario = pool.scenarios[start + lane]
        profit = group_at_ends(pool, group, legs, first, last, lane, scenario["damping"], -1)
        if scenario["skew"] != 0:
            other = group_at_ends(pool, group, legs, first, last, lane, scenario["damping"], 1)
            profit = -max(abs(profit), abs(other))
        pnl[lane]["word"] += profit


@command
def add_options(
    pool: Pool, family: RiskClassRow, legs: Legs, first: int, last: int, at_worst: bool, pnl: Lanes
) -> None:
    """Write (plain classes) or add (grouped ones) the profit of every option of a class."""
    if family["grouped"] == 0:
        for place in range(first, last):
            leg = legs[place]
            leg["scaled"] = leg["lots"] - leg["ask_lots"] if at_worst else leg["lots"]
        sum_lanes(pnl, legs, first, last, pool.arrays, family["width"])
        if at_worst:
            add_open_orders(pool, family, legs, first, last, pnl)
        return
    for lane in range(family["scenarios"]):
        pnl[lane]["word"] = 0
    values = lanes_of()
    place = first
    while place < last:
        end = group_end(legs, place, last)
        if has_arrays(pool, legs[place]):
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
                pnl[lane]["word"] += between * min(0, pool.arrays[leg["slot"] + lane]["word"])


@command
def add_linear(pool: Pool, family: RiskClassRow, legs: Legs, first: int, last: int, at_worst: bool, pnl: Lanes) -> None:
    """Add the profit of what is linear in its own mark."""
    low = 0
    high = 0
    shift = family["shift"]
    for place in range(first, last):
        leg = legs[place]
        if leg["slot"] < 0 and not has_arrays(pool, leg):
            if at_worst and leg["bid_lots"] + leg["ask_lots"] != 0:
                low += product_of(pool, leg["number"], leg["lots"] - leg["ask_lots"], shift)
                high += product_of(pool, leg["number"], leg["lots"] + leg["bid_lots"], shift)
            else:
                product = product_of(pool, leg["number"], leg["lots"], shift)
                low += product
                high += product
    if low == 0 and high == 0:
        return
    start = family["scenario_start"]
    for lane in range(family["scenarios"]):
        shock = pool.scenarios[start + lane]["linear"]
        pnl[lane]["word"] += times_shock(low if shock >= 0 else high, shock)


@command
def scan_class(pool: Pool, family: RiskClassRow, legs: Legs, first: int, last: int, at_worst: bool, pnl: Lanes) -> None:
    """Profit and loss of a class under each of its scenarios, into ``pnl``."""
    add_options(pool, family, legs, first, last, at_worst, pnl)
    add_linear(pool, family, legs, first, last, at_worst, pnl)


@rule
def loss_in(pool: Pool, start: int, lane: int, pnl: Lanes) -> int:
    """The loss under one scenario, less what the scenario lets go; not below 0."""
    return max(0, -pnl[lane]["word"] - pool.scenarios[start + lane]["deductible"])


@command
def largest_of(pool: Pool, family: RiskClassRow, pnl: Lanes) -> Loss:
    """The largest loss; ties to the lowest scenario."""
    largest = 0
    found = NO_SCENARIO
    start = family["scenario_start"]
    for lane in range(family["scenarios"]):
        loss = loss_in(pool, start, lane, pnl)
        if loss > largest:
            largest = loss
            found = lane
    return Loss(largest, found)


@command
def tail_of(pool: Pool, family: RiskClassRow, pnl: Lanes) -> Loss:
    """The k-th largest loss (VaR) or the mean of the k largest, rounded up (ES); the scenario chosen or the largest."""
    worst = lanes_of()
    lanes = lanes_of()
    kept = 0
    tail = family["tail"]
    start = family["scenario_start"]
    for lane in range(family["scenarios"]):
        loss = loss_in(pool, start, lane, pnl)
        if kept == tail and loss <= worst[kept - 1]["word"]:
            continue
        place = kept if kept < tail else kept - 1
        while place > 0 and worst[place - 1]["word"] < loss:
            worst[place]["word"] = worst[place - 1]["word"]
            lanes[place]["word"] = lanes[place - 1]["word"]
            place -= 1
        worst[place]["word"] = loss
        lanes[place]["word"] = lane
        kept = min(kept + 1, tail)
    if family["aggregation"] != AGGREGATION_ES:
        found = lanes[tail - 1]["word"] if worst[tail - 1]["word"] > 0 else NO_SCENARIO
        return Loss(worst[tail - 1]["word"], found)
    # A mean of sums: whole parts first, so that the sum of the tail stays within int64.
    mean = 0
    rest = 0
    for place in range(tail):
        mean += worst[place]["word"] // tail
        rest += worst[place]["word"] % tail
    return Loss(mean + -(-rest // tail), lanes[0]["word"] if worst[0]["word"] > 0 else NO_SCENARIO)


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
        group = pool.groups[legs[place]["key"] % GROUPS_PER_CLASS]
        if has_arrays(pool, legs[place]) and group["basis_factor"] > 0:
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
