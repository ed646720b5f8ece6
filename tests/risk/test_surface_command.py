"""``plimsoll surface`` from the outside: tables, JSON, the page, and one line for what is wrong."""

import json
import math
import re

import numpy as np
import pytest
from click.testing import CliRunner

from plimsoll.cli import main
from plimsoll.pricing import Svi, black76, greeks
from plimsoll.report import ReportError
from plimsoll.report.surface import surface_page
from plimsoll.risk import RiskError
from plimsoll.risk.surfaces import SurfaceConfig, run_surface

START = 1_769_558_400  # 2026-01-28 00:00 UTC
EXPIRIES = {"2026-01-30": 2 + 1 / 3, "2026-02-27": 30 + 1 / 3, "2026-06-26": 149 + 1 / 3}
LEVELS = {"BTC": 90_000.0, "ETH": 3_000.0}


def rows(currency, time, vol, error=0.0):
    """Three expiries of nineteen strikes each; marks at the money are ``error`` away from a smooth smile."""
    forward, found = LEVELS[currency], []
    for expiry, days in EXPIRIES.items():
        years = (days * 86_400 - (time - START)) / (365 * 86_400)
        s = vol * math.sqrt(years)
        smile = Svi(0.5 * s * s, 0.6 * s, -0.3, 0.1 * s, 0.8 * s)
        for z in np.linspace(-2.25, 2.25, 19).tolist():
            strike = forward * math.exp(z * s)
            iv = math.sqrt(float(smile.total_variance(z * s)) / years) + (error if abs(z) < 0.1 else 0.0)
            mark = float(black76(forward, strike, years, iv, z >= 0)) / forward
            found.append(f"{time},{currency},{expiry},{strike:.4f},{'CP'[z < 0]},{mark:.8f},{iv:.8f},{forward}")
    return found


@pytest.fixture(scope="module")
def chains(tmp_path_factory):
    """Two snapshots of BTC and one of ETH; in the second of BTC the marks at the money are five points out of line."""
    lines = ["ts,currency,expiry,strike,cp,mark,iv,fut", *rows("BTC", START, 0.5), *rows("ETH", START, 0.7)]
    lines += rows("BTC", START + 21_600, 0.5, error=0.05)
    few = "{},ETH,2026-12-25,{},C,0.1,0.6,3000"
    lines += [few.format(START, strike) for strike in (2_000, 3_000, 4_000)]
    file = tmp_path_factory.mktemp("chains") / "chains.csv"
    file.write_text("\n".join([*lines, ""]))
    return file


def run(*arguments):
    return CliRunner().invoke(main, ["surface", *(str(argument) for argument in arguments)])


@pytest.fixture(scope="module")
def result(chains):
    found = run(chains, "--json")
    assert found.exit_code == 0, found.stderr
    return json.loads(found.stdout)


def test_json_has_errors_by_maturity_snapshot_and_expiry(result):
    assert (result["snapshots"], result["smiles"], result["strikes"]) == (3, 9, 9 * 19)
    assert result["butterfly"] == result["calendar"] == 0 and result["problems"] == []
    (left_out,) = result["left_out"]
    assert (left_out["expiry"], left_out["why"]) == ("2026-12-25", "3 strikes")
    clean, bent, ether = (
        next(row for row in result["by_snapshot"] if (row["currency"], row["time"]) == key)
        for key in (("BTC", "2026-01-28T00:00Z"), ("BTC", "2026-01-28T06:00Z"), ("ETH", "2026-01-28T00:00Z"))
    )
    for smooth in (clean, ether):
        assert smooth["rmse_vol_points"] < 0.001 and smooth["max_percent"] < 0.001
    # One strike of nineteen is five points out, and the fit goes little of the way to it.
    assert 0.5 < bent["rmse_vol_points"] < 5 / math.sqrt(19)
    assert bent["rmse_vol_points_body"] > bent["rmse_vol_points"]
    own = [row for row in result["by_expiry"] if row["time"] == bent["time"]]
    total = sum(row["strikes"] * row["rmse_vol_points"] ** 2 for row in own) / sum(row["strikes"] for row in own)
    assert bent["rmse_vol_points"] == pytest.approx(math.sqrt(total))
    assert bent["max_usd"] == max(row["max_usd"] for row in own) > 100


