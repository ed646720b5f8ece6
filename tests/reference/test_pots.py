"""Pots whose numbers can be worked by hand."""

import pytest

from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import DAY, MICROS_MAX, PPB

from .build import ASSET, CONTRACT, HOUR, PERCENT, TOKEN, Pool
from .cases import TERMS_FIELDS, Stake
from .state import Command

TERMS = {**dict.fromkeys(TERMS_FIELDS, 0), "kind": m.POT_TRANCHE, "capacity": MICROS_MAX, "weight": 1}


def set_pot(pool: Pool, number: int, **terms: int) -> int:
    """A pot with an account of its own, but for the backstop's; the answer."""
    values = {**TERMS, **terms}
    if "account" not in terms:
        values["account"] = pool.open()
    return pool.send(m.COMMAND_SET_POT, tuple(values[name] for name in TERMS_FIELDS), instrument=number)


def pool_with(number: int = 1, policy: Command | None = None, **terms: int) -> Pool:
    pool = Pool(**(policy or {}))
    pool.tick(HOUR)
    assert set_pot(pool, number, **terms) == codes.OK
    return pool


def stake(pool: Pool, account: int, amount: int, number: int = 1, **fields: int) -> int:
    return pool.send(m.COMMAND_STAKE, account=account, instrument=number, amount=amount, **fields)


def unstake(pool: Pool, account: int, shares: int, number: int = 1) -> int:
    return pool.send(m.COMMAND_UNSTAKE, account=account, instrument=number, amount=shares)


def stake_in(pool: Pool, account: int, number: int = 1) -> Stake:
    found = pool.model.accounts[account].case.stake_in(number)
    assert found is not None
    return found


def ruin(pool: Pool, cash: int) -> int:
    """A long of ten at 100 whose mark falls to 80: it owes 200 less its cash. The short has all it needs."""
    number = pool.list(CONTRACT, 100 * TOKEN)
    long, short = pool.open(cash), pool.open(1_000 * TOKEN)
    assert pool.fill(long, short, number, 10, 100 * TOKEN) == codes.OK
    pool.mark(number, 80 * TOKEN)
    pool.later()
    return long


def test_the_first_micro_is_a_thousand_shares():
    pool = pool_with()
    staker = pool.open(TOKEN)
    assert stake(pool, staker, 10) == codes.OK
    assert (pool.model.pots[1].shares, pool.model.pots[1].own) == (10_000, 1_000)
    # (10 + 1) * 10000 / 11000 = 10: all of it comes back.
    assert unstake(pool, staker, 10_000) == codes.OK
    pool.later()
    assert (pool.cash(staker), pool.model.pots[1].shares) == (TOKEN, 0)
    assert pool.model.accounts[staker].case.is_empty()


def test_a_donation_buys_its_giver_nothing():
    pool = pool_with()
    attacker, victim = pool.open(200 * TOKEN), pool.open(200 * TOKEN)
    assert stake(pool, attacker, 1) == codes.OK
    pool.deposit(pool.model.pots[1].account, 100 * TOKEN)
    assert stake(pool, victim, 150 * TOKEN) == codes.OK
    assert unstake(pool, attacker, 1_000) == codes.OK
    assert unstake(pool, victim, stake_in(pool, victim).shares) == codes.OK
    pool.later()
    # Half of what was given belongs to nobody; the victim lost less than one share of about 0.05.
    given = 100 * TOKEN
    assert pool.cash(attacker) - given < 151 * TOKEN
    assert pool.cash(victim) > 199 * TOKEN


def test_stakes_wait_while_something_is_owed():
    pool = pool_with(policy={"pauses": m.PAUSE_RESOLVE}, unbonding=1_000)
    staker = pool.open(50 * TOKEN)
    assert stake(pool, staker, 50 * TOKEN) == codes.OK
    assert unstake(pool, staker, stake_in(pool, staker).shares) == codes.OK
    ruin(pool, 100 * TOKEN)
    pool.later(2_000)
    assert (pool.model.shortfall, pool.cash(staker)) == (100 * TOKEN, 0)
    pool.set_policy(pauses=0)
    pool.later()
    # The tranche paid all it had: the stake is of an epoch that is over.
    assert (pool.model.pots[1].epoch, pool.model.pots[1].paid, pool.cash(staker)) == (2, 50 * TOKEN, 0)
    assert pool.model.accounts[staker].case.is_empty()


