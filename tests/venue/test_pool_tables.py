"""Tables at the face: what is published, what is refused and what it says, units, settlement windows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from tests.venue.desk import FAR, MODEL, NEAR, START, black, desk, publish, table_of

import plimsoll
from plimsoll.pricing import Smile, fit_surface
from plimsoll.risk import Historical, MarketSnapshot, RiskError, ScenarioMatrix, spot_vol_grid
from plimsoll.units.messages import COMMAND_PUBLISH_ARRAYS
from plimsoll.venue import InputRefused, Refused

QUANTUM = 2**17 / 10**6
"""Of a class whose unit is a million lots, in tokens."""
LATER = "2026-01-01T00:01:00Z"


@pytest.fixture
def pool():
    pool, _, _ = desk()
    with pool:
        yield pool


def altered(table, *, options=None, groups=None, policy=None, **arrays):
    """The same table of one class with other arrays, options, groups or policy."""
    (one,) = table.classes
    changed = replace(
        one.arrays,
        options=replace(one.arrays.options, **(options or {})),
        groups=replace(one.arrays.groups, **(groups or {})),
        **arrays,
    )
    return replace(table, classes=(replace(one, arrays=changed, policy=replace(one.policy, **(policy or {}))),))


def test_options_are_worth_what_the_surface_says(pool):
    smiles = [Smile(years, np.linspace(-0.5, 0.5, 11), np.full(11, 0.6)) for years in (0.08, 0.16)]
    publish(pool, vol=fit_surface(smiles))
    years = (pool.instrument("BTC-30JAN26-50000-C").expiry - pool.time) / timedelta(days=365)
    for strike in (50_000, 60_000, 70_000):
        for word, call in (("C", True), ("P", False)):
            mark = float(pool.instrument(f"BTC-30JAN26-{strike}-{word}").mark)
            assert mark == pytest.approx(black(60_000, strike, years, 0.6, call=call), abs=QUANTUM)
    # One vol for all says the same as a flat surface.
    assert table_of(pool, vol=0.6).classes[0].arrays.options.v0 == pytest.approx(
        table_of(pool, vol=fit_surface(smiles)).classes[0].arrays.options.v0, rel=1e-6
    )


def test_marks_follow_by_delta_until_the_table_is_made_again(pool):
    table = publish(pool)
    call = pool.instrument("BTC-30JAN26-60000-C")
    before, (delta,) = call.mark, table.classes[0].arrays.options.delta[2:3]
    pool.tick(LATER, {"BTC-PERP": "61500"})
    assert float(call.mark - before) == pytest.approx(1500 * delta, abs=2 * QUANTUM)
    assert pool.needs_refresh(table, move=0.03, age=60) == ()
    assert pool.needs_refresh(table, move=0.02, age=59) == (
        "the table is 60 s old, more than 59 s",
        "BTC-PERP moved +2.50%, more than 2.00%",
    )
    again = publish(pool)
    assert pool.needs_refresh(again, move=0, age=0) == ()
    assert float(call.mark) == pytest.approx(again.classes[0].arrays.options.v0[2], abs=QUANTUM)


def test_another_model_is_another_table(pool):
    publish(pool)
    pool.tick(LATER, {"BTC-PERP": "60000"})
    other = ScenarioMatrix(spot_vol_grid([-0.3, 0.0, 0.3]), name="wide")
    pool.publish_table(table_of(pool, model=other))
    assert int(pool.tables.classes[1]["scenarios"]) == 9
    assert pool.instrument("BTC-30JAN26-60000-C").oracle_state == "valid"


def test_a_refused_table_keeps_the_last_one_whatever_its_policy(pool):
    publish(pool)
    pool.tick(LATER, {"BTC-PERP": "60000"})
    before, sequence, row = pool.root, pool.venue.sequence, pool.tables.classes[1].copy()
    other = ScenarioMatrix(spot_vol_grid([-0.3, 0.0, 0.3]), name="wide")
    late = replace(table_of(pool, model=other), time_ms=pool.time_ms + 1)
    refused = pool.publish_table(late, check=False)
    assert refused.rule == "table_must_be_newer"
    with pytest.raises(Refused, match="is after the pool's 2026-01-01T00:01:00.00:00: tick first"):
        pool.publish_table(late)
    # Nothing was sent: the new number of scenarios would have left the options without arrays.
    assert (pool.root, pool.venue.sequence, pool.tables.classes[1]) == (before, sequence, row)
    # The same policy: the engine itself refuses, and the last table stays.
    assert pool.publish_table(replace(table_of(pool), time_ms=pool.time_ms + 1), check=False) is not None
    assert pool.venue.sequence == sequence + 1
    assert pool.instrument("BTC-30JAN26-60000-C").oracle_state == "valid"


def test_the_classes_before_a_refused_one_are_published(pool):
    """A table of two classes: each is published by itself, in the order of the table."""
    eth = pool.list_asset("ETH", lot="0.001")
    perp = pool.list_perp("ETH-PERP", lot="0.001")
    pool.tick(LATER, {"BTC-PERP": "60000", eth: 3_000, perp: 3_001})
    other = pool.publish_class(eth, members=[perp, eth])
    pool.list_ladder(eth, expiries=[NEAR], strikes=[3_000])
    market = MarketSnapshot(pool.time_ms, (pool.market_of(1, 0.6), pool.market_of(other, 0.8)))
    table = MODEL.tables(market)
    assert [(one.name, one.number) for one in table.classes] == [("BTC-PERP", 1), ("ETH", 2)]
    pool.tick("2026-01-01T00:02:00Z", {eth: 3_300})
    refused = pool.publish_table(table, check=False)
    assert refused.detail.startswith("reference=3000 mark=3300 of ETH, further apart than reference_max=0.05")
    assert pool.instrument("BTC-30JAN26-60000-C").mark > 0
    assert pool.instrument("ETH-30JAN26-3000-C").mark == 0
    assert pool.needs_refresh(table, move=0.05, age=60) == ("ETH moved +10.00%, more than 5.00%",)
    # One class of a table may be published alone, at the pool's time.
    again = MODEL.tables(MarketSnapshot(pool.time_ms, (pool.market_of(other, 0.8),)))
    assert pool.publish_table(again.of("ETH")) is None
    assert int(pool.tables.classes[other]["arrays_time"]) == pool.time_ms
    assert float(pool.instrument("ETH-30JAN26-3000-C").mark) > 300


def test_times_and_marks_of_a_refused_table_are_named(pool):
    table = publish(pool)
    for change, words in (
        ({"time_ms": table.time_ms}, "2026-01-01T00:00:00.00:00 is not after the table in force.*make it again"),
        ({"time_ms": 10**17}, "time=100000000000000000 ms is after the pool's"),
    ):
        with pytest.raises(Refused, match=f"table_must_be_newer: command=publish_arrays.*{words}"):
            pool.publish_table(replace(table, **change))
    pool.tick("2026-01-03T00:00:00Z", {"BTC-PERP": "60000"})
    with pytest.raises(Refused, match="table_must_be_fresh.* is older than age_max=86400 s at 2026-01-03T00"):
        pool.publish_table(replace(table, time_ms=table.time_ms + 1))
    pool.tick("2026-01-03T00:00:10Z", {"BTC-PERP": "64000"})
    words = "reference=60000 mark=64000 of BTC-PERP, further apart than reference_max=0.05: make the table again"
    with pytest.raises(Refused, match=f"table_must_match_mark.*{words}"):
        pool.publish_table(replace(table, time_ms=pool.time_ms))


def test_a_jump_names_the_option_and_both_values(pool):
    publish(pool)
    pool.tick(LATER, {"BTC-PERP": "60000"})
    wild = altered(table_of(pool, vol=1.2), policy={"jump_max": 0.05})
    words = r"BTC-30JAN26-50000-C: value=\d+\.\d+ now=\d+\.\d+, further apart than jump_max=0.05 of BTC-PERP at 60000"
    with pytest.raises(Refused, match=f"table_must_not_jump.*(BTC-30JAN26-60000-C|{words})"):
        pool.publish_table(wild)


def test_a_table_cannot_offer_arbitrage():
    """``quantise`` stops most of it; what is sent by records is refused by the engine with the name."""
    pool, _, _ = desk()
    table = table_of(pool)
    options = table.classes[0].arrays.options
    for name, change, words in (
        ("values", -1.0, "^BTC-30JAN26-50000-C: its value in scenario 1 is negative"),
        ("v0", np.nan, "^BTC-30JAN26-50000-C: v0 is not finite"),
        ("up", 1e9, "^BTC-30JAN26-50000-C: up is above its no-arbitrage bound"),
        ("delta", 5.0, "^BTC-30JAN26-50000-C: a sensitivity the engine does not take"),
    ):
        wrong = getattr(options, name).copy()
        wrong[0] = change
        with pytest.raises(RiskError, match=words):
            pool.publish_table(altered(table, options={name: wrong}))
    pool.publish_table(table)
    assert pool.tick(LATER, {"BTC-PERP": "60000"}) is None
    payload = pool._payload(table.classes[0], pool.time_ms)
    scenarios = int(pool.tables.classes[1]["scenarios"])
    groups_at, options_at = 3 + scenarios, 3 + scenarios + 2 * 6

    def sent(place, word):
        words = payload.array_words.copy()
        words[place] = word
        columns = {"instrument": 1, "time": pool.time_ms}
        return str(pool.command(COMMAND_PUBLISH_ARRAYS, False, columns, words))

    put = options_at + (7 + scenarios)
    tops = {"value": put + 1, "down": put + 3, "value in scenario 4": put + 7 + 3}
    for name, place in tops.items():
        # A put at 50,000 is worth at most its strike, rounded down to a quantum.
        said = sent(place, 50_000 * 10**6 // 2**17 + 1)
        assert said.startswith("table_must_not_allow_arbitrage: command=publish_arrays BTC-30JAN26-50000-P: ")
        assert f"{name}=50000.035" in said
        assert "(from 0 to 49999.904" in said
    assert "value=-0.131072" in sent(put + 1, -1)
    bounds = "table_must_be_within_bounds: command=publish_arrays "
    for place, word, words in (
        (3 + 2, 8 * 10**9, "scenario 3: shock=8 (from -1 to 7)"),
        (groups_at, 77, "group 77 is not one of class 1"),
        (groups_at + 6, 1, "a group or an option is there twice"),
        (
            groups_at + 1,
            10**8,
            "group 1: a discount, basis factor, confidence or forward (discounts need grouped=True)",
        ),
        (groups_at + 4, 2 * 10**9, "group 1: a discount"),
        (options_at, 1, "instrument 1 is not an open option of class 1"),
        (options_at, 99, "instrument 99 is not an open option of class 1"),
        (put + 4, 3 * 10**9, "BTC-30JAN26-50000-P: a delta, gamma or vega the engine does not take"),
    ):
        assert sent(place, word).startswith(bounds + words), words
    assert "class 1 has 15 scenarios: the payload has not as many words" in sent(1, 9)


def test_what_a_model_is_shown(pool):
    with pytest.raises(InputRefused, match="class 1 has 12 options: give the surface they are priced from, or one vol"):
        pool.market_of(1)
    for market, words in (
        ({"surface": float("nan")}, "surface: vol nan at strike 50000"),
        ({"surface": -0.1}, "surface: vol -0.1 at strike"),
        ({"surface": 0.5, "forwards": {"2026-03-01": 1.0}}, "no option of class 1 expires at 2026-03-01T00:00:00"),
        ({"surface": 0.5, "forwards": {NEAR: 0.0}}, "each must be a price above 0"),
        ({"surface": 0.5, "rate": float("inf")}, "each must be a price above 0"),
    ):
        with pytest.raises(InputRefused, match=words):
            pool.market_of(1, **market)
    shown = pool.market_of(1, 0.5, rate=0.05, forwards={NEAR: 61_000.0}, column="BTC")
    years = (np.array([29, 57]) + 1 / 3) / 365
    assert (shown.name, shown.number, shown.instrument, shown.spot, shown.column) == ("BTC-PERP", 1, 1, 60_000, "BTC")
    assert shown.chain.years[[0, 6]] == pytest.approx(years)
    assert shown.chain.forwards[[0, 6]] == pytest.approx([61_000, 60_000 * np.exp(0.05 * years[1])])
    assert shown.chain.discounts[[0, 6]] == pytest.approx(np.exp(-0.05 * years))
    assert set(shown.chain.vols) == {0.5}
    assert not shown.chain.fixed.any()

    class Slanted:
        def vol(self, strikes, forwards, years):
            return 0.5 + 0.1 * np.abs(np.log(strikes / forwards))

    assert pool.market_of(1, Slanted()).chain.vols[0] == pytest.approx(0.5 + 0.1 * np.log(1.2))


def test_a_class_without_options_needs_no_surface_and_one_without_a_mark_waits():
    with plimsoll.Pool.open() as pool:
        btc = pool.list_perp("BTC-PERP")
        number = pool.publish_class(btc, members=[btc])
        with pytest.raises(InputRefused, match="BTC-PERP has no mark yet: publish one .tick, mark. before a table of"):
            pool.market_of(number)
        pool.tick(START, {btc: 60_000})
        assert pool.market_of(number).chain is None
        publish(pool, number, vol=None)
        buyer, seller = pool.account(owner=1, mode="portfolio"), pool.account(owner=2)
        for account in (buyer, seller):
            account.deposit(100_000)
        pool.fill(buyer, seller, btc, 1)
        # 16 % of 60,000 is the worst of the grid.
        assert float(buyer.margin.maintenance) == pytest.approx(9_600, abs=1e-4)


def test_a_model_that_needs_returns_says_so(pool):
    with pytest.raises(RiskError, match="returns"):
        Historical().tables(MarketSnapshot(pool.time_ms, (pool.market_of(1, 0.5),)))


def test_a_unit_that_is_not_a_coin_changes_no_price():
    """A lot of a thousandth and a position of a million coins ask for a unit of 100 coins; options cost the same."""
    strikes, forwards = [40, 50, 60], {NEAR: 51.5}
    pools = []
    for listing in ({"lot": "0.001", "mark_max": 1000, "position_max": 1_000_000}, {"lot": "0.001", "mark_max": 1000}):
        pool, btc, _ = desk(spot=50, ladder=False, **listing)
        pool.list_ladder(btc, expiries=[NEAR, FAR], strikes=strikes)
        pools.append((pool, publish(pool, forwards=forwards)))
    (wide, wide_table), (plain, plain_table) = pools
    assert [pool.instrument("BTC-PERP").parameters["scale"] for pool in (wide, plain)] == [5, 3]
    unit = wide_table.classes[0].arrays.options
    assert unit.v0 == pytest.approx(100 * plain_table.classes[0].arrays.options.v0)
    assert unit.delta == pytest.approx(plain_table.classes[0].arrays.options.delta)
    years = (datetime(2026, 1, 30, 8, tzinfo=UTC) - datetime(2026, 1, 1, tzinfo=UTC)) / timedelta(days=365)
    for name in list(wide.instruments)[1:]:
        quantum = 2 ** int(wide.tables.classes[1]["shift"]) / 10**6 / 100
        assert float(wide.instrument(name).mark) == pytest.approx(float(plain.instrument(name).mark), abs=2 * quantum)
        assert wide.instrument(name).strike == plain.instrument(name).strike
    call = wide.instrument("BTC-30JAN26-50-C")
    assert float(call.mark) == pytest.approx(black(51.5, 50, years, 0.6, call=True), abs=quantum)
    margins = []
    for pool, table in pools:
        assert pool.needs_refresh(table, move=0.01, age=60) == ()
        buyer, seller = pool.account(owner=1, mode="portfolio"), pool.account(owner=2, mode="portfolio")
        for account in (buyer, seller):
            account.deposit(1_000_000)
        pool.fill(buyer, seller, "BTC-30JAN26-50-C", 100, price="2.5")
        pool.fill(buyer, seller, "BTC-PERP", -50)
        pool.tick(LATER, {"BTC-PERP": "50.6"})
        assert pool.needs_refresh(table, move=0.01, age=60) == ("BTC-PERP moved +1.20%, more than 1.00%",)
        margins.append(
            [float(getattr(account.margin, name)) for account in (buyer, seller) for name in ("equity", "initial")]
        )
    assert margins[0] == pytest.approx(margins[1], abs=0.05)
