import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from plimsoll.report import ReportError, render_report
from plimsoll.report.replay import replay_page
from plimsoll.report.replay_figures import figures_of


class Page(HTMLParser):
    """What a browser would fetch, and the text outside scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.metas: list[dict[str, str | None]] = []
        self.scripts: list[dict[str, str | None]] = []
        self.texts: list[str] = []
        self.inside: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "action", "data")]
        if tag == "meta":
            self.metas.append(named)
        if tag in ("script", "style"):
            self.inside.append(tag)
            self.scripts.append(named)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if not self.inside:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def chart_data(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="chart-data">(.*?)</script>', page, re.DOTALL)
    assert found
    data: dict[str, Any] = json.loads(found.group(1))
    return data


def test_the_file_needs_nothing_from_outside(result: dict[str, Any], tmp_path: Path):
    out = render_report(result, tmp_path / "build" / "report.html")
    text = out.read_text(encoding="utf-8")
    page = Page(text)
    assert page.links == []
    assert "@import" not in text.split("<script", maxsplit=1)[0]
    assert "url(" not in text.split("<script", maxsplit=1)[0]
    # The page forbids itself the network, so the addresses inside the chart library stay unused.
    policy = next(meta["content"] for meta in page.metas if meta.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none';")
    assert "http" not in policy and "connect-src" not in policy
    assert "Plotly" in text and len(text) > 1_000_000


def test_the_header_says_verdict_path_and_period(result: dict[str, Any]):
    text = Page(replay_page(result)).text
    assert "The pool stayed solvent." in text
    assert "Replay of BTCUSDT, 2020-03-12" in text
    assert "simulated within the hour" in text
    assert "2020-03-12T00:00:00Z – 2020-03-12T00:05:00Z" in text
    assert "seed 7" in text


def test_the_tables_carry_units_and_rules(result: dict[str, Any]):
    text = Page(replay_page(result)).text.replace("\u202f", " ")
    for expected in (
        "900 k USDC",
        "-100 k from 1.00 m; paid 120 k".replace("-", "\u2212"),
        "liquidators’ bids 10 9 12.3 m USDC",
        "fill 1,000 98.5 % margin initial must be covered 15",
        "breach to close, longest 1 h 30 min",
        "breach to close, median within one step",
        "call buffer 20 %",
        "call deadline 1 h",
        "deposit notional min 1",
        "rate initial 4 %",
        "lots max 10,000,000,000 lots",
        "long share 62.0 %",
        "facts of a venue",
        "Not listed, so not used: SOLUSDT.",
        "ab" * 32,
        "48 checks of all identities, none broken.",
    ):
        assert expected in text, expected


def test_broken_identities_are_shown(result: dict[str, Any]):
    result["identities"]["broken"] = ["I4: cash=1 vault=2"]
    result["verdict"] = {
        "level": "failure",
        "sentence": "The books broke.",
        "solvent": False,
        "identities_held": False,
    }
    page = replay_page(result)
    assert 'class="verdict failure"' in page
    assert "I4: cash=1 vault=2" in Page(page).text


def test_the_charts_are_in_the_page_as_data(result: dict[str, Any]):
    data = chart_data(replay_page(result))
    assert data["time"] == result["series"]["time"]
    assert list(data["figures"]) == [
        "price",
        "health",
        "liquidations",
        "stages",
        "capacity",
        "fund",
        "stakes",
        "interest",
    ]
    for name in data["figures"]:
        assert f'id="chart-{name}"' in replay_page(result)


def test_every_colour_a_chart_names_is_in_both_palettes(result: dict[str, Any]):
    page = replay_page(result)
    used = set(re.findall(r'"@(\w+)"', json.dumps([[chart.data, chart.layout] for chart in figures_of(result)])))
    light, dark = re.findall(r"(?:light|dark): \{(.*?)\n    \}", page, re.DOTALL)[-2:]
    for palette in (light, dark):
        assert used <= set(re.findall(r"(\w+): \"", palette))


def test_health_is_cut_to_the_axis_and_gaps_stay_gaps(result: dict[str, Any]):
    health = next(chart for chart in figures_of(result) if chart.name == "health")
    median = next(trace for trace in health.data if trace["name"] == "median")
    assert median["y"] == [5.0, 4.0, 3.0, None, 0.1, 100.0]


def test_bars_gather_samples_and_lose_none(result: dict[str, Any]):
    minutes = 1000
    series = result["series"]
    series["time"] = [f"2020-03-12T{minute // 60:02d}:{minute % 60:02d}:00Z" for minute in range(minutes)]
    for group in ("liquidations", "liquidated"):
        series[group] = {name: [1] * minutes for name in series[group]}
    chart = next(chart for chart in figures_of(result) if chart.name == "liquidations")
    assert "Per 6\u202fmin" in chart.caption
    for trace in chart.data:
        assert sum(trace["y"]) == minutes
        assert len(trace["y"]) <= 192
        assert trace["width"] < 6 * 60_000


def test_a_mechanism_that_did_nothing_has_no_bars(result: dict[str, Any]):
    result["series"]["liquidations"]["adl"] = [0] * 6
    chart = next(chart for chart in figures_of(result) if chart.name == "liquidations")
    assert "deleveraging (ADL)" not in {trace["name"] for trace in chart.data}


def test_many_symbols_share_one_axis(result: dict[str, Any]):
    result["series"]["price"] = {f"S{place}": [2.0, 1.0, 2.0, 3.0, 4.0, 5.0] for place in range(9)}
    chart = figures_of(result)[0]
    assert chart.layout["yaxis"]["title"]["text"] == "first price = 100"
    assert chart.data[0]["y"][:2] == [100.0, 50.0]


def test_text_in_the_result_cannot_become_markup(result: dict[str, Any]):
    evil = "</script><img src=x onerror=alert(1)>"
    result["path"]["description"] = evil
    result["series"]["price"] = {evil: result["series"]["price"]["BTCUSDT"]}
    page = replay_page(result)
    assert "<img" not in page.split('id="chart-data"')[0].rsplit("<script>", maxsplit=1)[0]
    assert Page(page).links == []
    assert evil in json.dumps(chart_data(page)["figures"]["price"])


def test_the_same_result_gives_the_same_bytes(result: dict[str, Any]):
    assert replay_page(result) == replay_page(json.loads(json.dumps(result)))


def test_what_is_no_result_is_refused(result: dict[str, Any], tmp_path: Path):
    with pytest.raises(ReportError, match="schema 2, this report reads 1"):
        render_report(result | {"schema": 2}, tmp_path / "report.html")
    del result["series"]["fund"]
    with pytest.raises(ReportError, match="the result lacks fund"):
        render_report(result, tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()


def test_a_place_that_cannot_be_written_is_named(result: dict[str, Any], tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ReportError, match=r"report\.html: "):
        render_report(result, tmp_path / "file" / "report.html")


@pytest.mark.parametrize("name", ["jinja2", "plotly.offline"])
def test_a_missing_library_is_named(result: dict[str, Any], monkeypatch: pytest.MonkeyPatch, name: str):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ReportError, match=r"install plimsoll\[report\]"):
        replay_page(result)


def test_stakes_are_a_table_and_a_chart_where_there_are_pots(result: dict[str, Any]):
    page = replay_page(result)
    for words in ("Whose money stood behind it", "junior tranche", "\u221225.00\u202f%"):
        assert words in page
    stakes = next(chart for chart in figures_of(result) if chart.name == "stakes")
    assert stakes.data[0]["y"][-1] == 75.0
    result["stakes"]["pots"], result["series"]["stakes"] = [], {}
    assert "junior tranche" not in replay_page(result)
    assert "stakes" not in {chart.name for chart in figures_of(result)}
