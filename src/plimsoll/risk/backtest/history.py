"""Walking through history: the margin of each step from what was known before it, then the loss that came.

At step t a portfolio is held from time t−1 to time t. The model sees a copy of prices and returns up to t−1, so there
is nothing later for it to look at; ``look_ahead`` proves it by changing the future and asking again. Steps do not
overlap, so exceptions may be counted as independent trials.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from plimsoll.risk.backtest.portfolios import Portfolio
from plimsoll.risk.backtest.straddle import straddle_chain, straddle_loss, straddle_units
from plimsoll.risk.checks import Floats
from plimsoll.risk.errors import RiskError
from plimsoll.risk.evaluate import Book, ClassBook, Requirement, requirement
from plimsoll.risk.models.base import RiskModel
from plimsoll.risk.models.panel_scenarios import HISTORY_MIN
from plimsoll.risk.panel import PricePanel
from plimsoll.risk.snapshot import MarketSnapshot, OptionChain, ReturnsPanel, Underlying
from plimsoll.risk.table import RiskTable
from plimsoll.units.tables import Ints

YEAR_MS = 365 * 86_400_000
VOL_SUFFIX = ".vol"
"""A name's vol index is the column of the panel with this added, in percent."""
UNDERLYING_ID = 100

Advance = Callable[[int, int, str], None]


@dataclass
class Series:
    """What happened to one portfolio: one element for each step it was held. Shares of gross notional."""

    portfolio: str
    straddle: bool = False
    times_ms: list[int] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    margins: list[float] = field(default_factory=list)
    shortfalls: list[float] = field(default_factory=list)
    possible: list[Floats] = field(default_factory=list)
    held: list[int] = field(default_factory=list)
    gross: list[dict[str, float]] = field(default_factory=list)
    without_price: int = 0


@dataclass(frozen=True)
class Step:
    """One step: the market as it was known, the table of the model, and the books that were held."""

    time_ms: int
    table: RiskTable
    books: dict[str, Book]
    weights: dict[str, dict[str, float]]


def walk(
    model: RiskModel,
    panel: PricePanel,
    portfolios: Sequence[Portfolio],
    *,
    first: int,
    last: int,
    class_offset: float = 1.0,
    advance: Advance = lambda done, total, what: None,
    visit: Callable[[Step, dict[str, Requirement]], None] = lambda step, required: None,
) -> list[Series]:
    """Series of every portfolio over steps first … last (rows of the panel; the loss of a step is known at its row).

    ``visit`` is called after each step with what was required. RiskError if nothing could be held at all.
    """
    if not 1 <= first <= last < panel.times_ms.size:
        raise RiskError(f"steps {first} to {last} of {panel.times_ms.size - 1}; choose times within the panel")
    returns = panel.returns()
    series = {one.name: Series(one.name, one.straddle) for one in portfolios}
    for row in range(first, last + 1):
        advance(row - first, last - first + 1, "walking")
        step = step_at(model, panel, returns, portfolios, row)
        if step is None:
            continue
        required = {name: requirement(step.table, book, class_offset) for name, book in step.books.items()}
        for one in portfolios:
            if one.name in step.books:
                _record(series[one.name], one, panel, row, step, required[one.name])
        visit(step, required)
    empty = [one.portfolio for one in series.values() if not one.times_ms]
    if empty:
        raise RiskError(
            f"{', '.join(empty)} could not be held on any day; its names lack {HISTORY_MIN} returns by then"
        )
    return list(series.values())


def step_at(
    model: RiskModel, panel: PricePanel, returns: ReturnsPanel, portfolios: Sequence[Portfolio], row: int
) -> Step | None:
    """The step that ends at ``row``, from what was known at ``row − 1``; None if nothing can be held."""
    known = row - 1
    names = available(panel, returns, portfolios, known)
    weights = {one.name: one.held(names) for one in portfolios}
    straddles = {name for one in portfolios if one.straddle for name in one.weights}
    books: dict[str, Book] = {}
    wanted = [name for name in names if any(name in held for held in weights.values())]
    underlyings = tuple(
        _underlying(panel, name, number, known, name in straddles) for number, name in enumerate(wanted, 1)
    )
    chains = {one.name: one.chain for one in underlyings}
    for one in portfolios:
        held = weights[one.name]
        if held and not (one.straddle and chains[next(iter(held))] is None):
            books[one.name] = {
                name: _class_book(one, weight, chains[name], panel.prices[known, panel.place(name)])
                for name, weight in held.items()
            }
    if not books:
        return None
    past = ReturnsPanel(returns.names, returns.times_ms[:known].copy(), returns.values[:known].copy())
    snapshot = MarketSnapshot(int(panel.times_ms[known]), underlyings, past)
    try:
        table = model.tables(snapshot)
    except RiskError as error:
        when = np.datetime64(int(panel.times_ms[known]), "ms").astype("datetime64[m]")
        raise RiskError(
            f"{model.name} has no table for {', '.join(wanted)} at {when}Z: {error} (or begin later)"
        ) from None
    return Step(int(panel.times_ms[row]), table, books, {name: weights[name] for name in books})


