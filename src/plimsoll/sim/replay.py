"""The replay: a market path, a population and liquidators against one engine, step by step.

One step: time moves and the prices are published, and the tick looks at every account; liquidators bid on what is in
liquidation; the public and the liquidators trade with the makers; every few steps the identities are checked and a
sample is kept. The same seed and settings give the same commands, so the same state root.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import numpy as np

from plimsoll.sim import commands
from plimsoll.sim.bars import iso
from plimsoll.sim.candles import read_candles
from plimsoll.sim.errors import SimulationError
from plimsoll.sim.liquidators import Liquidators, LiquidatorsConfig
from plimsoll.sim.listings import PoolSetup, load_pool, tokens_of
from plimsoll.sim.path import (
    MarketPath,
    candle_path,
    carried_forward,
    march_2020_bars,
    premiums_ppb,
    simulated_path,
)
from plimsoll.sim.population import Population, PopulationConfig, bring_in, draw_population
from plimsoll.sim.recorder import MECHANISMS, Recorder
from plimsoll.sim.result import MechanismResult, ReplayResult, decimal_of
from plimsoll.sim.session import EngineLike, Session
from plimsoll.sim.traders import Makers, Traders, TradersConfig
from plimsoll.sim.view import Floats, View, contract_mask
from plimsoll.units.messages import COMMAND_PAY_WITHDRAWAL, NAMED_BACKSTOP, NAMED_FUND, NAMED_PENDING
from plimsoll.units.tables import Ints
from plimsoll.venue.records import records

SAMPLES_MAX: Final = 3_000
VOLATILITY_MEMORY_MINUTES: Final = 15.0
SOURCES: Final = 6
TICKS_MORE_MAX: Final = 50
CONFIDENCE_PER_VOLATILITY: Final = 0.25

Progress = Callable[[int, int, str], None]
"""Called with (steps done, steps in all, what is going on)."""


@dataclass(frozen=True)
class ReplayConfig:
    """What a replay is asked for. Without ``candles`` it walks 12 and 13 March 2020, simulated within the hour."""

    seed: int = 1
    accounts: int = 10_000
    step_seconds: int = 60
    steps_max: int | None = None
    candles: tuple[Path, ...] = ()
    symbols: tuple[str, ...] = ()
    market: str | None = None
    interval: str | None = None
    venue: str | None = None
    start_ms: int | None = None
    end_ms: int | None = None
    pool: Path | None = None
    fund: str | Decimal | None = None
    backstop: str | Decimal | None = None
    identities_every: int = 60
    population: PopulationConfig = field(default_factory=PopulationConfig)
    traders: TradersConfig = field(default_factory=TradersConfig)
    liquidators: LiquidatorsConfig = field(default_factory=LiquidatorsConfig)


def run_replay(
    config: ReplayConfig | None = None, progress: Progress | None = None, engine: EngineLike | None = None
) -> ReplayResult:
    """Run a replay to its end. SimulationError (one line) when it cannot be set up from what was given."""
    config = config or ReplayConfig()
    begun = perf_counter()
    path = path_of(config)
    setup = setup_of(config, path)
    return _Replay(config, path, setup, engine or _engine(), progress or _silent, begun).run()


def path_of(config: ReplayConfig) -> MarketPath:
    """The market path the settings ask for."""
    if not 0 <= config.seed < 2**63:
        raise SimulationError(f"a seed of {config.seed} must be at least 0")
    if config.identities_every < 1:
        raise SimulationError("identities must be checked at least every step")
    if config.candles:
        bars = read_candles(
            config.candles,
            symbols=config.symbols,
            market=config.market,
            interval=config.interval,
            venue=config.venue,
            start_ms=config.start_ms,
            end_ms=config.end_ms,
        )
        path = candle_path(bars, step_seconds=config.step_seconds)
    else:
        path = simulated_path(march_2020_bars(), seed=config.seed, step_seconds=config.step_seconds)
    if config.steps_max is not None:
        if config.steps_max < 1:
            raise SimulationError("a replay needs at least one step")
        path = path.head(config.steps_max)
    return path


def setup_of(config: ReplayConfig, path: MarketPath) -> PoolSetup:
    """The pool the settings ask for, as far as the path has prices for it."""
    setup = load_pool(config.pool).for_symbols(path.symbols).for_step(path.step_ms)
    if config.fund is not None:
        setup = replace(setup, fund_micros=tokens_of(config.fund))
    if config.backstop is not None:
        setup = replace(setup, backstop_micros=tokens_of(config.backstop))
    if setup.fund_micros < 0 or setup.backstop_micros < 0:
        raise SimulationError("fund and backstop must not be negative")
    return setup


def _engine() -> EngineLike:
    from plimsoll.engine import Engine

    engine: EngineLike = Engine.create(None)
    return engine


def _silent(done: int, total: int, what: str) -> None:
    """No progress is shown."""


class _Replay:
    """One run: the state between steps."""

    def __init__(
        self,
        config: ReplayConfig,
        path: MarketPath,
        setup: PoolSetup,
        engine: EngineLike,
        progress: Progress,
        begun: float,
    ) -> None:
        self.config, self.path, self.setup, self.progress, self.begun = config, path, setup, progress, begun
        self.session = Session(engine)
        place = [path.symbols.index(listing.symbol) for listing in setup.listings]
        self.published = path.prices_e8[place] > 0
        steady = carried_forward(path.prices_e8)
        self.marks = np.ones((len(setup.listings) + 1, len(path)), np.int64) * 1_000_000
        for listing, row in zip(setup.listings, place):
            self.marks[listing.number] = listing.marks(steady[row])
        self.premiums = premiums_ppb(path, seed=config.seed)[place]
        self.contracts = contract_mask(setup)
        self.premiums[~self.contracts[1:]] = 0
        self.volatility: Floats = np.full(len(setup.listings) + 1, 0.0005)
        self.returns: Floats = np.zeros(len(setup.listings) + 1)
        self.sample_every = max(1, -(-len(path) // SAMPLES_MAX))
        self.population: Population = draw_population(
            replace(config.population, accounts=config.accounts), setup, self.marks[:, 0], seed=config.seed
        )
        self.recorder = Recorder(setup, self.population)

    def run(self) -> ReplayResult:
        config, path = self.config, self.path
        self.progress(0, len(path), "opening the pool")
        self._open()
        makers = Makers(self.population, config.traders, np.random.Generator(np.random.PCG64([config.seed, 5])))
        liquidators = Liquidators(self.population, makers, config.liquidators, seed=config.seed)
        traders = Traders(self.population, makers, config.traders, self.contracts, seed=config.seed)
        first = self._view(0)
        start_interest = self._open_interest()
        for step in range(len(path)):
            self._publish(step)
            called, triggered = self.recorder.events_of(self.session)
            view = self._view(step)
            self.recorder.look_after(view)
            makers.look(view)
            traders.warned(view, called, triggered)
            self.session.send(liquidators.bid(view))
            self.session.send(*traders.act(view), liquidators.unwind(view))
            self._pay_withdrawals()
            self.recorder.events_of(self.session)
            if (step + 1) % config.identities_every == 0 or step + 1 == len(path):
                self.recorder.check(self.session)
            if (step + 1) % self.sample_every == 0 or step + 1 == len(path):
                self.recorder.sample(view)
            if step % 20 == 19 or step + 1 == len(path):
                self.progress(step + 1, len(path), iso(view.time_ms))
        return self._result(first, start_interest, traders.topped_up)

    def _open(self) -> None:
        time_ms = int(self.path.times_ms[0])
        self.session.open_pool(self.setup)
        self.session.must(commands.tick(time_ms), what="the first tick")
        self.session.must(self._marks(0), what="the first prices")
        bring_in(self.session, self.setup, self.population, self.marks[:, 0], seed=self.config.seed)
        self.recorder.events_of(self.session)

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

    def _publish(self, step: int) -> None:
        """The clock moves, prices arrive, and the second tick sweeps every account at the new prices."""
        before = self.marks[:, max(step - 1, 0)].astype(np.float64)
        self.returns = self.marks[:, step] / before - 1
        keep = np.exp(-self.path.step_ms / 60_000 / VOLATILITY_MEMORY_MINUTES)
        self.volatility = np.sqrt(keep * self.volatility**2 + (1 - keep) * self.returns**2)
        time_ms = int(self.path.times_ms[step])
        self.session.must(commands.tick(time_ms), self._marks(step), what=f"prices at {iso(time_ms)}")
        self.recorder.look_before(time_ms, np.asarray(self.session.engine.sweep()[0]))
        self.session.must(commands.tick(time_ms), what="the tick after the prices")
        # A tick does so many liquidation steps and no more; a venue ticks many times in one of our steps.
        for _ in range(TICKS_MORE_MAX):
            if not self.session.engine.pool.totals[0]["sweeping"]:
                break
            self.session.must(commands.tick(time_ms), what="a further tick")

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

    def _open_interest(self) -> int:
        pool = self.session.engine.pool
        rows = [(pool.instruments[listing.number], listing) for listing in self.setup.contracts()]
        return sum(int(row["open_lots"]) * int(row["mark"]) // listing.unit for row, listing in rows)

    def _result(self, first: View, start_interest: int, deposits: int) -> ReplayResult:
        recorder, path, session = self.recorder, self.path, self.session
        view = self._view(len(path) - 1)
        pool = session.engine.pool
        totals = pool.totals[0]
        accounts = set().union(*recorder.ledger_accounts.values())
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
            price_moves=_moves(path),
            accounts=self.population.size,
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
            accounts_liquidated=len(accounts),
            below_maintenance_peak=recorder.below_maintenance_peak,
            mechanisms={
                name: MechanismResult(
                    recorder.ledger_lines[name],
                    len(recorder.ledger_accounts[name]),
                    round(recorder.ledger_notional[name]),
                )
                for name in MECHANISMS
            },
            breach_to_close_ms=_durations(recorder.durations),
            fund_start_micros=self.setup.fund_micros,
            fund_end_micros=int(view.equity[NAMED_FUND]),
            fund_cash_end_micros=int(pool.accounts[NAMED_FUND]["cash"]),
            fund_paid_micros=recorder.fund_paid,
            fund_received_micros=recorder.fund_received,
            backstop_start_micros=int(first.equity[NAMED_BACKSTOP]),
            liquidators_start_micros=int(first.equity[self.population.liquidators].sum()),
            liquidators_end_micros=int(view.equity[self.population.liquidators].sum()),
            backstop_end_micros=int(view.equity[NAMED_BACKSTOP]),
            shortfall_peak_micros=recorder.shortfall_peak,
            deficit_peak_micros=recorder.deficit_peak,
            deficit_peak_time_ms=recorder.deficit_peak_ms,
            shortfall_end_micros=shortfall_end,
            bad_debt_micros=int(totals["bad_debt"]),
            adl_notional_micros=round(adl),
            adl_loss_micros=recorder.adl_loss,
            adl_counterparties=len(recorder.adl_counterparties),
            socialised_micros=int(totals["socialised"]),
            open_interest_start_micros=start_interest,
            open_interest_end_micros=self._open_interest(),
            identities_checked=recorder.identities_checked,
            identities_broken=tuple(recorder.identities_broken),
            root_hex=root,
            commands=session.sent,
            engine_seconds=session.engine_seconds,
            total_seconds=perf_counter() - self.begun,
            commands_by_kind=session.summary(),
            settings=self._settings(),
            notes=self.setup.notes,
            sample_seconds=self.sample_every * path.step_ms // 1000,
            series=_nested(recorder.series),
        )

    def _settings(self) -> dict[str, dict[str, Any]]:
        config, setup = self.config, self.setup
        population = asdict(replace(config.population, accounts=config.accounts))
        population["leverage"] = ", ".join(f"{value:g}x {weight:.0%}" for value, weight in config.population.leverage)
        return {
            "replay": {
                "seed": config.seed,
                "accounts": config.accounts,
                "step_seconds": self.path.step_ms / 1000,
                "steps": len(self.path),
                "identities_checked_every_steps": config.identities_every,
                "files": ", ".join(Path(file).name for file in config.candles) or "march_2020.csv (in the package)",
                "pool": f"{setup.name} ({setup.source})",
                "instruments": ", ".join(listing.name for listing in setup.listings),
                "fund": decimal_of(setup.fund_micros),
                "backstop": decimal_of(setup.backstop_micros),
            },
            "population": population,
            "traders": asdict(config.traders),
            "liquidators": asdict(config.liquidators),
            "policy": dict(setup.policy),
            **{f"instrument {listing.name}": _row_shown(listing.row) for listing in setup.listings},
        }


def _row_shown(row: Any) -> dict[str, int]:
    """Only what was set: a listing has many parameters that are zero."""
    return {name: int(value) for name, value in row.items() if value}


def _moves(path: MarketPath) -> dict[str, dict[str, float]]:
    prices = carried_forward(path.prices_e8) / 1e8
    return {
        symbol: {
            "first": float(own[0]),
            "lowest": float(own.min()),
            "highest": float(own.max()),
            "last": float(own[-1]),
            "fall": float(np.min(own / np.maximum.accumulate(own)) - 1),
        }
        for symbol, own in zip(path.symbols, prices)
    }


def _durations(parts: list[Ints]) -> dict[str, int]:
    """Median, 95th percentile and longest time from the start of a liquidation to its end, in ms; 0 for none."""
    if not parts:
        return {"median": 0, "p95": 0, "max": 0}
    every = np.concatenate(parts)
    return {
        "median": int(np.quantile(every, 0.5, method="higher")),
        "p95": int(np.quantile(every, 0.95, method="higher")),
        "max": int(every.max()),
    }


def _nested(series: dict[str, list[Any]]) -> dict[str, Any]:
    """``a/b`` names become groups; times become ISO text."""
    result: dict[str, Any] = {"time": [iso(time) for time in series.get("time_ms", [])]}
    for name, values in series.items():
        group, _, member = name.partition("/")
        if name == "time_ms":
            continue
        if member:
            result.setdefault(group, {})[member] = values
        else:
            result[name] = values
    return result
