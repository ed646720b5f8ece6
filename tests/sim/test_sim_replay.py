import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.sim.crash import crash_of_an_hour, pool_of_small_tranches

from plimsoll.sim import CandlesError, PoolFileError, ReplayConfig, SimulationError, load_pool, run_replay
from plimsoll.sim.path import march_2020_bars
from plimsoll.sim.result import decimal_of

SMALL = ReplayConfig(seed=5, accounts=400, steps_max=90, identities_every=10)


@pytest.fixture(scope="module")
def small():
    return run_replay(SMALL)


@pytest.fixture(scope="module")
def crash(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("candles")
    file, pool = crash_of_an_hour(folder), pool_of_small_tranches(folder)
    # Coins nobody can buy any more would keep an insolvent account open, so nobody holds coins here.
    population = replace(SMALL.population, coin_share=0.0)
    settings = replace(SMALL, candles=(file,), steps_max=None, step_seconds=30, population=population)
    return run_replay(replace(settings, fund="2000", backstop="20000", pool=pool))


def test_identities_hold_and_the_population_is_accepted(small):
    assert small.identities_broken == ()
    assert small.identities_checked == 9
    kinds = small.as_dict()["commands"]["by_kind"]
    for kind in ("open_account", "deposit", "mark", "tick"):
        assert kinds[kind]["accept_rate"] == 1.0
    assert kinds["fill"]["accept_rate"] > 0.95


def test_the_same_seed_gives_the_same_root_and_result(small):
    again = run_replay(SMALL)
    assert again.root_hex == small.root_hex
    assert again.series == small.series
    assert run_replay(replace(SMALL, seed=6, steps_max=2)).root_hex != run_replay(replace(SMALL, steps_max=2)).root_hex


def test_identity_checks_and_progress_do_not_change_the_result(small):
    seen: list[tuple[int, int, str]] = []
    again = run_replay(replace(SMALL, identities_every=90), progress=lambda *step: seen.append(step))
    assert again.root_hex == small.root_hex
    assert seen[0][2] == "opening the pool"
    assert seen[-1][:2] == (90, 90)


def test_the_result_is_plain_data(small):
    data = small.as_dict()
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    lengths = {
        len(values)
        for group in data["series"].values()
        for values in (group.values() if isinstance(group, dict) else [group])
    }
    assert lengths == {90}
    assert data["path"]["label"] == "simulated within the hour"
    assert data["path"]["start"] == "2020-03-12T00:00:00Z"
    assert data["series"]["time"][1] == "2020-03-12T00:01:00Z"
    assert data["fund"]["start"] == decimal_of(load_pool().fund_micros)


def test_a_crash_goes_down_the_waterfall(crash):
    assert crash.path_label == "real candles"
    assert crash.identities_held
    assert crash.calls > 0
    assert crash.liquidations_started > 50
    mechanisms = crash.mechanisms
    assert mechanisms["bid"].steps > 0
    assert mechanisms["backstop"].steps > 0
    assert mechanisms["adl"].steps > 0
    # The fund starts with too little for this fall and may not pay more than it had and received.
    assert 0 < crash.fund_paid_micros <= crash.fund_start_micros + crash.fund_received_micros
    assert crash.fund_end_micros == crash.fund_start_micros + crash.fund_received_micros - crash.fund_paid_micros
    assert crash.adl_loss_micros > 0
    level, sentence = crash.verdict
    assert level == "warning"
    assert "The insurance, fund and tranches, was not enough" in sentence


def test_tranches_pay_after_the_fund_and_their_stakers_lose(crash):
    junior, senior = (pot for pot in crash.pots if pot.kind == "tranche")
    assert crash.tranche_paid_micros == junior.paid_micros + senior.paid_micros > 0
    assert crash.premium_micros == junior.premium_micros + senior.premium_micros > 0
    for pot in (junior, senior):
        assert pot.start_micros + pot.premium_micros - pot.paid_micros - pot.end_micros <= 1_000_000
        assert pot.per_share < 0
        assert (pot.per_share == -1) == (pot.wiped > 0)
    # Three parts of four of every premium are the junior tranche's while both have stakers.
    assert junior.premium_micros > senior.premium_micros
    stakes = crash.as_dict()["series"]["stakes"]
    assert list(stakes) == ["junior tranche", "senior tranche", "backstop vault", "BTC pool", "ETH pool"]
    assert stakes["senior tranche"][-1] == round(senior.end_micros / 1e6, 2)


def test_an_amm_keeps_to_the_market_and_earns_a_little_less_than_holding(crash):
    for pot in crash.pots:
        if pot.kind == "amm":
            assert -0.3 < pot.per_share < 0
            assert 0.95 * pot.kept_micros < pot.end_micros < 1.01 * pot.kept_micros


def test_deleveraging_takes_no_more_than_the_deficit_and_breaks_hedges(crash):
    assert crash.adl_overshoot_loss_micros < 1_000
    assert 0 <= crash.adl_overshoot_notional_micros <= crash.adl_notional_micros + 1
    assert 0 <= crash.hedges_broken <= crash.accounts
    assert crash.liquidators_profit_micros <= crash.liquidators_end_micros - crash.liquidators_start_micros


def test_what_the_series_show_adds_up_to_the_totals(crash):
    series = crash.as_dict()["series"]
    for name, one in crash.mechanisms.items():
        assert sum(series["liquidations"][name]) == one.steps
    assert sum(series["calls"]) == crash.calls
    assert series["fund"][-1] == round(crash.fund_end_micros / 1e6, 2)
    assert max(series["deficit"]) == round(crash.deficit_peak_micros / 1e6, 2)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"seed": -1}, SimulationError, "seed"),
        ({"steps_max": 0}, SimulationError, "at least one step"),
        ({"identities_every": 0}, SimulationError, "at least every step"),
        ({"step_seconds": 7}, SimulationError, "divide the hour"),
        ({"accounts": 10}, SimulationError, "leave no public"),
        ({"fund": "-1"}, SimulationError, "must not be negative"),
        ({"fund": "1.0000001"}, PoolFileError, "finer than its unit"),
        ({"pool": Path("absent.toml")}, PoolFileError, "no such file"),
        ({"candles": (Path("absent.csv"),)}, CandlesError, "no such file"),
    ],
)
def test_settings_that_cannot_be_run_are_refused_in_one_line(change, error, words):
    with pytest.raises(error, match=words) as caught:
        run_replay(replace(SMALL, **change))
    assert "\n" not in str(caught.value)


def test_amounts_leave_as_exact_decimals():
    assert [decimal_of(value) for value in (1_500_000, -1, 0, 10**17)] == ["1.5", "-0.000001", "0", "100000000000"]


@pytest.mark.slow
def test_the_default_replay_takes_less_than_a_minute():
    result = run_replay()
    assert result.steps == 48 * 60
    assert result.accounts == 10_000 + sum(result.desk.accounts.values()) == 10_304
    assert result.desk.settled == 14
    assert result.symbols == tuple(bar.symbol for bar in march_2020_bars())
    assert result.identities_held
    assert result.total_seconds < 60
