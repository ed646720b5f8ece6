"""The reference model against numbers worked out by hand. One lot is one unit unless said otherwise."""

import pytest

from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import ID_WINDOW, PPB

from .build import ASSET, CONTRACT, FUTURE, HOUR, PERCENT, TOKEN, Pool
from .identities import broken_identities
from .margin import figures
from .numbers import isqrt_up, trunc
from .state import Holding, Instrument
from .terms import confidence_rate, open_interest_rate, requirement
from .waterfall import smallest_size, try_take


@pytest.fixture
def pool() -> Pool:
    made = Pool()
    yield made
    assert broken_identities(made.model) == []


def instrument(**changes: int) -> Instrument:
    made = Instrument({**CONTRACT, **changes})
    made.mark = 100 * TOKEN
    return made


def figures_of(pool: Pool, account: int):
    return figures(pool.model, pool.model.accounts[account])


def traded(pool: Pool, lots: int, price: int, cash: int, **changes: int) -> tuple[int, int, int]:
    """A long and a short with the same cash: (instrument, long, short)."""
    number = pool.list({**CONTRACT, **changes}, price)
    long, short = pool.open(cash), pool.open(cash)
    assert pool.fill(long, short, number, lots, price) == codes.OK
    return number, long, short


def test_numbers_round_as_named():
    assert [trunc(-7, 2), trunc(7, 2), trunc(-1, 2)] == [-3, 3, 0]
    assert [isqrt_up(n) for n in (0, 1, 2, 4, 5, 10)] == [0, 1, 2, 2, 3, 4]


def test_segments_are_marginal_and_continuous():
    row = instrument(segment_lots_1=100, segment_initial_1=20 * PERCENT, segment_maintenance_1=10 * PERCENT)
    # 100 lots at 10 %, then 50 at 20 %: 1,000 + 1,000 tokens.
    assert requirement(row, 100, "initial") == 1_000 * TOKEN
    assert requirement(row, 150, "initial") == 2_000 * TOKEN
    assert requirement(row, 150, "maintenance") == 1_000 * TOKEN


