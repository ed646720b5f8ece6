"""What a check sees: the pool before and after one command, the command, its answer, and what was said of it."""

from typing import Any, NamedTuple

import numpy as np

from plimsoll.book.layout import CURVE_ROWS, Array
from plimsoll.engine import Engine
from plimsoll.units.limits import PPB
from plimsoll.units.messages import KIND_ASSET, KIND_OPTION
from plimsoll.units.tables import Ints, array_of

NOTHING_HELD = (0, 0, 0)


class Moment(NamedTuple):
    """Copies of the tables a check reads, and every account's equity, maintenance and initial margin."""

    accounts: Array
    holdings: Array
    instruments: Array
    policy: Any
    totals: Any
    equity: Ints
    maintenance: Ints
    initial: Ints
    pots: Array
    cases: Array
    curves: Array

    def held(self, account: int, instrument: int) -> tuple[int, int, int]:
        """Lots, bids and asks of a holding; zeros where there is none."""
        if not 0 <= account < self.accounts.size:
            return NOTHING_HELD
        start, count = int(self.accounts["start"][account]), int(self.accounts["count"][account])
        for row in self.holdings[start : start + count]:
            if row["instrument"] == instrument:
                return int(row["lots"]), int(row["bid_lots"]), int(row["ask_lots"])
        return NOTHING_HELD

    def worst(self, account: int, instrument: int) -> int:
        """The larger absolute position if every bid, or every ask, were filled."""
        lots, bids, asks = self.held(account, instrument)
        return max(abs(lots + bids), abs(lots - asks))

    def case_of(self, account: int) -> Any:
        """Its way through the waterfall; a row of zeros where there is none."""
        return self.cases[int(self.accounts["case"][account])]

    def pots_of(self, kind: int) -> list[int]:
        """The numbers of the pots of a kind."""
        found: list[int] = np.flatnonzero(self.pots["kind"] == kind).tolist()
        return found

    def curve_value(self, curve: int, elapsed: int) -> int:
        """A price curve after so many milliseconds; 0 of one that was never set."""
        head = self.curves[curve * CURVE_ROWS]
        points = self.curves[curve * CURVE_ROWS + 1 : curve * CURVE_ROWS + 1 + int(head["time"])].tolist()
        last = max((place for place, (time, _) in enumerate(points) if time <= elapsed), default=-1)
        if last < 0:
            return 0
        time, value = points[last]
        if not head["value"] or last + 1 == len(points):
            return int(value)
        after, then = points[last + 1]
        moved = abs(then - value) * (elapsed - time) // (after - time)
        return int(value + moved if then > value else value - moved)

    def curve_most(self, curve: int) -> int:
        """The largest value of a price curve: that of one of its points; 0 of one that was never set."""
        head = self.curves[curve * CURVE_ROWS]
        points = self.curves[curve * CURVE_ROWS + 1 : curve * CURVE_ROWS + 1 + int(head["time"])]
        return int(points["value"].max(initial=0))

    def pays_cash(self, instrument: int) -> bool:
        """Whether the instrument is paid for at once."""
        return int(self.instruments["kind"][instrument]) in (KIND_ASSET, KIND_OPTION)


class Step(NamedTuple):
    """One command between two moments. ``again``: its id had been answered before."""

    before: Moment
    after: Moment
    command: Any
    code: int
    events: Array
    ledger: Array
    again: bool


def moment_of(engine: Engine) -> Moment:
    """The pool as it is now."""
    pool, totals = engine.pool, engine.pool.totals[0]
    instruments = int(totals["instruments"])
    accounts = array_of(pool.accounts)[: int(totals["accounts"])].copy()
    accounts["changed"] = 0  # scratch of the state root
    return Moment(
        accounts,
        array_of(pool.holdings)[: int(totals["holdings"])].copy(),
        array_of(pool.instruments)[:instruments].copy(),
        array_of(pool.policy)[0].copy(),
        array_of(pool.totals)[0].copy(),
        *engine.sweep(),
        array_of(pool.pots).copy(),
        array_of(pool.cases)[: max(1, int(totals["cases"]))].copy(),
        array_of(pool.curves).copy(),
    )


def ceil_div(number: int, divisor: int) -> int:
    """The exact quotient, rounded up."""
    return -(-number // divisor)


def rated(amount: int, rate: int) -> int:
    """A rate in ppb of an amount, rounded up."""
    return ceil_div(amount * rate, PPB)


def of_kind(rows: Array, *kinds: int) -> Array:
    """The events of these kinds, in order."""
    if rows.size == 0:
        return rows
    # Most commands have a handful of events: a list is faster than a search among sorted numbers.
    found: Array = rows[np.array([kind in kinds for kind in rows["kind"].tolist()], bool)]
    return found
