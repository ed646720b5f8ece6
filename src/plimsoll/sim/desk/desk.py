"""The desk in a replay: set up once, opened with the pool, acting in every step."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from plimsoll.sim import commands
from plimsoll.sim.commands import Commands
from plimsoll.sim.desk.books import KINDS, STREAM, Books, bring_in_desk, deltas, draw_books, held_lots
from plimsoll.sim.desk.config import DeskConfig
from plimsoll.sim.desk.ladder import PERP, lacking, strikes_of, with_ladder
from plimsoll.sim.desk.model import DeskModel, class_of
from plimsoll.sim.desk.record import DeskRecord, DeskResult, Relief
from plimsoll.sim.listings import Listing, PoolSetup
from plimsoll.sim.population import Population, random_of
from plimsoll.sim.session import Session
from plimsoll.sim.traders import Makers
from plimsoll.sim.view import Floats, View
from plimsoll.units.limits import MICROS_PER_TOKEN
from plimsoll.units.messages import KIND_OPTION, NAMED_COUNT, STAGE_LIQUIDATING, STATUS_CLOSED
from plimsoll.units.tables import Ints

STRIKES_MIN: Final = 3
HEDGE_MICROS_MIN: Final = 50_000_000
"""Less than fifty tokens of delta is left alone."""


@dataclass(frozen=True)
class DeskPlan:
    """What a desk adds to a world: the pool with its ladder, and its books. A run makes its own ``Desk`` of it."""

    setup: PoolSetup
    config: DeskConfig
    books: Books

    def desk(self, *, seed: int) -> "Desk":
        """The desk of one run."""
        return Desk(self, seed=seed)


def plan_desk(
    setup: PoolSetup, config: DeskConfig, accounts: int, start_ms: int, marks: Ints, *, seed: int
) -> DeskPlan | str:
    """A plan, or why the pool can have no desk, as a sentence. ``marks`` by number, at the start."""
    missing = lacking(setup, config.coin)
    if missing:
        return missing
    asset = next(one for one in setup.listings if one.name == config.coin)
    mark = int(marks[asset.number])
    if len(strikes_of(config, asset.price(mark))) < STRIKES_MIN:
        return f"a step of {config.strike_step} is too coarse for strikes on {config.coin} at {asset.price(mark):g}"
    laddered = with_ladder(setup, config, start_ms, mark)
    laddered = replace(laddered, classes=(class_of(laddered, config, mark / MICROS_PER_TOKEN),))
    books = draw_books(laddered, config, accounts, NAMED_COUNT + accounts, mark, asset, seed=seed)
    return DeskPlan(laddered, config, books)


def renumbered(population: Population) -> Population:
    """The population where every instrument's number has moved up by one, and options have come after them."""
    return replace(
        population,
        trader_isolated=np.where(population.trader_isolated > 0, population.trader_isolated + 1, 0),
        asset_lots=_moved_up(population.asset_lots),
        position_lots=_moved_up(population.position_lots),
    )


def _moved_up(lots: Ints) -> Ints:
    result: Ints = np.insert(lots, 1, 0, axis=1)
    return result


