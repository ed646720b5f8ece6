"""Short sequences on which the engine and the reference model once came apart, and what the page says of each."""

import pytest
from tests.reference.build import ASSET, CONTRACT, FUTURE, HOUR, PERCENT, TOKEN
from tests.reference.margin import figures
from tests.reference.pair import Pair
from tests.reference.state import LISTING_FIELDS

from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import TRIGGER_MAX


def equity(pair: Pair, account: int) -> int:
    return figures(pair.model, pair.model.accounts[account]).equity


def traded(pair: Pair, lots: int, price: int, cash: int, **changes: int) -> tuple[int, int, int]:
    """A long and a short with the same cash: (instrument, long, short)."""
    number = pair.list({**CONTRACT, **changes}, price)
    long, short = pair.open(cash), pair.open(cash)
    assert pair.fill(long, short, number, lots, price) == codes.OK
    return number, long, short


def test_bonds_are_not_the_operators():
    pair = Pair()
    assert pair.send(m.COMMAND_DEPOSIT, account=m.NAMED_BONDS, amount=1) == codes.ACCOUNT_MUST_NOT_BE_NAMED
    move = {"account": m.NAMED_BONDS, "counterparty": m.NAMED_FUND, "amount": 1, "flags": m.FLAG_OPERATOR}
    assert pair.send(m.COMMAND_TRANSFER, **move) == codes.ACCOUNT_MUST_NOT_BE_NAMED


def test_a_call_without_a_deadline_is_overdue_at_once():
    pair = Pair(call_buffer=50 * PERCENT, call_deadline=0, exit_buffer=20 * PERCENT, backstop_after=HOUR)
    number, long, _ = traded(pair, 10, 100 * TOKEN, 150 * TOKEN)
    pair.mark(number, 90 * TOKEN)
    pair.later()
    # E = 50 is above MM = 45 and below X = 54: called in step 4 and liquidating in the same step.
    assert pair.stage(long) == m.STAGE_LIQUIDATING


def test_without_a_fee_the_taker_still_pays_the_micro_of_a_rounding():
    pair = Pair(exit_buffer=20 * PERCENT, backstop_after=HOUR)
    number, long, _ = traded(pair, 2, 100, 1, scale=2, lots_max=1_000)
    bidder = pair.open(TOKEN)
    pair.mark(number, 50)
    pair.later()
    # v = 1, E = 0. One lot goes for floor(0.5) = 0 and the other is worth 0: E'' = -1, the most for a fee is -1.
    assert pair.send(m.COMMAND_BID, account=long, counterparty=bidder, instrument=number, lots=1) == codes.OK
    assert (equity(pair, long), pair.cash(bidder)) == (0, TOKEN - 1)


def test_the_backstop_goes_on_to_the_next_leg_when_its_limit_binds_in_one():
    pair = Pair(exit_buffer=50 * PERCENT, backstop_after=0)
    first = pair.list({**CONTRACT, "backstop_lots_max": 1}, 100 * TOKEN)
    second = pair.list(CONTRACT, 99 * TOKEN)
    long, short = pair.open(200 * TOKEN), pair.open(500 * TOKEN)
    pair.deposit(m.NAMED_BACKSTOP, 1_000 * TOKEN)
    assert pair.fill(long, short, first, 10, 100 * TOKEN) == codes.OK
    assert pair.fill(long, short, second, 10, 99 * TOKEN) == codes.OK
    pair.mark(first, 90 * TOKEN + 1)
    pair.mark(second, 90 * TOKEN)
    pair.later()
    # One lot of the first leg, after which the second has the larger requirement.
    assert pair.lots(m.NAMED_BACKSTOP, first) == 1
    assert pair.lots(m.NAMED_BACKSTOP, second) > 0


