"""What each model makes of a market, by hand where a hand can."""

import dataclasses

import numpy as np
import pytest
from tests.risk import markets

from plimsoll import risk
from plimsoll.pricing import black76
from plimsoll.risk.models import base, horizon_returns, tail_of

UP, NONE, DOWN = risk.VolMove.UP, risk.VolMove.NONE, risk.VolMove.DOWN


def test_vol_shocks_grow_towards_expiry_by_the_published_form():
    # Derive PMRM: range 0.6/0.3, powers 0.3/0.13, floor one day; (30/7.5)^0.3 = 4^0.3, (30/120)^0.13
    shock = risk.VolShock(0.6, 0.3, 0.3, 0.13, 1.0)
    years = np.array([7.5, 30.0, 120.0, 0.1]) / 365.0
    assert shock.factors(years) == pytest.approx([4**0.3, 1.0, 0.25**0.13, 30**0.3])
    assert shock.up(np.array([0.5]), years[:1]) == pytest.approx([0.5 * (1 + 0.6 * 4**0.3)])
    # docs/risk-models.md: at 7.5 days a vol of 0.5 becomes 0.955.
    assert shock.up(np.array([0.5]), years[:1]) == pytest.approx([0.955], abs=0.0005)
    assert shock.down(np.array([0.5]), years[3:]) == pytest.approx([0.5 * (1 - 0.3 * 30**0.3)])
    assert risk.VolShock(0.5, 0.5).down(np.array([0.5]), years[3:]) == pytest.approx([0.0])
    assert risk.VolShock(0.1, minimum_up=0.9).up(np.array([0.5]), years[1:2]) == pytest.approx([0.9])


def test_matrix_reprices_every_option_in_every_scenario():
    market = markets.snapshot("BTC", options=True)
    matrix = risk.ScenarioMatrix(risk.spot_vol_grid([-0.1, 0.1]), risk.VolShock())
    arrays = matrix.tables(market).of("BTC").arrays
    chain = market.underlyings[0].chain
    up = risk.VolShock().up(chain.vols, chain.years)
    expected = black76(chain.forwards * 0.9, chain.strikes, chain.years, up, chain.is_call, chain.discounts)
    assert arrays.shocks.tolist() == [-0.1, -0.1, -0.1, 0.1, 0.1, 0.1]
    assert arrays.options.values[:, 0] == pytest.approx(expected)
    assert arrays.options.v0 == pytest.approx(
        black76(chain.forwards, chain.strikes, chain.years, chain.vols, chain.is_call, chain.discounts)
    )


def test_delta_gamma_and_vega_are_those_of_repricing():
    market = markets.snapshot("BTC", options=True)
    one = market.underlyings[0]
    options = risk.ScenarioMatrix(risk.spot_vol_grid([0.0], [NONE])).class_table(one).arrays.options
    chain, step = one.chain, 1e-3

    def price(move, vol=0.0):
        vols = chain.vols + vol
        return black76(chain.forwards * (1 + move), chain.strikes, chain.years, vols, chain.is_call, chain.discounts)

    slope = (price(step) - price(-step)) / (2 * step * one.spot)
    bend = (price(step) - 2 * price(0) + price(-step)) / step**2
    assert options.delta == pytest.approx(slope, rel=1e-4, abs=1e-6)
    assert options.gamma == pytest.approx(0.5 * bend * 0.01**2, rel=1e-3, abs=1e-8)
    assert options.vega == pytest.approx((price(0, 1e-4) - price(0, -1e-4)) / 2e-4 * 0.01, rel=1e-4, abs=1e-8)


def test_only_the_unfixed_part_of_a_settling_forward_moves():
    chain = markets.chain()
    settling = dataclasses.replace(chain, fixed=chain.forwards * 0.75)
    assert settling.forwards_at(np.array([0.2]))[:, 0] == pytest.approx(chain.forwards * 1.05)
    one = risk.Underlying("BTC", 1, 1, 100.0, settling)
    whole = risk.Underlying("BTC", 1, 1, 100.0, chain)
    matrix = risk.ScenarioMatrix(risk.spot_vol_grid([0.0], [NONE]))
    deltas = [matrix.class_table(each).arrays.options.delta for each in (one, whole)]
    assert deltas[0] == pytest.approx(deltas[1] / 4)


