"""Every preset opens a pool in which its margins are the venue's own formula."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from plimsoll.presets import PRESETS, drift_v2, dydx_v4
from plimsoll.presets.rules_drift_margin import PerpPosition, perp_margin
from plimsoll.venue import InputRefused, Pool

PAGE = (Path(__file__).parents[2] / "docs" / "presets.md").read_text()
MARKS = {"BTC-PERP": 60_000, "ETH-PERP": 3_000}


def traded(preset, quantity="1", symbol="BTC-PERP"):
    """Margin of a taker who bought so many coins at the mark in a new pool of the preset."""
    pool = preset.open()
    pool.tick(1_000, MARKS)
    taker, maker = pool.account(owner=1), pool.account(owner=2)
    taker.deposit(100_000_000)
    maker.deposit(100_000_000)
    pool.fill(taker, maker, symbol, quantity)
    return pool, taker.margin


def test_names():
    assert {"dydx_v4", "drift_v2", "hyperliquid", "synthetix_v3"} <= set(PRESETS)
    assert all(preset.name == name for name, preset in PRESETS.items())


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_says_where_it_is_from_and_where_it_differs(name):
    preset = PRESETS[name]
    assert preset.source and preset.title and preset.notes and preset.differences
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("name", ["dydx_v4", "drift_v2", "hyperliquid", "synthetix_v3"])
def test_a_preset_opens_with_btc_and_eth_listed(name):
    with PRESETS[name].open() as pool:
        assert {"BTC-PERP", "ETH-PERP"} <= set(pool.instruments)
        assert pool.settlement == PRESETS[name].settlement


def test_some_instruments_only_and_none_that_is_not_there():
    with PRESETS["dydx_v4"].open(symbols=["ETH-PERP"]) as pool:
        assert list(pool.instruments) == ["ETH-PERP"]
    with pytest.raises(InputRefused, match="DOGE.*BTC-PERP"):
        PRESETS["dydx_v4"].open(symbols=["DOGE"])


def test_a_preset_in_a_directory_is_there_again(tmp_path):
    with PRESETS["hyperliquid"].open(tmp_path / "pool") as pool:
        root = pool.root
    with Pool.open(tmp_path / "pool") as again:
        assert again.root == root
        assert list(again.instruments) == ["BTC-PERP", "ETH-PERP"]


def test_dydx_btc_is_five_and_three_percent():
    _, margin = traded(PRESETS["dydx_v4"])
    assert (margin.initial, margin.maintenance) == (Decimal(3_000), Decimal(1_800))


@pytest.mark.parametrize("quantity", ["1", "100", "1500"])
def test_drift_grows_with_the_root_of_size(quantity):
    _, margin = traded(PRESETS["drift_v2"], quantity)
    market = drift_v2.MARKETS["BTC-PERP"]
    base = int(Fraction(quantity) * 10**9)
    position = PerpPosition(base=base, quote=0, price=MARKS["BTC-PERP"] * 10**6)
    venue = perp_margin(position, ratio=market.ratio_maintenance, imf=market.imf_factor).requirement
    # Drift cuts the rate to 1/10,000; the engine rounds it up to ppb.
    notional = Fraction(quantity) * MARKS["BTC-PERP"]
    assert 0 <= margin.maintenance - Decimal(venue) / 10**6 <= Decimal(int(notional)) / 10_000


def test_hyperliquid_second_tier_begins_at_its_bound():
    _, margin = traded(PRESETS["hyperliquid"], "2000")
    # 1,500 BTC at 1.25 %, 500 at 2.5 %, at 60,000.
    assert margin.maintenance == Decimal(1_500 * 60_000 * 125) / 10_000 + Decimal(500 * 60_000 * 25) / 1_000


def test_synthetix_grows_linearly_with_size():
    _, margin = traded(PRESETS["synthetix_v3"], "30")
    rate = Fraction(30) / 100_000 * Fraction("13.35") + Fraction("0.02")
    assert Fraction(margin.initial) == 30 * 60_000 * rate


def test_a_tier_with_open_interest_bounds():
    tier = dydx_v4.LiquidityTier(100_000, 500_000, 25_000_000_000_000, 50_000_000_000_000)
    terms = dydx_v4.listing(dydx_v4.Market(tier, -9, "10000"))
    assert (terms["open_interest_lower"], terms["open_interest_upper"]) == (25_000_000, 50_000_000)
    assert (terms["initial"], terms["maintenance"]) == (Decimal("0.1"), Decimal("0.05"))
