"""Pools of portfolio accounts over a chain of options: a class, its table, 20 holdings an account; ordinary commands.

One underlying at 60,000 and 2,000 options: 20 expiries of 50 strikes, calls and puts. A unit is a coin of 10^6 lots, as
in conformance; the quantum is the smallest the capacity rule allows for positions of 100 coins and marks of 200,000.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from benchmarks.worlds import PERP, START
from plimsoll.book.layout import LISTING
from plimsoll.engine import COMMAND, Engine
from plimsoll.risk import (
    MarketSnapshot,
    ReturnsPanel,
    RiskModel,
    RiskPolicy,
    ScenarioMatrix,
    Underlying,
    VolMove,
    VolShock,
    spot_vol_grid,
)
from plimsoll.risk.capacity import Member
from plimsoll.risk.payload import Payload, quantise
from plimsoll.risk.snapshot import OptionChain
from plimsoll.risk.table import RiskTable
from plimsoll.units.messages import (
    COMMAND_DEPOSIT,
    COMMAND_FILL,
    COMMAND_LIST_INSTRUMENT,
    COMMAND_MARK,
    COMMAND_OPEN_ACCOUNT,
    COMMAND_PUBLISH_ARRAYS,
    COMMAND_PUBLISH_CLASS,
    COMMAND_TICK,
    COMMAND_WITHDRAW,
    KIND_OPTION,
    MODE_PORTFOLIO,
    NAMED_COUNT,
)

Array = Any
CLASS, UNDERLYING, FIRST = 1, 1, 2
SPOT = 60_000.0
EXPIRIES, STRIKES = 20, 50
OPTIONS = EXPIRIES * STRIKES * 2
HOLDINGS = 20
SCALE, LOTS_MAX, MARK_MAX = 6, 10**8, 2 * 10**11
MICROS = 10**6
DAY = 86_400_000
MOVES = np.linspace(-0.16, 0.16, 11)
SCENARIOS = spot_vol_grid(MOVES.tolist(), (VolMove.DOWN, VolMove.NONE, VolMove.UP))
VOL = VolShock(range_up=0.5, range_down=0.25, power_short=0.3, power_long=0.13)
PLAIN = RiskPolicy(factor_initial=1.3, factor_maintenance=1.0)
MODEL = ScenarioMatrix(SCENARIOS, VOL, policy=PLAIN)
DAYS = np.array([1, 2, 3, 5, 7, 10, 14, 21, 28, 35, 42, 56, 70, 91, 120, 150, 182, 240, 300, 364])


@cache
def chain() -> OptionChain:
    """The options: a smile that falls and turns up, forwards that rise with time."""
    random = np.random.default_rng(7)
    days = np.repeat(DAYS, STRIKES * 2)
    years = days / 365.0
    forwards = SPOT * np.exp(0.04 * years)
    ladder = np.tile(np.repeat(np.linspace(-1.0, 1.0, STRIKES), 2), EXPIRIES)
    strikes = np.round(forwards * np.exp(ladder * (0.08 + 0.6 * np.sqrt(years))) / 100.0) * 100.0
    vols = 0.5 + 0.05 * ladder**2 - 0.03 * ladder + random.uniform(0.0, 0.01, OPTIONS)
    return OptionChain.of(
        instruments=np.arange(FIRST, FIRST + OPTIONS),
        groups=np.repeat(np.arange(1, EXPIRIES + 1), STRIKES * 2),
        years=years,
        strikes=strikes,
        is_call=np.arange(OPTIONS) % 2 == 0,
        vols=vols,
        forwards=forwards,
        discounts=np.exp(-0.04 * years),
    )


@cache
def panel() -> ReturnsPanel:
    """Six hundred daily returns with fat tails, for models that look back."""
    returns = np.random.default_rng(8).standard_t(4, (600, 1)) * 0.025
    return ReturnsPanel(("BTC",), START - DAY * np.arange(600, 0, -1), returns)


@cache
def members() -> tuple[Member, ...]:
    """What the capacity rule reckons with."""
    return tuple(Member(int(number), False, LOTS_MAX, MARK_MAX) for number in chain().instruments)


def table_of(model: RiskModel, spot: float = SPOT, time: int = START) -> RiskTable:
    """The model's table of the chain."""
    here = replace(chain(), forwards=chain().forwards * (spot / SPOT))
    return model.tables(MarketSnapshot(time, (Underlying("BTC", CLASS, UNDERLYING, spot, here),), panel()))


