import tomllib
from dataclasses import replace
from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from plimsoll.book.rows import ListingRow, PolicyRow
from plimsoll.sim.errors import PoolFileError
from plimsoll.sim.pool_file import load_pool, read_pool
from plimsoll.sim.pool_values import tokens_of
from plimsoll.units.limits import PPB


def document() -> dict[str, Any]:
    text = (resources.files("plimsoll.sim") / "data" / "default_pool.toml").read_text()
    return tomllib.loads(text)


def test_the_default_pool_has_two_perps_and_two_custody_assets():
    setup = load_pool()
    assert [listing.name for listing in setup.listings] == ["BTC-PERP", "ETH-PERP", "BTC", "ETH"]
    assert [listing.name for listing in setup.contracts()] == ["BTC-PERP", "ETH-PERP"]
    assert list(setup.policy) == list(PolicyRow.__annotations__)
    assert len(setup.listings[0].payload()) == len(ListingRow.__annotations__)


def test_human_units_become_integers():
    btc, eth, coin, _ = load_pool().listings
    assert btc.row["rate_initial"] == PPB // 25
    assert btc.row["lots_max"] == 10_000 * 10**6
    assert btc.row["mark_max"] == 200_000 * 10**6
    assert btc.row["funding_interval"] == 8 * 3600 * 1000
    assert btc.row["fee_maker"] == -PPB // 10_000
    # A lot of ETH is 1e-5 coins and the scale 6, so a mark is the value of ten coins.
    assert eth.coins_per_unit == 10
    assert eth.marks(np.array([19_459_000_000])).tolist() == [1_945_900_000]
    assert eth.price(1_945_900_000) == 194.59
    assert btc.marks(np.array([793_386_000_000, 0])).tolist() == [7_933_860_000, 0]
    assert coin.row["rate_initial"] == PPB // 10
    assert coin.row["rate_maintenance"] == PPB // 20


