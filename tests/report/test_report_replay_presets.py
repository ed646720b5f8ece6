import copy
import json
import re

import pytest

from plimsoll.report import ReportError, render_replay_presets
from plimsoll.report.replay_presets import replay_presets_page, rows_of
from plimsoll.report.replay_presets_figures import figures_of

PRESETS = ("first_preset", "second_preset")
TIMES = ["2020-03-12T00:00:00Z", "2020-03-12T00:01:00Z", "2020-03-12T00:02:00Z"]


def column(name, refused):
    took = {
        key: {"steps": 1, "accounts": 1, "notional": "2500000.5"} for key in ("bid", "slice", "backstop", "fund", "adl")
    }
    return {
        "preset": name,
        "title": name.replace("_", " "),
        "settlement": "USDC",
        "verdict": {"level": "ok", "sentence": "The pool stayed solvent."},
        "start": {
            "holders": 100,
            "opened": 100 - refused,
            "refused": {"margin_initial_must_be_covered": refused} if refused else {},
            "refused_accounts": refused,
            "notional": "1000000",
            "notional_refused": f"{refused * 10_000}",
            "initial_of_all": "50000",
            "maintenance_of_all": "30000",
        },
        "margin": {
            "initial_start": "40000",
            "initial_peak": "41000",
            "initial_peak_time": TIMES[1],
            "maintenance_start": "24000",
            "maintenance_peak": "25000",
        },
        "calls": {"made": 0, "ended": 0, "triggers": 0},
        "liquidations": {
            "started": 3,
            "ended": 3,
            "open_at_end": 0,
            "accounts": 25,
            "mechanisms": took,
            "breach_to_close_seconds": {"median": 60.0, "p95": 60.0, "max": 120.0},
        },
        "fund": {"start": "4000000", "end": "3990000", "cash_end": "3990000", "paid": "12345", "received": "2345"},
        "backstop": {"equity_start": "8000000", "equity_end": "7000000"},
        "losses": {
            "bad_debt": "0",
            "socialised": "7",
            "deficit_peak": "99",
            "adl_loss": "0",
            "shortfall_peak": "0",
        },
        "tables": {"published": 12, "reasons": {"move": 12}, "refused": {}} if refused else None,
        "identities": {"checked": 1, "broken": []},
        "commands": {"total": 10, "engine_seconds": 0.1, "total_seconds": 0.2},
        "root": "ab" * 32,
    }


@pytest.fixture
def result():
    lines = {
        "liquidated": [0, 10, 25],
        "liquidating": [0, 3, 0],
        "taken_over": [0, 1_000, 2_000],
        "margin_initial": [40_000, 41_000, 30_000],
        "margin_maintenance": [24_000, 25_000, 20_000],
        "fund": [4_000_000.0, 3_995_000.0, 3_990_000.0],
        "bad_debt": [0.0, 0.0, 0.0],
    }
    return {
        "schema": 1,
        "path": {
            "label": "simulated within the hour",
            "description": "A bridge </script>.",
            "symbols": ["BTCUSDT"],
            "start": TIMES[0],
            "end": TIMES[-1],
            "seed": 1,
        },
        "accounts": {"total": 132, "makers": 24, "liquidators": 8},
        "fund": "4000000",
        "presets": [column(PRESETS[0], 30), column(PRESETS[1], 0)],
        "notes": ["The same traders."],
        "sample_seconds": 60,
        "series": {
            "time": TIMES,
            "price": {"BTCUSDT": [8000.0, 7000.0, 6000.0]},
            "presets": {name: copy.deepcopy(lines) for name in PRESETS},
        },
    }


def test_the_table_has_a_column_a_preset_and_says_who_was_refused(result):
    rows = dict(rows_of(result["presets"]))
    assert {len(cells) for cells in rows.values()} == {2}
    assert [value for value, _ in rows["opened"]] == ["70", "100"]
    assert rows["refused at the start"][0] == ("30", "margin initial must be covered 30")
    assert rows["of the value wanted, refused"][0][0] == "30.0\u202f%"
    assert rows["of those opened"] == [("35.7\u202f%", ""), ("25.0\u202f%", "")]
    assert rows["insurance fund paid"][1] == ("12.3\u202fk", "12,345 USDC")
    assert rows["risk tables published, refused"] == [("12, 0", ""), ("none", "")]


def test_every_chart_shows_every_preset(result):
    charts = {chart.name: chart for chart in figures_of(result)}
    for name in ("liquidated", "taken", "maintenance", "initial", "fund"):
        assert [trace["name"] for trace in charts[name].data] == list(PRESETS)
    assert charts["taken"].data[0]["y"] == [0, 1_000, 3_000]
    assert charts["required"].data[0]["x"] == list(PRESETS)


def test_the_page_needs_nothing_from_outside(result, tmp_path):
    page = render_replay_presets(result, tmp_path / "build" / "presets.html").read_text(encoding="utf-8")
    before = page.split("<script", maxsplit=1)[0]
    assert not re.search(r'\b(src|href)="', before)
    assert "default-src 'none'" in before
    found = re.search(r'<script type="application/json" id="chart-data">(.*?)</script>', page, re.DOTALL)
    assert found
    assert json.loads(found.group(1))["time"] == TIMES
    for words in ("first_preset", "simulated within the hour", "The same traders.", "A bridge &lt;/script&gt;."):
        assert words in before


def test_what_is_no_comparison_is_refused(result):
    with pytest.raises(ReportError, match="schema 2"):
        replay_presets_page(result | {"schema": 2})
    del result["presets"][0]["start"]
    with pytest.raises(ReportError, match="lacks start"):
        replay_presets_page(result)
