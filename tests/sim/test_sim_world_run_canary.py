"""Every check that guards the engine can fail: a bug is planted for each, and the check named for it says so."""

from tests.sim.streaming import KEPT

from plimsoll.sim.world.auditing import AUDITOR, IDENTITIES, IDS
from plimsoll.sim.world.canary import BUGS, NONE, release
from plimsoll.sim.world.checks import CHECKS
from plimsoll.sim.world.crash import DURABLE
from plimsoll.sim.world.run import HALTED

SEEDS = range(len(KEPT) + 5)


def test_every_planted_bug_is_caught_by_the_check_named_for_it():
    found = release([NONE, *BUGS], SEEDS, "tests.sim.streaming:canary_world")
    caught = {bug: what["check"] for bug, what in found.items()}
    assert caught == {NONE: None, **{name: bug.caught_by for name, bug in BUGS.items()}}, found


def test_every_check_has_a_bug():
    due = {*CHECKS, IDENTITIES, AUDITOR, IDS, DURABLE, HALTED}
    assert {bug.caught_by for bug in BUGS.values()} == due
