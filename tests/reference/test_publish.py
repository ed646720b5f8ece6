"""Publishing classes and tables: what is refused whole, what comes into force and when (§8, §9)."""

import pytest

from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import PPB

from .build import ASSET, CONTRACT, HOUR, OPTION, TOKEN
from .classes import PUT
from .portfolio_pools import (
    FULL,
    HALF,
    QUARTER,
    figures_of,
    grouped_pool,
    hold,
    option,
    pool_with,
    portfolio_account,
)
from .scan import ES


def test_a_factor_that_rises_ramps_in():
    pool, call, _ = grouped_pool([FULL, FULL], ramp=HOUR)
    account = portfolio_account(pool)
    hold(pool, account, call, -1)
    published = {"grouped": 1, "ramp": HOUR, "factor_maintenance": 2 * PPB, "factor_initial": 3 * PPB}
    assert pool.publish_class([FULL, FULL], **published) == codes.OK
    assert figures_of(pool, account).mm == 20 * TOKEN
    pool.later(HOUR // 4)
    assert (figures_of(pool, account).mm, figures_of(pool, account).im) == (25 * TOKEN, 30 * TOKEN)
    published |= {"factor_maintenance": PPB, "factor_initial": 2 * PPB}
    assert pool.publish_class([FULL, FULL], **published) == codes.OK
    # Down at once; up from where it was.
    assert (figures_of(pool, account).mm, figures_of(pool, account).im) == (20 * TOKEN, 30 * TOKEN)
    pool.later(HOUR)
    assert (figures_of(pool, account).mm, figures_of(pool, account).im) == (20 * TOKEN, 40 * TOKEN)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"number": 2}, "CLASS_MUST_BE_PUBLISHED"),
        ({"shocks": (0,)}, "PAYLOAD_MUST_FIT"),
        ({"time": HOUR}, "TABLE_MUST_BE_NEWER"),
        ({"time": 3 * HOUR + 1}, "TABLE_MUST_BE_NEWER"),
        ({"time": 2 * HOUR - 1}, "TABLE_MUST_BE_FRESH"),
        ({"reference": 150 * TOKEN + 1}, "TABLE_MUST_MATCH_MARK"),
        ({"shocks": (0, 7 * PPB + 1)}, "TABLE_MUST_BE_WITHIN_BOUNDS"),
        ({"shocks": (0, -PPB - 1)}, "TABLE_MUST_BE_WITHIN_BOUNDS"),
        ({"groups": {2: (PPB, PPB, 0, PPB, 0)}}, "TABLE_MUST_BE_WITHIN_BOUNDS"),
        ({"groups": {1: (PPB, PPB, 0, -1, 0)}}, "TABLE_MUST_BE_WITHIN_BOUNDS"),
        ({"groups": {1: (PPB, PPB, 0, PPB, 2 * ASSET["mark_max"] + 1)}}, "TABLE_MUST_BE_WITHIN_BOUNDS"),
        ({"options": {2: (0, 0, 0, 0, OPTION["mark_max"] // 10 + 1, 0, 0, 0)}}, "TABLE_MUST_BE_WITHIN_BOUNDS"),
        ({"options": {2: (0, 0, 0, 0, 0, -OPTION["mark_max"] // 10 - 1, 0, 0)}}, "TABLE_MUST_BE_WITHIN_BOUNDS"),
        ({"options": {1: (0, 0, 0, 0, 0, 0, 0, 0)}}, "TABLE_MUST_BE_WITHIN_BOUNDS"),
        ({"options": {2: (-1, 0, 0, 0, 0, 0, 0, 0)}}, "TABLE_MUST_NOT_ALLOW_ARBITRAGE"),
        ({"options": {2: (0, 110 * TOKEN + 1, 0, 0, 0, 0, 0, 0)}}, "TABLE_MUST_NOT_ALLOW_ARBITRAGE"),
        ({"options": {3: (0, 0, 0, 0, 0, 0, 100 * TOKEN + 1, 0)}}, "TABLE_MUST_NOT_ALLOW_ARBITRAGE"),
        ({"options": {2: (56 * TOKEN + 1, 0, 0, 0, 0, 0, 0, 0)}}, "TABLE_MUST_NOT_JUMP"),
        ({"options": {2: (56 * TOKEN, 0, 0, 0, 0, 0, 110 * TOKEN, 0)}}, "OK"),
        ({"time": 2 * HOUR}, "OK"),
        ({"reference": 50 * TOKEN}, "OK"),
    ],
)
def test_a_table_is_refused_whole(changes, rule):
    pool, call, put = grouped_pool([FULL, FULL], jump_max=HALF)
    pool.tick(3 * HOUR)
    pool.mark(1, 100 * TOKEN)
    before = [pool.model.instruments[i].values for i in (call, put)]
    table = {"shocks": (0, 0), "options": {}, "reference": 100 * TOKEN, **changes}
    assert pool.publish_arrays(**table) == getattr(codes, rule)
    if rule != "OK":
        assert [pool.model.instruments[i].values for i in (call, put)] == before
        assert pool.model.classes[1].shocks == [-QUARTER, QUARTER]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"number": 0}, "CLASS_MUST_BE_WITHIN_LIMIT"),
        ({"number": 256}, "CLASS_MUST_BE_WITHIN_LIMIT"),
        ({"underlying": 2}, "INSTRUMENT_MUST_BE_LISTED"),
        ({"underlying": 9}, "INSTRUMENT_MUST_BE_LISTED"),
        ({"tail": 0}, "TAIL_MUST_BE_WITHIN_SCENARIOS"),
        ({"tail": 3}, "TAIL_MUST_BE_WITHIN_SCENARIOS"),
        ({"factor_maintenance": PPB + 1}, "RATES_MUST_BE_ORDERED"),
        ({"option_maintenance": 1}, "RATES_MUST_BE_ORDERED"),
        ({"unpaired_maintenance": 1}, "RATES_MUST_BE_ORDERED"),
        ({"shift": 1}, "IMMUTABLE_PARAMETER_MUST_NOT_CHANGE"),
        ({"scale": 1}, "IMMUTABLE_PARAMETER_MUST_NOT_CHANGE"),
        ({"number": 2, "grouped": 0, "rows": [(PPB, 1, 0)]}, "SKEW_MUST_BE_GROUPED"),
        ({"tail": 2, "aggregation": ES}, "OK"),
    ],
)
def test_a_class_is_refused_whole(changes, rule):
    pool, _, _ = grouped_pool([FULL, FULL])
    before = pool.model.classes[1]
    changes = {"grouped": 1, "rows": [FULL, FULL], **changes}
    assert pool.publish_class(**changes) == getattr(codes, rule)
    assert (pool.model.classes[1] is before) == (rule != "OK")


def test_capacity_is_the_sum_of_the_largest_members():
    pool = pool_with([FULL])
    # 8 * 10^4 * 2 * 10^11 = 1.6 * 10^16 a linear member; six fit below 10^17.
    for _ in range(6):
        pool.list(CONTRACT, 100 * TOKEN, risk_class=1)
    words = tuple({**CONTRACT, "risk_class": 1}.values())
    assert pool.send(m.COMMAND_LIST_INSTRUMENT, words, instrument=8) == codes.PORTFOLIO_VALUE_MUST_FIT


@pytest.mark.parametrize(("strike", "rule"), [(9 * 10**12, "OK"), (10**13, "PORTFOLIO_VALUE_MUST_FIT")])
def test_capacity_is_asked_at_the_largest_strike_too(strike, rule):
    pool = pool_with([FULL])
    assert option(pool) == 2
    # 10,000 calls pay at most this strike less their own, if the put beside them is held as well: below 10^17.
    far = {
        **OPTION,
        "option_type": PUT,
        "strike": strike,
        "mark_max": strike,
        "lots_max": 200,
        "settlement_window": 1_000,
    }
    words = tuple(far.values())
    assert pool.send(m.COMMAND_LIST_INSTRUMENT, words, instrument=3) == getattr(codes, rule)
