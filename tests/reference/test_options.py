"""Options in standard accounts, settlement, slices: worked by hand from portfolio-margin.md, §7 and §10."""

import pytest

from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import PPB

from .build import ASSET, CONTRACT, HOUR, OPTION, PERCENT, TOKEN, Pool
from .classes import CALL, PUT
from .identities import broken_identities
from .margin import figures
from .slices import STEP

FULL = (PPB, 0, 0)
RULES = {
    "short_spot_max": 15 * PERCENT,
    "short_spot_min": 10 * PERCENT,
    "short_call": 7 * PERCENT,
    "short_put": 8 * PERCENT,
    "short_put_value": 50 * PERCENT,
    "offset_scale": 110 * PERCENT,
    "unpaired_initial": 20 * PERCENT,
    "unpaired_maintenance": 10 * PERCENT,
    "grouped": 1,
}
DAY = 24 * HOUR


def chain(**changes):
    """A spot at 100 and a class of a quarter either way; calls and puts at 90, 100, 110: {(type, strike): number}."""
    pool = Pool(call_buffer=0, exit_buffer=0, backstop_after=DAY, backstop_ratio=0, gap_max=DAY)
    pool.tick(HOUR)
    pool.list(ASSET, 100 * TOKEN)
    shocks = (-PPB // 4, PPB // 4)
    assert pool.publish_class([FULL, FULL], **{**RULES, **changes}) == codes.OK
    numbers, words = {}, {}
    for kind in (CALL, PUT):
        for strike in (90, 100, 110):
            number = pool.list(OPTION, strike=strike * TOKEN, option_type=kind)
            numbers[kind, strike] = number
            side = 1 if kind == CALL else -1
            now = max(0, side * (100 - strike)) + 5 - abs(100 - strike) // 5
            shocked = [max(0, side * (spot - strike)) + 1 for spot in (75, 125)]
            words[number] = [word * TOKEN for word in (now, now, now, 0, 0, 0, *shocked)]
    assert pool.publish_arrays(shocks, words, {1: (PPB, PPB, 0, PPB, 120 * TOKEN)}) == codes.OK
    return pool, numbers


def hold(pool, account, instrument, lots):
    pool.model.accounts[account].open_row(instrument).lots = lots


def required(pool, lots):
    """(MM, IM) of a standard account with these lots."""
    account = pool.open(1_000 * TOKEN)
    for instrument, size in lots.items():
        hold(pool, account, instrument, size)
    found = figures(pool.model, pool.model.accounts[account])
    return found.mm // TOKEN, found.im // TOKEN


# Marks: calls 13, 5, 3; puts 3, 5, 13.


@pytest.mark.parametrize(
    ("lots", "expected"),
    [
        # Naked: 7 % of 100; 15 % at the money, 10 % when 10 % out of it.
        ({(CALL, 100): -2}, (14, 30)),
        ({(CALL, 110): -1}, (7, 10)),
        # Put: the larger of 8 % of spot and half its value; (13 + 8) * 1.1 - 13 = 10.1 is below 15 %.
        ({(PUT, 100): -1}, (8, 15)),
        ({(PUT, 110): -2}, (16, 30)),
        # A long asks for its own value.
        ({(CALL, 90): 3}, (39, 39)),
        # Long 90 and short 100: nothing can be lost; the value of 8 is required. Reversed: 10 less 8 paid.
        ({(CALL, 90): 1, (CALL, 100): -1}, (8, 8)),
        ({(CALL, 90): -1, (CALL, 100): 1}, (2, 2)),
        # Two short calls over one long: unpaired 1 at 10 and 20 percent of the forward, less -5 now.
        ({(CALL, 100): -2, (CALL, 90): 1}, (15, 27)),
        # Long put 100, short put 90: worth 2; short put 100, long 90: 10 less 2.
        ({(PUT, 100): 1, (PUT, 90): -1}, (2, 2)),
        ({(PUT, 100): -1, (PUT, 90): 1}, (8, 8)),
        # A box marked too dear: never below 0.
        ({(CALL, 90): -1, (CALL, 110): 1, (PUT, 90): 1, (PUT, 110): -1}, (0, 0)),
    ],
)
def test_standard_requirements(lots, expected):
    pool, numbers = chain()
    assert required(pool, {numbers[name]: size for name, size in lots.items()}) == expected


def test_confidence_and_orders_raise_initial_only():
    pool, numbers = chain(confidence_threshold=PPB, confidence_factor=PPB)
    call = numbers[CALL, 100]
    pool.later()
    assert pool.publish_arrays((0, 0), {}, {1: (PPB, PPB, 0, 90 * PERCENT, 120 * TOKEN)}) == codes.OK
    assert required(pool, {call: -2}) == (14, 50)
    account = pool.open(1_000 * TOKEN)
    pool.must(m.COMMAND_RESERVE, account=account, instrument=call, lots=-3, price=5 * TOKEN)
    found = figures(pool.model, pool.model.accounts[account])
    assert (found.mm, found.im) == (0, 45 * TOKEN)


def test_a_depeg_adds_to_initial_by_lots():
    pool, numbers = chain(depeg_factor=2 * PPB)
    pool.set_policy(depeg_threshold=99 * PERCENT)
    pool.mark(0, 940_000)
    assert required(pool, {numbers[CALL, 100]: -2}) == (14, 50)


def test_options_are_paid_in_cash_and_cost_nothing():
    pool, numbers = chain()
    call = numbers[CALL, 100]
    buyer, seller = pool.open(200 * TOKEN), pool.open(200 * TOKEN)
    assert pool.fill(buyer, seller, call, 4, 5 * TOKEN) == codes.OK
    assert (pool.cash(buyer), pool.cash(seller)) == (180 * TOKEN, 220 * TOKEN)
    assert pool.model.accounts[seller].holdings[call].cost == 0
    assert pool.fill(seller, buyer, call, 1, 6 * TOKEN) == codes.OK
    assert (pool.cash(buyer), pool.cash(seller)) == (186 * TOKEN, 214 * TOKEN)
    assert broken_identities(pool.model) == []


def test_who_buys_to_be_long_pays_from_cash_who_closes_a_short_need_not():
    pool, numbers = chain()
    call, perp = numbers[CALL, 100], pool.list(CONTRACT, 100 * TOKEN)
    trader, other = pool.open(100 * TOKEN), pool.open(10_000 * TOKEN)
    assert pool.fill(trader, other, perp, 2, 100 * TOKEN) == codes.OK
    assert pool.fill(other, trader, call, 2, 5 * TOKEN) == codes.OK
    pool.mark(perp, 190 * TOKEN)
    pool.must(m.COMMAND_WITHDRAW, account=trader, amount=108 * TOKEN)
    assert pool.fill(trader, other, call, 3, 5 * TOKEN) == codes.CASH_MUST_NOT_BE_NEGATIVE
    assert pool.fill(trader, other, call, 2, 5 * TOKEN) == codes.OK
    assert pool.cash(trader) == -8 * TOKEN


def test_a_series_pays_longs_from_what_shorts_had():
    pool, numbers = chain()
    call = numbers[CALL, 100]
    long, short, poor = pool.open(100 * TOKEN), pool.open(200 * TOKEN), pool.open(30 * TOKEN)
    assert pool.fill(long, short, call, 4, 5 * TOKEN) == codes.OK
    assert pool.fill(long, poor, call, 2, 5 * TOKEN) == codes.OK
    pool.tick(9 * HOUR + HOUR // 2)
    pool.mark(1, 130 * TOKEN)
    pool.tick(10 * HOUR)
    row = pool.model.instruments[call]
    # Six series, one at a time. 30 each: the poor one had 40 of 60, the long is paid 160 of 180.
    for later in range(1, 16):
        pool.tick(10 * HOUR + later)
    assert (row.mark, pool.cash(poor)) == (30 * TOKEN, 0)
    assert row.status == m.STATUS_CLOSED
    assert (pool.cash(long), pool.cash(short)) == (230 * TOKEN, 100 * TOKEN)
    assert pool.model.bad_debt == 20 * TOKEN
    assert broken_identities(pool.model) == []


def test_a_worthless_series_pays_nothing():
    pool, numbers = chain()
    call = numbers[CALL, 110]
    long, short = pool.open(100 * TOKEN), pool.open(200 * TOKEN)
    assert pool.fill(long, short, call, 4, 3 * TOKEN) == codes.OK
    pool.tick(9 * HOUR + HOUR // 2)
    pool.mark(1, 110 * TOKEN)
    for later in range(16):
        pool.tick(10 * HOUR + later)
    assert (pool.cash(long), pool.cash(short)) == (88 * TOKEN, 212 * TOKEN)
    assert pool.model.instruments[call].status == m.STATUS_CLOSED


# §10


def sliced(cash, **policy):
    """A portfolio account short four perps against four calls that lose less, below maintenance."""
    pool, numbers = chain()
    pool.set_policy(slice_discount=10 * PERCENT, fund_share=50 * PERCENT, **policy)
    perp = pool.list(CONTRACT, 100 * TOKEN, risk_class=1)
    call = numbers[CALL, 100]
    trader, other = pool.open(cash, mode=m.MODE_PORTFOLIO), pool.open(10_000 * TOKEN)
    assert pool.fill(trader, other, call, 8, 5 * TOKEN) == codes.OK
    assert pool.fill(trader, other, perp, -8, 100 * TOKEN) == codes.OK
    return pool, trader, perp, call


def test_a_slice_keeps_the_hedge():
    # The scan: 8 calls lose 4 each, the perps gain: no; up: the calls gain 21, the perps lose 25: 32.
    pool, trader, perp, call = sliced(100 * TOKEN)
    assert figures(pool.model, pool.model.accounts[trader]).mm == 32 * TOKEN
    pool.must(m.COMMAND_WITHDRAW, account=trader, amount=60 * TOKEN)
    pool.mark(perp, 102 * TOKEN)
    pool.later()
    now = figures(pool.model, pool.model.accounts[trader])
    # 0 of cash, 40 of calls, 16 lost; the perps now lose a quarter of 816.
    assert (now.equity, now.mm) == (24 * TOKEN, 36 * TOKEN)
    assert pool.stage(trader) == m.STAGE_LIQUIDATING
    bidder = pool.open(1_000 * TOKEN, mode=m.MODE_PORTFOLIO)
    bid = {"account": trader, "counterparty": bidder}
    assert pool.send(m.COMMAND_BID, **bid, instrument=perp, lots=1) == codes.LEG_MUST_BE_NEXT
    assert pool.send(m.COMMAND_BID, **bid, lots=0) == codes.SLICE_MUST_BE_WITHIN_LIMIT
    # A part of a quarter: two of each, and min(24 / 4 / 10, 24 * 9 / 36).
    assert pool.send(m.COMMAND_BID, **bid, lots=PPB // 4) == codes.OK
    assert (pool.lots(trader, perp), pool.lots(trader, call)) == (-6, 6)
    assert (pool.lots(bidder, perp), pool.lots(bidder, call)) == (-2, 2)
    assert figures(pool.model, pool.model.accounts[trader]).equity == 23_400_000
    assert pool.cash(m.NAMED_FUND) == 300_000
    assert figures(pool.model, pool.model.accounts[bidder]).equity == 1_000_300_000
    # A quarter of 23.4 stays out of what is offered: min((23.4 - 5.85) * 0.167 / 10, 23.4 * 4.5 / 27) for one of six.
    assert pool.send(m.COMMAND_BID, **bid, lots=PPB) == codes.OK
    assert pool.stage(trader) == m.STAGE_HEALTHY
    assert pool.lots(trader, perp) == -pool.lots(trader, call) == -5
    assert figures(pool.model, pool.model.accounts[trader]).equity == 23_400_000 - 293_085
    assert broken_identities(pool.model) == []
    assert STEP == 10**6


def test_the_backstop_takes_a_slice_in_time():
    pool, trader, perp, call = sliced(100 * TOKEN, backstop_after=0)
    pool.deposit(m.NAMED_BACKSTOP, 1_000 * TOKEN)
    pool.must(m.COMMAND_WITHDRAW, account=trader, amount=60 * TOKEN)
    pool.mark(perp, 102 * TOKEN)
    pool.later()
    assert pool.lots(m.NAMED_BACKSTOP, perp) == -pool.lots(m.NAMED_BACKSTOP, call) < 0
    assert pool.lots(trader, perp) == -pool.lots(trader, call)
    assert pool.stage(trader) == m.STAGE_HEALTHY
    assert pool.cash(m.NAMED_FUND) == 0


def test_an_insolvent_account_is_split_by_the_losses_of_its_worst_scenario():
    pool, numbers = chain()
    perp, call, put = pool.list(CONTRACT, 100 * TOKEN, risk_class=1), numbers[CALL, 100], numbers[PUT, 100]
    trader = pool.open(300 * TOKEN, mode=m.MODE_PORTFOLIO)
    seller, other = pool.open(10_000 * TOKEN), pool.open(10_000 * TOKEN)
    assert pool.fill(trader, other, perp, 4, 100 * TOKEN) == codes.OK
    assert pool.fill(trader, seller, put, -4, 5 * TOKEN) == codes.OK
    assert pool.fill(trader, seller, call, 1, 5 * TOKEN) == codes.OK
    # Down: 100 on perps, 4 * 21 on puts, 4 on the call.
    assert figures(pool.model, pool.model.accounts[trader]).mm == 188 * TOKEN
    pool.must(m.COMMAND_WITHDRAW, account=trader, amount=100 * TOKEN)
    pool.mark(perp, 40 * TOKEN)
    before = {account: figures(pool.model, pool.model.accounts[account]).equity for account in (other, seller)}
    pool.later()
    # E = 215 + 5 - 20 - 240 = -40: 40 of perps now, 84, 4 of 128.
    losses = {account: before[account] - figures(pool.model, pool.model.accounts[account]).equity for account in before}
    assert losses[other] == 40 * TOKEN * 40 // 128
    assert losses[other] + losses[seller] == 40 * TOKEN
    assert not pool.model.accounts[trader].holdings
    assert pool.cash(trader) == 0
    assert broken_identities(pool.model) == []


def test_a_mode_is_changed_when_it_is_covered():
    pool, numbers = chain()
    call = numbers[CALL, 100]
    trader, other = pool.open(100 * TOKEN), pool.open(1_000 * TOKEN)
    assert pool.fill(other, trader, call, 4, 5 * TOKEN) == codes.OK
    # 4 * 15 of 100; the scan takes 84.
    assert pool.set_mode(trader) == codes.OK
    assert pool.set_mode(trader, m.MODE_STANDARD) == codes.OK
    pool.must(m.COMMAND_WITHDRAW, account=trader, amount=17 * TOKEN)
    assert pool.set_mode(trader) == codes.MARGIN_INITIAL_MUST_BE_COVERED
    assert pool.set_mode(trader, 3) == codes.MODE_MUST_BE_KNOWN
    assert pool.set_mode(3) == codes.ACCOUNT_MUST_NOT_BE_NAMED
    assert pool.set_mode(99) == codes.ACCOUNT_MUST_EXIST
