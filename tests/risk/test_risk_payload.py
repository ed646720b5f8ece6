"""From floats to the words of publish_class and publish_arrays."""

import dataclasses

import numpy as np
import pytest
from tests.risk import markets

from plimsoll import risk
from plimsoll.risk.capacity import fits, products_at
from plimsoll.risk.payload import CLASS_FIELDS

MICRO = 10**6
PPB = 10**9
MEMBERS = (
    risk.Member(1, True, 10**10, 2 * 10**11),
    *(risk.Member(instrument, False, 10**10, 2 * 10**11) for instrument in range(20, 32)),
)


def table(**policy):
    matrix = risk.ScenarioMatrix(
        (risk.Scenario(-0.1), risk.Scenario(0.1, risk.VolMove.UP, 0.5, 12.5)),
        basis=risk.Basis(0.05, -0.05, 0.5, 2.0),
        policy=risk.RiskPolicy(**policy),
    )
    return matrix.class_table(markets.snapshot("BTC", options=True).underlyings[0])


def test_class_words_are_the_row_and_then_each_scenario():
    one = table(
        factor_initial=1.25, ramp_seconds=60.0, linear_initial=0.04, linear_maintenance=0.03, age_max_seconds=300
    )
    words = risk.quantise(one, 7, scale=6, shift=0).class_words
    row = dict(zip(CLASS_FIELDS, words.tolist()))
    assert len(CLASS_FIELDS) == 36 and words.size == 36 + 2 * 3
    assert (row["underlying"], row["scale"], row["shift"], row["scenarios"]) == (1, 6, 0, 2)
    assert (row["aggregation"], row["tail"], row["grouped"]) == (1, 1, 0)
    assert (row["factor_initial"], row["factor_maintenance"], row["ramp"]) == (1_250_000_000, PPB, 60_000)
    assert (row["linear_initial"], row["linear_maintenance"], row["age_max"]) == (40_000_000, 30_000_000, 300_000)
    assert words[36:].tolist() == [PPB, 0, 0, PPB // 2, 0, 12_500_000]


def test_array_words_are_head_shocks_groups_options():
    one = table()
    options = one.arrays.options
    words = risk.quantise(one, 7, scale=6, shift=3).array_words.tolist()
    assert words[:5] == [100 * MICRO, 2, 12, -PPB // 10, PPB // 10]
    groups = np.array(words[5:17]).reshape(2, 6)
    assert groups[:, 0].tolist() == [1, 2]
    assert groups[:, 1:3].tolist() == [[PPB, PPB]] * 2
    assert groups[:, 3].tolist() == [round((0.5 + 2 * days / 365) * PPB) for days in (14, 90)]
    assert groups[:, 4].tolist() == [PPB, PPB]
    rows = np.array(words[17:]).reshape(12, 7 + 2)
    assert rows[:, 0].tolist() == list(range(20, 32))
    assert rows[:, 1].tolist() == np.rint(options.v0 * MICRO / 8).astype(int).tolist()
    assert rows[:, 4].tolist() == np.rint(options.delta * PPB).astype(int).tolist()
    assert rows[:, 5].tolist() == np.rint(options.gamma * MICRO).astype(int).tolist()
    assert rows[:, 6].tolist() == np.rint(options.vega * MICRO).astype(int).tolist()
    assert rows[:, 7:].tolist() == np.rint(options.values * MICRO / 8).astype(int).tolist()


def test_the_smallest_shift_that_fits_is_chosen():
    shift = risk.smallest_shift(MEMBERS, 6)
    assert fits(MEMBERS, 6, shift) and shift > 0 and not fits(MEMBERS, 6, shift - 1)
    assert risk.quantise(table(), 7, scale=6, members=MEMBERS).shift == shift
    small = tuple(dataclasses.replace(one, lots_max=10**5) for one in MEMBERS)
    assert risk.smallest_shift(small, 6) == 0


def test_products_count_linear_eightfold_and_at_most_64_members():
    one = risk.Member(1, True, 3, 5)
    assert products_at([one], 0) == 3 * 40
    assert products_at([one], 4) == 3 * 3
    assert products_at([dataclasses.replace(one, linear=False)] * 100, 0) == 64 * 15


def test_bounds_of_capacity_to_the_unit():
    # 2^61 products exactly: lots_max 2^30 and mark_max 2^31 of an option; one more lot does not fit.
    edge = risk.Member(1, False, 2**30, 2**31)
    assert fits([edge], 12, 0) and not fits([dataclasses.replace(edge, lots_max=2**30 + 1)], 12, 0)
    # 10^17 micros exactly, at scale 0.
    value = risk.Member(1, False, 10**8, 10**9)
    assert fits([value], 0, 0) and not fits([dataclasses.replace(value, lots_max=10**8 + 1)], 0, 0)
    with pytest.raises(risk.RiskError, match="instrument 1"):
        risk.smallest_shift([dataclasses.replace(value, lots_max=10**9)], 0)


def changed(one, **options):
    arrays = dataclasses.replace(one.arrays, options=dataclasses.replace(one.arrays.options, **options))
    return dataclasses.replace(one, arrays=arrays)


def at(array, place, value):
    copy = np.array(array)
    copy[place] = value
    return copy


def test_values_up_to_the_bound_pass_and_one_above_is_refused():
    one = table(carry_max=0.5)
    options = one.arrays.options
    # Option 20 is a call: at most 100 * 0.9 * 1.5 = 135 in the first scenario. 21 is a put: at most its strike, 80.
    risk.quantise(changed(one, values=at(options.values, (0, 0), 135.0)), 7, scale=6, shift=0)
    with pytest.raises(risk.RiskError, match="instrument 20: its value in scenario 1 is above its no-arbitrage bound"):
        risk.quantise(changed(one, values=at(options.values, (0, 0), 135.000002)), 7, scale=6, shift=0)
    risk.quantise(changed(one, v0=at(options.v0, 1, 80.0)), 7, scale=6, shift=0)
    with pytest.raises(risk.RiskError, match="instrument 21: v0 is above"):
        risk.quantise(changed(one, v0=at(options.v0, 1, 80.000002)), 7, scale=6, shift=0)


@pytest.mark.parametrize(
    ("field", "place", "value", "message"),
    [
        ("values", (2, 1), np.nan, "instrument 22: its value in scenario 2 is not finite"),
        ("v0", 3, -0.01, "instrument 23: v0 is negative"),
        ("up", 4, np.inf, "instrument 24: up is not finite"),
        ("down", 5, 1e9, "instrument 25: down is above"),
        ("delta", 0, np.nan, "delta cannot be published"),
        ("vega", 0, 1e30, "vega cannot be published"),
        ("vega", 1, 1e12, "instrument 21: a sensitivity"),
        ("delta", 2, 2.5, "instrument 22: a sensitivity"),
    ],
)
def test_what_cannot_be_published_is_named(field, place, value, message):
    one = table()
    with pytest.raises(risk.RiskError, match=message):
        risk.quantise(
            changed(one, **{field: at(getattr(one.arrays.options, field), place, value)}), 7, scale=6, shift=0
        )


def test_a_value_above_the_instruments_mark_max():
    low = tuple(dataclasses.replace(one, mark_max=10**7, lots_max=1) for one in MEMBERS)
    with pytest.raises(risk.RiskError, match="instrument 20: a value is above its mark_max"):
        risk.quantise(table(), 7, scale=6, members=low)


def test_groups_the_engine_does_not_take():
    one = table()
    for name, value, message in (
        ("weight_positive", 0.98, "group 1 has discounts"),
        ("basis_factor", -0.1, "group 1 has a weight"),
        ("weight_negative", 2.1, "group 1 has a weight"),
        ("confidence", 1.1, "group 1 has a weight"),
    ):
        groups = dataclasses.replace(one.arrays.groups, **{name: np.full(2, value)})
        wrong = dataclasses.replace(one, arrays=dataclasses.replace(one.arrays, groups=groups))
        with pytest.raises(risk.RiskError, match=message):
            risk.quantise(wrong, 7, scale=6, shift=0)


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ({"factor_maintenance": 1.1}, "factor_maintenance is above factor_initial"),
        ({"linear_maintenance": 0.1}, "linear_maintenance is above"),
        ({"delta_rate": -0.1}, "delta_rate is -0.1"),
        ({"vega_rate": float("nan")}, "vega_rate is nan"),
        ({"tail": 3}, "tail is 3"),
        ({"ramp_seconds": -1.0}, "ramp_seconds"),
    ],
)
def test_policies_that_cannot_be(policy, message):
    with pytest.raises(risk.RiskError, match=message):
        risk.quantise(table(**policy), 7, scale=6, shift=0)