def test_slope_is_a_rate_linear_in_size():
    # 10 % + 0.1 % a lot: 20 lots worth 2,000 tokens need 12 %.
    assert requirement(instrument(slope_initial=PERCENT // 10), 20, "initial") == 240 * TOKEN


def test_root_penalty_is_never_below_the_base_rate():
    row = instrument(root_base_initial=5 * PERCENT, root_factor_initial=PERCENT * 10**9)
    assert requirement(row, 25, "initial") == 250 * TOKEN
    assert requirement(row, 26, "initial") == 2_600 * TOKEN * 11 // 100


def test_rates_of_open_interest_and_confidence():
    row = instrument(open_interest_lower=1_000 * TOKEN, open_interest_upper=2_000 * TOKEN)
    row.confidence_factor, row.confidence = 2 * PPB, TOKEN
    rates = []
    for lots in (10, 15, 20):
        row.open_lots = lots
        rates.append(open_interest_rate(row))
    assert rates == [0, 55 * PERCENT, 100 * PERCENT]
    assert confidence_rate(row) == 2 * PERCENT


def test_initial_margin_adds_confidence_haircut_and_depeg(pool):
    number, long, _ = traded(pool, 10, 100 * TOKEN, 300 * TOKEN, confidence_factor=PPB)
    pool.set_policy(profit_haircut=50 * PERCENT, depeg_threshold=99 * PERCENT, depeg_factor=PPB)
    pool.mark(number, 110 * TOKEN, confidence=11 * TOKEN // 10)
    pool.mark(0, 940_000)
    now = figures_of(pool, long)
    # 110 (10 %) + 11 (confidence 1 %) + 50 (half of the profit of 100) = 171; depeg 0.99 - 0.94 = 5 %.
    assert (now.equity, now.mm, now.im) == (400 * TOKEN, 55 * TOKEN, 171 * TOKEN * 105 // 100)


def test_asset_counts_in_full_and_its_haircut_is_required(pool):
    asset = pool.list(ASSET, 2_000 * TOKEN)
    depositor = pool.open()
    pool.deposit_asset(depositor, asset, 5)
    now = figures_of(pool, depositor)
    assert (now.equity, now.mm, now.im) == (10_000 * TOKEN, 1_000 * TOKEN, 2_000 * TOKEN)


def test_fill_pays_fees_and_closing_realises(pool):
    fees = {"fee_taker": PERCENT // 10, "fee_maker": -PERCENT // 20}
    number, long, short = traded(pool, 10, 100 * TOKEN, 300 * TOKEN, **fees)
    # T = 1,000 tokens: the taker pays 1, the maker gets 0.5.
    assert [pool.cash(long), pool.cash(short), pool.cash(m.NAMED_FEES)] == [299_000_000, 300_500_000, 500_000]
    assert pool.fill(long, short, number, -10, 102 * TOKEN) == codes.OK
    # T = 1,020: the long earns 20 and pays 1.02, the short loses 20 and gets 0.51.
    assert [pool.cash(long), pool.cash(short)] == [317_980_000, 281_010_000]
    assert pool.model.accounts[long].holdings == {}
    assert pool.model.instruments[number].realised == 0


def test_fill_needs_initial_margin_of_both(pool):
    number = pool.list(CONTRACT, 100 * TOKEN)
    rich, poor = pool.open(1_000 * TOKEN), pool.open(100 * TOKEN)
    assert pool.fill(rich, poor, number, 11, 100 * TOKEN) == codes.COUNTERPARTY_MARGIN_INITIAL_MUST_BE_COVERED
    assert pool.fill(poor, rich, number, 11, 100 * TOKEN) == codes.MARGIN_INITIAL_MUST_BE_COVERED
    assert pool.fill(poor, rich, number, 10, 100 * TOKEN) == codes.OK


def test_below_initial_margin_only_less_risk(pool):
    number, long, short = traded(pool, 10, 100 * TOKEN, 100 * TOKEN)
    pool.deposit(short, 500 * TOKEN)
    pool.mark(number, 96 * TOKEN)
    # E = 60, IM = 96, MM = 48: one more is refused, one less at the mark is allowed, far below it is not.
    assert pool.fill(long, short, number, 1, 96 * TOKEN) == codes.MARGIN_INITIAL_MUST_BE_COVERED
    # One lot sold costs E * 1 / 10 = 6 tokens of equity at most (and a micro of rounding).
    assert pool.fill(long, short, number, -1, 90 * TOKEN - 2) == codes.MARGIN_INITIAL_MUST_BE_COVERED
    assert pool.fill(long, short, number, -1, 90 * TOKEN - 1) == codes.OK


def test_insolvent_taker_pays_no_fee_and_the_maker_gets_no_rebate(pool):
    number, long, short = traded(pool, 10, 100 * TOKEN, 101 * TOKEN, fee_taker=PERCENT // 10, fee_maker=-PERCENT // 10)
    pool.deposit(short, 500 * TOKEN)
    pool.mark(number, 80 * TOKEN)
    cash = [pool.cash(long), pool.cash(short)]
    assert pool.fill(long, short, number, -1, 80 * TOKEN) == codes.OK
    assert [pool.cash(long), pool.cash(short)] == cash
    assert pool.fill(short, long, number, -1, 80 * TOKEN) == codes.COUNTERPARTY_MARGIN_INITIAL_MUST_BE_COVERED


def test_asset_is_bought_with_cash_one_has(pool):
    asset = pool.list(ASSET, 100 * TOKEN)
    seller, buyer = pool.open(), pool.open(205 * TOKEN)
    pool.deposit_asset(seller, asset, 3)
    assert pool.fill(buyer, seller, asset, 3, 100 * TOKEN) == codes.CASH_MUST_NOT_BE_NEGATIVE
    assert pool.fill(seller, buyer, asset, -3, 100 * TOKEN) == codes.COUNTERPARTY_CASH_MUST_NOT_BE_NEGATIVE
    assert pool.fill(seller, buyer, asset, -2, 101 * TOKEN) == codes.OK
    assert [pool.cash(seller), pool.cash(buyer), pool.lots(buyer, asset)] == [202 * TOKEN, 3 * TOKEN, 2]
    assert pool.fill(seller, buyer, asset, -2, 1 * TOKEN) == codes.LOTS_MUST_NOT_BE_SHORT


def test_orders_count_at_the_worse_size_and_reserve_their_loss(pool):
    number = pool.list(CONTRACT, 100 * TOKEN, fee_taker=PERCENT)
    trader = pool.open(300 * TOKEN)
    order = {"account": trader, "instrument": number}
    pool.must(m.COMMAND_RESERVE, lots=6, price=102 * TOKEN, **order)
    # Open loss 12, fee 1 % of 612. The asks do not raise the worst size: no fee, no loss above the mark.
    pool.must(m.COMMAND_RESERVE, lots=-6, price=103 * TOKEN, **order)
    assert pool.model.accounts[trader].holdings[number] == Holding(0, 0, 6, 6, 18_120_000)
    assert figures_of(pool, trader).im == 60 * TOKEN + 18_120_000
    assert pool.send(m.COMMAND_RELEASE, lots=7, **order) == codes.RESERVATION_MUST_COVER
    pool.must(m.COMMAND_RELEASE, lots=-3, **order)
    assert pool.model.accounts[trader].holdings[number].reserved == 18_120_000 * 3 // 4
    pool.must(m.COMMAND_REPLACE, reserved_lots=-3, lots=-4, price=104 * TOKEN, **order)
    pool.must(m.COMMAND_RELEASE, lots=6, **order)
    pool.must(m.COMMAND_RELEASE, lots=-4, **order)
    assert pool.model.accounts[trader].holdings == {}


def test_limits_of_the_owner(pool):
    _, long, _ = traded(pool, 10, 100 * TOKEN, 300 * TOKEN)
    limits = {"kind": m.COMMAND_SET_LIMITS, "account": long}
    assert pool.send(**limits, amount=31 * PERCENT) == codes.MARGIN_INITIAL_MUST_BE_COVERED
    assert pool.send(**limits, amount=30 * PERCENT) == codes.OK
    assert figures_of(pool, long).im == 300 * TOKEN
    assert pool.send(**limits, amount=2 * PPB + 1) == codes.LEVERAGE_CAP_MUST_BE_WITHIN_LIMIT
    assert pool.send(**limits, price=5 * PPB + 1) == codes.TRIGGER_MUST_BE_WITHIN_LIMIT


def test_withdrawals_leave_margin_and_wait_in_pending(pool):
    _, long, _ = traded(pool, 10, 100 * TOKEN, 300 * TOKEN)
    out = {"kind": m.COMMAND_WITHDRAW, "account": long}
    assert pool.send(**out, amount=301 * TOKEN) == codes.CASH_MUST_NOT_BE_NEGATIVE
    assert pool.send(**out, amount=201 * TOKEN) == codes.MARGIN_INITIAL_MUST_BE_COVERED
    assert pool.send(**out, amount=200 * TOKEN) == codes.OK
    assert pool.send(m.COMMAND_PAY_WITHDRAWAL, amount=200 * TOKEN + 1) == codes.AMOUNT_MUST_BE_HELD
    assert pool.model.vault == 600 * TOKEN
    assert pool.send(m.COMMAND_PAY_WITHDRAWAL, amount=200 * TOKEN) == codes.OK
    assert pool.model.vault == 400 * TOKEN


def test_what_the_chain_took_waits_in_suspense(pool):
    asset = pool.list(ASSET, 100 * TOKEN)
    owner = pool.open()
    stranger = {"kind": m.COMMAND_DEPOSIT, "account": owner, "counterparty": 7, "instrument": asset, "lots": 2}
    assert pool.send(**stranger) == codes.HOLDING_MUST_BE_OPENED_BY_OWNER
    assert pool.send(**stranger, flags=m.FLAG_FROM_CHAIN) == codes.OK
    assert pool.lots(m.NAMED_SUSPENSE, asset) == 2
    move = {"account": m.NAMED_SUSPENSE, "counterparty": owner, "instrument": asset, "lots": 2}
    assert pool.send(m.COMMAND_TRANSFER, **move) == codes.OPERATOR_MUST_ACT
    assert pool.send(m.COMMAND_TRANSFER, **move, flags=m.FLAG_OPERATOR) == codes.OK
    assert pool.lots(owner, asset) == 2


def test_write_down_cuts_every_holder_in_order(pool):
    asset = pool.list(ASSET, 100 * TOKEN)
    holders = [pool.open() for _ in range(3)]
    for holder in holders:
        pool.deposit_asset(holder, asset, 3)
    pool.must(m.COMMAND_WRITE_DOWN, instrument=asset, lots=4)
    # ceil(4 * 3 / 9) = 2 each, until 4 are cut.
    assert [pool.lots(holder, asset) for holder in holders] == [1, 1, 3]
    assert pool.send(m.COMMAND_WRITE_DOWN, instrument=asset, lots=6) == codes.AMOUNT_MUST_BE_HELD


def test_realised_profit_leaves_equity_as_it_was(pool):
    number, long, _ = traded(pool, 10, 100 * TOKEN, 300 * TOKEN)
    pool.mark(number, 107 * TOKEN)
    pool.must(m.COMMAND_REALISE, account=long, instrument=number)
    held = pool.model.accounts[long].holdings[number]
    assert (pool.cash(long), held.cost, pool.model.instruments[number].realised) == (
        370 * TOKEN,
        1_070 * TOKEN,
        70 * TOKEN,
    )
    assert figures_of(pool, long).equity == 370 * TOKEN


def test_funding_moves_equity_from_longs_to_shorts(pool):
    pool.tick(HOUR)
    number, long, short = traded(
        pool, 10, 100 * TOKEN, 300 * TOKEN, funding_interval=HOUR, funding_rate_max=2 * PERCENT, funding_interest=1
    )
    pool.mark(number, 100 * TOKEN, premium=PERCENT)
    pool.later(HOUR // 2)
    pool.mark(number, 100 * TOKEN, premium=0)
    pool.later(HOUR // 2)
    # Mean premium 0.5 % and interest 1e-9: x = 5,000,001 * 1e8, so F = 500,000 and 1e8 ppb-micros are carried on.
    row = pool.model.instruments[number]
    assert (row.funding, row.funding_remainder) == (500_000, 100_000_000)
    assert figures_of(pool, long).equity == 295 * TOKEN
    assert figures_of(pool, short).equity == 305 * TOKEN


def test_states_of_a_mark_at_the_limit_and_one_beyond(pool):
    limits = {
        "age_fill_max": 10,
        "age_margin_max": 20,
        "sources_min": 2,
        "confidence_max": PERCENT,
        "volatility_max": 10 * PERCENT,
        "volatility_window": HOUR,
    }
    pool.tick(HOUR)
    number = pool.list({**CONTRACT, **limits})
    row = pool.model.instruments[number]

    def state_after(**fields: int) -> int:
        pool.mark(number, **{"price": 100 * TOKEN, "sources": 2, **fields})
        return row.oracle_state

    assert row.oracle_state == m.ORACLE_UNPRICED
    assert state_after(price=0) == m.ORACLE_UNPRICED
    assert state_after() == m.ORACLE_VALID
    assert state_after(sources=1) == m.ORACLE_TOO_FEW_SOURCES
    assert state_after(confidence=TOKEN) == m.ORACLE_VALID
    assert state_after(confidence=TOKEN + 1) == m.ORACLE_TOO_UNCERTAIN
    assert state_after(price=110 * TOKEN) == m.ORACLE_VALID
    assert state_after(price=110 * TOKEN + 1) == m.ORACLE_TOO_VOLATILE
    assert state_after(price=0) == m.ORACLE_NON_POSITIVE
    assert state_after() == m.ORACLE_VALID
    for age, expected in ((10, "VALID"), (11, "STALE_FOR_FILL"), (20, "STALE_FOR_FILL"), (21, "STALE_FOR_MARGIN")):
        pool.tick(HOUR + age)
        assert row.oracle_state == getattr(m, f"ORACLE_{expected}")


def test_a_gap_is_capped_and_followed_by_grace(pool):
    pool.set_policy(gap_max=1_000, grace=500)
    pool.tick(5_000)
    assert pool.model.grace_until == 0
    pool.tick(6_000)
    assert pool.model.grace_until == 0
    pool.tick(7_001)
    assert pool.model.grace_until == 7_501


@pytest.mark.parametrize("fee", [0, 1 * PERCENT, 4 * PERCENT])
@pytest.mark.parametrize("price", range(91_500_000, 95_000_000, 700_001))
def test_bisection_finds_the_smallest_size(fee, price):
    pool = Pool(exit_buffer=20 * PERCENT, backstop_after=HOUR)
    number, long, _ = traded(pool, 40, 100 * TOKEN, 400 * TOKEN, fee_liquidation=fee, slope_maintenance=0)
    pool.deposit(long, 100)
    pool.mark(number, price)
    sizes = [n for n in range(1, 41) if try_take(pool.model, long, number, n, fee).reaches_exit()]
    assert smallest_size(pool.model, long, number, 40, fee) == min(sizes, default=40)


def test_bid_takes_what_is_needed_and_splits_the_fee():
    pool = Pool(exit_buffer=20 * PERCENT, backstop_after=HOUR)
    number, long, _ = traded(pool, 10, 100 * TOKEN, 100 * TOKEN, fee_liquidation=1 * PERCENT)
    bidder = pool.open(500 * TOKEN)
    pool.mark(number, 94 * TOKEN)
    bid = {"account": long, "counterparty": bidder, "instrument": number, "lots": 10}
    assert pool.send(m.COMMAND_BID, **bid) == codes.ACCOUNT_MUST_BE_LIQUIDATING
    pool.later()
    # E = 40, MM = 47, X = 56.4. n lots cost 0.94 n: 40 - 0.94 n >= 1.2 * 4.7 * (10 - n) from n = 3.49 on.
    assert pool.stage(long) == m.STAGE_LIQUIDATING
    assert pool.send(m.COMMAND_BID, **bid, price=94 * TOKEN - 1) == codes.MARK_MUST_BE_WITHIN_PRICE_LIMIT
    assert pool.send(m.COMMAND_BID, **bid, price=94 * TOKEN) == codes.OK
    assert (pool.lots(long, number), pool.lots(bidder, number)) == (6, 4)
    assert figures_of(pool, long).equity == 36_240_000
    assert (pool.cash(m.NAMED_FUND), pool.cash(bidder)) == (1_880_000, 501_880_000)
    assert pool.stage(long) == m.STAGE_HEALTHY
    assert broken_identities(pool.model) == []


def test_liquidation_fee_never_lowers_the_margin_ratio():
    pool = Pool(exit_buffer=20 * PERCENT, backstop_after=HOUR)
    number, long, _ = traded(pool, 10, 100 * TOKEN, 100 * TOKEN, fee_liquidation=4 * PERCENT)
    pool.mark(number, 91 * TOKEN)
    # E = 10 over MM = 45.5: half the position may cost half of the equity, less than 4 % of 455.
    take = try_take(pool.model, long, number, 5, 4 * PERCENT)
    assert take.fee == 5 * TOKEN
    assert smallest_size(pool.model, long, number, 10, 4 * PERCENT) == 10


def test_backstop_takes_up_to_its_limit():
    pool = Pool(exit_buffer=20 * PERCENT)
    number, long, _ = traded(pool, 10, 100 * TOKEN, 100 * TOKEN, fee_backstop=1 * PERCENT, backstop_lots_max=3)
    pool.deposit(m.NAMED_BACKSTOP, 1_000 * TOKEN)
    pool.mark(number, 94 * TOKEN)
    pool.later()
    assert (pool.lots(long, number), pool.lots(m.NAMED_BACKSTOP, number)) == (7, 3)
    assert pool.cash(m.NAMED_BACKSTOP) == 1_002_820_000
    assert pool.stage(long) == m.STAGE_LIQUIDATING


@pytest.mark.parametrize("adl", [m.ADL_QUEUE, m.ADL_PRO_RATA])
def test_bankruptcy_takes_from_the_fund_then_from_the_other_side(adl):
    pool = Pool(adl=adl)
    number = pool.list(CONTRACT, 100 * TOKEN)
    long, short, other = pool.open(100 * TOKEN), pool.open(60 * TOKEN), pool.open(500 * TOKEN)
    assert pool.fill(long, short, number, 6, 100 * TOKEN) == codes.OK
    assert pool.fill(long, other, number, 4, 100 * TOKEN) == codes.OK
    pool.deposit(m.NAMED_FUND, 30 * TOKEN)
    pool.mark(number, 80 * TOKEN)
    pool.later()
    # E = 100 - 200; the fund pays 30; 70 are borne by 10 lots, 7 a lot: the short keeps 60 + 120 - 42.
    assert [pool.cash(account) for account in (long, short, other, m.NAMED_FUND)] == [0, 138 * TOKEN, 552 * TOKEN, 0]
    assert all(pool.model.accounts[account].holdings == {} for account in (long, short, other))
    assert pool.model.shortfall == 0
    assert broken_identities(pool.model) == []


def test_pro_rata_closes_everyone_a_little():
    pool = Pool(adl=m.ADL_PRO_RATA)
    number = pool.list(CONTRACT, 100 * TOKEN)
    bankrupt, long, small, large = (pool.open(cash * TOKEN) for cash in (50, 900, 500, 900))
    assert pool.fill(bankrupt, large, number, 5, 100 * TOKEN) == codes.OK
    assert pool.fill(long, large, number, 25, 100 * TOKEN) == codes.OK
    assert pool.fill(long, small, number, 10, 100 * TOKEN) == codes.OK
    pool.mark(number, 85 * TOKEN)
    pool.later()
    # 5 lots against 10 and 30: ceil(1.25) = 2, then 3 of ceil(3.75) that are left; the loss of 25 is 5 a lot.
    assert (pool.lots(small, number), pool.lots(large, number)) == (-8, -27)
    assert figures_of(pool, small).equity == 640 * TOKEN
    assert figures_of(pool, large).equity == (1_350 - 15) * TOKEN


def test_queue_begins_with_profit_times_leverage():
    pool = Pool(adl=m.ADL_QUEUE)
    number = pool.list(CONTRACT, 100 * TOKEN)
    bankrupt, long, first, second = (pool.open(cash * TOKEN) for cash in (50, 900, 60, 90))
    assert pool.fill(bankrupt, first, number, 5, 100 * TOKEN) == codes.OK
    assert pool.fill(long, second, number, 7, 100 * TOKEN) == codes.OK
    first_cash = {"kind": m.COMMAND_REALISE, "account": first, "instrument": number}
    pool.mark(number, 80 * TOKEN)
    assert pool.send(**first_cash) == codes.OK
    assert pool.send(m.COMMAND_WITHDRAW, account=first, amount=120 * TOKEN) == codes.OK
    pool.later()
    # The loss is 50. `first` (E 40) has profit 0 and comes last; `second` closes 5 of 7 and pays all it is asked.
    assert (pool.lots(first, number), pool.lots(second, number)) == (-5, -2)
    assert figures_of(pool, second).equity == (90 + 140 - 50) * TOKEN
    assert pool.cash(bankrupt) == 0
    assert broken_identities(pool.model) == []


def test_loss_beyond_what_holders_can_pay_is_socialised():
    pool = Pool()
    calm, crashed = pool.list(CONTRACT, 100 * TOKEN), pool.list(CONTRACT, 100 * TOKEN)
    bankrupt, first, winner = pool.open(200 * TOKEN), pool.open(100 * TOKEN), pool.open(100 * TOKEN)
    two, one, long = (pool.open(1_000 * TOKEN) for _ in range(3))
    for taker, maker, number, lots in ((bankrupt, first, calm, 10), (long, two, calm, 2), (long, one, calm, 1)):
        assert pool.fill(taker, maker, number, lots, 100 * TOKEN) == codes.OK
    assert pool.fill(bankrupt, winner, crashed, 10, 100 * TOKEN) == codes.OK
    pool.mark(crashed, 10 * TOKEN)
    pool.later()
    # The loss of 700 is split by MM, 50 to 5: 636.36 and 63.64. `first` has 100; 536.36 go on the 3 lots still short.
    assert [pool.cash(account) for account in (bankrupt, first, winner)] == [0, 0, 1_000 * TOKEN - 63_636_364]
    added = [pool.model.accounts[account].holdings[calm].cost for account in (two, one)]
    assert added == [357_575_758 - 200 * TOKEN, 178_787_879 - 100 * TOKEN]
    assert pool.cash(m.NAMED_DUST) == 1
    assert broken_identities(pool.model) == []


def test_bad_debt_is_cut_from_positive_cash():
    pool = Pool()
    number, long, short = traded(pool, 10, 100 * TOKEN, 100 * TOKEN, band=50 * PERCENT)
    rich = pool.open(300 * TOKEN)
    pool.deposit(m.NAMED_FUND, 10 * TOKEN)
    pool.mark(number, 80 * TOKEN)
    assert pool.fill(long, short, number, -10, 80 * TOKEN) == codes.OK
    # 100 are owed, the fund pays 10; the short has 300 and the rich 300: 45 each.
    assert [pool.cash(account) for account in (long, short, rich, m.NAMED_FUND)] == [0, 255 * TOKEN, 255 * TOKEN, 0]
    assert broken_identities(pool.model) == []


def test_call_releases_orders_and_has_a_deadline():
    pool = Pool(call_buffer=50 * PERCENT, call_deadline=1_000, exit_buffer=20 * PERCENT, backstop_after=HOUR)
    pool.tick(HOUR)
    number, long, _ = traded(pool, 10, 100 * TOKEN, 150 * TOKEN)
    pool.must(m.COMMAND_RESERVE, account=long, instrument=number, lots=2, price=99 * TOKEN)
    pool.mark(number, 90 * TOKEN)
    pool.later()
    # E = 50: above MM = 45, below X = 54 and C = 67.5.
    assert pool.stage(long) == m.STAGE_CALLED
    assert pool.model.accounts[long].holdings[number].bid_lots == 0
    pool.later(999)
    assert pool.stage(long) == m.STAGE_CALLED
    pool.later(1)
    assert pool.stage(long) == m.STAGE_LIQUIDATING
    pool.deposit(long, 4 * TOKEN)
    pool.later()
    # At X liquidation ends; C is still above, so the account is called again.
    assert pool.stage(long) == m.STAGE_CALLED


@pytest.mark.parametrize("accounts_a_tick", [1, 2, 100])
def test_settlement_with_a_deficit_cuts_the_winners(accounts_a_tick):
    pool = Pool(settlements_per_tick=accounts_a_tick, adl=m.ADL_QUEUE, grace=HOUR, gap_max=HOUR // 4)
    pool.tick(HOUR)
    number = pool.list(FUTURE, 100 * TOKEN, expiry=2 * HOUR)
    loser, winner, other = pool.open(100 * TOKEN), pool.open(100 * TOKEN), pool.open(100 * TOKEN)
    assert pool.fill(loser, winner, number, 7, 100 * TOKEN) == codes.OK
    assert pool.fill(loser, other, number, 3, 100 * TOKEN) == codes.OK
    pool.deposit(m.NAMED_FUND, 20 * TOKEN)
    while pool.model.time < 2 * HOUR - HOUR // 4:
        pool.later(HOUR // 4)
    pool.tick(2 * HOUR - 1)
    pool.mark(number, 80 * TOKEN)
    # The window's mean is (100 * 1,799,999 + 80) / 1,800,000; a mark of the last moment moves nothing.
    pool.later()
    row = pool.model.instruments[number]
    assert row.mark == 99_999_988
    while row.status == m.STATUS_SETTLING:
        pool.later()
        assert broken_identities(pool.model) == []
    assert row.status == m.STATUS_CLOSED
    assert [pool.cash(account) for account in (loser, winner, other)] == [99_999_880, 100_000_084, 100_000_036]


@pytest.mark.parametrize("accounts_a_tick", [1, 3, 100])
def test_settlement_deficit_falls_on_the_fund_then_on_profits(accounts_a_tick):
    pool = Pool(settlements_per_tick=accounts_a_tick, grace=HOUR, gap_max=HOUR // 2 - 1)
    pool.tick(HOUR)
    number = pool.list(FUTURE, 100 * TOKEN, expiry=2 * HOUR)
    loser, winner, other = pool.open(100 * TOKEN), pool.open(100 * TOKEN), pool.open(100 * TOKEN)
    assert pool.fill(loser, winner, number, 7, 100 * TOKEN) == codes.OK
    assert pool.fill(loser, other, number, 3, 100 * TOKEN) == codes.OK
    pool.deposit(m.NAMED_FUND, 20 * TOKEN)
    pool.mark(number, 80 * TOKEN)
    # One late tick: all of the window that counts is at 80, and the grace keeps liquidation away.
    pool.tick(2 * HOUR)
    row = pool.model.instruments[number]
    while row.status == m.STATUS_SETTLING:
        pool.later()
        assert broken_identities(pool.model) == []
    # The loser owes 200 and has 100; the fund pays 20; profits of 140 and 60 are cut by 80 * 0.7 and 80 * 0.3.
    assert [pool.cash(account) for account in (loser, winner, other)] == [0, 184 * TOKEN, 136 * TOKEN]
    assert (pool.cash(m.NAMED_FUND), pool.cash(m.NAMED_SETTLEMENT), pool.cash(m.NAMED_DUST)) == (0, 0, 0)


def test_too_few_valid_marks_defer_settlement():
    pool = Pool(gap_max=1_000)
    pool.tick(HOUR)
    number = pool.list(FUTURE, 100 * TOKEN, expiry=2 * HOUR)
    pool.tick(2 * HOUR)
    row = pool.model.instruments[number]
    assert (row.status, row.expiry) == (m.STATUS_OPEN, 2 * HOUR + HOUR // 2)


def test_delisted_perp_reduces_then_settles(pool):
    pool.tick(HOUR)
    number, long, short = traded(pool, 4, 100 * TOKEN, 100 * TOKEN)
    empty = pool.list(CONTRACT)
    assert pool.send(m.COMMAND_DELIST, instrument=number, time=2 * HOUR) == codes.EXPIRY_MUST_BE_IN_FUTURE
    assert pool.send(m.COMMAND_DELIST, instrument=number) == codes.OK
    assert pool.send(m.COMMAND_DELIST, instrument=empty) == codes.OK
    assert pool.model.instruments[empty].status == m.STATUS_CLOSED
    assert pool.fill(long, short, number, 1, 100 * TOKEN) == codes.INSTRUMENT_MUST_NOT_BE_REDUCE_ONLY
    assert pool.fill(long, short, number, -5, 100 * TOKEN) == codes.INSTRUMENT_MUST_NOT_BE_REDUCE_ONLY
    assert pool.fill(long, short, number, -1, 100 * TOKEN) == codes.OK


def test_answers_are_kept_for_a_window_of_ids():
    pool = Pool()
    model = pool.model
    deposit = {"kind": m.COMMAND_DEPOSIT, "account": m.NAMED_FUND, "amount": 5}
    assert model.apply({**deposit, "id": 0}) == codes.ID_MUST_BE_POSITIVE
    assert model.apply({**deposit, "id": ID_WINDOW + 1}) == codes.ID_MUST_BE_WITHIN_WINDOW
    assert model.apply({**deposit, "id": 2}) == codes.OK
    assert model.apply({**deposit, "id": 2}) == codes.OK
    assert model.apply({**deposit, "id": 2, "amount": 6}) == codes.ID_MUST_NOT_BE_REUSED
    assert model.vault == 5
    assert model.apply({"kind": 99, "id": 3}) == codes.COMMAND_MUST_BE_KNOWN
    assert model.apply({"kind": 98, "id": 3}) == codes.ID_MUST_NOT_BE_REUSED
    assert model.apply({**deposit, "id": ID_WINDOW + 3}) == codes.OK
    assert model.apply({**deposit, "id": 3}) == codes.ID_MUST_BE_WITHIN_WINDOW
    assert model.apply({**deposit, "id": 4}) == codes.OK


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"scale": 13}, "PARAMETER_MUST_BE_WITHIN_BOUNDS"),
        ({"kind": 5}, "KIND_MUST_BE_KNOWN"),
        ({"mark_max": 2 * 10**11 + 1}, "VALUE_MAX_MUST_FIT"),
        ({"mark_max": 10**11, "lots_max": 10_001}, "PRECISION_MUST_STAY_UNDER_A_CENT"),
        ({"settlement_window": 4 * HOUR}, "TIME_SUM_MUST_FIT"),
        ({"slope_maintenance": 1}, "RATES_MUST_BE_ORDERED"),
        ({"segment_lots_2": 5}, "SEGMENTS_MUST_RISE"),
        ({"root_factor_initial": 1, "slope_initial": 1}, "ONE_SIZE_PENALTY_MUST_BE_CHOSEN"),
        ({"fee_maker": -1}, "REBATE_MUST_NOT_EXCEED_TAKER_FEE"),
        ({"fee_backstop": 5 * PERCENT}, "LIQUIDATION_FEE_MUST_STAY_BELOW_MAINTENANCE"),
        ({"open_interest_lower": 5, "open_interest_upper": 5}, "OPEN_INTEREST_BOUNDS_MUST_BE_ORDERED"),
        ({"age_fill_max": 25 * HOUR}, "AGES_MUST_BE_ORDERED"),
        ({"expiry": HOUR}, "EXPIRY_MUST_BE_IN_FUTURE"),
    ],
)
def test_listing_refuses_what_does_not_fit(changes, rule):
    pool = Pool()
    values = tuple({**CONTRACT, **changes}.values())
    assert pool.send(m.COMMAND_LIST_INSTRUMENT, values, instrument=1) == getattr(codes, rule)
    assert pool.send(m.COMMAND_LIST_INSTRUMENT, values[:-1], instrument=1) == codes.PAYLOAD_MUST_FIT
    assert len(pool.model.instruments) == 1


def test_instrument_changes_keep_what_positions_rest_on():
    pool = Pool()
    number, long, _ = traded(pool, 10, 100 * TOKEN, 100 * TOKEN)
    change = {"kind": m.COMMAND_SET_INSTRUMENT, "instrument": number}
    other_scale = tuple({**CONTRACT, "scale": 1}.values())
    assert pool.send(payload=other_scale, **change) == codes.IMMUTABLE_PARAMETER_MUST_NOT_CHANGE
    stricter = tuple({**CONTRACT, "rate_initial": 20 * PERCENT, "rate_maintenance": 11 * PERCENT}.values())
    assert pool.send(payload=stricter, **change) == codes.OK
    assert figures_of(pool, long).mm == 110 * TOKEN
    pool.later()
    assert pool.stage(long) == m.STAGE_LIQUIDATING
