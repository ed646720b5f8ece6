"""Why an account's margin is what it is: the same rules as the engine's, with every term named."""

from typing import NamedTuple

import numpy as np

from plimsoll.book.layout import Pool
from plimsoll.book.signatures import INTEGER, POOL, WORDS
from plimsoll.margin.health import call_level, exit_level, health
from plimsoll.margin.terms import notional_of, requirement, terms_of, worst_lots
from plimsoll.units.fixed import rate_up
from plimsoll.units.jit import entry
from plimsoll.units.messages import KIND_ASSET
from plimsoll.units.tables import Ints
from plimsoll.units.views import view

WIDTH = 11
SUMMARY = 6


class Term(NamedTuple):
    """One holding's part in equity and requirements, in micros; ``parts`` sum to ``initial`` and name each rule."""

    instrument: int
    lots: int
    value: int
    cost: int
    maintenance: int
    initial: int
    parts: tuple[tuple[str, int], ...]


class Explanation(NamedTuple):
    """Equity = cash + sum(value - cost); initial = sum of terms + depeg. Levels as in docs/standard-margin.md."""

    equity: int
    maintenance: int
    initial: int
    call_level: int
    exit_level: int
    cash: int
    depeg: int
    terms: tuple[Term, ...]


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
        lots = holding["lots"]
        bid = holding["bid_lots"]
        ask = holding["ask_lots"]
        cost = holding["cost"]
        terms = terms_of(
            instrument, lots, cost, bid, ask, holding["reserved"], owner["leverage_rate"], policy["profit_haircut"]
        )
        worst = worst_lots(lots, bid, ask)
        notional = notional_of(instrument, worst)
        size = requirement(instrument, worst, notional, True)
        floor_rate = instrument["rate_open_interest"]
        haircut = 0
        if instrument["kind"] != KIND_ASSET:
            floor_rate = max(floor_rate, owner["leverage_rate"])
            haircut = rate_up(max(0, terms.value - cost), policy["profit_haircut"])
        place = offset * WIDTH
        words[place] = holding["instrument"]
        words[place + 1] = lots
        words[place + 2] = terms.value
        words[place + 3] = cost
        words[place + 4] = terms.maintenance
        words[place + 5] = terms.initial
        words[place + 6] = size
        words[place + 7] = max(0, rate_up(notional, floor_rate) - size)
        words[place + 8] = haircut
        words[place + 9] = rate_up(notional, instrument["rate_confidence"])
        words[place + 10] = holding["reserved"]
    return owner["count"]


PARTS = ("size", "open_interest_or_leverage", "profit_haircut", "confidence", "reserved")


def explain(pool: Pool, account: int) -> Explanation:
    """Explain the account's margin; ``account`` must be a row in use. Integers: micros, lots."""
    summary = np.zeros(SUMMARY, np.int64)
    words = np.zeros(WIDTH * max(int(pool.accounts[account]["count"]), 1), np.int64)
    count = read_terms(pool, account, summary, words)
    terms = []
    for row in words.reshape(-1, WIDTH)[:count].tolist():
        parts = tuple((name, micros) for name, micros in zip(PARTS, row[6:]) if micros != 0)
        instrument, lots, value, cost, maintenance, required = row[:6]
        terms.append(Term(instrument, lots, value, cost, maintenance, required, parts))
    equity, maintenance, initial, call, leave, cash = (int(number) for number in summary)
    depeg = initial - sum(term.initial for term in terms)
    return Explanation(equity, maintenance, initial, call, leave, cash, depeg, tuple(terms))
