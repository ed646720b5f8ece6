import json

import pytest
from click.testing import CliRunner

from plimsoll.cli import main

SMALL = ("replay", "--accounts", 200, "--hours", 0.2, "--seed", 3)
TWO = ("--preset", "hyperliquid", "--preset", "paradex_pm")


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_presets_run_side_by_side_each_with_a_journal_that_verifies(tmp_path):
    out, journal = tmp_path / "comparison.html", tmp_path / "journal"
    result = run(*SMALL, *TWO, "--out", out, "--journal", journal, "--json")
    assert result.exit_code == 0, result.stderr
    data = json.loads(result.stdout)
    assert [one["preset"] for one in data["presets"]] == ["hyperliquid", "paradex_pm"]
    for one in data["presets"]:
        assert one["verification"]["ok"]
        assert one["verification"]["root"] == one["root"]
        assert run("verify", journal / one["preset"], "--root", one["root"]).exit_code == 0
    assert "paradex_pm" in out.read_text(encoding="utf-8")
    names = json.loads(run("inspect", journal / "paradex_pm", "--json").stdout)["instruments"]
    assert [one["name"] for one in names] == ["BTC-INDEX", "ETH-INDEX", "BTC-PERP", "ETH-PERP"]


def test_the_terminal_shows_refusals_and_who_paid():
    result = run(*SMALL, *TWO, "--no-report", "--no-verify")
    assert result.exit_code == 0, result.stderr
    for words in (
        "The opening",
        "The crash",
        "Refused at the start, by rule",
        "margin initial must be covered",
        "note",
    ):
        assert words in result.stdout


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--preset", "nobody"), "presets: dydx_v4, drift_v2"),
        (("--preset", "dydx_v4", "--preset", "dydx_v4"), "give each preset once"),
    ],
)
def test_a_preset_that_cannot_run_is_refused_in_one_line(tmp_path, options, words):
    result = run(*SMALL, *options, "--no-report", "--journal", tmp_path / "journal")
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert words in line
    assert not (tmp_path / "journal").exists()


def test_a_journal_that_is_there_is_not_written_over(tmp_path):
    (tmp_path / "hyperliquid").mkdir()
    result = run(*SMALL, "--preset", "hyperliquid", "--no-report", "--journal", tmp_path)
    assert result.exit_code == 2
    assert "exists; give a new directory" in result.stderr
