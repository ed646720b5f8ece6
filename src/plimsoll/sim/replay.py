"""The replay: a market path, a population and liquidators against one engine, step by step.

One step: time moves and the prices are published, and the tick looks at every account; liquidators bid on what is in
liquidation; the public and the liquidators trade with the makers; every few steps the identities are checked and a
sample is kept. The same seed and settings give the same commands, so the same state root.
"""

from collections.abc import Callable
from time import perf_counter
from typing import Final

import numpy as np

from plimsoll.sim import commands
from plimsoll.sim.bars import iso
from plimsoll.sim.liquidators import Liquidators
from plimsoll.sim.opening import Opening, bring_in_opened, probe
from plimsoll.sim.path import premiums_ppb
from plimsoll.sim.population_entry import bring_in
from plimsoll.sim.recorder import MECHANISMS, Recorder
from plimsoll.sim.replay_world import ReplayConfig, World, marks_of, path_of, population_of, setup_of, with_desk
from plimsoll.sim.result import MechanismResult, ReplayResult
from plimsoll.sim.session import EngineLike, Session
from plimsoll.sim.showing import durations_of, moves_of, nested, settings_of
from plimsoll.sim.stakers import Stakers
from plimsoll.sim.tables import Make, TableKeeper
from plimsoll.sim.traders import Makers, Traders
from plimsoll.sim.view import Floats, View, contract_mask
from plimsoll.units.messages import COMMAND_PAY_WITHDRAWAL, NAMED_BACKSTOP, NAMED_FUND, NAMED_PENDING
from plimsoll.units.tables import Ints
from plimsoll.venue.decimals import plain
from plimsoll.venue.records import records

SAMPLES_MAX: Final = 3_000
VOLATILITY_MEMORY_MINUTES: Final = 15.0
SOURCES: Final = 6
TICKS_MORE_MAX: Final = 50
CONFIDENCE_PER_VOLATILITY: Final = 0.25

Progress = Callable[[int, int, str], None]
"""Called with (steps done, steps in all, what is going on)."""


def run_replay(
    config: ReplayConfig | None = None, progress: Progress | None = None, engine: EngineLike | None = None
) -> ReplayResult:
    """Run a replay to its end. SimulationError (one line) when it cannot be set up from what was given."""
    config = config or ReplayConfig()
    begun = perf_counter()
    path = path_of(config)
    setup = setup_of(config, path)
    world = with_desk(config, World(path, setup, population_of(config, path, setup)))
    return run_world(config, world, engine or new_engine(), progress or silent, begun)


def run_world(
    config: ReplayConfig, world: World, engine: EngineLike, progress: Progress, begun: float | None = None
) -> ReplayResult:
    """Run a world to its end against an engine; ``begun``: when the caller's clock started."""
    return _Replay(config, world, engine, progress, perf_counter() if begun is None else begun).run()


def new_engine() -> EngineLike:
    """An engine in memory."""
    from plimsoll.engine import Engine

    engine: EngineLike = Engine.create(None)
    return engine


def silent(done: int, total: int, what: str) -> None:
    """No progress is shown."""


def probe_world(config: ReplayConfig, world: World) -> Opening:
    """What opening would take under the world's rules, from a pool in memory that is used for nothing else."""
    replay = _Replay(config, world, new_engine(), silent, perf_counter())
    replay.open_and_price()
    return probe(replay.session, world.setup, world.population, replay.marks[:, 0], seed=config.seed)


def open_world(config: ReplayConfig, world: World, engine: EngineLike) -> Session:
    """Open a world's pool, publish its first prices and tables, bring its population in, and go no further."""
    replay = _Replay(config, world, engine, silent, perf_counter())
    replay.open()
    return replay.session