def test_a_debt_nobody_could_pay_is_a_shortfall():
    pair = Pair()
    number, long, short = traded(pair, 10, 100 * TOKEN, 100 * TOKEN)
    pair.mark(number, 80 * TOKEN)
    pair.must(m.COMMAND_REALISE, account=short, instrument=number)
    pair.must(m.COMMAND_WITHDRAW, account=short, amount=220 * TOKEN)
    assert pair.fill(long, short, number, -10, 80 * TOKEN) == codes.OK
    # 100 were owed and 80 of cash were all there is.
    assert pair.cash(long) == -20 * TOKEN
    pair.later()
    assert pair.model.shortfall == 20 * TOKEN
    saver = pair.open(30 * TOKEN)
    assert pair.send(m.COMMAND_WITHDRAW, account=saver, amount=1) == codes.WITHDRAWALS_MUST_NOT_BE_GATED


def test_a_debt_that_settlement_leaves_is_met_by_the_sweep():
    pair = Pair(gap_max=HOUR, accounts_per_tick=1)
    pair.tick(HOUR)
    series = pair.list(FUTURE, 100 * TOKEN, expiry=2 * HOUR)
    number, long, short = traded(pair, 10, 100 * TOKEN, 130 * TOKEN)
    pair.must(m.COMMAND_RESERVE, account=long, instrument=series, lots=1, price=100 * TOKEN)
    holders = pair.open(100 * TOKEN), pair.open(100 * TOKEN)
    assert pair.fill(*holders, series, 1, 100 * TOKEN) == codes.OK
    pair.mark(number, 80 * TOKEN)
    assert pair.fill(long, short, number, -10, 80 * TOKEN) == codes.OK
    assert pair.cash(long) == -70 * TOKEN
    pair.tick(2 * HOUR)
    # Its order was released by the settlement; the sweep of this tick has seen the backstop only.
    assert pair.cash(long) == -70 * TOKEN
    for later in range(1, 20):
        pair.tick(2 * HOUR + later * 1_000)
    assert pair.cash(long) == 0


@pytest.mark.parametrize("cash", [10**15, 10**16, 2 * 10**16])
def test_the_queue_ranks_the_richest_like_anybody(cash):
    pair = Pair(adl=m.ADL_QUEUE)
    number = pair.list(CONTRACT, 100 * TOKEN)
    bankrupt, rich, level = pair.open(50 * TOKEN), pair.open(cash), pair.open(500 * TOKEN)
    long = pair.open(500 * TOKEN)
    assert pair.fill(bankrupt, rich, number, 5, 100 * TOKEN) == codes.OK
    pair.mark(number, 80 * TOKEN)
    assert pair.fill(long, level, number, 5, 80 * TOKEN) == codes.OK
    pair.later()
    # The rich one has a profit, the other none: key 0.
    assert (pair.lots(rich, number), pair.lots(level, number)) == (0, -5)


def test_orders_are_released_from_the_last_row_to_the_first():
    pair = Pair(call_buffer=0, exit_buffer=0, backstop_after=HOUR)
    numbers = [pair.list({**CONTRACT, "rate_initial": PERCENT, "rate_maintenance": PERCENT}, TOKEN) for _ in range(2)]
    held = [pair.list(CONTRACT, 100 * TOKEN) for _ in range(2)]
    trader, other = pair.open(300 * TOKEN), pair.open(900 * TOKEN)
    for number in numbers:
        pair.must(m.COMMAND_RESERVE, account=trader, instrument=number, lots=1, price=TOKEN)
    for number in held:
        assert pair.fill(trader, other, number, 10, 100 * TOKEN) == codes.OK
    pair.mark(held[0], 78 * TOKEN)
    pair.later()
    assert pair.stage(trader) == m.STAGE_LIQUIDATING
    # Rows a b c d: d takes the place of b, then c the place of a.
    assert list(pair.model.accounts[trader].holdings) == [held[0], held[1]]


def test_an_order_replaced_keeps_its_row():
    pair = Pair()
    first, second = pair.list(CONTRACT, 100 * TOKEN), pair.list(CONTRACT, 100 * TOKEN)
    trader = pair.open(300 * TOKEN)
    for number in (first, second):
        pair.must(m.COMMAND_RESERVE, account=trader, instrument=number, lots=1, price=100 * TOKEN)
    pair.must(m.COMMAND_REPLACE, account=trader, instrument=first, reserved_lots=1, lots=-1, price=100 * TOKEN)
    assert list(pair.model.accounts[trader].holdings) == [first, second]


