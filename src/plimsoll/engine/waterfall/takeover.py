"""Takeover: moving lots of one instrument from one account to another at a price. The one primitive of every mechanism.

The giver is the causing side: roundings go against it.  A contract moves through cost, an asset or an
option through cash.
"""

from typing import NamedTuple

from plimsoll.book.events import emit
from plimsoll.book.holdings import Change, apply_change, find
from plimsoll.book.layout import Pool
from plimsoll.engine.waterfall.insurance import give_fee_to_fund
from plimsoll.margin.rates import set_open_interest_rate
from plimsoll.margin.terms import pays_cash
from plimsoll.units.fixed import mul_div_ceil
from plimsoll.units.jit import command, rule


class Terms(NamedTuple):
    """What goes with the lots, in micros: ``loss`` the taker bears, fees of the giver to the taker and to the fund."""

    loss: int
    to_taker: int
    to_fund: int


AT_MARK = Terms(0, 0, 0)


@rule
def giver_change(pool: Pool, number: int, lots: int, terms: Terms) -> Change:
    """The giver's change for ``lots`` of its position (signed like it) leaving at the mark."""
    instrument = pool.instruments[number]
    paid = mul_div_ceil(-lots, instrument["mark"] - instrument["funding"], instrument["unit"])
    fees = terms.to_taker + terms.to_fund
    if pays_cash(instrument):
        return Change(number, -lots, 0, terms.loss - paid - fees, 0, 0, 0)
    return Change(number, -lots, paid - terms.loss, -fees, 0, 0, 0)


@rule
def taker_change(pool: Pool, number: int, lots: int, terms: Terms) -> Change:
    """The taker's change: the mirror of the giver's, less what goes to the fund."""
    given = giver_change(pool, number, lots, terms)
    return Change(number, lots, -given.cost, -given.cash - terms.to_fund, 0, 0, 0)


@command
def takeover(
    pool: Pool, giver: int, taker: int, number: int, lots: int, terms: Terms, given_as: int, taken_as: int
) -> None:
    """Move ``lots`` (signed like the giver's position) at the mark under ``terms``; the last two name the events."""
    given = giver_change(pool, number, lots, terms)
    taken = taker_change(pool, number, lots, terms)
    mark = pool.instruments[number]["mark"]
    realised = apply_change(pool, giver, find(pool, giver, number), given)
    emit(
        pool,
        given_as,
        giver,
        taker,
        number,
        given.lots,
        given.cost + realised,
        given.cash + realised,
        0,
        mark,
        terms.loss,
    )
    realised = apply_change(pool, taker, find(pool, taker, number), taken)
    emit(
        pool,
        taken_as,
        taker,
        giver,
        number,
        taken.lots,
        taken.cost + realised,
        taken.cash + realised,
        0,
        mark,
        terms.loss,
    )
    if terms.to_fund > 0:
        give_fee_to_fund(pool, giver, terms.to_fund)
    set_open_interest_rate(pool.instruments[number])
