"""Deribit, SPAN-like and Paradex presets against published figures, without the engine."""

import dataclasses

import numpy as np
import pytest

from plimsoll.presets import deribit, derive_pmrm, derive_srm, paradex, span
from plimsoll.presets.rounding import RuleRefused
from plimsoll.risk import ClassBook, OptionChain, Underlying, VolMove, scenario_pnl
from plimsoll.risk.evaluate import class_margin

PRESETS = (deribit.PRESET, span.PRESET, paradex.PRESET, derive_srm.PRESET, derive_pmrm.PMRM_PRESET, derive_pmrm.PRESET)

# docs.deribit.com, private/simulate: BTC-PERPETUAL and BTC-28JUN24 of the example, in coins.
DERIBIT_EXAMPLE = (0.314538364, -0.001187534)
# L. McMillan, Options as a Strategic Investment, ch. 34: a long S&P future and a long call.
MCMILLAN_FUTURE = [0, 0, 3330, 3330, -3330, -3330, 6670, 6670, -6670, -6670, 10000, 10000, -10000, -10000, 7000, -7000]
MCMILLAN_CALL = [460, -610, 2640, 1730, -1270, -2340, 5210, 4540, -2540, -3430, 8060, 7640, -3380, -3990, 3130, -1500]


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_presets_open_a_pool_with_btc_and_eth(preset):
    pool = preset.open()
    for name in ("BTC-PERP", "ETH-PERP"):
        pool.mark(pool.instrument(name), 2_000)
        assert pool.instrument(name).mark == 2_000
    assert preset.source and preset.notes and preset.differences


class TestDeribit:
    def test_worst_of_the_published_example(self):
        table = deribit.coin_class("btc", 1, 1, deribit.RULES, index=65_666.19, coin=1.0, roll=0.01)
        book = ClassBook(linear=np.array(DERIBIT_EXAMPLE))
        assert scenario_pnl(table, book).min() == pytest.approx(-0.05968587238095239, rel=1e-14)
        found = class_margin(table, book)
        assert found.loss == pytest.approx(0.05968587238095239, rel=1e-14)
        # Roll shock 0.00315725898; maintenance 0.8 of both.
        assert found.initial == pytest.approx(0.06284313098, abs=1e-9)
        assert found.maintenance == pytest.approx(0.050274504784, abs=1e-9)

    def test_extended_moves_count_above_the_deductible(self):
        rules = dataclasses.replace(deribit.RULES, dampener=1_000.0, extended_factor=3.0)
        table = deribit.coin_class("btc", 1, 1, rules, index=50_000.0, coin=1.0, roll=0.01)
        book = ClassBook(linear=np.array([1.0]))
        # Three times the loss at the lower edge, less 1,000 dollars.
        assert class_margin(table, book).loss == pytest.approx(3 * 0.16 / 0.84 - 0.02, rel=1e-12)

    def test_thirty_five_scenarios(self):
        scenarios = deribit.matrix(deribit.RULES).scenarios
        assert len(scenarios) == 35
        assert [one.spot for one in scenarios[:27:3]] == pytest.approx(np.linspace(-0.16, 0.16, 9))
        assert all(one.vol is VolMove.UP and one.deductible == 100_000 for one in scenarios[27:])

    def test_roll_shock_grows_with_time(self):
        assert deribit.roll_rate(deribit.RULES, 0.0) == 0.01
        assert deribit.roll_rate(deribit.RULES, 0.5) == pytest.approx(0.0375)
        with pytest.raises(RuleRefused):
            deribit.roll_rate(deribit.RULES, -0.1)

    def test_gains_do_not_count(self):
        assert deribit.after_gains(deribit.RULES, np.array([-1.0, 2.0])).tolist() == [-1.0, 0.0]


class TestSpan:
    def test_a_future_counts_seven_tenths_of_its_range_in_the_extremes(self):
        scenarios = span.scenarios(span.SpanRules(price_range=0.1, vol_range=0.2))
        gains = [100_000 * one.spot * one.damping for one in scenarios]
        # The table prints thirds of 10,000 as 3,330 and 6,670.
        assert np.allclose(gains, MCMILLAN_FUTURE, atol=4)

    def test_published_arrays_come_back(self):
        table = span.published_class("sp", 1, 1, 1e6, [MCMILLAN_FUTURE, MCMILLAN_CALL], 2)
        covered = scenario_pnl(table, ClassBook(options=np.array([1.0, -1.0])))
        assert covered.tolist() == [f - c for f, c in zip(MCMILLAN_FUTURE, MCMILLAN_CALL)]
        assert covered.min() == -6_620
        assert (table.arrays.options.values >= 0).all()

    @pytest.mark.parametrize("arrays", [[], [[]], [[1.0, float("nan")]], [[1e7]]])
    def test_arrays_no_class_can_have(self, arrays):
        with pytest.raises(RuleRefused):
            span.published_class("sp", 1, 1, 1e6, arrays, 2)

    def test_vols_move_alike_at_every_expiry(self):
        chain = OptionChain.of([2, 3], [1, 2], [0.01, 2.0], [1.0, 1.0], [True, True], [0.5, 0.5], [1.0, 1.0])
        vols = span.matrix(span.RULES).shocked_vols(chain)
        assert vols[:, 0].tolist() == [0.625, 0.625]


class TestParadex:
    def test_published_table(self):
        model = paradex.matrix()
        assert len(model.scenarios) == 24
        assert [one.spot for one in paradex.TAILS] == [-0.66, -0.33, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0]
        table = model.class_table(Underlying("BTC", 1, 1, 70_000.0))
        # One perpetual: 16 % of 70,000; the tails weigh 24 % of 66 % and less.
        found = class_margin(table, ClassBook(linear=np.array([70_000.0])))
        assert found.scan == pytest.approx(0.16 * 70_000)
        assert found.maintenance == pytest.approx(0.08 * 70_000 + 21)
