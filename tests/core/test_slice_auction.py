"""Slices of portfolio accounts: their price, their limits, and what splitting, waiting and colluding come to."""

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.core.liquidations import PERCENT, PPB, PRICE, RICH, TOKEN, UNIT, World, joint_equity, world, write_curve
from tests.properties.lab import HOUR, Lab, quick
from tests.scenarios.classes import CLASS_FIELDS, QUIET_CLASS

from plimsoll.units import codes
from plimsoll.units import messages as m

MINUTE = 60_000
STEP = 1_000_000


def sliced(**policy: int) -> World:
    """In liquidation at 94: equity 40, MM 47, exit level 70.5."""
    known = world(**{"fund_share": 0, "exit_buffer": 50 * PERCENT, **policy})
    known.fall_to(94 * TOKEN)
    assert known.lab.stage(known.trader) == m.STAGE_LIQUIDATING
    known.lab.engine.ledger()
    return known


def paid(known: World) -> int:
    """What bidders and fund got with slices since the last call."""
    lines = known.lab.engine.ledger()
    assert set(lines["mechanism"].tolist()) <= {m.MECHANISM_SLICE}
    return int(lines["to_liquidator"].sum() + lines["to_fund"].sum())


def test_what_a_slice_was_worth_is_not_offered_again():
    known = sliced(slice_discount=10 * PERCENT)
    assert known.slice(PPB // 4) == codes.OK
    # 40 * 1/4 * 10 %; a quarter of the 39 that are left is set aside.
    assert (paid(known), known.case("reserved_cash")) == (TOKEN, 9_750_000)
    assert known.slice(PPB // 4) == codes.OK
    # (39 - 9.75) * 1/4 * 10 %
    assert (paid(known), known.case("reserved_cash")) == (731_250, 9_750_000 + 7_129_688)


def test_the_discount_is_that_of_the_curve_since_slices_are_offered():
    known = sliced(curve_slice=3)
    write_curve(known.lab, 3, 1, (0, 0), (10 * MINUTE, 20 * PERCENT), (20 * MINUTE, 2 * PPB))
    assert known.slice(PPB // 10) == codes.OK
    assert paid(known) == 0
    known.lab.tick(5 * MINUTE)
    assert known.slice(PPB // 10) == codes.OK
    assert paid(known) == 36 * TOKEN // 10 // 10
    known.lab.tick(15 * MINUTE)
    offered = known.lab.health(known.trader).equity - known.case("reserved_cash")
    assert known.slice(PPB // 10) == codes.OK
    # The curve is at twice as much, but nothing goes for more than all it is worth.
    assert paid(known) == offered // 10


def test_steps_of_a_curve_are_not_joined():
    known = sliced(curve_slice=1)
    write_curve(known.lab, 1, 0, (0, 5 * PERCENT), (MINUTE, 10 * PERCENT))
    known.lab.tick(MINUTE - 2)
    assert known.slice(PPB // 10) == codes.OK
    assert paid(known) == 40 * TOKEN // 10 // 20
    known.lab.tick(2)
    assert known.slice(PPB // 10) == codes.OK
    assert paid(known) == (40 * TOKEN - 200_000 - 3_980_000) // 100


def test_a_curve_that_was_never_set_offers_nothing():
    known = sliced(curve_slice=8)
    assert known.slice(PPB // 10) == codes.OK
    assert paid(known) == 0


def test_a_part_that_moves_no_lots_is_refused():
    known = world(cash=TOKEN // 10, lots=10, exit_buffer=100 * PERCENT)
    known.fall_to(94 * TOKEN)
    assert known.lab.stage(known.trader) == m.STAGE_LIQUIDATING
    assert known.slice(PPB // 10 - STEP) == codes.SLICE_MUST_MOVE_LOTS
    assert known.slice(PPB // 10) == codes.OK


def test_a_small_account_goes_whole():
    known = sliced(slice_whole=47 * TOKEN)
    assert known.slice(PPB - 1) == codes.SLICE_MUST_BE_WHOLE
    assert known.slice(PPB) == codes.OK
    assert known.lab.lots(known.trader, known.perp) == 0
    larger = sliced(slice_whole=47 * TOKEN - 1)
    assert larger.slice(PPB // 10) == codes.OK
    assert larger.lab.lots(larger.trader, larger.perp) == 9 * UNIT


def test_the_backstop_takes_a_small_account_whole():
    known = world(slice_whole=47 * TOKEN, backstop_ratio=PPB)
    known.lab.must(m.COMMAND_DEPOSIT, account=m.NAMED_BACKSTOP, amount=RICH)
    known.fall_to(94 * TOKEN)
    assert known.lab.lots(known.trader, known.perp) == 0
    assert known.lab.lots(m.NAMED_BACKSTOP, known.perp) == 10 * UNIT


def test_a_bidder_is_paid_what_it_asks_or_takes_nothing():
    known = sliced(slice_discount=10 * PERCENT, fund_share=PPB // 2)
    # A tenth pays 0.4, half of it to the fund: 2 for the whole.
    assert known.slice(PPB // 10, price=2 * TOKEN + 10) == codes.PAYMENT_MUST_REACH_LIMIT
    assert known.lab.lots(known.trader, known.perp) == 10 * UNIT
    assert known.slice(PPB // 10, price=2 * TOKEN) == codes.OK


def test_room_is_asked_before_the_limit_and_that_before_margin():
    known = sliced(slice_discount=10 * PERCENT)
    poor = known.lab.open()
    assert known.slice(PPB // 10, bidder=poor, price=PPB * TOKEN) == codes.PAYMENT_MUST_REACH_LIMIT
    assert known.slice(PPB // 10, bidder=poor) == codes.COUNTERPARTY_MARGIN_INITIAL_MUST_BE_COVERED
    full = known.lab.open(RICH)
    assert known.lab.fill(full, known.bidder, known.perp, 10**7, 94 * TOKEN) == codes.OK
    limited = known.slice(PPB // 10, bidder=full, price=PPB * TOKEN)
    assert limited == codes.COUNTERPARTY_LOTS_MUST_BE_WITHIN_LIMIT


def test_an_open_batch_comes_before_slices():
    known = sliced(batch_commit=MINUTE, batch_reveal=MINUTE)
    assert known.slice(PPB // 10) == codes.BATCH_MUST_BE_OVER
    legs = world(mode=m.MODE_STANDARD, batch_commit=MINUTE, batch_reveal=MINUTE)
    legs.fall_to(94 * TOKEN)
    assert legs.leg(UNIT) == codes.OK


def test_the_case_forgets_what_was_set_aside_when_the_liquidation_ends():
    known = sliced()
    assert known.slice(PPB) == codes.OK
    assert known.lab.stage(known.trader) == m.STAGE_HEALTHY
    assert known.lab.engine.pool.accounts["case"][known.trader] == 0


parts = st.integers(1, 999).map(lambda steps: steps * STEP) | st.just(PPB)


@st.composite
def portfolios(draw, **policy):
    """(world, numbers): up to three more perps long or short, 0 <= equity < MM, an exit level nobody reaches soon."""
    terms = {
        "exit_buffer": draw(st.integers(0, PPB)),
        "slice_discount": draw(st.integers(0, PPB)),
        "fund_share": draw(st.integers(0, PPB)),
    }
    known = world(
        cash=RICH,
        lots=draw(st.integers(1, 9_999)),
        **{**terms, **policy},
    )
    lab = known.lab
    for _ in range(draw(st.integers(0, 3))):
        maintenance = draw(st.integers(1, 20 * PERCENT))
        number = lab.list_instrument(PRICE, rate_maintenance=maintenance, rate_initial=20 * PERCENT)
        lots = draw(st.integers(-9_999, 9_999).filter(bool))
        assert lab.fill(known.trader, known.maker, number, lots, PRICE) == codes.OK
        lab.mark(number, PRICE * draw(st.integers(90, 110)) // 100 + draw(st.integers(0, 999)))
    maintenance = lab.health(known.trader).maintenance
    lab.leave_equity(known.trader, maintenance * draw(st.integers(1, 999)) // 1_000)
    lab.mark(known.perp, PRICE + draw(st.integers(0, 999)))
    lab.tick()
    health = lab.health(known.trader)
    assume(0 < health.equity < health.maintenance)
    return known


@quick
@given(known=portfolios(), bids=st.lists(parts, min_size=1, max_size=6))
def test_no_slice_lowers_equity_over_maintenance(known, bids):
    for part in bids:
        before = known.lab.health(known.trader)
        if known.slice(part) != codes.OK:
            break
        after = known.lab.health(known.trader)
        # A micro a leg is lost to roundings, as in every fill.
        assert (after.equity + 4) * before.maintenance >= before.equity * after.maintenance
        assert after.equity >= 0


@quick
@given(known=portfolios(fund_share=0), pieces=st.lists(parts, min_size=2, max_size=6))
def test_bids_in_parts_are_paid_the_discount_once_on_what_went(known, pieces):
    known.lab.engine.ledger()
    offered = known.lab.health(known.trader).equity
    discount = int(known.lab.engine.pool.policy[0]["slice_discount"])
    left, total = Fraction(1), 0
    for piece in pieces:
        if known.slice(piece) != codes.OK:
            break
        total += paid(known)
        left *= 1 - Fraction(piece, PPB)
        assert total <= offered * (1 - left) * discount / PPB
    assert total <= offered * discount // PPB


@quick
@given(left=st.integers(14, 19), again=st.integers(1, 15), discount=st.integers(0, PPB))
def test_two_bids_for_what_one_would_take_are_paid_no_more(left, again, discount):
    """Where lots divide evenly, so that both ways move the same: to the micro."""
    known = world(cash=10 * TOKEN * UNIT, lots=10**6, slice_discount=discount, fund_share=0, exit_buffer=PPB)
    known.fall_to(94 * TOKEN)
    known.lab.engine.ledger()
    assert known.lab.stage(known.trader) == m.STAGE_LIQUIDATING
    first, second = 1_000 - 50 * left, 20 * again
    whole = (first + left * again) * STEP
    apart = World(known.lab.copy(), *known[1:])
    apart.lab.engine.ledger()
    assert known.slice(whole) == codes.OK
    assert (apart.slice(first * STEP), apart.slice(second * STEP)) == (codes.OK, codes.OK)
    assert apart.lab.lots(apart.trader, apart.perp) == known.lab.lots(known.trader, known.perp)
    assert paid(apart) <= paid(known)


@quick
@given(known=portfolios(), bids=st.lists(parts, min_size=1, max_size=4))
def test_an_owner_who_bids_on_itself_through_another_gains_nothing(known, bids):
    both = known.trader, known.bidder
    before = joint_equity(known.lab, *both)
    fund = known.lab.cash(m.NAMED_FUND)
    for part in bids:
        known.slice(part)
    # What one pays the other gets, less the share of the fund; a micro a leg each way is rounding.
    assert joint_equity(known.lab, *both) <= before - (known.lab.cash(m.NAMED_FUND) - fund) + 4 * len(bids)


@quick
@given(
    known=portfolios(fund_share=0, curve_slice=1),
    bids=st.lists(st.tuples(parts, st.integers(0, HOUR)), max_size=5),
    end=st.integers(0, PPB),
)
def test_waiting_between_bids_is_paid_no_more_than_the_last_discount_on_everything(known, bids, end):
    """Who waits for a rising curve gets its value on what nobody took meanwhile: never more than one bid at the end."""
    write_curve(known.lab, 1, 1, (0, 0), (HOUR, end))
    offered = known.lab.health(known.trader).equity
    total, reached = 0, 0
    known.lab.engine.ledger()
    for part, wait in bids:
        known.lab.tick(max(1, wait))
        since = int(known.lab.engine.pool.totals[0]["time"]) - known.case("slice_since")
        if known.slice(part) != codes.OK:
            break
        reached = end * min(since, HOUR) // HOUR
        total += paid(known)
        assert total <= offered * (reached + 1) // PPB + 1
    assert known.lab.engine.identities() == []


def test_a_bid_at_once_is_paid_less_than_the_same_bid_later():
    early, late = sliced(curve_slice=1), sliced(curve_slice=1)
    for known, wait in ((early, MINUTE), (late, 2 * MINUTE)):
        write_curve(known.lab, 1, 1, (0, 0), (HOUR, 60 * PERCENT))
        known.lab.tick(wait)
        assert known.slice(PPB // 10) == codes.OK
    assert paid(early) == 40 * TOKEN // 10 // 100
    assert paid(late) == 2 * 40 * TOKEN // 10 // 100


def test_whoever_bids_first_leaves_the_one_who_waits_with_nothing_of_it():
    known = sliced(curve_slice=1)
    write_curve(known.lab, 1, 1, (0, 0), (HOUR, 60 * PERCENT))
    waits = known.lab.open(RICH)
    known.lab.tick(MINUTE)
    assert known.slice(PPB) == codes.OK
    assert known.lab.stage(known.trader) == m.STAGE_HEALTHY
    known.lab.tick(MINUTE)
    assert known.slice(PPB, bidder=waits) == codes.ACCOUNT_MUST_BE_LIQUIDATING


@pytest.mark.parametrize("discount", [0, PPB])
def test_a_series_under_settlement_stays_and_pays_nothing(discount):
    lab = Lab(slice_discount=discount, settlements_per_tick=1, gap_max=24 * HOUR)
    now = int(lab.engine.pool.totals[0]["time"])
    future = lab.list_instrument(PRICE, kind=m.KIND_FUTURE, expiry=now + HOUR, settlement_window=HOUR)
    trader, bidder, maker = lab.open(100 * TOKEN), lab.open(RICH), lab.open(RICH)
    assert lab.fill(trader, maker, future, 10 * UNIT, PRICE) == codes.OK
    lab.must(m.COMMAND_SET_MODE, account=trader, flags=m.MODE_PORTFOLIO)
    lab.mark(future, 94 * TOKEN)
    lab.tick()
    assert lab.stage(trader) == m.STAGE_LIQUIDATING
    lab.tick(HOUR)
    assert lab.engine.pool.instruments["status"][future] == m.STATUS_SETTLING
    bid = {"account": trader, "counterparty": bidder, "lots": PPB}
    assert lab.send(m.COMMAND_BID, **bid) == codes.SLICE_MUST_MOVE_LOTS


class TestHedgesOfFewLots:
    """Long 100 fine lots of 1 against short one lot of 100, and 20 of another risk: E = 0.9, MM = 1."""

    def hedged(self) -> tuple[Lab, int, int, list[int]]:
        lab = Lab(gap_max=24 * HOUR, exit_buffer=20 * PERCENT, backstop_after=HOUR)
        small = {"scale": 2, "mark_max": 10**12, "lots_max": 10**4, "open_lots_max": 10**6, "backstop_lots_max": 10**4}
        lab.list_instrument(PRICE, **{**small, "kind": m.KIND_ASSET})
        values = {**QUIET_CLASS, "underlying": 1, "scale": 2, "scenarios": 2}
        words = [values[name] for name in CLASS_FIELDS] + 2 * [PPB, 0, 0]
        lab.must(m.COMMAND_PUBLISH_CLASS, tuple(words), instrument=1)
        lab.must(m.COMMAND_PUBLISH_ARRAYS, (PRICE, 0, 0, -20 * PERCENT, 20 * PERCENT), instrument=1, time=HOUR)
        fine, coarse = (lab.list_instrument(mark, **small, risk_class=1) for mark in (PRICE, 100 * PRICE))
        apart = lab.list_instrument(PRICE, **small)
        trader, maker, bidder = (lab.open(RICH) for _ in range(3))
        for number, lots in ((fine, 100), (coarse, -1), (apart, 20)):
            mark = int(lab.engine.pool.instruments["mark"][number])
            assert lab.fill(trader, maker, number, lots, mark) == codes.OK
        lab.must(m.COMMAND_SET_MODE, account=trader, flags=m.MODE_PORTFOLIO)
        lab.leave_equity(trader, 900_000)
        lab.mark(fine, PRICE)
        lab.tick()
        assert lab.stage(trader) == m.STAGE_LIQUIDATING
        return lab, trader, bidder, [fine, coarse, apart]

    def test_nobody_strips_an_account_of_its_hedges_by_small_parts(self):
        # Nine tenths of the long leg could go in parts the short lot never went with: MM would be twenty times as much.
        lab, trader, bidder, legs = self.hedged()
        bid = {"account": trader, "counterparty": bidder}
        for part in (PPB // 100, PPB // 10, PPB // 2, PPB - STEP):
            assert lab.send(m.COMMAND_BID, **bid, lots=part) == codes.HEALTH_MUST_NOT_FALL
        assert lab.send(m.COMMAND_BID, **bid, lots=PPB) == codes.OK
        assert [lab.lots(bidder, leg) for leg in legs] == [100, -1, 20]
        assert lab.stage(trader) == m.STAGE_HEALTHY

    def test_nor_does_the_backstop(self):
        lab, trader, _, legs = self.hedged()
        lab.must(m.COMMAND_DEPOSIT, account=m.NAMED_BACKSTOP, amount=21 * TOKEN)
        lab.tick(HOUR)
        # It has the margin of any part but all, and takes none: what is left would be worse off.
        assert [lab.lots(m.NAMED_BACKSTOP, leg) for leg in legs] == [0, 0, 0]
        assert lab.health(trader).maintenance == TOKEN
        lab.must(m.COMMAND_DEPOSIT, account=m.NAMED_BACKSTOP, amount=TOKEN)
        lab.mark(legs[0], PRICE)
        lab.tick()
        assert [lab.lots(m.NAMED_BACKSTOP, leg) for leg in legs] == [100, -1, 20]
