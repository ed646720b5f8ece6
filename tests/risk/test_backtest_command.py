"""``plimsoll backtest`` from the outside: tables, JSON, the page, and one line for what is wrong."""

import json
import re

import pytest
from click.testing import CliRunner
from tests.risk import markets

from plimsoll.cli import main
from plimsoll.report import ReportError
from plimsoll.report.backtest import backtest_page, render_backtest

DAYS = 420
FAST = ("--lookback", "120", "--portfolio", "btc", "--portfolio", "long-short", "--engine-every", "100")


@pytest.fixture(scope="module")
def panel(tmp_path_factory):
    """A long daily file of BTC and ETH, ETH listed a hundred days later."""
    prices = markets.prices(("BTC", "ETH"), days=DAYS)
    lines = ["day,symbol,close,hours"]
    for row, time in enumerate(prices.times_ms.tolist()):
        day = markets.np.datetime64(time, "ms").astype("datetime64[D]")
        lines.append(f"{day},BTCUSDT,{prices.prices[row, 0]:.6f},24")
        if row >= 100:
            lines.append(f"{day},ETHUSDT,{prices.prices[row, 1]:.6f},24")
    file = tmp_path_factory.mktemp("panel") / "panel.csv"
    file.write_text("\n".join([*lines, ""]))
    return file


def run(*arguments):
    return CliRunner().invoke(main, ["backtest", *(str(argument) for argument in arguments)])


def result_of(panel, *options):
    result = run("--panel", panel, "--from", "2021-03-01", *FAST, "--json", *options)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_json_has_every_portfolio_with_its_tests(panel):
    data = result_of(panel)
    assert [one["portfolio"] for one in data["portfolios"]] == ["btc", "long-short"]
    assert data["look_ahead"]["seen"] == [] and data["problems"] == []
    assert data["engine"]["compared"] >= 4 and 0 < data["engine"]["largest"] < 5e-9
    for one in data["portfolios"]:
        series, whole = one["series"], one["whole"]
        assert len(series["time"]) == len(series["loss"]) == len(series["margin"]) == whole["steps"]
        assert sum(series["exception"]) == whole["exceptions"]
        assert [loss > margin for loss, margin in zip(series["loss"], series["margin"])] == series["exception"]
        assert 0 < whole["margin_mean"] < 1 and one["shortfall"]["p_value"] > 0


@pytest.mark.parametrize("model", ["historical", "montecarlo", "scenario-matrix", "standard"])
def test_every_model_runs_and_only_likely_scenarios_have_a_shortfall_test(panel, model):
    data = result_of(panel, "--model", model)
    tested = [one["shortfall"] is not None for one in data["portfolios"]]
    assert tested == [model in ("historical", "montecarlo")] * 2
    if model == "standard":
        assert [one["whole"]["margin_mean"] for one in data["portfolios"]] == pytest.approx([0.05, 0.05])
        assert data["portfolios"][0]["whole"]["verdict"] == "too many exceptions"


def test_margin_of_twice_the_time_is_about_the_root_of_two(panel):
    def mean(hours):
        data = result_of(panel, "--horizon", hours, "--from", "2021-06-01")
        return data["portfolios"][0]["whole"]["margin_mean"]

    assert mean("48") / mean("24") == pytest.approx(2**0.5, rel=0.25)


def test_without_netting_a_pair_needs_both_its_legs(panel):
    def pair(offset):
        return result_of(panel, "--class-offset", offset)["portfolios"][1]["whole"]["margin_mean"]

    assert pair("0") > pair("0.8") > pair("1")


def test_netting_and_the_policy_are_reported(panel):
    data = result_of(panel, "--class-offset", "0.8")
    alone, pair = (one["netting"] for one in data["portfolios"])
    assert alone["alone"] == pytest.approx(alone["account"]) and alone["share"] == pytest.approx(0.0)
    assert pair["within_groups"] == pair["within_classes"] == pytest.approx(0.0)
    assert pair["across_classes"] > 0.1 * pair["alone"]
    assert pair["account"] == pytest.approx(pair["alone"] - pair["across_classes"])
    (policy,) = data["policies"]
    assert re.fullmatch("[0-9a-f]{64}", policy["digest"]) and policy["classes"] == ["BTC", "ETH"]
    assert not any("EMIR" in note for note in data["notes"])
    full = result_of(panel)
    # The pool nets, the classes' policy is the same.
    assert [one["digest"] for one in full["policies"]] == [policy["digest"]]
    assert any("EMIR allows 0.8" in note for note in full["notes"])
    assert result_of(panel, "--lookback", "300")["policies"][-1]["digest"] != policy["digest"]


