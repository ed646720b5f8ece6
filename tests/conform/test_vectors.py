"""The venues' vector files beside the project, where they are there: nothing fails, and most is covered."""

from pathlib import Path

import pytest

from plimsoll.conform import FAILED, NOT_COVERED, PASSED, run

VECTORS = Path(__file__).parents[2].parent / "shared" / "vectors" / "perps"
COVERED_MIN = 0.9


@pytest.fixture(scope="module")
def reports():
    if not VECTORS.is_dir():
        pytest.skip(f"the vector files are not beside the project: {VECTORS}")
    return list(run([VECTORS]))


def test_no_case_fails(reports):
    failed = [f"{one.id}: {one.said}" for report in reports for one in report.outcomes if one.status == FAILED]
    assert failed == []


@pytest.mark.parametrize("venue", ["dydx", "drift", "hyperliquid", "synthetix", "paradex", "gmx", "perp_v1", "vertex"])
def test_most_cases_of_a_venue_are_covered(reports, venue):
    (report,) = (report for report in reports if report.path.stem == venue)
    counts = report.counts
    assert counts[PASSED] >= COVERED_MIN * sum(counts.values()) > 0


def test_what_is_not_covered_says_why(reports):
    missing = [one for report in reports for one in report.outcomes if one.status == NOT_COVERED]
    assert all(one.said for one in missing)
    assert {one.formula for one in missing} <= {"dydx.margin"}, "only positions beyond the engine's limits are left out"
