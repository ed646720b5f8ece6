"""One unit inside and one outside each bound: trades and what they leave."""

import pytest
from tests.core.bounds.setting import RICH, traded
from tests.reference.build import ASSET, CONTRACT, PERCENT, TOKEN
from tests.reference.pair import Pair

from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import (
    COST_MAX,
    INT64_MAX,
    INT64_MIN,
)


class TestFill:
    def test_lots_of_the_trade(self, pair):
        number = pair.list(CONTRACT, TOKEN)
        taker, maker = pair.open(RICH), pair.open(RICH)
        for lots in (10_001, -10_001, INT64_MAX, INT64_MIN):
            assert pair.fill(taker, maker, number, lots, TOKEN) == codes.LOTS_MUST_BE_WITHIN_LIMIT
        assert pair.fill(taker, maker, number, 0, TOKEN) == codes.LOTS_MUST_NOT_BE_ZERO
        assert pair.fill(taker, maker, number, 10_000, TOKEN) == codes.OK

    def test_lots_after_it_with_open_orders(self, pair):
        number = pair.list(CONTRACT, TOKEN)
        taker, maker, other = (pair.open(RICH) for _ in range(3))
        pair.must(m.COMMAND_RESERVE, account=taker, instrument=number, lots=1, price=TOKEN)
        assert pair.fill(taker, maker, number, 10_000, TOKEN) == codes.LOTS_MUST_BE_WITHIN_LIMIT
        assert pair.fill(other, taker, number, -10_000, TOKEN) == codes.COUNTERPARTY_LOTS_MUST_BE_WITHIN_LIMIT
        assert pair.fill(taker, maker, number, 9_999, TOKEN) == codes.OK
        assert pair.fill(taker, maker, number, 2, TOKEN, reserved_lots=1) == codes.LOTS_MUST_BE_WITHIN_LIMIT
        assert pair.fill(taker, maker, number, 1, TOKEN, reserved_lots=1) == codes.OK

    def test_price_and_band(self, pair):
        number = pair.list(CONTRACT, 100 * TOKEN, band=5 * PERCENT)
        taker, maker = pair.open(RICH), pair.open(RICH)
        for price in (0, -1, INT64_MIN):
            assert pair.fill(taker, maker, number, 1, price) == codes.PRICE_MUST_BE_POSITIVE
        for price in (105 * TOKEN + 1, 95 * TOKEN - 1, INT64_MAX, 1):
            assert pair.fill(taker, maker, number, 1, price) == codes.PRICE_MUST_BE_WITHIN_BAND
        for price in (105 * TOKEN, 95 * TOKEN):
            assert pair.fill(taker, maker, number, 1, price) == codes.OK

    def test_reservations(self, pair):
        number = pair.list(CONTRACT, TOKEN)
        taker, maker = pair.open(RICH), pair.open(RICH)
        pair.must(m.COMMAND_RESERVE, account=taker, instrument=number, lots=5, price=TOKEN)
        pair.must(m.COMMAND_RESERVE, account=maker, instrument=number, lots=-5, price=TOKEN)
        trade = (taker, maker, number, 3, TOKEN)
        assert pair.fill(*trade, reserved_lots=4) == codes.RESERVATION_MUST_COVER
        assert pair.fill(*trade, reserved_lots=-1) == codes.RESERVATION_MUST_COVER
        assert pair.fill(*trade, reserved_lots_counterparty=4) == codes.COUNTERPARTY_RESERVATION_MUST_COVER
        assert pair.fill(taker, maker, number, -3, TOKEN, reserved_lots=1) == codes.RESERVATION_MUST_COVER
        assert pair.fill(taker, maker, number, 6, TOKEN, reserved_lots=6) == codes.RESERVATION_MUST_COVER
        assert pair.fill(taker, maker, number, 6, TOKEN, reserved_lots=5, reserved_lots_counterparty=5) == codes.OK

    def test_notional_left(self, pair):
        number = pair.list(CONTRACT, 100 * TOKEN, notional_min=500 * TOKEN)
        taker, maker, third = (pair.open(RICH) for _ in range(3))
        assert pair.fill(taker, maker, number, 4, 100 * TOKEN) == codes.NOTIONAL_MUST_REACH_MINIMUM
        assert pair.fill(taker, maker, number, 5, 100 * TOKEN) == codes.OK
        assert pair.fill(third, maker, number, -9, 100 * TOKEN) == codes.COUNTERPARTY_NOTIONAL_MUST_REACH_MINIMUM
        assert pair.fill(taker, maker, number, -1, 100 * TOKEN) == codes.NOTIONAL_MUST_REACH_MINIMUM
        assert pair.fill(taker, maker, number, -5, 100 * TOKEN) == codes.OK

    def test_open_interest(self, pair):
        number = pair.list(CONTRACT, TOKEN, open_lots_max=10)
        first, second, third = (pair.open(RICH) for _ in range(3))
        assert pair.fill(first, second, number, 11, TOKEN) == codes.OPEN_INTEREST_MUST_BE_WITHIN_LIMIT
        assert pair.fill(first, second, number, 10, TOKEN) == codes.OK
        assert pair.fill(third, second, number, 1, TOKEN) == codes.OPEN_INTEREST_MUST_BE_WITHIN_LIMIT
        assert pair.fill(first, third, number, -10, TOKEN) == codes.OK

    def test_cost(self):
        pair = Pair()
        top = 10**15
        number = pair.list({**CONTRACT, "mark_max": top, "lots_max": 2, "open_lots_max": 100}, top)
        taker, maker, other = (pair.open(2 * 10**16) for _ in range(3))
        assert pair.fill(taker, maker, number, 2, 2 * top) == codes.OK
        assert pair.model.accounts[taker].holdings[number].cost == COST_MAX
        assert pair.fill(taker, other, number, -1, 1) == codes.OK
        assert pair.fill(taker, other, number, 1, 2) == codes.COST_MUST_BE_WITHIN_LIMIT
        assert pair.fill(taker, other, number, 1, 1) == codes.OK
        # The maker's cost is -COST_MAX; it buys one back for 1 and may not sell it for 2.
        assert pair.fill(other, maker, number, -1, 1) == codes.OK
        assert pair.fill(other, maker, number, 1, 2) == codes.COST_MUST_BE_WITHIN_LIMIT
        assert pair.fill(other, maker, number, 1, 1) == codes.OK

    def test_reduce_only(self, pair):
        number, long, short = traded(pair, 3, TOKEN, RICH)
        pair.must(m.COMMAND_DELIST, instrument=number)
        third = pair.open(RICH)
        for trade in ((long, short, 1), (long, short, -4), (third, short, 1), (long, third, -1)):
            assert pair.fill(*trade[:2], number, trade[2], TOKEN) == codes.INSTRUMENT_MUST_NOT_BE_REDUCE_ONLY
        assert pair.fill(long, short, number, -3, TOKEN) == codes.OK

    @pytest.mark.parametrize("short_of", [0, 1])
    def test_initial_margin_to_the_micro(self, pair, short_of):
        fees = {"fee_taker": PERCENT, "fee_maker": PERCENT // 2}
        number = pair.list({**CONTRACT, **fees}, 100 * TOKEN)
        # IM is 100; the fees on 1,000 are 10 and 5.
        taker, maker = pair.open(110 * TOKEN - short_of), pair.open(105 * TOKEN - short_of)
        rich = pair.open(RICH)
        covered = codes.OK if short_of == 0 else codes.MARGIN_INITIAL_MUST_BE_COVERED
        other = codes.OK if short_of == 0 else codes.COUNTERPARTY_MARGIN_INITIAL_MUST_BE_COVERED
        assert pair.fill(taker, rich, number, 10, 100 * TOKEN) == covered
        assert pair.fill(rich, maker, number, 10, 100 * TOKEN) == other

    def test_cash_of_a_buyer_to_the_micro(self, pair):
        asset = pair.list(ASSET, 100 * TOKEN, fee_taker=PERCENT)
        seller, buyer = pair.open(TOKEN), pair.open(101 * TOKEN - 1)
        pair.deposit_asset(seller, asset, 2)
        assert pair.fill(buyer, seller, asset, 1, 100 * TOKEN) == codes.CASH_MUST_NOT_BE_NEGATIVE
        pair.deposit(buyer, 1)
        assert pair.fill(buyer, seller, asset, 3, 1) == codes.COUNTERPARTY_LOTS_MUST_NOT_BE_SHORT
        assert pair.fill(buyer, seller, asset, 1, 100 * TOKEN) == codes.OK
        assert pair.fill(buyer, seller, asset, -2, 1) == codes.LOTS_MUST_NOT_BE_SHORT
        assert pair.fill(seller, buyer, asset, -1, 1) == codes.COUNTERPARTY_CASH_MUST_NOT_BE_NEGATIVE
        pair.deposit(buyer, 1)
        assert pair.fill(seller, buyer, asset, -1, 1) == codes.OK

    def test_parties_and_instruments(self, pair):
        number, asset = pair.list(CONTRACT, TOKEN), pair.list(ASSET, TOKEN)
        one, own, other = pair.open(RICH, owner=5), pair.open(RICH, owner=5), pair.open(RICH)
        isolated = pair.open(RICH, isolated=number)
        last = len(pair.model.accounts)
        for taker, maker, instrument, code in (
            (last, other, number, codes.ACCOUNT_MUST_EXIST),
            (-1, other, number, codes.ACCOUNT_MUST_EXIST),
            (one, last, number, codes.COUNTERPARTY_MUST_EXIST),
            (one, one, number, codes.ACCOUNTS_MUST_DIFFER),
            (3, one, number, codes.ACCOUNT_MUST_NOT_BE_NAMED),
            (one, 3, number, codes.COUNTERPARTY_MUST_NOT_BE_NAMED),
            (one, own, number, codes.OWNERS_MUST_DIFFER),
            (one, other, 0, codes.INSTRUMENT_MUST_BE_TRADABLE),
            (one, other, 3, codes.INSTRUMENT_MUST_BE_LISTED),
            (one, other, -1, codes.INSTRUMENT_MUST_BE_LISTED),
            (isolated, other, asset, codes.ACCOUNT_MUST_ALLOW_INSTRUMENT),
            (other, isolated, asset, codes.COUNTERPARTY_MUST_ALLOW_INSTRUMENT),
            (isolated, other, number, codes.OK),
        ):
            assert pair.fill(taker, maker, instrument, 1, TOKEN) == code
        operator = {"flags": m.FLAG_OPERATOR}
        pair.deposit(m.NAMED_BACKSTOP, RICH)
        assert pair.fill(1, one, number, 1, TOKEN, **operator) == codes.ACCOUNT_MUST_NOT_BE_NAMED
        assert pair.fill(one, 1, number, 1, TOKEN, **operator) == codes.COUNTERPARTY_MUST_NOT_BE_NAMED
        assert pair.fill(3, one, number, 1, TOKEN, **operator) == codes.OK
        assert pair.fill(one, 3, number, 1, TOKEN, **operator) == codes.OK