def test_nobody_leaves_ahead_of_a_loss_that_is_priced():
    pool = pool_with()
    staker = pool.open(50 * TOKEN)
    assert stake(pool, staker, 50 * TOKEN) == codes.OK
    number = pool.list(CONTRACT, 100 * TOKEN)
    long, short = pool.open(100 * TOKEN), pool.open(1_000 * TOKEN)
    assert pool.fill(long, short, number, 10, 100 * TOKEN) == codes.OK
    pool.later()
    pool.mark(number, 80 * TOKEN)
    assert unstake(pool, staker, stake_in(pool, staker).shares) == codes.OK
    assert pool.cash(staker) == 0
    pool.later()
    assert pool.model.pots[1].paid == 50 * TOKEN


def test_tranches_pay_after_the_fund_by_rank():
    pool = pool_with(rank=2)
    assert set_pot(pool, 2, rank=1) == codes.OK
    pool.deposit(m.NAMED_FUND, 30 * TOKEN)
    for number in (1, 2):
        assert stake(pool, pool.open(60 * TOKEN), 60 * TOKEN, number) == codes.OK
    ruin(pool, 100 * TOKEN)
    # 100 owed: 30 from the fund, 60 from the second, 10 from the first.
    assert [pool.model.pots[number].paid for number in (1, 2)] == [10 * TOKEN, 60 * TOKEN]
    assert [pool.model.pots[number].epoch for number in (1, 2)] == [1, 2]
    assert pool.model.day_paid == 100 * TOKEN


def test_a_quota_lasts_a_day():
    pool = Pool(quota_day_2=40 * TOKEN)
    pool.tick(HOUR)
    pool.deposit(m.NAMED_FUND, 1_000 * TOKEN)
    number = pool.list(CONTRACT, 100 * TOKEN, tier=2)
    long, short = pool.open(100 * TOKEN), pool.open(1_000 * TOKEN)
    assert pool.fill(long, short, number, 10, 100 * TOKEN) == codes.OK
    pool.mark(number, 80 * TOKEN)
    pool.later()
    # 100 owed, of which the short bears 60 by being deleveraged.
    assert (pool.model.day_paid, pool.model.day_paid_2) == (40 * TOKEN, 40 * TOKEN)
    assert pool.cash(short) == 1_140 * TOKEN
    pool.tick(DAY)
    assert (pool.model.day, pool.model.day_paid, pool.model.day_paid_2) == (1, 0, 0)


def test_premiums_go_by_weight():
    pool = pool_with(policy={"premium_trading": 50 * PERCENT}, weight=1)
    assert set_pot(pool, 2, weight=2) == codes.OK
    for number in (1, 2):
        assert stake(pool, pool.open(TOKEN), TOKEN, number) == codes.OK
    pool.deposit(m.NAMED_FEES, 100)
    pool.later()
    # 50 of 100: 16 and 33; one stays.
    found = [pool.cash(pool.model.pots[number].account) - TOKEN for number in (1, 2)]
    assert (found, pool.cash(m.NAMED_FEES)) == ([16, 33], 51)
    pool.later()
    assert pool.cash(m.NAMED_FEES) == 51


def amm(fee: int = 0, **policy: int) -> tuple[Pool, int, int]:
    """(pool, asset, staker): an asset at 100 micros a lot, an AMM of 400 lots and 40000 micros, 600 lots left."""
    pool = Pool(**policy)
    pool.tick(HOUR)
    asset = pool.list(ASSET, 100)
    assert set_pot(pool, 1, kind=m.POT_AMM, instrument=asset, fee=fee) == codes.OK
    staker = pool.open(TOKEN)
    pool.deposit_asset(staker, asset, 1_000)
    assert stake(pool, staker, 40_000, lots=400) == codes.OK
    return pool, asset, staker


def swap(pool: Pool, account: int, lots: int, limit: int = 0) -> int:
    return pool.send(m.COMMAND_SWAP, account=account, instrument=1, lots=lots, amount=limit)


def test_swaps_keep_the_product():
    pool, asset, _ = amm()
    trader = pool.open(TOKEN)
    # 40000 * 100 / 300, rounded up.
    assert swap(pool, trader, 100, limit=13_333) == codes.PRICE_MUST_BE_WITHIN_LIMIT
    assert swap(pool, trader, 100, limit=13_334) == codes.OK
    assert (pool.lots(trader, asset), pool.cash(trader)) == (100, TOKEN - 13_334)
    assert swap(pool, trader, -100) == codes.OK
    # 53334 * 100 / 400, rounded down.
    assert pool.cash(trader) == TOKEN - 1


def test_a_swap_fee_is_of_what_is_given():
    pool, _, staker = amm(fee=PERCENT)
    # 99 of 100 lots count: 40000 * 99 / 499.
    before = pool.cash(staker)
    assert swap(pool, staker, -100) == codes.OK
    assert pool.cash(staker) - before == 7_935
    # 100 of 500 lots: 32065 * 100 / 400 = 8016.25, of which 99 % of the payment must be left: 8017 / 0.99.
    before = pool.cash(staker)
    assert swap(pool, staker, 100) == codes.OK
    assert before - pool.cash(staker) == 8_098


