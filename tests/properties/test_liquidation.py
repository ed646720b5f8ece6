"""Liquidation of solvent accounts: health never falls, to the last micro, and no lot more is taken than needed."""

from hypothesis import assume, given, target
from hypothesis import strategies as st
from tests.properties.lab import PERCENT, PPB, Lab, prices, quick
from tests.properties.test_requirement import listings

from plimsoll.units import codes
from plimsoll.units import messages as m

RICH = 2 * 10**16
WHOLE_LEG = 10**10
wanted = st.integers(1, WHOLE_LEG) | st.just(WHOLE_LEG)


@st.composite
def solvent_breaches(draw, **policy):
    """(lab, trader, hunter): the trader holds up to two contracts and an asset, with 0 <= equity < maintenance."""
    lab = Lab(exit_buffer=draw(st.integers(0, 50 * PERCENT)), fund_share=draw(st.integers(0, PPB)), **policy)
    trader, maker, hunter = lab.open(RICH), lab.open(RICH), lab.open(RICH)
    lab.must(m.COMMAND_DEPOSIT, account=m.NAMED_BACKSTOP, amount=RICH)
    for _ in range(draw(st.integers(0, 2))):
        listing = draw(listings())
        maintenance = listing["rate_maintenance"]
        fees = st.integers(0, max(0, maintenance - 1))
        listing |= {"fee_liquidation": draw(fees), "fee_backstop": draw(fees), "open_interest_upper": 0}
        listing["backstop_lots_max"] = draw(st.integers(0, listing["lots_max"]))
        if lab.try_list(**listing) != codes.OK:
            continue
        number = int(lab.engine.pool.totals[0]["instruments"]) - 1
        price = draw(prices)
        lab.mark(number, price)
        lots = draw(st.integers(listing["lots_max"] // 1_000, listing["lots_max"])) * draw(st.sampled_from((-1, 1)))
        assert lab.fill(trader, maker, number, lots, price) == codes.OK
        moved = max(1, min(10**11, price * draw(st.integers(900, 1100)) // 1000))
        lab.mark(number, moved)
    if draw(st.booleans()):
        initial = draw(st.integers(0, 50 * PERCENT))
        listing = {"kind": m.KIND_ASSET, "rate_initial": initial, "rate_maintenance": draw(st.integers(0, initial))}
        fee = draw(st.integers(0, 20 * PERCENT))
        asset = lab.list_instrument(draw(prices), **listing, fee_liquidation=fee, fee_backstop=fee)
        fields = {"counterparty": trader, "instrument": asset, "lots": draw(st.integers(1_000, 10**6))}
        lab.send(m.COMMAND_DEPOSIT, account=trader, **fields)
    maintenance = lab.health(trader).maintenance
    assume(maintenance > 0)
    lab.leave_equity(trader, maintenance * draw(st.integers(0, 999)) // 1_000)
    lab.engine.pool.totals[0]["sweep_due"] = 1
    return lab, trader, hunter


def require_no_worse(before, after):
    """equity/MM has not fallen: cross-multiplied, exact."""
    assert after.equity * before.maintenance >= before.equity * after.maintenance, (before, after)
    assert after.equity >= 0


@quick
@given(situation=solvent_breaches(), sizes=st.lists(wanted, min_size=1, max_size=5))
def test_no_bid_lowers_equity_over_maintenance(situation, sizes):
    lab, trader, hunter = situation
    lab.tick()
    assert lab.stage(trader) == m.STAGE_LIQUIDATING
    for lots in sizes:
        leg = lab.next_leg(trader)
        before = lab.health(trader)
        code = lab.bid(hunter, trader, leg, lots)
        if code != codes.OK:
            assert code == codes.ACCOUNT_MUST_BE_LIQUIDATING or leg == -1
            break
        require_no_worse(before, lab.health(trader))
    assert lab.engine.identities() == []


@quick
@given(situation=solvent_breaches(backstop_ratio=PPB))
def test_no_backstop_step_lowers_equity_over_maintenance(situation):
    lab, trader, _ = situation
    before = lab.health(trader)
    lab.tick()
    after = lab.health(trader)
    target(float(before.maintenance - after.maintenance))
    require_no_worse(before, after)
    assert lab.engine.identities() == []


@quick
@given(situation=solvent_breaches(), smaller=st.lists(st.integers(1, WHOLE_LEG), max_size=3))
def test_a_bid_takes_the_smallest_size_that_exits(situation, smaller):
    lab, trader, hunter = situation
    lab.tick()
    leg = lab.next_leg(trader)
    held = lab.lots(trader, leg)
    tried = lab.copy()
    assert tried.bid(hunter, trader, leg, WHOLE_LEG) == codes.OK
    size = abs(held - tried.lots(trader, leg))
    if size < abs(held):
        assert tried.stage(trader) == m.STAGE_HEALTHY
    for lots in {size - 1, *(size * part // WHOLE_LEG for part in smaller)} - {0, size}:
        less = lab.copy()
        assert less.bid(hunter, trader, leg, lots) == codes.OK
        assert less.stage(trader) == m.STAGE_LIQUIDATING, (size, lots)
