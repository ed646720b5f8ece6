import copy
from typing import Any

import pytest

from plimsoll.report.replay import replay_page
from plimsoll.report.replay_desk import desk_figures_of, desk_of
from plimsoll.report.replay_figures import figures_of

TIMES = ["2020-03-12T00:01:00Z", "2020-03-12T00:03:00Z"]


def relief(portfolio: str, standard: str) -> dict[str, Any]:
    return {
        "time": TIMES[0],
        "accounts": 10,
        "initial_portfolio": portfolio,
        "initial_standard": standard,
        "maintenance_portfolio": "700",
        "maintenance_standard": "800",
    }


@pytest.fixture
def with_desk(result: dict[str, Any]) -> dict[str, Any]:
    points = len(result["series"]["time"])
    sides = ("initial_portfolio", "initial_standard", "maintenance_portfolio", "maintenance_standard")
    changed = copy.deepcopy(result)
    changed["series"]["desk"] = {name: [1_000] * points for name in sides}
    changed["tables"] = {
        "published": 3,
        "reasons": {"first": 1, "move": 2},
        "refused": {"table_must_match_mark": 1},
    }
    changed["desk"] = {
        "coin": "BTC",
        "accounts": {"spreads": 8, "makers": 2},
        "options": ["BTC-13MAR20-8000-C", "BTC-13MAR20-8000-P"],
        "expiries": ["2020-03-13T08:00:00Z"],
        "settled_series": 1,
        "equity_start": "5000.5",
        "equity_end": "4000",
        "start": relief("1000", "4000"),
        "end": relief("0", "0"),
        "by_kind": {"spreads": relief("600", "400")},
        "slices": {"bid": {"taken": 4, "accounts": 2}, "backstop": {"taken": 1, "accounts": 1}},
        "deleveraged_accounts": 0,
        "hedge": {
            "tables": 2,
            **{f"{name}_{part}_bp": 1.5 for name in ("error", "jump") for part in ("median", "p95", "max")},
            "time": TIMES,
            "move": [-0.021, 0.02],
            "error_bp": [1.5, 0.5],
        },
    }
    return changed


def test_the_relief_is_what_portfolio_mode_saves_and_may_be_negative(with_desk: dict[str, Any]):
    found = desk_of(with_desk)
    assert found is not None
    reliefs = {row.name: row.relief for row in found.books}
    assert reliefs == {
        "spreads": "\u221250.0\u202f%",
        "all, at the start": "75.0\u202f%",
        "all, at the end": "none",
    }


def test_the_facts_name_tables_refused_and_slices(with_desk: dict[str, Any]):
    found = desk_of(with_desk)
    assert found is not None
    facts = dict(found.facts)
    assert facts["Risk tables published"] == "3 (1 by first, 2 by move)"
    assert facts["Risk tables refused"] == "1 table must match mark"
    assert facts["Slices taken"] == "4 by bid of 2 accounts; 1 by backstop of 1 accounts"


def test_a_page_with_a_desk_has_its_section_and_charts(result: dict[str, Any], with_desk: dict[str, Any]):
    names = [chart.name for chart in figures_of(with_desk)]
    assert names[-2:] == ["desk", "hedge"]
    page = replay_page(with_desk)
    assert "Portfolio accounts" in page
    assert "10 in portfolio mode" in page
    assert desk_of(result) is None and desk_figures_of(result) == []
    assert "Portfolio accounts" not in replay_page(result)
