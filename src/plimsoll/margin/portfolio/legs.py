"""An account's book as margin sees it: its holdings, a change applied, by class and, where it matters, group."""

from typing import NamedTuple

from plimsoll.book.holdings import NO_INSTRUMENT, Change, find
from plimsoll.book.layout import Pool
from plimsoll.book.rows import HoldingRow, InstrumentRow, LegRow, RiskRow, WordRow
from plimsoll.units.fixed import Unit, mul_div_trunc, mul_unit_floor, unit_of
from plimsoll.units.jit import command, rule
from plimsoll.units.lanes import copier, rank_words, scratch
from plimsoll.units.limits import GROUPS_MAX, HOLDINGS_PER_ACCOUNT_MAX, LANES, PPB
from plimsoll.units.messages import ACTION_ALL, KIND_ASSET
from plimsoll.units.tables import Table

LEGS_MAX = HOLDINGS_PER_ACCOUNT_MAX + 1
LEGS_ROOM = 128
"""More than LEGS_MAX: what an order is multiplied by, so that a place fits below it."""
UNCLASSED = 0
NO_CLASS = -1

legs_of = scratch(LegRow, LEGS_MAX)
words_of = scratch(WordRow, LEGS_MAX + LANES)
copy_holding = copier(LegRow, "number", HoldingRow, "instrument", 6)
copy_risk = copier(LegRow, "risk_class", RiskRow, "risk_class", 4)
copy_price = copier(LegRow, "unit", InstrumentRow, "unit", 4)
copy_leg = copier(LegRow, "number", LegRow, "number", 16)


class Book(NamedTuple):
    """How many legs there are, and sums over them.

    ``equity``: value less cost of members of classes but assets, ``reserved``: micros of their orders, ``blocked``:
    bits of actions that marks forbid.  Zero where there is none: ``orders`` (open orders), ``linear`` (legs that are
    no options), ``others`` (legs that are not members, or assets).
    """

    size: int
    equity: int
    reserved: int
    blocked: int
    orders: int
    linear: int
    others: int


NO_LEGS = Book(0, 0, 0, 0, 0, 0, 0)


@rule
def class_of(leg: LegRow) -> int:
    """The risk class of a leg; 0 for none."""
    return leg["risk_class"]


@rule
def is_option(leg: LegRow) -> bool:
    """Whether the leg is an option: options have a netting group, nothing else has."""
    return leg["group"] != 0


@rule
def has_table(pool: Pool, leg: LegRow) -> bool:
    """Whether the leg's class says what it may lose; without a table nobody knows."""
    return pool.classes[class_of(leg)]["arrays_time"] != 0


@rule
def is_unjudged(pool: Pool, leg: LegRow) -> bool:
    """Whether something is held or ordered that would be its class's to judge, were there a table."""
    if class_of(leg) == UNCLASSED or pool.instruments[leg["number"]]["kind"] == KIND_ASSET:
        return False
    return leg["lots"] | leg["bid_lots"] | leg["ask_lots"] != 0 and not has_table(pool, leg)


@rule
def is_member(pool: Pool, leg: LegRow) -> bool:
    """Whether the scan of a class is all the leg needs: options and contracts of a class; assets need a haircut."""
    if class_of(leg) == UNCLASSED or not has_table(pool, leg):
        return False
    return is_option(leg) or pool.instruments[leg["number"]]["kind"] != KIND_ASSET


@rule
def write_leg(
    pool: Pool,
    legs: Table[LegRow],
    place: int,
    number: int,
    lots: int,
    cost: int,
    bid: int,
    ask: int,
    reserved: int,
) -> None:
    """Fill in a leg."""
    leg = legs[place]
    leg["number"] = number
    leg["lots"] = lots
    leg["cost"] = cost
    leg["bid_lots"] = bid
    leg["ask_lots"] = ask
    leg["reserved"] = reserved
    copy_risk(legs, place, pool.risks, number)
    copy_price(legs, place, pool.instruments, number)


@rule
def order_of(pool: Pool, leg: LegRow, by_group: bool) -> int:
    """By class, and by group where asked or where a rule of the class looks at groups."""
    order = leg["risk_class"] * (GROUPS_MAX + 1)
    if by_group or pool.classes[leg["risk_class"]]["by_group"] != 0:
        order += leg["group"]
    return order


@rule
def add_leg(
    pool: Pool, legs: Table[LegRow], count: int, number: int, lots: int, cost: int, bid: int, ask: int, reserved: int
) -> int:
    """Put a leg where it sorts; returns the new count. A leg of nothing at all is left out."""
    if lots == 0 and bid == 0 and ask == 0 and cost == 0:
        return count
    risk = pool.risks[number]
    order = risk["risk_class"] * (GROUPS_MAX + 1) + risk["group"]
    place = count
    while place > 0 and legs[place - 1]["order"] > order:
        copy_leg(legs, place, legs, place - 1)
        place -= 1
    write_leg(pool, legs, place, number, lots, cost, bid, ask, reserved)
    legs[place]["order"] = order
    return count + 1


