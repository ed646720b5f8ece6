"""What a portfolio account needs: its classes' scans and add-ons, the offset between classes, and the standard rest."""

from typing import NamedTuple

from plimsoll.book.layout import Pool
from plimsoll.book.rows import RiskClassRow
from plimsoll.margin.portfolio.addons import Addons, addons_of
from plimsoll.margin.portfolio.legs import UNCLASSED, class_of
from plimsoll.margin.portfolio.scan import (
    NO_SCENARIO,
    Lanes,
    Legs,
    Loss,
    aggregate,
    basis_of,
    lanes_of,
    scan_class,
)
from plimsoll.margin.terms import at_underlying, notional_of, terms_of, value_of, worst_lots
from plimsoll.units.fixed import mul_div_ceil, mul_div_floor, rate_up
from plimsoll.units.jit import command, rule
from plimsoll.units.limits import PPB
from plimsoll.units.messages import KIND_ASSET

BASIS = -2


class ClassTerms(NamedTuple):
    """One class on one side: ``loss`` and ``basis`` in micros, its scenario (or BASIS, NO_SCENARIO), add-ons."""

    loss: int
    scenario: int
    basis: int
    addons: Addons
    factor: int
    required: int


class Standing(NamedTuple):
    """Equity and requirements of a book, the bits its marks forbid, and the worst scenario of its largest class."""

    equity: int
    maintenance: int
    initial: int
    blocked: int
    scenario: int


@rule
def micros_up(family: RiskClassRow, products: int) -> int:
    """A loss in products as micros, rounded up."""
    return mul_div_ceil(products, 1 << family["shift"], family["unit"])


@rule
def class_end(legs: Legs, first: int, last: int) -> int:
    """The first leg after those of the same class as leg ``first``."""
    place = first + 1
    while place < last and class_of(legs[place]) == class_of(legs[first]):
        place += 1
    return place


@rule
def loss_of(pool: Pool, family: RiskClassRow, legs: Legs, first: int, last: int, at_worst: bool, pnl: Lanes) -> Loss:
    """The loss of a class in products: its scenarios' or, if that is larger, its basis."""
    scan_class(pool, family, legs, first, last, at_worst, pnl)
    found = aggregate(pool, family, pnl)
    basis = basis_of(pool, family, legs, first, last, at_worst)
    return Loss(basis, BASIS) if basis > found.amount else found


@rule
def required_of(family: RiskClassRow, loss: int, addons: Addons, factor: int, share: int) -> int:
    """Scan (the class's ``share`` of its loss, at least the floor) and add-ons under the factor."""
    scan = max(mul_div_ceil(loss, share, PPB), addons.floor)
    inside = addons.linear + addons.option
    outside = addons.delta + addons.gamma + addons.vega + addons.confidence
    if family["addons_inside"] == 0:
        outside += inside
        inside = 0
    return mul_div_ceil(scan + inside, factor, PPB) + outside


@command
def class_terms(
    pool: Pool, legs: Legs, first: int, last: int, initial: bool, at_worst: bool, share: int, pnl: Lanes
) -> ClassTerms:
    """The requirement of one class for one side, every term kept; profit and loss stays in ``pnl``."""
    family = pool.classes[class_of(legs[first])]
    found = loss_of(pool, family, legs, first, last, at_worst, pnl)
    loss = micros_up(family, found.amount)
    basis = loss if found.scenario == BASIS else 0
    addons = addons_of(pool, family, legs, first, last, initial, at_worst)
    factor = family["initial_now"] + family["peg"] if initial else family["maintenance_now"]
    return ClassTerms(loss, found.scenario, basis, addons, factor, required_of(family, loss, addons, factor, share))


@rule
def has_orders(legs: Legs, first: int, last: int) -> bool:
    """Whether any of the legs has open orders."""
    for place in range(first, last):
        if legs[place]["bid_lots"] != 0 or legs[place]["ask_lots"] != 0:
            return True
    return False


@rule
def initial_from(pool: Pool, legs: Legs, first: int, last: int, held: ClassTerms, share: int) -> int:
    """The initial requirement of a class without orders: the scan of the maintenance side serves."""
    family = pool.classes[class_of(legs[first])]
    addons = addons_of(pool, family, legs, first, last, True, False)
    return required_of(family, held.loss, addons, family["initial_now"] + family["peg"], share)


@rule
def add_joint(pool: Pool, family: RiskClassRow, pnl: Lanes, joint: Lanes) -> None:
    """Add a class's profit and loss, in micros rounded down, to that of all classes."""
    for lane in range(family["scenarios"]):
        joint[lane]["word"] += mul_div_floor(pnl[lane]["word"], 1 << family["shift"], family["unit"])


@rule
def share_kept(pool: Pool, legs: Legs, first: int, last: int) -> int:
    """The share of its own loss each class bears: less than all where classes offset each other, the same scenarios."""
    offset = pool.policy[0]["class_offset"]
    if offset == 0 or first == last or class_of(legs[first]) == class_of(legs[last - 1]):
        return PPB
    scenarios = pool.classes[class_of(legs[first])]["scenarios"]
    for place in range(first, last):
        if pool.classes[class_of(legs[place])]["scenarios"] != scenarios:
            return PPB
    return PPB - offset


