"""Health of an account: equity, requirements and what its marks forbid, as it stands or as if a change had happened."""

from typing import NamedTuple

from plimsoll.book.holdings import NO_INSTRUMENT, Change
from plimsoll.book.layout import Pool
from plimsoll.margin.terms import terms_of
from plimsoll.units.fixed import rate_up
from plimsoll.units.jit import command, rule

NOTHING = Change(NO_INSTRUMENT, 0, 0, 0, 0, 0, 0)


class Health(NamedTuple):
    """``equity``, ``maintenance`` and ``initial`` in micros; ``blocked``: bits of actions a held mark forbids."""

    equity: int
    maintenance: int
    initial: int
    blocked: int


@command
def health_after(pool: Pool, account: int, change: Change) -> Health:
    """Health as if the change had been applied; lots that reach 0 leave no requirement, their cost is realised."""
    owner = pool.accounts[account]
    leverage_rate = owner["leverage_rate"]
    haircut = pool.policy[0]["profit_haircut"]
    equity = owner["cash"] + change.cash
    maintenance = 0
    initial = 0
    blocked = 0
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
        blocked |= instrument["blocks"]
    depeg_rate = pool.totals[0]["depeg_rate"]
    if depeg_rate > 0:
        initial += rate_up(initial, depeg_rate)
    return Health(equity, maintenance, initial, blocked)


@command
def health(pool: Pool, account: int) -> Health:
    """Health as the account stands."""
    return health_after(pool, account, NOTHING)


@rule
def call_level(now: Health, call_buffer: int) -> int:
    """Equity below which the account is called: min(IM, MM plus its buffer)."""
    return min(now.initial, now.maintenance + rate_up(now.maintenance, call_buffer))


@rule
def exit_level(maintenance: int, exit_buffer: int) -> int:
    """Equity at which a liquidation ends: MM plus its buffer, so that an account does not flap."""
    return maintenance + rate_up(maintenance, exit_buffer)
