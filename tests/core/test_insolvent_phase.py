"""Portfolio accounts below zero: how long the insurance lets bidders have them, and what it pays."""

from hypothesis import assume, given
from hypothesis import strategies as st
from tests.core.liquidations import PERCENT, PPB, PRICE, RICH, TOKEN, UNIT, World, joint_equity, world, write_curve
from tests.properties.lab import HOUR, quick

from plimsoll.audit import Auditor
from plimsoll.units import codes
from plimsoll.units import messages as m

MINUTE = 60_000


def fund(known: World) -> int:
    return known.lab.cash(m.NAMED_FUND)


def insolvent(money: int = 1_000 * TOKEN, price: int = 88 * TOKEN, **policy: int) -> World:
    """At 88 equity is -20, MM 44; the fund has ``money`` and waits ten minutes; what bidders get rises to 50 %."""
    known = world(**{"insolvent_after": 10 * MINUTE, "curve_insolvent": 2, **policy})
    write_curve(known.lab, 2, 1, (0, 0), (10 * MINUTE, 50 * PERCENT))
    if money:
        known.lab.must(m.COMMAND_DEPOSIT, account=m.NAMED_FUND, amount=money)
    known.fall_to(price)
    known.lab.engine.ledger()
    return known


def test_an_account_the_insurance_can_make_whole_waits():
    known = insolvent()
    assert known.lab.lots(known.trader, known.perp) == 10 * UNIT
    assert known.events(m.EVENT_INSOLVENT) == [(known.trader, 20 * TOKEN)]
    assert known.case("insolvent_since") == int(known.lab.engine.pool.totals[0]["time"])
    assert fund(known) == 1_000 * TOKEN
    known.lab.tick(10 * MINUTE - 1)
    assert known.events(m.EVENT_INSOLVENT) == []
    assert known.lab.lots(known.trader, known.perp) == 10 * UNIT


def test_then_it_is_resolved():
    known = insolvent()
    known.lab.tick(10 * MINUTE)
    assert (known.lab.lots(known.trader, known.perp), fund(known)) == (0, 980 * TOKEN)
    assert known.lab.stage(known.trader) == m.STAGE_HEALTHY
    assert known.lab.engine.pool.accounts["case"][known.trader] == 0


def test_one_it_cannot_make_whole_is_resolved_at_once():
    known = insolvent(money=20 * TOKEN - 1)
    assert known.lab.lots(known.trader, known.perp) == 0
    assert insolvent(money=20 * TOKEN).lab.lots(8, 1) == 10 * UNIT


def test_one_that_falls_out_of_reach_waits_no_longer():
    known = insolvent(money=30 * TOKEN)
    known.fall_to(86 * TOKEN)
    assert known.lab.lots(known.trader, known.perp) == 0


def test_without_the_phase_or_with_slices_paused_or_in_standard_mode_nobody_waits():
    for policy in ({"insolvent_after": 0}, {"pauses": m.PAUSE_SLICE}, {"mode": m.MODE_STANDARD}):
        known = insolvent(**policy)
        assert known.lab.lots(known.trader, known.perp) == 0
        assert known.events(m.EVENT_INSOLVENT) == []


