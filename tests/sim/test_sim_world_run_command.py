"""``plimsoll sim``: a range with its one line, one world with its story, failures kept and replayed, Ctrl-C."""

import json

import pytest
from click.testing import CliRunner

from plimsoll.cli import main
from plimsoll.sim.world import many

SUSPICIOUS = "tests.sim.test_sim_world_run:Suspicious"
SHORT = ("--blocks", 2)


def run(*arguments):
    return CliRunner().invoke(main, ["sim", *(str(argument) for argument in arguments)])


def test_a_range_ends_with_one_line_and_is_the_same_again():
    result = run("--seeds", "0:2", *SHORT, "--coverage")
    assert result.exit_code == 0, result.stderr
    last = result.stdout.splitlines()[-1]
    assert last.startswith("2 of 2 worlds, ")
    assert last.endswith(" 0 failures")
    assert "Not reached" in result.stdout
    one, two = (run("--seeds", "0:2", *SHORT, "--json").stdout for _ in range(2))
    assert one == two
    data = json.loads(one)
    assert data["worlds"] == 2
    assert data["failures"] == []
    assert sum(data["answers"].values()) == data["commands"]
    assert "withdrawals_must_not_be_gated" in data["missing"]["answers"]


def test_one_world_tells_its_story():
    result = run("--seed", 1, *SHORT)
    assert result.exit_code == 0, result.stderr
    assert "instrument 1 is listed" in result.stdout
    assert result.stdout.splitlines()[-1].startswith("seed 1: ")


def test_a_failing_world_is_kept_and_replayed(tmp_path):
    result = run("--seeds", "3:4", "--blocks", 80, "--witness", SUSPICIOUS, "--keep", tmp_path)
    assert result.exit_code == 1
    (path,) = tmp_path.glob("*.world")
    assert path.name == "witness_must_agree-3.world"
    assert f"seed 3 fails witness_must_agree: somebody withdraws (plimsoll sim --replay {path})" in result.stderr
    replayed = run("--replay", path, "--witness", SUSPICIOUS)
    assert (replayed.exit_code, "somebody withdraws" in replayed.stderr) == (1, True)
    assert run("--replay", path).exit_code == 0


def test_an_interrupt_leaves_what_was_found(monkeypatch):
    real = many.run_world

    def interrupted(world, **options):
        if world.seed == 1:
            raise KeyboardInterrupt
        return real(world, **options)

    monkeypatch.setattr(many, "run_world", interrupted)
    result = run("--seeds", "0:5", *SHORT)
    assert result.exit_code == 130
    assert result.stdout.splitlines()[-1].startswith("1 of 5 worlds, ")
    assert result.stdout.splitlines()[-1].endswith(", interrupted")


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        ((), "give one of --seeds"),
        (("--seed", 1, "--canary"), "give one of --seeds"),
        (("--seeds", "5:5"), "no range of seeds"),
        (("--seeds", "a:b"), "no range of seeds"),
        (("--seed", 1, "--witness", "nowhere:Nobody"), "cannot be imported"),
        (("--replay", "nowhere.world"), "nowhere.world"),
    ],
)
def test_what_is_no_use_is_refused_in_one_line(arguments, wrong):
    result = run(*arguments)
    assert result.exit_code == 2
    assert wrong in result.stderr
    assert len(result.stderr.splitlines()) == 1
