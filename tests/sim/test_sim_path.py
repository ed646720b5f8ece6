import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plimsoll.sim.bars import Bars, iso, time_ms_of
from plimsoll.sim.errors import SimulationError
from plimsoll.sim.path import (
    LABEL_CANDLES,
    LABEL_SIMULATED,
    bridge,
    candle_path,
    carried_forward,
    march_2020_bars,
    premiums_ppb,
    simulated_path,
)

HOUR = 3_600_000


def bars_of(symbol: str, facts: list[tuple[int, int, int, int]], interval_ms: int = HOUR, start: int = 0) -> Bars:
    columns = np.array(facts, np.int64).T
    times = start + np.arange(len(facts), dtype=np.int64) * interval_ms
    return Bars(symbol, "made for the test", interval_ms, times, *columns)


def test_shipped_facts_are_the_48_hours_of_the_crash():
    bars = march_2020_bars()
    assert [bar.symbol for bar in bars] == ["BTCUSDT", "ETHUSDT"]
    for bar in bars:
        assert len(bar) == 48
        assert iso(int(bar.times_ms[0])) == "2020-03-12T00:00:00Z"
        assert iso(int(bar.times_ms[-1])) == "2020-03-13T23:00:00Z"
        assert bar.interval_ms == HOUR
    lowest = int(np.argmin(bars[0].low_e8))
    assert (iso(int(bars[0].times_ms[lowest])), int(bars[0].low_e8[lowest])) == (
        "2020-03-13T02:00:00Z",
        380_183_000_000,
    )


