"""What the waterfall cost others, step by step: hedges it broke, and what deleveraging took beyond what was needed.

A step has two rounds: a tick at the prices that were, and, when new ones are in, sweep and bids. What stands before a
round is compared with what stands after it; trading comes between them.
"""

from typing import Any, Final

import numpy as np

from plimsoll.sim.listings import PoolSetup
from plimsoll.sim.population import Population
from plimsoll.sim.session import EngineLike
from plimsoll.sim.view import Flags, Floats
from plimsoll.units.limits import PPB
from plimsoll.units.messages import (
    MECHANISM_ADL,
    MECHANISM_FUND,
    MECHANISM_SETTLEMENT,
    MECHANISM_SOCIALISED,
    MECHANISM_TRANCHE,
    NAMED_BACKSTOP,
    NAMED_COUNT,
    PAUSE_BACKSTOP,
)
from plimsoll.units.tables import Ints

HEDGE_MIN: Final = 0.2
"""An account is hedged when the smaller of its two sides is at least this share of the larger."""
HEDGE_KEPT_MIN: Final = 0.5
"""A hedge is broken when less than this part of that share is left."""
NOT_A_TRADE: Final = (MECHANISM_FUND, MECHANISM_TRANCHE, MECHANISM_SOCIALISED, MECHANISM_SETTLEMENT)


class WaterfallRecord:
    """Counts of a whole replay.

    ``bound``: initial margin of what others would hold had they taken what was deleveraged, sold on at the pace of
    liquidators, ``sold_on`` of it a minute.
    """

    def __init__(self, population: Population, linear: Flags, sold_on: float) -> None:
        self.sold_on = sold_on
        self.bound = 0.0
        self.takers = np.concatenate((population.liquidators, np.array([NAMED_BACKSTOP])))
        self.linear = linear
        self.hedges_broken: set[int] = set()
        self.overshoot_loss = 0
        self.overshoot_notional = 0.0
        self.equity: Ints = np.zeros(0, np.int64)
        self.price: Floats = np.zeros(len(linear))
        self.sides: Floats = np.zeros((2, 0))
        self.touched: list[Ints] = []

    def begin(self, engine: EngineLike, equity: Ints, price: Floats) -> None:
        """What stands before the waterfall acts; ``price``: micros a lot, by instrument."""
        self.equity, self.price = equity, np.where(self.linear, price, 0.0)
        self.sides = self._sides(engine)
        self.touched = []

    def ledger(self, lines: Any) -> None:
        """Lines of the liquidation ledger, of sweep or bids."""
        moved = lines[~np.isin(lines["mechanism"], NOT_A_TRADE)]
        self.touched.append(np.asarray(moved["account"]))
        self.touched.append(np.asarray(moved["taker"][moved["mechanism"] == MECHANISM_ADL]))

    def swept(self, setup: PoolSetup, engine: EngineLike, lines: Any, minutes: float) -> None:
        """The sweep is through, so long after the last: what deleveraging took of others, against what it had to."""
        self.bound *= max(0.0, 1 - self.sold_on * minutes)
        adl = lines[lines["mechanism"] == MECHANISM_ADL]
        self.overshoot_loss += overshoot_of(lines, self.equity)
        if not len(adl):
            return
        number = np.asarray(adl["instrument"])
        notional = np.abs(adl["lots"]).astype(np.float64) * adl["price"] / setup.units[number]
        rows = np.asarray(engine.pool.instruments)[number]
        needed = float((notional * np.maximum(rows["rate_initial"], rows["rate_open_interest"]) / PPB).sum())
        takers = self.takers[:-1] if setup.policy["pauses"] & PAUSE_BACKSTOP else self.takers
        equity, _, initial = engine.sweep()
        room = float(np.maximum(equity[takers] - initial[takers], 0).sum()) - self.bound
        taken = min(needed, max(room, 0.0))
        self.bound += taken
        self.overshoot_notional += float(notional.sum()) * taken / max(needed, 1.0)

    def end(self, engine: EngineLike) -> None:
        """Sweep and bids are through: whose hedge is gone."""
        touched = np.unique(np.concatenate(self.touched)) if self.touched else np.zeros(0, np.int64)
        touched = touched[(touched >= NAMED_COUNT) & (touched < len(self.equity))]
        if not len(touched):
            return
        now = self._sides(engine)[:, touched]
        before, after = hedged_share(self.sides[:, touched]), hedged_share(now)
        broken = (before >= HEDGE_MIN) & (now.max(axis=0) > 0) & (after < HEDGE_KEPT_MIN * before)
        self.hedges_broken.update(touched[broken].tolist())

    def _sides(self, engine: EngineLike) -> Floats:
        """[long, short] value of every account: contracts and coins, no options, no cash."""
        accounts, count = engine.pool.accounts, len(self.equity)
        counts, starts = np.asarray(accounts["count"][:count]), np.asarray(accounts["start"][:count])
        row = np.repeat(np.arange(count), counts)
        offsets = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
        held = engine.pool.holdings[np.repeat(starts, counts) + offsets]
        number = np.asarray(held["instrument"])
        value = np.asarray(held["lots"]) * self.price[number]
        return np.stack([np.bincount(row, np.maximum(side * value, 0.0), count) for side in (1, -1)])


def hedged_share(sides: Floats) -> Floats:
    """The smaller side as a share of the larger; 0 for an account without positions."""
    larger = sides.max(axis=0)
    result: Floats = np.divide(sides.min(axis=0), larger, out=np.zeros_like(larger), where=larger > 0)
    return result


def overshoot_of(lines: Any, equity: Ints) -> int:
    """What others lost to deleveraging and socialisation beyond the deficits they had to cover, micros.

    The deficit of an account is what its equity was below zero before the sweep, less what the insurance paid for it.
    """
    mechanism = lines["mechanism"]
    taken: dict[int, int] = {}
    for name, number, sign in (("to_liquidator", MECHANISM_ADL, -1), ("bad_debt", MECHANISM_SOCIALISED, 1)):
        own = lines[mechanism == number]
        for account, micros in zip(own["account"].tolist(), own[name].tolist()):
            taken[account] = taken.get(account, 0) + sign * micros
    paid: dict[int, int] = {}
    insured = lines[np.isin(mechanism, (MECHANISM_FUND, MECHANISM_TRANCHE))]
    for account, micros in zip(insured["account"].tolist(), insured["fund_paid"].tolist()):
        paid[account] = paid.get(account, 0) + micros
    return sum(
        max(0, micros - max(0, -int(equity[account]) - paid.get(account, 0)))
        for account, micros in taken.items()
        if account < len(equity)
    )