def test_tails_are_damped_and_skews_count_per_group():
    tails = risk.damped_tails([-0.66, 0.1, 5.0], 0.16, 1.5)
    assert [one.damping for one in tails] == pytest.approx([1.5 * 0.16 / 0.66, 1.0, 1.5 * 0.16 / 5.0])
    skew = risk.SkewShock(0.25, -0.1, 0.01, 4.0, 0.6, 0.0)
    scenarios = (risk.Scenario(0.0), risk.Scenario(0.0, risk.VolMove.LINEAR), risk.Scenario(0.0, risk.VolMove.ABS))
    table = risk.ScenarioMatrix(scenarios, skew=skew).class_table(markets.snapshot("BTC", options=True).underlyings[0])
    assert table.policy.grouped and table.policy.skew.tolist() == [False, True, True]
    book = risk.ClassBook(options=np.eye(12)[4])
    pnl = risk.scenario_pnl(table, book)
    moved = table.arrays.options.values[4] - table.arrays.options.v0[4]
    assert pnl == pytest.approx([moved[0], -abs(moved[1]), -abs(moved[2])])


def test_skew_multiplier_by_hand():
    # tau = 1/4: root 0.5, cap 0.2, k* = max(0.01, 0.5 * 4 * 0.6) = 1.2; k = ln(1.2), and far out the cap
    skew = risk.SkewShock(0.25, -0.1, 0.01, 4.0, 0.6, 0.0)
    chain = risk.OptionChain.of(
        [1, 2, 3], [1] * 3, [0.25] * 3, [120.0, 1000.0, 10.0], [True] * 3, [0.5] * 3, [100.0] * 3
    )
    turn = np.log(1.2) * 0.2 / 1.2
    assert skew.multipliers(chain, False) == pytest.approx([1 + turn, 1.2, 0.8])
    assert skew.multipliers(chain, True) == pytest.approx([1 + turn, 1.2, 1.2])


def test_static_discounts_by_hand():
    discount = risk.StaticDiscount(0.98, 1.02, 0.0, 0.0, 0.1, 0.1)
    long, short = discount.weights(np.array([0.5]), np.array([np.exp(-0.04)]))
    assert long == pytest.approx([0.98 * np.exp(-0.05)])
    # A short may be marked up, at most to its undiscounted value.
    assert short == pytest.approx([np.exp(0.04)])


def test_historical_scenarios_are_the_last_returns():
    market = markets.snapshot("BTC", "ETH")
    model = risk.Historical(lookback=120)
    table = model.tables(market)
    for place, name in enumerate(("BTC", "ETH")):
        assert table.of(name).arrays.shocks == pytest.approx(np.expm1(market.returns.values[-120:, place]))
    policy = table.of("BTC").policy
    assert (policy.aggregation, policy.tail) == (risk.Aggregation.VAR, 1)
    losses = np.sort(-np.expm1(market.returns.values[-120:, 0]))
    found = risk.requirement(table, {"BTC": risk.ClassBook(np.array([100.0]))}).maintenance
    assert found == pytest.approx(100 * losses[-1])


def test_tail_is_exceeded_no_more_often_than_promised():
    assert tail_of(500, 0.99) == 5
    assert tail_of(99, 0.99) == 1
    assert tail_of(250, 0.975) == 6
    with pytest.raises(risk.RiskError, match="at least 99"):
        tail_of(98, 0.99)
    for scenarios in range(99, 512):
        assert tail_of(scenarios, 0.99) / (scenarios + 1) <= 0.01 + 1e-12


def test_horizon_windows_overlap_or_not_and_end_with_the_last_step():
    steps = np.arange(1.0, 8.0)[:, None]
    assert horizon_returns(steps, 3)[:, 0].tolist() == [6, 9, 12, 15, 18]
    assert horizon_returns(steps, 3, overlapping=False)[:, 0].tolist() == [9, 18]
    with pytest.raises(risk.RiskError, match="horizon"):
        horizon_returns(steps, 8)


def test_filtered_scenarios_carry_todays_vol():
    market = markets.snapshot("BTC", days=900)
    values = market.returns.values.copy()
    values[-100:] *= 3.0
    louder = dataclasses.replace(market, returns=dataclasses.replace(market.returns, values=values))
    calm, loud = (risk.FilteredHistorical(floor_weight=0.0).tables(each).of("BTC").arrays for each in (market, louder))
    plain = risk.Historical().tables(louder).of("BTC").arrays
    assert np.std(np.log1p(loud.shocks)) == pytest.approx(3 * np.std(np.log1p(calm.shocks)), rel=0.15)
    assert np.std(np.log1p(loud.shocks)) > 1.5 * np.std(np.log1p(plain.shocks))