def test_a_new_trigger_fires_anew():
    pair = Pair(call_buffer=0)
    number, long, _ = traded(pair, 10, 100 * TOKEN, 300 * TOKEN)
    order = {"account": long, "instrument": number, "lots": 1, "price": 90 * TOKEN}
    for _ in range(2):
        pair.must(m.COMMAND_SET_LIMITS, account=long, price=TRIGGER_MAX)
        pair.must(m.COMMAND_RESERVE, **order)
        pair.mark(number, 90 * TOKEN)
        pair.later()
        # E = 200 is below 5 * MM = 225.
        assert pair.model.accounts[long].holdings[number].bid_lots == 0
    pair.must(m.COMMAND_RESERVE, **order)
    pair.mark(number, 90 * TOKEN)
    pair.later()
    assert pair.model.accounts[long].holdings[number].bid_lots == 1


def test_what_the_fund_cannot_buy_whole_ends_its_buying():
    pair = Pair()
    dear, cheap = pair.list(ASSET, 100 * TOKEN), pair.list(ASSET, TOKEN)
    number = pair.list(CONTRACT, 100 * TOKEN)
    owner, other = pair.open(), pair.open(2_000 * TOKEN)
    pair.deposit_asset(owner, dear, 3)
    pair.deposit_asset(owner, cheap, 3)
    assert pair.fill(owner, other, number, 20, 100 * TOKEN) == codes.OK
    pair.deposit(m.NAMED_FUND, 352 * TOKEN)
    pair.mark(number, 80 * TOKEN)
    pair.later()
    # E = 303 - 400: the fund pays 97 and buys two of the dear ones; 55 are left, enough for the cheap ones.
    assert (pair.lots(m.NAMED_FUND, dear), pair.lots(m.NAMED_FUND, cheap)) == (2, 0)


def test_a_window_shut_on_the_way_settles_at_what_was_collected():
    pair = Pair(gap_max=HOUR, settlements_per_tick=1)
    pair.tick(HOUR)
    series = pair.list(FUTURE, 100 * TOKEN, expiry=2 * HOUR)
    pair.tick(2 * HOUR - 1_000)
    values = tuple({**FUTURE, "expiry": 2 * HOUR, "settlement_window": 0}[name] for name in LISTING_FIELDS)
    pair.must(m.COMMAND_SET_INSTRUMENT, values, instrument=series)
    pair.tick(2 * HOUR)
    row = pair.model.instruments[series]
    assert (row.status, row.mark) == (m.STATUS_CLOSED, 100 * TOKEN)


def test_a_price_next_to_nothing_buys_no_more_than_there_is():
    pair = Pair()
    limits = {"scale": 12, "lots_max": 10**15, "open_lots_max": 10**16, "backstop_lots_max": 10**15}
    asset, number = pair.list({**ASSET, **limits}, 100 * TOKEN), pair.list(CONTRACT, 100 * TOKEN)
    owner, other = pair.open(100 * TOKEN), pair.open(2_000 * TOKEN)
    pair.deposit_asset(owner, asset, 10**13)
    assert pair.fill(owner, other, number, 10, 100 * TOKEN) == codes.OK
    pair.deposit(m.NAMED_BACKSTOP, 10**15)
    pair.mark(asset, 1)
    pair.mark(number, 80 * TOKEN)
    pair.later()
    # The backstop's cash is worth 10^27 lots at a micro a unit.
    assert (pair.lots(owner, asset), pair.lots(m.NAMED_BACKSTOP, asset)) == (0, 10**13)


def test_a_debt_without_holdings_waits_out_of_liquidation():
    pair = Pair(call_buffer=0)
    number, long, short = traded(pair, 10, 100 * TOKEN, 100 * TOKEN)
    pair.set_policy(pauses=m.PAUSE_RESOLVE)
    pair.mark(number, 80 * TOKEN)
    pair.later()
    assert pair.fill(long, short, number, -10, 80 * TOKEN) == codes.OK
    for _ in range(2):
        pair.later()
        assert (pair.stage(long), pair.cash(long), pair.model.shortfall) == (0, -100 * TOKEN, 100 * TOKEN)
    pair.set_policy(pauses=0)
    pair.later()
    assert (pair.cash(long), pair.model.shortfall) == (0, 0)
