"""Stakers of tranches and backstop, LPs of AMMs: how they enter, and what became of their shares.

They come after everybody else, so that a pool without pots has the same accounts. Each stakes once and stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from plimsoll.sim import commands
from plimsoll.sim.arbitrage import Arbitrage
from plimsoll.sim.errors import SimulationError
from plimsoll.sim.insurers import KINDS, PotSetup
from plimsoll.sim.listings import PoolSetup
from plimsoll.sim.population import random_of
from plimsoll.sim.population_entry import in_batches
from plimsoll.sim.session import EngineLike, Session
from plimsoll.sim.view import View
from plimsoll.units.codes import sentence
from plimsoll.units.messages import NAMED_BACKSTOP, POT_AMM, POT_BACKSTOP
from plimsoll.units.tables import Ints

STREAM: Final = 7
KIND_WORDS: Final = {number: name for name, number in KINDS.items()}


@dataclass(frozen=True)
class PotResult:
    """What became of a pot: its assets in micros (an AMM: cash and coins at the mark), a share of it as a fraction.

    ``kept_micros``: what an AMM would be worth had its LPs kept what they gave; of other pots what they gave.
    """

    name: str
    kind: str
    stakers: int
    start_micros: int
    end_micros: int
    kept_micros: int
    per_share: float
    paid_micros: int
    premium_micros: int
    wiped: int

    def as_dict(self, money: Any) -> dict[str, Any]:
        """Plain data; ``money`` makes decimal text of micros."""
        return {
            "name": self.name,
            "kind": self.kind,
            "stakers": self.stakers,
            "start": money(self.start_micros),
            "end": money(self.end_micros),
            "kept": money(self.kept_micros),
            "per_share": round(self.per_share, 6),
            "paid": money(self.paid_micros),
            "premium": money(self.premium_micros),
            "wiped": self.wiped,
        }


@dataclass(frozen=True)
class _Share:
    """Cash and lots a share stood for, in micros and lots, when its pot was full."""

    cash: float
    lots: float
    epoch: int


class Stakers:
    """All pots of a pool, their stakers, and who keeps the AMMs' prices at the market's."""

    def __init__(self, setup: PoolSetup, *, seed: int) -> None:
        self.setup = setup
        self.random = random_of(seed, STREAM)
        self.accounts = {pot.number: NAMED_BACKSTOP for pot in setup.pots}
        self.instruments = {pot.number: self._asset(pot) for pot in setup.pots}
        self.start: dict[int, _Share] = {}
        self.arbitrage: list[Arbitrage] = []

    def _asset(self, pot: PotSetup) -> int:
        return next((one.number for one in self.setup.assets() if pot.asset == one.name), 0)

    def enter(self, session: Session, marks: Ints) -> None:
        """Open the pots and fill them; SimulationError when a stake is refused."""
        row = int(session.engine.pool.totals[0]["accounts"])
        for pot in self.setup.pots:
            if pot.kind != POT_BACKSTOP:
                self.accounts[pot.number] = row
                in_batches(session, commands.open_accounts(np.array([row]), row))
                row += 1
            session.set_pot(pot, self.accounts[pot.number], self.instruments[pot.number])
            row = self._fill(session, pot, row, marks)
            self.start[pot.number] = self._share(session.engine, pot)
        for pot in self.setup.pots:
            if pot.kind == POT_AMM and pot.stakers:
                instrument = self.instruments[pot.number]
                session.must(commands.open_accounts(np.array([row]), row), what=f"who trades with {pot.name}")
                self.arbitrage.append(Arbitrage(pot, row, instrument, self.accounts[pot.number]))
                row += 1

    def _fill(self, session: Session, pot: PotSetup, first: int, marks: Ints) -> int:
        """Stakers of one pot, from an account row on; the row after them."""
        if not pot.stakers:
            return first
        rows = np.arange(first, first + pot.stakers)
        cash = _shares_of(self.random, pot.staked, pot.stakers)
        instrument = self.instruments[pot.number]
        in_batches(session, commands.open_accounts(rows, rows))
        session.must(commands.deposits(rows, rows, cash), what=f"deposits for {pot.name}")
        lots = np.zeros(len(rows), np.int64)
        if instrument:
            unit, mark = self.setup.listing(instrument).unit, int(marks[instrument])
            lots = np.array([amount * unit // mark for amount in cash.tolist()], np.int64)
            session.must(commands.asset_deposits(rows, rows, instrument, lots), what=f"coins for {pot.name}")
        codes = session.send(commands.stakes(rows, pot.number, cash, lots))
        if codes.any():
            raise SimulationError(f"{pot.name}: a stake was refused: {sentence(int(codes[codes != 0][0]))}")
        return first + pot.stakers

    def act(self, view: View) -> list[commands.Commands]:
        """What those do who bring the AMMs' prices back to the market's."""
        return [table for one in self.arbitrage for table in one.act(view)]

    def assets(self, view: View) -> dict[str, int]:
        """What each pot is worth at the marks, in micros, by name."""
        return {pot.name: self._worth(view, pot) for pot in self.setup.pots}

    def result(self, view: View, start: Mapping[str, int], paid: "PotFlows") -> tuple[PotResult, ...]:
        """What became of every pot."""
        return tuple(self._result(view, pot, start[pot.name], paid) for pot in self.setup.pots)

    def _result(self, view: View, pot: PotSetup, start: int, flows: "PotFlows") -> PotResult:
        first, last = self.start[pot.number], self._share(view.engine, pot)
        instrument = self.instruments[pot.number]
        price = float(view.marks[instrument]) / int(view.units[instrument])
        began = first.cash + first.lots * flows.first_price(instrument, view)
        ended = 0.0 if last.epoch != first.epoch else last.cash + last.lots * price
        kept = (first.cash + first.lots * price) / began if began > 0 else 1.0
        return PotResult(
            name=pot.name,
            kind=KIND_WORDS[pot.kind],
            stakers=pot.stakers,
            start_micros=start,
            end_micros=self._worth(view, pot),
            kept_micros=round(start * kept),
            per_share=ended / began - 1 if began > 0 and pot.stakers else 0.0,
            paid_micros=int(view.pool.pots[pot.number]["paid"]),
            premium_micros=flows.premiums.get(self.accounts[pot.number], 0) if pot.kind != POT_BACKSTOP else 0,
            wiped=last.epoch - first.epoch,
        )

    def _worth(self, view: View, pot: PotSetup) -> int:
        if pot.kind == POT_BACKSTOP:
            return max(0, int(view.equity[NAMED_BACKSTOP]))
        cash, lots = self._held(view.engine, pot)
        instrument = self.instruments[pot.number]
        return cash + (lots * int(view.marks[instrument]) // int(view.units[instrument]) if instrument else 0)

    def _held(self, engine: EngineLike, pot: PotSetup) -> tuple[int, int]:
        """What shares divide: equity of the backstop, cash of a tranche, cash and lots of an AMM."""
        row = engine.pool.accounts[self.accounts[pot.number]]
        if pot.kind == POT_BACKSTOP:
            return max(0, int(engine.sweep()[0][NAMED_BACKSTOP])), 0
        held = int(row["count"]) > 0
        return max(0, int(row["cash"])), int(engine.pool.holdings[int(row["start"])]["lots"]) if held else 0

    def _share(self, engine: EngineLike, pot: PotSetup) -> _Share:
        row = engine.pool.pots[pot.number]
        shares = int(row["shares"]) + int(row["own"])
        cash, lots = self._held(engine, pot)
        return _Share((cash + 1) / shares, lots / shares, int(row["epoch"]))


class PotFlows:
    """What flowed into pots while the replay ran, and the first prices."""

    def __init__(self) -> None:
        self.premiums: dict[int, int] = {}
        self.marks: Ints = np.ones(1, np.int64)

    def begin(self, marks: Ints) -> None:
        """Keep the marks of the start."""
        self.marks = marks.copy()

    def first_price(self, instrument: int, view: View) -> float:
        """Micros a lot at the start."""
        return float(self.marks[instrument]) / int(view.units[instrument]) if instrument else 0.0

    def premium(self, events: Any) -> None:
        """Count premiums paid to the accounts of pots."""
        for account, cash in zip(events["account"].tolist(), events["cash"].tolist()):
            if cash > 0:
                self.premiums[account] = self.premiums.get(account, 0) + cash


def _shares_of(random: np.random.Generator, micros: int, count: int) -> Ints:
    """An amount split unevenly, to the micro."""
    weights = random.lognormal(0.0, 0.8, count)
    edges = np.floor(np.cumsum(weights) / weights.sum() * micros).astype(np.int64)
    edges[-1] = micros
    result: Ints = np.diff(edges, prepend=0)
    return result
