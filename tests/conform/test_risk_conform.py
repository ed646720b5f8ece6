"""Published risk-model numbers through the engine and plimsoll.risk: figures written down here, and the whole file."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from plimsoll.conform import risk_models
from plimsoll.conform.registry import Format
from plimsoll.conform.runner import FAILED, NOT_COVERED, PASSED, run, run_case

FILE = Path(__file__).parents[2].parent / "shared" / "vectors" / "risk" / "risk_models.json"
LEFT_OUT = {"garch", "hamilton"}

# docs.deribit.com, private/simulate: the example's positions and parameters, and the margins it prints.
DERIBIT = {
    "id": "deribit.pme.example",
    "inputs": {
        "positions_coin": {"BTC-PERPETUAL": 0.314538364, "BTC-28JUN24": -0.001187534},
        "price_range": 0.16,
        "buckets_each_side": 4,
        "extended_moves": [-0.66, -0.33, 0.5, 1, 2, 3, 4, 5],
        "extended_table_factor": 1,
        "extended_dampener_usd": 100000,
        "pnl_offset": 0.0,
        "min_annualised_move": 0.01,
        "annualised_move_risk": 0.075,
        "delta_total_liq_shock_threshold_usd": 20000000,
        "mm_factor": 0.8,
        "volatility_range_up": 0.5,
        "volatility_range_down": 0.25,
        "short_term_vega_power": 0.3,
        "long_term_vega_power": 0.13,
        "min_volatility_for_shock_up": 0.5,
        "index": 65666.19,
        "mmp_margin": 0.06,
        "open_orders_margin": 1.8212e-05,
        "timestamp_ms": 1718619740501,
    },
    "expected": {"initial_margin": 0.122861343, "maintenance_margin": 0.050274504784, "roll_shock": 0.00315725898},
}


def read(*rows):
    document = json.loads(json.dumps({"vectors": rows}), parse_float=Decimal)
    return risk_models.read(document, "x.json")


def statuses(*rows):
    return [run_case(case, Format("risk", risk_models.read, risk_models.ADAPTERS)).status for case in read(*rows)]


class TestDeribit:
    def test_published_example(self):
        assert statuses(DERIBIT) == [PASSED]

    def test_nine_decimals(self):
        [case] = read(DERIBIT)
        found = risk_models.ADAPTERS["deribit.pme"](case)
        assert round(float(found["initial_margin"]), 9) == 0.122861343
        assert round(float(found["maintenance_margin"]), 9) == 0.050274505

    def test_a_wrong_margin_fails(self):
        wrong = {**DERIBIT, "expected": {"initial_margin": 0.122861353}}
        assert statuses(wrong) == [FAILED]

    def test_far_contracts_have_a_larger_roll_shock(self):
        # One coin each way: nothing is lost, but the roll of a contract that expires in a year is 7.5 %.
        inputs = {
            **DERIBIT["inputs"],
            "positions_coin": {"BTC-PERPETUAL": 1.0, "BTC-27JUN25": -1.0},
            "mmp_margin": 0,
            "open_orders_margin": 0,
        }
        left = datetime(2025, 6, 27, 8, tzinfo=UTC).timestamp() - DERIBIT["inputs"]["timestamp_ms"] / 1000
        years = left / (365 * 86_400)
        roll = 0.01 + 0.075 * years
        far = {"id": "deribit.pme.x", "inputs": inputs, "expected": {"initial_margin": roll, "roll_shock": roll}}
        assert statuses(far) == [PASSED]

    def test_above_the_threshold_nothing_is_claimed(self):
        inputs = {**DERIBIT["inputs"], "positions_coin": {"BTC-PERPETUAL": 400.0}}
        assert statuses({**DERIBIT, "inputs": inputs}) == [NOT_COVERED]


def test_open_interest_raises_the_engines_initial_rate():
    # dYdX v4's mid-cap tier: 5 % up to 40 M, all of it from 100 M.
    inputs = {"base_imf": 0.05, "lower": 4e7, "upper": 1e8, "open_notional": [3e7, 7e7, 1e8]}
    assert statuses({"id": "dydx.oimf", "inputs": inputs, "expected": [0.05, 0.525, 1.0], "tolerance": 1e-12}) == [
        PASSED
    ]


def test_span_requirements_are_exact():
    inputs = {"future": [0, 3330, -3330, 10000, -10000], "call": [460, 2640, -1270, 8060, -3380]}
    expected = {"future_requirement": 10000, "long_call_requirement": 3380, "covered_write_requirement": 6620}
    assert statuses({"id": "span.mcmillan", "inputs": inputs, "expected": expected, "tolerance": 0}) == [PASSED]


def test_unknown_entries_are_not_covered():
    assert statuses({"id": "tomorrow", "inputs": {}, "expected": {"x": 1}}) == [NOT_COVERED]
    assert risk_models.read({"vectors": []}, "x.json") is None
    assert risk_models.read([], "x.json") is None


@pytest.mark.skipif(not FILE.is_file(), reason="the risk vectors are not beside the repository")
def test_whole_file():
    [report] = run([FILE])
    assert report.kind == "risk"
    assert [(one.id, one.said) for one in report.outcomes if one.status == FAILED] == []
    assert {one.formula for one in report.outcomes if one.status == NOT_COVERED} <= LEFT_OUT
    assert report.counts[PASSED] >= 12
