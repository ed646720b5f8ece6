"""What a result shows beside its figures: settings in groups, moves of the prices, durations, series by name."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from plimsoll.sim.bars import iso
from plimsoll.sim.desk.config import DeskConfig
from plimsoll.sim.listings import Listing, PoolSetup
from plimsoll.sim.path import MarketPath, carried_forward
from plimsoll.sim.replay_world import ReplayConfig
from plimsoll.sim.result import decimal_of
from plimsoll.units.messages import KIND_OPTION
from plimsoll.units.tables import Ints


def settings_of(
    config: ReplayConfig, path: MarketPath, setup: PoolSetup, desk: DeskConfig | None
) -> dict[str, dict[str, Any]]:
    """Every setting by group, as it is shown."""
    population = asdict(replace(config.population, accounts=config.accounts))
    population["leverage"] = ", ".join(f"{value:g}x {weight:.0%}" for value, weight in config.population.leverage)
    return {
        "replay": {
            "seed": config.seed,
            "accounts": config.accounts,
            "step_seconds": path.step_ms / 1000,
            "steps": len(path),
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
        **({} if desk is None else {"option desk": _plain_settings(asdict(desk))}),
        **{f"instrument {listing.name}": _row_shown(listing.row) for listing in _shown(setup)},
    }


def _shown(setup: PoolSetup) -> list[Listing]:
    """Every instrument, but of the options, which differ in strike and expiry alone, the first call and put."""
    return [*(one for one in setup.listings if one.kind != KIND_OPTION), *setup.options()[:2]]


def _plain_settings(values: dict[str, Any]) -> dict[str, Any]:
    """Settings as they are shown: a list as text."""
    return {
        name: ", ".join(f"{one:g}" for one in value) if isinstance(value, tuple) else value
        for name, value in values.items()
    }


def _row_shown(row: Any) -> dict[str, int]:
    """Only what was set: a listing has many parameters that are zero."""
    return {name: int(value) for name, value in row.items() if value}


def moves_of(path: MarketPath) -> dict[str, dict[str, float]]:
    """First, lowest, highest and last price of each symbol, and its deepest fall."""
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


def durations_of(parts: list[Ints]) -> dict[str, int]:
    """Median, 95th percentile and longest time from the start of a liquidation to its end, in ms; 0 for none."""
    if not parts:
        return {"median": 0, "p95": 0, "max": 0}
    every = np.concatenate(parts)
    return {
        "median": int(np.quantile(every, 0.5, method="higher")),
        "p95": int(np.quantile(every, 0.95, method="higher")),
        "max": int(every.max()),
    }


def nested(series: dict[str, list[Any]]) -> dict[str, Any]:
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
