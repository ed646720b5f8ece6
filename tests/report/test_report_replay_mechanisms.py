import copy
import json
import re

import pytest

from plimsoll.report import ReportError, render_replay_mechanisms
from plimsoll.report.replay_mechanisms import replay_mechanisms_page, rows_of
from plimsoll.report.replay_mechanisms_figures import PANELS, figures_of

NAMES = ("bids", "adl_queue")


@pytest.fixture
def compared(result):
    """Two mechanisms, of which the second breaks more hedges."""
    groups = ("verdict", "liquidations", "calls", "fund", "stakes", "backstop", "liquidators", "losses", "identities")
    runs = []
    for place, name in enumerate(NAMES):
        one = {group: copy.deepcopy(result[group]) for group in groups}
        one["losses"]["hedges_broken"] = 5 + place
        one["liquidations"]["mechanisms"]["batch"]["steps"] = 0
        more = {"mechanism": name, "title": f"Title of {name}", "settlement": "USDC", "root": "ab" * 32}
        runs.append(one | more)
    lines = {
        name: [0, 1, 2, 3, 4, 5]
        for name in ("liquidated", "liquidating", "deleveraged", "deficit", "insurance", "open_interest")
    }
    return {
        "schema": 1,
        "path": result["path"],
        "accounts": {"total": 10_000, "makers": 24, "liquidators": 8},
        "mechanisms": runs,
        "notes": ["Only the waterfall differs."],
        "sample_seconds": 60,
        "series": {
            "time": result["series"]["time"],
            "price": result["series"]["price"],
            "mechanisms": {name: copy.deepcopy(lines) for name in NAMES},
        },
    }


def test_the_table_has_a_column_a_mechanism_and_leaves_out_what_nobody_used(compared):
    rows = dict(rows_of(compared["mechanisms"]))
    assert {len(cells) for cells in rows.values()} == {2}
    assert rows["hedges broken"] == [("5", ""), ("6", "")]
    assert rows["excess deleveraging"][0] == ("2.35\u202fm", "2,345,678.9 USDC")
    assert rows["tranches paid"][1] == ("260\u202fk", "260,000 USDC")
    assert "taken over: sealed bids" not in rows
    assert "taken over: slices" in rows


def test_one_plot_shows_every_figure_of_every_mechanism(compared):
    side, *others = figures_of(compared)
    assert len(side.layout["annotations"]) == len(PANELS)
    assert all(trace["y"] == list(NAMES) for trace in side.data)
    stacked = [trace for trace in side.data if trace["xaxis"] == "x6"]
    assert [trace["x"][0] for trace in stacked] == [10_000_000.0, 2_345_678.9]
    charts = {chart.name: chart for chart in others}
    assert [trace["name"] for trace in charts["deleveraged"].data] == list(NAMES)
    assert charts["deleveraged"].data[0]["y"] == [0, 1, 3, 6, 10, 15]


def test_the_page_needs_nothing_from_outside(compared, tmp_path):
    page = render_replay_mechanisms(compared, tmp_path / "build" / "mechanisms.html").read_text(encoding="utf-8")
    before = page.split("<script", maxsplit=1)[0]
    assert not re.search(r'\b(src|href)="', before)
    assert "default-src 'none'" in before
    found = re.search(r'<script type="application/json" id="chart-data">(.*?)</script>', page, re.DOTALL)
    assert found
    assert set(json.loads(found.group(1))["figures"]) >= {"side", "deleveraged"}
    for words in ("One crash, 2 ways down", "Title of adl_queue", "Only the waterfall differs."):
        assert words in before


def test_what_is_no_comparison_is_refused(compared):
    with pytest.raises(ReportError, match="schema 2"):
        replay_mechanisms_page(compared | {"schema": 2})
    del compared["mechanisms"][0]["losses"]
    with pytest.raises(ReportError, match="lacks losses"):
        replay_mechanisms_page(compared)
