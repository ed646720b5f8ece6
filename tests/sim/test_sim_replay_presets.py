import json
from dataclasses import replace

import numpy as np
import pytest
from tests.sim.crash import crash_of_an_hour

from plimsoll.presets import PRESETS
from plimsoll.sim import PoolFileError, PresetReplays, ReplayConfig, SimulationError, preset_replays_as_dict
from plimsoll.sim import commands as sim_commands
from plimsoll.sim.opening import GRID_PER_COIN
from plimsoll.sim.population import STREAM, random_of
from plimsoll.sim.population_entry import opening_trades
from plimsoll.sim.replay import new_engine, open_world
from plimsoll.sim.replay_world import marks_of
from plimsoll.units.codes import MARGIN_INITIAL_MUST_BE_COVERED
from plimsoll.units.messages import MODE_PORTFOLIO, MODE_STANDARD

SMALL = ReplayConfig(seed=5, accounts=300, identities_every=10, step_seconds=30)
RUN = ("dydx_v4", "hyperliquid", "span_like")


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory):
    return replace(SMALL, candles=(crash_of_an_hour(tmp_path_factory.mktemp("candles")),))


@pytest.fixture(scope="module")
def everywhere(config):
    return PresetReplays(config, tuple(PRESETS))


@pytest.fixture(scope="module")
def results(config):
    comparison = PresetReplays(config, RUN)
    return {name: comparison.run(name, new_engine()) for name in RUN}


def coins(world, population):
    """Signed coins of every trader in every contract, in ten-thousandths."""
    return {
        one.name: population.position_lots[:, one.number] * GRID_PER_COIN / float(one.lots_per_coin)
        for one in world.setup.contracts()
    }


@pytest.mark.parametrize("name", list(PRESETS))
def test_every_preset_opens_the_same_traders_with_the_same_equity(everywhere, name):
    world = everywhere.world(name)
    engine = new_engine()
    open_world(everywhere.config, world, engine)
    population, opened = world.population, world.opening.opened
    base = everywhere.world("hyperliquid")
    for contract, own in coins(world, population).items():
        assert np.array_equal(own, coins(base, base.population)[contract])
    equity, _, initial = engine.sweep()
    assert np.array_equal(equity[population.traders], population.trader_cash)
    assert np.array_equal(equity[population.makers], population.maker_cash)
    assert (initial[population.traders] <= population.trader_cash).all()
    # Who was refused holds nothing; who was let in holds what it wanted.
    counts = engine.pool.accounts["count"][population.traders]
    assert np.array_equal(counts > 0, opened)
    assert opened.any()
    mode = MODE_PORTFOLIO if world.setup.mode == MODE_PORTFOLIO else MODE_STANDARD
    assert set(engine.pool.accounts["mode"][population.traders].tolist()) == {mode}
    assert engine.identities() == []


def test_entry_prices_are_the_same_under_every_preset(everywhere):
    prices = {}
    for name in ("dydx_v4", "drift_v2", "derive_pmrm2"):
        world = everywhere.world(name)
        marks = marks_of(world.path, world.setup)[:, 0]
        trades = opening_trades(world.population, marks, random_of(SMALL.seed, STREAM + 100))
        contracts = [world.setup.listing(int(number)) for number in trades.instrument]
        prices[name] = [(one.name, one.price(int(mark))) for one, mark in zip(contracts, trades.price)]
    assert prices["dydx_v4"] == prices["drift_v2"] == prices["derive_pmrm2"]


def test_the_engine_itself_refuses_whom_the_probe_refused(everywhere):
    world = everywhere.world("drift_v2")
    engine = new_engine()
    session = open_world(everywhere.config, world, engine)
    population = world.population
    wanted = (population.position_lots != 0).sum(axis=1) == 1
    refused = np.flatnonzero(wanted & ~world.opening.opened)
    assert len(refused) > 10
    instrument = (population.position_lots[refused] != 0).argmax(axis=1)
    lots = population.position_lots[refused, instrument]
    price = marks_of(world.path, world.setup)[instrument, 0]
    makers = population.makers[np.arange(len(refused)) % len(population.makers)]
    codes = session.send(sim_commands.fills(population.traders[refused], makers, instrument, lots, price))
    assert set(codes.tolist()) == {MARGIN_INITIAL_MUST_BE_COVERED}


def test_a_stricter_preset_asks_for_more_and_refuses_more(results):
    opening = {name: one.opening for name, one in results.items()}
    assert (
        opening["hyperliquid"].initial_micros < opening["dydx_v4"].initial_micros < opening["span_like"].initial_micros
    )
    refused = {name: sum(one.refused.values()) for name, one in opening.items()}
    assert refused["hyperliquid"] <= refused["dydx_v4"] < refused["span_like"]
    for one in opening.values():
        assert int(one.opened.sum()) + sum(one.refused.values()) == one.holders
        assert 0 <= one.notional_refused_micros < one.notional_micros
    # The scan of a range of 15 % nets nothing within one contract; a few micros a position are rounded up.
    span = opening["span_like"]
    assert 0 <= span.maintenance_micros - 0.15 * span.notional_micros <= 3 * span.holders


def test_each_preset_goes_through_the_crash_with_its_books_in_order(results):
    for one in results.values():
        assert one.result.identities_held
        assert one.result.accounts_liquidated > 10
        peak = one.result.margin_initial_peak_micros
        assert peak >= one.result.margin_initial_start_micros > 0
    # Under rules without a reward nobody bids; a portfolio account is taken in slices, for a discount.
    assert results["hyperliquid"].result.mechanisms["bid"].steps == 0
    assert results["span_like"].result.mechanisms["slice"].steps > 0
    tables = results["span_like"].result.tables
    assert tables.reasons["first"] == 2
    assert tables.reasons["move"] > 10
    assert tables.refused == {}
    assert results["dydx_v4"].result.tables is None


def test_the_same_settings_give_the_same_roots(config, results):
    again = PresetReplays(config, ("span_like",)).run("span_like", new_engine())
    assert again.result.root_hex == results["span_like"].result.root_hex
    assert again.result.root_hex != results["dydx_v4"].result.root_hex


def test_the_comparison_is_plain_data(results):
    data = preset_replays_as_dict(list(results.values()))
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert [one["preset"] for one in data["presets"]] == list(RUN)
    length = len(data["series"]["time"])
    for one in data["series"]["presets"].values():
        assert {len(values) for values in one.values()} == {length}
    for one, own in zip(data["presets"], results.values()):
        series = data["series"]["presets"][one["preset"]]
        assert series["liquidated"][-1] == one["liquidations"]["accounts"] == own.result.accounts_liquidated


@pytest.mark.parametrize(
    ("names", "prices", "words"),
    [
        (("dydx_v4",), {"SOLUSDT": 20.0, "BTCUSDT": 8000.0}, "dydx_v4 has no contract that SOLUSDT prices"),
        (("nobody",), None, "there is no preset 'nobody'"),
        (("dydx_v4", "dydx_v4"), None, "each preset once"),
    ],
)
def test_what_cannot_be_compared_is_said_in_one_line(tmp_path, names, prices, words):
    file = crash_of_an_hour(tmp_path, prices)
    with pytest.raises((SimulationError, PoolFileError), match=words) as caught:
        PresetReplays(replace(SMALL, candles=(file,)), names)
    assert "\n" not in str(caught.value)
