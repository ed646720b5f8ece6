"""What a book needs beside the scans of its classes: the standard terms of what has no class, assets, and leverage."""

from typing import NamedTuple

from plimsoll.book.layout import Pool
from plimsoll.book.rows import LegRow
from plimsoll.margin.portfolio.legs import UNCLASSED, class_of, has_table, is_member
from plimsoll.margin.terms import at_underlying, notional_of, pays_cash, terms_of, worst_lots
from plimsoll.units.fixed import rate_up
from plimsoll.units.jit import command
from plimsoll.units.tables import Table


class Rest(NamedTuple):
    """Equity of what keeps its standard terms, and those terms, in micros."""

    equity: int
    maintenance: int
    initial: int


@command
def rest_of(pool: Pool, legs: Table[LegRow], count: int) -> Rest:
    """Sums over the legs that keep their standard terms: assets, and what has no class or one without a table."""
    equity = 0
    maintenance = 0
    initial = 0
    haircut = pool.policy[0]["profit_haircut"]
    for place in range(count):
        leg = legs[place]
        if is_member(pool, leg):
            continue
        instrument = pool.instruments[leg["number"]]
        family = class_of(leg)
        terms = terms_of(
            instrument, leg["lots"], leg["cost"], leg["bid_lots"], leg["ask_lots"], leg["reserved"], 0, haircut
        )
        equity += terms.value - leg["cost"]
        if family != UNCLASSED and has_table(pool, leg) and pool.classes[family]["assets_at_underlying"] != 0:
            terms = at_underlying(instrument, leg["lots"], terms.value)
        maintenance += terms.maintenance
        initial += terms.initial
    return Rest(equity, maintenance, initial)


@command
def leverage_of(pool: Pool, legs: Table[LegRow], count: int, leverage_rate: int) -> int:
    """What the account's own limit of leverage asks of its contracts, in micros."""
    required = 0
    for place in range(count):
        leg = legs[place]
        instrument = pool.instruments[leg["number"]]
        if not pays_cash(instrument):
            size = worst_lots(leg["lots"], leg["bid_lots"], leg["ask_lots"])
            required += rate_up(notional_of(instrument, size), leverage_rate)
    return required