def test_a_straddle_on_a_cheap_coin_is_margined_by_the_engine_too(panel, tmp_path):
    index = tmp_path / "dvol.csv"
    days = markets.np.arange("2020-09-01", "2021-12-01", dtype="datetime64[D]").tolist()
    index.write_text("day,dvol\n" + "".join(f"{day},{50 + place % 7}\n" for place, day in enumerate(days)))
    chosen = ("--portfolio", "straddle-btc", "--dvol", index, "--lookback", "120", "--engine-every", "50")
    result = run("--panel", panel, "--from", "2021-03-01", *chosen, "--json")
    assert result.exit_code == 0, result.stderr
    data = json.loads(result.stdout)
    assert data["engine"]["compared"] >= 4 and data["problems"] == []
    (one,) = data["portfolios"]
    # Call and put of one expiry: what each would need alone, less what one gains where the other loses.
    assert one["netting"]["within_groups"] > 0.3 * one["netting"]["alone"]
    assert one["cost"]["flat"] == []
    page = backtest_page(data)
    assert "each alone" in page and "Flat rates of venues" not in page


def test_the_terminal_and_the_page(panel, tmp_path):
    page = tmp_path / "out.html"
    result = run("--panel", panel, "--from", "2021-03-01", *FAST, "--out", page)
    assert result.exit_code == 0, result.stderr
    for words in ("Coverage (5 % tests)", "Kupiec p", "Netting", "What it costs", "hyperliquid initial", page.name):
        assert words in result.stdout.replace("\n", "") or words in result.stdout
    text = page.read_text()
    assert text.count('id="chart-margin') == 2 and 'id="chart-rolling"' in text and 'id="chart-moves"' in text
    outside = re.sub(r"<script>.*?</script>", "", text, flags=re.S)
    assert "http://" not in outside and "https://" not in outside
    charts = json.loads(re.search(r'id="chart-data">(.*?)</script>', text, re.S).group(1))["figures"]
    traces = {trace["name"]: trace for trace in charts["margin0"]["data"]}
    crosses, losses = traces["exception"], dict(zip(traces["loss"]["x"], traces["loss"]["y"]))
    margins = dict(zip(traces["margin"]["x"], traces["margin"]["y"]))
    assert all(losses[time] >= margins[time] for time in crosses["x"])
    assert [losses[time] for time in crosses["x"]] == crosses["y"]


def test_a_page_refuses_what_is_no_backtest(tmp_path):
    with pytest.raises(ReportError, match="schema None"):
        backtest_page({})
    with pytest.raises(ReportError, match="lacks portfolios"):
        backtest_page({"schema": 1})


def test_a_page_that_cannot_be_written_says_why(panel, tmp_path):
    data = result_of(panel)
    (tmp_path / "file").write_text("")
    with pytest.raises(ReportError, match="file"):
        render_backtest(data, tmp_path / "file" / "page.html")
    assert "<b>bold</b>" not in backtest_page({**data, "notes": ["<b>bold</b>"]})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--portfolio", "nothing"), "built in are"),
        (("--portfolio", "basket13"), "no prices of SOL"),
        (("--portfolio", "straddle-btc"), "give --dvol"),
        (("--from", "soon"), "--from"),
        (("--from", "2031-01-01", "--portfolio", "btc"), "fewer than two steps"),
        (("--horizon", "25", "--portfolio", "btc"), "multiple"),
        (("--lookback", "50"), "at least 99"),
        (("--out", "x.html", "--no-report"), "contradict"),
        (("--confidence", "2"), "confidence"),
    ],
)
def test_wrong_input_is_one_line_and_exit_code_two(panel, options, message):
    result = (
        run("--panel", panel, "--no-report", *options) if "--out" not in options else run("--panel", panel, *options)
    )
    assert result.exit_code == 2
    assert message in result.output and "Traceback" not in result.output
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_missing_panel_is_one_line():
    result = run("--panel", "nowhere.csv", "--no-report")
    assert (result.exit_code, result.stderr.strip()) == (2, "plimsoll: nowhere.csv: no such file")
