"""What a portfolio account needs: its classes' scans and add-ons, the offset between classes, and the standard rest."""

from typing import NamedTuple

from plimsoll.book.layout import Pool
from plimsoll.book.rows import RiskClassRow
from plimsoll.margin.portfolio.addons import Addons, Exposure, addons_on, doubt_of, sums_of, vega_of
from plimsoll.margin.portfolio.legs import UNCLASSED, Book, class_of
from plimsoll.margin.portfolio.rest import leverage_of, rest_of
from plimsoll.margin.portfolio.scan import (
    Lanes,
    Legs,
    Loss,
    aggregate,
    basis_of,
    lanes_of,
    scan_class,
)
from plimsoll.units.fixed import mul_div_ceil, mul_div_floor, mul_unit_floor, rate_up, unit_of
from plimsoll.units.jit import command, rule
from plimsoll.units.limits import PPB

BASIS = -2
NO_CLASS = -1
SPLIT_FACTOR_MAX = 9 * PPB
"""The largest factor ``rate_up`` takes."""


class ClassTerms(NamedTuple):
    """One class on one side: ``loss`` and ``basis`` in micros, its scenario (or BASIS, NO_SCENARIO, LARGEST), add-ons
    and what they are reckoned on.
    """

    loss: int
    scenario: int
    basis: int
    addons: Addons
    sums: Exposure
    factor: int
    required: int


class Standing(NamedTuple):
    """Equity and requirements of a book, and the bits its marks forbid."""

    equity: int
    maintenance: int
    initial: int
    blocked: int


@rule
def micros_up(family: RiskClassRow, products: int) -> int:
    """A loss in products as micros, rounded up."""
    return -mul_unit_floor(-products, 1 << family["shift"], unit_of(family["scale"]))


@rule
def class_end(legs: Legs, first: int, last: int) -> int:
    """The first leg after those of the same class as leg ``first``."""
    if class_of(legs[first]) == class_of(legs[last - 1]):
        return last
    place = first + 1
    while place < last and class_of(legs[place]) == class_of(legs[first]):
        place += 1
    return place


@rule
def basis_in(pool: Pool, family: RiskClassRow, legs: Legs, first: int, last: int, at_worst: bool) -> int:
    """The basis of a class, where a rule of it looks at groups at all."""
    return basis_of(pool, family, legs, first, last, at_worst) if family["by_group"] != 0 else 0


@rule
def loss_of(
    pool: Pool, family: RiskClassRow, legs: Legs, first: int, last: int, linear: bool, at_worst: bool, pnl: Lanes
) -> Loss:
    """The loss of a class in products: its scenarios' or, if that is larger, its basis."""
    scan_class(pool, family, legs, first, last, linear, at_worst, pnl)
    found = aggregate(pool, family, pnl)
    basis = basis_in(pool, family, legs, first, last, at_worst)
    return Loss(basis, BASIS) if basis > found.amount else found


@rule
def factor_up(amount: int, factor: int) -> int:
    """ceil(amount * factor / 1e9) for an amount that is not negative and any factor of a class, its peg included."""
    if factor <= SPLIT_FACTOR_MAX:
        return rate_up(amount, factor)
    return mul_div_ceil(amount, factor, PPB)


@rule
def required_of(family: RiskClassRow, loss: int, addons: Addons, factor: int, share: int) -> int:
    """Scan (the class's ``share`` of its loss, at least the floor) and add-ons under the factor."""
    scan = max(rate_up(loss, share) if share != PPB else loss, addons.floor)
    inside = addons.linear + addons.option
    outside = addons.delta + addons.gamma + addons.vega + addons.confidence
    if family["addons_inside"] == 0:
        outside += inside
        inside = 0
    return factor_up(scan + inside, factor) + outside


@rule
def class_terms(
    pool: Pool, legs: Legs, first: int, last: int, linear: bool, initial: bool, at_worst: bool, share: int, pnl: Lanes
) -> ClassTerms:
    """The requirement of one class for one side, every term kept; profit and loss stays in ``pnl``.

    ``linear`` may be False where all legs are options.
    """
    family = pool.classes[class_of(legs[first])]
    found = loss_of(pool, family, legs, first, last, linear, at_worst, pnl)
    loss = micros_up(family, found.amount)
    basis = loss if found.scenario == BASIS else 0
    sums = sums_of(pool, family, legs, first, last, at_worst)
    vega = vega_of(pool, family, legs, first, last) if family["vega_rate"] > 0 else 0
    doubt = doubt_of(pool, family, legs, first, last, linear, at_worst) if initial else 0
    addons = addons_on(pool, family, sums, vega, doubt, initial)
    factor = family["initial_now"] + family["peg"] if initial else family["maintenance_now"]
    required = required_of(family, loss, addons, factor, share)
    return ClassTerms(loss, found.scenario, basis, addons, sums, factor, required)


@command
def initial_at_worst(pool: Pool, legs: Legs, first: int, last: int, linear: bool, share: int, pnl: Lanes) -> int:
    """The initial requirement of a class with open orders."""
    return class_terms(pool, legs, first, last, linear, True, True, share, pnl).required


@rule
def has_orders(legs: Legs, first: int, last: int) -> bool:
    """Whether any of the legs has open orders."""
    for place in range(first, last):
        if legs[place]["bid_lots"] != 0 or legs[place]["ask_lots"] != 0:
            return True
    return False


@rule
def initial_from(pool: Pool, legs: Legs, first: int, last: int, linear: bool, held: ClassTerms, share: int) -> int:
    """The initial requirement of a class without orders: the scan and the sums of the maintenance side serve."""
    family = pool.classes[class_of(legs[first])]
    doubt = doubt_of(pool, family, legs, first, last, linear, False)
    addons = addons_on(pool, family, held.sums, held.addons.vega, doubt, True)
    return required_of(family, held.loss, addons, family["initial_now"] + family["peg"], share)