def test_filtered_scenario_by_hand():
    # Vol known before each return: s2' = 0.9 s2 + 0.1 r2, seeded with the mean of the first 30 squares.
    market = markets.snapshot("BTC", days=200)
    r = market.returns.values[:, 0]
    variance, known = np.mean(r[:30] ** 2), []
    for each in r:
        known.append(variance)
        variance = 0.9 * variance + 0.1 * each**2
    moves = r[-100:] / np.sqrt(known[-100:]) * np.sqrt(variance)
    model = risk.FilteredHistorical(lookback=100, decay=0.9, floor_weight=0.0)
    assert model.scenarios(market).moves["BTC"] == pytest.approx(moves, rel=1e-12)


def test_floor_lifts_a_calm_market_and_leaves_a_loud_one():
    market = markets.snapshot("BTC", days=900)
    for factor, lifted in ((0.2, True), (5.0, False)):
        values = market.returns.values.copy()
        values[-60:] *= factor
        changed = dataclasses.replace(market, returns=dataclasses.replace(market.returns, values=values))
        bare, floored = (
            np.std(risk.FilteredHistorical(floor_weight=weight).scenarios(changed).moves["BTC"])
            for weight in (0.0, 0.5)
        )
        assert (floored > 1.2 * bare) if lifted else floored == pytest.approx(bare)


def test_missing_history_is_the_markets_at_the_coins_own_vol():
    market = markets.snapshot("BTC", "NEW", days=400)
    values = market.returns.values.copy()
    values[:, 1] *= 2.0
    values[:300, 1] = np.nan
    young = dataclasses.replace(market, returns=dataclasses.replace(market.returns, values=values))
    table = risk.FilteredHistorical(lookback=200).tables(young)
    assert "NEW" in table.remarks[0]
    btc, new = (np.log1p(table.of(name).arrays.shocks) for name in ("BTC", "NEW"))
    assert np.corrcoef(btc[:100], new[:100])[0, 1] == pytest.approx(1.0)
    assert np.corrcoef(btc[100:], new[100:])[0, 1] < 0.9
    assert np.isfinite(new).all() and np.std(new[:100]) > 1.3 * np.std(btc[:100])
    values[:350, 1] = np.nan
    with pytest.raises(risk.RiskError, match="NEW has 50 returns"):
        risk.FilteredHistorical().tables(young)


def test_montecarlo_is_reproducible_and_has_the_markets_moments():
    market = markets.snapshot("BTC", "ETH", days=500)
    model = risk.MonteCarlo(count=20_000, seed=9, freedom=None)
    moves, again = model.scenarios(market).moves, model.scenarios(market).moves
    assert np.array_equal(moves["BTC"], again["BTC"])
    assert not np.array_equal(moves["BTC"], risk.MonteCarlo(count=20_000, seed=10).scenarios(market).moves["BTC"])
    vols = risk.ewma_vol(market.returns.values, 0.97)[-1]
    assert [np.std(moves[name]) for name in ("BTC", "ETH")] == pytest.approx(vols, rel=1e-9)
    assert moves["BTC"].mean() == pytest.approx(0.0, abs=1e-12)
    # Half of each name's variance is the market's.
    assert np.corrcoef(moves["BTC"], moves["ETH"])[0, 1] == pytest.approx(0.5, abs=0.1)


def test_montecarlo_fat_tails_jumps_and_stress_raise_the_tail():
    market = markets.snapshot("BTC", "ETH", days=500)

    def worst(**chosen):
        model = risk.MonteCarlo(0.999, 20_000, seed=3, **chosen)
        book = {name: risk.ClassBook(np.array([50.0])) for name in ("BTC", "ETH")}
        return risk.requirement(model.tables(market), book, 1.0).maintenance

    normal = worst(freedom=None)
    assert worst(freedom=3.0) > 1.2 * normal
    assert worst(freedom=None, jump_intensity=0.05, jump_size=4.0) > 1.2 * normal
    assert worst(freedom=None, correlation_stress=1.0) > 1.08 * normal


