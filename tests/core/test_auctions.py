"""What auctions of collateral move: nothing is lost, and no dust is left."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plimsoll.accrual.auctions import (
    Room,
    must_restart,
    owed_min,
    price_with_margin,
    restart_reward,
    reward,
    room_left,
    start,
    start_price,
    take,
)
from plimsoll.accrual.ray import RAY, WAD, AccrualError

RAD = RAY * WAD
TERMS = {"index": RAY, "price": 2 * RAY, "debt_min": 20 * RAD, "penalty": WAD * 11 // 10, "room": 1_000 * RAD}


def test_start_price_is_the_mark_in_settlement_tokens_with_the_buffer() -> None:
    assert start_price(1_000 * RAY, RAY, RAY * 6 // 5) == 1_200 * RAY
    assert start_price(1_000 * RAY, RAY * 4 // 5, RAY) == 1_250 * RAY


def test_a_price_counts_less_by_its_ratio() -> None:
    assert price_with_margin(1_000 * RAY, RAY, 2 * RAY) == 500 * RAY
    with pytest.raises(AccrualError, match="divisor_must_be_positive"):
        price_with_margin(1_000 * RAY, 0, RAY)


@pytest.mark.parametrize(
    ("elapsed", "price", "again"),
    [(3_600, 50, False), (3_601, 50, True), (0, 40, False), (0, 39, True), (3_601, 39, True)],
)
def test_an_auction_restarts_beyond_its_tail_or_below_its_cusp(elapsed: int, price: int, again: bool) -> None:
    assert must_restart(100 * RAY, price * RAY, elapsed, tail=3_600, cusp=RAY * 2 // 5) is again


def test_the_reward_is_a_flat_sum_and_a_share() -> None:
    assert reward(100 * RAD, WAD // 50, 110 * RAD) == 102 * RAD + RAD // 5
    assert owed_min(20 * RAD, TERMS["penalty"]) == 22 * RAD


@pytest.mark.parametrize(("owed", "lot", "paid"), [(22, 11, 100), (21, 11, 0), (22, 10, 0)])
def test_restarting_pays_only_what_is_worth_a_bid(owed: int, lot: int, paid: int) -> None:
    found = restart_reward(100 * RAD, 0, owed * RAD, lot=lot * WAD, mark=2 * RAY, minimum=22 * RAD)
    assert found == paid * RAD


class TestTake:
    """110 owed, a lot of 40 at a price of 5; at least 22 must stay owed."""

    def taken(self, wanted: int, *, owed: int = 110 * RAD, minimum: int = 22 * RAD, price: int = 5 * RAY):
        return take(40 * WAD, owed, price, wanted, minimum)

    def test_nobody_pays_more_than_is_owed(self) -> None:
        assert self.taken(25 * WAD) == (22 * WAD, 110 * RAD, 0, 18 * WAD, True)

    def test_the_minimum_may_stay(self) -> None:
        assert self.taken(17 * WAD + WAD * 6 // 10) == (
            17_600 * WAD // 1_000,
            88 * RAD,
            22 * RAD,
            22_400 * WAD // 1_000,
            False,
        )

    def test_one_unit_more_is_cut_to_leave_the_minimum(self) -> None:
        assert self.taken(17_600 * WAD // 1_000 + 1) == self.taken(17_600 * WAD // 1_000)

    def test_exactly_all_that_is_owed_closes(self) -> None:
        assert self.taken(22 * WAD) == (22 * WAD, 110 * RAD, 0, 18 * WAD, True)

    def test_the_whole_lot_may_go_for_less_than_is_owed(self) -> None:
        assert self.taken(40 * WAD, price=2 * RAY) == (40 * WAD, 80 * RAD, 30 * RAD, 0, True)
        assert self.taken(40 * WAD, price=0) == (40 * WAD, 0, 110 * RAD, 0, True)

    @pytest.mark.parametrize(("owed", "refused"), [(22 * RAD, True), (22 * RAD + 1, False)])
    def test_of_the_minimum_there_are_no_parts(self, owed: int, refused: bool) -> None:
        if refused:
            with pytest.raises(AccrualError, match="take_must_leave_nothing_or_the_minimum"):
                self.taken(WAD, owed=owed)
        else:
            assert self.taken(WAD, owed=owed)[:3] == (0, 1, 22 * RAD)

    def test_a_bid_for_nothing_takes_nothing_of_the_minimum(self) -> None:
        assert self.taken(0, owed=22 * RAD) == (0, 0, 22 * RAD, 40 * WAD, False)

    @given(st.tuples(*[st.integers(0, 2_000)] * 5))
    def test_nothing_is_lost_and_no_dust_stays(self, figures: tuple[int, int, int, int, int]) -> None:
        lot, owed, price, wanted, minimum = figures
        try:
            found = take(lot, owed, price, wanted, minimum)
        except AccrualError:
            assert owed <= minimum and min(lot, wanted) * price < owed
            return
        assert found.quantity + found.lot == lot and found.paid + found.owed == owed
        assert found.quantity <= min(lot, wanted)
        assert 0 <= found.paid - found.quantity * price < max(price, 1)
        assert found.owed == 0 or found.owed >= minimum or found.lot == 0
        assert found.closed is (found.owed == 0 or found.lot == 0)


class TestStart:
    """40 of collateral that count 2 each, and a debt of 100."""

    def test_all_of_it_where_there_is_room(self) -> None:
        assert start(40 * WAD, 100 * WAD, **TERMS) == (100 * WAD, 40 * WAD, 100 * RAD, 110 * RAD)

    def test_a_part_where_there_is_less(self) -> None:
        found = start(40 * WAD, 100 * WAD, **TERMS | {"room": 55 * RAD})
        assert found == (50 * WAD, 20 * WAD, 50 * RAD, 55 * RAD)

    def test_all_of_it_where_the_rest_would_be_dust(self) -> None:
        at_limit, beyond = (TERMS | {"penalty": WAD, "room": room} for room in (80 * RAD, 80 * RAD + RAY))
        assert start(40 * WAD, 100 * WAD, **at_limit).debt == 80 * WAD
        assert start(40 * WAD, 100 * WAD, **beyond).debt == 100 * WAD

    def test_a_part_must_reach_the_minimum_itself(self) -> None:
        assert start(40 * WAD, 100 * WAD, **TERMS | {"room": 22 * RAD}).due == 20 * RAD
        with pytest.raises(AccrualError, match="part_must_reach_minimum"):
            start(40 * WAD, 100 * WAD, **TERMS | {"room": 22 * RAD - RAY})

    def test_room_is_the_lesser_of_two(self) -> None:
        assert room_left(Room(10, 4), Room(9, 4)) == room_left(Room(9, 4), Room(10, 4)) == 5

    @pytest.mark.parametrize(
        ("collateral", "changes", "rule"),
        [
            (50, {}, "account_must_be_unsafe"),
            (40, {"room": 0}, "room_must_be_left"),
            (40, {"price": 0}, "price_must_be_positive"),
            (40, {"index": 0}, "index_must_be_positive"),
            (40, {"penalty": 0}, "penalty_must_be_positive"),
            (0, {}, "lot_must_be_positive"),
            (-1, {}, "collateral_must_not_be_negative"),
        ],
    )
    def test_what_does_not_start(self, collateral: int, changes: dict[str, int], rule: str) -> None:
        with pytest.raises(AccrualError, match=rule):
            start(collateral * WAD, 100 * WAD, **TERMS | changes)

    @given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(1, 10**6), st.integers(0, 10**6))
    def test_neither_what_starts_nor_what_stays_is_dust(
        self, collateral: int, debt: int, room: int, least: int
    ) -> None:
        terms = {"index": 3, "price": 2, "debt_min": least, "penalty": WAD * 9 // 8, "room": room}
        try:
            found = start(collateral, debt, **terms)
        except AccrualError as refused:
            assert refused.rule in ("account_must_be_unsafe", "part_must_reach_minimum", "lot_must_be_positive")
            return
        rest = debt - found.debt
        assert 0 < found.debt <= debt and 0 < found.lot <= collateral
        assert rest == 0 or (rest * 3 >= least and found.due >= least and found.owed <= room)
