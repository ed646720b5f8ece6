"""Why an account's margin is what it is: the same rules as the engine's, with every term named."""

from typing import NamedTuple

import numpy as np

from plimsoll.book.layout import Pool
from plimsoll.book.rows import AccountRow, HoldingRow, InstrumentRow
from plimsoll.book.signatures import INTEGER, POOL, WORDS
from plimsoll.margin.explain_classes import Classes, ClassTerm, classes_in_portfolio, classes_in_standard
from plimsoll.margin.health import call_level, exit_level, health
from plimsoll.margin.terms import (
    at_underlying,
    notional_of,
    pays_cash,
    requirement,
    spot_notional,
    terms_of,
    value_of,
    worst_lots,
)
from plimsoll.units.fixed import rate_up
from plimsoll.units.jit import command, entry, rule
from plimsoll.units.messages import KIND_ASSET, KIND_OPTION, MODE_PORTFOLIO
from plimsoll.units.tables import Ints
from plimsoll.units.views import view

__all__ = ["ClassTerm", "Explanation", "Term", "explain"]

WIDTH = 11
SUMMARY = 6


class Term(NamedTuple):
    """One holding's part in equity and requirements, in micros; ``parts`` sum to ``initial`` and name each rule.

    In portfolio mode the members of a class ask for nothing by themselves: their class does.
    """

    instrument: int
    lots: int
    value: int
    cost: int
    maintenance: int
    initial: int
    parts: tuple[tuple[str, int], ...]


class Explanation(NamedTuple):
    """Equity = cash + sum(value - cost). Maintenance and initial = sums of terms + of classes + of ``beside``.

    ``beside``: (name, maintenance, initial) of what belongs to no holding and no class: the joint loss of classes that
    offset each other, reserved micros, the depeg, and what a floor adds (maintenance, the leverage cap). ``depeg`` is
    that part by itself. Levels as in docs/standard-margin.md.
    """

    equity: int
    maintenance: int
    initial: int
    call_level: int
    exit_level: int
    cash: int
    depeg: int
    terms: tuple[Term, ...]
    classes: tuple[ClassTerm, ...]
    beside: tuple[tuple[str, int, int], ...]


@rule
def is_scanned(pool: Pool, owner: AccountRow, instrument: InstrumentRow) -> bool:
    """Whether the class of the instrument, which must have a table, asks for it and not its own terms."""
    member = instrument["risk_class"] != 0 and instrument["kind"] != KIND_ASSET
    return owner["mode"] == MODE_PORTFOLIO and member and pool.classes[instrument["risk_class"]]["arrays_time"] != 0


@rule
def counts_at_spot(pool: Pool, owner: AccountRow, instrument: InstrumentRow) -> bool:
    """Whether an asset's haircut is reckoned at the mark of its class's underlying."""
    if owner["mode"] != MODE_PORTFOLIO or instrument["risk_class"] == 0:
        return False
    family = pool.classes[instrument["risk_class"]]
    return family["assets_at_underlying"] != 0 and family["arrays_time"] != 0


@command
def write_parts(
    pool: Pool, owner: AccountRow, holding: HoldingRow, instrument: InstrumentRow, words: Ints, place: int
) -> None:
    """Requirements by rates and weights, and what each rule asks."""
    lots = holding["lots"]
    leverage_rate = owner["leverage_rate"] if owner["mode"] != MODE_PORTFOLIO else 0
    haircut = pool.policy[0]["profit_haircut"]
    bid = holding["bid_lots"]
    ask = holding["ask_lots"]
    terms = terms_of(instrument, lots, holding["cost"], bid, ask, holding["reserved"], leverage_rate, haircut)
    if counts_at_spot(pool, owner, instrument):
        notional = spot_notional(instrument, lots)
        terms = at_underlying(instrument, lots, terms.value)
        words[place + 6] = rate_up(notional, instrument["rate_initial"])
        words[place + 9] = rate_up(notional, instrument["rate_confidence"])
    elif instrument["kind"] != KIND_OPTION:
        worst = worst_lots(lots, bid, ask)
        notional = notional_of(instrument, worst)
        size = requirement(instrument, worst, notional, True)
        floor_rate = instrument["rate_open_interest"]
        if not pays_cash(instrument):
            floor_rate = max(floor_rate, leverage_rate)
            words[place + 8] = rate_up(max(0, terms.value - holding["cost"]), haircut)
        if instrument["risk_class"] != 0 and not pays_cash(instrument):
            doubted = spot_notional(instrument, worst)
        else:
            doubted = notional
        words[place + 6] = size
        words[place + 7] = max(0, rate_up(notional, floor_rate) - size)
        words[place + 9] = rate_up(doubted, instrument["rate_confidence"])
        words[place + 10] = holding["reserved"]
    else:
        words[place + 10] = holding["reserved"]
    words[place + 4] = terms.maintenance
    words[place + 5] = terms.initial