def test_jumps_add_up_one_by_one_over_the_horizon():
    market = markets.snapshot("BTC", days=500)
    vol = float(risk.ewma_vol(market.returns.values, 0.97)[-1, 0])
    chosen = {"count": 200_000, "freedom": None, "jump_intensity": 0.5, "jump_mean": -1.0, "jump_size": 2.0}
    for horizon in (1, 4):
        moves = risk.MonteCarlo(horizon=horizon, seed=5, **chosen).scenarios(market).moves["BTC"] / vol
        # Compound Poisson: mean λh·m, variance h + λh·(m² + s²).
        assert moves.mean() == pytest.approx(-0.5 * horizon, abs=0.02 * horizon)
        assert moves.var() == pytest.approx(horizon + 0.5 * horizon * 5.0, rel=0.02)


def test_montecarlo_tail_is_student_ts():
    market = markets.snapshot("BTC", days=500)
    vol = float(risk.ewma_vol(market.returns.values, 0.97)[-1, 0])
    moves = risk.MonteCarlo(count=400_000, seed=2, freedom=5.0).scenarios(market).moves["BTC"] / vol
    # Quantiles of Student's t with 5 degrees, brought to unit variance: −3.365 and −5.893, times √(3/5).
    scaled = np.sqrt(0.6)
    assert np.quantile(moves, 0.01) == pytest.approx(-3.365 * scaled, rel=0.01)
    assert np.quantile(moves, 0.001) == pytest.approx(-5.893 * scaled, rel=0.03)


def test_standard_is_policy_only():
    model = risk.Standard((("BTC", 0.05, 0.03),), other=(0.1, 0.05))
    table = model.tables(markets.snapshot("BTC", "DOGE"))
    book = {"BTC": risk.ClassBook(np.array([-100.0])), "DOGE": risk.ClassBook(np.array([10.0]))}
    found = risk.requirement(table, book)
    assert (found.initial, found.maintenance) == pytest.approx((6.0, 3.5))
    with pytest.raises(risk.RiskError, match="no rates for DOGE"):
        risk.Standard((("BTC", 0.05, 0.03),), other=None).tables(markets.snapshot("DOGE"))


def test_greeks_bound_holds_and_is_not_idle():
    market = markets.snapshot("BTC", options=True)
    matrix = risk.ScenarioMatrix(risk.spot_vol_grid([-0.2, -0.05, 0.05, 0.2]), risk.VolShock(0.3, 0.2))
    model = risk.DeltaGammaVega(matrix)
    exact, approximate = (each.tables(market).of("BTC").arrays.options.values for each in (matrix, model))
    bound = model.remainder(market.underlyings[0].chain)
    assert (np.abs(exact - approximate) <= bound * (1 + 1e-6) + 1e-9).all()
    assert np.abs(exact - approximate).max() > 0.01
    small = risk.ScenarioMatrix(risk.spot_vol_grid([-0.01, 0.01], [NONE]))
    assert risk.DeltaGammaVega(small).remainder(market.underlyings[0].chain).max() < 0.01


def random_chain(generator):
    """Twenty options of one expiry, from an hour to a year and a half away, some with a forward half fixed."""
    count, years = 20, float(np.exp(generator.uniform(np.log(1 / 8760), np.log(1.5))))
    forward = 100.0 * float(np.exp(generator.normal(0, 0.02)))
    return risk.OptionChain.of(
        np.arange(1, count + 1),
        np.ones(count, np.int64),
        np.full(count, years),
        forward * np.exp(generator.normal(0, 1.4 * np.sqrt(years), count)),
        generator.random(count) < 0.5,
        generator.uniform(0.15, 1.5, count),
        np.full(count, forward),
        np.full(count, np.exp(-0.05 * years)),
        np.full(count, forward * float(generator.choice([0.0, 0.5]))),
    )


def test_greeks_bound_is_a_bound_on_random_chains_close_to_expiry_too():
    generator, near_expiry = np.random.Generator(np.random.PCG64(7)), 0
    for _ in range(60):
        chain, moves = random_chain(generator), generator.uniform(-0.5, 0.5, 5).tolist()
        shock = risk.VolShock(generator.uniform(0, 0.6), generator.uniform(0, 0.5))
        matrix = risk.ScenarioMatrix(risk.spot_vol_grid([0.0, *moves]), shock)
        model = risk.DeltaGammaVega(matrix)
        exact = matrix.class_table(risk.Underlying("A", 1, 1, 100.0, chain)).arrays.options.values
        error, bound = np.abs(model.approximate(chain) - exact), model.remainder(chain)
        assert (error <= bound * (1 + 1e-9) + 1e-9).all()
        # Not the option's whole worth everywhere: where Taylor is good the bound says so.
        assert bound[:, 1].max() < 3 * error[:, 1].max() + 1e-6
        near_expiry += bool(chain.years[0] < 1 / 52)
    assert near_expiry >= 10


