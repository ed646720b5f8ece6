"""Worlds through the runner: every check, the auditor, a witness, and a journal that keeps crashing."""

from collections import Counter

import pytest
from tests.reference.witness import ReferenceWitness
from tests.sim.streaming import KEPT, StreamWorld

from plimsoll.engine import Engine
from plimsoll.sim.world.checks import CHECKS, CheckFailed
from plimsoll.sim.world.crash import FAULTS, RECOVERED, CrashingVenue
from plimsoll.sim.world.disk import torn
from plimsoll.sim.world.kept import read_world
from plimsoll.sim.world.run import WITNESS, run_world
from plimsoll.units.codes import OK


@pytest.mark.parametrize("seed", range(4))
def test_a_world_holds_every_check_and_agrees_with_the_reference_model(seed):
    outcome = run_world(StreamWorld(seed, blocks=20), witness=ReferenceWitness)
    assert outcome.failure is None
    assert 0.5 * outcome.commands < outcome.accepted < outcome.commands
    assert outcome.reached.words["EVENT", 1] > 0


def test_one_seed_is_one_outcome():
    one, two = (run_world(StreamWorld(5, blocks=20)) for _ in range(2))
    assert (one.root, one.story, one.faults) == (two.root, two.story, two.faults)
    assert one.story
    assert one.root != run_world(StreamWorld(9, blocks=20)).root


def test_crashes_change_nothing_but_the_faults():
    with_them, without = (run_world(StreamWorld(3, blocks=20), crashes=crashes) for crashes in (True, False))
    assert with_them.root == without.root
    assert with_them.faults.total() > without.faults.total()


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_a_kept_world_passes_now(path):
    world = read_world(path)
    assert world.check in CHECKS
    outcome = run_world(world, witness=ReferenceWitness)
    assert outcome.failure is None
    assert outcome.commands == sum(batch.commands.size for batch in world.batches)


class Suspicious:
    """A witness that does not like withdrawals."""

    def __init__(self, policy):
        assert policy

    def see(self, batch, codes, pool):
        liked = all(code != OK or kind != 5 for kind, code in zip(batch.commands["kind"], codes))
        return [] if liked else ["somebody withdraws"]


def test_a_witness_that_disagrees_ends_the_world():
    outcome = run_world(StreamWorld(0, blocks=60), witness=Suspicious, crashes=False)
    assert outcome.failure.check == WITNESS
    assert outcome.failure.text == "somebody withdraws"
    assert outcome.failure.batch == len(outcome.batches) - 1


def batches_of(seed, blocks):
    world = StreamWorld(seed, blocks)
    batches = world.opening()
    while not world.finished:
        batches += world.step(None)
    return world.policy, batches


def test_a_crash_at_every_batch_loses_nothing(tmp_path):
    faults, cut = Counter(), 0
    for seed in range(2):
        policy, batches = batches_of(seed, 30)
        engine = Engine.create(policy)
        with CrashingVenue(tmp_path / str(seed), seed, policy, rate=1.0) as venue:
            for batch in batches:
                venue.submit(batch, engine.apply(batch.commands, batch.payload), engine)
            venue.finish(engine)
        faults += venue.faults
        cut += venue.cut_bytes
    assert set(faults) == set(FAULTS)
    assert faults.total() >= 50
    # Torn frames were found and cut.
    assert cut > 0


def test_another_history_is_noticed_at_the_next_fault(tmp_path):
    policy, batches = batches_of(1, 3)
    engine, other = Engine.create(policy), Engine.create(policy)
    with CrashingVenue(tmp_path, 1, policy, rate=1.0) as venue:
        codes = engine.apply(batches[0].commands, batches[0].payload)
        with pytest.raises(CheckFailed, match=RECOVERED):
            venue.submit(batches[0], codes, other)


class Coin:
    """Stands for a random stream whose draws are known."""

    def __init__(self, at, which):
        self.draws = [at, which]

    def randrange(self, end):
        return self.draws.pop(0)


def test_a_torn_write_leaves_one_end_of_it():
    assert torn(b"....", b"abcd", Coin(1, 0)) == b"a..."
    assert torn(b"....", b"abcd", Coin(1, 1)) == b".bcd"
