import json

from click.testing import CliRunner
from tests.sim.crash import crash_of_an_hour

from plimsoll.cli import main
from plimsoll.sim.mechanism_variants import VARIANTS

SMALL = ("replay", "--mechanisms", "--accounts", 120, "--seed", 3, "--step", 150)


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_mechanisms_run_side_by_side_each_with_a_journal_that_verifies(tmp_path):
    file = crash_of_an_hour(tmp_path)
    out, journal = tmp_path / "mechanisms.html", tmp_path / "journal"
    result = run(*SMALL, "--candles", file, "--out", out, "--journal", journal, "--json")
    assert result.exit_code == 0, result.stderr
    data = json.loads(result.stdout)
    assert [one["mechanism"] for one in data["mechanisms"]] == list(VARIANTS)
    for one in data["mechanisms"]:
        assert one["verification"]["ok"]
        assert one["verification"]["root"] == one["root"]
    assert run("verify", journal / "batch", "--root", data["mechanisms"][2]["root"]).exit_code == 0
    page = out.read_text(encoding="utf-8")
    for name in VARIANTS:
        assert name.replace("_", " ") in page


def test_the_terminal_shows_times_payers_and_what_deleveraging_took():
    result = run(*SMALL, "--hours", 0.25, "--no-report", "--no-verify")
    assert result.exit_code == 0, result.stderr
    for words in ("adl_pro_rata", "in excess", "hedges broken", "tranches", "The default chain"):
        assert words in result.stdout


def test_presets_and_mechanisms_are_two_questions():
    result = run(*SMALL, "--preset", "dydx_v4")
    assert result.exit_code == 2
    assert result.stderr.splitlines() == ["plimsoll: --preset and --mechanisms contradict each other"]