def test_greeks_bound_does_not_step_over_a_narrow_peak():
    # Two days to go and a strike just below the forward: all of the gamma lies in a sliver of the way up.
    chain = risk.OptionChain.of([1], [1], [0.00627], [98.7612], [True], [0.20077], [98.7803], [0.999687])
    model = risk.DeltaGammaVega(risk.ScenarioMatrix(risk.spot_vol_grid([0.3373], [NONE])))
    exact = black76(98.7803 * 1.3373, 98.7612, 0.00627, 0.20077, True, 0.999687)
    error = abs(float(model.approximate(chain)[0, 0]) - float(exact))
    assert 90 < error <= float(model.remainder(chain)[0, 0])


def test_values_from_greeks_reprice_nothing(monkeypatch):
    market = markets.snapshot("BTC", options=True)
    model = risk.DeltaGammaVega(risk.ScenarioMatrix(risk.spot_vol_grid([-0.1, 0.1])))
    expected = model.approximate(market.underlyings[0].chain)
    shapes = []
    monkeypatch.setattr(base, "reprice", lambda chain, moves, vols: shapes.append(vols.shape) or np.zeros(vols.shape))
    table = model.tables(market).of("BTC")
    assert np.array_equal(table.arrays.options.values, expected)
    assert shapes == [(12, 2)]  # the two moves of the basis only


def test_every_model_says_what_it_needs():
    bare = risk.MarketSnapshot(0, (risk.Underlying("BTC", 1, 1, 100.0),))
    for model in (risk.Historical(), risk.FilteredHistorical(), risk.MonteCarlo()):
        assert "returns" in model.needs
        with pytest.raises(risk.RiskError, match="past returns"):
            model.tables(bare)
    assert risk.Standard().needs == {"spot"}
    assert risk.Standard().tables(bare).classes[0].arrays.shocks.tolist() == [0.0]


def test_snapshot_refuses_the_future_and_nonsense():
    panel = markets.returns(("BTC",))
    one = risk.Underlying("BTC", 1, 1, 100.0)
    with pytest.raises(risk.RiskError, match="after the time"):
        risk.MarketSnapshot(int(panel.times_ms[-1]) - 1, (one,), panel)
    with pytest.raises(risk.RiskError, match="same class number"):
        risk.MarketSnapshot(0, (one, one))
    with pytest.raises(risk.RiskError, match="spot nan"):
        risk.Underlying("BTC", 1, 1, float("nan"))
    with pytest.raises(risk.RiskError, match="class number 256"):
        risk.Underlying("BTC", 256, 1, 1.0)
    with pytest.raises(risk.RiskError, match="no returns of ETH"):
        panel.column("ETH")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vols": np.full(12, np.nan)}, "vols must be finite"),
        ({"strikes": np.full(12, -1.0)}, "strikes of option 20"),
        ({"years": np.linspace(0.1, 0.2, 12)}, "several expiries"),
        ({"groups": np.zeros(12, np.int64)}, "numbered from 1 to"),
        ({"fixed": np.full(12, 1e6)}, "fixed part"),
        ({"instruments": np.full(12, 7)}, "twice"),
        ({"forwards": np.ones(3)}, "shape"),
    ],
)
def test_a_chain_names_what_is_wrong(change, message):
    with pytest.raises(risk.RiskError, match=message):
        dataclasses.replace(markets.chain(), **change)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: risk.Historical(lookback=50), "at least 99"),
        (lambda: risk.Historical(confidence=1.0), "confidence"),
        (lambda: risk.FilteredHistorical(decay=1.5), "decay"),
        (lambda: risk.MonteCarlo(count=501), "even"),
        (lambda: risk.MonteCarlo(freedom=2.0), "freedom"),
        (lambda: risk.ScenarioMatrix(()), "needs scenarios"),
        (lambda: risk.ScenarioMatrix((risk.Scenario(0.0, risk.VolMove.ABS),)), "turns the smile"),
        (lambda: risk.Standard((("BTC", 0.03, 0.05),)), "maintenance rate of BTC"),
        (lambda: risk.damped_tails([0.0], 0.16, 0.2), "must move"),
    ],
)
def test_parameters_that_make_no_model(make, message):
    with pytest.raises(risk.RiskError, match=message):
        make()
