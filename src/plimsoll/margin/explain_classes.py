"""What the risk classes of an account ask for, every term kept: scans and add-ons, or expiries in standard mode."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from plimsoll.book.layout import Pool
from plimsoll.book.signatures import INTEGER, POOL, WORDS
from plimsoll.margin.health import NOTHING
from plimsoll.margin.options import doubt_of, each_alone, of_depeg, of_expiry
from plimsoll.margin.portfolio.legs import UNCLASSED, book_of, class_of, gather_legs, legs_of
from plimsoll.margin.portfolio.requirement import (
    BASIS,
    ClassTerms,
    class_end,
    class_terms,
    has_orders,
    joint_initial,
    joint_loss,
    share_kept,
)
from plimsoll.margin.portfolio.rest import leverage_of, rest_of
from plimsoll.margin.portfolio.scan import (
    LARGEST,
    NO_SCENARIO,
    Lanes,
    Legs,
    group_end,
    has_arrays,
    lanes_of,
    largest_lane,
)
from plimsoll.margin.portfolio.worst import signed_loss
from plimsoll.units.fixed import mul_div_ceil, rate_up
from plimsoll.units.jit import entry, rule
from plimsoll.units.limits import HOLDINGS_PER_ACCOUNT_MAX, PPB
from plimsoll.units.tables import Ints
from plimsoll.units.views import view

SIDE = ("loss", "scenario", "scan", "linear", "option", "delta", "gamma", "vega", "confidence", "factor", "required")
INSIDE = ("linear", "option")
OUTSIDE = ("delta", "gamma", "vega", "confidence")
WIDTH = 1 + 2 * len(SIDE)
EXPIRY_WIDTH = 7
BESIDE = 6


class Side(NamedTuple):
    """What a class asks for on one side, in micros; ``parts`` sum to ``required`` and name each rule.

    ``scenario`` counts from 1: the one whose ``loss`` decides, ``shock`` what it does to the underlying, in ppb. 0: no
    scenario loses, or the mode is standard. -1: the basis.
    """

    loss: int
    scenario: int
    shock: int
    parts: tuple[tuple[str, int], ...]
    required: int


class ClassTerm(NamedTuple):
    """One risk class of an account. ``losses``: what each leg loses in maintenance's scenario (negative: it wins)."""

    risk_class: int
    underlying: int
    maintenance: Side
    initial: Side
    losses: tuple[tuple[int, int], ...]


class Classes(NamedTuple):
    """What is asked for class by class, and (name, maintenance, initial) of what belongs to no class."""

    terms: tuple[ClassTerm, ...]
    beside: tuple[tuple[str, int, int], ...]


@rule
def scenario_of(pool: Pool, legs: Legs, first: int, found: ClassTerms, pnl: Lanes) -> int:
    """The lane that decides, from 0; BASIS or NO_SCENARIO."""
    if found.scenario == LARGEST:
        return largest_lane(pool, pool.classes[class_of(legs[first])], pnl)
    return found.scenario


@rule
def write_side(words: Ints, place: int, found: ClassTerms, scenario: int, share: int) -> None:
    """The words of ``SIDE``."""
    addons = found.addons
    words[place] = found.loss
    words[place + 1] = -1 if scenario == BASIS else scenario + 1
    words[place + 2] = max(mul_div_ceil(found.loss, share, PPB), addons.floor)
    words[place + 3] = addons.linear
    words[place + 4] = addons.option
    words[place + 5] = addons.delta
    words[place + 6] = addons.gamma
    words[place + 7] = addons.vega
    words[place + 8] = addons.confidence
    words[place + 9] = found.factor
    words[place + 10] = found.required


