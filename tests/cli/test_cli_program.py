import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

import plimsoll
from plimsoll.cli import main
from plimsoll.units.messages import COMMAND_DEPOSIT
from plimsoll.venue import records

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "command-line.md").read_text()
COMMAND = [sys.executable, "-m", "plimsoll.cli"]


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_help_loads_nothing_heavy():
    code = """
import sys
from plimsoll.cli import main
try:
    main(["replay", "--help"])
except SystemExit as left:
    assert left.code == 0
heavy = {"numpy", "numba", "pydantic", "rich", "polars"} & set(sys.modules)
sys.exit(f"loaded {heavy}" if heavy else 0)
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "--candles" in result.stdout


def test_the_program_says_its_version_and_what_it_does_not_know():
    assert run("--version").stdout == f"plimsoll {plimsoll.__version__}\n"
    assert run("--help").exit_code == 0
    unknown = run("liquidate")
    assert (unknown.exit_code, unknown.stderr) == (2, "plimsoll: No such command 'liquidate'.\n")


def test_the_page_lists_every_command_once_and_in_the_order_of_its_sections():
    listed = re.findall(r"^\| \[`plimsoll (\w+)[^`]*`\]\(#(\w+)\) \|", PAGE, re.MULTILINE)
    sections = re.findall(r"^## (\w+)$", PAGE, re.MULTILINE)
    assert listed == [(name, name) for name in sections]
    assert sorted(sections) == sorted(main.commands)


def test_every_option_is_on_the_page():
    for name, command in main.commands.items():
        section = PAGE.split(f"\n## {name}\n")[1].split("\n## ")[0]
        for option in command.params:
            for text in option.opts:
                if text.startswith("--"):
                    assert text in section or text in PAGE.split("\n## ")[0], (name, text)


SMALL = ("replay", "--accounts", 300, "--hours", 0.25, "--seed", 3)


def test_replay_journals_verifies_and_reports(tmp_path):
    pytest.importorskip("plotly")
    page, kept = tmp_path / "out" / "report.html", tmp_path / "journal"
    result = run(*SMALL, "--out", page, "--journal", kept, "--json")
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    data = json.loads(result.stdout)
    assert data["verification"]["ok"]
    assert data["verification"]["root"] == data["root"]
    assert data["verification"]["sequence"] == data["commands"]["total"] == data["journal"]["records"]
    assert data["identities"]["broken"] == []
    assert "<html" in page.read_text()
    assert json.loads(run("verify", kept, "--json").stdout)["root"] == data["root"]
    with plimsoll.Pool.open(kept) as pool:
        assert list(pool.instruments)[:5] == ["BTC-INDEX", "BTC-PERP", "ETH-PERP", "BTC", "ETH"]
        assert pool.instrument("BTC-13MAR20-8000-P").strike == 8000
        assert pool.root == data["root"]
    again = run(*SMALL, "--no-report", "--no-verify")
    assert again.exit_code == 0
    for words in (
        data["root"],
        "margin calls",
        "liquidations",
        "from breach to closed",
        "fund before, after",
        "bad debt",
    ):
        assert words in again.stdout
    alone = json.loads(run(*SMALL, "--no-desk", "--json").stdout)
    assert (alone["desk"], alone["tables"]) == (None, None)
    assert data["desk"]["accounts"]["makers"] == 4
    occupied = run(*SMALL, "--journal", kept, "--no-report")
    assert (occupied.exit_code, occupied.stdout) == (2, "")
    assert "holds a journal" in occupied.stderr
    assert run("verify", kept).exit_code == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--seed", "x"), "--seed"),
        (("--seed", -1), "--seed"),
        (("--accounts", 0), "--accounts"),
        (("--accounts", "1e400"), "--accounts"),
        (("--accounts", 5), "public"),
        (("--hours", "nan"), "--hours"),
        (("--hours", 0), "--hours"),
        (("--step", 7), "step"),
        (("--fund", "NaN"), "NaN"),
        (("--fund", "-1"), "negative"),
        (("--fund", "1.00000001"), "finer"),
        (("--candles", "absent.csv"), "absent.csv"),
        (("--pool", "absent.toml"), "absent.toml"),
        (("--symbol", "BTCUSDT"), "give --candles"),
        (("--to", "2020-01-01"), "give --candles"),
        (("--candles", "absent.csv", "--from", "then"), "not an ISO time"),
        (("--out", "report.html"), "contradict"),
    ],
)
def test_replay_refuses_what_is_no_use_and_leaves_nothing_behind(tmp_path, options, words):
    result = run("replay", "--no-report", "--journal", tmp_path / "journal", *options)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert words in line
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / "mine.txt").write_text("")
    assert run("replay", "--no-report", "--journal", tmp_path / "journal", *options).exit_code == 2
    assert [path.name for path in (tmp_path / "journal").iterdir()] == ["mine.txt"]


def test_a_report_that_cannot_be_written_is_refused_before_the_run(tmp_path):
    (tmp_path / "file").write_text("")
    for out in (tmp_path, tmp_path / "file" / "report.html"):
        result = run("replay", "--out", out)
        assert result.exit_code == 2
        assert "--out" in result.stderr


def test_a_closed_pipe_ends_quietly(tmp_path):
    with plimsoll.Pool.open(tmp_path / "pool") as pool:
        account = pool.account(owner=1)
        pool.submit(records(COMMAND_DEPOSIT, account=account.number, counterparty=1, amount=[1_000_000] * 2000))
    command = [*COMMAND, "inspect", str(tmp_path / "pool"), "--events", "5000"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
        process.wait()


def test_an_interrupt_is_one_line_and_leaves_nothing_behind(tmp_path):
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    command = [*COMMAND, "replay", "--no-report"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        for _ in range(600):
            if any(path.stat().st_size for path in tmp_path.glob("plimsoll-replay-*/journal-*.plim")):
                break
            time.sleep(0.05)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        out, error = process.communicate()
    assert process.returncode == 130
    assert out == ""
    assert error.split("\n")[-2:] == ["plimsoll: interrupted", ""]
    assert "Traceback" not in error
    assert list(tmp_path.iterdir()) == []


def test_exit_codes_of_the_page_are_those_of_the_code():
    from plimsoll.cli import program

    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)}
    assert codes == {program.OK, program.NO, program.WRONG_INPUT, program.INTERRUPTED}
