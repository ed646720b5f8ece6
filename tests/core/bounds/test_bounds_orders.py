"""One unit inside and one outside each bound: orders and the margin they bind."""

import pytest
from tests.core.bounds.setting import RICH, traded
from tests.reference.build import ASSET, CONTRACT, PERCENT, TOKEN

from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import (
    INT64_MAX,
    INT64_MIN,
)


class TestOrders:
    def test_limits_of_reserve(self, pair):
        number, asset = pair.list(CONTRACT, TOKEN), pair.list(ASSET, TOKEN)
        unpriced, isolated_in = pair.list(CONTRACT), pair.list(CONTRACT, TOKEN)
        trader, isolated = pair.open(10**15), pair.open(RICH, isolated=isolated_in)

        def send(lots: int, price: int, account: int = trader, instrument: int = number) -> int:
            return pair.send(m.COMMAND_RESERVE, account=account, instrument=instrument, lots=lots, price=price)

        assert send(1, 1, account=3) == codes.ACCOUNT_MUST_NOT_BE_NAMED
        assert send(1, 1, account=99) == codes.ACCOUNT_MUST_EXIST
        assert send(1, 1, instrument=9) == codes.INSTRUMENT_MUST_BE_LISTED
        for instrument in (0, asset):
            assert send(1, 1, instrument=instrument) == codes.INSTRUMENT_MUST_BE_CONTRACT
        assert send(1, 1, account=isolated) == codes.ACCOUNT_MUST_ALLOW_INSTRUMENT
        assert send(1, 1, instrument=unpriced) == codes.MARK_MUST_ALLOW_FILL
        assert send(0, 1) == codes.LOTS_MUST_NOT_BE_ZERO
        for lots in (10_001, -10_001, INT64_MAX, INT64_MIN):
            assert send(lots, 1) == codes.LOTS_MUST_BE_WITHIN_LIMIT
        assert send(1, 0) == codes.PRICE_MUST_BE_POSITIVE
        top = CONTRACT["mark_max"]
        assert send(1, top + 1) == codes.PRICE_MUST_BE_WITHIN_LIMIT
        assert send(1, top) == codes.OK
        assert send(10_000, TOKEN) == codes.LOTS_MUST_BE_WITHIN_LIMIT
        assert send(9_999, TOKEN) == codes.OK
        assert send(-10_000, TOKEN) == codes.OK
        assert send(-1, TOKEN) == codes.LOTS_MUST_BE_WITHIN_LIMIT
        for lots, code in ((0, "LOTS_MUST_NOT_BE_ZERO"), (10_001, "RESERVATION_MUST_COVER"), (10_000, "OK")):
            order = {"account": trader, "instrument": number, "lots": lots}
            assert pair.send(m.COMMAND_RELEASE, **order) == getattr(codes, code)
        for lots in (-10_001, INT64_MIN):
            release = {"account": trader, "instrument": number, "lots": lots}
            assert pair.send(m.COMMAND_RELEASE, **release) == codes.RESERVATION_MUST_COVER
            change = {"account": trader, "instrument": number, "reserved_lots": lots, "lots": 1, "price": 1}
            assert pair.send(m.COMMAND_REPLACE, **change) == codes.RESERVATION_MUST_COVER

    @pytest.mark.parametrize("short_of", [0, 1])
    def test_initial_margin_of_an_order_to_the_micro(self, pair, short_of):
        number = pair.list(CONTRACT, 100 * TOKEN, fee_taker=PERCENT)
        # Ten at 101: 100 of margin, an open loss of 10 and a fee of 10.1.
        trader = pair.open(120_100_000 - short_of)
        order = {"account": trader, "instrument": number, "lots": 10, "price": 101 * TOKEN}
        expected = codes.OK if short_of == 0 else codes.MARGIN_INITIAL_MUST_BE_COVERED
        assert pair.send(m.COMMAND_RESERVE, **order) == expected

    def test_replace_is_judged_against_the_margin_before_it(self, pair):
        number = pair.list(CONTRACT, 100 * TOKEN)
        trader = pair.open(100 * TOKEN)
        order = {"account": trader, "instrument": number, "price": 100 * TOKEN}
        pair.must(m.COMMAND_RESERVE, lots=10, **order)
        pair.mark(number, 101 * TOKEN)
        # E = 100, IM = 101: as much again, not more.
        assert pair.send(m.COMMAND_REPLACE, reserved_lots=10, **{**order, "lots": 11}) == (
            codes.MARGIN_INITIAL_MUST_BE_COVERED
        )
        assert (
            pair.send(m.COMMAND_REPLACE, reserved_lots=10, **{**order, "lots": -10, "price": 102 * TOKEN}) == codes.OK
        )

    def test_reduce_only_orders(self, pair):
        number, long, _ = traded(pair, 3, TOKEN, RICH)
        pair.must(m.COMMAND_DELIST, instrument=number)
        order = {"account": long, "instrument": number, "price": TOKEN}
        for lots in (1, -7):
            assert pair.send(m.COMMAND_RESERVE, lots=lots, **order) == codes.INSTRUMENT_MUST_NOT_BE_REDUCE_ONLY
        # w may be as large as the position: asks up to twice as many lots.
        assert pair.send(m.COMMAND_RESERVE, lots=-6, **order) == codes.OK
