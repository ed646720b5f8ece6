"""A world is a function of its seed and of the pool it acts on; what happens in it is worth simulating."""

from collections import Counter
from dataclasses import replace

import pytest
from tests.sim.worlds import QUIET, busy, live, small

from plimsoll.engine import Engine
from plimsoll.sim.world.agents import KINDS
from plimsoll.sim.world.config import CROWD, EVENTS, WorldConfig
from plimsoll.sim.world.world import World
from plimsoll.units import messages

BUSY_SEEDS = (4, 15, 18)


def test_the_same_seed_sends_the_same_bytes():
    assert live(4, small(4)).sent == live(4, small(4)).sent


def test_different_seeds_send_different_bytes():
    openings = {World(seed).opening()[0].commands.tobytes() for seed in range(40)}
    assert len(openings) == 40


def test_a_shorter_world_is_the_beginning_of_a_longer_one():
    longer, shorter = live(5, small(5, blocks=60)), live(5, small(5, blocks=45))
    assert len(shorter.sent) < len(longer.sent)
    assert longer.sent.startswith(shorter.sent)


def test_a_world_reads_the_pool_and_nothing_else():
    """The same seed against a pool that answers otherwise sends otherwise, once it has seen it."""
    one, two = World(6, small(6)), World(6, small(6))
    engine, poorer = Engine.create(one.policy), Engine.create(two.policy)
    first, second = one.opening(), two.opening()
    assert first[0].commands.tobytes() == second[0].commands.tobytes()
    engine.apply(first[0].commands, first[0].payload)
    cut = second[0].commands[:-10]
    poorer.apply(cut, second[0].payload)
    sent = [
        b"".join(b.commands.tobytes() for b in w.step(e)) for w, e in ((one, engine), (two, poorer)) for _ in range(9)
    ]
    assert sent[:9] != sent[9:]


@pytest.mark.parametrize("seed", range(6))
def test_every_command_of_an_opening_is_accepted(seed):
    world = World(seed)
    engine = Engine.create(world.policy)
    for batch in world.opening():
        assert set(engine.apply(batch.commands, batch.payload).tolist()) == {0}
    assert engine.identities() == []


@pytest.mark.parametrize("seed", [8, 13, 18, 35])
def test_the_books_balance_after_every_batch(seed):
    assert live(seed, small(seed, blocks=40), check=True).broken == []


@pytest.mark.parametrize("seed", [4, 15, 18])
def test_the_books_balance_where_every_mechanism_is_at_work(seed):
    assert live(seed, busy(seed, blocks=60), check=True).broken == []


@pytest.fixture(scope="module")
def busy_lives():
    return [live(seed, busy(seed, careless=0.1)) for seed in BUSY_SEEDS]


def test_every_mechanism_of_the_waterfall_is_reached(busy_lives, lives):
    seen = set().union(*(life.mechanisms for life in [*busy_lives, *lives]))
    names = {name.removeprefix("MECHANISM_").lower() for name in vars(messages) if name.startswith("MECHANISM_")}
    assert names - seen == {"settlement"}, "a series that ends in deficit is too rare for a few worlds"


def test_everything_that_may_be_told_of_pots_auctions_and_calls_is(busy_lives, lives):
    seen = set().union(*(life.events for life in [*busy_lives, *lives]))
    late = range(messages.EVENT_STAKED, messages.EVENT_ENDORSED + 1)
    assert {messages.name_of("EVENT", number) for number in late} - seen == set()


def test_stakers_swappers_and_sealed_bidders_are_mostly_accepted(busy_lives):
    answers = sum((life.answers for life in busy_lives), Counter())
    for kind, least in (("stake", 0.7), ("unstake", 0.8), ("swap", 0.7), ("commit", 0.6)):
        total = sum(count for (name, _), count in answers.items() if name == kind)
        assert answers[kind, "ok"] > least * total > 0, kind


@pytest.fixture(scope="module")
def lives():
    return [live(seed, small(seed, blocks=100)) for seed in (2, 4, 5, 8, 18)]


def test_accounts_are_liquidated_in_every_way(lives):
    seen = set().union(*(life.mechanisms for life in lives))
    assert {"bid", "backstop", "fund", "adl", "socialised"} <= seen


def test_what_happens_is_told(lives):
    notes = "; ".join(note for life in lives for note in life.notes)
    assert "the pool opens" in notes
    assert "the venue is back after a halt" in notes


@pytest.mark.parametrize("seed", [2, 4, 9])
def test_people_who_are_not_careless_are_mostly_accepted(seed):
    life = live(seed, small(seed, blocks=80, **QUIET))
    for kind in ("fill", "mark", "tick", "deposit", "reserve", "release", "open_account"):
        assert life.accept_rate(kind) > 0.8, kind


def test_every_event_and_every_fault_of_a_world_full_of_them_is_counted():
    config = replace(
        WorldConfig.draw(5),
        blocks=150,
        events=tuple((5 + 9 * place, event) for place, event in enumerate(EVENTS)),
        oracle=dict.fromkeys(WorldConfig.draw(5).oracle, 0.05),
        delivery=dict.fromkeys(WorldConfig.draw(5).delivery, 0.03),
        depeg=(60, 0.3),
    )
    faults = live(5, config).world.faults
    once = {"halt", "spike", "zero_price", "frozen", "hack", "tighten", "dust", "unsolicited", "wash", "depeg"}
    assert once | set(config.oracle) | set(config.delivery) <= set(faults)


def test_a_halted_venue_delivers_nothing_and_comes_back_later():
    config = small(7, blocks=60, **(QUIET | {"events": ((10, "halt"),)}))
    world = World(7, config)
    engine = Engine.create(world.policy)
    for batch in world.opening():
        engine.apply(batch.commands, batch.payload)
    empty = []
    while not world.finished:
        batches = world.step(engine)
        empty.append(not batches)
        for batch in batches:
            engine.apply(batch.commands, batch.payload)
    assert not any(empty[:9])
    assert empty[9:12] == [True] * 3
    assert not empty[-1]


@pytest.mark.parametrize("kind", [*CROWD, "maker", "liquidator"])
def test_a_world_without_one_kind_of_people_still_runs(kind):
    config = small(0, blocks=20)
    life = live(0, replace(config, crowd={**config.crowd, kind: 0}), check=True)
    assert life.world.finished and life.broken == []


def test_a_world_with_one_listing_and_no_class_still_runs():
    config = small(0, blocks=20)
    life = live(0, replace(config, listings=config.listings[:1], chain=None), check=True)
    assert life.world.finished and life.broken == []


def test_everybody_with_an_account_has_a_kind_and_a_weight():
    counted = {"maker", "liquidator"}
    assert set(CROWD) | counted <= set(KINDS)
    assert set(WorldConfig.draw(0).crowd) == set(CROWD) | counted