def payload_of(model: RiskModel, spot: float = SPOT, time: int = START) -> Payload:
    """The words of the model's class."""
    return quantise(table_of(model, spot, time).classes[0], time, scale=SCALE, members=members())


_LISTED: dict[int, Any] = {}
"""Empty pools with the chain listed, by model: two thousand listings take seconds."""


class ChainWorld:
    """An engine whose accounts are all in portfolio mode; every command is applied and none may be refused."""

    def __init__(self, accounts: int, model: RiskModel = MODEL, deposit: int = 9 * 10**10) -> None:
        self.accounts, self.model = accounts, model
        self._next = 1
        self._setup: list[tuple[Array, Array]] = []
        if id(model) not in _LISTED:
            self.engine = Engine.create()
            self._list()
            _LISTED[id(model)] = (model, self.engine.tables(), self._setup, self._next)
        _, tables, setup, self._next = _LISTED[id(model)]
        self.engine, self._setup = Engine.restore(tables), list(setup)
        self._open(deposit)

    def batch(self, size: int, kind: int, **fields: Any) -> Array:
        """Commands of one kind with fresh ids."""
        commands = np.zeros(size, COMMAND)
        commands["kind"] = kind
        commands["id"] = np.arange(self._next, self._next + size)
        self._next += size
        for name, values in fields.items():
            commands[name] = values
        return commands

    def run(self, commands: Array, words: Array | None = None) -> None:
        """Apply commands of which none may be refused."""
        payload = np.zeros(0, np.int64) if words is None else words
        results = self.engine.apply(commands, payload)
        if results.any():
            raise RuntimeError(f"setting up the world was refused: codes {sorted(set(results.tolist()))}")
        self._setup.append((commands, payload))
        self.engine.events()

    def setup(self) -> list[tuple[Array, Array]]:
        """The batches that made this world."""
        return self._setup

    def mark(self, spot: float) -> Array:
        """A mark of the underlying at the pool's time."""
        time = int(self.engine.pool.totals[0]["time"])
        price = round(spot * MICROS)
        return self.batch(1, COMMAND_MARK, instrument=UNDERLYING, price=price, time=time, sources=3)

    def arrays(self, payload: Payload) -> tuple[Array, Array]:
        """The command that publishes a table."""
        words = payload.array_words
        return self.batch(
            1, COMMAND_PUBLISH_ARRAYS, instrument=CLASS, time=payload.time_ms, payload_words=words.size
        ), words

    def fills(self, takers: Array, makers: Array, numbers: Array, lots: Array) -> Array:
        """Fills at the mark."""
        price = np.asarray(self.engine.pool.instruments["mark"])[numbers]  # type: ignore[call-overload]
        return self.batch(
            takers.size, COMMAND_FILL, account=takers, counterparty=makers, instrument=numbers, lots=lots, price=price
        )

    def trade(self, seed: int = 1) -> None:
        """Rounds of fills in random options until every account holds about HOLDINGS of them."""
        draw = np.random.default_rng(seed)
        half = self.accounts // 2
        liquid = self.liquid()
        for _ in range(HOLDINGS):
            takers = NAMED_COUNT + draw.permutation(half)
            makers = NAMED_COUNT + half + draw.permutation(half)
            numbers = liquid[draw.integers(0, liquid.size, half)]
            lots = draw.integers(1, 2 * 10**5, half) * draw.choice([-1, 1], half)
            for first in range(0, half, 100_000):
                part = slice(first, first + 100_000)
                self.run(self.fills(takers[part], makers[part], numbers[part], lots[part]))

    def liquid(self) -> Array:
        """Options worth more than a token."""
        marks = np.asarray(self.engine.pool.instruments["mark"])  # type: ignore[call-overload]
        return np.flatnonzero((marks > MICROS) & (np.arange(marks.size) >= FIRST))

    def grouped_fills(self, size: int, seed: int) -> Array:
        """Distinct random fills in a world where every account keeps to the HOLDINGS options of its group."""
        draw, liquid = np.random.default_rng(seed), self.liquid()
        groups, half = liquid.size // HOLDINGS, self.accounts // 2
        group = draw.integers(0, groups, size)
        takers, makers = (
            NAMED_COUNT + side * half + group + groups * draw.integers(0, half // groups, size) for side in (0, 1)
        )
        numbers = liquid[group + groups * draw.integers(0, HOLDINGS, size)]
        return self.fills(takers, makers, numbers, draw.integers(1, 10**5, size) * draw.choice([-1, 1], size))

    def thin_out(self) -> None:
        """Withdraw from one account in ten nearly all that initial margin leaves free."""
        equity, _, initial = self.engine.sweep()
        cash = np.asarray(self.engine.pool.accounts["cash"])[: equity.size]  # type: ignore[call-overload]
        chosen = np.arange(NAMED_COUNT, equity.size, 10)
        amounts = np.minimum(equity[chosen] - initial[chosen] * 101 // 100, cash[chosen])
        chosen, amounts = chosen[amounts > 0], amounts[amounts > 0]
        self.engine.apply(self.batch(chosen.size, COMMAND_WITHDRAW, account=chosen, amount=amounts))
        self.engine.events()

    def held(self) -> float:
        """Mean number of holdings an account has."""
        counts = np.asarray(self.engine.pool.accounts["count"])  # type: ignore[call-overload]
        return float(counts[NAMED_COUNT : NAMED_COUNT + self.accounts].mean())

    def _list(self) -> None:
        self.run(self.batch(1, COMMAND_TICK, time=START))
        self._list_one(UNDERLYING, PERP | {"mark_max": MARK_MAX, "lots_max": LOTS_MAX, "open_lots_max": 10**12})
        self.run(self.mark(SPOT))
        payload = payload_of(self.model)
        words = payload.class_words
        self.run(self.batch(1, COMMAND_PUBLISH_CLASS, instrument=CLASS, payload_words=words.size), words)
        one = chain()
        for place, number in enumerate(one.instruments.tolist()):
            terms = {
                "kind": KIND_OPTION,
                "scale": SCALE,
                "mark_max": MARK_MAX,
                "lots_max": LOTS_MAX,
                "open_lots_max": 10**12,
                "band": 10**8,
                "age_fill_max": DAY,
                "age_margin_max": DAY,
                "risk_class": CLASS,
                "risk_group": int(one.groups[place]),
                "strike": round(float(one.strikes[place]) * MICROS),
                "option_type": 1 if one.is_call[place] else 2,
                "expiry": START + round(float(one.years[place]) * 365) * DAY,
                "settlement_window": 1_800_000,
            }
            self._list_one(number, terms)
        self.run(*self.arrays(payload))

    def _list_one(self, number: int, terms: Mapping[str, int]) -> None:
        listing = np.zeros(1, LISTING)
        for name, value in terms.items():
            listing[name] = value
        words = listing.view(np.int64)
        self.run(self.batch(1, COMMAND_LIST_INSTRUMENT, instrument=number, payload_words=words.size), words)

    def _open(self, deposit: int) -> None:
        for first in range(0, self.accounts, 50_000):
            chosen = np.arange(first, min(first + 50_000, self.accounts))
            self.run(
                self.batch(
                    chosen.size,
                    COMMAND_OPEN_ACCOUNT,
                    account=chosen + NAMED_COUNT,
                    counterparty=chosen + 1,
                    flags=MODE_PORTFOLIO,
                )
            )
            self.run(self.batch(chosen.size, COMMAND_DEPOSIT, account=chosen + NAMED_COUNT, amount=deposit))