@rule
def add_joint(pool: Pool, family: RiskClassRow, pnl: Lanes, joint: Lanes) -> None:
    """Add a class's profit and loss, in micros rounded down, to that of all classes."""
    for lane in range(family["scenarios"]):
        joint[lane]["word"] += mul_div_floor(pnl[lane]["word"], 1 << family["shift"], family["unit"])


@rule
def counts(legs: Legs, first: int, last: int, initial: bool) -> bool:
    """Whether a class has a part in a side: open orders alone have none in maintenance."""
    if initial:
        return True
    for place in range(first, last):
        if legs[place]["lots"] != 0:
            return True
    return False


@rule
def offsets(pool: Pool, legs: Legs, first: int, last: int) -> bool:
    """Whether the pool lets classes offset each other and more than one has legs; asked of every account, so inline."""
    if pool.policy[0]["class_offset"] == 0 or first == last:
        return False
    return class_of(legs[first]) != class_of(legs[last - 1])


@command
def share_kept(pool: Pool, legs: Legs, first: int, last: int, initial: bool) -> int:
    """The share of its own loss each class bears: less than all where classes offset each other, the same scenarios."""
    if not offsets(pool, legs, first, last):
        return PPB
    scenarios = 0
    classes = 0
    place = first
    while place < last:
        end = class_end(legs, place, last)
        if counts(legs, place, end, initial):
            family = pool.classes[class_of(legs[place])]
            if classes > 0 and family["scenarios"] != scenarios:
                return PPB
            scenarios = family["scenarios"]
            classes += 1
        place = end
    return PPB - pool.policy[0]["class_offset"] if classes > 1 else PPB


@command
def joint_loss(pool: Pool, legs: Legs, first: int, last: int, initial: bool, at_worst: bool) -> int:
    """What all classes together lose under joint scenarios, times the largest factor held and the offset's share."""
    pnl = lanes_of()
    joint = lanes_of()
    lead = NO_CLASS
    basis = 0
    factor = 0
    place = first
    while place < last:
        end = class_end(legs, place, last)
        if counts(legs, place, end, initial):
            family = pool.classes[class_of(legs[place])]
            if lead == NO_CLASS:
                lead = class_of(legs[place])
                # Its padding too: the lanes past the scenarios must not lose anything.
                for lane in range(family["width"]):
                    joint[lane]["word"] = 0
            scan_class(pool, family, legs, place, end, True, at_worst, pnl)
            add_joint(pool, family, pnl, joint)
            basis += micros_up(family, basis_in(pool, family, legs, place, end, at_worst))
            factor = max(factor, family["initial_now"] + family["peg"] if initial else family["maintenance_now"])
        place = end
    loss = max(aggregate_joint(pool, pool.classes[lead], joint), basis)
    return mul_div_ceil(mul_div_ceil(loss, pool.policy[0]["class_offset"], PPB), factor, PPB)


@rule
def aggregate_joint(pool: Pool, lead: RiskClassRow, joint: Lanes) -> int:
    """The joint loss by the rule of the first class held; deductibles are the classes' own and do not count here."""
    start = lead["scenario_start"]
    for lane in range(lead["scenarios"]):
        joint[lane]["word"] = min(0, joint[lane]["word"]) - pool.scenarios[start + lane]["deductible"]
    return aggregate(pool, lead, joint).amount


@rule
def joint_initial(pool: Pool, legs: Legs, first: int, last: int, ordered: bool) -> int:
    """The joint loss on the initial side: as held, or with open orders where that is worse."""
    held = joint_loss(pool, legs, first, last, True, False)
    return max(held, joint_loss(pool, legs, first, last, True, True)) if ordered else held


@rule
def standing_of(pool: Pool, legs: Legs, book: Book, cash: int, leverage_rate: int) -> Standing:
    """Equity, MM and IM of a book in portfolio mode."""
    count = book.size
    equity = cash + book.equity
    maintenance = 0
    initial = 0
    first = 0
    if book.others != 0:
        rest = rest_of(pool, legs, count)
        equity += rest.equity
        maintenance = rest.maintenance
        initial = rest.initial + rate_up(rest.initial, pool.totals[0]["depeg_rate"])
        while first < count and class_of(legs[first]) == UNCLASSED:
            first += 1
    kept = PPB
    kept_initial = PPB
    if offsets(pool, legs, first, count):
        kept = share_kept(pool, legs, first, count, False)
        kept_initial = share_kept(pool, legs, first, count, True)
    pnl = lanes_of()
    place = first
    ordered = False
    linear = book.linear != 0
    while place < count:
        end = class_end(legs, place, count)
        held = class_terms(pool, legs, place, end, linear, False, False, kept, pnl)
        maintenance += held.required
        if book.orders != 0 and has_orders(legs, place, end):
            # Whichever is worse: an order must not free margin by what it might change.
            ordered = True
            worse = initial_at_worst(pool, legs, place, end, linear, kept_initial, pnl)
            initial += max(worse, initial_from(pool, legs, place, end, linear, held, kept_initial))
        else:
            initial += initial_from(pool, legs, place, end, linear, held, kept_initial)
        place = end
    if kept != PPB:
        maintenance += joint_loss(pool, legs, first, count, False, False)
    if kept_initial != PPB:
        initial += joint_initial(pool, legs, first, count, ordered)
    initial = max(maintenance, initial + book.reserved)
    if leverage_rate > 0:
        initial = max(initial, leverage_of(pool, legs, count, leverage_rate))
    return Standing(equity, maintenance, initial, book.blocked)