@pytest.mark.parametrize("step_seconds", [60, 30, 300, 900])
@pytest.mark.parametrize("seed", [0, 1, 99])
def test_every_hour_touches_its_four_facts_exactly(seed: int, step_seconds: int):
    bars = march_2020_bars()
    path = simulated_path(bars, seed=seed, step_seconds=step_seconds)
    for row, bar in enumerate(bars):
        hours = path.prices_e8[row].reshape(48, 3600 // step_seconds)
        assert (hours[:, 0] == bar.open_e8).all()
        assert (hours[:, -1] == bar.close_e8).all()
        assert (hours.max(axis=1) == bar.high_e8).all()
        assert (hours.min(axis=1) == bar.low_e8).all()


@given(
    st.lists(st.integers(1, 10**13), min_size=4, max_size=4),
    st.integers(0, 2**32 - 1),
    st.integers(4, 90),
)
@settings(max_examples=200, deadline=None)
def test_a_bridge_touches_any_four_facts(values: list[int], seed: int, steps: int):
    low, *inner, high = sorted(values)
    facts = (inner[0], high, low, inner[1])
    increments = np.random.Generator(np.random.PCG64(seed)).standard_normal(steps)
    prices = bridge(facts, increments)
    assert (prices[0], prices[-1]) == (inner[0], inner[1])
    assert (prices.min(), prices.max()) == (low, high)


@pytest.mark.parametrize("facts", [(5, 5, 5, 5), (9, 9, 2, 2), (2, 9, 2, 9), (9, 9, 2, 9), (2, 9, 2, 2), (5, 9, 2, 9)])
def test_a_bridge_keeps_facts_that_coincide(facts: tuple[int, int, int, int]):
    scaled = tuple(value * 10**8 for value in facts)
    prices = bridge(scaled, np.ones(4))
    assert (prices[0], prices.max(), prices.min(), prices[-1]) == scaled


def test_prices_between_facts_are_quoted_as_finely_as_the_facts():
    path = simulated_path(march_2020_bars(), seed=3)
    assert (path.prices_e8 % 10**6 == 0).all()


def test_the_seed_fixes_the_path():
    bars = march_2020_bars()
    first, again, other = (simulated_path(bars, seed=seed).prices_e8 for seed in (7, 7, 8))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_symbols_move_together():
    returns = np.diff(np.log(simulated_path(march_2020_bars(), seed=1).prices_e8), axis=1)
    assert 0.6 < np.corrcoef(returns)[0, 1] < 0.95


def test_minutes_of_the_worst_hours_are_as_rough_as_they_were():
    # BTC perp, one-minute closes of 03-12 10:17-11:59 and 23:00 to 03-13 02:59: a deviation of 1.74 % per minute.
    path = simulated_path(march_2020_bars(), seed=1)
    returns = np.diff(np.log(path.prices_e8[0]))
    hours = (path.times_ms // HOUR)[1:] - path.times_ms[0] // HOUR
    worst = np.isin(hours, [10, 11, 23, 24, 25, 26])
    assert 0.013 < returns[worst].std() < 0.022


def test_a_path_says_what_it_is():
    path = simulated_path(march_2020_bars(), seed=1)
    assert path.label == LABEL_SIMULATED == "simulated within the hour"
    assert "facts" in path.description
    assert len(path) == 2880
    assert len(path.head(10)) == 10


@pytest.mark.parametrize(
    ("step_seconds", "words"), [(0, "divide the hour"), (7, "divide the hour"), (1200, "at least 4")]
)
def test_a_step_that_does_not_fit_is_refused(step_seconds: int, words: str):
    with pytest.raises(SimulationError, match=words):
        simulated_path(march_2020_bars(), seed=1, step_seconds=step_seconds)


def test_bars_that_are_not_the_same_hours_are_refused():
    first, second = march_2020_bars()
    shifted = Bars(
        second.symbol,
        second.source,
        HOUR,
        second.times_ms + HOUR,
        second.open_e8,
        second.high_e8,
        second.low_e8,
        second.close_e8,
    )
    with pytest.raises(SimulationError, match="same hours"):
        simulated_path([first, shifted], seed=1)
    with pytest.raises(SimulationError, match="at least one symbol"):
        simulated_path([], seed=1)


def test_a_rising_candle_goes_to_its_low_first_and_a_falling_one_to_its_high():
    bars = bars_of("X", [(10, 40, 5, 20), (20, 40, 5, 10)], interval_ms=60_000)
    path = candle_path([bars])
    assert path.prices_e8.tolist() == [[10, 5, 40, 20, 20, 40, 5, 10]]
    assert path.times_ms.tolist() == [0, 15_000, 30_000, 45_000, 60_000, 75_000, 90_000, 105_000]
    assert path.label == LABEL_CANDLES


def test_more_steps_are_straight_lines_between_the_corners():
    path = candle_path([bars_of("X", [(100, 400, 40, 200)], interval_ms=600_000)], step_seconds=60)
    assert path.step_ms == 60_000
    assert path.prices_e8.tolist() == [[100, 80, 60, 40, 160, 280, 400, 333, 266, 200]]


def test_a_symbol_with_longer_candles_has_no_price_in_between():
    path = candle_path(
        [bars_of("X", [(1, 4, 1, 2)] * 2, interval_ms=60_000), bars_of("Y", [(10, 40, 10, 20)], interval_ms=120_000)]
    )
    assert path.times_ms.tolist() == [0, 15_000, 30_000, 45_000, 60_000, 75_000, 90_000, 105_000]
    assert path.prices_e8[1].tolist() == [10, 0, 10, 0, 40, 0, 20, 0]
    assert carried_forward(path.prices_e8)[1].tolist() == [10, 10, 10, 10, 40, 40, 20, 20]


def test_a_path_starts_where_every_symbol_has_a_price():
    early = bars_of("X", [(1, 4, 1, 2)] * 3, interval_ms=60_000)
    late = bars_of("Y", [(10, 40, 10, 20)], interval_ms=60_000, start=60_000)
    path = candle_path([early, late])
    assert path.times_ms[0] == 60_000
    assert (path.prices_e8[:, 0] > 0).all()


def test_premiums_are_bounded_negative_in_the_fall_and_seeded():
    path = simulated_path(march_2020_bars(), seed=1)
    premiums = premiums_ppb(path, seed=1)
    assert premiums.shape == path.prices_e8.shape
    assert np.abs(premiums).max() <= 5_000_000
    assert premiums[:, 11 * 60].max() < 0
    assert np.array_equal(premiums, premiums_ppb(path, seed=1))


def test_times_are_utc():
    assert time_ms_of("2020-03-12T00:00Z") == time_ms_of("2020-03-12T00:00") == 1_583_971_200_000
    assert iso(1_583_971_200_500) == "2020-03-12T00:00:00.500Z"
