"""The insurance: who pays first, how much a day, what happens to a tranche that paid all, and what insurers earn."""

import pytest
from tests.pot_lab import DAY, HOUR, PPB, TOKEN, UNIT, PotLab

from plimsoll.units import codes
from plimsoll.units import messages as m

SHARES = 1_000 * TOKEN
"""Shares of a token at the start."""


@pytest.fixture
def lab() -> PotLab:
    return PotLab()


def paid(lab: PotLab) -> list[tuple[int, int, int]]:
    """(mechanism, who, how much) of every payment since the ledger was read last."""
    lines = lab.engine.ledger()
    return [(int(line["mechanism"]), int(line["taker"]), int(line["fund_paid"])) for line in lines if line["fund_paid"]]


class TestLeaving:
    def test_nobody_leaves_ahead_of_a_loss_behind_the_back_of_a_sweep(self) -> None:
        # A sweep takes three ticks. The trader is visited in the first, falls in the second, and is met by the next.
        lab = PotLab(accounts_per_tick=4, backstop_after=10**9)
        lab.tranche(1, unbonding=0)
        runner, trader, maker = lab.open(100 * TOKEN), lab.open(10 * TOKEN), lab.open(10**15)
        perp = lab.list_instrument(100 * TOKEN)
        assert lab.stake(runner, 1, 100 * TOKEN) == codes.OK
        assert lab.fill(trader, maker, perp, UNIT, 100 * TOKEN) == codes.OK
        for _ in range(5):
            lab.open(1)
        while lab.total("sweeping") or lab.total("sweep_due"):
            lab.tick()
        lab.mark(perp, 101 * TOKEN)
        lab.tick()
        assert lab.total("sweeping") == 1
        lab.mark(perp, 50 * TOKEN)
        assert lab.health(trader).equity == -40 * TOKEN
        lab.tick()
        assert lab.unstake(runner, 1, lab.shares(runner, 1)) == codes.OK
        while lab.cash(runner) == 0:
            lab.tick()
        assert lab.cash(runner) == 60 * TOKEN


