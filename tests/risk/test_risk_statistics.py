"""Backtest statistics against published numbers, each with its source."""

import numpy as np
import pytest

from plimsoll.risk import RiskError
from plimsoll.risk import backtest as bt


def test_matlab_example_1043_days_57_failures():
    # mathworks.com/help/risk: varbacktest pof, cci, cc, tuff, tl; 95 % VaR
    pof = bt.kupiec_pof(1043, 57, 0.95)
    independence = bt.christoffersen_independence(932, 53, 53, 4)
    both = bt.conditional_coverage(pof, independence)
    first = bt.tuff(58, 0.95)
    assert (pof.statistic, pof.p_value) == pytest.approx((0.46147, 0.49694), abs=5e-6)
    assert (independence.statistic, independence.p_value) == pytest.approx((0.25866, 0.61104), abs=5e-6)
    assert (both.statistic, both.p_value) == pytest.approx((0.72013, 0.69763), abs=5e-6)
    assert (first.statistic, first.p_value) == pytest.approx((1.7354, 0.18773), abs=5e-5)
    light = bt.traffic_light(1043, 57, 0.95)
    assert light.zone == "green"
    assert (light.probability, light.type_one) == pytest.approx((0.77913, 0.26396), abs=5e-6)


def test_basel_table_250_days():
    # BCBS, bcbs22 (1996), table 2: cumulative probability in percent, by exceptions
    published = [8.11, 28.58, 54.32, 75.81, 89.22, 95.88, 98.63, 99.60, 99.89, 99.97, 99.99]
    assert [100 * bt.traffic_light(250, x, 0.99).probability for x in range(11)] == pytest.approx(published, abs=0.005)
    zones = [bt.traffic_light(250, x, 0.99).zone for x in range(12)]
    assert zones == ["green"] * 5 + ["yellow"] * 5 + ["red"] * 2
    assert bt.zone_starts(250, 0.99) == (5, 10)
    assert [bt.basel_multiplier(x) for x in (0, 4, 5, 9, 10, 40)] == [3.0, 3.0, 3.4, 3.85, 4.0, 4.0]


def test_zone_starts_of_750_days_at_half_a_percent():
    # cfrm17.github.io/tradeLifecycle3.html
    assert bt.zone_starts(750, 0.995) == (7, 13)


def test_zone_starts_agree_with_zones():
    for days, confidence in ((100, 0.99), (250, 0.975), (500, 0.99)):
        yellow, red = bt.zone_starts(days, confidence)
        assert bt.traffic_light(days, yellow - 1, confidence).zone == "green"
        assert bt.traffic_light(days, yellow, confidence).zone == "yellow"
        assert bt.traffic_light(days, red - 1, confidence).zone == "yellow"
        assert bt.traffic_light(days, red, confidence).zone == "red"


def test_exact_coverage_has_statistic_zero():
    assert bt.kupiec_pof(1000, 10, 0.99).statistic == pytest.approx(0.0, abs=1e-9)
    assert bt.kupiec_pof(1000, 10, 0.99).p_value == pytest.approx(1.0, abs=1e-4)


def test_no_exceptions_and_nothing_but_exceptions_are_defined():
    # -2 ln (0.99^250) and -2 ln (0.01^250): the empirical likelihood is 1 in both
    assert bt.kupiec_pof(250, 0, 0.99).statistic == pytest.approx(-500 * np.log(0.99))
    assert bt.kupiec_pof(250, 250, 0.99).statistic == pytest.approx(-500 * np.log(0.01))
    assert bt.christoffersen_independence(249, 0, 0, 0).statistic == 0.0


def test_transitions_count_pairs():
    assert bt.transitions([0, 1, 1, 0, 0, 1]) == (1, 2, 1, 1)


def test_clustered_exceptions_are_found():
    scattered, clustered = np.zeros(500, bool), np.zeros(500, bool)
    scattered[25::50] = True
    clustered[100:110] = True
    assert bt.christoffersen_independence(*bt.transitions(scattered)).passes()
    assert not bt.christoffersen_independence(*bt.transitions(clustered)).passes()


def test_kupiec_rejects_at_its_level_under_a_right_model():
    generator = np.random.Generator(np.random.PCG64(7))
    counts = generator.binomial(1000, 0.01, 4000)
    rejected = np.mean([not bt.kupiec_pof(1000, int(x), 0.99).passes() for x in counts])
    assert 0.02 < rejected < 0.08


def test_emir_options():
    # EMIR RTS 153/2013 art. 28: raw 100, stressed 260, ten-year 130
    assert bt.buffered(100) == 125
    assert bt.stress_weighted(100, 260) == 140.0
    assert bt.floored(100, 130) == 130
    with pytest.raises(RiskError, match="share"):
        bt.buffered(100, 0.24)


