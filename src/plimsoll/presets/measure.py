"""An account put into a pool of its own as it stands, and measured by the engine.

A venue's account is given in the venue's own units: lots, quanta of its money, the exact value of a lot. Here it
becomes listings, marks and a holding each in a real ``Engine``; the answers are the engine's, turned back into quanta.
Units are chosen so that nothing is lost: one quantum is 10^finer micros and one unit 10^scale lots, for the largest
``finer`` with which every mark, rate and amount is whole and within the engine's limits (units/limits.py). Whatever
does not fit is refused as ``BeyondLimits``, never rounded. The account is not traded into its positions: one in breach
could not be.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from typing import Any, Final, NamedTuple

import numpy as np

from plimsoll.book.layout import Pool as Tables
from plimsoll.book.rows import ListingRow
from plimsoll.engine import Engine
from plimsoll.engine.listing import LISTING_FIELDS
from plimsoll.margin.explain import Explanation, explain
from plimsoll.margin.liquidation import liquidation_prices
from plimsoll.units.codes import OK, sentence
from plimsoll.units.limits import (
    HOLDING_VALUE_MAX,
    HOLDINGS_PER_ACCOUNT_MAX,
    LOTS_MAX,
    MARK_MAX,
    MICROS_MAX,
    PPB,
    RATE_MAX,
    SCALE_MAX,
)
from plimsoll.units.messages import COMMAND_LIST_INSTRUMENT, COMMAND_MARK, KIND_ASSET, KIND_PERP
from plimsoll.units.tables import array_of
from plimsoll.venue.records import records
from plimsoll.venue.whatif import apart, changed

FINEST: Final = 12
COARSEST: Final = -6
ZERO: Final = Fraction(0)


class BeyondLimits(ValueError):
    """The account cannot be put to the engine exactly: too large, or finer than its units."""


class Segment(NamedTuple):
    """Rates of the lots beyond a size."""

    lots: int
    initial: Fraction
    maintenance: Fraction


@dataclass(frozen=True, kw_only=True)
class Held:
    """One position in the venue's units: ``price`` is the value of a lot in quanta, rates are shares of notional.

    ``cost`` is what the position owes (quanta); ``slope_*`` raise the rate by so much per lot; ``floor_rate`` is a
    least initial rate (open interest). A position without a maintenance rate is an asset to the engine.
    """

    lots: int
    price: Fraction
    initial: Fraction = ZERO
    maintenance: Fraction = ZERO
    cost: Fraction = ZERO
    bids: int = 0
    asks: int = 0
    floor_rate: Fraction = ZERO
    slope_initial: Fraction = ZERO
    slope_maintenance: Fraction = ZERO
    segments: Sequence[Segment] = ()

    @property
    def worst(self) -> int:
        """The largest absolute position that may arise."""
        return max(abs(self.lots + self.bids), abs(self.lots - self.asks))


class Part(NamedTuple):
    """The engine's terms of one position, in quanta; ``size`` is the part of ``initial`` that its own rate asks for."""

    value: Fraction
    cost: Fraction
    maintenance: Fraction
    initial: Fraction
    size: Fraction


class Measured(NamedTuple):
    """The engine's answer in quanta, and where it came from."""

    equity: Fraction
    maintenance: Fraction
    initial: Fraction
    parts: tuple[Part, ...]
    tables: Tables
    finer: int

    def breaches(self, place: int) -> tuple[Fraction | None, Fraction | None]:
        """The nearest values of a lot (quanta), below and above, at which maintenance is not covered."""
        unit = int(self.tables.instruments[place + 1]["unit"]) * Fraction(10) ** self.finer
        below, above = liquidation_prices(self.tables, 0, place + 1)
        return None if below is None else below / unit, None if above is None else above / unit


def measure(cash: Fraction | int, holdings: Sequence[Held], *, exact: bool = True, reach: int = 1) -> Measured:
    """Equity, requirements and terms of an account with ``cash`` quanta, by the engine.

    ``exact``: requirements must come out whole in micros, for venues that round otherwise than up. ``reach``: how many
    times the present price a liquidation price may be. BeyondLimits when there are no units for it.
    """
    if len(holdings) > HOLDINGS_PER_ACCOUNT_MAX:
        raise BeyondLimits(f"an account of the engine has at most {HOLDINGS_PER_ACCOUNT_MAX} positions")
    why = ""
    for finer in range(FINEST, COARSEST - 1, -1):
        try:
            rows = [_listing(one, finer, exact or finer < 0, reach) for one in holdings]
            micros = _whole(Fraction(cash) * Fraction(10) ** finer, "the cash", MICROS_MAX)
        except BeyondLimits as error:
            why = why or str(error)
            continue
        tables = _pool(micros, holdings, rows, finer)
        return _measured(explain(tables, 0), holdings, tables, finer)
    raise BeyondLimits(f"there are no units in which the engine can hold this account exactly: {why}")


