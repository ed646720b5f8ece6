"""Price paths do what their names say, and the pool's own trades move the market."""

from dataclasses import replace

import numpy as np
import pytest

from plimsoll.sim.world.candles import historical_returns
from plimsoll.sim.world.config import WorldConfig
from plimsoll.sim.world.market import DEPEG_FALLS, DEPEG_LASTS, Market
from plimsoll.sim.world.paths import PATHS, PathTerms
from plimsoll.sim.world.streams import stream

TERMS = PathTerms((0.01, 0.02, 0.01), 0.4, 50, 0.4)
BLOCKS = 2_000


def returns_of(name, terms=TERMS, seed=3, blocks=BLOCKS):
    path = PATHS[name](stream(seed, "path"), terms)
    return np.array([path.returns(block) for block in range(blocks)])


@pytest.mark.parametrize("name", PATHS)
def test_a_path_is_fixed_by_its_stream(name):
    assert (returns_of(name, blocks=100) == returns_of(name, blocks=100)).all()
    assert (returns_of(name, blocks=100) != returns_of(name, seed=4, blocks=100)).any()


@pytest.mark.parametrize("name", PATHS)
def test_a_shorter_path_is_the_beginning_of_a_longer_one(name):
    assert (returns_of(name, blocks=80)[:60] == returns_of(name, blocks=60)).all()


def test_gbm_has_the_volatility_and_the_correlation_asked_for():
    moves = returns_of("gbm")
    assert moves.std(axis=0) == pytest.approx(TERMS.volatility, rel=0.1)
    assert np.corrcoef(moves.T)[0, 1] == pytest.approx(TERMS.correlation, abs=0.1)


def test_jumps_and_self_excited_falls_have_fat_tails():
    def kurtosis(moves):
        scaled = (moves - moves.mean()) / moves.std()
        return float((scaled**4).mean())

    assert kurtosis(returns_of("gbm")[:, 0]) < 4
    assert kurtosis(returns_of("jumps")[:, 0]) > 5
    assert kurtosis(returns_of("hawkes")[:, 0]) > 5


def test_self_excited_falls_come_in_clusters():
    falls = (returns_of("hawkes")[:, 0] < -0.03).astype(float)
    after = falls[1:][falls[:-1] == 1].mean()
    assert after > 2 * falls.mean()


def test_a_flash_crash_falls_as_deep_as_asked_and_mostly_comes_back():
    prices = np.exp(np.cumsum(returns_of("flash", PathTerms((1e-6,), 0.4, 50, 0.4), blocks=120)[:, 0]))
    assert prices.min() == pytest.approx(0.6, rel=0.01)
    assert prices[-1] == pytest.approx(0.6**0.2, rel=0.01)


def test_a_herd_moves_as_one_once_it_runs():
    moves = returns_of("herd", blocks=80)
    assert np.corrcoef(moves[50:].T)[0, 1] > 0.95
    assert moves[50:80].sum(axis=0).max() < -0.2


def test_the_bootstrap_is_made_of_historical_returns():
    bars = historical_returns()
    assert bars.shape == (48, 2)
    moves = returns_of("bootstrap", PathTerms((1.0, 1.0), 0.4, 50, 0.4), blocks=30)
    known = (bars / bars.std(axis=0)).tolist()
    assert all(any(np.allclose(row, move) for row in known) for move in moves)


def test_returns_can_be_read_from_another_file(tmp_path):
    pytest.importorskip("polars")
    file = tmp_path / "ABCUSDT-1m.csv"
    lines = [f"{1_583_971_200_000 + 60_000 * k},{100 + k},{103 + k},{99 + k},{101 + k}" for k in range(5)]
    file.write_text("\n".join(["open_time,open,high,low,close", *lines]), encoding="utf-8")
    assert historical_returns(file)[:, 0] == pytest.approx(np.log([(101 + k) / (100 + k) for k in range(5)]))
    assert WorldConfig.draw(0, file).path == "bootstrap"


def market_of(seed=1, **changes):
    config = replace(WorldConfig.draw(seed), **changes)
    return Market(seed, config, list(config.listings))


def test_buying_raises_the_price_and_half_of_it_dies_down():
    pushed, calm = market_of(), market_of()
    pushed.push(0, pushed.depth / 10)
    assert np.log(pushed.coins()[0] / calm.coins()[0]) == pytest.approx(0.1)
    for _ in range(60):
        pushed.advance()
        calm.advance()
    assert np.log(pushed.coins()[0] / calm.coins()[0]) == pytest.approx(0.05, abs=0.001)
    assert pushed.coins()[1] == calm.coins()[1]


def test_the_settlement_token_loses_its_peg_and_finds_it_again():
    market = market_of(depeg=(10, 0.3))
    prices = []
    for _ in range(10 + DEPEG_LASTS + 3):
        market.advance()
        prices.append(market.settlement())
    assert prices[8] == 1_000_000
    assert min(prices) == pytest.approx(700_000)
    assert prices[9 + DEPEG_FALLS] == pytest.approx(700_000)
    assert prices[-1] == 1_000_000