def test_both_sides_go_in_as_they_are():
    pool, asset, _ = amm()
    other = pool.open(TOKEN)
    pool.deposit_asset(other, asset, 1_000)
    assert stake(pool, other, 10_000, lots=200) == codes.OK
    # By cash floor(10000 * 40001000 / 40001) shares; they cost 10000 and ceil(401 / 40001000 of them) = 101 lots.
    assert stake_in(pool, other).shares == 10_000_000
    assert (pool.cash(other), pool.lots(other, asset)) == (TOKEN - 10_000, 899)


def test_an_amm_takes_what_it_pays_for_near_the_mark():
    pool, asset, _ = amm(swap_slippage=10 * PERCENT, backstop_after=HOUR, exit_buffer=0)
    number = pool.list({**CONTRACT, "lots_max": 10}, 40_000)
    holder, other = pool.open(), pool.open(TOKEN)
    pool.deposit_asset(holder, asset, 100)
    assert pool.fill(holder, other, number, 1, 40_000) == codes.OK
    pool.mark(number, 29_000)
    pool.later()
    # Insolvent by 1000: all 100 lots would get 8000 of 10000. 44 get 3963 of 4400 (least 3960), 45 get 4044 (4050).
    assert pool.lots(pool.model.pots[1].account, asset) == 444


def test_a_holding_nobody_can_price_waits_in_the_amm():
    pool, asset, staker = amm()
    shares = stake_in(pool, staker).shares
    pool.mark(asset, 0)
    assert unstake(pool, staker, shares) == codes.OK
    pool.later()
    assert pool.model.pots[1].shares == shares
    trader = pool.open(TOKEN)
    assert swap(pool, trader, 1) == codes.MARK_MUST_ALLOW_MARGIN
    pool.mark(asset, 100)
    pool.later()
    assert (pool.model.pots[1].shares, pool.lots(staker, asset)) == (0, 1_000)


def test_nobody_acts_for_a_pot():
    pool, asset, _ = amm()
    account = pool.model.pots[1].account
    refused = codes.ACCOUNT_MUST_NOT_BE_NAMED
    assert pool.send(m.COMMAND_WITHDRAW, account=account, amount=1) == refused
    assert pool.send(m.COMMAND_TRANSFER, account=account, counterparty=m.NAMED_FUND, amount=1, flags=2) == refused
    assert pool.send(m.COMMAND_CLOSE_ACCOUNT, account=account) == refused
    assert pool.set_mode(account) == refused
    owner = pool.model.accounts[account].owner
    gift = {"account": account, "counterparty": owner, "instrument": asset, "lots": 1}
    assert pool.send(m.COMMAND_DEPOSIT, **gift) == refused


@pytest.mark.parametrize(
    ("terms", "rule"),
    [
        ({"kind": m.POT_BACKSTOP}, codes.POT_ACCOUNT_MUST_BE_FREE),
        ({"account": m.NAMED_FUND}, codes.POT_ACCOUNT_MUST_BE_FREE),
        ({"account": 99}, codes.ACCOUNT_MUST_EXIST),
        ({"instrument": 1}, codes.INSTRUMENT_MUST_BE_ASSET),
        ({"kind": m.POT_AMM}, codes.INSTRUMENT_MUST_BE_ASSET),
        ({"kind": m.POT_AMM, "instrument": 9}, codes.INSTRUMENT_MUST_BE_LISTED),
        ({"fee": PPB}, codes.PARAMETER_MUST_BE_WITHIN_BOUNDS),
    ],
)
def test_a_pot_that_cannot_be(terms, rule):
    pool, _, _ = amm()
    assert set_pot(pool, 2, **terms) == rule


def test_the_backstop_keeps_to_its_day():
    pool = Pool(backstop_day_max=250 * TOKEN, backstop_after=0, exit_buffer=50 * PERCENT)
    pool.tick(HOUR)
    pool.deposit(m.NAMED_BACKSTOP, 1_000 * TOKEN)
    number = pool.list(CONTRACT, 100 * TOKEN)
    long, short = pool.open(100 * TOKEN), pool.open(1_000 * TOKEN)
    assert pool.fill(long, short, number, 10, 100 * TOKEN) == codes.OK
    pool.mark(number, 94 * TOKEN)
    pool.later()
    # Two of ten at 94; a third would make it 282.
    assert (pool.lots(m.NAMED_BACKSTOP, number), pool.model.day_backstop) == (2, 188 * TOKEN)
