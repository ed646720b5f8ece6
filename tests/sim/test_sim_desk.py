import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from tests.sim.crash import crash_of_an_hour

from plimsoll.presets.deribit import RULES, matrix
from plimsoll.risk import hedged_error
from plimsoll.risk.snapshot import Underlying
from plimsoll.sim import DeskConfig, ReplayConfig, commands, load_pool, run_replay
from plimsoll.sim.desk.books import COVERED, MAKER, deltas
from plimsoll.sim.desk.ladder import expiries_after, strikes_of
from plimsoll.sim.desk.model import MATRIX
from plimsoll.sim.desk.vols import YEAR_MS, VolLevel
from plimsoll.sim.preset_rules import preset_rules
from plimsoll.sim.replay import new_engine, open_world
from plimsoll.sim.replay_world import World, marks_of, path_of, population_of, setup_of, with_desk
from plimsoll.sim.session import Session
from plimsoll.sim.tables import TableKeeper
from plimsoll.units.messages import KIND_OPTION, MODE_PORTFOLIO, MODE_STANDARD

SMALL = ReplayConfig(seed=5, accounts=300, identities_every=10, steps_max=20)


def ms(text):
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def world_of(config):
    path = path_of(config)
    setup = setup_of(config, path)
    return with_desk(config, World(path, setup, population_of(config, path, setup)))


@pytest.fixture(scope="module")
def opened():
    """A world with a desk just opened, and its engine."""
    world, engine = world_of(SMALL), new_engine()
    open_world(SMALL, world, engine)
    return world, engine


@pytest.fixture(scope="module")
def crash(tmp_path_factory):
    """A crash on the last hour before the next expiry: the series settle on the way."""
    file = crash_of_an_hour(tmp_path_factory.mktemp("candles"))
    text = file.read_text().splitlines()
    # The same candles, but ending at 08:30 on a Friday, and running from Thursday evening in wide steps.
    start = ms("2020-03-12T18:00:00") // 1000
    rows = [text[0]]
    for line in text[1:]:
        stamp, rest = line.split(",", 1)
        rows.append(f"{start + (int(stamp) - 1_584_000_000) // 300 * 9_000},{rest}")
    file.write_text("\n".join(rows))
    config = replace(SMALL, candles=(file,), steps_max=None, step_seconds=300, desk=DeskConfig(accounts_min=40))
    return run_replay(config)


def test_expiries_are_fridays_at_eight():
    assert expiries_after(ms("2020-03-12T00:00:00")) == (ms("2020-03-13T08:00:00"), ms("2020-03-27T08:00:00"))
    # Half a day before is too near; the last Friday of a month is never the fourth of five.
    assert expiries_after(ms("2020-03-12T21:00:00"))[0] == ms("2020-03-20T08:00:00")
    assert expiries_after(ms("2020-01-01T00:00:00"))[1] == ms("2020-01-31T08:00:00")
    assert expiries_after(ms("2020-03-20T09:00:00"))[1] == ms("2020-04-24T08:00:00")


def test_strikes_are_whole_steps_each_once():
    strikes = strikes_of(DeskConfig(), 7_934.0)
    assert [int(one) for one in strikes] == [5_500, 6_250, 7_250, 8_000, 8_750, 9_500, 10_250]
    assert [int(one) for one in strikes_of(DeskConfig(), 300.0)] == [250, 500]


def test_the_level_of_vol_follows_what_was_realised_and_returns_with_time():
    config = DeskConfig()
    level = VolLevel(config)
    assert level.level([0.1, 2.0]) == pytest.approx([0.8, 0.8])
    minute = 60_000
    daily = 0.10
    step = daily * np.sqrt(minute / 86_400_000)
    for _ in range(3_000):
        level.observe(step, minute)
    # Ten percent a day is 191 % a year; the estimate has nearly forgotten where it began.
    short, month, year = level.level(np.array([1e-6, 1 / 12, 1.0]))
    assert short == pytest.approx(0.10 * np.sqrt(365), rel=0.02)
    assert 0.8 < year < month < short
    ratio = 365 / 12 / config.vol_days
    expected = 0.64 + (level.variance - 0.64) * (1 - np.exp(-ratio)) / ratio
    assert month == pytest.approx(np.sqrt(expected))
    assert YEAR_MS == 365 * 86_400_000


