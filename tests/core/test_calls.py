"""Calls, cooling off, endorsed bidders, pauses and the state a bidder expects."""

import pytest
from tests.core.liquidations import OPERATOR, PERCENT, PPB, PRICE, TOKEN, UNIT, World, world
from tests.properties.lab import HOUR

from plimsoll.units import codes
from plimsoll.units import messages as m

CALLS = {"call_buffer": 50 * PERCENT, "call_deadline": HOUR}
MINUTE = 60_000


def deposit(known: World, amount: int) -> None:
    known.lab.must(m.COMMAND_DEPOSIT, account=known.trader, amount=amount)


def called(**policy: int) -> World:
    """Equity 70 at a mark of 97, MM 48.5, IM 97, called below 72.75; liquidated late below 60.625."""
    known = world(**{**CALLS, "exit_buffer": 50 * PERCENT, **policy})
    known.fall_to(97 * TOKEN)
    assert known.lab.stage(known.trader) == m.STAGE_CALLED
    return known


def liquidating(**policy: int) -> World:
    """Equity 40 at a mark of 94, MM 47."""
    known = world(**policy)
    known.fall_to(94 * TOKEN)
    assert known.lab.stage(known.trader) == m.STAGE_LIQUIDATING
    return known


def cooling(**policy: int) -> World:
    """Liquidated at 94 and cooling off for an hour."""
    known = liquidating(cool_off=HOUR, **policy)
    assert known.slice(PPB) == codes.OK
    assert known.lab.stage(known.trader) == m.STAGE_COOLING
    return known


def test_money_paid_in_ends_a_call_at_once():
    known = called()
    deposit(known, 2 * TOKEN)
    assert known.lab.stage(known.trader) == m.STAGE_CALLED
    deposit(known, TOKEN)
    assert known.lab.stage(known.trader) == m.STAGE_HEALTHY
    assert known.events(m.EVENT_CALL_ENDED) == [(known.trader, 73 * TOKEN)]


def test_money_paid_in_ends_a_liquidation_at_once_and_its_case():
    known = liquidating()
    assert known.case("slice_since") == int(known.lab.engine.pool.totals[0]["time"])
    deposit(known, 7 * TOKEN - 1)
    assert known.lab.stage(known.trader) == m.STAGE_LIQUIDATING
    deposit(known, 1)
    assert known.lab.stage(known.trader) == m.STAGE_HEALTHY
    assert known.lab.engine.pool.accounts["case"][known.trader] == 0


def test_a_transfer_in_ends_a_liquidation_too():
    known = liquidating()
    other = known.lab.open(100 * TOKEN, owner=known.trader)
    known.lab.must(m.COMMAND_TRANSFER, account=other, counterparty=known.trader, amount=7 * TOKEN)
    assert known.lab.stage(known.trader) == m.STAGE_HEALTHY