@entry((POOL, INTEGER, WORDS, WORDS, WORDS))
def read_scans(pool: Pool, account: int, beside: Ints, words: Ints, losses: Ints) -> int:
    """Portfolio mode: what no class has, one group of words a class, each leg's loss; returns how many classes.

    ``losses``: instrument, class, loss, one group a leg.
    """
    pool = view(pool)
    owner = pool.accounts[account]
    legs = legs_of()
    pnl = lanes_of()
    count = gather_legs(pool, account, NOTHING, legs, True).size
    first = 0
    while first < count and class_of(legs[first]) == UNCLASSED:
        first += 1
    kept = share_kept(pool, legs, first, count, False)
    kept_initial = share_kept(pool, legs, first, count, True)
    classes = 0
    ordered = False
    place = first
    while place < count:
        end = class_end(legs, place, count)
        family = pool.classes[class_of(legs[place])]
        row = classes * WIDTH
        words[row] = class_of(legs[place])
        found = class_terms(pool, legs, place, end, True, False, False, kept, pnl)
        scenario = scenario_of(pool, legs, place, found, pnl)
        write_side(words, row + 1, found, scenario, kept)
        for at in range(place, end):
            losses[3 * at] = legs[at]["number"]
            losses[3 * at + 1] = class_of(legs[at])
            if scenario != BASIS and scenario != NO_SCENARIO:
                losses[3 * at + 2] = signed_loss(pool, family, legs, at, scenario)
        found = class_terms(pool, legs, place, end, True, True, False, kept_initial, pnl)
        write_side(words, row + 1 + 11, found, scenario_of(pool, legs, place, found, pnl), kept_initial)
        if has_orders(legs, place, end):
            ordered = True
            worse = class_terms(pool, legs, place, end, True, True, True, kept_initial, pnl)
            if worse.required > found.required:
                write_side(words, row + 1 + 11, worse, scenario_of(pool, legs, place, worse, pnl), kept_initial)
        classes += 1
        place = end
    rest = rest_of(pool, legs, count)
    beside[0] = joint_loss(pool, legs, first, count, False, False) if kept != PPB else 0
    beside[1] = joint_initial(pool, legs, first, count, ordered) if kept_initial != PPB else 0
    beside[2] = book_of(pool, legs, count).reserved
    beside[3] = rate_up(rest.initial, pool.totals[0]["depeg_rate"])
    beside[4] = leverage_of(pool, legs, count, owner["leverage_rate"])
    return classes


@entry((POOL, INTEGER, WORDS))
def read_expiries(pool: Pool, account: int, words: Ints) -> int:
    """Standard mode: one group of words for each expiry with options, then each class with a depeg term (group 0)."""
    pool = view(pool)
    legs = legs_of()
    count = gather_legs(pool, account, NOTHING, legs, True).size
    place = 0
    while place < count and class_of(legs[place]) == UNCLASSED:
        place += 1
    rows = 0
    while place < count:
        end = class_end(legs, place, count)
        family = pool.classes[class_of(legs[place])]
        spot = pool.instruments[family["underlying"]]["mark"]
        at = place
        while at < end:
            stop = group_end(legs, at, end)
            if has_arrays(legs[at]):
                alone = each_alone(pool, family, legs, at, stop, spot)
                asked = of_expiry(pool, family, legs, at, stop, spot)
                row = rows * EXPIRY_WIDTH
                words[row] = class_of(legs[place])
                words[row + 1] = legs[at]["group"]
                words[row + 2] = asked.maintenance
                words[row + 3] = asked.initial
                words[row + 4] = alone.maintenance
                words[row + 5] = alone.initial
                words[row + 6] = doubt_of(pool, family, legs, at, stop, spot)
                rows += 1
            at = stop
        if family["peg"] > 0:
            words[rows * EXPIRY_WIDTH] = class_of(legs[place])
            words[rows * EXPIRY_WIDTH + 3] = of_depeg(pool, family, legs, place, end, spot)
            rows += 1
        place = end
    return rows


