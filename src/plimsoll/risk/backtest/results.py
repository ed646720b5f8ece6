"""What a walk says about a model: coverage, clustering, shortfall, procyclicality, cost; as plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np

from plimsoll.risk.backtest.coverage import (
    christoffersen_independence,
    conditional_coverage,
    exceptions_of,
    kupiec_pof,
    transitions,
    tuff,
)
from plimsoll.risk.backtest.cycles import procyclicality
from plimsoll.risk.backtest.flat import VENUES, FlatRates, margins_of
from plimsoll.risk.backtest.history import Series
from plimsoll.risk.backtest.shortfall import acerbi_szekely_z2
from plimsoll.risk.backtest.traffic import BASEL_DAYS, traffic_light
from plimsoll.risk.checks import Flags, Floats
from plimsoll.risk.errors import RiskError

LEVEL: Final = 0.05
"""A model is rejected where the chance of such a result under a right model is below this."""


def study(series: Series, confidence: float, *, probabilistic: bool, seed: int = 1) -> dict[str, Any]:
    """The results of one portfolio. ``probabilistic``: the model's scenarios are equally likely, so ES can be tested.

    RiskError if it was held on fewer than two steps.
    """
    losses, margins = np.array(series.losses), np.array(series.margins)
    if losses.size < 2:
        raise RiskError(f"{series.portfolio}: held on {losses.size} steps; a backtest needs two at least")
    exceptions = exceptions_of(losses, margins)
    times = [_iso(time) for time in series.times_ms]
    return {
        "portfolio": series.portfolio,
        "first": times[0],
        "last": times[-1],
        "names_held": {"least": min(series.held), "most": max(series.held)},
        "without_price": series.without_price,
        "whole": span(losses, margins, exceptions, confidence),
        "tuff": _tuff(exceptions, confidence),
        "years": _years(times, losses, margins, exceptions, confidence),
        "windows": _windows(times, exceptions, confidence),
        "shortfall": _shortfall(series, losses, margins, confidence, seed) if probabilistic else None,
        "procyclicality": asdict(procyclicality(margins)) if (margins > 0).all() else None,
        "cost": _cost(series, losses, margins, exceptions, confidence),
        "series": {
            "time": times,
            "loss": losses.tolist(),
            "margin": margins.tolist(),
            "exception": exceptions.tolist(),
            "rolling": _rolling(exceptions),
        },
    }


def span(losses: Floats, margins: Floats, exceptions: Flags, confidence: float) -> dict[str, Any]:
    """Coverage over one stretch of steps, with a verdict in words."""
    steps, count = int(losses.size), int(exceptions.sum())
    pof = kupiec_pof(steps, count, confidence)
    independence = christoffersen_independence(*transitions(exceptions))
    both = conditional_coverage(pof, independence)
    light = traffic_light(steps, count, confidence)
    beyond = losses[exceptions] - margins[exceptions]
    return {
        "steps": steps,
        "exceptions": count,
        "expected": steps * (1.0 - confidence),
        "rate": count / steps,
        "kupiec": asdict(pof),
        "independence": asdict(independence),
        "conditional": asdict(both),
        "zone": light.zone,
        "type_one": light.type_one,
        "margin_mean": float(margins.mean()),
        "margin_largest": float(margins.max()),
        "beyond_mean": float(beyond.mean()) if count else 0.0,
        "beyond_largest": float(beyond.max()) if count else 0.0,
        "verdict": _verdict(pof.p_value, both.p_value, count, steps * (1.0 - confidence)),
    }


def _verdict(pof: float, both: float, count: int, expected: float) -> str:
    """Coverage first, then coverage and independence together (Christoffersen's conditional coverage)."""
    if pof < LEVEL:
        return "too many exceptions" if count > expected else "too few exceptions"
    return "holds" if both >= LEVEL else "exceptions cluster"


def _years(
    times: Sequence[str], losses: Floats, margins: Floats, exceptions: Flags, confidence: float
) -> dict[str, dict[str, Any]]:
    years = np.array([time[:4] for time in times])
    result = {}
    for year in np.unique(years).tolist():
        mine = years == year
        if int(mine.sum()) >= 2:
            result[str(year)] = span(losses[mine], margins[mine], exceptions[mine], confidence)
    return result


def _windows(times: Sequence[str], exceptions: Flags, confidence: float) -> list[dict[str, Any]]:
    """The traffic light of every 250 steps after another; the last window may be shorter and is judged by its own."""
    rows = []
    for first in range(0, exceptions.size, BASEL_DAYS):
        mine = exceptions[first : first + BASEL_DAYS]
        light = traffic_light(mine.size, int(mine.sum()), confidence)
        row = {"first": times[first], "last": times[first + mine.size - 1], "steps": int(mine.size)}
        rows.append(row | {"exceptions": int(mine.sum()), "zone": light.zone, "probability": light.probability})
    return rows


def _rolling(exceptions: Flags) -> list[int | None]:
    """Exceptions of the last 250 steps, None until there are so many."""
    total = np.concatenate([[0], np.cumsum(exceptions)])
    counts: list[int | None] = [None] * min(BASEL_DAYS - 1, exceptions.size)
    return counts + (total[BASEL_DAYS:] - total[:-BASEL_DAYS]).tolist() if exceptions.size >= BASEL_DAYS else counts


def _tuff(exceptions: Flags, confidence: float) -> dict[str, Any] | None:
    if not exceptions.any():
        return None
    first = int(np.argmax(exceptions)) + 1
    return {"first": first, **asdict(tuff(first, confidence))}


def _shortfall(series: Series, losses: Floats, margins: Floats, confidence: float, seed: int) -> dict[str, Any] | None:
    """Acerbi and Székely's Z2 against the scenarios of each step; None where a shortfall is not above zero."""
    tails = np.array(series.shortfalls)
    if not (tails > 0).all():
        return None
    width = min(one.size for one in series.possible)
    possible = np.stack([one[-width:] for one in series.possible])
    test = acerbi_szekely_z2(losses, margins, tails, confidence, possible, seed=seed)
    return {**asdict(test), "shortfall_mean": float(tails.mean()), "holds": test.passes(LEVEL)}


def _cost(series: Series, losses: Floats, margins: Floats, exceptions: Flags, confidence: float) -> dict[str, Any]:
    """Mean margin, what a constant margin with hindsight would have been, and what venues' flat rates ask.

    The rates are for contracts; venues margin options by other rules, so a straddle has none to stand beside.
    """
    mean = float(margins.mean())
    hindsight = float(np.quantile(losses, confidence, method="higher"))
    return {
        "margin_mean": mean,
        "constant_hindsight": hindsight,
        "constant_over_model": hindsight / mean if mean > 0 else None,
        "exceptions": int(exceptions.sum()),
        "flat": [] if series.straddle else [_flat(rates, series, losses, mean, confidence) for rates in VENUES],
    }


def _flat(rates: FlatRates, series: Series, losses: Floats, mean: float, confidence: float) -> dict[str, Any]:
    initial = margins_of(rates, series.gross)
    maintenance = margins_of(rates, series.gross, maintenance=True)
    count = int(exceptions_of(losses, initial).sum())
    return {
        "venue": rates.venue,
        "source": rates.source,
        "initial_mean": float(initial.mean()),
        "maintenance_mean": float(maintenance.mean()),
        "exceptions_initial": count,
        "exceptions_maintenance": int(exceptions_of(losses, maintenance).sum()),
        "kupiec_p_value": kupiec_pof(losses.size, count, confidence).p_value,
        "model_over_initial": mean / float(initial.mean()),
    }


def _iso(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000.0, UTC).strftime("%Y-%m-%dT%H:%MZ")


def summary_rows(results: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, Mapping[str, Any]]]:
    """(portfolio, stretch, span) of every year and of the whole, in order."""
    rows: list[tuple[str, str, Mapping[str, Any]]] = []
    for one in results:
        rows += [(one["portfolio"], year, part) for year, part in one["years"].items()]
        rows.append((one["portfolio"], "all", one["whole"]))
    return rows