def test_a_call_again_soon_keeps_the_old_deadline():
    known = called(recall_after=HOUR)
    start = known.case("called_since")
    known.lab.tick(59 * MINUTE)
    deposit(known, 3 * TOKEN)
    known.lab.tick(1)
    known.events(m.EVENT_CALLED)
    known.fall_to(965 * TOKEN // 10)
    assert known.events(m.EVENT_CALLED) == [(known.trader, start + HOUR)]
    assert known.case("called_since") == start
    known.lab.tick(MINUTE)
    assert known.lab.stage(known.trader) == m.STAGE_LIQUIDATING


def test_a_call_long_after_the_last_has_a_deadline_of_its_own():
    known = called(recall_after=HOUR)
    deposit(known, 3 * TOKEN)
    known.lab.tick(HOUR)
    known.fall_to(965 * TOKEN // 10)
    now = int(known.lab.engine.pool.totals[0]["time"])
    assert (known.case("called_since"), known.lab.stage(known.trader)) == (now, m.STAGE_CALLED)


def test_small_payments_buy_no_time():
    known = called(recall_after=HOUR, call_deadline=10 * MINUTE)
    deadline = known.case("called_since") + 10 * MINUTE
    for payment in range(1, 10):
        deposit(known, 3 * TOKEN)
        assert known.lab.stage(known.trader) == m.STAGE_HEALTHY
        known.fall_to(97 * TOKEN - payment * 3 * TOKEN // 10, after=MINUTE)
        assert known.lab.stage(known.trader) == m.STAGE_CALLED
    assert int(known.lab.engine.pool.totals[0]["time"]) < deadline
    known.lab.tick(MINUTE)
    assert known.lab.stage(known.trader) == m.STAGE_LIQUIDATING


@pytest.mark.parametrize("recall_after", [0, HOUR])
def test_a_past_call_keeps_nobody_from_closing(recall_after):
    known = called(recall_after=recall_after)
    deposit(known, 3 * TOKEN)
    assert (known.case("call_ended") > 0) == (recall_after > 0)
    assert known.lab.fill(known.trader, known.maker, known.perp, -10 * UNIT, 97 * TOKEN) == codes.OK
    known.lab.must(m.COMMAND_WITHDRAW, account=known.trader, amount=known.lab.cash(known.trader))
    known.lab.must(m.COMMAND_CLOSE_ACCOUNT, account=known.trader)
    assert known.lab.engine.pool.accounts["case"][known.trader] == 0


def test_a_called_account_that_is_liquidated_forgets_the_call():
    known = called(recall_after=HOUR)
    known.fall_to(94 * TOKEN)
    assert known.lab.stage(known.trader) == m.STAGE_LIQUIDATING
    assert (known.case("called_since"), known.case("call_ended")) == (0, 0)


def test_a_cooling_account_may_only_reduce_risk():
    known = cooling()
    lab, trader, perp = known.lab, known.trader, known.perp
    deposit(known, 1_000 * TOKEN)
    assert lab.fill(trader, known.maker, perp, UNIT, 94 * TOKEN) == codes.ACCOUNT_MUST_NOT_BE_COOLING_OFF
    assert lab.fill(known.maker, trader, perp, -UNIT, 94 * TOKEN) == codes.COUNTERPARTY_MUST_NOT_BE_COOLING_OFF
    order = {"account": trader, "instrument": perp, "price": 94 * TOKEN}
    assert lab.send(m.COMMAND_RESERVE, lots=UNIT, **order) == codes.ACCOUNT_MUST_NOT_BE_COOLING_OFF
    assert lab.send(m.COMMAND_RESERVE, lots=-UNIT, **order) == codes.OK
    moved = {"reserved_lots": -UNIT, "lots": UNIT}
    assert lab.send(m.COMMAND_REPLACE, **moved, **order) == codes.ACCOUNT_MUST_NOT_BE_COOLING_OFF
    assert lab.fill(trader, known.maker, perp, -UNIT, 94 * TOKEN) == codes.OK


def test_a_cooling_account_takes_over_nobody():
    known = cooling()
    second = known.lab.open(100 * TOKEN)
    assert (
        known.lab.fill(second, known.maker, known.perp, 15 * UNIT, 94 * TOKEN) == codes.MARGIN_INITIAL_MUST_BE_COVERED
    )
    assert known.lab.fill(second, known.maker, known.perp, 10 * UNIT, 94 * TOKEN) == codes.OK
    known.fall_to(88 * TOKEN)
    assert known.lab.stage(second) == m.STAGE_LIQUIDATING
    deposit(known, 1_000 * TOKEN)
    bid = {"account": second, "counterparty": known.trader, "instrument": known.perp, "lots": UNIT}
    assert known.lab.send(m.COMMAND_BID, **bid) == codes.COUNTERPARTY_MUST_NOT_BE_COOLING_OFF


def test_cooling_off_ends_by_itself():
    known = cooling()
    known.lab.tick(HOUR - 1)
    assert known.lab.stage(known.trader) == m.STAGE_COOLING
    known.events(m.EVENT_COOLED_OFF)
    known.lab.tick(1)
    assert known.lab.stage(known.trader) == m.STAGE_HEALTHY
    assert known.events(m.EVENT_COOLED_OFF) == [(known.trader, 0)]


def test_a_cooling_account_is_not_called_but_liquidated():
    known = cooling(**CALLS)
    known.lab.tick(1)
    assert known.lab.stage(known.trader) == m.STAGE_COOLING
    known.fall_to(90 * TOKEN)
    assert known.lab.stage(known.trader) == m.STAGE_LIQUIDATING


def test_an_account_that_went_whole_cools_off_as_well():
    known = world(cool_off=HOUR, slice_whole=1_000 * TOKEN)
    known.fall_to(94 * TOKEN)
    assert known.slice(PPB) == codes.OK
    assert known.lab.lots(known.trader, known.perp) == 0
    deposit(known, 1_000 * TOKEN)
    opening = known.lab.fill(known.trader, known.maker, known.perp, UNIT, 94 * TOKEN)
    assert opening == codes.ACCOUNT_MUST_NOT_BE_COOLING_OFF
    known.lab.tick(HOUR)
    assert known.lab.fill(known.trader, known.maker, known.perp, UNIT, 94 * TOKEN) == codes.OK


def test_without_cool_off_a_liquidated_account_is_free():
    known = liquidating()
    assert known.slice(PPB) == codes.OK
    assert known.lab.stage(known.trader) == m.STAGE_HEALTHY


def test_endorsed_bidders_come_first():
    known = liquidating(endorsed_first=MINUTE)
    assert known.slice(PPB // 10) == codes.BIDDER_MUST_BE_ENDORSED
    endorse = {"account": known.bidder}
    assert known.lab.send(m.COMMAND_ENDORSE, flags=1, **endorse) == codes.OPERATOR_MUST_ACT
    assert known.lab.send(m.COMMAND_ENDORSE, flags=3, account=m.NAMED_BACKSTOP) == codes.ACCOUNT_MUST_NOT_BE_NAMED
    assert known.lab.send(m.COMMAND_ENDORSE, flags=3, account=999) == codes.ACCOUNT_MUST_EXIST
    known.lab.must(m.COMMAND_ENDORSE, flags=OPERATOR | 1, **endorse)
    assert known.slice(PPB // 10) == codes.OK
    known.lab.must(m.COMMAND_ENDORSE, flags=OPERATOR, **endorse)
    assert known.slice(PPB // 10) == codes.BIDDER_MUST_BE_ENDORSED
    assert known.events(m.EVENT_ENDORSED) == [(known.bidder, 1), (known.bidder, 0)]
    assert known.lab.engine.pool.accounts["case"][known.bidder] == 0
    known.lab.tick(MINUTE)
    assert known.slice(PPB // 10) == codes.OK


def test_an_endorsed_account_is_not_closed():
    known = world()
    account = known.lab.open()
    known.lab.must(m.COMMAND_ENDORSE, flags=3, account=account)
    assert known.lab.send(m.COMMAND_CLOSE_ACCOUNT, account=account) == codes.ACCOUNT_MUST_BE_EMPTY
    known.lab.must(m.COMMAND_ENDORSE, flags=2, account=account)
    known.lab.must(m.COMMAND_CLOSE_ACCOUNT, account=account)


@pytest.mark.parametrize("pauses", [m.PAUSE_BID, m.PAUSE_SLICE])
def test_a_pause_stops_its_own_bids(pauses):
    sliced = liquidating(pauses=pauses)
    legs = liquidating(pauses=pauses, mode=m.MODE_STANDARD)
    refused = codes.MECHANISM_MUST_NOT_BE_PAUSED
    assert sliced.slice(PPB // 10) == (refused if pauses == m.PAUSE_SLICE else codes.OK)
    assert legs.leg(UNIT) == (refused if pauses == m.PAUSE_BID else codes.OK)


def test_a_pause_is_said_after_the_parties_are_known():
    known = liquidating(pauses=m.PAUSE_SLICE)
    assert known.slice(PPB, bidder=999) == codes.COUNTERPARTY_MUST_EXIST
    assert known.slice(PPB, bidder=known.trader) == codes.ACCOUNTS_MUST_DIFFER


def test_while_resolving_is_paused_the_insolvent_wait_and_are_counted():
    known = world(pauses=m.PAUSE_RESOLVE)
    known.fall_to(85 * TOKEN)
    known.lab.tick()
    assert known.lab.lots(known.trader, known.perp) == 10 * UNIT
    assert int(known.lab.engine.pool.totals[0]["shortfall"]) == 50 * TOKEN


def number_of(rows: list[tuple[int, int]]) -> int:
    number, modulus = 0, 2**55 - 55
    for instrument, lots in sorted(rows):
        number = (31 * number + instrument) % modulus
        number = (31 * number + lots % modulus) % modulus
    return number + 1


def test_the_state_number_is_of_instruments_and_lots():
    known = world()
    other = known.lab.list_instrument(PRICE)
    assert known.lab.fill(known.trader, known.maker, other, -UNIT, PRICE) == codes.MARGIN_INITIAL_MUST_BE_COVERED
    assert known.lab.fill(known.bidder, known.maker, other, -UNIT, PRICE) == codes.OK
    assert known.lab.fill(known.bidder, known.maker, known.perp, 7, PRICE) == codes.OK
    engine = known.lab.engine
    assert engine.state_number(known.trader) == number_of([(known.perp, 10 * UNIT)])
    assert engine.state_number(known.bidder) == number_of([(other, -UNIT), (known.perp, 7)])
    assert engine.state_number(m.NAMED_FUND) == 1


@pytest.mark.parametrize("mode", [m.MODE_STANDARD, m.MODE_PORTFOLIO])
def test_a_bid_for_what_is_no_longer_there_is_refused(mode):
    known = liquidating(mode=mode)
    bid = known.slice if mode == m.MODE_PORTFOLIO else known.leg
    size = PPB // 10 if mode == m.MODE_PORTFOLIO else UNIT
    seen = known.lab.engine.state_number(known.trader)
    assert bid(size, amount=seen + 1) == codes.STATE_MUST_BE_AS_EXPECTED
    assert bid(size, amount=seen) == codes.OK
    assert bid(size, amount=seen) == codes.STATE_MUST_BE_AS_EXPECTED
    assert bid(size) == codes.OK