def test_the_worked_number_of_the_page():
    level = VolLevel(DeskConfig())
    level.variance = 0.10**2 * 365
    assert level.level(1 / 12) == pytest.approx(1.26, abs=0.005)


def test_the_desk_is_hedged_where_the_tables_grow_as_it_comes_in():
    """The population fills tables of 2048 accounts nearly; the desk's own accounts need larger ones."""
    config = replace(SMALL, accounts=2000)
    world, engine = world_of(config), new_engine()
    open_world(config, world, engine)
    books = world.desk.books
    assert books.rows[0] < 2048 <= books.rows[-1]
    perp = next(one for one in world.setup.listings if one.name == "BTC-PERP")
    beyond = books.hedged[books.hedged >= 2048]
    hedged = np.abs(deltas(engine.pool, beyond, perp)) <= 1
    # A hedge that margin does not cover is refused; that is the exception.
    assert len(beyond) > 5 and hedged.mean() > 0.5


def test_the_desk_stands_as_planned(opened):
    world, engine = opened
    books = world.desk.books
    pool = engine.pool
    assert engine.identities() == []
    modes = pool.accounts["mode"]
    assert set(modes[books.rows].tolist()) == {MODE_PORTFOLIO}
    assert set(modes[world.population.traders].tolist()) == {MODE_STANDARD}
    equity, maintenance, initial = engine.sweep()
    rows = books.rows
    held = initial[rows] > 0
    assert held.mean() > 0.9
    assert (equity[rows] >= initial[rows]).all()
    assert (initial[rows] >= maintenance[rows]).all()
    # Sellers and makers are hedged to a lot; a covered call is long less than its coin.
    perp = next(one for one in world.setup.listings if one.name == "BTC-PERP")
    assert np.abs(deltas(pool, books.hedged, perp)).max() <= 1
    covered = books.kind == COVERED
    long = deltas(pool, rows[covered], perp)
    assert ((long > 0) & (long < books.coins[covered])).all()
    assert (books.kind == MAKER).sum() == 4


def test_the_public_is_the_same_with_and_without_a_desk(opened):
    world, _ = opened
    path = path_of(SMALL)
    plain = population_of(SMALL, path, setup_of(SMALL, path))
    assert np.array_equal(world.population.position_lots[:, 2:5], plain.position_lots[:, 1:4])
    assert np.array_equal(world.population.trader_cash, plain.trader_cash)
    named = {one.number: one.name for one in world.setup.listings}
    base = {one.number: one.name for one in load_pool().listings}
    isolated = plain.trader_isolated > 0
    assert [named[int(n)] for n in world.population.trader_isolated[isolated]] == [
        base[int(n)] for n in plain.trader_isolated[isolated]
    ]


def test_a_crash_with_a_desk_settles_slices_and_keeps_its_books(crash):
    assert crash.identities_held
    desk = crash.desk
    assert desk.settled == len(desk.options) // 2
    assert sum(desk.slices.values()) > 0
    assert crash.tables.reasons["move"] > 10
    assert crash.tables.refused == {}
    start = desk.relief_start
    assert 0 < start.maintenance_portfolio < start.initial_portfolio
    assert start.initial_standard > 0
    # Spreads are what scenarios net and standard margin does not.
    spreads = desk.relief_by_kind["spreads"]
    assert spreads.initial_portfolio < spreads.initial_standard
    errors = desk.errors
    assert len(errors.hedge) == crash.tables.published - 1
    assert 0 < max(errors.hedge) < 0.05
    data = crash.as_dict()
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert len(data["series"]["desk"]["initial_standard"]) == len(data["series"]["time"])
    assert data["desk"]["by_kind"]["spreads"]["accounts"] == spreads.accounts


