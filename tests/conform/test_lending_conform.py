"""Lending protocols' vectors: Maker's auctions by ``plimsoll.accrual``; figures written down, and the whole file."""

from pathlib import Path

import pytest

from plimsoll.conform import FAILED, FORMATS, NOT_COVERED, PASSED, lending, run
from plimsoll.conform.cases import UNREAD
from plimsoll.conform.runner import run_case

VECTORS = Path(__file__).parents[2].parent / "shared" / "vectors" / "lending"
KIND = next(one for one in FORMATS if one.kind == "lending")
WAD, RAY, RAD = 10**18, 10**27, 10**45
WAITING = {"maker_liquidations2.stability_fee_drip"}

TAKE = {"lot": (40 * WAD, "wad"), "tab": (110 * RAD, "rad"), "price": (5 * RAY, "ray"), "chost": (22 * RAD, "rad")}
CURVE = {"top": (4_000 * RAY, "ray"), "cut": (999_230_132_966 * 10**15, "ray"), "dur": (1_800, "s")}
BARK = {
    "ink": (40 * WAD, "wad"),
    "art": (100 * WAD, "wad"),
    "rate": (RAY, "ray"),
    "spot": (2 * RAY, "ray"),
    "dust": (20 * RAD, "rad"),
    "chop": (WAD * 11 // 10, "wad"),
    **{name: (1_000 * RAD, "rad") for name in ("Hole", "hole")},
    **{name: (0, "rad") for name in ("Dirt", "dirt")},
}


def outcome(function, inputs, expected, **more):
    """What becomes of a case with (value, unit) inputs; numbers are text, as in the files."""
    row = {
        "case": "a",
        "function": function,
        "inputs": {name: {"value": str(value), "unit": unit} for name, (value, unit) in inputs.items()},
        "expected": {
            name: {"value": one if isinstance(one, (bool, str)) else str(one), "unit": "x"}
            for name, one in expected.items()
        },
    } | more
    [case] = lending.read({"system": "maker_liquidations2", "cases": [row]}, "x.json")
    return run_case(case, KIND)


def status(*arguments, **more):
    return outcome(*arguments, **more).status


def test_a_take_of_more_than_is_owed():
    expected = {
        "owe": 110 * RAD,
        "slice": 22 * WAD,
        "tab_after": 0,
        "lot_after": 18 * WAD,
        "outcome": "closed: tab covered, lot_after returned to owner",
    }
    inputs = TAKE | {"amt": (25 * WAD, "wad")}
    assert outcome("clip_take", inputs, expected).figures == 5
    for name, right in expected.items():
        wrong = "open" if name == "outcome" else right + 1
        assert status("clip_take", inputs, expected | {name: wrong}) == FAILED


@pytest.mark.parametrize(("expected", "said"), [({"reverts": True}, PASSED), ({"owe": 0}, FAILED)])
def test_a_part_of_the_minimum_is_refused_as_the_protocol_does(expected, said):
    inputs = TAKE | {"tab": (22 * RAD, "rad"), "amt": (WAD, "wad")}
    assert status("clip_take", inputs, expected) == said


def test_a_refusal_that_does_not_come_is_a_failure():
    assert status("clip_take", TAKE | {"amt": (25 * WAD, "wad")}, {"reverts": True}) == FAILED
    assert status("dog_bark", BARK, {"revert": "not unsafe"}) == FAILED
    assert status("dog_bark", BARK | {"ink": (50 * WAD, "wad")}, {"revert": "not unsafe"}) == PASSED


def test_each_figure_has_its_own_tolerance():
    tolerance = {"price": "absolute 0.001 RAY", "exact_integer_result": "exact"}
    exact = 1_000_000_000_258_757_259_571_414_976_000
    expected = {"price": 1_000 * RAY, "exact_integer_result": exact}
    assert status("abacus_exponential", CURVE, expected, tolerance=tolerance) == PASSED
    assert status("abacus_exponential", CURVE, expected) == FAILED
    near = {"price": 1_000 * RAY, "exact_integer_result": exact + 1}
    assert status("abacus_exponential", CURVE, near, tolerance=tolerance) == FAILED
    far = expected | {"price": exact + RAY // 1_000 + 1}
    assert status("abacus_exponential", CURVE, far, tolerance=tolerance) == FAILED


@pytest.mark.parametrize(
    ("said", "inside", "outside"),
    [("relative 1e-3", 1_000, 998), ("absolute 2 (a remark)", 1_002, 1_003), ({"*": "exact"}, 1_000, 1_001)],
)
def test_tolerances_by_pattern(said, inside, outside):
    inputs = {"top": (1_000, "ray"), "dur": (0, "s"), "tau": (5, "s")}
    tolerance = said if isinstance(said, dict) else {"pri*": said}
    assert status("abacus_linear", inputs, {"price": inside}, tolerance=tolerance) == PASSED
    assert status("abacus_linear", inputs, {"price": outside}, tolerance=tolerance) == FAILED


def test_start_prices_restarts_and_rewards():
    mark = {"val": (5 * WAD, "wad"), "par": (RAY, "ray")}
    assert status("clip_top", mark | {"buf": (RAY * 5 // 4, "ray")}, {"top": 25 * RAY // 4}) == PASSED
    assert status("spotter_poke", mark | {"mat": (2 * RAY, "ray")}, {"spot": 5 * RAY // 2}) == PASSED
    redo = {
        "top": (5 * RAY, "ray"),
        "tau": (3_600, "s"),
        "dur": (1_801, "s"),
        "tail": (3_600, "s"),
        "cusp": (RAY // 2, "ray"),
    }
    assert status("clip_needs_redo", redo, {"needs_redo": True}) == PASSED
    assert status("clip_needs_redo", redo | {"dur": (1_800, "s")}, {"needs_redo": True}) == FAILED
    reward = {"tip": (100 * RAD, "rad"), "chip": (WAD // 50, "wad"), "tab": (110 * RAD, "rad")}
    assert status("keeper_incentive", reward, {"coin": 102_200 * RAD // 1_000}) == PASSED
    again = reward | {"chost": (110 * RAD, "rad"), "lot": (20 * WAD, "wad"), "feed": (5 * WAD, "wad")}
    assert status("keeper_incentive", again, {"coin": 0}) == PASSED


@pytest.mark.parametrize(
    "inputs",
    [
        CURVE | {"dur": (1_800, "ms")},
        CURVE | {"cut": (1, "bps")},
        {name: CURVE[name] for name in ("top", "cut")},
        CURVE | {"top": ("x", "ray")},
    ],
)
def test_inputs_in_units_nobody_knows_are_not_covered(inputs):
    assert status("abacus_exponential", inputs, {"price": 0}) == NOT_COVERED


def test_interest_waits_and_says_so():
    found = outcome("stability_fee_drip", {}, {"rate": 1})
    assert (found.status, "interest" in found.said) == (NOT_COVERED, True)


def test_entries_in_another_form_leave_the_others():
    rows = [
        5,
        {"case": "b", "function": "f", "inputs": {}, "expected": {"x": {"value": "1"}}, "tolerance": {"x": "about"}},
        {"case": "c", "function": "clip_chost", "inputs": {}, "expected": {"chost": {"value": "1"}}},
    ]
    cases = lending.read({"system": "maker_liquidations2", "cases": rows}, "x.json")
    assert [one.formula for one in cases] == [UNREAD, UNREAD, "maker_liquidations2.clip_chost"]
    for other in ([], {"cases": rows}, {"system": "x", "cases": [1]}, {"system": "x"}):
        assert lending.read(other, "x.json") is None


@pytest.mark.skipif(not VECTORS.is_dir(), reason="the lending vectors are not beside the repository")
def test_whole_files():
    reports = {report.path.stem: report for report in run([VECTORS])}
    assert [one for report in reports.values() for one in report.outcomes if one.status == FAILED] == []
    maker = reports["maker_liquidations2"]
    assert maker.kind == "lending"
    assert {one.formula for one in maker.outcomes if one.status == NOT_COVERED} == WAITING
    assert maker.counts[PASSED] >= 29