def available(panel: PricePanel, returns: ReturnsPanel, portfolios: Sequence[Portfolio], known: int) -> tuple[str, ...]:
    """Names of the portfolios that had a price at row ``known`` and enough returns up to it, in the panel's order."""
    wanted = {name for one in portfolios for name in one.weights}
    found = []
    for place, name in enumerate(panel.names):
        history = int(np.count_nonzero(~np.isnan(returns.values[:known, place])))
        if name in wanted and not np.isnan(panel.prices[known, place]) and history >= HISTORY_MIN:
            found.append(name)
    return tuple(found)


def _underlying(panel: PricePanel, name: str, number: int, known: int, straddle: bool) -> Underlying:
    spot = float(panel.prices[known, panel.place(name)])
    chain: OptionChain | None = None
    if straddle:
        vol = float(panel.prices[known, panel.place(name + VOL_SUFFIX)]) / 100.0
        moves = np.diff(np.log(panel.prices[: known + 1, panel.place(name + VOL_SUFFIX)]))
        if not np.isnan(vol) and np.count_nonzero(~np.isnan(moves)) >= HISTORY_MIN:
            chain = straddle_chain(spot, vol)
    vol_column = name + VOL_SUFFIX if chain is not None else ""
    return Underlying(name, number, UNDERLYING_ID + number, spot, chain, vol_column=vol_column)


def _class_book(portfolio: Portfolio, weight: float, chain: OptionChain | None, spot: float) -> ClassBook:
    if portfolio.straddle:
        return ClassBook(options=straddle_units(spot, weight))
    none = np.zeros(0 if chain is None else chain.instruments.size)
    return ClassBook(linear=np.array([weight]), options=none)


def _record(
    series: Series, portfolio: Portfolio, panel: PricePanel, row: int, step: Step, required: Requirement
) -> None:
    held = step.weights[portfolio.name]
    loss = _loss(portfolio, held, panel, row)
    if np.isnan(loss):
        series.without_price += 1
        return
    possible = -np.sum([part.pnl for part in required.classes.values()], axis=0)
    tail = step.table.classes[0].policy.tail
    series.times_ms.append(step.time_ms)
    series.losses.append(loss)
    series.margins.append(required.initial)
    series.possible.append(possible)
    series.shortfalls.append(float(np.sort(possible)[-tail:].mean()))
    series.held.append(len(held))
    series.gross.append({name: abs(weight) for name, weight in held.items()})


def _loss(portfolio: Portfolio, held: dict[str, float], panel: PricePanel, row: int) -> float:
    """What was lost from row − 1 to row, as a share of gross notional; NaN where a price is missing."""
    if portfolio.straddle:
        ((name, weight),) = held.items()
        spot, vol = panel.place(name), panel.place(name + VOL_SUFFIX)
        now, then = panel.prices[row - 1], panel.prices[row]
        if np.isnan([now[spot], now[vol], then[spot], then[vol]]).any():
            return float("nan")
        passed = float(panel.times_ms[row] - panel.times_ms[row - 1]) / YEAR_MS
        return straddle_loss(now[spot], now[vol] / 100.0, then[spot], then[vol] / 100.0, passed, weight)
    places = [panel.place(name) for name in held]
    moved = panel.prices[row, places] / panel.prices[row - 1, places] - 1.0
    return -float(np.array(list(held.values())) @ moved)


def look_ahead(
    build: Callable[[PricePanel], RiskModel],
    panel: PricePanel,
    portfolios: Sequence[Portfolio],
    rows: Ints,
    *,
    class_offset: float = 1.0,
    seed: int = 1,
) -> list[int]:
    """The rows whose margin changes when prices from that row on are replaced by others; empty if nothing looks ahead.

    ``build`` makes the model from a panel, so that a model fitted on all of it is caught too.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    seen = []
    for row in rows.tolist():
        other = panel.prices.copy()
        other[row:] *= np.exp(generator.normal(0.0, 1.0, other[row:].shape))
        changed = PricePanel(panel.names, panel.times_ms, other, panel.step_ms)
        margins = []
        for one in (panel, changed):
            step = step_at(build(one), one, one.returns(), portfolios, row)
            books = {} if step is None else step.books
            margins.append(
                {}
                if step is None
                else {name: requirement(step.table, book, class_offset).initial for name, book in books.items()}
            )
        if margins[0] != margins[1]:
            seen.append(row)
    return seen