class TestOrder:
    def test_the_fund_pays_first_then_tranches_by_rank_and_number(self, lab: PotLab) -> None:
        lab.must(m.COMMAND_DEPOSIT, account=m.NAMED_FUND, amount=TOKEN)
        senior, second, first = lab.tranche(1, rank=5), lab.tranche(3, rank=1), lab.tranche(2, rank=1)
        staker = lab.open(100 * TOKEN)
        for pot in (1, 2, 3):
            assert lab.stake(staker, pot, 2 * TOKEN) == codes.OK
        lab.lose(6 * TOKEN)
        fund, tranche = m.MECHANISM_FUND, m.MECHANISM_TRANCHE
        assert paid(lab) == [
            (fund, m.NAMED_FUND, TOKEN),
            (tranche, first, 2 * TOKEN),
            (tranche, second, 2 * TOKEN),
            (tranche, senior, TOKEN),
        ]
        assert [lab.pot(pot, "paid") for pot in (1, 2, 3)] == [TOKEN, 2 * TOKEN, 2 * TOKEN]
        assert lab.total("day_paid") == 6 * TOKEN
        assert lab.total("socialised") == 0
        assert lab.stake_of(staker, 1)[2] == TOKEN, "the senior stake has lost half"

    def test_what_insurance_cannot_pay_is_deleveraged(self, lab: PotLab) -> None:
        lab.tranche(1)
        staker = lab.open(TOKEN)
        assert lab.stake(staker, 1, TOKEN) == codes.OK
        lab.lose(3 * TOKEN)
        lines = lab.engine.ledger()
        assert lines["fund_paid"].sum() == TOKEN
        assert -lines["to_liquidator"][lines["mechanism"] == m.MECHANISM_ADL].sum() == 2 * TOKEN

    def test_a_tranche_nobody_has_a_stake_in_does_not_pay(self, lab: PotLab) -> None:
        account = lab.tranche(1)
        lab.must(m.COMMAND_DEPOSIT, account=account, amount=TOKEN)
        lab.lose(TOKEN)
        assert (paid(lab), lab.cash(account)) == ([], TOKEN)

    def test_unbonding_stakes_take_losses_too(self, lab: PotLab) -> None:
        lab.tranche(1)
        leaving, staying = lab.open(TOKEN), lab.open(TOKEN)
        assert lab.stake(leaving, 1, TOKEN) == lab.stake(staying, 1, TOKEN) == codes.OK
        assert lab.unstake(leaving, 1, SHARES) == codes.OK
        lab.lose(TOKEN)
        lab.tick(HOUR)
        assert TOKEN // 2 - 1 <= lab.cash(leaving) <= TOKEN // 2

    def test_money_a_quota_keeps_does_not_open_the_gate_of_withdrawals(self) -> None:
        # 40 are missing, and the fund may not pay all of them today: who left now would leave the rest to who stays.
        lab = PotLab(quota_day=40 * TOKEN - 1, pauses=m.PAUSE_RESOLVE)
        lab.must(m.COMMAND_DEPOSIT, account=m.NAMED_FUND, amount=1_000 * TOKEN)
        runner = lab.open(TOKEN)
        lab.lose(40 * TOKEN)
        assert lab.total("shortfall") == 40 * TOKEN
        leave = {"account": runner, "amount": 1}
        assert lab.send(m.COMMAND_WITHDRAW, **leave) == codes.WITHDRAWALS_MUST_NOT_BE_GATED
        lab.policy(quota_day=40 * TOKEN)
        assert lab.send(m.COMMAND_WITHDRAW, **leave) == codes.OK

    def test_a_stake_and_the_fund_open_the_gate_of_withdrawals(self) -> None:
        lab = PotLab(pauses=m.PAUSE_RESOLVE)
        lab.tranche(1)
        staker = lab.open(10 * TOKEN)
        lab.lose(2 * TOKEN)
        gated = codes.WITHDRAWALS_MUST_NOT_BE_GATED
        assert lab.send(m.COMMAND_WITHDRAW, account=staker, amount=1) == gated
        assert lab.stake(staker, 1, 2 * TOKEN - 1) == codes.OK
        assert lab.send(m.COMMAND_WITHDRAW, account=staker, amount=1) == gated
        assert lab.stake(staker, 1, 1) == codes.OK
        assert lab.send(m.COMMAND_WITHDRAW, account=staker, amount=1) == codes.OK

    def test_a_debt_waits_while_resolving_rests(self) -> None:
        """The debt is left by a fill: it stays in its account, and the next sweep counts it."""
        lab = PotLab(pauses=m.PAUSE_RESOLVE)
        trader = lab.lose(2 * TOKEN)
        maker = trader + 1
        assert lab.fill(trader, maker, 1, -UNIT, 88 * TOKEN) == codes.OK
        assert lab.cash(trader) == -2 * TOKEN
        lab.must(m.COMMAND_DEPOSIT, account=m.NAMED_FUND, amount=2 * TOKEN)
        lab.tick()
        assert (lab.cash(trader), lab.total("shortfall")) == (-2 * TOKEN, 2 * TOKEN)
        lab.policy(pauses=0)
        lab.tick()
        assert (lab.cash(trader), lab.cash(m.NAMED_FUND), lab.total("shortfall")) == (0, 0, 0)


class TestQuotas:
    def test_a_day_has_a_quota_that_begins_again(self, lab: PotLab) -> None:
        lab.must(m.COMMAND_DEPOSIT, account=m.NAMED_FUND, amount=100 * TOKEN)
        lab.policy(quota_day=3 * TOKEN)
        lab.lose(2 * TOKEN)
        lab.lose(2 * TOKEN)
        assert [amount for _, _, amount in paid(lab)] == [2 * TOKEN, TOKEN]
        lab.lose(2 * TOKEN)
        assert paid(lab) == []
        lab.tick(DAY)
        lab.tick(60_000)
        assert (lab.total("day"), lab.total("day_paid")) == (1, 0)
        lab.lose(2 * TOKEN)
        assert [amount for _, _, amount in paid(lab)] == [2 * TOKEN]

    def test_a_tier_has_its_own_within_the_days(self, lab: PotLab) -> None:
        lab.must(m.COMMAND_DEPOSIT, account=m.NAMED_FUND, amount=100 * TOKEN)
        lab.policy(quota_day_1=TOKEN, quota_day_2=5 * TOKEN, quota_day_3=0, quota_day=8 * TOKEN)
        for tier, expected in ((1, TOKEN), (1, 0), (2, 2 * TOKEN), (3, 0), (0, 2 * TOKEN), (2, 2 * TOKEN), (2, TOKEN)):
            lab.lose(2 * TOKEN, tier=tier)
            assert sum(amount for _, _, amount in paid(lab)) == expected, tier
        assert [lab.total(f"day_paid{tier}") for tier in ("", "_1", "_2", "_3")] == [8 * TOKEN, TOKEN, 5 * TOKEN, 0]

    def test_a_quota_lowered_below_what_was_paid_pays_nothing(self, lab: PotLab) -> None:
        lab.must(m.COMMAND_DEPOSIT, account=m.NAMED_FUND, amount=100 * TOKEN)
        lab.lose(2 * TOKEN)
        lab.policy(quota_day=TOKEN)
        paid(lab)
        lab.lose(2 * TOKEN)
        assert (paid(lab), lab.total("day_paid")) == ([], 2 * TOKEN)


