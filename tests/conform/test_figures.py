"""Single figures of the venues' vectors (shared/vectors/perps, the id beside each), so that they hold without them."""

import pytest

from plimsoll.conform.cases import Case
from plimsoll.conform.compare import differences
from plimsoll.conform.perps import ADAPTERS

BTC = {
    "price": 5_000_000_000,
    "exponent": -5,
    "atomic_resolution": -8,
    "im_ppm": 200_000,
    "maint_fraction_ppm": 500_000,
}
ETH = BTC | {"price": 3_000_000_000, "exponent": -6, "atomic_resolution": -9}
DRIFT_PERP = {
    "open_asks": 0,
    "quote_price_min": 1_000_000,
    "quote_price_max": 1_000_000,
    "custom_ratio": 0,
    "upnl_weight": 10_000,
    "contract": "perp",
}

FIGURES = {
    # dydx-015: initial margin rises with open interest, maintenance does not.
    "dydx.margin": (
        {
            "price": 367_500,
            "exponent": -1,
            "atomic_resolution": -6,
            "quantums": 12_000,
            "im_ppm": 200_000,
            "maint_fraction_ppm": 500_000,
            "open_interest": 408_163_265,
            "oi_lower_cap": 10_000_000_000_000,
            "oi_upper_cap": 20_000_000_000_000,
        },
        {"imr": 264_599_559, "mmr": 44_100_000},
    ),
    # dydx-065: equity is shared by maintenance.
    "dydx.bankruptcy_quote": (
        {
            "usdc": 510_000_000,
            "positions": {"BTC": BTC | {"quantums": -400_000}, "ETH": ETH | {"quantums": -100_000_000}},
            "perpetual": "ETH",
            "delta": 100_000_000,
        },
        {"quote_quantums": -306_000_000},
    ),
    # drift-083: the size premium of a whale, an open bid and its cent.
    "drift.perp_requirement": (
        DRIFT_PERP
        | {
            "base": 10_000_000_000_000,
            "quote": 0,
            "open_bids": 1_000_000_000,
            "open_orders": 1,
            "oracle_price": 100_000_000,
            "margin_ratio": 500,
            "imf_factor": 10_000,
            "upnl_imf": 0,
            "mode": "maintenance",
        },
        {"margin_requirement": 1_040_104_010_000},
    ),
    # drift-079: a liquidation in time slices.
    "drift.liquidate_perp": (
        {
            "margin_ratio": 500,
            "buffer": 200,
            "liquidator_fee": 10_000,
            "if_fee_max": 10_000,
            "step": 10_000_000,
            "oracle_price": 100_000_000,
            "open_bids": 0,
            "open_orders": 0,
            "initial_pct": 1_000,
            "duration": 150,
            "margin_freed": 70_010_000,
            "slots_elapsed": 75,
            "max_base": 10_000_000_000,
            "base": 20_000_000_000,
            "quote": -2_000_000_000,
            "collateral": 50_000_000,
        },
        {"base": 14_800_000_000, "margin_freed": 95_802_000},
    ),
    # hyperliquid-003: the second tier.
    "hl.tier_mm": (
        {"tiers": [["0", "40"], ["150000000", "20"]], "notional": "200000000"},
        {"mm": "3125000", "deduction": "1875000"},
    ),
    # hyperliquid-007: the engine's own liquidation price.
    "hl.liq_price": (
        {"price": "100", "side": 1, "margin_available": "5", "size": "1", "maintenance_leverage": "20"},
        {"liq": "94.736842"},
    ),
    # synthetix-005: a rate linear in size.
    "snx.margins": (
        {
            "size": "20",
            "price": "2000",
            "skew_scale": "1000",
            "initial_ratio": "2",
            "min_initial_ratio": "0.01",
            "maintenance_scalar": "0.5",
            "reward_ratio": "0.05",
        },
        {"im": "2000", "mm": "1000", "flag_reward": "2000"},
    ),
    # paradex-001: the worse side of open orders.
    "paradex.imr": (
        {"position": "-1", "buy_open": "3", "sell_open": "2", "imf": "0.02", "mark": "90000"},
        {"imr": "5400"},
    ),
    # perp_v1-005: a swap that is not exact costs the trader a wei.
    "perpv1.output": (
        {
            "quote_reserve": "1000000000000000000000",
            "base_reserve": "100000000000000000000",
            "dir": "remove",
            "base": "5000000000000000000",
        },
        {"quote": "52631578947368421053"},
    ),
    # vertex-005: health is the engine's equity less its requirement.
    "vertex.health": (
        {"quote": "0", "spot": [], "perps": [{"amount": "1", "price": "30000", "weight": "0.9", "vquote": "-25000"}]},
        {"health": "2000"},
    ),
}


@pytest.mark.parametrize("formula", FIGURES)
def test_a_published_figure(formula):
    inputs, expected = FIGURES[formula]
    case = Case("figure", formula, inputs, expected)
    assert differences(ADAPTERS[formula](case), expected, None) == []


@pytest.mark.parametrize("formula", FIGURES)
def test_a_figure_one_off_is_noticed(formula):
    inputs, expected = FIGURES[formula]
    wrong = {name: int(float(value)) + 1 for name, value in expected.items()}
    case = Case("figure", formula, inputs, wrong)
    assert len(differences(ADAPTERS[formula](case), wrong, None)) == len(wrong)
