import json
from dataclasses import replace

import numpy as np
import pytest
from tests.sim.crash import crash_of_an_hour

from plimsoll.sim import MechanismReplays, ReplayConfig, SimulationError, mechanism_replays_as_dict
from plimsoll.sim.mechanism_variants import VARIANTS
from plimsoll.sim.replay import new_engine, open_world
from plimsoll.units.messages import MODE_PORTFOLIO, MODE_STANDARD

SMALL = ReplayConfig(seed=5, accounts=220, identities_every=20, step_seconds=60)


@pytest.fixture(scope="module")
def replays(tmp_path_factory: pytest.TempPathFactory):
    file = crash_of_an_hour(tmp_path_factory.mktemp("candles"))
    return MechanismReplays(replace(SMALL, candles=(file,)))


@pytest.fixture(scope="module")
def results(replays):
    return {name: replays.run(name, new_engine()) for name in replays.names}


def used(one):
    return {name for name, found in one.result.mechanisms.items() if found.steps}


def test_everybody_starts_the_same_under_every_mechanism(replays):
    equities = []
    for name in ("bids", "adl_pro_rata", "default"):
        world = replays.world(name)
        engine = new_engine()
        open_world(replays.config, world, engine)
        population = world.population
        equities.append(np.asarray(engine.sweep()[0])[population.traders])
        mode = engine.pool.accounts["mode"][population.traders]
        own = (population.trader_isolated == 0) & ~(population.asset_lots > 0).any(axis=1)
        assert np.array_equal(mode, np.where(own, MODE_PORTFOLIO, MODE_STANDARD))
        assert 0 < own.sum() < len(own)
    assert all(np.array_equal(equities[0], other) for other in equities[1:])


def test_each_mechanism_acts_where_it_is_alone_and_nowhere_else(results):
    leftovers = {"adl", "socialised", "fund"}
    closing = {
        "bids": {"bid", "slice"},
        "dutch": {"bid", "slice"},
        "batch": {"bid", "slice", "batch"},
        "auction": {"bid", "slice", "auction"},
        "auction_amm": {"bid", "slice", "auction", "amm"},
        "backstop": {"backstop", "auction"},
        "adl_queue": {"auction"},
        "adl_pro_rata": {"auction"},
        "insurance": {"auction", "tranche"},
    }
    for name, allowed in closing.items():
        assert used(results[name]) <= allowed | leftovers, name
    for name, needed in (
        ("bids", "bid"),
        ("dutch", "slice"),
        ("batch", "batch"),
        ("auction_amm", "amm"),
        ("backstop", "backstop"),
        ("adl_queue", "adl"),
        ("insurance", "adl"),
        ("default", "backstop"),
    ):
        assert needed in used(results[name]), name
    assert results["insurance"].result.adl_loss_micros == 0 < results["insurance"].result.fund_paid_micros


def test_the_books_hold_and_deleveraging_takes_no_more_than_it_must(results):
    for one in results.values():
        result = one.result
        assert result.identities_held
        # A micro of rounding a counterparty.
        assert result.adl_overshoot_loss_micros <= sum(found.steps for found in result.mechanisms.values())
        assert 0 <= result.adl_overshoot_notional_micros <= result.adl_notional_micros + 1
    # Slices of everything leave hedges whole; legs closed one by one do not.
    assert results["adl_pro_rata"].result.adl_counterparties > results["adl_queue"].result.adl_counterparties


def test_sealed_bids_are_committed_and_opened(results):
    kinds = results["batch"].result.commands_by_kind
    assert kinds["commit"]["accepted"] > 0
    assert kinds["reveal"]["accepted"] >= 0.9 * kinds["commit"]["accepted"]
    assert "commit" not in results["dutch"].result.commands_by_kind
    assert results["auction"].result.commands_by_kind["auction"]["accepted"] > 0


def test_the_same_settings_give_the_same_root(replays, results):
    for name in ("batch", "default"):
        assert replays.run(name, new_engine()).result.root_hex == results[name].result.root_hex


def test_the_comparison_is_plain_data(results):
    data = mechanism_replays_as_dict(list(results.values()))
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert [one["mechanism"] for one in data["mechanisms"]] == list(VARIANTS)
    length = len(data["series"]["time"])
    for one in data["series"]["mechanisms"].values():
        assert {len(values) for values in one.values()} == {length}
    default = data["series"]["mechanisms"]["default"]
    assert default["insurance"][0] > data["series"]["mechanisms"]["bids"]["insurance"][0]


@pytest.mark.parametrize("names", [("bids", "bids"), ("nobody",), ()])
def test_what_cannot_be_compared_is_said_in_one_line(names):
    with pytest.raises(SimulationError, match="give each mechanism once; there are: bids, dutch") as caught:
        MechanismReplays(SMALL, names)
    assert "\n" not in str(caught.value)
