"""Surfaces fitted to a file of option chains, as plain data: errors by maturity, snapshot and expiry; and the smiles.

For each expiry also what a table would miss that is moved by delta only, should the underlying move: the bound of
``hedged_error_bound`` at the fitted vols, the largest of its options, in percent of the forward.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from plimsoll.pricing import PricingError, Svi
from plimsoll.pricing.deribit import fit_report
from plimsoll.risk.errors import RiskError
from plimsoll.risk.snapshot import OptionChain, Underlying
from plimsoll.risk.staleness import hedged_error_bound

if TYPE_CHECKING:
    import polars as pl

SCHEMA: Final = 1
CURVE_POINTS: Final = 81

Advance = Callable[[int, int | None, str], None]
Row = dict[str, Any]


@dataclass(frozen=True)
class SurfaceConfig:
    """What to fit: a file, which of its currencies (all if empty) and snapshots, with arbitrage removed or as it is.

    ``move``: the move of the underlying, as a fraction, whose delta-hedged error is reported.
    """

    file: Path
    currencies: tuple[str, ...] = ()
    start_ms: int | None = None
    end_ms: int | None = None
    constrained: bool = True
    move: float = 0.01


def run_surface(config: SurfaceConfig, advance: Advance = lambda done, total, what: None) -> dict[str, Any]:
    """Fit and report. RiskError for no file of chains, a choice that leaves nothing, or a move not within 0 and 1."""
    if not 0.0 < config.move < 1.0:
        raise RiskError(f"move is {config.move}; it must lie between 0 and 1, as 0.01 for one percent")
    advance(0, None, "reading chains")
    try:
        report = fit_report(
            config.file,
            lambda done, total: advance(done, total, "fitting"),
            no_arbitrage=config.constrained,
            currencies=config.currencies,
            start=_seconds(config.start_ms),
            end=_seconds(config.end_ms),
        )
    except PricingError as error:
        raise RiskError(str(error)) from None
    advance(0, None, "judging")
    groups = report.strikes.partition_by("ts", "currency", "expiry", maintain_order=True)
    slices = [_expiry(row, quoted, config.move) for row, quoted in zip(report.slices.to_dicts(), groups)]
    by_snapshot: dict[tuple[str, str], list[tuple[Row, pl.DataFrame]]] = {}
    for row, quoted in zip(slices, groups):
        by_snapshot.setdefault((row["time"], row["currency"]), []).append((row, quoted))
    latest = {currency: key for key in by_snapshot for currency in (key[1],)}
    times = sorted({time for time, _ in by_snapshot})
    crossed = sum(not row["calendar_ok"] for row in slices)
    arbitrage = sum(not row["butterfly_ok"] for row in slices)
    return {
        "schema": SCHEMA,
        "file": config.file.name,
        "constrained": config.constrained,
        "move": config.move,
        "first": times[0],
        "last": times[-1],
        "snapshots": len(by_snapshot),
        "smiles": len(slices),
        "strikes": report.strikes.height,
        "butterfly": arbitrage,
        "calendar": crossed,
        "left_out": [
            {"time": _iso(ts), "currency": currency, "expiry": expiry, "why": why}
            for ts, currency, expiry, why in report.skipped
        ],
        "by_maturity": report.table.to_dicts(),
        "by_snapshot": [_snapshot(key, rows) for key, rows in by_snapshot.items()],
        "by_expiry": slices,
        "latest": [_curves(key, by_snapshot[key]) for key in latest.values()],
        "problems": _problems(arbitrage, crossed, len(slices)),
    }


def _problems(arbitrage: int, crossed: int, smiles: int) -> list[str]:
    found = []
    if arbitrage:
        found.append(f"{arbitrage} of {smiles} smiles have butterfly arbitrage")
    if crossed:
        found.append(f"{crossed} of {smiles} smiles cross the next expiry's on their body")
    return found


def _expiry(row: Row, quoted: "pl.DataFrame", move: float) -> Row:
    """One expiry for people and JSON: times as text, no infinity, and the delta-hedged error."""
    years, forward = float(row["years"]), float(row["forward"])
    chain = OptionChain.of(
        np.arange(1, quoted.height + 1),
        np.ones(quoted.height, np.int64),
        np.full(quoted.height, years),
        quoted["strike"].to_numpy(),
        (quoted["strike"] >= quoted["fut"]).to_numpy(),
        quoted["vol_fitted"].to_numpy(),
        np.full(quoted.height, forward),
    )
    hedged = hedged_error_bound(Underlying(row["currency"], 1, 1, forward, chain), move)
    kept = {name: _finite(value) for name, value in row.items() if name != "ts"}
    return {"time": _iso(row["ts"]), **kept, "hedged_percent": float(hedged.max()) / forward * 100.0}


def _snapshot(key: tuple[str, str], rows: Sequence[tuple[Row, "pl.DataFrame"]]) -> Row:
    """Errors over all strikes of one snapshot."""

    def of(name: str) -> Any:
        return np.abs(np.concatenate([quoted[name].to_numpy() for _, quoted in rows]))

    vol, price, percent, body = of("error_vol_points"), of("error_usd"), of("error_percent"), _body(rows)
    return {
        "time": key[0],
        "currency": key[1],
        "expiries": len(rows),
        "strikes": int(vol.size),
        "rmse_vol_points": math.sqrt(float(np.mean(vol**2))),
        "rmse_vol_points_body": math.sqrt(float(np.mean(body**2))) if body.size else None,
        "mean_usd": float(price.mean()),
        "max_usd": float(price.max()),
        "max_percent": float(percent.max()),
        "butterfly": sum(not row["butterfly_ok"] for row, _ in rows),
        "calendar": sum(not row["calendar_ok"] for row, _ in rows),
        "wings": sum(row["wing_gap"] is not None and row["wing_gap"] < 0 for row, _ in rows),
    }


def _body(rows: Sequence[tuple[Row, "pl.DataFrame"]]) -> Any:
    from plimsoll.pricing.chain_errors import BODY

    parts = [quoted["error_vol_points"].to_numpy()[quoted["deviations"].to_numpy() <= BODY] for _, quoted in rows]
    return np.concatenate(parts)


def _curves(key: tuple[str, str], rows: Sequence[tuple[Row, "pl.DataFrame"]]) -> Row:
    """Marks and fitted curves of one snapshot, an expiry a row."""
    return {"time": key[0], "currency": key[1], "smiles": [_curve(row, quoted) for row, quoted in rows]}


def _curve(row: Mapping[str, Any], quoted: "pl.DataFrame") -> Row:
    k = quoted["k"].to_numpy()
    grid = np.linspace(float(k.min()), float(k.max()), CURVE_POINTS)
    w = Svi(*(float(row[name]) for name in Svi._fields)).total_variance(grid)
    return {
        "expiry": row["expiry"],
        "years": row["years"],
        "k": k.tolist(),
        "vol": quoted["iv"].to_list(),
        "grid": grid.tolist(),
        "fitted_vol": np.sqrt(w / float(row["years"])).tolist(),
        "total_variance": w.tolist(),
    }


def _finite(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _seconds(time_ms: int | None) -> int | None:
    return None if time_ms is None else -(-time_ms // 1000)


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%MZ")
