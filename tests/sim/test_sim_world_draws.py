"""Whatever is drawn is legal; over a range of seeds everything that can be drawn is."""

import pytest

from plimsoll.book.parameters import LISTING_BOUNDS, POLICY_BOUNDS, POT_BOUNDS
from plimsoll.book.rows import ListingRow, PolicyRow
from plimsoll.engine.genesis import DEFAULT_POLICY
from plimsoll.engine.listing import require_listing
from plimsoll.sim.errors import SimulationError
from plimsoll.sim.world import policy as policy_module
from plimsoll.sim.world.chain import CLASS_FIELDS
from plimsoll.sim.world.config import ACCOUNTS, BLOCKS, DELIVERY_FAULTS, EVENTS, ORACLE_FAULTS, WorldConfig
from plimsoll.sim.world.listing import words_of
from plimsoll.sim.world.paths import PATHS
from plimsoll.sim.world.policy import DRAWERS, draw_policy
from plimsoll.sim.world.pots import opened_pots
from plimsoll.sim.world.streams import stream
from plimsoll.units import messages as m
from plimsoll.units.codes import sentence
from plimsoll.units.limits import CURVES_MAX, MICROS_MAX, POTS_MAX, PPB

SEEDS = range(250)
DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def configs():
    return [WorldConfig.draw(seed) for seed in SEEDS]


def test_every_listing_is_legal(configs):
    answers = {
        (seed, one.name): sentence(require_listing(one.row, config.start_ms))
        for seed, config in zip(SEEDS, configs, strict=True)
        for one in config.listings
    }
    assert {name: answer for name, answer in answers.items() if answer != "ok"} == {}


def test_every_policy_is_within_bounds(configs):
    for config in configs:
        assert set(config.policy) == set(PolicyRow.__annotations__)
        for name, (low, high) in POLICY_BOUNDS.items():
            assert low <= config.policy[name] <= high, name


def test_worlds_have_the_size_they_should(configs):
    for config in configs:
        assert ACCOUNTS[0] <= sum(config.crowd.values()) <= ACCOUNTS[1] + 1
        assert BLOCKS[0] <= config.blocks <= BLOCKS[1]
        assert min(config.crowd.values()) >= 0
        assert config.crowd["maker"] >= 2 and config.crowd["liquidator"] >= 1


def test_every_kind_of_path_is_drawn(configs):
    assert {config.path for config in configs} == set(PATHS)


def test_every_fault_and_every_event_is_drawn(configs):
    drawn = {name for config in configs for name, rate in {**config.oracle, **config.delivery}.items() if rate > 0}
    assert drawn == set(ORACLE_FAULTS) | set(DELIVERY_FAULTS)
    assert {event for config in configs for _, event in config.events} == set(EVENTS)
    assert any(config.depeg for config in configs) and any(config.dust_assets for config in configs)


def test_every_kind_of_instrument_and_every_size_penalty_is_drawn(configs):
    rows = [one.row for config in configs for one in config.listings]
    assert {row["kind"] for row in rows} == {m.KIND_ASSET, m.KIND_PERP, m.KIND_FUTURE, m.KIND_OPTION}
    for name in ("segment_lots_3", "slope_initial", "root_factor_initial", "open_interest_upper", "volatility_max"):
        assert 0 < sum(row[name] > 0 for row in rows) < len(rows), name


def test_a_class_has_the_words_of_its_policy_and_scenarios(configs):
    chains = [config.chain for config in configs if config.chain is not None]
    assert 0.5 < len(chains) / len(configs) < 0.8
    for chain in chains:
        assert len(chain.words()) == len(CLASS_FIELDS) + 3 * chain.row["scenarios"]


def test_a_parameter_nobody_draws_keeps_the_engines_default(monkeypatch):
    monkeypatch.setattr(policy_module, "DRAWERS", {})
    assert draw_policy(stream(1, "policy"), 1_000) == dict(DEFAULT_POLICY)


def test_every_parameter_of_the_policy_has_a_drawer():
    assert set(DRAWERS) == set(PolicyRow.__annotations__)


def test_every_mechanism_is_left_out_by_some_worlds_and_used_by_others(configs):
    for name, neutral in DEFAULT_POLICY.items():
        values = {config.policy[name] for config in configs}
        assert len(values) > 1, name
        if neutral in (0, MICROS_MAX):
            assert neutral in values, name


def test_pots_and_curves_are_drawn_within_their_bounds(configs):
    for config in configs:
        for number, pot, account in opened_pots(config.pots, config.listings):
            assert 1 <= number <= POTS_MAX
            words = dict(zip(POT_BOUNDS, pot.words(account), strict=True))
            assert all(low <= words[name] <= high for name, (low, high) in POT_BOUNDS.items())
        for number, (joined, *points) in config.curves.items():
            times, values = points[::2], points[1::2]
            assert 1 <= number <= CURVES_MAX and joined in (0, 1)
            assert times == sorted(set(times)) and times[0] == 0
            assert all(0 <= value <= 2 * PPB for value in values)


def test_worlds_have_two_tranches_a_backstop_pot_and_an_amm_for_every_asset_but_not_always(configs):
    kinds = [[pot.kind for pot in config.pots] for config in configs]
    assert {found.count(m.POT_TRANCHE) for found in kinds} == {0, 1, 2}
    assert {found.count(m.POT_BACKSTOP) for found in kinds} == {0, 1}
    assert {found.count(m.POT_AMM) for found in kinds} == {0, 1, 2}


def test_a_day_ends_in_every_world(configs):
    for config in configs:
        last = config.start_ms + config.blocks * config.block_ms
        assert last // DAY_MS == config.start_ms // DAY_MS + 1


def test_a_pot_whose_asset_is_not_listed_is_not_opened():
    config = next(one for one in map(WorldConfig.draw, SEEDS) if any(pot.instrument for pot in one.pots))
    opened = opened_pots(config.pots, config.listings[:1])
    assert [number for number, _, _ in opened] == list(range(1, len(opened) + 1))
    assert all(pot.instrument == 0 for _, pot, _ in opened)


def test_a_listing_parameter_nobody_draws_is_at_its_least():
    words = dict(zip(ListingRow.__annotations__, words_of({"kind": 2}).tolist(), strict=True))
    assert words == {name: max(low, 0) for name, (low, _) in LISTING_BOUNDS.items()} | {"kind": 2}


def test_a_world_describes_itself(configs):
    for config in configs[:20]:
        lines = config.describe()
        assert str(config.blocks) in lines[0]
        assert config.path in "\n".join(lines)
        assert len([line for line in lines if line.startswith("Block ")]) == len(config.events)


def test_a_negative_seed_is_refused():
    with pytest.raises(SimulationError, match="a seed is 0 or more, not -1"):
        WorldConfig.draw(-1)
