"""What is kept of the desk: margin of its books in both modes, slices, tables and the error of their hedge."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from plimsoll.engine.read import read_health
from plimsoll.sim.bars import iso
from plimsoll.sim.desk.books import KINDS, Books
from plimsoll.sim.desk.config import DeskConfig
from plimsoll.sim.desk.model import HedgeErrors
from plimsoll.sim.view import View
from plimsoll.units.messages import (
    MECHANISM_ADL,
    MECHANISM_BACKSTOP,
    MECHANISM_SLICE,
    MODE_STANDARD,
)
from plimsoll.units.tables import Ints

SLICERS: Final = {"bid": MECHANISM_SLICE, "backstop": MECHANISM_BACKSTOP}


@dataclass(frozen=True)
class Relief:
    """Initial and maintenance margin of the same books at one moment, in both modes, in micros."""

    time_ms: int
    accounts: int
    initial_portfolio: int
    initial_standard: int
    maintenance_portfolio: int
    maintenance_standard: int


@dataclass(frozen=True)
class DeskResult:
    """What a replay found of its option desk."""

    coin: str
    accounts: Mapping[str, int]
    options: tuple[str, ...]
    expiries_ms: tuple[int, ...]
    settled: int
    """Series that expired and are closed."""
    relief_start: Relief
    relief_end: Relief
    relief_by_kind: Mapping[str, Relief]
    """At the start."""
    equity_start: int
    equity_end: int
    slices: Mapping[str, int]
    slice_accounts: Mapping[str, int]
    deleveraged: int
    errors: HedgeErrors

    def as_dict(self) -> dict[str, Any]:
        """Plain data: amounts as decimal text, errors in parts of ten thousand of the spot."""
        from plimsoll.sim.result import decimal_of

        def relief(one: Relief) -> dict[str, Any]:
            return {
                "time": iso(one.time_ms),
                "accounts": one.accounts,
                "initial_portfolio": decimal_of(one.initial_portfolio),
                "initial_standard": decimal_of(one.initial_standard),
                "maintenance_portfolio": decimal_of(one.maintenance_portfolio),
                "maintenance_standard": decimal_of(one.maintenance_standard),
            }

        return {
            "coin": self.coin,
            "accounts": dict(self.accounts),
            "options": list(self.options),
            "expiries": [iso(time) for time in self.expiries_ms],
            "settled_series": self.settled,
            "equity_start": decimal_of(self.equity_start),
            "equity_end": decimal_of(self.equity_end),
            "start": relief(self.relief_start),
            "end": relief(self.relief_end),
            "by_kind": {name: relief(one) for name, one in self.relief_by_kind.items()},
            "slices": {
                name: {"taken": count, "accounts": self.slice_accounts[name]} for name, count in self.slices.items()
            },
            "deleveraged_accounts": self.deleveraged,
            "hedge": _errors(self.errors),
        }


def _errors(errors: HedgeErrors) -> dict[str, Any]:
    """Of the worst option at each new table, in basis points of the spot."""
    result: dict[str, Any] = {"tables": len(errors.hedge)}
    for name, values in (("error", errors.hedge), ("jump", errors.jump)):
        own = np.array(values or [0.0]) * 1e4
        result[f"{name}_median_bp"] = round(float(np.median(own)), 3)
        result[f"{name}_p95_bp"] = round(float(np.quantile(own, 0.95)), 3)
        result[f"{name}_max_bp"] = round(float(own.max()), 3)
    result["time"] = [iso(time) for time in errors.time_ms]
    result["move"] = [round(move, 5) for move in errors.move]
    result["error_bp"] = [round(value * 1e4, 3) for value in errors.hedge]
    return result


class DeskRecord:
    """Collects while the replay runs."""

    def __init__(self, books: Books, config: DeskConfig) -> None:
        self.books = books
        self.config = config
        self.rows = set(books.rows.tolist())
        self.slices = dict.fromkeys(SLICERS, 0)
        self.sliced: dict[str, set[int]] = {name: set() for name in SLICERS}
        self.deleveraged: set[int] = set()
        self.series: dict[str, list[int]] = {}
        self.start: Relief | None = None
        self.by_kind: dict[str, Relief] = {}
        self.equity_start = 0
        self.last: Relief | None = None

    def ledger(self, lines: Any) -> None:
        """Count slices: the lines of one command on one account are one."""
        own = lines[np.isin(lines["account"], self.books.rows)]
        for name, mechanism in SLICERS.items():
            chosen = own[own["mechanism"] == mechanism]
            if len(chosen):
                self.slices[name] += len(np.unique(np.stack([chosen["command_id"], chosen["account"]]), axis=1).T)
                self.sliced[name].update(chosen["account"].tolist())
        self.deleveraged.update(own["account"][own["mechanism"] == MECHANISM_ADL].tolist())

    def begin(self, view: View) -> None:
        """The books as they stand before the first step."""
        rows, standard = self.books.rows, self._in_standard_mode(view)
        self.start = _relief(view, rows, standard)
        for number, name in enumerate(KINDS):
            own = rows[self.books.kind == number]
            self.by_kind[name] = _relief(view, own, standard)
        self.equity_start = int(view.equity[rows].sum())

    def sample(self, view: View) -> None:
        """One point of the series."""
        self.last = _relief(view, self.books.rows, self._in_standard_mode(view))
        for name in ("initial_portfolio", "initial_standard", "maintenance_portfolio", "maintenance_standard"):
            self.series.setdefault(name, []).append(round(getattr(self.last, name) / 1e6))

    def _in_standard_mode(self, view: View) -> tuple[Ints, Ints]:
        """(maintenance, initial) of every row had the desk's accounts been in standard mode: read off a copy."""
        accounts = np.asarray(view.pool.accounts).copy()
        accounts["mode"][self.books.rows] = MODE_STANDARD
        apart = view.pool._replace(accounts=accounts)
        equity, maintenance, initial = (np.zeros(len(view.equity), np.int64) for _ in range(3))
        read_health(apart, int(self.books.rows[0]), int(self.books.rows[-1]) + 1, equity, maintenance, initial)
        return maintenance, initial


def _relief(view: View, rows: Ints, standard: tuple[Ints, Ints]) -> Relief:
    holding = (view.margin_initial[rows] > 0) | (standard[1][rows] > 0)
    return Relief(
        view.time_ms,
        int(holding.sum()),
        int(view.margin_initial[rows].sum()),
        int(standard[1][rows].sum()),
        int(view.margin_maintenance[rows].sum()),
        int(standard[0][rows].sum()),
    )