@entry((POOL, INTEGER, WORDS, WORDS))
def read_terms(pool: Pool, account: int, summary: Ints, words: Ints) -> int:
    """Write the account's figures and one group of words a holding; returns the number of holdings."""
    pool = view(pool)
    owner = pool.accounts[account]
    policy = pool.policy[0]
    now = health(pool, account)
    summary[0] = now.equity
    summary[1] = now.maintenance
    summary[2] = now.initial
    summary[3] = call_level(now, policy["call_buffer"])
    summary[4] = exit_level(now.maintenance, policy["exit_buffer"])
    summary[5] = owner["cash"]
    for offset in range(owner["count"]):
        holding = pool.holdings[owner["start"] + offset]
        instrument = pool.instruments[holding["instrument"]]
        place = offset * WIDTH
        words[place] = holding["instrument"]
        words[place + 1] = holding["lots"]
        words[place + 2] = value_of(instrument, holding["lots"])
        words[place + 3] = holding["cost"]
        if not is_scanned(pool, owner, instrument):
            write_parts(pool, owner, holding, instrument, words, place)
    return owner["count"]


PARTS = ("size", "open_interest_or_leverage", "profit_haircut", "confidence", "reserved")


def explain(pool: Pool, account: int) -> Explanation:
    """Explain the account's margin; ``account`` must be a row in use. Integers: micros, lots."""
    summary = np.zeros(SUMMARY, np.int64)
    words = np.zeros(WIDTH * max(int(pool.accounts[account]["count"]), 1), np.int64)
    count = read_terms(pool, account, summary, words)
    terms = tuple(_term(row) for row in words.reshape(-1, WIDTH)[:count].tolist())
    equity, maintenance, initial, call, leave, cash = (int(number) for number in summary)
    if pool.accounts[account]["mode"] == MODE_PORTFOLIO:
        found = classes_in_portfolio(pool, account)
        beside = _beside_portfolio(terms, found, maintenance, initial)
    else:
        found = Classes(classes_in_standard(pool, account), ())
        beside = _beside_standard(terms, found, maintenance, initial)
    depeg = sum(part for name, _, part in beside if name == "depeg")
    return Explanation(equity, maintenance, initial, call, leave, cash, depeg, terms, found.terms, beside)


def _term(row: list[int]) -> Term:
    parts = tuple((name, micros) for name, micros in zip(PARTS, row[6:]) if micros != 0)
    instrument, lots, value, cost, maintenance, required = row[:6]
    return Term(instrument, lots, value, cost, maintenance, required, parts)


def _sums(terms: tuple[Term, ...], found: Classes) -> tuple[int, int]:
    """Maintenance and initial, of holdings, classes and what is beside them."""
    maintenance = sum(term.maintenance for term in terms) + sum(one.maintenance.required for one in found.terms)
    initial = sum(term.initial for term in terms) + sum(one.initial.required for one in found.terms)
    return maintenance, initial


def _beside_portfolio(
    terms: tuple[Term, ...], found: Classes, maintenance: int, initial: int
) -> tuple[tuple[str, int, int], ...]:
    """What is beside classes; initial is then at least maintenance, and what the leverage cap asks for."""
    caps = {name: part for name, _, part in found.beside if name == "leverage"}
    parts = [one for one in found.beside if one[0] != "leverage"]
    summed = _sums(terms, found)[1] + sum(part for _, _, part in parts)
    floor = "leverage_cap" if caps["leverage"] == initial > maintenance else "at_least_maintenance"
    return _kept([*parts, (floor, 0, initial - summed)])


def _beside_standard(
    terms: tuple[Term, ...], found: Classes, maintenance: int, initial: int
) -> tuple[tuple[str, int, int], ...]:
    """Hedged options may ask for less than nothing; that counts as nothing, and initial is at least maintenance."""
    summed, summed_initial = _sums(terms, found)
    before_depeg = max(maintenance, summed_initial)
    return _kept(
        [
            ("not_below_nothing", maintenance - summed, 0),
            ("at_least_maintenance", 0, before_depeg - summed_initial),
            ("depeg", 0, initial - before_depeg),
        ]
    )


def _kept(parts: list[tuple[str, int, int]]) -> tuple[tuple[str, int, int], ...]:
    return tuple(part for part in parts if part[1] or part[2])