def test_curves_and_pots_are_numbered_as_they_stand():
    setup = load_pool()
    assert [curve.number for curve in setup.curves] == [1, 2, 3]
    slices = setup.curve("curve_slice")
    assert slices is setup.curves[0]
    assert slices.payload().tolist()[:5] == [1, 0, PPB // 20, 120_000, PPB // 5]
    assert slices.values(np.array([0, 60_000, 120_000, 10**9])).tolist() == [0.05, 0.125, 0.2, 0.5]
    steps = replace(slices, joined=False)
    assert steps.values(np.array([119_999, 120_000])).tolist() == [0.05, 0.2]
    assert [(pot.number, pot.name, pot.asset) for pot in setup.pots][2:4] == [
        (3, "backstop vault", ""),
        (4, "BTC pool", "BTC"),
    ]
    junior = setup.pots[0]
    assert junior.payload(70, 0).tolist() == [2, 70, 1, 0, 0, 604_800_000, 10**17, 3]
    # An AMM of an asset without a price is left out with it.
    assert [pot.name for pot in setup.for_symbols(["ETH"]).pots][3:] == ["ETH pool"]


def test_a_pool_file_may_leave_the_later_mechanisms_out():
    old = document()
    for name in list(PolicyRow.__annotations__)[list(PolicyRow.__annotations__).index("recall_after") :]:
        del old["policy"][name]
    setup = read_pool(old, "my.toml")
    assert list(setup.policy) == list(PolicyRow.__annotations__)
    assert setup.policy["curve_slice"] == setup.policy["cool_off"] == setup.policy["pauses"] == 0
    assert setup.curve("curve_slice") is None


def test_what_rests_is_named_in_words():
    pool = document()
    pool["policy"]["pauses"] = ["bids", "backstop", "bids"]
    assert read_pool(pool, "my.toml").policy["pauses"] == 33


@pytest.mark.parametrize(
    ("section", "change", "message"),
    [
        ("curve", {"points": []}, "discount on slices: no points"),
        ("curve", {"points": [["0"]]}, "discount on slices: point 1 must be a list of seconds and a value"),
        ("curve", {"joined": "yes"}, "discount on slices: joined must be true or false"),
        ("pot", {"kind": "bank"}, "junior tranche: kind must be one of backstop, tranche, amm"),
        ("pot", {"asset": "BTC"}, "junior tranche: an amm, and nothing else, has an asset"),
        ("pot", {"kind": "amm", "asset": "SOL"}, "junior tranche: SOL is not listed as an asset"),
        ("pot", {"stakers": 0}, "junior tranche: stakers and staked go together, at most 10000 of them"),
        ("pot", {"rank": "-1"}, "junior tranche: rank must be from 0 to 1000 in the engine's units, not -1"),
    ],
)
def test_bad_curves_and_pots_are_refused_by_key(section: str, change: dict[str, Any], message: str):
    pool = document()
    pool[section][0] |= change
    with pytest.raises(PoolFileError) as caught:
        read_pool(pool, "my.toml")
    assert str(caught.value) == f"my.toml: {message}"


def test_a_batch_is_as_long_as_a_step_at_least():
    policy = dict(load_pool().policy) | {"batch_commit": 60_000, "batch_reveal": 60_000}
    setup = replace(load_pool(), policy=policy).for_step(300_000)
    assert setup.policy["batch_commit"] == setup.policy["batch_reveal"] == 300_000
    assert setup.notes[0] == "batch_commit, batch_reveal widened to 300 s: a step is 300 s."


def test_only_what_has_a_price_is_listed():
    setup = load_pool().for_symbols(["ETH-USD", "SOLUSDT"])
    assert [(listing.number, listing.name, listing.symbol) for listing in setup.listings] == [
        (1, "ETH-PERP", "ETH-USD"),
        (2, "ETH", "ETH-USD"),
    ]
    assert setup.notes == ("Not listed, so not used: SOLUSDT.",)
    with pytest.raises(PoolFileError, match=r"default_pool\.toml: no contract is priced by SOLUSDT; it knows: BTCUSDT"):
        load_pool().for_symbols(["SOLUSDT"])


def test_a_long_step_widens_ages_and_gaps_and_says_so():
    setup = load_pool().for_step(900_000)
    assert setup.policy["gap_max"] == 1_800_000
    assert setup.listings[0].row["age_fill_max"] == 1_800_000
    assert setup.notes == ("age_fill_max, age_margin_max, gap_max widened to 1800 s: a step is 900 s.",)
    assert load_pool().for_step(60_000).notes == ()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fund": 1.5}, "fund must be a decimal in quotes or a whole number"),
        ({"fund": "0.0000001"}, "fund: 0.0000001 is finer than its unit"),
        ({"fund": "many"}, "fund: many is not a decimal"),
        ({"fund": "NaN"}, "fund: NaN is not a decimal"),
        ({"fund": "1e30"}, "fund: 1e30 is too large"),
        ({"colour": "blue"}, "the pool has no colour"),
        ({"instrument": []}, "no [[instrument]]"),
        ({"policy": {}}, "policy.call_buffer is missing"),
    ],
)
def test_bad_pools_are_refused_by_key(change: dict[str, Any], message: str):
    with pytest.raises(PoolFileError) as caught:
        read_pool(document() | change, "my.toml")
    assert str(caught.value) == f"my.toml: {message}"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rate_initial": 0.04}, "BTC-PERP: rate_initial must be a decimal in quotes or a whole number"),
        ({"rate_initial": "0.0400000001"}, "BTC-PERP: rate_initial: 0.0400000001 is finer than its unit"),
        ({"lots_max": "0.0000005"}, "BTC-PERP: lots_max: 0.0000005 is finer than its unit"),
        ({"kind": "swap"}, "BTC-PERP: kind must be one of asset, perp, future"),
        ({"weight_initial": "0.9"}, "BTC-PERP: weight_initial is for an asset; a contract has a rate"),
        ({"lot": "0"}, "BTC-PERP: lot must be above 0"),
        ({"scale": 13}, "BTC-PERP: scale must be from 0 to 12"),
        ({"segments": [{"from": "1"}] * 4}, "BTC-PERP: at most 3 segments beside the first"),
        ({"prices": []}, "BTC-PERP: prices names no symbol"),
        ({"speed": 1}, "BTC-PERP has no speed"),
        (
            {"notional_min": "-1"},
            f"BTC-PERP: notional_min must be from 0 to {10**17} in the engine's units, not -1000000",
        ),
        ({"name": "ETH-PERP"}, "ETH-PERP is listed twice"),
    ],
)
def test_bad_listings_are_refused_by_key(change: dict[str, Any], message: str):
    pool = document()
    pool["instrument"][0] |= change
    with pytest.raises(PoolFileError) as caught:
        read_pool(pool, "my.toml")
    assert str(caught.value) == f"my.toml: {message}"


def test_files_that_cannot_be_read_are_named(tmp_path: Path):
    with pytest.raises(PoolFileError, match="no such file"):
        load_pool(tmp_path / "absent.toml")
    bad = tmp_path / "bad.toml"
    bad.write_text("name = ")
    with pytest.raises(PoolFileError, match=r"^bad\.toml: "):
        load_pool(bad)


def test_amounts_of_tokens_are_exact():
    assert tokens_of("1.5") == 1_500_000
    assert Fraction(tokens_of("0.000001"), 10**6) == Fraction(1, 10**6)
    with pytest.raises(PoolFileError):
        tokens_of("1.0000001")
