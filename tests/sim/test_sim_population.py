import numpy as np
import pytest

from plimsoll.sim.errors import SimulationError
from plimsoll.sim.path import march_2020_bars, simulated_path
from plimsoll.sim.pool_file import load_pool
from plimsoll.sim.population import INITIAL_USE_MAX, PopulationConfig, draw_population
from plimsoll.sim.view import requirement
from plimsoll.units.limits import PPB


@pytest.fixture(scope="module")
def setup():
    return load_pool().for_symbols(("BTCUSDT", "ETHUSDT"))


@pytest.fixture(scope="module")
def marks(setup):
    path = simulated_path(march_2020_bars(), seed=1)
    first = {symbol: path.prices_e8[row, :1] for row, symbol in enumerate(path.symbols)}
    return np.array([1_000_000, *(int(listing.marks(first[listing.symbol])[0]) for listing in setup.listings)])


@pytest.fixture(scope="module")
def population(setup, marks):
    return draw_population(PopulationConfig(), setup, marks, seed=1)


def notionals(setup, marks, population):
    units = np.array([1, *(listing.unit for listing in setup.listings)])
    return population.position_lots * (marks / units)


def test_everyone_has_a_row_of_its_own(population):
    rows = np.concatenate((population.makers, population.liquidators, population.traders))
    assert population.size == len(rows) == 10_000
    assert rows.tolist() == list(range(8, 10_008))
    assert (population.trader_owner > 0).all()


def test_the_public_is_net_long_and_makers_are_not_the_public(setup, marks, population):
    value = notionals(setup, marks, population)
    gross, net = np.abs(value).sum(), value.sum()
    assert 0.10 < net / gross < 0.45
    # What the makers will carry of it leaves them less geared than anybody else.
    assert net / population.maker_cash.sum() < 2
    assert not np.isin(population.trader_owner, population.makers).any()


def test_sizes_are_many_small_and_few_large(population):
    equity = population.trader_equity / 1e6
    assert 700 < np.median(equity) < 1_150
    assert equity.mean() > 3 * np.median(equity)
    assert equity.max() <= 2_000_000


def test_gearing_is_2x_to_25x_and_heavy_at_5x_to_20x(setup, marks, population):
    gearing = np.abs(notionals(setup, marks, population)).sum(axis=1) / population.trader_equity
    held = gearing[gearing > 0]
    assert held.max() < 25
    assert ((held > 4) & (held < 20)).mean() > 0.55
    large = population.trader_equity > 20_000 * 1_000_000
    assert np.median(gearing[large]) < np.median(gearing[~large])


def test_every_position_is_covered_by_initial_margin(setup, marks, population):
    counted = population.trader_cash.astype(np.float64)
    required = np.zeros(len(counted))
    for listing in setup.listings:
        value = population.asset_lots[:, listing.number] * (marks[listing.number] / listing.unit)
        counted += value * (1 - listing.row["rate_initial"] / PPB)
    for listing in setup.contracts():
        lots = population.position_lots[:, listing.number]
        notional = np.abs(lots) * (marks[listing.number] / listing.unit)
        required += requirement(listing, notional, lots, "initial")
    assert (required <= INITIAL_USE_MAX * counted + 1e6).all()


def test_isolated_accounts_hold_their_one_contract_and_no_coins(population):
    isolated = population.trader_isolated > 0
    assert 0.2 < isolated.mean() < 0.3
    for account in np.flatnonzero(isolated):
        held = np.flatnonzero(population.position_lots[account])
        assert set(held.tolist()) <= {int(population.trader_isolated[account])}
    assert not population.asset_lots[isolated].any()


def test_some_keep_coins_set_caps_and_triggers(population):
    assert 0.10 < (population.asset_lots.sum(axis=1) > 0).mean() < 0.20
    assert 0.15 < (population.leverage_rate > 0).mean() < 0.25
    assert 0.10 < (population.trigger_ppb > 0).mean() < 0.20
    assert (population.trigger_ppb[population.trigger_ppb > 0] > PPB).all()


def test_the_seed_fixes_the_population(setup, marks, population):
    again = draw_population(PopulationConfig(), setup, marks, seed=1)
    other = draw_population(PopulationConfig(), setup, marks, seed=2)
    assert np.array_equal(population.position_lots, again.position_lots)
    assert not np.array_equal(population.position_lots, other.position_lots)


def test_a_population_needs_a_public(setup, marks):
    with pytest.raises(SimulationError, match="leave no public"):
        draw_population(PopulationConfig(accounts=32), setup, marks, seed=1)