@command
def sort_legs(pool: Pool, legs: Table[LegRow], count: int, by_group: bool) -> None:
    """Put legs in order, those of the same order as they stand: each goes where its rank says."""
    orders = words_of()
    ranks = words_of()
    loose = legs_of()
    highest = 0
    rising = True
    for place in range(count):
        order = order_of(pool, legs[place], by_group)
        rising = rising and order >= highest
        highest = order
        orders[place]["word"] = order * LEGS_ROOM + place
    if rising:
        return
    rank_words(ranks, orders, count)
    for place in range(count):
        copy_leg(loose, place, legs, place)
    for place in range(count):
        copy_leg(legs, ranks[place]["word"], loose, place)


@rule
def is_empty(leg: LegRow | HoldingRow) -> bool:
    """Whether nothing is held, owed or ordered."""
    return leg["lots"] | leg["cost"] | leg["bid_lots"] | leg["ask_lots"] == 0


@rule
def value_of_leg(leg: LegRow, unit: Unit) -> int:
    """``value_of`` for a member of a class, all of which have the class's unit."""
    return mul_unit_floor(leg["lots"], leg["mark"] - leg["funding"], unit)


@rule
def blocks_of(leg: LegRow) -> int:
    """What the leg's mark forbids; nothing where only a cost is left."""
    return leg["blocks"] if leg["lots"] | leg["bid_lots"] | leg["ask_lots"] != 0 else 0


@command
def book_of(pool: Pool, legs: Table[LegRow], count: int) -> Book:
    """The sums over legs."""
    equity = 0
    reserved = 0
    blocked = 0
    orders = 0
    linear = 0
    others = 0
    for place in range(count):
        leg = legs[place]
        orders |= leg["bid_lots"] | leg["ask_lots"]
        blocked |= blocks_of(leg)
        if not is_option(leg):
            linear = 1
        if is_member(pool, leg):
            equity += value_of_leg(leg, unit_of(pool.classes[class_of(leg)]["scale"])) - leg["cost"]
            reserved += leg["reserved"]
        else:
            others = 1
            if is_unjudged(pool, leg):
                blocked |= ACTION_ALL
    return Book(count, equity, reserved, blocked, orders, linear, others)


@rule
def book_of_options(legs: Table[LegRow], count: int, unit: Unit) -> Book:
    """``book_of`` where all legs are options of one class."""
    equity = 0
    reserved = 0
    blocked = 0
    orders = 0
    for place in range(count):
        leg = legs[place]
        equity += value_of_leg(leg, unit) - leg["cost"]
        reserved += leg["reserved"]
        blocked |= blocks_of(leg)
        orders |= leg["bid_lots"] | leg["ask_lots"]
    return Book(count, equity, reserved, blocked, orders, 0, 0)


@command
def write_change(pool: Pool, account: int, change: Change, legs: Table[LegRow], place: int) -> None:
    """Write the leg of a change: what is held of its instrument, if anything, and the change."""
    lots = change.lots
    cost = change.cost
    bid = change.bid_lots
    ask = change.ask_lots
    reserved = change.reserved
    row = find(pool, account, change.instrument)
    if row >= 0:
        holding = pool.holdings[row]
        lots += holding["lots"]
        cost += holding["cost"]
        bid += holding["bid_lots"]
        ask += holding["ask_lots"]
        reserved += holding["reserved"]
    write_leg(pool, legs, place, change.instrument, lots, cost, bid, ask, reserved)


@rule
def gather_legs(pool: Pool, account: int, change: Change, legs: Table[LegRow], by_group: bool) -> Book:
    """The account's legs as if the change had been applied, in order, and their sums."""
    owner = pool.accounts[account]
    start = owner["start"]
    count = 0
    classes = 0
    linear = False
    family = NO_CLASS
    # Two passes, the first reading tables and the second legs: what was just written in whole vectors is slow to read.
    for row in range(start, start + owner["count"]):
        holding = pool.holdings[row]
        number = holding["instrument"]
        if number == change.instrument or (holding["lots"] == 0 and is_empty(holding)):
            continue
        copy_holding(legs, count, pool.holdings, row)
        copy_risk(legs, count, pool.risks, number)
        copy_price(legs, count, pool.instruments, number)
        count += 1
        risk = pool.risks[number]
        if risk["risk_class"] != family:
            family = risk["risk_class"]
            classes += 1
        if risk["group"] == 0:
            linear = True
    # The leg of the change comes last.
    if change.instrument != NO_INSTRUMENT:
        write_change(pool, account, change, legs, count)
        leg = legs[count]
        if not is_empty(leg):
            count += 1
            if class_of(leg) != family:
                family = class_of(leg)
                classes += 1
            if not is_option(leg):
                linear = True
    if count == 0:
        return NO_LEGS
    if classes > 1 or by_group or pool.classes[family]["by_group"] != 0:
        sort_legs(pool, legs, count, by_group)
    if classes > 1 or linear or pool.classes[family]["arrays_time"] == 0:
        return book_of(pool, legs, count)
    return book_of_options(legs, count, unit_of(pool.classes[family]["scale"]))


@command
def book_after(pool: Pool, account: int, change: Change, legs: Table[LegRow]) -> int:
    """The account's legs as if the change had been applied, by class and group; returns how many."""
    return gather_legs(pool, account, change, legs, True).size


@rule
def part_lots(lots: int, part: int) -> int:
    """The lots of a leg that go with a part of the account, toward zero."""
    return mul_div_trunc(lots, part, PPB)
