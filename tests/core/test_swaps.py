"""AMMs: liquidity in and out, swaps and their limits, and collateral that leaves a liquidation through one."""

import pytest
from tests.pot_lab import HOUR, PERCENT, PPB, TOKEN, UNIT, PotLab

from plimsoll.book.layout import LISTING
from plimsoll.units import codes
from plimsoll.units import messages as m

RICH = 10**12


class AmmLab(PotLab):
    """An AMM (pot 1) of ETH (instrument 1) at 100 tokens a unit, with 100 units and 10 000 tokens of one provider."""

    def __init__(self, fee: int = 0, liquid: bool = True, **policy: int):
        super().__init__(**policy)
        self.eth = self.asset(100 * TOKEN)
        self.pool_account = self.amm(1, self.eth, fee=fee)
        self.provider = self.holder(200 * UNIT)
        if liquid:
            assert self.stake(self.provider, 1, 10_000 * TOKEN, lots=100 * UNIT) == codes.OK

    def holder(self, lots: int, cash: int = RICH) -> int:
        account = self.open(cash)
        if lots:
            self.give(account, self.eth, lots)
        return account

    def set_listing(self, **changes: int) -> None:
        row = self.engine.pool.instruments[self.eth]
        words = tuple(changes.get(name, int(row[name])) for name in LISTING.names)
        self.must(m.COMMAND_SET_INSTRUMENT, words, instrument=self.eth)

    def product(self) -> int:
        cash, lots = self.assets(1)
        return cash * lots


@pytest.fixture
def lab() -> AmmLab:
    return AmmLab()


