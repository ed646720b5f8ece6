"""Risk classes at the face: publishing, members, what is refused and what it says."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from tests.venue.desk import NEAR, START, desk, publish, table_of

import plimsoll
from plimsoll.units.limits import PPB
from plimsoll.venue import InputRefused, Refused
from plimsoll.venue.class_parameters import (
    DEFAULT_CLASS,
    ClassParameters,
    default_shift,
    differs,
    row_in_force,
    weights_in_force,
)


@pytest.fixture
def pool():
    with plimsoll.Pool.open() as pool:
        yield pool


def test_a_class_is_published_with_defaults_and_its_members_join(pool):
    btc = pool.list_perp("BTC-PERP")
    spot = pool.list_asset("BTC")
    quarter = pool.list_future("BTC-MAR", expiry="2026-03-27T08:00:00Z")
    assert pool.publish_class(spot, members=[btc, "BTC-MAR", spot]) == 1
    assert pool.risk_classes == {1: spot}
    assert [one.risk_class for one in (btc, spot, quarter)] == [1, 1, 1]
    assert int(pool.tables.classes[1]["members"]) == 3
    in_force = row_in_force(pool.tables, 1)
    assert in_force == DEFAULT_CLASS | {"underlying": spot.number, "scale": 6, "shift": 17}


def test_publishing_again_changes_only_what_is_given(pool):
    btc = pool.list_perp("BTC-PERP")
    number = pool.publish_class(
        btc,
        scenarios=3,
        aggregation="es",
        tail=2,
        grouped=True,
        factor_initial="1.3",
        damping=["1", "0.5", "0.25"],
        skew=[False, True, False],
        deductible=["0", "1.5", 100],
        age_max="0.5",
    )
    before = row_in_force(pool.tables, number)
    assert (before["aggregation"], before["tail"], before["grouped"], before["age_max"]) == (3, 2, 1, 500)
    assert weights_in_force(pool.tables, number).damping == [PPB, PPB // 2, PPB // 4]
    assert pool.publish_class("BTC-PERP", vega_rate="0.02") == number
    after = row_in_force(pool.tables, number)
    assert after == before | {"vega_rate": 20_000_000}
    weights = weights_in_force(pool.tables, number)
    assert (weights.damping, weights.skew) == ([PPB, PPB // 2, PPB // 4], [0, 1, 0])
    # With another number of scenarios the weights start afresh.
    pool.publish_class(btc, scenarios=2)
    assert weights_in_force(pool.tables, number) == ([PPB, PPB], [0, 0], [0, 0])


def test_weights_come_back_as_they_were_whatever_they_are(pool):
    btc = pool.list_perp("BTC-PERP")
    random = np.random.default_rng(7)
    damping = [*random.integers(0, PPB + 1, 500).tolist(), 0, 1, PPB - 1, PPB]
    number = pool.publish_class(
        btc,
        scenarios=len(damping),
        grouped=True,
        damping=[Decimal(one) / PPB for one in damping],
        skew=[one % 2 == 1 for one in damping],
        deductible=[Decimal(one) / 10**6 for one in damping],
    )
    found = weights_in_force(pool.tables, number)
    assert found.damping == damping
    assert found.skew == [one % 2 for one in damping]
    start = int(pool.tables.classes[number]["scenario_start"])
    products = pool.tables.scenarios["deductible"][start : start + len(damping)].copy()
    assert (products.min(), products.max()) == (0, PPB * 10**6 >> 17)
    # A deductible comes back as the smallest that is kept as the same products; publishing it again changes nothing.
    pool.publish_class(btc, vega_rate="0.01")
    again = pool.tables.scenarios["deductible"][start : start + len(damping)]
    assert again.tolist() == products.tolist()


def test_every_class_parameter_can_be_given(pool):
    btc = pool.list_perp("BTC-PERP")
    words = {"aggregation": "var", "damping": ["0.9"], "skew": [True], "deductible": ["3"]}
    flags = dict.fromkeys(("grouped", "addons_inside", "assets_at_underlying"), True)
    plain = dict.fromkeys(ClassParameters.__annotations__, 1)
    number = pool.publish_class(btc, **(plain | {"shift": 20} | flags | words))
    row = row_in_force(pool.tables, number)
    one_of = {"scenarios": 1, "tail": 1, "shift": 20, "aggregation": 2, "ramp": 1000, "age_max": 1000}
    for name in ClassParameters.__annotations__:
        if name not in words or name == "aggregation":
            assert row[name] == (1 if name in flags else one_of.get(name, PPB)), name


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda pool: pool.publish_class("DOGE"), InputRefused, "'DOGE' is not listed; instruments: BTC-PERP, OTHER"),
        (lambda pool: pool.publish_class("USDC"), InputRefused, "USDC: a class is over an asset, a perpetual or a fut"),
        (lambda pool: pool.publish_class("BTC-PERP", members=["DOGE"]), InputRefused, "'DOGE' is not listed"),
        (
            lambda pool: pool.publish_class("BTC-PERP", members=["OTHER"]),
            InputRefused,
            "OTHER: lot 0.001, BTC-PERP has",
        ),
        (
            lambda pool: pool.publish_class("BTC-PERP", members=["WIDE"]),
            InputRefused,
            "scale=7.*list it with .*scale=6",
        ),
        (lambda pool: pool.publish_class("BTC-PERP", risk_class=256), Refused, "numbered from 1 to 255"),
        (lambda pool: pool.publish_class("BTC-PERP", risk_class=0), Refused, "class_must_be_within_limit"),
        (lambda pool: pool.publish_class("BTC-PERP", aggregation="mean"), InputRefused, "one of max, var, es"),
        (lambda pool: pool.publish_class("BTC-PERP", grouped=1), TypeError, "grouped: give True or False"),
        (lambda pool: pool.publish_class("BTC-PERP", grouped=True, skew=["no"]), TypeError, "skew: give True or False"),
        (lambda pool: pool.publish_class("BTC-PERP", skew=[True]), Refused, "skew_must_be_grouped.*grouped=True"),
        (lambda pool: pool.publish_class("BTC-PERP", tail=2), Refused, "tail counts the largest losses"),
        (lambda pool: pool.publish_class("BTC-PERP", scenarios=513), InputRefused, "from 1 to 512, not 513"),
        (lambda pool: pool.publish_class("BTC-PERP", damping=["1", "1"]), InputRefused, "each of the 1 scenarios"),
        (lambda pool: pool.publish_class("BTC-PERP", damping="1"), InputRefused, "each of the 1 scenarios"),
        (lambda pool: pool.publish_class("BTC-PERP", vega_rate=0.1), TypeError, "floats are not exact"),
        (lambda pool: pool.publish_class("BTC-PERP", vega_rat="0.1"), TypeError, "unknown class parameter 'vega_rat'"),
        (lambda pool: pool.publish_class("BTC-PERP", factor_initial="6"), Refused, "factor_initial=6000000000 .from 0"),
        (lambda pool: pool.publish_class("BTC-PERP", factor_maintenance="2"), Refused, "rates_must_be_ordered"),
        (lambda pool: pool.market_of(1, 0.5), InputRefused, "class 1 is not published; publish_class makes one"),
        (lambda pool: pool.list_ladder("BTC-PERP", expiries=[NEAR], strikes=[1]), InputRefused, "publish_class.*first"),
    ],
)
def test_a_class_that_cannot_be_is_refused_before_anything_is_published(pool, call, error, words):
    pool.list_perp("BTC-PERP")
    pool.list_perp("OTHER", lot="0.001")
    pool.list_perp("WIDE", scale=7, mark_max=1000)
    before = pool.root
    with pytest.raises(error, match=words) as caught:
        call(pool)
    assert len(str(caught.value).splitlines()) == 1 or error is TypeError
    assert pool.risk_classes == {}
    assert (pool.root == before) or error is Refused


def test_two_classes_over_one_underlying_must_be_told_apart(pool):
    btc = pool.list_perp("BTC-PERP")
    eth = pool.list_perp("ETH-PERP")
    assert pool.publish_class(btc) == 1
    assert pool.publish_class(btc, risk_class=9) == 9
    assert pool.publish_class(eth) == 2
    assert pool.risk_classes == {1: btc, 2: eth, 9: btc}
    for call in (
        lambda: pool.publish_class(btc),
        lambda: pool.list_option(underlying=btc, type="call", strike=1, expiry=NEAR),
        lambda: pool.list_ladder(btc, expiries=[NEAR], strikes=[50_000]),
    ):
        with pytest.raises(InputRefused, match="classes 1, 9 are all over BTC-PERP: say which with risk_class"):
            call()
    with pytest.raises(InputRefused, match="class 2 is over ETH-PERP, not over BTC-PERP"):
        pool.list_option(underlying=btc, type="call", strike=50_000, expiry=NEAR, risk_class=2)
    first = pool.list_ladder(btc, expiries=[NEAR], strikes=[50_000], risk_class=9)
    assert {one.risk_class for one in first} == {9}
    # The same names in the other class would be other options: they are not handed back as if they were the same.
    with pytest.raises(InputRefused, match="BTC-30JAN26-50000-C is listed already, in class 9"):
        pool.list_ladder(btc, expiries=[NEAR], strikes=[50_000], risk_class=1)
    mine = pool.list_option(
        "MY-CALL", underlying=btc, type="call", strike=50_000, expiry=NEAR, risk_class=1, age_fill_max=30
    )
    assert (mine.risk_class, mine.option_type, mine.strike, mine.parameters["age_fill_max"]) == (
        1,
        "call",
        50_000,
        30_000,
    )


def test_instruments_join_and_leave_a_class_and_what_is_fixed_stays_fixed():
    pool, btc, _ = desk()
    call = pool.instrument("BTC-30JAN26-50000-C")
    pool.set_instrument(btc, risk_class=0)
    assert (btc.risk_class, int(pool.tables.classes[1]["members"])) == (0, 12)
    pool.set_instrument("BTC-PERP", risk_class=1, initial="0.2", fee_taker="0.001")
    assert (btc.risk_class, btc.parameters["rate_initial"], btc.parameters["fee_taker"]) == (1, PPB // 5, PPB // 1000)
    pool.set_instrument(call, position_max=10, band="0.9")
    assert (call.parameters["lots_max"], call.parameters["band"]) == (10_000_000, 900_000_000)
    for name in ("lot", "scale", "expiry", "strike", "type", "group"):
        with pytest.raises(InputRefused, match=f"{name} is fixed at listing; list another instrument instead"):
            pool.set_instrument(call, **{name: 1})
    with pytest.raises(TypeError, match="unknown parameter 'weight' for option"):
        pool.set_instrument(call, weight=1)
    with pytest.raises(Refused, match="immutable_parameter_must_not_change.*what an option is"):
        pool.set_instrument(call, risk_class=0)
    with pytest.raises(Refused, match="class 77 is not published: publish_class first"):
        pool.set_instrument(btc, risk_class=77)
    other = pool.list_perp("OTHER", lot="0.001")
    with pytest.raises(InputRefused, match="class 1 counts in lots of 0.000001"):
        pool.set_instrument(other, risk_class=1)
    wide = pool.list_perp("WIDE", scale=7, mark_max=1000)
    refused = pool.set_instrument(wide, risk_class=1, check=False)
    assert refused.detail == "scale=7, class 1 has scale=6: list it with that"
    with pytest.raises(Refused, match="scale and shift are fixed while the class has members"):
        pool.publish_class(btc, shift=18)


def test_a_class_with_members_stays_over_its_underlying():
    pool, btc, number = desk()
    eth = pool.list_perp("ETH-PERP")
    pool.tick(None, {eth: 3_000})
    before = pool.root
    words = "class 1 is over BTC-PERP and has 13 members: it cannot move to ETH-PERP"
    with pytest.raises(InputRefused, match=words):
        pool.publish_class(eth, risk_class=number)
    (table,) = table_of(pool).classes
    with pytest.raises(InputRefused, match=words):
        pool.publish_table(replace(table, underlying=eth.number))
    with pytest.raises(InputRefused, match="class 256: classes are numbered from 1 to 255"):
        pool.publish_table(replace(table, number=256))
    assert (pool.root, pool.risk_classes) == (before, {number: btc})
    assert pool.publish_class(eth, risk_class=7) == 7
    assert pool.publish_class(btc, risk_class=7) == 7
    # Without members it may move, and takes the units of its new underlying.
    coarse = pool.list_perp("SOL-PERP", lot="0.001")
    pool.publish_class(coarse, risk_class=7, members=[coarse])
    assert (row_in_force(pool.tables, 7)["scale"], row_in_force(pool.tables, 7)["shift"]) == (3, default_shift(3))


def test_quanta_are_as_fine_as_the_bounds_allow():
    assert [default_shift(scale) for scale in (0, 3, 6, 8, 12)] == [0, 7, 17, 24, 30]
    with plimsoll.Pool.open() as pool:
        fine = pool.list_perp("FINE", lot="0.000000000001", mark_max=1000, position_max=1)
        assert pool.publish_class(fine, members=[fine]) == 1
        pool.tick(START, {fine: 100})
        assert publish(pool, 1).classes[0].arrays.reference == 100


def test_a_table_that_changes_nothing_of_the_policy_publishes_arrays_alone():
    pool, btc, number = desk()
    publish(pool)
    for second in range(1, 4):
        pool.tick(f"2026-01-01T00:00:0{second}Z", {btc: "60000"})
        before = pool.venue.sequence
        publish(pool)
        assert pool.venue.sequence == before + 1
    pool.publish_class(btc, factor_initial="1.2")
    assert differs(pool.tables, number, _words(pool))
    pool.tick("2026-01-01T00:00:09Z")
    before = pool.venue.sequence
    publish(pool)
    assert pool.venue.sequence == before + 2
    # The model's policy is what is in force again.
    assert row_in_force(pool.tables, number)["factor_initial"] == PPB


def test_weights_of_a_table_are_published_once():
    """Damping, skew and deductibles of any size come back from the engine's parts and products as the same policy."""
    pool, btc, _ = desk()
    (one,) = table_of(pool).classes
    random = np.random.default_rng(11)
    policy = replace(
        one.policy,
        grouped=True,
        damping=random.random(15),
        skew=random.random(15) < 0.3,
        deductible=random.random(15) * 1e4,
    )
    pool.publish_table(replace(one, policy=policy))
    pool.tick("2026-01-01T00:00:01Z", {btc: "60000"})
    before = pool.venue.sequence
    pool.publish_table(replace(one, policy=policy))
    assert pool.venue.sequence == before + 1
    pool.tick("2026-01-01T00:00:02Z")
    for name in ("damping", "deductible"):
        moved = getattr(policy, name).copy()
        moved[7] += 1e-3
        assert differs(
            pool.tables, 1, pool._payload(replace(one, policy=replace(policy, **{name: moved})), 0).class_words
        )


def _words(pool):
    from plimsoll.risk import quantise

    return quantise(table_of(pool).classes[0], 0, scale=6, shift=17).class_words
