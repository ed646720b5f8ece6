import copy
from typing import Any

import pytest

MECHANISMS = (
    "bid",
    "slice",
    "batch",
    "auction",
    "amm",
    "backstop",
    "insolvent",
    "fund",
    "tranche",
    "adl",
    "socialised",
)
POINTS = 6


def sample() -> dict[str, Any]:
    """A result as plain data, small enough to read: six minutes, one symbol."""
    flat = [0] * POINTS
    money = {"start": "1000000", "end": "900000.5", "cash_end": "900000.5", "paid": "120000", "received": "20000.5"}
    return {
        "schema": 1,
        "verdict": {"level": "ok", "sentence": "The pool stayed solvent.", "solvent": True, "identities_held": True},
        "settlement": "USDC",
        "path": {
            "label": "simulated within the hour",
            "description": "A bridge.",
            "sources": ["facts of a venue"],
            "symbols": ["BTCUSDT"],
            "start": "2020-03-12T00:00:00Z",
            "end": "2020-03-12T00:05:00Z",
            "steps": POINTS,
            "step_seconds": 60.0,
            "seed": 7,
            "moves": {"BTCUSDT": {"first": 8000.0, "lowest": 4000.0, "highest": 8000.0, "last": 5000.0, "fall": -0.5}},
        },
        "accounts": {
            "total": 10_000,
            "makers": 24,
            "liquidators": 8,
            "equity_start": "90000000",
            "equity_end": "88000000",
            "deposits": "1234.5",
            "below_maintenance_peak": 17,
        },
        "calls": {"made": 1234, "ended": 1000, "triggers": 12},
        "liquidations": {
            "started": 300,
            "ended": 299,
            "open_at_end": 1,
            "accounts": 250,
            "mechanisms": {name: {"steps": 10, "accounts": 9, "notional": "12345678.9"} for name in MECHANISMS},
            "breach_to_close_seconds": {"median": 0.0, "p95": 60.0, "max": 5400.0},
        },
        "fund": money,
        "backstop": {"equity_start": "8000000", "equity_end": "7000000"},
        "liquidators": {"equity_start": "1000000", "equity_end": "1100000", "profit": "99000"},
        "stakes": {
            "pots": [
                {
                    "name": "junior tranche",
                    "kind": "tranche",
                    "stakers": 12,
                    "start": "1000000",
                    "end": "750000",
                    "kept": "1000000",
                    "per_share": -0.25,
                    "paid": "260000",
                    "premium": "10000",
                    "wiped": 0,
                }
            ],
            "premium": "10000",
            "paid": "260000",
        },
        "losses": {
            "shortfall_peak": "0",
            "deficit_peak": "250000",
            "deficit_peak_time": "2020-03-12T00:03:00Z",
            "shortfall_end": "0",
            "bad_debt": "0",
            "adl_notional": "12345678.9",
            "adl_loss": "0",
            "adl_overshoot_notional": "2345678.9",
            "adl_overshoot_loss": "0",
            "hedges_broken": 5,
            "adl_counterparties": 0,
            "socialised": "0",
        },
        "open_interest": {"start": "120000000", "end": "60000000"},
        "identities": {"checked": 48, "broken": []},
        "root": "ab" * 32,
        "commands": {
            "total": 150_000,
            "engine_seconds": 4.2,
            "total_seconds": 11.5,
            "per_second_engine": 35_714,
            "per_second_total": 13_043,
            "by_kind": {
                "fill": {
                    "sent": 1000,
                    "accepted": 985,
                    "accept_rate": 0.985,
                    "refused": {"margin_initial_must_be_covered": 15},
                }
            },
        },
        "settings": {
            "replay": {"seed": 7, "fund": "1000000", "files": "march_2020.csv"},
            "population": {"long_share": 0.62},
            "policy": {
                "call_buffer": 200_000_000,
                "call_deadline": 3_600_000,
                "adl": 1,
                "deposit_notional_min": 1_000_000,
            },
            "instrument BTC-PERP": {"kind": 2, "rate_initial": 40_000_000, "lots_max": 10_000_000_000},
        },
        "notes": ["Not listed, so not used: SOLUSDT."],
        "sample_seconds": 60,
        "series": {
            "time": [f"2020-03-12T00:0{minute}:00Z" for minute in range(POINTS)],
            "price": {"BTCUSDT": [8000.0, 7000.0, 6000.0, 4000.0, 4500.0, 5000.0]},
            "open_interest": {"BTC-PERP": [120, 110, 100, 80, 70, 60]},
            "health": {
                name: [5.0, 4.0, 3.0, None, 0.01, 900.0] for name in ("p01", "p05", "p25", "p50", "p75", "p95", "p99")
            },
            "accounts": {name: flat for name in ("holding", "below_maintenance", "called", "liquidating")},
            "calls": flat,
            "liquidations": {name: [0, 1, 2, 3, 4, 0] for name in MECHANISMS},
            "liquidated": {name: [0, 10, 20, 30, 40, 0] for name in MECHANISMS},
            "capacity": {name: [3, 2, 1, 1, 2, 3] for name in ("makers", "liquidators", "backstop")},
            "stakes": {"junior tranche": [1000.0, 1000.0, 900.0, 750.0, 750.0, 750.0]},
            "fund": [10.0] * POINTS,
            "fund_cash": [10.0] * POINTS,
            "backstop_equity": [20.0] * POINTS,
            "deficit": [0.0, 0.0, 0.0, 5.0, 0.0, 0.0],
            "shortfall": [0.0] * POINTS,
            "bad_debt": [0.0] * POINTS,
            "socialised": [0.0] * POINTS,
        },
    }


@pytest.fixture
def result() -> dict[str, Any]:
    return copy.deepcopy(sample())
