"""Ladders of options: names, groups, what is refused in the middle, what is found again."""

import json

import pytest
from tests.venue.desk import FAR, NEAR, START, desk, publish

import plimsoll
from plimsoll.units.messages import OPTION_CALL, OPTION_PUT
from plimsoll.venue import InputRefused, Refused
from plimsoll.venue.ladder import group_of


@pytest.fixture
def pool():
    pool, _, _ = desk(ladder=False)
    with pool:
        yield pool


def ladder(pool, expiries=(NEAR,), strikes=(50_000,), **parameters):
    return pool.list_ladder("BTC-PERP", expiries=expiries, strikes=strikes, **parameters)


def test_a_ladder_has_a_call_and_a_put_at_every_rung(pool):
    listed = ladder(pool, [FAR, NEAR], {NEAR: ["50000", "55000.5"], FAR: [60_000]}, fee_taker="0.001")
    assert [one.name for one in listed] == [
        "BTC-30JAN26-50000-C",
        "BTC-30JAN26-50000-P",
        "BTC-30JAN26-55000.5-C",
        "BTC-30JAN26-55000.5-P",
        "BTC-27FEB26-60000-C",
        "BTC-27FEB26-60000-P",
    ]
    assert [one.parameters["risk_group"] for one in listed] == [1, 1, 1, 1, 2, 2]
    assert [one.parameters["option_type"] for one in listed] == [OPTION_CALL, OPTION_PUT] * 3
    # A call may be worth what its underlying may be, a put its strike.
    assert [one.mark_max for one in listed[-2:]] == [1_000_000, 60_000]
    assert {one.parameters["fee_taker"] for one in listed} == {1_000_000}
    # Again with one strike more: what is listed stays.
    more = ladder(pool, [NEAR], ["50000", 70_000])
    assert [one.number for one in more] == [2, 3, 8, 9]
    assert more[2].parameters["risk_group"] == 1


@pytest.mark.parametrize(
    ("expiries", "strikes", "words"),
    [
        ([NEAR], "50000", "strikes: give a list, not '50000'"),
        ([NEAR], 50_000, "strikes: give a list, not 50000"),
        (NEAR, ["50000"], "expiries: give a list, not '2026-01-30T08:00:00Z'"),
        ([NEAR], [], "at least one expiry and one strike"),
        ([], ["50000"], "at least one expiry and one strike"),
        ([NEAR], ["50000", 50_000], "strikes: one is there twice"),
        ([NEAR], [0], "strike: must be above 0, not 0"),
        ([NEAR], ["-1"], "strike: must be above 0, not -1"),
        ([NEAR], ["fifty"], "strike: 'fifty' is not a decimal number"),
        ([NEAR], ["50000.0000001"], "strike: 50000.0000001 is finer than 0.000001"),
        ([NEAR, FAR], {NEAR: [50_000]}, "strikes: none for 2026-02-27T08:00:00.00:00; give every expiry its strikes"),
        ([NEAR], {NEAR: [50_000], FAR: [1]}, "strikes: 2026-02-27T08:00:00.00:00 is not among the expiries"),
        ([NEAR, "2026-01-30T09:00:00Z"], [50_000], "BTC-30JAN26-50000-C is listed already, or named twice"),
        ([2**52], [50_000], "beyond the calendar"),
    ],
)
def test_a_ladder_that_makes_no_sense_lists_nothing(pool, expiries, strikes, words):
    before = pool.root
    with pytest.raises(InputRefused, match=words):
        ladder(pool, expiries, strikes)
    assert (pool.root, list(pool.instruments)) == (before, ["BTC-PERP"])


def test_the_same_day_at_another_hour_is_another_option(pool):
    ladder(pool)
    with pytest.raises(InputRefused, match="in class 1 and expiring 2026-01-30T08:00:00.00:00"):
        ladder(pool, ["2026-01-30T09:00:00Z"])
    other = pool.list_option("NINE", underlying="BTC-PERP", type="put", strike="50000", expiry="2026-01-30T09:00:00Z")
    assert (other.parameters["risk_group"], other.option_type) == (2, "put")


def test_a_delisted_option_is_not_handed_back(pool):
    call, put = ladder(pool)
    pool.delist(call)
    with pytest.raises(InputRefused, match="BTC-30JAN26-50000-C was delisted: list it again under a name of its own"):
        ladder(pool)
    again = pool.list_option("AGAIN", underlying="BTC-PERP", type="call", strike=50_000, expiry=NEAR)
    assert again.parameters["risk_group"] == put.parameters["risk_group"]
    # Once they would have expired, a ladder asked for again is what it was.
    pool.delist(put)
    pool.tick(NEAR)
    assert [one.number for one in ladder(pool)] == [call.number, put.number]


def test_an_expiry_in_the_past_says_both_times(pool):
    with pytest.raises(Refused, match=r"expiry=2025-12-31T08:00:00\+00:00, the pool's time is 2026-01-01T00:00:00"):
        ladder(pool, ["2025-12-31T08:00:00Z", NEAR])
    assert list(pool.instruments) == ["BTC-PERP"]


