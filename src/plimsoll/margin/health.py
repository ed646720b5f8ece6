"""Health of an account: equity, requirements and what its marks forbid, as it stands or as if a change had happened."""

from typing import NamedTuple

from plimsoll.book.holdings import NO_INSTRUMENT, Change
from plimsoll.book.layout import Pool
from plimsoll.book.rows import LegRow
from plimsoll.book.signatures import INTEGER, LEGS, POOL_VIEW, integers
from plimsoll.margin.options import Sides, of_classes
from plimsoll.margin.portfolio.legs import book_after, book_of, gather_legs, legs_of
from plimsoll.margin.portfolio.requirement import standing_of
from plimsoll.margin.terms import terms_of
from plimsoll.units.fixed import rate_up
from plimsoll.units.jit import command, rule, shared
from plimsoll.units.messages import KIND_OPTION, MODE_PORTFOLIO
from plimsoll.units.tables import Table

CHANGE = integers(Change)
NOTHING = Change(NO_INSTRUMENT, 0, 0, 0, 0, 0, 0)


class Health(NamedTuple):
    """``equity``, ``maintenance`` and ``initial`` in micros; ``blocked``: bits of actions a held mark forbids."""

    equity: int
    maintenance: int
    initial: int
    blocked: int


@shared((POOL_VIEW, INTEGER, CHANGE))
def portfolio_after(pool: Pool, account: int, change: Change) -> Health:
    """Health in portfolio mode."""
    legs = legs_of()
    owner = pool.accounts[account]
    book = gather_legs(pool, account, change, legs, False)
    standing = standing_of(pool, legs, book, owner["cash"] + change.cash, owner["leverage_rate"])
    return Health(standing.equity, standing.maintenance, standing.initial, standing.blocked)


@shared((POOL_VIEW, INTEGER))
def portfolio_now(pool: Pool, account: int) -> Health:
    """Health in portfolio mode as the account stands: what a sweep asks of every account, so compiled by itself."""
    legs = legs_of()
    owner = pool.accounts[account]
    book = gather_legs(pool, account, NOTHING, legs, False)
    standing = standing_of(pool, legs, book, owner["cash"], owner["leverage_rate"])
    return Health(standing.equity, standing.maintenance, standing.initial, standing.blocked)


@shared((POOL_VIEW, INTEGER, LEGS, INTEGER, INTEGER))
def health_of_legs(pool: Pool, account: int, legs: Table[LegRow], count: int, cash: int) -> Health:
    """Health of an account had it these legs and this cash; for changes of many holdings at once."""
    owner = pool.accounts[account]
    if owner["mode"] == MODE_PORTFOLIO:
        standing = standing_of(pool, legs, book_of(pool, legs, count), cash, owner["leverage_rate"])
        return Health(standing.equity, standing.maintenance, standing.initial, standing.blocked)
    equity = cash
    maintenance = 0
    initial = 0
    blocked = 0
    haircut = pool.policy[0]["profit_haircut"]
    for place in range(count):
        leg = legs[place]
        instrument = pool.instruments[leg["number"]]
        terms = terms_of(
            instrument,
            leg["lots"],
            leg["cost"],
            leg["bid_lots"],
            leg["ask_lots"],
            leg["reserved"],
            owner["leverage_rate"],
            haircut,
        )
        equity += terms.value - leg["cost"]
        maintenance += terms.maintenance
        initial += terms.initial
        if leg["lots"] != 0 or leg["bid_lots"] != 0 or leg["ask_lots"] != 0:
            blocked |= instrument["blocks"]
    asked = of_classes(pool, legs, count)
    maintenance = max(0, maintenance + asked.maintenance)
    initial = max(maintenance, initial + asked.initial)
    return Health(equity, maintenance, initial + rate_up(initial, pool.totals[0]["depeg_rate"]), blocked)


@shared((POOL_VIEW, INTEGER, CHANGE))
def classes_after(pool: Pool, account: int, change: Change) -> Sides:
    """What options and depegs of classes add in standard mode; asked only of accounts that hold such."""
    legs = legs_of()
    count = book_after(pool, account, change, legs)
    return of_classes(pool, legs, count)


@command
def standard_after(pool: Pool, account: int, change: Change) -> Health:
    """Health in standard mode; lots that reach 0 leave no requirement, their cost is realised."""
    owner = pool.accounts[account]
    leverage_rate = owner["leverage_rate"]
    haircut = pool.policy[0]["profit_haircut"]
    depegged = pool.totals[0]["depeg_gap"] > 0
    equity = owner["cash"] + change.cash
    maintenance = 0
    initial = 0
    blocked = 0
    classed = False
    met = change.instrument == NO_INSTRUMENT
    start = owner["start"]
    for row in range(start, start + owner["count"]):
        holding = pool.holdings[row]
        instrument = pool.instruments[holding["instrument"]]
        lots = holding["lots"]
        cost = holding["cost"]
        bid = holding["bid_lots"]
        ask = holding["ask_lots"]
        reserved = holding["reserved"]
        if holding["instrument"] == change.instrument:
            met = True
            lots += change.lots
            cost += change.cost
            bid += change.bid_lots
            ask += change.ask_lots
            reserved += change.reserved
        terms = terms_of(instrument, lots, cost, bid, ask, reserved, leverage_rate, haircut)
        equity += terms.value - cost
        maintenance += terms.maintenance
        initial += terms.initial
        classed |= instrument["kind"] == KIND_OPTION or (depegged and instrument["risk_class"] != 0)
        if lots != 0 or bid != 0 or ask != 0:
            blocked |= instrument["blocks"]
    if not met:
        instrument = pool.instruments[change.instrument]
        terms = terms_of(
            instrument,
            change.lots,
            change.cost,
            change.bid_lots,
            change.ask_lots,
            change.reserved,
            leverage_rate,
            haircut,
        )
        equity += terms.value - change.cost
        maintenance += terms.maintenance
        initial += terms.initial
        classed |= instrument["kind"] == KIND_OPTION or (depegged and instrument["risk_class"] != 0)
        blocked |= instrument["blocks"]
    if classed:
        asked = classes_after(pool, account, change)
        maintenance = max(0, maintenance + asked.maintenance)
        initial = max(maintenance, initial + asked.initial)
    depeg_rate = pool.totals[0]["depeg_rate"]
    if depeg_rate > 0:
        initial += rate_up(initial, depeg_rate)
    return Health(equity, maintenance, initial, blocked)


@shared((POOL_VIEW, INTEGER, CHANGE))
def health_after(pool: Pool, account: int, change: Change) -> Health:
    """Health as if the change had been applied, in the account's own margin mode."""
    if pool.accounts[account]["mode"] == MODE_PORTFOLIO:
        return portfolio_after(pool, account, change)
    return standard_after(pool, account, change)


@command
def health(pool: Pool, account: int) -> Health:
    """Health as the account stands."""
    if pool.accounts[account]["mode"] == MODE_PORTFOLIO:
        return portfolio_now(pool, account)
    return health_after(pool, account, NOTHING)


@rule
def call_level(now: Health, call_buffer: int) -> int:
    """Equity below which the account is called: min(IM, MM plus its buffer)."""
    return min(now.initial, now.maintenance + rate_up(now.maintenance, call_buffer))


@rule
def exit_level(maintenance: int, exit_buffer: int) -> int:
    """Equity at which a liquidation ends: MM plus its buffer, so that an account does not flap."""
    return maintenance + rate_up(maintenance, exit_buffer)
