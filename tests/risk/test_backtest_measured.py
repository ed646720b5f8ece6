"""The measured table of docs/backtest.md, from real prices."""

from pathlib import Path

import pytest

from plimsoll import risk
from plimsoll.risk.backtest import portfolios_of
from plimsoll.risk.backtest.run import BacktestConfig, run_backtest

DATA = Path(__file__).parents[2].parent / "shared" / "data"
PANEL = DATA / "h1_binance_spot_close_13_assets_2018-01_2026-05.csv.gz"
START_MS = 1_559_347_200_000
"""2019-06-01, the first step of the command."""


@pytest.mark.slow
def test_filtered_historical_holds_as_documented():
    if not PANEL.exists():
        pytest.skip("the shared market data is not beside the repository")
    config = BacktestConfig(PANEL, risk.FilteredHistorical(), portfolios_of(()), start_ms=START_MS)
    result = run_backtest(config)
    assert result["problems"] == [] and result["engine"]["compared"] == 4 * 128
    found = {one["portfolio"]: one for one in result["portfolios"]}
    counts = {name: one["whole"]["exceptions"] for name, one in found.items()}
    assert counts == {"btc": 23, "eth": 26, "basket13": 20, "long-short": 18}
    means = [round(100 * one["whole"]["margin_mean"], 2) for one in found.values()]
    assert means == [9.76, 12.15, 12.32, 4.26]
    for one in found.values():
        parts = [one["whole"], *(one["years"][year] for year in ("2020", "2021", "2022", "2024"))]
        assert [part["verdict"] for part in parts] == ["holds"] * 5
        assert one["shortfall"]["holds"]
    assert found["btc"]["years"]["2022"]["independence"]["p_value"] == pytest.approx(0.049, abs=0.0005)
