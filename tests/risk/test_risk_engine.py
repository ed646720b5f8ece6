"""Tables published to a real pool: the engine's margin is the float figure, and it refuses what quantise refuses."""

import dataclasses

import numpy as np
import pytest
from tests.risk import markets

from plimsoll import risk
from plimsoll.risk.backtest import engine_check
from plimsoll.risk.backtest.engine_check import EngineCheck, compare_book
from plimsoll.risk.backtest.history import Step

UP, NONE, DOWN = risk.VolMove.UP, risk.VolMove.NONE, risk.VolMove.DOWN
GRID = risk.spot_vol_grid([-0.18, -0.09, 0.0, 0.09, 0.18])
TAILS = risk.damped_tails([-0.66, 2.0], 0.18, 0.2)
SKEWS = (risk.Scenario(0.0, risk.VolMove.LINEAR), risk.Scenario(0.0, risk.VolMove.ABS))
SKEW = risk.SkewShock(0.25, -0.1, 0.01, 4.0, 0.6, 0.0)
ADDONS = risk.RiskPolicy(
    factor_initial=1.3,
    factor_maintenance=0.8,
    linear_maintenance=0.03,
    linear_initial=0.04,
    option_maintenance=0.003,
    option_initial=0.005,
)
MODELS = {
    "grid": risk.ScenarioMatrix(GRID),
    "tails and add-ons": risk.ScenarioMatrix(GRID + TAILS, policy=ADDONS),
    "add-ons inside": risk.ScenarioMatrix(GRID, policy=dataclasses.replace(ADDONS, addons_inside=True)),
    "groups, discounts, skews, basis": risk.ScenarioMatrix(
        GRID + TAILS + SKEWS,
        skew=SKEW,
        basis=risk.Basis(0.045, -0.045, 0.5, 1.4),
        discount=risk.StaticDiscount(0.98, 1.02, 0.0, 0.0, 0.1, 0.1),
        policy=dataclasses.replace(ADDONS, floor_option=0.01, floor_linear=0.02),
    ),
    "deductible": risk.ScenarioMatrix((*GRID, risk.Scenario(-0.5, NONE, 1.0, 1000.0))),
    "var": risk.Historical(lookback=300),
    "shortfall": risk.FilteredHistorical(0.975, 300, aggregation=risk.Aggregation.ES),
    "draws": risk.MonteCarlo(count=512),
    "rates": risk.Standard(),
}


def market():
    """BTC at 60,000 with twelve options, ETH at 3,000 without."""
    panel = markets.returns(("BTC", "ETH"))
    chain = markets.chain(60_000.0)
    return risk.MarketSnapshot(
        int(panel.times_ms[-1]),
        (risk.Underlying("BTC", 1, 1, 60_000.0, chain), risk.Underlying("ETH", 2, 2, 3_000.0)),
        panel,
    )


def books(seed, count):
    """Random books with a gross of about one: contracts of both, options long and short, some left out."""
    generator = np.random.Generator(np.random.PCG64(seed))
    for _ in range(count):
        units = generator.normal(0.0, 0.1 / 60_000, 12) * (generator.random(12) < 0.5)
        yield {
            "BTC": risk.ClassBook(generator.normal(0.0, 0.5, 1) * (generator.random() < 0.7), units),
            "ETH": risk.ClassBook(generator.normal(0.0, 0.5, 1)),
        }


@pytest.mark.parametrize("name", MODELS)
def test_the_engine_gives_the_float_margin(name):
    table = MODELS[name].tables(market())
    for seed, book in enumerate(books(sum(name.encode()), 4)):
        for offset in (0.0, 0.6, 1.0):
            difference, allowed = compare_book(table, book, offset)
            assert allowed < 1e-7
            assert difference <= allowed, (seed, offset)


def step(table, book):
    return Step(0, table, {"book": book}, {"book": {}})


def test_the_check_finds_a_difference(monkeypatch):
    table, book = MODELS["var"].tables(market()), {"ETH": risk.ClassBook(np.array([1.0]))}
    check = EngineCheck(1.0)
    check.compare(step(table, book), {"book": None})
    assert (check.compared, check.problems) == (1, [])
    right = engine_check.requirement

    def wrong(*arguments):
        found = right(*arguments)
        return dataclasses.replace(found, maintenance=found.maintenance * (1 + 1e-6))

    monkeypatch.setattr(engine_check, "requirement", wrong)
    check.compare(step(table, book), {"book": None})
    assert len(check.problems) == 1 and "the engine differs" in check.problems[0]


def test_cheap_coins_are_checked_in_larger_units():
    panel = markets.returns(("DOGE",))
    cheap = risk.MarketSnapshot(int(panel.times_ms[-1]), (risk.Underlying("DOGE", 1, 1, 0.0023),), panel)
    table = risk.Historical(lookback=200).tables(cheap)
    difference, allowed = compare_book(table, {"DOGE": risk.ClassBook(np.array([-1.0]))}, 0.0)
    assert difference <= allowed < 1e-7


def test_a_value_quantise_lets_pass_the_engine_takes_and_one_above_it_refuses(monkeypatch):
    table = MODELS["grid"].tables(market())
    one = table.of("BTC")
    options = one.arrays.options
    book = {"BTC": risk.ClassBook(np.zeros(1), np.full(12, 1e-7))}

    def with_first(value):
        values = options.values.copy()
        values[0, 0] = value
        arrays = dataclasses.replace(one.arrays, options=dataclasses.replace(options, values=values))
        return dataclasses.replace(table, classes=(dataclasses.replace(one, arrays=arrays), table.classes[1]))

    # A call under −18 %: at most 60,000 · 0.82 · (1 + carry_max 0.5).
    top = 60_000 * 0.82 * 1.5
    compare_book(with_first(top), book, 0.0)
    with pytest.raises(risk.RiskError, match="no-arbitrage bound"):
        compare_book(with_first(top + 1.0), book, 0.0)
    monkeypatch.setattr("plimsoll.risk.payload._refuse_arbitrage", lambda *arguments: None)
    monkeypatch.setattr("plimsoll.risk.payload.no_arbitrage_tops", lambda *arguments: np.int64(2**62))
    with pytest.raises(risk.RiskError, match="table_must_not_allow_arbitrage"):
        compare_book(with_first(top + 1.0), book, 0.0)