class TestWiping:
    def test_a_wiped_tranche_begins_a_new_epoch_and_old_stakes_get_nothing(self, lab: PotLab) -> None:
        account = lab.tranche(1)
        old, queued, new = lab.open(TOKEN), lab.open(TOKEN), lab.open(TOKEN)
        assert lab.stake(old, 1, TOKEN) == lab.stake(queued, 1, TOKEN) == codes.OK
        assert lab.unstake(queued, 1, SHARES) == codes.OK
        lab.lose(3 * TOKEN)
        (wiped,) = lab.said_of(m.EVENT_POT_WIPED)
        assert (wiped.account, wiped.cash) == (account, 0)
        (void,) = lab.said_of(m.EVENT_SHARES_CHANGED)
        assert (void.account, void.price, void.amount) == (-1, 1, -2 * SHARES)
        assert [lab.pot(1, word) for word in ("epoch", "shares", "own", "unbonding_shares")] == [2, 0, 1_000, 0]
        assert lab.stake_of(old, 1) == (0, 0, 0, 0)
        assert lab.unstake(old, 1, 1) == codes.SHARES_MUST_BE_HELD
        assert lab.stake(new, 1, TOKEN) == codes.OK
        lab.tick(HOUR)
        assert (lab.cash(queued), lab.place(queued, 1)) == (0, -1)
        assert lab.stake_of(new, 1)[2] == TOKEN, "the loss before it is not the newcomer's"
        assert lab.engine.pool.accounts[queued]["case"] == 0

    def test_who_stakes_again_after_a_wipe_leaves_the_old_queue_first(self, lab: PotLab) -> None:
        lab.tranche(1)
        staker = lab.open(3 * TOKEN)
        assert lab.stake(staker, 1, TOKEN) == codes.OK
        assert lab.unstake(staker, 1, SHARES) == codes.OK
        lab.lose(TOKEN)
        assert lab.stake(staker, 1, 2 * TOKEN) == codes.OK
        assert lab.stake_of(staker, 1) == (2 * SHARES, 0, 2 * TOKEN, 0)
        assert lab.unstake(staker, 1, 1) == codes.STAKE_MUST_NOT_BE_UNBONDING
        lab.tick(HOUR)
        assert lab.cash(staker) == 0
        lab.leave(staker, 1)
        assert lab.cash(staker) == 2 * TOKEN

    def test_a_wiped_stake_does_not_keep_its_account_open(self, lab: PotLab) -> None:
        lab.tranche(1)
        staker = lab.open(TOKEN)
        assert lab.stake(staker, 1, TOKEN) == codes.OK
        assert lab.unstake(staker, 1, 1) == codes.OK
        lab.lose(TOKEN)
        assert lab.send(m.COMMAND_CLOSE_ACCOUNT, account=staker) == codes.ACCOUNT_MUST_BE_EMPTY, "it is in the queue"
        other = lab.open(TOKEN)
        assert lab.stake(other, 1, TOKEN) == codes.OK
        lab.lose(TOKEN)
        assert lab.send(m.COMMAND_CLOSE_ACCOUNT, account=other) == codes.OK
        lab.tick(HOUR)
        assert lab.send(m.COMMAND_CLOSE_ACCOUNT, account=staker) == codes.OK
        assert lab.total("stakes_free") != 0

    def test_the_last_trifle_goes_to_the_fund(self, lab: PotLab) -> None:
        """A million tokens were staked; less than a millionth of them is left."""
        account = lab.tranche(1)
        staker = lab.open(10**6 * TOKEN)
        assert lab.stake(staker, 1, 10**6 * TOKEN) == codes.OK
        lab.must(m.COMMAND_WRITE_DOWN, amount=1)
        lab.leave_equity(account, 10 * TOKEN)
        lab.lose(9 * TOKEN)
        assert (lab.pot(1, "epoch"), lab.cash(account)) == (1, TOKEN), "one millionth is left"
        lab.leave_equity(account, 10 * TOKEN)
        lab.lose(9 * TOKEN + 1)
        assert (lab.pot(1, "epoch"), lab.cash(account), lab.cash(m.NAMED_FUND)) == (2, 0, TOKEN - 1)
        assert [event.cash for event in lab.said_of(m.EVENT_POT_WIPED)] == [1 - TOKEN, TOKEN - 1]

    def test_a_write_down_wipes_as_well(self, lab: PotLab) -> None:
        lab.tranche(1)
        staker = lab.open(TOKEN)
        assert lab.stake(staker, 1, TOKEN) == codes.OK
        lab.must(m.COMMAND_WRITE_DOWN, amount=TOKEN // 2)
        assert lab.stake_of(staker, 1)[2] == TOKEN // 2
        lab.must(m.COMMAND_WRITE_DOWN, amount=TOKEN // 2)
        assert lab.pot(1, "epoch") == 2

    def test_accounts_of_pots_bear_no_cut_of_cash(self, lab: PotLab) -> None:
        lab.policy(quota_day=0)
        account = lab.tranche(1)
        staker = lab.open(2 * TOKEN)
        assert lab.stake(staker, 1, TOKEN) == codes.OK
        debtor = lab.open(TOKEN)
        lab.leave_equity(debtor, -TOKEN)
        lab.engine.pool.totals[0]["sweep_due"] = 1
        lab.tick()
        assert (lab.cash(debtor), lab.cash(staker), lab.cash(account)) == (0, 0, TOKEN)


class TestPremium:
    def test_insurers_earn_a_part_of_trading_fees_by_weight(self, lab: PotLab) -> None:
        light, heavy = lab.tranche(1, weight=1), lab.tranche(2, weight=3)
        lab.tranche(3, weight=100)
        lab.policy(premium_trading=PPB // 2)
        staker, taker, maker = (lab.open(1_000 * TOKEN) for _ in range(3))
        assert lab.stake(staker, 1, TOKEN) == lab.stake(staker, 2, TOKEN) == codes.OK
        perp = lab.list_instrument(100 * TOKEN, fee_taker=PPB // 100)
        assert lab.fill(taker, maker, perp, UNIT, 100 * TOKEN) == codes.OK
        lab.tick()
        assert (lab.cash(light), lab.cash(heavy), lab.cash(m.NAMED_FEES)) == (
            TOKEN + TOKEN // 8,
            TOKEN + 3 * TOKEN // 8,
            TOKEN // 2,
        )
        lab.tick()
        assert lab.cash(m.NAMED_FEES) == TOKEN // 2, "the same fees are not shared twice"
        assert lab.fill(taker, maker, perp, UNIT, 100 * TOKEN) == codes.OK
        lab.tick()
        assert lab.cash(m.NAMED_FEES) == TOKEN

    def test_insurers_earn_a_part_of_what_a_liquidation_gives_the_fund(self) -> None:
        lab = PotLab(premium_liquidation=PPB // 4, fund_share=PPB // 2)
        account = lab.tranche(1)
        staker, trader, maker = lab.open(TOKEN), lab.open(10 * TOKEN), lab.open(10**12)
        assert lab.stake(staker, 1, TOKEN) == codes.OK
        perp = lab.list_instrument(100 * TOKEN, fee_liquidation=PPB // 100)
        assert lab.fill(trader, maker, perp, UNIT, 100 * TOKEN) == codes.OK
        lab.mark(perp, 94 * TOKEN)
        lab.tick()
        bidder = lab.open(10**12)
        assert lab.bid(bidder, trader, perp, UNIT) == codes.OK
        (fee,) = [event.cash for event in lab.said_of(m.EVENT_FEE_PAID) if event.account == m.NAMED_FUND]
        assert fee > 1_000
        assert lab.cash(account) == TOKEN + fee // 4
        assert lab.cash(m.NAMED_FUND) == fee - fee // 4

    def test_without_insurers_nothing_goes_anywhere(self, lab: PotLab) -> None:
        lab.tranche(1)
        lab.policy(premium_trading=PPB)
        lab.must(m.COMMAND_DEPOSIT, account=m.NAMED_FEES, amount=TOKEN)
        lab.tick()
        assert lab.said_of(m.EVENT_PREMIUM_PAID) == []
        staker = lab.open(TOKEN)
        assert lab.stake(staker, 1, TOKEN) == codes.OK
        lab.tick()
        assert lab.cash(m.NAMED_FEES) == TOKEN, "earned before anybody insured"