class Desk:
    """The state of one run."""

    def __init__(self, plan: DeskPlan, *, seed: int) -> None:
        self.setup, self.config, self.books = plan.setup, plan.config, plan.books
        self.model = DeskModel(plan.setup, plan.config)
        self.record = DeskRecord(plan.books, plan.config)
        self.random = random_of(seed, STREAM + 200)
        self.seed = seed
        self.asset = self._named(plan.config.coin)
        self.perp = self._named(plan.config.coin + PERP)
        self.options = np.array([one.number for one in plan.setup.options()], np.int64)

    def _named(self, name: str) -> Listing:
        return next(one for one in self.setup.listings if one.name == name)

    def open(self, session: Session, pool_makers: Ints) -> None:
        """Bring the desk's accounts in, once the pool is priced and has its tables."""
        bring_in_desk(session, self.books, self.asset, self.perp, pool_makers, seed=self.seed)

    def observe(self, returns: Floats, step_ms: int) -> None:
        """One more step of the underlying, for the vols."""
        self.model.vols.observe(float(returns[self.asset.number]), step_ms)

    def act(self, view: View, makers: Makers) -> list[Commands]:
        """Hedges that are due, and a little trading in options."""
        every = max(1, round(self.config.hedge_minutes * 60_000 / view.step_ms))
        hedges = self._hedges(view, makers) if view.step % every == every - 1 else commands.joined()
        return [hedges, self._trades(view)]

    def _hedges(self, view: View, makers: Makers) -> Commands:
        rows = self.books.hedged
        rows = rows[np.asarray(view.pool.accounts["stage"])[rows] != STAGE_LIQUIDATING]
        long = deltas(view.pool, rows, self.perp)
        held = np.abs(held_lots(view.pool, rows, len(view.marks))[:, self.options]).sum(axis=1)
        band = np.maximum(
            self.config.hedge_band * held, HEDGE_MICROS_MIN * self.perp.unit / int(view.marks[self.perp.number])
        )
        wanted = np.where(np.abs(long) > band, -np.rint(long), 0).astype(np.int64)
        rows, wanted = rows[wanted != 0], wanted[wanted != 0]
        instrument = np.full(len(rows), self.perp.number)
        maker, lots, deals = makers.deal(view, instrument, wanted)
        price = view.fill_price(instrument, lots)
        return commands.fills(rows[deals], maker[deals], instrument[deals], lots[deals], price[deals])

    def _trades(self, view: View) -> Commands:
        """Some close part of an option they hold, against a maker of the desk, half a spread away from the mark."""
        public = self.books.rows[: len(self.books.rows) - self.config.makers]
        unrest = 1 + 60.0 * abs(float(view.returns[self.asset.number]))
        expected = self.config.trades_per_minute * len(public) * view.step_ms / 60_000 * unrest
        chosen = np.unique(self.random.choice(public, int(self.random.poisson(expected))))
        lots = held_lots(view.pool, chosen, len(view.marks))[:, self.options]
        # One option each: the first it holds.
        place = (lots != 0).argmax(axis=1) if len(chosen) else np.zeros(0, np.int64)
        held = lots[np.arange(len(chosen)), place]
        signed = -np.trunc(held * self.random.uniform(0.2, 1.0, len(chosen))).astype(np.int64)
        instrument = self.options[place]
        marks = view.marks[instrument]
        price = np.maximum(np.rint(marks * (1 + np.sign(signed) * self.config.half_spread)), 1).astype(np.int64)
        maker = self.random.choice(self.books.makers, len(chosen))
        own = (signed != 0) & (marks > 0)
        return commands.fills(chosen[own], maker[own], instrument[own], signed[own], price[own])

    def result(self, view: View) -> DeskResult:
        """What was found, once the replay is at its end."""
        record = self.record
        start, end = _known(record.start), _known(record.last)
        rows = np.asarray(view.pool.instruments)[self.options]
        return DeskResult(
            coin=self.config.coin,
            accounts=self._accounts(),
            options=tuple(one.name for one in self.setup.listings if one.kind == KIND_OPTION),
            expiries_ms=tuple(sorted({int(one.row["expiry"]) for one in self.setup.options()})),
            settled=int((rows["status"] == STATUS_CLOSED).sum()),
            relief_start=start,
            relief_end=end,
            relief_by_kind=record.by_kind,
            equity_start=record.equity_start,
            equity_end=int(view.equity[self.books.rows].sum()),
            slices=dict(record.slices),
            slice_accounts={name: len(own) for name, own in record.sliced.items()},
            deleveraged=len(record.deleveraged),
            errors=self.model.errors,
        )

    def _accounts(self) -> dict[str, int]:
        return {name: int((self.books.kind == number).sum()) for number, name in enumerate(KINDS)}


def _known(relief: Relief | None) -> Relief:
    if relief is None:
        raise RuntimeError("a desk that was never sampled has no result")
    return relief