def test_an_option_must_be_one(pool):
    ladder(pool)
    asked = {"underlying": "BTC-PERP", "type": "call", "strike": 50_000, "expiry": NEAR}
    for change, words in (
        ({"type": "C"}, "type: must be 'call' or 'put', not 'C'"),
        ({"underlying": "ETH"}, "'ETH' is not listed"),
        ({}, "BTC-30JAN26-50000-C is listed already"),
        ({"name": "X" * 65, "strike": 1}, "1 to 64 printable"),
    ):
        with pytest.raises(InputRefused, match=words):
            pool.list_option(**(asked | change))
    for change, words in (
        ({}, "member_must_fit_class.*BTC-30JAN26-50000-C is that option already"),
        ({"strike": 51_000, "mark_max": 100}, "a call needs at least that of BTC-PERP .1000000"),
        ({"expiry": FAR, "group": 1}, "group=1 is that of BTC-30JAN26-50000-C, another expiry: leave group out"),
        ({"strike": 51_000, "settlement_window": 10**7}, "time_sum_must_fit.*settlement_window"),
    ):
        with pytest.raises(Refused, match=words):
            pool.list_option("OTHER", **(asked | change))
    with pytest.raises(TypeError, match="unknown parameter 'weight'"):
        pool.list_option("OTHER", weight=1, **asked)
    assert "OTHER" not in pool.instruments


def test_a_refusal_in_the_middle_keeps_what_came_before_it(tmp_path):
    """41 options of the largest size and a perpetual fill a class; the 42nd is refused, and its name is free again."""
    pool, _, _ = desk(tmp_path / "pool", ladder=False)
    strikes = [40_000 + 1_000 * place for place in range(22)]
    large = {"mark_max": 1_000_000, "position_max": 2_000}
    with pytest.raises(Refused) as caught:
        ladder(pool, strikes=strikes, **large)
    assert caught.value.rule == "portfolio_value_must_fit"
    assert caught.value.detail == (
        "class 1 is full: list with a smaller position_max or mark_max; the largest is BTC-PERP, 16 % of the class"
    )
    assert len(pool.instruments) == 1 + 41
    assert "BTC-30JAN26-60000-P" not in pool.instruments
    names = json.loads((tmp_path / "pool" / "names.json").read_text())["instruments"]
    assert sorted(map(int, names)) == list(range(1, 43))
    # Smaller ones still fit, under the names that were refused.
    listed = ladder(pool, strikes=strikes, position_max="0.001")
    assert len(listed) == 44
    assert [one.number for one in listed] == list(range(2, 46))
    pool.close()
    with plimsoll.Pool.open(tmp_path / "pool") as again:
        assert list(again.instruments)[-1] == "BTC-30JAN26-61000-P"
        assert again.instrument("BTC-30JAN26-61000-C").strike == 61_000
    assert plimsoll.verify(tmp_path / "pool").ok


def test_a_name_noted_but_never_listed_is_free_after_opening(tmp_path):
    pool, _, _ = desk(tmp_path, ladder=False)
    pool.close()
    names = json.loads((tmp_path / "names.json").read_text())
    names["instruments"]["2"] = {"name": "BTC-30JAN26-50000-C", "lot": "0.000001"}
    (tmp_path / "names.json").write_text(json.dumps(names))
    with plimsoll.Pool.open(tmp_path) as pool:
        assert [one.number for one in ladder(pool)] == [2, 3]


def test_a_name_that_is_not_there_is_answered_with_some_that_are(pool):
    ladder(pool, strikes=list(range(1_000, 12_000, 1_000)))
    with pytest.raises(InputRefused, match="'BTC' is not listed; instruments: BTC-PERP, .*-10000-C, and 3 more$"):
        pool.instrument("BTC")
    assert pool.instrument("BTC-30JAN26-11000-P").number == 23


def test_groups_run_out_and_say_so(pool):
    groups = pool.tables.groups.copy()
    groups["risk_class"][1:-1] = 1
    tables = pool.tables._replace(groups=groups)
    assert group_of(tables, 1, 10**12) == 4095
    with pytest.raises(InputRefused, match="all 4095 netting groups are used: open another pool for more expiries"):
        group_of(tables, 1, 10**12, taken=[4095])


def test_names_classes_ladder_and_tables_survive(tmp_path):
    pool, btc, _ = desk(tmp_path / "pool")
    publish(pool)
    marks = {name: one.mark for name, one in pool.instruments.items()}
    pool.snapshot()
    pool.tick("2026-01-01T00:00:10Z", {btc: "61000"})
    pool.list_ladder(btc, expiries=[NEAR], strikes=[80_000])
    root, moved = pool.root, pool.instrument("BTC-30JAN26-60000-C").mark
    pool.close()
    for again in (True, False):
        if not again:
            # Without the snapshot all is replayed from the first record.
            for one in (tmp_path / "pool").rglob("*.snapshot"):
                one.unlink()
        with plimsoll.Pool.open(tmp_path / "pool") as found:
            assert found.root == root
            assert found.risk_classes == {1: found.instrument("BTC-PERP")}
            assert list(found.instruments)[:-2] == list(marks)
            assert found.instrument("BTC-30JAN26-60000-C").mark == moved > marks["BTC-30JAN26-60000-C"]
            assert found.instrument("BTC-30JAN26-80000-C").mark == 0
    assert plimsoll.verify(tmp_path / "pool").ok
    with plimsoll.Pool.open(tmp_path / "pool") as found:
        found.tick("2026-01-01T00:00:20Z", {"BTC-PERP": "61000"})
        publish(found)
        assert found.instrument("BTC-30JAN26-80000-C").mark > 0
        assert found.time.isoformat() > START[:-1]
