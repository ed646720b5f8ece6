"""One unit inside and one outside each bound: prices, ages and funding."""

import pytest
from tests.core.bounds.setting import RICH, figures_of, traded
from tests.reference.build import CONTRACT, HOUR, PERCENT, TOKEN
from tests.reference.pair import Pair

from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import (
    INT64_MIN,
    PPB,
    PREMIUM_MAX,
    TIME_MAX,
)


class TestPrices:
    LIMITS = {  # noqa: RUF012
        "age_fill_max": 10,
        "age_margin_max": 20,
        "sources_min": 2,
        "confidence_max": PERCENT,
        "volatility_max": 10 * PERCENT,
        "volatility_window": HOUR,
    }

    def test_limits_of_a_mark(self, pair):
        pair.tick(HOUR)
        number = pair.list(CONTRACT, TOKEN)
        top = CONTRACT["mark_max"]

        def send(**fields: int) -> int:
            return pair.send(m.COMMAND_MARK, **{"instrument": number, "price": TOKEN, "time": HOUR, **fields})

        assert send(instrument=9) == codes.INSTRUMENT_MUST_BE_LISTED
        assert send(time=HOUR + 1) == codes.TIME_MUST_NOT_BE_IN_FUTURE
        assert send(time=HOUR - 1) == codes.TIME_MUST_NOT_GO_BACK
        for premium in (PREMIUM_MAX + 1, -PREMIUM_MAX - 1, INT64_MIN):
            assert send(premium=premium) == codes.PREMIUM_MUST_BE_WITHIN_LIMIT
        assert send(confidence=-1) == codes.CONFIDENCE_MUST_NOT_BE_NEGATIVE
        assert send(sources=-1) == codes.SOURCES_MUST_NOT_BE_NEGATIVE
        assert send(price=top + 1) == codes.MARK_MUST_BE_WITHIN_LIMIT
        assert send(confidence=top + 1) == codes.MARK_MUST_BE_WITHIN_LIMIT
        assert send(price=top, confidence=top, premium=-PREMIUM_MAX) == codes.OK
        assert send(price=INT64_MIN) == codes.OK
        assert pair.model.instruments[number].oracle_state == m.ORACLE_NON_POSITIVE

    def test_limits_of_time(self, pair):
        pair.tick(10)
        assert pair.send(m.COMMAND_TICK, time=9) == codes.TIME_MUST_NOT_GO_BACK
        assert pair.send(m.COMMAND_TICK, time=TIME_MAX + 1) == codes.TIME_MUST_BE_WITHIN_LIMIT
        number, _, _ = traded(pair, 1, TOKEN, RICH, settlement_window=HOUR)
        late = {"kind": m.COMMAND_DELIST, "instrument": number}
        assert pair.send(**late, time=TIME_MAX + 1) == codes.TIME_MUST_BE_WITHIN_LIMIT
        assert pair.send(**late, time=TIME_MAX) == codes.OK
        assert pair.send(m.COMMAND_TICK, time=TIME_MAX) == codes.OK

    @pytest.mark.parametrize(
        ("fields", "age", "state"),
        [
            ({}, 0, "VALID"),
            ({}, 10, "VALID"),
            ({}, 11, "STALE_FOR_FILL"),
            ({}, 20, "STALE_FOR_FILL"),
            ({}, 21, "STALE_FOR_MARGIN"),
            ({"sources": 1}, 0, "TOO_FEW_SOURCES"),
            ({"sources": 1}, 11, "TOO_FEW_SOURCES"),
            ({"sources": 1}, 21, "STALE_FOR_MARGIN"),
            ({"confidence": 940_000}, 0, "VALID"),
            ({"confidence": 940_001}, 0, "TOO_UNCERTAIN"),
            ({"confidence": 940_001}, 21, "TOO_UNCERTAIN"),
            ({"price": 110 * TOKEN}, 0, "VALID"),
            ({"price": 90 * TOKEN}, 0, "VALID"),
            ({"price": 110 * TOKEN + 1}, 0, "TOO_VOLATILE"),
            ({"price": 90 * TOKEN - 1}, 0, "TOO_VOLATILE"),
            ({"price": 0}, 0, "NON_POSITIVE"),
            ({"price": -5, "confidence": TOKEN + 1, "sources": 0}, 21, "NON_POSITIVE"),
        ],
    )
    def test_what_each_state_forbids(self, fields, age, state):
        pair = Pair(exit_buffer=0, call_buffer=0, backstop_after=HOUR, backstop_ratio=0)
        pair.tick(HOUR)
        number = pair.list({**CONTRACT, **self.LIMITS})
        pair.mark(number, 100 * TOKEN, sources=2)
        long, short, weak = pair.open(900 * TOKEN), pair.open(900 * TOKEN), pair.open(106 * TOKEN)
        assert pair.fill(long, short, number, 10, 100 * TOKEN) == codes.OK
        assert pair.fill(weak, short, number, 10, 100 * TOKEN) == codes.OK
        pair.mark(number, 94 * TOKEN, sources=2)
        pair.later(0)
        assert pair.stage(weak) == m.STAGE_LIQUIDATING
        pair.mark(number, **{"price": 94 * TOKEN, "sources": 2, **fields})
        pair.tick(HOUR + age)
        row = pair.model.instruments[number]
        assert row.oracle_state == getattr(m, f"ORACLE_{state}")
        price = row.mark

        def expected(bit: int, code: int) -> int:
            return code if row.blocks & bit else codes.OK

        order = {"account": long, "instrument": number}
        reserve = pair.send(m.COMMAND_RESERVE, **order, lots=1, price=price)
        assert reserve == expected(m.ACTION_MARGIN, codes.MARK_MUST_ALLOW_MARGIN)
        limits = pair.send(m.COMMAND_SET_LIMITS, account=short, amount=1)
        assert limits == expected(m.ACTION_MARGIN, codes.MARK_MUST_ALLOW_MARGIN)
        out = pair.send(m.COMMAND_WITHDRAW, account=long, amount=1)
        assert out == expected(m.ACTION_WITHDRAW, codes.MARK_MUST_ALLOW_WITHDRAW)
        realise = pair.send(m.COMMAND_REALISE, **order)
        assert realise == expected(m.ACTION_SETTLE, codes.MARK_MUST_ALLOW_SETTLE)
        if pair.stage(weak) == m.STAGE_LIQUIDATING and figures_of(pair, weak).equity >= 0:
            bid = pair.send(m.COMMAND_BID, account=weak, counterparty=long, instrument=number, lots=1)
            if not row.blocks & m.ACTION_LIQUIDATE and row.blocks & m.ACTION_MARGIN:
                assert bid == codes.COUNTERPARTY_MARK_MUST_ALLOW_MARGIN
            else:
                assert bid == expected(m.ACTION_LIQUIDATE, codes.MARK_MUST_ALLOW_LIQUIDATE)
        assert pair.fill(long, short, number, -1, price) == expected(m.ACTION_FILL, codes.MARK_MUST_ALLOW_FILL)

    def test_a_blocked_mark_lets_risk_fall_only(self, pair):
        pair.tick(HOUR)
        number, long, short = traded(pair, 10, 100 * TOKEN, 900 * TOKEN, sources_min=0)
        other = pair.list({**CONTRACT, "confidence_max": 0}, 100 * TOKEN)
        assert pair.fill(long, short, other, 1, 100 * TOKEN) == codes.OK
        pair.mark(other, 100 * TOKEN, confidence=1)
        assert pair.fill(long, short, number, 1, 100 * TOKEN) == codes.MARK_MUST_ALLOW_MARGIN
        fresh = pair.open(900 * TOKEN)
        assert pair.fill(fresh, short, number, -1, 100 * TOKEN) == codes.OK
        assert pair.fill(fresh, short, number, -1, 99 * TOKEN) == codes.OK
        assert pair.fill(fresh, short, number, 3, 100 * TOKEN) == codes.COUNTERPARTY_MARK_MUST_ALLOW_MARGIN

    def test_the_settlement_token_below_its_threshold(self):
        pair = Pair(depeg_threshold=99 * PERCENT, depeg_factor=PPB)
        _, long, _ = traded(pair, 10, 100 * TOKEN, 110 * TOKEN)
        for price, rate in ((990_000, 0), (989_999, 1_000), (1, 989_999_000)):
            pair.mark(0, price)
            assert pair.model.depeg_rate == rate
        pair.mark(0, 890_000)
        assert figures_of(pair, long).im == 110 * TOKEN
        assert pair.send(m.COMMAND_WITHDRAW, account=long, amount=1) == codes.MARGIN_INITIAL_MUST_BE_COVERED