class TestLiquidity:
    def test_the_first_stake_sets_the_price(self) -> None:
        lab = AmmLab(liquid=False)
        assert lab.stake(lab.provider, 1, TOKEN) == codes.LOTS_MUST_NOT_BE_ZERO
        assert lab.stake(lab.provider, 1, 3 * TOKEN, lots=7) == codes.OK
        assert lab.assets(1) == (3 * TOKEN, 7)
        assert lab.stake_of(lab.provider, 1) == (3_000 * TOKEN, 0, 3 * TOKEN, 7)

    def test_later_stakes_are_used_as_far_as_they_fit_the_price(self, lab: AmmLab) -> None:
        second = lab.holder(100 * UNIT)
        assert lab.stake(second, 1, 500 * TOKEN, lots=50 * UNIT) == codes.OK
        used = RICH - lab.cash(second), 100 * UNIT - lab.lots(second, lab.eth)
        assert used == (500 * TOKEN, 5 * UNIT + 1), "rounded up to a lot"
        assert lab.stake(second, 1, 500 * TOKEN, lots=1 * UNIT) == codes.OK
        used = RICH - 500 * TOKEN - lab.cash(second)
        assert 99 * TOKEN < used <= 100 * TOKEN

    def test_refusals(self, lab: AmmLab) -> None:
        poor = lab.holder(2 * UNIT, cash=150 * TOKEN)
        assert lab.stake(poor, 1, 200 * TOKEN, lots=2 * UNIT) == codes.CASH_MUST_NOT_BE_NEGATIVE
        assert lab.stake(lab.holder(UNIT), 1, 200 * TOKEN, lots=2 * UNIT) == codes.AMOUNT_MUST_BE_HELD
        assert lab.stake(poor, 1, TOKEN, lots=10**7) == codes.LOTS_MUST_BE_WITHIN_LIMIT
        assert lab.stake(poor, 1, TOKEN, lots=2**63 - 1) == codes.LOTS_MUST_BE_WITHIN_LIMIT
        perp = lab.list_instrument(TOKEN)
        isolated = int(lab.engine.pool.totals[0]["accounts"])
        lab.must(m.COMMAND_OPEN_ACCOUNT, account=isolated, counterparty=5, flags=1, instrument=perp)
        assert lab.stake(isolated, 1, TOKEN, lots=1) == codes.ACCOUNT_MUST_ALLOW_INSTRUMENT

    def test_both_sides_come_back(self, lab: AmmLab) -> None:
        lab.leave(lab.provider, 1)
        assert (lab.cash(lab.provider), lab.lots(lab.provider, lab.eth)) == (RICH, 200 * UNIT)
        assert lab.assets(1) == (0, 0)

    def test_an_exit_its_owner_has_no_room_for_is_cancelled(self, lab: AmmLab) -> None:
        second = lab.holder(2 * UNIT)
        assert lab.stake(second, 1, 100 * TOKEN, lots=UNIT) == codes.OK
        for account in (second, lab.provider):
            assert lab.unstake(account, 1, lab.shares(account, 1)) == codes.OK
        lab.set_listing(lots_max=2 * UNIT - 2)
        lab.tick(HOUR)
        cancelled = [event for event in lab.said_of(m.EVENT_UNSTAKING) if event.amount < 0]
        assert [event.account for event in cancelled] == [second, lab.provider]
        assert (lab.stake_of(second, 1)[1], lab.place(second, 1), lab.pot(1, "unbonding_shares")) == (0, -1, 0)
        assert lab.shares(second, 1) > 0
        lab.set_listing(lots_max=10**7)
        lab.leave(second, 1)
        assert lab.lots(second, lab.eth) == 2 * UNIT - 1, "rounded down to a lot"

    def test_a_pause_of_swaps_lets_liquidity_leave(self, lab: AmmLab) -> None:
        lab.policy(pauses=m.PAUSE_SWAP)
        assert lab.swap(lab.provider, 1, 1) == codes.MECHANISM_MUST_NOT_BE_PAUSED
        lab.leave(lab.provider, 1)
        assert lab.assets(1) == (0, 0)

    def test_an_asset_nobody_can_price_does_not_come_back_yet(self) -> None:
        """It would shield the account it went to from liquidation."""
        lab = AmmLab(liquid=False)
        lab.set_listing(confidence_max=PERCENT)
        assert lab.stake(lab.provider, 1, 100 * TOKEN, lots=UNIT) == codes.OK
        assert lab.unstake(lab.provider, 1, lab.shares(lab.provider, 1)) == codes.OK
        lab.mark(lab.eth, 100 * TOKEN, confidence=2 * TOKEN)
        lab.tick(HOUR)
        assert lab.shares(lab.provider, 1) > 0
        lab.mark(lab.eth, 100 * TOKEN)
        lab.tick()
        assert lab.shares(lab.provider, 1) == 0

    def test_many_exits_of_one_tick_find_room_for_what_they_open(self) -> None:
        lab = AmmLab()
        leaving = []
        for _ in range(40):
            account = lab.holder(UNIT)
            assert lab.stake(account, 1, 100 * TOKEN, lots=UNIT) == codes.OK
            leaving.append(account)
        for account in leaving:
            assert lab.unstake(account, 1, lab.shares(account, 1)) == codes.OK
        lab.tick(HOUR)
        assert all(lab.lots(account, lab.eth) in (UNIT - 1, UNIT) for account in leaving)


