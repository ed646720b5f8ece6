"""Failing worlds: made small, written as text, read again, and failing as before."""

import pytest
from tests.sim.streaming import StreamWorld
from tests.sim.test_sim_world_run import Suspicious

from plimsoll.engine.genesis import DEFAULT_POLICY
from plimsoll.sim.world.kept import KeptWorld, KeptWorldError, read_world, text_of, write_world
from plimsoll.sim.world.run import WITNESS, run_world
from plimsoll.sim.world.shrink import fewest, shrink


def test_fewest_leaves_what_a_failure_needs():
    assert fewest(range(100), lambda kept: 13 in kept and 77 in kept) == [13, 77]
    assert fewest([1], lambda kept: True) == [1]


def test_a_failing_world_is_made_small_and_fails_again_from_its_file(tmp_path):
    outcome = run_world(StreamWorld(0, blocks=60), witness=Suspicious, crashes=False)
    small = shrink(outcome, Suspicious)
    # Accounts are opened in order, so those before the one that withdraws are needed; its deposit is, too.
    assert sum(batch.commands.size for batch in small.batches) < outcome.commands / 4
    assert len([name for name in DEFAULT_POLICY if small.policy[name] != DEFAULT_POLICY[name]]) <= 1
    path = tmp_path / "kept" / "one.world"
    write_world(path, small)
    again = read_world(path)
    assert (again.seed, again.check, again.policy) == (0, WITNESS, small.policy)
    assert text_of(again) == path.read_text()
    failed = run_world(again, witness=Suspicious)
    assert failed.failure.check == WITNESS
    assert run_world(read_world(path)).failure is None


def test_a_whole_world_is_the_same_from_its_file(tmp_path):
    outcome = run_world(StreamWorld(2, blocks=15))
    write_world(tmp_path / "whole.world", KeptWorld(outcome.seed, outcome.policy, outcome.batches))
    again = run_world(read_world(tmp_path / "whole.world"))
    assert (again.root, again.commands) == (outcome.root, outcome.commands)


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("deposit id=1 cash=5", "line 2: 'cash' is not a field"),
        ("deposit id=x", "line 2: invalid literal"),
        ("borrow id=1", "line 2: invalid literal"),
        ("policy mood=1", "line 2: 'mood' is not a field"),
        ("deposit id=1 with kind=2", "line 2: deposit has no row of parameters"),
    ],
)
def test_a_file_that_is_no_world_is_refused(tmp_path, line, wrong):
    path = tmp_path / "bad.world"
    path.write_text(f"seed 1\n{line}\n")
    with pytest.raises(KeptWorldError, match=wrong):
        read_world(path)