def test_the_hedged_error_is_half_gamma_times_the_square_of_the_move(chains):
    small = run_surface(SurfaceConfig(chains, ("ETH",), move=0.001))["by_expiry"]
    for row in small:
        smile = Svi(*(row[name] for name in Svi._fields))
        k = np.linspace(-0.5, 0.5, 2001) * math.sqrt(row["years"])
        vols = np.sqrt(smile.total_variance(k) / row["years"])
        gamma = greeks(row["forward"], row["forward"] * np.exp(k), row["years"], vols, True).gamma.max()
        expected = 0.5 * gamma * (0.001 * row["forward"]) ** 2 / row["forward"] * 100
        assert row["hedged_percent"] == pytest.approx(expected, rel=0.05)


def test_smiles_fitted_alone_are_reported_with_their_arbitrage(tmp_path):
    """The nearer expiry is marked so high that its total variance is above the next one's."""
    lines = ["ts,currency,expiry,strike,cp,mark,iv,fut"]
    high, low = rows("BTC", START, 1.6)[:19], rows("BTC", START, 0.4)[19:]
    file = tmp_path / "crossing.csv"
    file.write_text("\n".join([*lines, *high, *low, ""]))
    alone = run(file, "--unconstrained", "--json")
    assert alone.exit_code == 1
    assert json.loads(alone.stdout)["calendar"] == 1
    assert "1 of 3 smiles cross the next expiry's" in alone.stderr
    held = run(file, "--json")
    assert held.exit_code == 0 and json.loads(held.stdout)["calendar"] == 0


def test_snapshots_and_currencies_are_chosen(chains):
    later = run_surface(SurfaceConfig(chains, start_ms=(START + 1) * 1000))
    assert [row["time"] for row in later["by_snapshot"]] == ["2026-01-28T06:00Z"]
    before = run_surface(SurfaceConfig(chains, ("BTC",), end_ms=(START + 21_600) * 1000))
    assert [(row["currency"], row["time"]) for row in before["by_snapshot"]] == [("BTC", "2026-01-28T00:00Z")]
    with pytest.raises(RiskError, match="move is 1.0"):
        run_surface(SurfaceConfig(chains, move=1.0))


def test_the_terminal_and_the_page(chains, result, tmp_path):
    page = tmp_path / "page.html"
    printed = run(chains, "--out", page)
    assert printed.exit_code == 0, printed.stderr
    for words in ("Absolute errors by maturity", "BTC at 2026-01-28T06:00Z, the latest", "hedged", "none in any smile"):
        assert words in printed.stdout
    text = page.read_text()
    outside = re.sub(r"<script>.*?</script>", "", text, flags=re.S)
    assert "http://" not in outside and "https://" not in outside
    charts = json.loads(re.search(r'id="chart-data">(.*?)</script>', text, re.S).group(1))["figures"]
    assert list(charts) == ["smiles0", "variance0", "smiles1", "variance1", "errors"]
    marks, lines = charts["smiles0"]["data"][0], charts["smiles0"]["data"][1]
    assert len(marks["x"]) == 19 and len(lines["x"]) > 19
    # Where there is a mark the line passes near it, save the one that is five points out of line.
    near = np.abs(np.interp(marks["x"], lines["x"], lines["y"]) - marks["y"])
    assert np.sort(near)[-2] < 0.03 and near.max() > 0.02
    variances = charts["variance0"]["data"]
    middle = [trace["y"][len(trace["y"]) // 2] for trace in variances]
    assert middle == sorted(middle) and len(middle) == 3
    with pytest.raises(ReportError, match="schema None"):
        surface_page({})
    with pytest.raises(ReportError, match="lacks latest"):
        surface_page({"schema": 1})
    assert "<b>bold</b>" not in surface_page({**result, "file": "<b>bold</b>"})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--currency", "SOL"), "no options on SOL; it has: BTC, ETH"),
        (("--from", "2030-01-01"), "no snapshot in that time; it has 2026-01-28T00:00:00Z"),
        (("--from", "soon"), "--from"),
        (("--move", "0"), "move is 0.0"),
        (("--move", "nan"), "move is nan"),
        (("--out", "x.html", "--no-report"), "contradict"),
    ],
)
def test_wrong_input_is_one_line_and_exit_code_two(chains, options, message):
    found = run(chains, *options) if "--out" in options else run(chains, "--no-report", *options)
    assert found.exit_code == 2
    (line,) = found.stderr.strip().splitlines()
    assert message in line


def test_files_that_are_no_chain(tmp_path):
    assert "no such file" in run(tmp_path / "absent.csv", "--no-report").stderr
    assert "is a directory" in run(tmp_path, "--no-report").stderr
    (tmp_path / "other.csv").write_text("ts,BTC\n0,1\n")
    assert "no column currency" in run(tmp_path / "other.csv", "--no-report").stderr
