"""The engine against the reference model while accounts are called, sliced, bid for under seal and auctioned.

``python -m tests.core.test_differential_auctions SEED`` prints the fewest commands on which a seed still fails.
"""

import sys
from functools import cache
from random import Random

import pytest
from tests.reference.auction_streams import AUCTION_WORLDS, AuctionStream, auction_policy
from tests.reference.build import CONTRACT, HOUR, TOKEN
from tests.reference.duel import COMMANDS, Run, explain, open_both, play, summary, together
from tests.reference.pair import Pair
from tests.reference.streams import Stream

from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import SEALS_MAX

SEEDS = range(24)

OF_WATERFALL = (
    *range(codes.ACCOUNT_MUST_NOT_BE_COOLING_OFF, codes.INSURANCE_MUST_COVER + 1),
    *range(codes.BATCH_MUST_BE_OPEN, codes.AUCTION_MUST_BE_RUNNING + 1),
    codes.CURVE_MUST_BE_WITHIN_LIMIT,
    codes.POINTS_MUST_RISE_IN_TIME,
)
ELSEWHERE = (codes.BATCH_MUST_HAVE_ROOM,)
"""No stream has 64 bidders."""


def world_of(seed: int) -> str:
    return list(AUCTION_WORLDS)[seed % len(AUCTION_WORLDS)]


def opened(seed: int) -> tuple[Pair, Stream]:
    """A pool with a policy of the seed, its class, listings, accounts and curves."""
    pair = Pair(**auction_policy(Random(f"policy {seed}")))
    return open_both(pair, AuctionStream(seed, pair.model, AUCTION_WORLDS[world_of(seed)]))


@cache
def run(seed: int) -> Run:
    return play(seed, opened)


@pytest.mark.parametrize("seed", SEEDS)
def test_engine_and_model_agree(seed):
    found = run(seed)
    told = f"{world_of(seed)}: {summary([found])}"
    print(told)
    assert found.answers[codes.OK] >= 0.35 * COMMANDS, told
    assert len(found.answers) >= 25, told


def test_the_streams_reach_every_answer_and_event_of_the_waterfall():
    runs = [run(seed) for seed in SEEDS]
    told = summary(runs)
    print(told)
    answers, events, by_kind = together(runs)
    assert answers[codes.OK] >= 0.5 * answers.total(), told
    for kind in (m.COMMAND_COMMIT, m.COMMAND_REVEAL, m.COMMAND_AUCTION, m.COMMAND_ENDORSE, m.COMMAND_SET_CURVE):
        assert by_kind[kind, True] >= 20, told
        assert by_kind[kind, False] >= 20, told
    never = [codes.sentence(code) for code in OF_WATERFALL if answers[code] == 0 and code not in ELSEWHERE]
    assert never == [], told
    of_waterfall = range(m.EVENT_CURVE_SET, m.EVENT_ENDORSED + 1)
    assert [m.name_of("EVENT", event) for event in of_waterfall if events[event] == 0] == [], told


def test_a_batch_has_room_for_so_many_and_no_more():
    pair = Pair(gap_max=2 * HOUR, batch_commit=HOUR, batch_reveal=HOUR, batch_bond=TOKEN, backstop_ratio=0)
    number = pair.list(CONTRACT, 100 * TOKEN)
    weak, other = pair.open(150 * TOKEN, mode=m.MODE_PORTFOLIO), pair.open(1_000 * TOKEN)
    assert pair.fill(weak, other, number, 10, 100 * TOKEN) == codes.OK
    pair.mark(number, 88 * TOKEN)
    pair.later()
    bidders = [pair.open(10 * TOKEN) for _ in range(SEALS_MAX + 1)]
    commit = {"account": weak, "lots": 1, "price": 2, "amount": 3, "premium": 4}
    said = [pair.send(m.COMMAND_COMMIT, counterparty=bidder, **commit) for bidder in bidders]
    assert said == [codes.OK] * SEALS_MAX + [codes.BATCH_MUST_HAVE_ROOM]
    assert pair.cash(m.NAMED_BONDS) == SEALS_MAX * TOKEN
    pair.later(2 * HOUR)
    # Nobody opened a seal, so perhaps nobody could: every bond comes back.
    assert (pair.cash(m.NAMED_BONDS), pair.cash(m.NAMED_FUND)) == (0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5_000, 5_200))
def test_engine_and_model_agree_in_many_worlds(seed):
    run(seed)


if __name__ == "__main__":
    print(explain(int(sys.argv[1]), opened))
