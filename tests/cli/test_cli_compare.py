"""``plimsoll compare``: the file's options, what is printed, what is refused, the page, and the worked number."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from plimsoll.cli import main
from plimsoll.presets import PRESETS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "compare.md").read_text()
MARKS = {"BTC": 60000, "BTC-PERP": 60000}
LONG = {"instrument": "BTC-PERP", "quantity": 1, "entry": 58500}
CALL = {"coin": "BTC", "strike": 66000, "type": "call", "days": 7, "quantity": -1, "vol": 0.6}
SRM = ("--preset", "derive_srm")
DYDX = ("--preset", "dydx_v4")


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def compared(tmp_path, portfolio, *options):
    path = tmp_path / "portfolio.json"
    path.write_text(portfolio if isinstance(portfolio, str) else json.dumps(portfolio))
    return run("compare", path, *options)


def answer(tmp_path, portfolio, *options):
    result = compared(tmp_path, portfolio, "--json", *options)
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    return json.loads(result.stdout)


def held(**changes):
    return {"cash": 20000, "marks": MARKS, "positions": [LONG], **changes}


def option(**changes):
    return {name: value for name, value in (CALL | changes).items() if value is not None}


def test_the_worked_number_of_the_page(tmp_path):
    (snippet,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    path = tmp_path / "portfolio.toml"
    path.write_text(snippet)
    names = ("hyperliquid", "derive_srm", "paradex_pm")
    result = run("compare", path, "--json", *(word for name in names for word in ("--preset", name)))
    told = {one["preset"]: one for one in json.loads(result.stdout)["presets"]}
    rows = re.findall(r"^\| `(\w+)` \| ([\d,.]+) \| ([\d,.]+) \| ([\d,.]+) \| ([\d,.]+) \|$", PAGE, re.MULTILINE)
    assert [row[0] for row in rows] == list(names)
    for name, *figures in rows:
        keys = ("equity", "initial", "maintenance", "liquidation_below")
        assert [f"{float(told[name][key]):,.2f}" for key in keys] == figures
        assert told[name]["liquidation_above"] is None


def test_the_library_s_example_on_the_page_runs(capsys):
    (snippet,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(snippet, "docs/compare.md", "exec"), {})
    told = dict(line.split(" ", 1) for line in capsys.readouterr().out.splitlines())
    assert told["dydx_v4"] == "it lists no options"
    # Less than the contract alone is asked for (tests/presets/test_compare.py).
    assert 0 < float(told["deribit_pm"]) < 10_200 and 0 < float(told["derive_pmrm2"]) < 13_200


def test_all_presets_of_the_example_are_told_and_none_is_dropped():
    result = run("compare", ROOT / "examples" / "options.toml", "--no-report")
    assert (result.exit_code, result.stderr) == (0, "")
    margin, missing = result.stdout.split("Not covered")
    for name in PRESETS:
        assert (name in margin) != (name in missing)
    assert missing.count("it lists no options") == 4
    for words in (
        "gross notional",
        "initial",
        "maintenance",
        "leverage",
        "at most",
        "below",
        "above",
        "BTC-PERP 90,050.00",
    ):
        assert words in margin
    assert "report             none" in margin


def test_json_has_every_figure_and_the_curve(tmp_path):
    data = answer(tmp_path, held(), *DYDX, "--preset", "derive_srm")
    assert data["main"] == {"coin": "BTC", "instrument": "BTC-PERP", "price": "60000"}
    assert (data["gross_notional"], data["settlement"], data["report"], data["notes"]) == ("60000", "USDC", None, [])
    first, second = data["presets"]
    assert (first["preset"], second["preset"]) == ("dydx_v4", "derive_srm")
    assert first["covered"] and first["reason"] is None
    assert [first[name] for name in ("equity", "initial", "maintenance", "state")] == [
        "21500",
        "3000",
        "1800",
        "healthy",
    ]
    # 20,000 + p - 58,500 = 0.03 p
    assert (first["liquidation_below"], first["liquidation_above"]) == ("39690.721649", None)
    assert first["searched_above"] == "600000"
    sizes = {len(values) for values in first["curve"].values()}
    assert list(first["curve"]) == ["price", "equity", "maintenance", "buffer"]
    assert sizes.pop() > 40 and not sizes
    assert first["differences"] and first["source"]


def test_a_file_serves_both_commands_where_it_can(tmp_path):
    path = tmp_path / "portfolio.json"
    path.write_text(json.dumps(held()))
    assert json.loads(run("margin", path, "--json").stdout)["equity"] == "21500"
    assert answer(tmp_path, held(), *DYDX)["presets"][0]["equity"] == "21500"
    own = {"name": "SOL-PERP", "lot": "0.001", "mark_max": "10000", "initial": "0.1", "maintenance": "0.05"}
    (note,) = answer(tmp_path, held(instruments=[own]), *DYDX)["notes"]
    assert "not used here" in note
    result = run("margin", ROOT / "examples" / "options.toml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "plimsoll compare" in result.stderr and len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "same",
    [
        {"days": None, "seconds": 604800},
        {"days": None, "expiry": "2026-01-09T08:00:00Z"},
        {"days": None, "expiry": "9JAN26"},
        {"coin": None, "strike": None, "type": None, "days": None, "name": "BTC-9JAN26-66000-C"},
        {"coin": None, "strike": None, "type": None, "days": None, "name": "BTC-20260109-66000-C"},
        {"name": "mine"},
    ],
)
def test_an_option_may_be_told_in_several_ways(tmp_path, same):
    from plimsoll.cli.holdings import book_of
    from plimsoll.cli.portfolio import read_portfolio

    def options(**changes):
        path = tmp_path / "portfolio.json"
        path.write_text(json.dumps(held(time="2026-01-02T08:00:00Z", options=[option(**changes)])))
        return book_of(read_portfolio(path)).options

    (one,), (other,) = options(), options(**same)
    names = ("coin", "strike", "is_call", "seconds", "vol", "quantity")
    assert [getattr(one, name) for name in names] == [getattr(other, name) for name in names]
    assert (one.seconds, other.name) == (604_800, same.get("name", "BTC 66000 call in 604800 s"))


def test_a_bare_time_of_toml_is_a_time(tmp_path):
    path = tmp_path / "portfolio.toml"
    path.write_text(
        "cash = 20000\ntime = 2026-01-02T08:00:00Z\n[marks]\nBTC = 60000\n"
        "[[options]]\ncoin = 'BTC'\nstrike = 66000\ntype = 'call'\nexpiry = 2026-01-09T08:00:00Z\n"
        "vol = 0.6\nquantity = -1\n"
    )
    result = run("compare", path, *SRM, "--no-report")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "7,800.00" in result.stdout


@pytest.mark.parametrize(
    ("portfolio", "words"),
    [
        ('{"cash": NaN}', "NaN is not a number"),
        ('{"cash": 1}', "nothing is held"),
        (held(marks={"BTC-PERP": 0}), "marks.BTC-PERP: must be above 0"),
        (held(marks={}), "BTC-PERP has no price"),
        (held(marks={**MARKS, "USDC": 0}), "must be above 0"),
        (held(collateral={"USDC": 1}), "USDC goes under cash"),
        (held(time="then"), "time: 'then' is not an ISO time"),
        (held(positions=[{**LONG, "entry": 0}]), "its price must be above 0"),
        (held(cash="1e40"), "cash: 1E+40 is too large"),
        (held(leverage_cap=0), "leverage_cap: must be at least"),
        (held(options=[option(vol=0)]), "vol must be above 0"),
        (held(options=[option(vol="1e3")]), "at most 10"),
        (held(options=[option(strike=0)]), "strike must be above 0"),
        (held(options=[option(days=0)]), "options[0]: time to expiry must be from a second"),
        (held(options=[option(days=4000)]), "to 3650 days"),
        (held(options=[option(days=None)]), "one of expiry, days, seconds"),
        (held(options=[option(seconds=5)]), "one of expiry, days, seconds"),
        (held(options=[option(type="straddle")]), "options[0].type"),
        (held(options=[option(vol=None)]), "options[0].vol"),
        (held(options=[option(coin="SOL")]), "SOL has no price"),
        (held(options=[option(), option()]), "it is there twice"),
        (held(options=[option(days=None, expiry="9JAN26")]), 'time = "2026-01-02T08:00:00Z"'),
        (held(time="2026-02-01", options=[option(days=None, expiry="9JAN26")]), "it expired at 2026-01-09T08:00:00"),
        (
            held(time="2026-02-01", options=[{"name": "BTC-31FEB26-1-C", "vol": 1, "quantity": 1}]),
            "'31FEB26' is no day",
        ),
        (held(time="2026-02-01", options=[{"name": "BTC-1MAY26-1.1.1-C", "vol": 1, "quantity": 1}]), "is no strike"),
        (held(time="2026-02-01", options=[option(name="BTC-1MAY26-1-C")]), "give them there alone"),
        (held(options=[{"name": "mine", "vol": 1, "quantity": 1}]), "give a name like BTC-27MAR26-60000-C"),
    ],
)
def test_a_file_that_is_no_use_is_refused_in_one_line(tmp_path, portfolio, words):
    result = compared(tmp_path, portfolio, *SRM, "--no-report")
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    (line,) = result.stderr.splitlines()
    assert words in line
    assert "portfolio.json" in line


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--preset", "ftx"), "no preset 'ftx'; known: dydx_v4, drift_v2, hyperliquid"),
        (("--coin", "ETH"), "no 'ETH' is held; coins: BTC"),
        (("--out", "x.html", "--no-report"), "contradict"),
        (("--out", "."), "is a directory"),
    ],
)
def test_options_that_are_no_use(tmp_path, options, words):
    result = compared(tmp_path, held(), *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"positions": [{**LONG, "quantity": "1e9"}]}, "is more than the engine holds"),
        ({"positions": [{**LONG, "instrument": "XYZ-PERP"}], "marks": {"XYZ-PERP": 1}}, "XYZ-PERP is not listed"),
        ({"options": [option()]}, "it lists no options"),
    ],
)
def test_where_no_venue_covers_it_the_answer_is_no_with_every_reason(tmp_path, changes, words):
    result = compared(tmp_path, held(**changes), *DYDX, "--json")
    assert result.exit_code == 1
    assert result.stderr == "plimsoll: no preset covers this portfolio\n"
    (one,) = json.loads(result.stdout)["presets"]
    assert (one["covered"], "equity" in one) == (False, False)
    assert words in one["reason"]
    shown = compared(tmp_path, held(**changes), *DYDX, "--no-report")
    assert shown.exit_code == 1
    assert "Not covered" in shown.stdout and "Margin" not in shown.stdout


def test_an_account_in_breach_is_shown_as_liquidated_now(tmp_path):
    result = compared(tmp_path, held(cash=0, positions=[{**LONG, "entry": 59000}]), *DYDX, "--no-report")
    assert result.exit_code == 0
    assert re.search(r"dydx_v4 +liquidating +1,000.00 +3,000.00 +1,800.00 +60.00x +20.00x", result.stdout)
    assert re.search(r"dydx_v4 +now +now", result.stdout)


def test_the_page_holds_the_tables_and_the_charts(tmp_path):
    pytest.importorskip("plotly")
    out = tmp_path / "new" / "compare.html"
    result = compared(
        tmp_path, held(settlement="<b>"), *DYDX, "--preset", "derive_pmrm", "--preset", "synthetix_v3", "--out", out
    )
    assert result.exit_code == 0, result.output
    page = out.read_text()
    data = json.loads(re.search(r'<script type="application/json" id="chart-data">(.*?)</script>', page)[1])["figures"]
    assert set(data) == {"requirements", "ranges", "buffers"}
    bars = {trace["name"]: trace["y"] for trace in data["requirements"]["data"]}
    assert (bars["initial"][0], bars["maintenance"][0], bars["equity"][0]) == (3000, 1800, 21500)
    assert data["ranges"]["data"][0]["x"] == pytest.approx([39690.721649, 120000])
    for trace in data["buffers"]["data"]:
        assert trace["x"] == sorted(trace["x"]) and len(trace["x"]) == len(trace["y"])
    colors = set(re.findall(r'"@(\w+)"', json.dumps(data)))
    assert colors <= set(re.findall(r"(\w+): \"#", page))
    assert "&lt;b&gt;" in page and "<b>" not in page.split("<script>")[0]
    assert "default-src 'none'" in page and "src=" not in page.split("<script>")[0]
    for name in ("dydx_v4", "derive_pmrm", "synthetix_v3"):
        assert f"<td>{name}</td>" in page


def test_a_page_without_a_venue_says_so(tmp_path):
    pytest.importorskip("plotly")
    out = tmp_path / "compare.html"
    assert compared(tmp_path, held(options=[option()]), *DYDX, "--out", out).exit_code == 1
    page = out.read_text()
    assert "it lists no options" in page and "Side by side" not in page
    (tmp_path / "file").write_text("")
    wrong = compared(tmp_path, held(), *DYDX, "--out", tmp_path / "file" / "x.html")
    assert wrong.exit_code == 2 and len(wrong.stderr.splitlines()) == 1


def test_without_the_extra_it_says_which_to_install():
    code = "import sys; sys.modules['scipy'] = None; from plimsoll.cli import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", code, "compare", str(ROOT / "examples" / "options.toml"), "--no-report"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "plimsoll: pricing options needs scipy: install plimsoll[risk]\n"