def test_what_a_bidder_gets_and_what_the_insurance_pays():
    known = insolvent()
    known.lab.tick(4 * MINUTE)
    before = known.lab.health(known.bidder).equity
    assert known.slice(PPB // 4) == codes.OK
    # A quarter of the deficit of 20, and of the MM of 44 a quarter, of that a fifth.
    assert known.lab.health(known.bidder).equity - before == 2_200_000
    assert fund(known) == (1_000 - 5) * TOKEN - 2_200_000
    assert known.lab.health(known.trader)[:2] == (-15 * TOKEN, 33 * TOKEN)
    lines = known.lab.engine.ledger()
    assert lines["mechanism"].tolist() == [m.MECHANISM_FUND, m.MECHANISM_INSOLVENT, m.MECHANISM_INSOLVENT]
    assert lines["fund_paid"].tolist() == [7_200_000, 0, 0]
    assert lines["to_liquidator"].tolist() == [0, 0, 2_200_000]


def test_the_whole_ends_the_liquidation():
    known = insolvent()
    assert known.slice(PPB) == codes.OK
    assert known.lab.lots(known.trader, known.perp) == 0
    assert (known.lab.cash(known.trader), fund(known)) == (0, 980 * TOKEN)
    assert known.lab.stage(known.trader) == m.STAGE_HEALTHY


def test_before_the_sweep_has_seen_it_nobody_bids_below_zero():
    known = insolvent(price=94 * TOKEN)
    known.lab.mark(known.perp, 88 * TOKEN)
    assert known.slice(PPB) == codes.ACCOUNT_MUST_BE_SOLVENT


def test_the_insurance_must_cover_the_part_and_pays_no_more_than_it_has():
    known = insolvent(money=20 * TOKEN, curve_insolvent=0)
    known.lab.mark(known.perp, 87 * TOKEN)
    assert known.slice(PPB) == codes.INSURANCE_MUST_COVER
    assert known.slice(PPB // 3 * 2) == codes.OK
    known = insolvent(money=21 * TOKEN)
    known.lab.tick(5 * MINUTE)
    before = known.lab.health(known.bidder).equity
    assert known.slice(PPB) == codes.OK
    assert (known.lab.health(known.bidder).equity - before, fund(known)) == (TOKEN, 0)


def test_a_bidder_is_paid_what_it_asks_or_takes_nothing():
    known = insolvent()
    known.lab.tick(4 * MINUTE)
    assert known.slice(PPB // 4, price=8_800_001) == codes.OK  # floor(8,800,001 / 4) is what a quarter pays
    assert known.slice(PPB // 4, price=8_800_004) == codes.PAYMENT_MUST_REACH_LIMIT


def test_an_account_that_is_solvent_again_is_offered_at_the_discount_again():
    known = insolvent()
    known.lab.mark(known.perp, 94 * TOKEN)
    known.lab.tick(1)
    assert known.case("insolvent_since") == 0
    known.lab.engine.ledger()
    assert known.slice(PPB // 10) == codes.OK
    assert set(known.lab.engine.ledger()["mechanism"].tolist()) == {m.MECHANISM_SLICE}
    known.fall_to(87 * TOKEN, after=MINUTE)
    assert known.case("insolvent_since") == int(known.lab.engine.pool.totals[0]["time"])


def test_an_open_batch_ends_when_its_account_is_insolvent():
    known = world(batch_commit=HOUR, batch_reveal=HOUR, insolvent_after=HOUR)
    known.lab.must(m.COMMAND_DEPOSIT, account=m.NAMED_FUND, amount=100 * TOKEN)
    known.fall_to(94 * TOKEN)
    assert known.case("batch") == m.BATCH_OPEN
    known.lab.engine.events()
    known.fall_to(88 * TOKEN)
    assert (known.case("batch"), known.events(m.EVENT_BATCH_ENDED)) == (m.BATCH_OVER, [(known.trader, 0)])
    assert known.slice(PPB) == codes.OK


def test_while_resolving_is_paused_a_phase_is_not_ended():
    known = insolvent(pauses=m.PAUSE_RESOLVE)
    known.lab.tick(HOUR)
    assert known.lab.lots(known.trader, known.perp) == 10 * UNIT
    assert known.case("insolvent_since") == 0
    assert int(known.lab.engine.pool.totals[0]["shortfall"]) == 20 * TOKEN


def test_a_part_that_leaves_the_risk_behind_is_paid_nothing():
    known = world(insolvent_after=HOUR, curve_insolvent=1, cash=10_000 * TOKEN)
    write_curve(known.lab, 1, 0, (0, PPB))
    large = known.lab.list_instrument(100 * PRICE, scale=0, lots_max=100, open_lots_max=1_000)
    assert known.lab.fill(known.trader, known.maker, large, 1, 100 * PRICE) == codes.OK
    known.lab.must(m.COMMAND_DEPOSIT, account=m.NAMED_FUND, amount=RICH)
    known.lab.leave_equity(known.trader, -100 * TOKEN)
    known.fall_to(PRICE)
    before = known.lab.health(known.bidder).equity
    for _ in range(6):
        assert known.slice(PPB // 2) == codes.OK
    # All but the one large lot has gone, six times half: its MM of 500 stays, and so does its part of the deficit.
    health = known.lab.health(known.trader)
    assert known.lab.lots(known.trader, large) == 1
    assert health.maintenance >= 500 * TOKEN
    assert health.equity <= -90 * TOKEN
    assert known.lab.health(known.bidder).equity - before <= 50 * TOKEN


def test_the_auditor_follows_a_whole_way_through_the_waterfall():
    known = insolvent(cool_off=MINUTE, call_buffer=50 * PERCENT, recall_after=HOUR)
    known.lab.must(m.COMMAND_ENDORSE, account=known.bidder, flags=3)
    assert known.slice(PPB // 4) == codes.OK
    known.lab.mark(known.perp, 92 * TOKEN)
    assert known.slice(PPB // 4) == codes.OK
    known.lab.must(m.COMMAND_DEPOSIT, account=known.trader, amount=30 * TOKEN)
    assert known.lab.stage(known.trader) == m.STAGE_COOLING
    known.lab.tick(MINUTE)
    known.lab.tick(1)
    events = known.lab.engine.events()
    said = set(events["kind"].tolist())
    assert {m.EVENT_INSOLVENT, m.EVENT_COOLED_OFF, m.EVENT_ENDORSED, m.EVENT_FUND_PAID} <= said
    auditor = Auditor()
    auditor.read(m.EventRecord(*event) for event in events.tolist())
    assert auditor.broken_identities() == []
    cash = {account: known.lab.cash(account) for account in range(int(known.lab.engine.pool.totals[0]["accounts"]))}
    assert not [text for text in auditor.differences(cash, {}) if text.startswith("cash")]


parts = st.integers(1, PPB) | st.just(PPB)


@st.composite
def phases(draw):
    """An insolvent account of up to three perps in its phase, a fund that can make it whole."""
    known = world(
        cash=RICH,
        lots=draw(st.integers(1, 9_999)),
        insolvent_after=HOUR,
        curve_insolvent=1,
        exit_buffer=draw(st.integers(0, PPB)),
    )
    lab = known.lab
    write_curve(lab, 1, 1, (0, draw(st.integers(0, PPB))), (HOUR, draw(st.integers(0, 2 * PPB))))
    for _ in range(draw(st.integers(0, 2))):
        number = lab.list_instrument(PRICE, rate_maintenance=draw(st.integers(1, 10 * PERCENT)))
        assert (
            lab.fill(known.trader, known.maker, number, draw(st.integers(-9_999, 9_999).filter(bool)), PRICE)
            == codes.OK
        )
    maintenance = lab.health(known.trader).maintenance
    owed = draw(st.integers(1, max(1, maintenance)))
    lab.leave_equity(known.trader, -owed)
    lab.must(m.COMMAND_DEPOSIT, account=m.NAMED_FUND, amount=owed + draw(st.integers(0, maintenance)))
    lab.mark(known.perp, PRICE)
    lab.tick()
    assume(known.case("insolvent_since") > 0)
    return known


@quick
@given(known=phases(), bids=st.lists(st.tuples(parts, st.integers(0, 1_000_000)), min_size=1, max_size=5))
def test_the_insurance_never_pays_more_than_the_deficit_and_the_curve_on_the_requirement(known, bids):
    start = known.lab.health(known.trader)
    money = fund(known)
    wealth = joint_equity(known.lab, known.trader, known.bidder)
    highest = 2 * PPB
    for part, wait in bids:
        known.lab.tick(max(1, wait))
        before = known.lab.health(known.trader)
        paid = fund(known)
        if known.slice(part) != codes.OK:
            break
        after = known.lab.health(known.trader)
        paid -= fund(known)
        freed = max(0, before.maintenance - after.maintenance)
        # Of the deficit its part, of the requirement what went; a micro a leg for each is rounding.
        assert paid <= -before.equity + freed * highest // PPB + 6
        assert after.equity + 6 >= before.equity
        assert fund(known) >= 0
    spent = money - fund(known)
    assert spent <= -start.equity + start.maintenance * highest // PPB + 8 * len(bids)
    # The money went to the two of them and nowhere else.
    assert joint_equity(known.lab, known.trader, known.bidder) <= wealth + spent
    assert known.lab.engine.identities() == []