def classes_in_portfolio(pool: Pool, account: int) -> Classes:
    """The classes of an account in portfolio mode, and what joins or stands beside them."""
    beside = np.zeros(BESIDE, np.int64)
    words = np.zeros(WIDTH * (HOLDINGS_PER_ACCOUNT_MAX + 1), np.int64)
    losses = np.zeros(3 * (HOLDINGS_PER_ACCOUNT_MAX + 1), np.int64)
    count = read_scans(pool, account, beside, words, losses)
    legs = [row for row in losses.reshape(-1, 3).tolist() if row[1] != UNCLASSED]
    terms = []
    for row in words.reshape(-1, WIDTH)[:count].tolist():
        maintenance, initial = (_scanned(pool, row[0], part) for part in (row[1 : 1 + len(SIDE)], row[1 + len(SIDE) :]))
        found = tuple((number, loss) for number, risk_class, loss in legs if risk_class == row[0])
        terms.append(ClassTerm(row[0], int(pool.classes[row[0]]["underlying"]), maintenance, initial, found))
    joint_maintenance, joint_initial, reserved, depeg, leverage, _ = beside.tolist()
    return Classes(
        tuple(terms),
        (
            ("joint_loss", joint_maintenance, joint_initial),
            ("reserved", 0, reserved),
            ("depeg", 0, depeg),
            ("leverage", 0, leverage),
        ),
    )


def _scanned(pool: Pool, risk_class: int, row: list[int]) -> Side:
    """Parts in the order they are reckoned: the scan, add-ons inside the factor, what it adds, add-ons outside."""
    found = dict(zip(SIDE, row))
    family = pool.classes[risk_class]
    inside = family["addons_inside"] != 0
    outside = sum(found[name] for name in (OUTSIDE if inside else (*INSIDE, *OUTSIDE)))
    under = found["scan"] + (sum(found[name] for name in INSIDE) if inside else 0)
    parts = [("scan", found["scan"]), *((name, found[name]) for name in INSIDE)]
    parts += [("factor", found["required"] - outside - under), *((name, found[name]) for name in OUTSIDE)]
    shock = 0
    if found["scenario"] > 0:
        shock = int(pool.scenarios[int(family["scenario_start"]) + found["scenario"] - 1]["shock"])
    kept = tuple(part for part in parts if part[1])
    return Side(found["loss"], found["scenario"], shock, kept, found["required"])


def classes_in_standard(pool: Pool, account: int) -> tuple[ClassTerm, ...]:
    """What options and depegs of classes add to a standard account, expiry by expiry."""
    words = np.zeros(EXPIRY_WIDTH * 2 * (HOLDINGS_PER_ACCOUNT_MAX + 1), np.int64)
    count = read_expiries(pool, account, words)
    rows = words.reshape(-1, EXPIRY_WIDTH)[:count].tolist()
    terms = []
    for risk_class in dict.fromkeys(row[0] for row in rows):
        maintenance: list[tuple[str, int]] = []
        initial: list[tuple[str, int]] = []
        for row in rows:
            if row[0] == risk_class:
                for side, part in _expiry(row):
                    (initial if side else maintenance).append(part)
        underlying = int(pool.classes[risk_class]["underlying"])
        terms.append(ClassTerm(risk_class, underlying, _sum(maintenance), _sum(initial), ()))
    return tuple(terms)


def _expiry(row: list[int]) -> Iterator[tuple[bool, tuple[str, int]]]:
    """(is initial, (name, micros)) of one group, or of the depeg term of a class."""
    _, group, maintenance, initial, alone_maintenance, alone_initial, doubt = row
    if group == 0:
        yield True, ("depeg", initial)
        return
    for side, asked, alone in ((False, maintenance, alone_maintenance), (True, initial, alone_initial)):
        yield side, (f"group_{group}_{'each_short_alone' if asked == alone else 'largest_loss'}", asked)
    yield True, (f"group_{group}_confidence_and_orders", doubt)


def _sum(parts: list[tuple[str, int]]) -> Side:
    kept = tuple(part for part in parts if part[1])
    return Side(0, 0, 0, kept, sum(micros for _, micros in parts))