def test_released_buffer_lies_between_margin_and_full_buffer():
    margins = np.array([1.0, 1.0, 1.1, 2.0, 3.0, 1.0])
    charged = bt.released(margins)
    assert (charged >= margins).all() and (charged <= 1.25 * margins + 1e-12).all()
    assert charged[4] == margins[4]
    assert bt.peak_to_trough(charged) < bt.peak_to_trough(margins) * 1.0


def test_procyclicality_measures():
    margins = [2.0, 1.0, 1.5, 3.0, 3.0]
    assert bt.peak_to_trough(margins) == 3.0
    assert bt.largest_rise(margins, 1) == 1.0
    assert bt.largest_rise(margins, 2) == 2.0
    assert bt.largest_rise([3.0, 2.0], 1) == 0.0
    assert bt.procyclicality([1.0]).rise_30 == 0.0


def test_z2_of_a_right_model_and_of_a_thin_tail():
    generator = np.random.Generator(np.random.PCG64(3))
    days, confidence = 1500, 0.975
    possible = generator.standard_t(4, (days, 400))
    line = np.sort(possible, axis=1)[:, -10]
    tail = np.sort(possible, axis=1)[:, -10:].mean(axis=1)
    right = generator.standard_t(4, days)
    fat = right * 1.5
    good = bt.acerbi_szekely_z2(right, line, tail, confidence, possible, seed=5)
    bad = bt.acerbi_szekely_z2(fat, line, tail, confidence, possible, seed=5)
    assert good.passes() and abs(good.z2) < 0.4
    assert not bad.passes() and bad.z2 < -0.5
    assert bt.acerbi_szekely_z2(right, line, tail, confidence, possible, seed=5) == good


def test_z2_rejects_a_right_model_as_often_as_it_says():
    """A thousand right models, each with VaR and ES from no more scenarios than it has."""
    generator, days, tail, p_values = np.random.Generator(np.random.PCG64(4)), 120, 3, []
    for seed in range(1000):
        possible = generator.standard_t(4, (days, 150))
        ranked = np.sort(possible, axis=1)[:, -tail:]
        losses = generator.standard_t(4, days)
        test = bt.acerbi_szekely_z2(losses, ranked[:, 0], ranked.mean(axis=1), 0.98, possible, seed=seed, draws=200)
        p_values.append(test.p_value)
    # Three standard errors of a share of a thousand are 0.02 at 5 % and 0.05 at 50 %.
    assert np.mean(np.array(p_values) < 0.05) == pytest.approx(0.05, abs=0.02)
    assert np.mean(np.array(p_values) < 0.5) == pytest.approx(0.5, abs=0.05)


def test_z2_of_a_tail_with_nothing_beside_it():
    # One loss is the whole tail: what is left without it is a gain, and the test still answers.
    possible = np.array([[5.0, -1.0, -1.0], [5.0, -1.0, -1.0]])
    test = bt.acerbi_szekely_z2([1.0, 1.0], [5.0, 5.0], [5.0, 5.0], 0.7, possible, draws=50)
    assert test.z2 == 1.0 and test.p_value == 1.0


def test_z2_by_hand():
    # two days, one exception of 4 with ES 2 at 90 %: 1 - (4/2)/(2*0.1) = -9
    assert bt.z2_statistic([4.0, 0.5], [1.0, 1.0], [2.0, 2.0], 0.9) == pytest.approx(-9.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bt.kupiec_pof(0, 0, 0.99), "days"),
        (lambda: bt.kupiec_pof(10, 11, 0.99), "exceptions"),
        (lambda: bt.kupiec_pof(10, 1, 1.0), "confidence"),
        (lambda: bt.kupiec_pof(10, 1, float("nan")), "confidence"),
        (lambda: bt.exceptions_of([1.0], [1.0, 2.0]), "one of each"),
        (lambda: bt.exceptions_of([float("nan")], [1.0]), "finite"),
        (lambda: bt.christoffersen_independence(0, 0, 0, 0), "two days"),
        (lambda: bt.christoffersen_independence(-1, 0, 0, 0), "n00"),
        (lambda: bt.tuff(0, 0.99), "first_exception"),
        (lambda: bt.basel_multiplier(-1), "exceptions"),
        (lambda: bt.peak_to_trough([]), "above zero"),
        (lambda: bt.peak_to_trough([1.0, 0.0]), "above zero"),
        (lambda: bt.largest_rise([1.0, 2.0], 0), "days"),
        (lambda: bt.z2_statistic([1.0], [1.0], [0.0], 0.99), "above zero"),
    ],
)
def test_wrong_inputs_say_what_is_wrong(call, message):
    with pytest.raises(RiskError, match=message):
        call()