class _Replay:
    """One run: the state between steps."""

    def __init__(
        self,
        config: ReplayConfig,
        world: World,
        engine: EngineLike,
        progress: Progress,
        begun: float,
    ) -> None:
        path, setup = world.path, world.setup
        self.config, self.path, self.setup, self.progress, self.begun = config, path, setup, progress, begun
        self.opening = world.opening
        self.session = Session(engine)
        place = [path.symbols.index(listing.symbol) for listing in setup.listings]
        self.published = path.prices_e8[place] > 0
        self.options = np.array([listing.number for listing in setup.options()], np.int64)
        # The mark of an option comes from its table.
        self.published[self.options - 1] = False
        self.marks = marks_of(path, setup)
        self.premiums = premiums_ppb(path, seed=config.seed)[place]
        self.contracts = contract_mask(setup)
        self.premiums[~self.contracts[1:]] = 0
        self.volatility: Floats = np.full(len(setup.listings) + 1, 0.0005)
        self.returns: Floats = np.zeros(len(setup.listings) + 1)
        self.sample_every = max(1, -(-len(path) // SAMPLES_MAX))
        self.population = world.population
        self.public = world.population if world.opening is None else world.population.only(world.opening.opened)
        self.desk = None if world.desk is None else world.desk.desk(seed=config.seed)
        self.keeper = self._keeper(world.make)
        self.stakers = Stakers(setup, seed=config.seed)
        self.recorder = Recorder(
            setup,
            self.population,
            config.liquidators.unwind_share,
            None if self.desk is None else self.desk.record,
        )

    def _keeper(self, make: Make | None) -> TableKeeper | None:
        if self.desk is not None:
            config = self.desk.config
            return TableKeeper(
                self.setup,
                self.desk.model.make,
                move=config.refresh_move,
                age_seconds=config.refresh_age_seconds,
            )
        return None if make is None else TableKeeper(self.setup, make)

    def run(self) -> ReplayResult:
        config, path = self.config, self.path
        self.progress(0, len(path), "opening the pool")
        self.open()
        makers = Makers(self.population, config.traders, np.random.Generator(np.random.PCG64([config.seed, 5])))
        liquidators = Liquidators(self.population, makers, config.liquidators, self.setup, seed=config.seed)
        traders = Traders(self.public, makers, config.traders, self.contracts, seed=config.seed)
        first = self._view(0)
        self.recorder.look_after(first)
        self.recorder.flows.begin(first.marks)
        self.recorder.pots_start = self.stakers.assets(first)
        if self.desk is not None:
            self.desk.record.begin(first)
        start_interest = self._open_interest()
        for step in range(len(path)):
            called, triggered = self._publish(step)
            view = self._view(step)
            self.recorder.look_after(view)
            makers.look(view)
            traders.warned(view, called, triggered)
            self.session.send(liquidators.bid(view))
            self.recorder.events_of(self.session)
            self.recorder.waterfall.end(self.session.engine)
            trading = [*traders.act(view), liquidators.unwind(view), *self._desk_acts(view, makers)]
            self.session.send(*trading, *self.stakers.act(view))
            self._pay_withdrawals()
            self.recorder.events_of(self.session)
            if (step + 1) % config.identities_every == 0 or step + 1 == len(path):
                self.recorder.check(self.session)
            if (step + 1) % self.sample_every == 0 or step + 1 == len(path):
                self.recorder.sample(view, self.stakers.assets(view))
            if step % 20 == 19 or step + 1 == len(path):
                self.progress(step + 1, len(path), iso(view.time_ms))
        return self._result(first, start_interest, traders.topped_up)

    def open(self) -> None:
        """The pool as it stands before the first step."""
        self.open_and_price()
        marks, seed = self.marks[:, 0], self.config.seed
        if self.opening is None:
            bring_in(self.session, self.setup, self.population, marks, seed=seed)
        else:
            bring_in_opened(self.session, self.setup, self.population, self.opening, marks, seed=seed)
        if self.desk is not None:
            self.desk.open(self.session, self.population.makers)
        self.stakers.enter(self.session, marks)
        self.recorder.events_of(self.session)

    def _desk_acts(self, view: View, makers: Makers) -> list[commands.Commands]:
        return [] if self.desk is None else self.desk.act(view, makers)

    def open_and_price(self) -> None:
        """Policy, listings, the first prices and tables."""
        time_ms = int(self.path.times_ms[0])
        self.session.open_pool(self.setup)
        self.session.must(commands.tick(time_ms), what="the first tick")
        self.session.must(self._marks(0), what="the first prices")
        self._tables(0)

    def _tables(self, step: int) -> None:
        if self.keeper is not None:
            self.keeper.refresh(self.session, int(self.path.times_ms[step]), self.marks[:, step])
        if len(self.options):
            self.marks[self.options, step] = np.asarray(self.session.engine.pool.instruments["mark"])[self.options]

    def _marks(self, step: int) -> commands.Commands:
        """Prices of the step, of every instrument that has one; uncertain ones in a turbulent market."""
        listed = np.flatnonzero(self.published[:, step])
        prices = self.marks[1:, step][listed]
        confidence = np.rint(prices * np.minimum(CONFIDENCE_PER_VOLATILITY * self.volatility[1:][listed], 0.02))
        return commands.marks(
            listed.astype(np.int64) + 1,
            int(self.path.times_ms[step]),
            prices,
            self.premiums[listed, step],
            confidence.astype(np.int64),
            SOURCES,
        )

    def _publish(self, step: int) -> tuple[Ints, Ints]:
        """The clock moves, prices arrive, the second tick sweeps at them; accounts just called and just triggered."""
        before = self.marks[:, max(step - 1, 0)].astype(np.float64)
        self.returns = np.zeros(len(before))
        np.divide(self.marks[:, step], before, out=self.returns, where=before > 0)
        self.returns[before > 0] -= 1
        self.returns[self.options] = 0.0
        if self.desk is not None:
            self.desk.observe(self.returns, self.path.step_ms)
        keep = np.exp(-self.path.step_ms / 60_000 / VOLATILITY_MEMORY_MINUTES)
        self.volatility = np.sqrt(keep * self.volatility**2 + (1 - keep) * self.returns**2)
        time_ms = int(self.path.times_ms[step])
        engine, record, waterfall = self.session.engine, self.recorder, self.recorder.waterfall
        waterfall.begin(engine, np.asarray(engine.sweep()[0]), self.marks[:, max(step - 1, 0)] / self.setup.units)
        self.session.must(commands.tick(time_ms), what=f"the tick at {iso(time_ms)}")
        early = record.events_of(self.session)
        waterfall.swept(self.setup, engine, record.lines, 0.0)
        waterfall.end(engine)
        self.session.must(self._marks(step), what=f"prices at {iso(time_ms)}")
        self._tables(step)
        equity = np.asarray(engine.sweep()[0])
        record.look_before(time_ms, equity)
        waterfall.begin(engine, equity, self.marks[:, step] / self.setup.units)
        self.session.must(commands.tick(time_ms), what="the tick after the prices")
        # A tick does so many liquidation steps and no more; a venue ticks many times in one of our steps.
        for _ in range(TICKS_MORE_MAX):
            if not engine.pool.totals[0]["sweeping"]:
                break
            self.session.must(commands.tick(time_ms), what="a further tick")
        late = record.events_of(self.session)
        waterfall.swept(self.setup, engine, record.lines, self.path.step_ms / 60_000)
        called, triggered = (np.union1d(*both) for both in zip(early, late))
        return called, triggered

    def _view(self, step: int) -> View:
        equity, maintenance, initial = (np.asarray(column) for column in self.session.engine.sweep())
        return View(
            step,
            int(self.path.times_ms[step]),
            self.path.step_ms,
            self.setup,
            self.marks[:, step],
            self.returns,
            self.volatility,
            self.session.engine,
            equity,
            maintenance,
            initial,
        )

    def _pay_withdrawals(self) -> None:
        pending = int(self.session.engine.pool.accounts[NAMED_PENDING]["cash"])
        if pending > 0:
            self.session.send(records(COMMAND_PAY_WITHDRAWAL, amount=pending))

    def _equity(self, view: View) -> int:
        return int(view.equity.sum())

    def _profit(self, first: View, view: View) -> int:
        """Of liquidators: at the last marks, less half a spread on what they have not sold on yet."""
        rows = self.population.liquidators
        lots = view.lots(rows)
        numbers = np.broadcast_to(np.arange(lots.shape[1]), lots.shape)
        selling = float((view.notional(numbers, lots) @ view.half_spread).sum())
        return int(view.equity[rows].sum()) - int(first.equity[rows].sum()) - round(selling)

    def _open_interest(self) -> int:
        pool = self.session.engine.pool
        rows = [(pool.instruments[listing.number], listing) for listing in self.setup.contracts()]
        return sum(int(row["open_lots"]) * int(row["mark"]) // listing.unit for row, listing in rows)

    def _result(self, first: View, start_interest: int, deposits: int) -> ReplayResult:
        recorder, path, session = self.recorder, self.path, self.session
        view = self._view(len(path) - 1)
        pool = session.engine.pool
        totals = pool.totals[0]
        shortfall_end = int(np.maximum(-view.equity, 0).sum())
        adl = recorder.ledger_notional["adl"]
        root = session.engine.root().hex()
        return ReplayResult(
            settlement=self.setup.settlement,
            start_ms=int(path.times_ms[0]),
            end_ms=int(path.times_ms[-1]),
            steps=len(path),
            step_ms=path.step_ms,
            seed=self.config.seed,
            path_label=path.label,
            path_description=path.description,
            path_sources=path.sources,
            symbols=path.symbols,
            price_moves=moves_of(path),
            accounts=self.population.size + (0 if self.desk is None else len(self.desk.books.rows)),
            makers=len(self.population.makers),
            liquidators=len(self.population.liquidators),
            equity_start_micros=self._equity(first),
            equity_end_micros=self._equity(view),
            deposits_micros=deposits,
            calls=recorder.count("called"),
            calls_ended=recorder.count("call_ended"),
            triggers=recorder.count("triggered"),
            liquidations_started=recorder.count("started"),
            liquidations_ended=recorder.count("ended"),
            liquidations_open=recorder.count("started") - recorder.count("ended"),
            accounts_liquidated=len(recorder.liquidated),
            below_maintenance_peak=recorder.below_maintenance_peak,
            mechanisms={
                name: MechanismResult(
                    recorder.ledger_lines[name],
                    len(recorder.ledger_accounts[name]),
                    round(recorder.ledger_notional[name]),
                )
                for name in MECHANISMS
            },
            breach_to_close_ms=durations_of(recorder.durations),
            fund_start_micros=self.setup.fund_micros,
            fund_end_micros=int(view.equity[NAMED_FUND]),
            fund_cash_end_micros=int(pool.accounts[NAMED_FUND]["cash"]),
            fund_paid_micros=recorder.fund_paid,
            fund_received_micros=recorder.fund_received,
            pots=self.stakers.result(view, recorder.pots_start, recorder.flows),
            premium_micros=recorder.premium,
            tranche_paid_micros=round(recorder.ledger_notional["tranche"]),
            backstop_start_micros=int(first.equity[NAMED_BACKSTOP]),
            liquidators_start_micros=int(first.equity[self.population.liquidators].sum()),
            liquidators_end_micros=int(view.equity[self.population.liquidators].sum()),
            liquidators_profit_micros=self._profit(first, view),
            backstop_end_micros=int(view.equity[NAMED_BACKSTOP]),
            shortfall_peak_micros=recorder.shortfall_peak,
            deficit_peak_micros=recorder.deficit_peak,
            deficit_peak_time_ms=recorder.deficit_peak_ms,
            shortfall_end_micros=shortfall_end,
            bad_debt_micros=int(totals["bad_debt"]),
            adl_notional_micros=round(adl),
            adl_loss_micros=recorder.adl_loss,
            adl_overshoot_notional_micros=round(recorder.waterfall.overshoot_notional),
            adl_overshoot_loss_micros=recorder.waterfall.overshoot_loss,
            hedges_broken=len(recorder.waterfall.hedges_broken),
            adl_counterparties=len(recorder.adl_counterparties),
            socialised_micros=int(totals["socialised"]),
            open_interest_start_micros=start_interest,
            open_interest_end_micros=self._open_interest(),
            margin_initial_start_micros=recorder.initial_start,
            margin_initial_peak_micros=recorder.initial_peak,
            margin_initial_peak_time_ms=recorder.initial_peak_ms,
            margin_maintenance_start_micros=recorder.maintenance_start,
            margin_maintenance_peak_micros=recorder.maintenance_peak,
            desk=None if self.desk is None else self.desk.result(view),
            lots={listing.name: plain(1 / listing.lots_per_coin) for listing in self.setup.listings},
            tables=None if self.keeper is None else self.keeper.result(),
            identities_checked=recorder.identities_checked,
            identities_broken=tuple(recorder.identities_broken),
            root_hex=root,
            commands=session.sent,
            engine_seconds=session.engine_seconds,
            total_seconds=perf_counter() - self.begun,
            commands_by_kind=session.summary(),
            settings=settings_of(self.config, path, self.setup, None if self.desk is None else self.desk.config),
            notes=self.setup.notes,
            sample_seconds=self.sample_every * path.step_ms // 1000,
            series=nested(recorder.series),
        )
