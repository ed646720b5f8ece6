"""First passage to liquidation, and SIMM for one currency."""

import json
from pathlib import Path

import numpy as np
import pytest

from plimsoll.risk import RiskError, SimmRates, liquidation_barrier, passage_probability, simm_ir

VECTORS = Path(__file__).parents[2].parent / "shared" / "vectors" / "risk" / "risk_models.json"


@pytest.mark.parametrize(
    ("leverage", "maintenance", "expected"),
    [
        (20, 0.025, (0.4134917023196193, 0.7642941048479901, 0.8911023522423904)),
        (10, 0.03, (0.01773014165998181, 0.38121263727841137, 0.687826390519459)),
        (5, 0.05, (4.848795174664642e-08, 0.042057188754912864, 0.34561396218192064)),
    ],
)
def test_first_passage_closed_form(leverage, maintenance, expected):
    # risk_models.json gbm.liquidation: vol 60 %, no drift, 1, 7 and 30 days
    barrier = liquidation_barrier(1.0, leverage, maintenance)
    found = [passage_probability(1.0, barrier, 0.6, days / 365) for days in (1, 7, 30)]
    assert found == pytest.approx(expected, abs=1e-12)


def test_first_passage_against_simulated_paths():
    generator = np.random.Generator(np.random.PCG64(11))
    steps, paths, vol, years, drift = 400, 20_000, 0.8, 7 / 365, 0.3
    moves = generator.normal((drift - vol**2 / 2) * years / steps, vol * np.sqrt(years / steps), (paths, steps))
    lowest, highest = np.cumsum(moves, axis=1).min(axis=1), np.cumsum(moves, axis=1).max(axis=1)
    # Discrete paths miss some crossings: the barrier is moved by 0.5826 of a step's deviation (Broadie et al. 1997).
    shift = 0.5826 * vol * np.sqrt(years / steps)
    below = passage_probability(1.0, 0.9, vol, years, drift)
    above = passage_probability(1.0, 1.1, vol, years, drift)
    assert np.mean(lowest < np.log(0.9) + shift) == pytest.approx(below, abs=0.012)
    assert np.mean(highest > np.log(1.1) - shift) == pytest.approx(above, abs=0.012)


def test_passage_edges():
    assert passage_probability(1.0, 1.0, 0.5, 0.0) == 1.0
    assert passage_probability(1.0, 0.9, 0.5, 0.0) == 0.0
    assert passage_probability(1.0, 0.0, 0.5, 1.0) == 0.0
    assert liquidation_barrier(100.0, 1.0, 0.05) == 0.0
    with pytest.raises(RiskError, match="vol"):
        passage_probability(1.0, 0.9, 0.0, 1.0)
    with pytest.raises(RiskError, match="leverage"):
        liquidation_barrier(1.0, 0.5, 0.05)


RATES = SimmRates({"1y": 60.0, "5y": 50.0}, {"1y|5y": 0.8}, 0.99, 0.2, 0.5)


def test_simm_by_hand():
    margin = simm_ir([("1y", "OIS", 1.0), ("5y", "OIS", -1.0)], [("1y", 100.0)], RATES)
    assert margin.delta == pytest.approx(np.sqrt(60**2 + 50**2 - 2 * 0.8 * 60 * 50))
    assert margin.vega == pytest.approx(20.0)
    risk = 0.5 * 14 / 365 * 100.0
    # One positive curvature risk: theta 0, lambda = 2.5758^2 - 1, so (1 + lambda) risk / 0.5^2.
    assert margin.curvature == pytest.approx(risk * 2.5758293035489**2 / 0.25, rel=1e-12)
    assert margin.total == margin.delta + margin.vega + margin.curvature


def test_simm_curvature_of_a_seller_is_not_negative():
    assert simm_ir([], [("1y", -100.0)], RATES).curvature == 0.0
    assert simm_ir([], [], RATES).total == 0.0


def test_simm_names_what_it_lacks():
    with pytest.raises(RiskError, match="no tenor '7y'"):
        simm_ir([("7y", "OIS", 1.0)], [], RATES)
    with pytest.raises(RiskError, match="no correlation of 1y with 2y"):
        simm_ir([], [("1y", 1.0), ("2y", 1.0)], RATES)


@pytest.mark.parametrize(("horizon", "days"), [("10", 14.0), ("1", 1.4)])
def test_simm_of_ore(horizon, days):
    if not VECTORS.exists():
        pytest.skip("the shared vectors are not beside the repository")
    case = {one["id"]: one for one in json.loads(VECTORS.read_text())["vectors"]}["simm26.ore.usd_ir"]
    inputs, expected = case["inputs"], case["expected"][f"{horizon}d"]
    rates = SimmRates(
        inputs["risk_weights"][horizon],
        inputs["tenor_correlation"],
        inputs["subcurve_correlation"],
        inputs["vega_rw"][horizon],
        inputs["hvr"][horizon],
        days,
    )
    deltas = [(tenor, curve, amount) for kind, tenor, curve, amount in inputs["crif"] if kind == "Risk_IRCurve"]
    vegas = [(tenor, amount) for kind, tenor, _, amount in inputs["crif"] if kind == "Risk_IRVol"]
    found = simm_ir(deltas, vegas, rates)
    parts = (found.delta, found.vega, found.curvature_spread, found.curvature, found.total)
    wanted = [expected[name] for name in ("delta", "vega", "curvature_K", "curvature", "total")]
    assert parts == pytest.approx(wanted, rel=1e-9)
