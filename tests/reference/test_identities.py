"""The identities of the books after every command of seeded streams; the streams must be worth something."""

from collections import Counter
from random import Random

import pytest

from plimsoll.units import codes
from plimsoll.units import messages as m

from . import ReferencePool
from .build import PERCENT
from .identities import broken_identities
from .pot_streams import POT_WORLDS, PotStream, pot_policy
from .streams import Stream, policy_of

POLICY = {
    "fund_share": 50 * PERCENT,
    "call_buffer": 25 * PERCENT,
    "call_deadline": 60_000,
    "exit_buffer": 10 * PERCENT,
    "backstop_after": 30_000,
    "backstop_ratio": 50 * PERCENT,
    "profit_haircut": 10 * PERCENT,
    "depeg_threshold": 99 * PERCENT,
    "depeg_factor": 100 * PERCENT,
    "gap_max": 1_000_000_000,
    "grace": 1_000,
}
SMALL_STEPS = {"accounts_per_tick": 3, "steps_per_tick": 4, "settlements_per_tick": 2}


@pytest.mark.parametrize("seed", range(8))
def test_identities_hold_after_every_command(seed):
    adl = m.ADL_QUEUE if seed % 2 == 0 else m.ADL_PRO_RATA
    pool = ReferencePool({**POLICY, "adl": adl, **(SMALL_STEPS if seed % 4 == 3 else {})})
    stream = Stream(seed, pool)
    for command, payload in stream.opening():
        assert pool.apply(command, payload) == codes.OK
    answers = Counter()
    for _ in range(900):
        command, payload = stream.next()
        answers[pool.apply(command, payload)] += 1
        assert broken_identities(pool) == [], command
    accepted = answers[codes.OK] / answers.total()
    print(f"seed {seed}: {accepted:.0%} accepted, {len(answers)} different answers")
    assert accepted > 0.4
    assert len(answers) > 20


@pytest.mark.parametrize("seed", range(8))
def test_identities_hold_in_pools_with_pots(seed):
    random = Random(f"policy {seed}")
    pool = ReferencePool(pot_policy(policy_of(random), random))
    stream = PotStream(seed, pool, list(POT_WORLDS.values())[seed % len(POT_WORLDS)])
    for command, payload in stream.opening():
        assert pool.apply(command, payload) == codes.OK
    for _ in range(600):
        command, payload = stream.next()
        pool.apply(command, payload)
        assert broken_identities(pool) == [], command


def test_the_same_commands_give_the_same_pool():
    first, second = ReferencePool(POLICY), ReferencePool(POLICY)
    stream = Stream(5, first)
    steps = stream.opening()
    for command, payload in steps:
        first.apply(command, payload)
    for _ in range(300):
        steps.append(stream.next())
        first.apply(*steps[-1])
    for command, payload in steps:
        second.apply(command, payload)
    assert second.dump() == first.dump()
