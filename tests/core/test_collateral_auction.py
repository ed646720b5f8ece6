"""The collateral auction: its price in time, when it may be started again, who is paid what, and what it never does."""

import pytest
from tests.core.venue_of_auctions import ASSET, PERCENT, PERP, PPB, RICH, START, TOKEN, Desk

from plimsoll.units import codes
from plimsoll.units import messages as m

UNIT = 10**6
TAIL = 100_000
CURVE = 1


class Auctions(Desk):
    """An account (9) with 30 of an asset at 100 and a debt of 2,800: E = 200, MM = 300, X = 375."""

    def __init__(self, debt: int = 2_800 * TOKEN, sizes: dict[str, int] | None = None, **policy: int) -> None:
        terms = {"curve_collateral": CURVE, "collateral_buffer": 10 * PERCENT, "collateral_tail": TAIL}
        keeping = {"collateral_cusp": 60 * PERCENT, "backstop_after": 10**9, "backstop_ratio": 0}
        asset = {"rate_initial": 20 * PERCENT, "rate_maintenance": 10 * PERCENT, "fee_taker": 0, **(sizes or {})}
        super().__init__(asset=asset, **{**terms, **keeping, **policy})
        # From all of the top to half of it in 100 seconds.
        self.set_curve(CURVE, (0, PPB), (TAIL, PPB // 2))
        self.weak = self.open()
        self.deposit_asset(self.weak, 30 * UNIT)
        self.buy(self.weak, UNIT)
        self.mark(PERP, 5_000 * TOKEN - debt)
        self.buy(self.weak, -UNIT)
        self.tick(START)
        self.keeper, self.rival, self.buyer = (self.open(RICH) for _ in range(3))
        assert self.stage(self.weak) == m.STAGE_LIQUIDATING

    def start(self, keeper: int = 0, number: int = ASSET) -> int:
        fields = {"account": self.weak, "counterparty": keeper or self.keeper, "instrument": number}
        return self.send(m.COMMAND_AUCTION, **fields)

    def bid(self, lots: int = 10**10, **fields: int) -> int:
        bid = {"account": self.weak, "counterparty": self.buyer, "instrument": ASSET, "lots": lots}
        return self.send(m.COMMAND_BID, **{**bid, **fields})

    def later(self, elapsed: int) -> None:
        self.tick(START + elapsed)

    def kept(self, keeper: int = 0) -> int:
        """What a keeper has been paid."""
        return self.cash(keeper or self.keeper) - RICH


class TestPrice:
    @pytest.mark.parametrize(("elapsed", "price"), [(0, 110), (20_000, 99), (40_000, 88)])
    def test_falls_along_the_curve_from_above_the_mark(self, elapsed, price):
        sale = Auctions()
        assert sale.start() == codes.OK
        sale.later(elapsed)
        # One unit: what the account gets less the fee of one percent of it is what it gains in cash.
        before = sale.cash(sale.weak)
        assert sale.bid(UNIT, price=price * TOKEN - 1) == codes.MARK_MUST_BE_WITHIN_PRICE_LIMIT
        answer = sale.bid(UNIT, price=price * TOKEN)
        if price == 88:
            # A loss of 12 on a requirement of 10 leaves 188 / 290, less than 200 / 300.
            assert answer == codes.HEALTH_MUST_NOT_FALL
            return
        assert answer == codes.OK
        fee = price * TOKEN // 100
        assert sale.cash(sale.weak) - before == price * TOKEN - fee
        assert sale.cash(sale.buyer) == RICH - price * TOKEN
        assert sale.cash(m.NAMED_FUND) == fee
        (line,) = sale.ledger
        assert (line["mechanism"], line["taker"], line["lots"]) == (m.MECHANISM_AUCTION, sale.buyer, UNIT)
        assert (line["seized"], line["to_liquidator"], line["to_fund"]) == (100 * TOKEN, (100 - price) * TOKEN, fee)

    def test_the_size_is_the_smallest_that_restores(self):
        # Without a buffer, at 100: 200 - n >= 375 - 12.5 n gives n = 15.2173913...
        sale = Auctions(collateral_buffer=0)
        assert sale.start() == codes.OK
        assert sale.bid() == codes.OK
        assert sale.lots(sale.buyer, ASSET) == 15_217_392
        assert sale.stage(sale.weak) == m.STAGE_HEALTHY
        assert int(sale.engine.pool.accounts["case"][sale.weak]) == 0

    def test_a_fee_never_lowers_health(self):
        # At 94.6 a unit loses 5.4 of the 6.67 it may: the fee is what is left of that, not 1 % of the price.
        sale = Auctions(collateral_buffer=0)
        assert sale.start() == codes.OK
        sale.later(10_800)
        before = sale.health(sale.weak)
        assert sale.bid(UNIT) == codes.OK
        after = sale.health(sale.weak)
        assert after[0] * before[1] >= before[0] * after[1]
        assert 0 < sale.ledger[-1]["to_fund"] < 946_000 * 2
        sale.later(11_000)

    @pytest.mark.parametrize(("elapsed", "answer"), [(13_333, codes.OK), (13_334, codes.HEALTH_MUST_NOT_FALL)])
    def test_health_must_not_fall_to_the_micro(self, elapsed, answer):
        # A unit frees 10 of MM, and 200 / 300 of that may be lost: down to 93.333333.
        sale = Auctions(collateral_buffer=0)
        assert sale.start() == codes.OK
        sale.later(elapsed)
        assert sale.bid(UNIT) == answer

    @pytest.mark.parametrize(("elapsed", "answer"), [(13_333, codes.OK), (13_334, codes.HEALTH_MUST_NOT_FALL)])
    def test_no_sale_takes_equity_from_behind_the_lots_that_stay(self, elapsed, answer):
        # Beyond 15 units 30 % is asked: a unit frees 30 of 600, 10 of equity. Behind it stands a thirtieth, 6.666666.
        sizes = {"segment_lots_1": 15 * UNIT, "segment_initial_1": 40 * PERCENT}
        sale = Auctions(sizes={**sizes, "segment_maintenance_1": 30 * PERCENT}, collateral_buffer=0)
        assert sale.health(sale.weak)[:2] == (200 * TOKEN, 600 * TOKEN)
        assert sale.start() == codes.OK
        sale.later(elapsed)
        assert sale.bid(UNIT) == answer

    def test_an_insolvent_account_sells_without_a_fee_whatever_the_price(self):
        sale = Auctions(debt=3_100 * TOKEN)
        assert sale.health(sale.weak)[0] < 0
        assert sale.start() == codes.OK
        sale.later(60_000)
        assert sale.bid(UNIT) == codes.OK
        assert (sale.ledger[-1]["to_fund"], sale.cash(sale.buyer)) == (0, RICH - 77 * TOKEN)


class TestStart:
    def test_an_auction_is_offered_where_the_policy_has_a_curve(self):
        sale = Auctions(curve_collateral=0)
        assert sale.start() == codes.AUCTION_MUST_BE_OFFERED
        assert sale.bid(UNIT) == codes.OK

    def test_an_asset_is_bid_for_in_its_auction_only(self):
        sale = Auctions()
        assert sale.bid(UNIT) == codes.AUCTION_MUST_BE_RUNNING
        assert sale.start() == codes.OK
        assert sale.bid(UNIT) == codes.OK

    def test_refusals(self):
        sale = Auctions(gap_max=10_000, grace=500)
        own = sale.open(RICH, owner=int(sale.engine.pool.accounts["owner"][sale.weak]))
        fields = {"account": sale.weak, "counterparty": sale.keeper, "instrument": ASSET}
        for change, answer in (
            ({"account": 99}, codes.ACCOUNT_MUST_EXIST),
            ({"counterparty": 99}, codes.COUNTERPARTY_MUST_EXIST),
            ({"counterparty": sale.weak}, codes.ACCOUNTS_MUST_DIFFER),
            ({"counterparty": m.NAMED_FUND}, codes.COUNTERPARTY_MUST_NOT_BE_NAMED),
            ({"counterparty": own}, codes.OWNERS_MUST_DIFFER),
            ({"instrument": -1}, codes.INSTRUMENT_MUST_BE_LISTED),
            ({"instrument": 9}, codes.INSTRUMENT_MUST_BE_LISTED),
            ({"account": sale.rival}, codes.ACCOUNT_MUST_BE_LIQUIDATING),
            ({"instrument": PERP}, codes.LEG_MUST_BE_NEXT),
            ({"instrument": 0}, codes.LEG_MUST_BE_NEXT),
            ({}, codes.OK),
            ({}, codes.AUCTION_MUST_NEED_RESET),
        ):
            answered = sale.send(m.COMMAND_AUCTION, **{**fields, **change})
            assert codes.sentence(answered) == codes.sentence(answer)
        sale.later(10_001)
        assert sale.start() == codes.GRACE_MUST_BE_OVER
        assert sale.bid() == codes.GRACE_MUST_BE_OVER

    def test_contracts_go_by_bids(self):
        desk = Auctions()
        weak = desk.open(600 * TOKEN)
        desk.mark(PERP, 5_000 * TOKEN)
        desk.buy(weak, UNIT)
        desk.mark(PERP, 4_600 * TOKEN)
        desk.later(1)
        fields = {"account": weak, "counterparty": desk.keeper, "instrument": PERP}
        assert desk.send(m.COMMAND_AUCTION, **fields) == codes.INSTRUMENT_MUST_BE_ASSET
        assert desk.send(m.COMMAND_BID, **fields, lots=10**10) == codes.OK

    @pytest.mark.parametrize(("elapsed", "answer"), [(TAIL, codes.AUCTION_MUST_NEED_RESET), (TAIL + 1, codes.OK)])
    def test_a_reset_when_stale_to_the_millisecond(self, elapsed, answer):
        sale = Auctions(collateral_cusp=0)
        assert sale.start() == codes.OK
        sale.later(elapsed)
        assert sale.start() == answer

    @pytest.mark.parametrize(("elapsed", "answer"), [(80_000, codes.AUCTION_MUST_NEED_RESET), (80_001, codes.OK)])
    def test_a_reset_below_the_cusp_strictly(self, elapsed, answer):
        sale = Auctions()
        assert sale.start() == codes.OK
        sale.later(elapsed)
        assert (sale.bid(UNIT) == codes.AUCTION_MUST_BE_RUNNING) == (answer == codes.OK)
        assert sale.start() == answer
        if answer == codes.OK:
            assert sale.case(sale.weak)["auction_since"] == START + elapsed
            assert sale.bid(UNIT, price=110 * TOKEN - 1) == codes.MARK_MUST_BE_WITHIN_PRICE_LIMIT

    def test_a_price_below_one_micro_sells_nothing(self):
        sale = Auctions(collateral_cusp=0)
        sale.set_curve(CURVE, (0, 0))
        assert sale.start() == codes.OK
        assert sale.bid(UNIT) == codes.AUCTION_MUST_BE_RUNNING

    def test_an_auction_ends_with_the_last_lot(self):
        sale = Auctions(debt=3_100 * TOKEN, keeper_flat=5 * TOKEN)
        assert sale.start() == codes.OK
        sale.later(20_000)
        assert sale.bid() == codes.OK
        assert sale.lots(sale.weak, ASSET) == 0
        assert {sale.case(sale.weak)[name] for name in ("auction_instrument", "auction_top", "keeper_due")} == {0}

    def test_another_asset_becomes_the_next(self):
        sale = Auctions()
        sale.list_terms(3, kind=m.KIND_ASSET, rate_initial=20 * PERCENT, rate_maintenance=10 * PERCENT)
        sale.mark(3, TOKEN)
        owner = int(sale.engine.pool.accounts["owner"][sale.weak])
        sale.do(m.COMMAND_DEPOSIT, account=sale.weak, counterparty=owner, instrument=3, lots=10 * UNIT)
        assert sale.start() == codes.OK
        assert sale.start(number=3) == codes.LEG_MUST_BE_NEXT
        sale.mark(ASSET, 40 * TOKEN)
        sale.mark(3, 170 * TOKEN)
        assert sale.health(sale.weak) == (100 * TOKEN, 290 * TOKEN)
        assert sale.bid(UNIT) == codes.LEG_MUST_BE_NEXT
        assert sale.start(number=3) == codes.OK
        assert sale.case(sale.weak)["auction_instrument"] == 3
        assert sale.bid(UNIT, instrument=3) == codes.OK


class TestBreakerAndPauses:
    @pytest.mark.parametrize(
        ("level", "start", "bid", "reset"),
        [(0, True, True, True), (1, False, True, True), (2, False, True, False), (3, False, False, False)],
    )
    def test_each_level_stops_one_thing_more(self, level, start, bid, reset):
        stopped = codes.MECHANISM_MUST_NOT_BE_PAUSED
        fresh, running = Auctions(), Auctions()
        assert running.start() == codes.OK
        for sale in (fresh, running):
            sale.set_policy(breaker=level)
        assert fresh.start() == (codes.OK if start else stopped)
        assert running.bid(UNIT) == (codes.OK if bid else stopped)
        running.later(TAIL + 1)
        assert running.start() == (codes.OK if reset else stopped)

    def test_a_pause_stops_all_of_it(self):
        sale = Auctions()
        assert sale.start() == codes.OK
        sale.set_policy(pauses=m.PAUSE_AUCTION)
        assert sale.bid() == sale.start() == codes.MECHANISM_MUST_NOT_BE_PAUSED
        sale.set_policy(pauses=m.PAUSE_ALL & ~m.PAUSE_AUCTION)
        assert sale.bid() == codes.OK


class TestKeeper:
    def test_is_paid_out_of_the_fees_of_what_is_sold(self):
        sale = Auctions(keeper_flat=TOKEN, keeper_rate=PERCENT // 10)
        assert sale.start() == codes.OK
        assert sale.case(sale.weak)["keeper_due"] == TOKEN + 3 * TOKEN
        assert sale.bid(UNIT) == codes.OK
        assert (sale.kept(), sale.cash(m.NAMED_FUND)) == (1_100_000, 0)
        assert sale.case(sale.weak)["keeper_due"] == 2_900_000
        assert sale.bid(5 * UNIT) == codes.OK
        assert (sale.kept(), sale.cash(m.NAMED_FUND)) == (4 * TOKEN, 2_600_000)
        assert [line["to_fund"] for line in sale.ledger] == [0, 2_600_000]
        moved = [event.cash for event in sale.said(m.EVENT_KEEPER_PAID)]
        assert moved == [-1_100_000, 1_100_000, -2_900_000, 2_900_000]

    def test_is_paid_for_the_last_lot(self):
        # A debt of 2,999 and E = 1: no part restores it at the mark, so all of it goes.
        sale = Auctions(debt=2_999 * TOKEN, keeper_flat=1_000 * TOKEN, collateral_buffer=0)
        assert sale.start() == codes.OK
        assert sale.bid() == codes.OK
        assert sale.lots(sale.weak, ASSET) == 0
        # The penalty is all the equity there was.
        assert (sale.kept(), sale.cash(m.NAMED_FUND), sale.cash(sale.weak)) == (TOKEN, 0, 0)

    def test_is_never_paid_more_than_the_penalty(self):
        sale = Auctions(keeper_flat=10**15)
        assert sale.start() == codes.OK
        assert sale.bid(UNIT) == sale.bid(UNIT) == codes.OK
        assert sale.kept() == 2 * 1_100_000
        assert sale.cash(m.NAMED_FUND) == 0

    def test_restarting_gains_nothing(self):
        sale = Auctions(keeper_flat=TOKEN)
        for reset in range(5):
            sale.later(reset * (TAIL + 1))
            assert sale.start() == codes.OK
            assert sale.start() == sale.start(sale.rival) == codes.AUCTION_MUST_NEED_RESET
        assert sale.kept() == 0
        assert sale.case(sale.weak)["keeper_due"] == TOKEN
        assert sale.bid(3 * UNIT) == codes.OK
        assert sale.kept() == TOKEN

    def test_who_restarts_is_owed_in_place_of_who_started(self):
        sale = Auctions(keeper_flat=TOKEN)
        assert sale.start() == codes.OK
        sale.later(TAIL + 1)
        assert sale.start(sale.rival) == codes.OK
        assert sale.bid(3 * UNIT) == codes.OK
        assert (sale.kept(), sale.kept(sale.rival)) == (0, TOKEN)

    def test_one_that_has_gone_is_owed_nothing(self):
        sale = Auctions(keeper_flat=TOKEN)
        gone = sale.open()
        assert sale.start(gone) == codes.OK
        sale.do(m.COMMAND_CLOSE_ACCOUNT, account=gone)
        assert sale.bid(UNIT) == codes.OK
        assert (sale.cash(gone), sale.cash(m.NAMED_FUND)) == (0, 1_100_000)


class TestBuyer:
    def test_pays_with_cash_it_has(self):
        sale = Auctions()
        assert sale.start() == codes.OK
        poor = sale.open(110 * TOKEN - 1)
        assert sale.bid(UNIT, counterparty=poor) == codes.COUNTERPARTY_CASH_MUST_NOT_BE_NEGATIVE
        sale.do(m.COMMAND_DEPOSIT, account=poor, amount=1)
        # Above the mark it is worth less than was paid, so its own margin is asked too: 20 of what it holds.
        assert sale.bid(UNIT, counterparty=poor) == codes.OK
        assert sale.cash(poor) == 0

    def test_wants_something(self):
        sale = Auctions()
        assert sale.start() == codes.OK
        assert sale.bid(0) == codes.LOTS_MUST_NOT_BE_ZERO
        assert sale.bid(-1) == codes.LOTS_MUST_NOT_BE_ZERO

    def test_sees_what_it_bids_for(self):
        sale = Auctions()
        assert sale.start() == codes.OK
        assert sale.bid(UNIT, amount=1) == codes.STATE_MUST_BE_AS_EXPECTED