@command
def joint_loss(pool: Pool, legs: Legs, first: int, last: int, initial: bool, at_worst: bool) -> int:
    """What all classes together lose under joint scenarios, times the largest factor held and the offset's share."""
    pnl = lanes_of()
    joint = lanes_of()
    lead = pool.classes[class_of(legs[first])]
    for lane in range(lead["scenarios"]):
        joint[lane]["word"] = 0
    basis = 0
    factor = 0
    place = first
    while place < last:
        end = class_end(legs, place, last)
        family = pool.classes[class_of(legs[place])]
        scan_class(pool, family, legs, place, end, at_worst, pnl)
        add_joint(pool, family, pnl, joint)
        basis += micros_up(family, basis_of(pool, family, legs, place, end, at_worst))
        factor = max(factor, family["initial_now"] + family["peg"] if initial else family["maintenance_now"])
        place = end
    loss = max(aggregate_joint(pool, lead, joint), basis)
    return mul_div_ceil(mul_div_ceil(loss, pool.policy[0]["class_offset"], PPB), factor, PPB)


@rule
def aggregate_joint(pool: Pool, lead: RiskClassRow, joint: Lanes) -> int:
    """The joint loss by the rule of the first class held; deductibles are the classes' own and do not count here."""
    start = lead["scenario_start"]
    for lane in range(lead["scenarios"]):
        joint[lane]["word"] = min(0, joint[lane]["word"]) - pool.scenarios[start + lane]["deductible"]
    return aggregate(pool, lead, joint).amount


class Rest(NamedTuple):
    """What a book needs beside its classes: equity, standard terms, reserved micros, leverage; and what is blocked."""

    equity: int
    maintenance: int
    initial: int
    reserved: int
    leverage: int
    blocked: int


@command
def rest_of(pool: Pool, legs: Legs, count: int, cash: int, leverage_rate: int) -> Rest:
    """Equity over all legs; standard terms of assets and of what has no class."""
    equity = cash
    maintenance = 0
    initial = 0
    reserved = 0
    leverage = 0
    blocked = 0
    haircut = pool.policy[0]["profit_haircut"]
    for place in range(count):
        leg = legs[place]
        instrument = pool.instruments[leg["number"]]
        family = class_of(leg)
        if leg["lots"] != 0 or leg["bid_lots"] != 0 or leg["ask_lots"] != 0:
            blocked |= instrument["blocks"]
        if family != UNCLASSED and instrument["kind"] != KIND_ASSET:
            equity += value_of(instrument, leg["lots"]) - leg["cost"]
            reserved += leg["reserved"]
        else:
            terms = terms_of(
                instrument, leg["lots"], leg["cost"], leg["bid_lots"], leg["ask_lots"], leg["reserved"], 0, haircut
            )
            equity += terms.value - leg["cost"]
            if family != UNCLASSED and pool.classes[family]["assets_at_underlying"] != 0:
                terms = at_underlying(instrument, leg["lots"], terms.value)
            maintenance += terms.maintenance
            initial += terms.initial
        if leverage_rate > 0 and instrument["kind"] != KIND_ASSET:
            size = worst_lots(leg["lots"], leg["bid_lots"], leg["ask_lots"])
            leverage += rate_up(notional_of(instrument, size), leverage_rate)
    return Rest(equity, maintenance, initial, reserved, leverage, blocked)


@command
def standing_of(pool: Pool, legs: Legs, count: int, cash: int, leverage_rate: int) -> Standing:
    """Equity, MM and IM of a book in portfolio mode."""
    rest = rest_of(pool, legs, count, cash, leverage_rate)
    initial = rest.initial + rate_up(rest.initial, pool.totals[0]["depeg_rate"])
    maintenance = rest.maintenance
    first = 0
    while first < count and class_of(legs[first]) == UNCLASSED:
        first += 1
    share = share_kept(pool, legs, first, count)
    pnl = lanes_of()
    place = first
    worst = 0
    scenario = NO_SCENARIO
    ordered = False
    while place < count:
        end = class_end(legs, place, count)
        held = class_terms(pool, legs, place, end, False, False, share, pnl)
        maintenance += held.required
        if held.loss > worst:
            worst = held.loss
            scenario = held.scenario
        if has_orders(legs, place, end):
            ordered = True
            initial += class_terms(pool, legs, place, end, True, True, share, pnl).required
        else:
            initial += initial_from(pool, legs, place, end, held, share)
        place = end
    if share != PPB:
        maintenance += joint_loss(pool, legs, first, count, False, False)
        initial += joint_loss(pool, legs, first, count, True, ordered)
    initial = max(maintenance, initial + rest.reserved, rest.leverage)
    return Standing(rest.equity, maintenance, initial, rest.blocked, scenario)