def test_no_more_scenarios_than_the_engine_takes():
    market = markets.snapshot("BTC", days=600)
    assert risk.quantise(risk.Historical(lookback=512).tables(market).classes[0], 7, scale=6, shift=0).shift == 0
    with pytest.raises(risk.RiskError, match="from 1 to 512"):
        risk.quantise(risk.Historical(lookback=513).tables(market).classes[0], 7, scale=6, shift=0)


def test_shift_and_members_are_asked_for():
    with pytest.raises(risk.RiskError, match="members"):
        risk.quantise(table(), 7, scale=6)
    with pytest.raises(risk.RiskError, match="shift 0 is too fine"):
        risk.quantise(table(), 7, scale=6, members=MEMBERS, shift=0)
    with pytest.raises(risk.RiskError, match="scale"):
        risk.quantise(table(), 7, scale=13, shift=0)


def test_a_table_cut_at_the_largest_move_says_so():
    market = markets.snapshot("BTC", days=200)
    values = market.returns.values.copy()
    values[-1] = 3.0
    wild = dataclasses.replace(market, returns=dataclasses.replace(market.returns, values=values))
    found = risk.Historical(lookback=150).tables(wild)
    assert found.of("BTC").arrays.shocks.max() == 7.0
    assert "BTC was cut" in found.remarks[-1]