class TestSwaps:
    def test_buying_pays_along_the_curve(self, lab: AmmLab) -> None:
        """Half of the lots cost as much as all the cash there is."""
        assert lab.swap(lab.provider, 1, 50 * UNIT, limit=10_000 * TOKEN - 1) == codes.PRICE_MUST_BE_WITHIN_LIMIT
        before = lab.cash(lab.provider)
        assert lab.swap(lab.provider, 1, 50 * UNIT, limit=10_000 * TOKEN) == codes.OK
        assert before - lab.cash(lab.provider) == 10_000 * TOKEN
        assert lab.assets(1) == (20_000 * TOKEN, 50 * UNIT)
        bought, sold = lab.said_of(m.EVENT_SWAPPED)
        assert (bought.account, bought.lots, bought.cash) == (lab.provider, 50 * UNIT, -10_000 * TOKEN)
        assert (sold.account, sold.lots, sold.cash) == (lab.pool_account, -50 * UNIT, 10_000 * TOKEN)

    def test_selling_gets_less_and_less(self, lab: AmmLab) -> None:
        assert lab.swap(lab.provider, 1, -100 * UNIT, limit=5_000 * TOKEN + 1) == codes.PRICE_MUST_BE_WITHIN_LIMIT
        assert lab.swap(lab.provider, 1, -100 * UNIT, limit=5_000 * TOKEN) == codes.OK
        assert lab.assets(1) == (5_000 * TOKEN, 200 * UNIT)

    def test_the_fee_stays_in_the_pool(self) -> None:
        lab = AmmLab(fee=PERCENT)
        trader = lab.holder(100 * UNIT)
        product = lab.product()
        assert lab.swap(trader, 1, -10 * UNIT) == codes.OK
        assert lab.cash(trader) == RICH + 10_000 * TOKEN * 9_900 // 109_900
        assert lab.product() > product
        assert lab.swap(trader, 1, 10 * UNIT) == codes.OK
        assert lab.cash(trader) < RICH

    def test_refusals_stand_in_order(self, lab: AmmLab) -> None:
        lab.tranche(2)
        trader = lab.holder(UNIT, cash=TOKEN)
        assert lab.swap(lab.pool_account, 1, 1) == codes.ACCOUNT_MUST_NOT_BE_NAMED
        assert lab.swap(trader, 2, 1) == lab.swap(trader, 0, 1) == codes.POT_MUST_EXIST
        lab.policy(pauses=m.PAUSE_SWAP)
        assert lab.swap(trader, 1, 0) == codes.MECHANISM_MUST_NOT_BE_PAUSED
        lab.policy(pauses=0)
        assert lab.swap(trader, 1, 0) == codes.LOTS_MUST_NOT_BE_ZERO
        within = codes.LOTS_MUST_BE_WITHIN_LIMIT
        assert lab.swap(trader, 1, 100 * UNIT) == lab.swap(trader, 1, 2**63 - 1) == within
        assert lab.swap(trader, 1, -(2**63)) == lab.swap(trader, 1, -(10**7) - 1) == within
        assert lab.swap(trader, 1, -UNIT - 1) == codes.AMOUNT_MUST_BE_HELD
        assert lab.swap(trader, 1, 100 * UNIT - 1, limit=RICH) == codes.PRICE_MUST_BE_WITHIN_LIMIT
        assert lab.swap(trader, 1, 100 * UNIT - 1) == codes.CASH_MUST_NOT_BE_NEGATIVE
        dry = lab.amm(3, lab.eth)
        assert lab.swap(trader, 3, 1) == codes.POT_MUST_HAVE_LIQUIDITY
        lab.must(m.COMMAND_DEPOSIT, account=dry, amount=TOKEN)
        assert lab.swap(trader, 3, -1) == codes.POT_MUST_HAVE_LIQUIDITY

    def test_what_nobody_can_price_is_sold_and_not_bought(self, lab: AmmLab) -> None:
        lab.set_listing(confidence_max=PERCENT)
        lab.mark(lab.eth, 100 * TOKEN, confidence=2 * TOKEN)
        assert lab.swap(lab.provider, 1, 1) == codes.MARK_MUST_ALLOW_MARGIN

    def test_a_sale_for_nothing_is_refused(self) -> None:
        lab = AmmLab(liquid=False)
        assert lab.stake(lab.provider, 1, 10, lots=10_000) == codes.OK
        assert lab.swap(lab.provider, 1, -1_000) == codes.AMOUNT_MUST_BE_POSITIVE

    def test_a_price_above_all_money_is_refused_not_wrapped(self) -> None:
        lab = AmmLab(liquid=False)
        whale = lab.holder(10_000, cash=10**16)
        assert lab.stake(whale, 1, 10**15, lots=10_000) == codes.OK
        assert lab.swap(whale, 1, 9_999) == codes.CASH_MUST_NOT_BE_NEGATIVE
        assert lab.swap(whale, 1, 9_999, limit=1) == codes.PRICE_MUST_BE_WITHIN_LIMIT

    def test_margin_is_asked_of_the_trader(self) -> None:
        """ETH counts half: buying it needs margin, selling frees it."""
        lab = AmmLab()
        half = lab.asset(100 * TOKEN, rate_initial=PPB // 2)
        lab.amm(2, half)
        lab.give(lab.provider, half, 200 * UNIT)
        assert lab.stake(lab.provider, 2, 10_000 * TOKEN, lots=100 * UNIT) == codes.OK
        trader, maker = lab.open(111 * TOKEN), lab.open(RICH)
        perp = lab.list_instrument(100 * TOKEN)
        assert lab.fill(trader, maker, perp, 10 * UNIT, 100 * TOKEN) == codes.OK
        assert lab.swap(trader, 2, UNIT) == codes.MARGIN_INITIAL_MUST_BE_COVERED
        assert lab.swap(trader, 2, UNIT // 10) == codes.OK
        lab.mark(perp, 98 * TOKEN)
        assert lab.swap(trader, 2, 1) == codes.MARGIN_INITIAL_MUST_BE_COVERED


class TestExit:
    """A borrower holds ETH and a losing future; in liquidation ETH goes to the AMM while that pays near the mark."""

    def borrower(self, lab: AmmLab, units: int, loss: int) -> tuple[int, int]:
        """An account with ETH and no cash, its one contract (10 units at 100) having lost so many micros."""
        account, maker = lab.holder(units * UNIT, cash=0), lab.open(RICH)
        perp = lab.list_instrument(100 * TOKEN)
        assert lab.fill(account, maker, perp, 10 * UNIT, 100 * TOKEN) == codes.OK
        lab.mark(perp, 100 * TOKEN - loss // 10)
        return account, perp

    def test_the_contract_comes_first_so_the_pool_waits(self) -> None:
        lab = AmmLab(swap_slippage=10 * PERCENT)
        account, perp = self.borrower(lab, 10, 960 * TOKEN)
        lab.tick()
        assert lab.stage(account) == m.STAGE_HEALTHY
        lab.mark(perp, 3 * TOKEN)
        lab.tick()
        assert (lab.stage(account), lab.lots(account, lab.eth)) == (m.STAGE_HEALTHY, 10 * UNIT)

    def test_an_insolvent_account_sells_its_assets_there_before_anybody_pays(self) -> None:
        lab = AmmLab(swap_slippage=20 * PERCENT)
        account, _ = self.borrower(lab, 9, 950 * TOKEN)
        lab.must(m.COMMAND_DEPOSIT, account=m.NAMED_FUND, amount=1_000 * TOKEN)
        lab.tick()
        paid = 10_000 * TOKEN * 9_000 // 109_000
        lines = lab.engine.ledger()
        (line,) = lines[lines["mechanism"] == m.MECHANISM_AMM]
        assert (line["taker"], line["lots"], line["seized"]) == (lab.pool_account, 9 * UNIT, 900 * TOKEN)
        assert line["to_liquidator"] == 900 * TOKEN - paid
        assert lines["fund_paid"].sum() == 950 * TOKEN - paid
        assert (lab.cash(account), lab.stage(account)) == (0, m.STAGE_HEALTHY)

    def test_only_as_much_goes_as_pays_near_the_mark(self) -> None:
        """With 2 % the mean price of n of 100 units allows n = 2.04: the rest is offered to others."""
        lab = AmmLab(swap_slippage=2 * PERCENT)
        account, _ = self.borrower(lab, 9, 950 * TOKEN)
        lab.tick()
        lines = lab.engine.ledger()
        (line,) = lines[lines["mechanism"] == m.MECHANISM_AMM]
        assert line["lots"] == 2_040
        assert lab.lots(account, lab.eth) == 9 * UNIT - 2_040

    @pytest.mark.parametrize("policy", [{"swap_slippage": 0}, {"swap_slippage": PPB, "pauses": m.PAUSE_SWAP}])
    def test_it_is_off_without_slippage_or_in_a_pause(self, policy: dict[str, int]) -> None:
        lab = AmmLab(**policy)
        self.borrower(lab, 9, 950 * TOKEN)
        lab.tick()
        assert not (lab.engine.ledger()["mechanism"] == m.MECHANISM_AMM).any()

    def test_a_solvent_account_sells_no_more_than_it_needs(self) -> None:
        """Collateral alone, with haircuts, against a debt in cash: sold until maintenance is covered again."""
        lab = AmmLab(swap_slippage=5 * PERCENT)
        account = self.debtor(lab, 780 * TOKEN)
        lab.tick()
        lines = lab.engine.ledger()
        (line,) = lines[lines["mechanism"] == m.MECHANISM_AMM]
        assert lab.stage(account) == m.STAGE_HEALTHY
        now = lab.health(account)
        assert now.equity >= now.maintenance
        assert now.equity - now.maintenance < TOKEN // 10, "not a lot more than needed"
        assert 0 < line["lots"] < 10 * UNIT

    def test_a_solvent_account_is_not_made_worse(self) -> None:
        """So little equity is left that the pool's price would lower equity over maintenance: nothing goes."""
        lab = AmmLab(swap_slippage=5 * PERCENT)
        account = self.debtor(lab, 999 * TOKEN)
        before = lab.health(account)
        lab.tick()
        assert lab.stage(account) == m.STAGE_LIQUIDATING
        assert lab.health(account) == before

    def debtor(self, lab: AmmLab, debt: int) -> int:
        """Ten units of an asset with a haircut, an AMM of it, and a debt left by a contract that was closed."""
        half = lab.asset(100 * TOKEN, rate_initial=30 * PERCENT, rate_maintenance=25 * PERCENT)
        lab.amm(2, half)
        lab.give(lab.provider, half, 1_000 * UNIT)
        assert lab.stake(lab.provider, 2, 90_000 * TOKEN, lots=900 * UNIT) == codes.OK
        account = lab.open()
        lab.give(account, half, 10 * UNIT)
        lab.leave_equity(account, 1_000 * TOKEN - debt)
        lab.engine.pool.totals[0]["sweep_due"] = 1
        return account


def test_a_swap_far_off_the_mark_is_no_way_round_a_block_of_withdrawals() -> None:
    # Bob is the only provider: 499 tokens of what Alice overpays would be his.
    lab = PotLab()
    eth = lab.asset(100 * TOKEN)
    lab.amm(1, eth)
    bob = lab.open(TOKEN)
    lab.give(bob, eth, UNIT)
    assert lab.stake(bob, 1, TOKEN, lots=UNIT) == codes.OK
    perp = lab.list_instrument(100 * TOKEN, sources_min=2)
    alice, maker = lab.open(1_000 * TOKEN), lab.open(RICH)
    lab.give(alice, eth, UNIT)
    assert lab.fill(alice, maker, perp, UNIT, 100 * TOKEN) == codes.OK
    time = lab.total("time")
    lab.must(m.COMMAND_MARK, instrument=perp, price=100 * TOKEN, time=time, sources=1)
    assert lab.send(m.COMMAND_WITHDRAW, account=alice, amount=1) == codes.MARK_MUST_ALLOW_WITHDRAW
    assert lab.swap(alice, 1, 998) == codes.MARK_MUST_ALLOW_WITHDRAW
    # What gains by the mark may still be bought: half of an ETH for a token.
    assert lab.swap(alice, 1, UNIT // 2) == codes.OK
    assert lab.swap(alice, 1, -UNIT // 2) == codes.MARK_MUST_ALLOW_WITHDRAW
    lab.mark(perp, 100 * TOKEN)
    assert lab.swap(alice, 1, -UNIT // 2) == codes.OK
