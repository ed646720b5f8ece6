"""A whole backtest: read the panel, walk, test, check against the future and against the engine."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from plimsoll.risk.backtest.history import VOL_SUFFIX, Series, look_ahead, walk
from plimsoll.risk.backtest.portfolios import Portfolio
from plimsoll.risk.backtest.results import study
from plimsoll.risk.backtest.watch import Watch
from plimsoll.risk.errors import RiskError
from plimsoll.risk.models.base import RiskModel
from plimsoll.risk.panel import PricePanel, read_index, read_panel

SCHEMA: Final = 1
LOOK_AHEAD_STEPS: Final = 12
HORIZON_NOTE: Final = "steps do not overlap; the loss of each is against a margin set at its beginning"

Advance = Callable[[int, int | None, str], None]


@dataclass(frozen=True)
class BacktestConfig:
    """What to run. ``engine_every``: ask the engine at every so many steps, 0 never."""

    panel: Path
    model: RiskModel
    portfolios: tuple[Portfolio, ...]
    confidence: float = 0.99
    horizon_hours: int = 24
    class_offset: float = 1.0
    start_ms: int | None = None
    end_ms: int | None = None
    dvol: Path | None = None
    seed: int = 1
    engine_every: int = 20
    probabilistic: bool = True


def run_backtest(config: BacktestConfig, advance: Advance = lambda done, total, what: None) -> dict[str, Any]:
    """The result as plain data: what was asked, each portfolio's study, the two checks, and problems found."""
    advance(0, None, "reading prices")
    panel, notes = _panel(config)
    first, last = _rows(panel, config)
    watch = Watch(config.class_offset, config.engine_every)
    series = walk(
        config.model,
        panel,
        config.portfolios,
        first=first,
        last=last,
        class_offset=config.class_offset,
        advance=advance,
        visit=watch,
    )
    advance(0, None, "testing")
    rows = np.unique(np.linspace(first, last, LOOK_AHEAD_STEPS).astype(np.int64))
    seen = look_ahead(lambda _: config.model, panel, config.portfolios, rows, class_offset=config.class_offset)
    results = [
        study(one, config.confidence, probabilistic=config.probabilistic, seed=config.seed)
        | {"netting": watch.netting_of(one.portfolio)}
        for one in series
    ]
    notes += watch.notes()
    notes += _missing_notes(series)
    return {
        "schema": SCHEMA,
        "model": {"name": config.model.name, "parameters": _parameters(config.model)},
        "confidence": config.confidence,
        "horizon_hours": config.horizon_hours,
        "class_offset": config.class_offset,
        "policies": watch.policies(),
        "panel": config.panel.name,
        "names": f"{sum(not name.endswith(VOL_SUFFIX) for name in panel.names)} names in {config.panel.name}",
        "first": min(one["first"] for one in results),
        "last": max(one["last"] for one in results),
        "portfolios": results,
        "look_ahead": {"steps": int(rows.size), "seen": seen, "sentence": _look_ahead_sentence(rows.size, seen)},
        "engine": watch.check.as_dict(),
        "notes": [HORIZON_NOTE, *notes],
        "problems": [*([_look_ahead_sentence(rows.size, seen)] if seen else []), *watch.check.problems],
    }


def _panel(config: BacktestConfig) -> tuple[PricePanel, list[str]]:
    panel, notes = read_panel(config.panel).sampled(config.horizon_hours), []
    if config.dvol is not None:
        times, values = read_index(config.dvol)
        panel = panel.with_column("BTC" + VOL_SUFFIX, times, values)
        notes.append(f"vol of straddle-btc is {config.dvol.name}, taken as known at the end of its day")
    if any(one.straddle for one in config.portfolios) and config.dvol is None:
        raise RiskError("a straddle is priced at a vol index: give --dvol")
    for portfolio in config.portfolios:
        absent = [name for name in portfolio.weights if name not in panel.names]
        if absent:
            raise RiskError(f"portfolio {portfolio.name}: no prices of {', '.join(absent)} in {config.panel.name}")
    return panel, notes


def _rows(panel: PricePanel, config: BacktestConfig) -> tuple[int, int]:
    """First and last step of the times asked for, as rows of the panel."""
    times = panel.times_ms
    begins = times[:-1] >= (config.start_ms if config.start_ms is not None else times[0])
    ends = times[1:] <= (config.end_ms if config.end_ms is not None else times[-1])
    rows = np.flatnonzero(begins & ends) + 1
    if rows.size < 2:
        raise RiskError(
            f"fewer than two steps between the times asked for; the panel has {_day(times[0])} to {_day(times[-1])}"
        )
    return int(rows[0]), int(rows[-1])


def _day(time_ms: int) -> str:
    return datetime.fromtimestamp(int(time_ms) / 1000, UTC).strftime("%Y-%m-%d")


def _parameters(model: RiskModel) -> dict[str, Any]:
    """The numbers and words of a model, for the report."""
    if not is_dataclass(model):
        return {}
    values = {one.name: getattr(model, one.name) for one in fields(model)}
    values |= {name: value.name for name, value in values.items() if hasattr(value, "name") and name == "aggregation"}
    return {
        name: value for name, value in values.items() if isinstance(value, bool | int | float | str) and name != "name"
    }


def _missing_notes(series: Sequence[Series]) -> list[str]:
    notes = []
    for one in series:
        if min(one.held) != max(one.held):
            notes.append(
                f"{one.portfolio} held {min(one.held)} to {max(one.held)} names: those listed, with 60 returns"
            )
        if one.without_price:
            notes.append(f"{one.portfolio}: {one.without_price} steps left out, a price was missing at their end")
    return notes


def _look_ahead_sentence(steps: int, seen: Sequence[int]) -> str:
    if seen:
        return f"{len(seen)} of {steps} margins change with later prices: the model sees the future"
    return f"{steps} margins reckoned again with all later prices replaced: none changed"
