"""One unit inside and one outside each bound: settlement and delisting."""

import pytest
from tests.core.bounds.setting import RICH, traded
from tests.reference.build import ASSET, FUTURE, HOUR, TOKEN
from tests.reference.pair import Pair
from tests.reference.state import LISTING_FIELDS

from plimsoll.units import codes
from plimsoll.units import messages as m


class TestSeries:
    def test_what_a_series_under_settlement_refuses(self):
        pair = Pair(gap_max=HOUR, settlements_per_tick=1)
        pair.tick(HOUR)
        number = pair.list(FUTURE, 100 * TOKEN, expiry=2 * HOUR)
        long, short = pair.open(300 * TOKEN), pair.open(300 * TOKEN)
        assert pair.fill(long, short, number, 1, 100 * TOKEN) == codes.OK
        assert pair.send(m.COMMAND_SETTLE, instrument=number) == codes.INSTRUMENT_MUST_BE_SETTLING
        pair.tick(2 * HOUR)
        assert pair.model.instruments[number].status == m.STATUS_SETTLING
        refused = codes.INSTRUMENT_MUST_BE_OPEN
        assert pair.fill(long, short, number, -1, 100 * TOKEN) == refused
        order = {"account": long, "instrument": number, "lots": 1, "price": 100 * TOKEN}
        assert pair.send(m.COMMAND_RESERVE, **order) == refused
        assert pair.send(m.COMMAND_REALISE, account=long, instrument=number) == refused
        assert pair.send(m.COMMAND_MARK, instrument=number, price=1, time=2 * HOUR) == refused
        assert pair.send(m.COMMAND_DELIST, instrument=number) == refused
        assert pair.send(m.COMMAND_BID, account=long, counterparty=short, instrument=number, lots=1) == refused
        words = tuple(FUTURE[name] for name in LISTING_FIELDS)
        assert pair.send(m.COMMAND_SET_INSTRUMENT, words, instrument=number) == refused
        while pair.model.instruments[number].status == m.STATUS_SETTLING:
            assert pair.send(m.COMMAND_SETTLE, instrument=number) == codes.OK
        assert pair.send(m.COMMAND_SETTLE, instrument=number) == codes.INSTRUMENT_MUST_BE_LISTED

    @pytest.mark.parametrize(("late", "status"), [(0, m.STATUS_CLOSED), (1, m.STATUS_OPEN)])
    def test_half_of_the_window_must_have_a_valid_mark(self, late, status):
        pair = Pair(gap_max=HOUR, settlements_per_tick=1)
        pair.tick(HOUR)
        half = FUTURE["settlement_window"] // 2
        number = pair.list({**FUTURE, "age_fill_max": 0, "age_margin_max": 0}, 100 * TOKEN, expiry=2 * HOUR)
        pair.tick(2 * HOUR - half + late)
        pair.mark(number, 100 * TOKEN)
        # So far a mark was good for its own moment only; the last tick weighs the half of the window it spans.
        values = tuple({**FUTURE, "age_margin_max": HOUR, "expiry": 2 * HOUR}.values())
        pair.must(m.COMMAND_SET_INSTRUMENT, values, instrument=number)
        pair.tick(2 * HOUR)
        # Nobody holds it: priced, it is closed with one visit.
        assert pair.model.instruments[number].status == status

    def test_delisting(self, pair):
        asset = pair.list(ASSET, TOKEN)
        number, long, short = traded(pair, 1, TOKEN, RICH)
        assert pair.send(m.COMMAND_DELIST, instrument=0) == codes.INSTRUMENT_MUST_BE_LISTED
        pair.deposit_asset(long, asset, 1)
        assert pair.send(m.COMMAND_DELIST, instrument=asset) == codes.INSTRUMENT_MUST_NOT_BE_HELD
        soon = pair.model.time + 1
        assert pair.send(m.COMMAND_DELIST, instrument=number, time=soon) == codes.EXPIRY_MUST_BE_IN_FUTURE
        assert pair.send(m.COMMAND_DELIST, instrument=number, time=soon - 1) == codes.OK
        assert pair.fill(long, short, number, -1, TOKEN) == codes.OK
        assert pair.send(m.COMMAND_DELIST, instrument=number, time=soon) == codes.OK
        assert pair.model.instruments[number].status == m.STATUS_CLOSED
        pair.must(m.COMMAND_WITHDRAW, account=long, instrument=asset, lots=1)
        pair.must(m.COMMAND_PAY_WITHDRAWAL, instrument=asset, lots=1)
        assert pair.send(m.COMMAND_DELIST, instrument=asset) == codes.OK