def test_the_error_measured_is_the_one_a_repricing_finds():
    """The engine has moved the marks by delta; what that misses is what the model says it misses."""
    world, engine = world_of(SMALL), new_engine()
    session = open_world(SMALL, world, engine)
    model = world.desk.desk(seed=SMALL.seed).model
    one = world.setup.classes[0]
    now, first = int(world.path.times_ms[0]), marks_of(world.path, world.setup)[:, 0]
    spot = int(first[one.index]) / 1e6
    model.make(one, spot, now, session.engine.pool)
    before = model.last
    priced = np.array([listing.number for listing in world.setup.listings if listing.kind != KIND_OPTION])
    for place, move in enumerate((-0.03, -0.06)):
        later = now + 60_000 * (place + 1)
        prices = np.rint(first[priced] * (1 + move)).astype(np.int64)
        session.must(commands.tick(later), commands.marks(priced, later, prices, 0, 0, 6), what="prices")
        moved = int(prices[list(priced).index(one.index)]) / 1e6
        model.make(one, moved, later, session.engine.pool)
        expected = hedged_error(before, np.array([moved / spot - 1])).max()
        # Marks are whole quanta of under two cents, each floored twice.
        assert model.errors.hedge[place] * moved == pytest.approx(expected, abs=0.05)
        assert expected > 2
        model.last = before
    small, large = (error * (1 + move) for error, move in zip(model.errors.hedge, (-0.03, -0.06)))
    # Gamma's error grows with the square of the move.
    assert 3 < large / small < 5


def test_the_same_seed_gives_the_same_root_and_another_none_of_it():
    first, again = run_replay(SMALL), run_replay(SMALL)
    assert first.root_hex == again.root_hex
    assert first.desk == again.desk
    without = run_replay(replace(SMALL, desk=None))
    assert without.root_hex != first.root_hex
    assert without.desk is None and without.tables is None


def test_a_pool_without_the_coin_has_no_desk_and_says_so(tmp_path):
    file = crash_of_an_hour(tmp_path, {"ETHUSDT": 200.0})
    result = run_replay(replace(SMALL, candles=(file,), steps_max=3, step_seconds=60))
    assert result.desk is None
    assert "No option desk: the pool has no BTC-PERP on this path." in result.notes


def test_strikes_too_coarse_for_the_price_make_no_desk():
    result = run_replay(replace(SMALL, steps_max=2, desk=DeskConfig(strike_step=10_000)))
    assert result.desk is None
    assert result.notes[-1].startswith("No option desk: a step of 10000 is too coarse for strikes on BTC at 79")


def test_a_desk_may_be_on_a_coin_whose_unit_is_ten_coins():
    result = run_replay(replace(SMALL, desk=DeskConfig(coin="ETH", strike_step=10)))
    assert result.identities_held
    assert result.desk.options[0] == "ETH-13MAR20-140-C"
    assert result.desk.relief_start.accounts > 10


def test_without_scipy_a_replay_runs_without_a_desk_and_says_so():
    code = (
        "import sys; sys.modules['scipy'] = None\n"
        "from plimsoll.sim import ReplayConfig, run_replay\n"
        "result = run_replay(ReplayConfig(accounts=200, steps_max=2))\n"
        "assert result.desk is None\n"
        "print(result.notes[-1])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "No option desk: pricing options needs scipy: install plimsoll[risk]."


def test_a_refused_table_is_counted_and_made_again():
    """A reference ten percent off the mark is refused; the next table, made for the mark, is not."""
    path = path_of(SMALL)
    base = setup_of(SMALL, path)
    marks = marks_of(path, base)[:, 0]
    rules = preset_rules("deribit_pm", base, path.symbols, marks)
    engine = new_engine()
    session = Session(engine)
    off = [1.1]

    def make(one, spot, time_ms, pool):
        return matrix(RULES).class_table(Underlying(one.name, one.number, one.index, spot * off[0]))

    world = World(path, rules.setup, None, make)
    keeper = TableKeeper(rules.setup, make, move=0.01)
    open_until_priced(session, world)
    now = int(path.times_ms[0])
    keeper.refresh(session, now, marks_of(path, rules.setup)[:, 0])
    assert keeper.result().published == 0
    assert keeper.result().refused == {"table_must_match_mark": 2}
    off[0] = 1.0
    keeper.refresh(session, now, marks_of(path, rules.setup)[:, 0])
    assert keeper.result().reasons == {"first": 2}
    keeper.refresh(session, now, marks_of(path, rules.setup)[:, 0])
    assert keeper.result().published == 2


def open_until_priced(session, world):
    """Policy, listings and the first marks, by hand."""
    session.open_pool(world.setup)
    now = int(world.path.times_ms[0])
    numbers = np.array([one.number for one in world.setup.listings])
    prices = marks_of(world.path, world.setup)[numbers, 0]
    session.must(commands.tick(now), commands.marks(numbers, now, prices, 0, 0, 6), what="prices")


def test_the_grid_has_as_many_scenarios_as_the_page_says():
    assert len(MATRIX.scenarios) == 30