def _listing(one: Held, finer: int, exact: bool, reach: int) -> dict[str, int]:
    """The listing of a position and, beside its columns, its ``mark`` and the ``floor_rate`` in ppb."""
    row = dict.fromkeys(ListingRow.__annotations__, 0)
    scale, mark = _scale_and_mark(one, finer, reach)
    unit = 10**scale
    kind = KIND_PERP if one.maintenance > 0 or one.slope_maintenance > 0 else KIND_ASSET
    highest = max(mark, 1) * reach
    row |= {"kind": kind, "scale": scale, "mark_max": highest, "lots_max": max(one.worst, 1)}
    row["open_lots_max"] = row["lots_max"]
    for name in ("initial", "maintenance"):
        row[f"rate_{name}"] = _rate(getattr(one, name))
        row[f"slope_{name}"] = _rate(getattr(one, f"slope_{name}") * unit)
        for place, segment in zip(range(1, 4), one.segments):
            row[f"segment_lots_{place}"] = _whole(Fraction(segment.lots), "the bound of a segment", LOTS_MAX)
            row[f"segment_{name}_{place}"] = _rate(getattr(segment, name))
    if len(one.segments) > 3:
        raise BeyondLimits("the engine has at most four segments of size")
    row["mark"], row["floor_rate"] = mark, _rate(one.floor_rate)
    if exact:
        _require_exact(one, finer)
    _whole(one.cost * Fraction(10) ** finer, "a cost", HOLDING_VALUE_MAX)
    return row


def _scale_and_mark(one: Held, finer: int, reach: int) -> tuple[int, int]:
    """The smallest unit in which the mark is whole and the largest position fits."""
    if one.price < 0 or one.worst > LOTS_MAX:
        raise BeyondLimits("a price is negative, or there are more lots than the engine holds")
    for scale in range(SCALE_MAX + 1):
        unit = 10**scale
        mark = one.price * unit * Fraction(10) ** finer
        top = max(mark, 1) * reach
        fits = top <= MARK_MAX and max(one.worst, 1) * top <= HOLDING_VALUE_MAX * unit and one.worst <= 10_000 * unit
        if mark.denominator == 1 and fits:
            return scale, int(mark)
    raise BeyondLimits("a position is worth more than the engine's limit, or its price has too many digits")


def _require_exact(one: Held, finer: int) -> None:
    """The position's value and requirements are whole micros, so that no rounding of the engine enters."""
    micros = one.price * Fraction(10) ** finer
    sizes = {abs(one.lots), one.worst, *(segment.lots for segment in one.segments)}
    for side in ("initial", "maintenance"):
        rates = [one.floor_rate, getattr(one, side), *(getattr(segment, side) for segment in one.segments)]
        for size in sizes:
            slope = getattr(one, f"slope_{side}") * size
            _rate(slope)
            if any((micros * size * part).denominator != 1 for part in (1, slope, *rates)):
                raise BeyondLimits("a value or requirement is finer than the engine's micro")


def _rate(rate: Fraction) -> int:
    return _whole(rate * PPB, "a rate", RATE_MAX)


def _whole(number: Fraction, what: str, limit: int) -> int:
    if number.denominator != 1 or abs(number) > limit:
        raise BeyondLimits(f"{what} is too large for the engine or finer than its units")
    return int(number)


def _pool(micros: int, holdings: Sequence[Held], rows: Sequence[dict[str, int]], finer: int) -> Tables:
    """A pool with every position listed and marked, and small tables with the account as row 0."""
    engine = Engine.create(accounts=16)
    numbers = count(1)
    for number, row in enumerate(rows, 1):
        words = np.array([row[name] for name in LISTING_FIELDS], np.int64)
        columns = {"id": next(numbers), "instrument": number, "payload_words": words.size}
        _submit(engine, records(COMMAND_LIST_INSTRUMENT, **columns), words)
        if row["mark"] > 0:
            _submit(engine, records(COMMAND_MARK, id=next(numbers), instrument=number, price=row["mark"]))
    tables = changed(apart(engine.pool), cash=micros)
    instruments = array_of(tables.instruments)
    for number, (one, row) in enumerate(zip(holdings, rows), 1):
        instruments[number]["rate_open_interest"] = row["floor_rate"]
        cost = int(one.cost * Fraction(10) ** finer)
        tables = changed(tables, number, lots=one.lots, cost=cost, bid_lots=one.bids, ask_lots=one.asks)
    return tables


def _submit(engine: Engine, batch: Any, *words: Any) -> None:
    code = int(engine.apply(batch, *words)[0])
    if code != OK:
        raise BeyondLimits(f"the engine refuses the listing: {sentence(code)}")


def _measured(found: Explanation, holdings: Sequence[Held], tables: Tables, finer: int) -> Measured:
    quantum = Fraction(10) ** finer
    terms = {term.instrument: term for term in found.terms}
    parts = []
    for number, one in enumerate(holdings, 1):
        term = terms.get(number)
        if term is None:
            parts.append(Part(ZERO, one.cost, ZERO, ZERO, ZERO))
            continue
        size = dict(term.parts).get("size", 0)
        figures = (term.value, term.cost, term.maintenance, term.initial, size)
        parts.append(Part(*(figure / quantum for figure in figures)))
    return Measured(
        found.equity / quantum, found.maintenance / quantum, found.initial / quantum, tuple(parts), tables, finer
    )
