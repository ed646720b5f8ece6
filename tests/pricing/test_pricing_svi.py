"""The raw SVI smile: Derive's vectors and clamps, derivatives, arbitrage checks, fits that find what was put in."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from plimsoll.pricing import PricingError, Svi, black76, fit_svi, svi_vol
from plimsoll.pricing.svi import butterfly, calendar_gap, density_factor
from plimsoll.pricing.svi.problem import Problem, density, variance

SHARED = Path(__file__).parents[2].parent / "shared"
WAD = 1e18
SMILE = Svi(0.01, 0.1, -0.3, 0.02, 0.15)
# Gatheral and Jacquier (2014), section 3: Axel Vogt's smile, with butterfly arbitrage.
VOGT = Svi(-0.0410, 0.1331, 0.3060, 0.3586, 0.4153)
K = np.linspace(-0.6, 0.6, 25)


def test_derive_vectors() -> None:
    path = SHARED / "vectors" / "derive" / "inline.json"
    if not path.is_file():
        pytest.skip("shared vectors are not beside the repository: vectors/derive/inline.json")
    cases = [case for case in json.loads(path.read_text())["cases"] if case["group"] == "svi"]
    assert len(cases) == 10
    for case in cases:
        value = {name: float(text) / WAD for name, text in case["inputs"].items() if name != "k_div_1e12"}
        params = Svi(*(value[name] for name in Svi._fields))
        inputs = (value["strike"], params, value["forwardPrice"], value["tau"])
        if "error" in case["expected"]:
            with pytest.raises(PricingError, match="forward must be finite and above zero"):
                svi_vol(*inputs)
        elif "vol_div_1e12" in case["expected"]:
            assert math.floor(svi_vol(*inputs) * 1e6) == int(case["expected"]["vol_div_1e12"]), case["case"]
        else:
            expected = float(case["expected"]["vol"]) / WAD
            tolerance = 1e-14 if "1e4 wei" in case["tolerance"] else 1e-4
            assert svi_vol(*inputs) == pytest.approx(expected, abs=tolerance), case["case"]


def test_derive_figure() -> None:
    # lyra-utils SVI.t.sol, set 1, K = 2100.
    params = Svi(0.027616438356164386, 0.041424657534246574, 0.003452054794520548, 0.001726027397260274, 0.000345205479452055)  # fmt: skip # noqa: E501
    assert svi_vol(2100.0, params, 1805.0, 0.038356164383561646) == pytest.approx(0.939244986304054, abs=1e-14)


class TestClamps:
    def test_strike_of_zero_has_no_vol(self) -> None:
        assert svi_vol([0.0, 100.0], SMILE, 100.0, 1.0).tolist()[0] == 0.0
        assert svi_vol(0.0, SMILE, 0.0, 1.0) == 0.0

    def test_forward_of_zero(self) -> None:
        with pytest.raises(PricingError, match="forward must be finite and above zero"):
            svi_vol(100.0, SMILE, 0.0, 1.0)

    def test_level_below_zero(self) -> None:
        with pytest.raises(PricingError, match=r"a \+ b·sigma is negative"):
            svi_vol(100.0, Svi(-0.1, 0.1, 0.0, 0.0, 0.9), 100.0, 1.0)
        # b·sigma = −a to the last bit is still a level of zero: k is held at 0.
        assert svi_vol([1.0, 1e6], Svi(-0.125, 0.25, 0.0, 0.0, 0.5), 100.0, 1.0).tolist() == [0.0, 0.0]

    def test_variance_below_zero(self) -> None:
        with pytest.raises(PricingError, match="total variance is negative"):
            svi_vol(50.0, Svi(-0.02, 0.1, 0.99, 0.0, 0.3), 100.0, 1.0)

    def test_moneyness_is_held(self) -> None:
        bound = 4 * math.sqrt(SMILE.a + SMILE.b * SMILE.sigma)
        at, beyond = svi_vol(100.0 * np.exp([bound, bound + 5]), SMILE, 100.0, 1.0)
        assert at == pytest.approx(beyond, rel=1e-14)
        low, lowest = svi_vol([100.0 * math.exp(-bound), 1e-320], SMILE, 100.0, 1.0)
        assert low == pytest.approx(lowest, rel=1e-14)

    def test_variance_is_held_at_144(self) -> None:
        assert svi_vol(100.0, Svi(200.0, 0.1, 0.0, 0.0, 0.1), 100.0, 4.0) == 6.0

    @pytest.mark.parametrize("place", range(5))
    def test_parameters_must_be_finite(self, place: int) -> None:
        values = list(SMILE)
        values[place] = math.nan
        with pytest.raises(PricingError, match=f"^{Svi._fields[place]} must be finite"):
            svi_vol(100.0, Svi(*values), 100.0, 1.0)

    def test_time_must_be_above_zero(self) -> None:
        with pytest.raises(PricingError, match="years_reference must be finite and above zero"):
            svi_vol(100.0, SMILE, 100.0, 0.0)


class TestArbitrage:
    def test_vogts_smile_is_arbitrageable(self) -> None:
        found = butterfly(VOGT, -1.5, 1.5)
        assert not found.ok
        # Gatheral and Jacquier's figure 1 shows the dip near k = 0.9.
        assert 0.7 < found.k < 1.1
        assert found.min_g == pytest.approx(float(density_factor(VOGT, found.k)), rel=1e-12)

    def test_a_flat_smile_is_not(self) -> None:
        assert butterfly(Svi(0.04, 0.0, 0.0, 0.0, 1.0))[:2] == (True, 1.0)

    def test_wings_steeper_than_two(self) -> None:
        found = butterfly(Svi(1.0, 1.5, 0.5, 0.0, 5.0))
        assert not found.ok
        assert found.min_g <= 0.25 - (1.5 * 1.5) ** 2 / 16

    def test_g_is_the_density(self) -> None:
        """g(k)·φ(d2)/(K·√w) is the density of the price at expiry: the second difference of calls by strike."""
        k, step = np.linspace(-0.4, 0.4, 9), 1e-4

        def call(strike: np.ndarray) -> np.ndarray:
            return black76(1.0, strike, 1.0, np.sqrt(SMILE.total_variance(np.log(strike))), True)

        strike = np.exp(k)
        second = (call(strike + step) - 2 * call(strike) + call(strike - step)) / step**2
        w = SMILE.total_variance(k)
        d2 = -k / np.sqrt(w) - np.sqrt(w) / 2
        expected = density_factor(SMILE, k) * np.exp(-d2 * d2 / 2) / np.sqrt(2 * np.pi * w) / strike
        assert second == pytest.approx(expected, rel=1e-5)

    def test_shrinking_a_smile_keeps_it_free_of_arbitrage(self) -> None:
        """What the surface does before its first expiry: g is concave in the factor, and not negative at 0."""
        grid = np.linspace(-3, 3, 301)
        border = fit_svi(K, VOGT.total_variance(K)).params
        for factor in (0.5, 0.1, 1e-3):
            small = Svi(border.a * factor, border.b * factor, *border[2:])
            assert density_factor(small, grid).min() >= -1e-8

    def test_calendar_gap(self) -> None:
        assert calendar_gap(SMILE, Svi(SMILE.a + 0.01, *SMILE[1:])) == pytest.approx(0.01, rel=1e-12)
        assert calendar_gap(Svi(SMILE.a + 0.01, *SMILE[1:]), SMILE) == pytest.approx(-0.01, rel=1e-12)


def test_slopes_and_derivatives() -> None:
    h = 1e-6
    first, second = SMILE.slopes(K)
    assert first == pytest.approx((SMILE.total_variance(K + h) - SMILE.total_variance(K - h)) / (2 * h), rel=1e-7)
    assert second == pytest.approx((SMILE.slopes(K + h)[0] - SMILE.slopes(K - h)[0]) / (2 * h), rel=1e-7)
    theta = np.array([0.6, 0.7, -0.3, 0.2, -0.4])
    x, scale = np.linspace(-3, 3, 13), 0.4
    for of in (lambda t: variance(t, x), lambda t: density(t, x, scale)):
        by = of(theta)[1]
        for column in range(5):
            step = np.zeros(5)
            step[column] = 1e-6
            assert by[:, column] == pytest.approx(
                (of(theta + step)[0] - of(theta - step)[0]) / 2e-6, rel=1e-6, abs=1e-9
            )
    smile = Problem(x, x, x, scale).svi(theta)
    assert smile.total_variance(x * scale) / scale**2 == pytest.approx(variance(theta, x)[0], rel=1e-12)
    assert density_factor(smile, x * scale) == pytest.approx(density(theta, x, scale)[0], rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(
    st.floats(0.02, 0.5), st.floats(0.3, 1.2), st.floats(-0.7, 0.7), st.floats(-0.5, 0.5), st.floats(0.3, 1.5),
    st.floats(1e-4, 1.0),
)  # fmt: skip
def test_a_smile_is_found_again(least: float, b: float, rho: float, m: float, sigma: float, scale: float) -> None:
    """Twenty-one exact points of a smile without arbitrage, of any size of variance, give the smile back."""
    true = Problem(K, K, K, scale).svi(np.array([least, b, rho, m, math.log(sigma)]))
    points = np.linspace(-3.0, 3.0, 21) * scale
    assume(butterfly(true, points[0], points[-1]).ok)
    w = true.total_variance(points)
    found = fit_svi(points, w)
    assert found.butterfly_ok
    assert np.abs(found.params.total_variance(points) / w - 1).max() < 1e-4
    assert found.error <= 1e-4 * w.max()


def test_arbitrage_in_the_points_is_removed_or_reported() -> None:
    w = VOGT.total_variance(np.linspace(-1.5, 1.5, 41))
    k = np.linspace(-1.5, 1.5, 41)
    free = fit_svi(k, w, no_arbitrage=False)
    assert not free.butterfly_ok
    assert free.params == pytest.approx(VOGT, rel=1e-4)
    held = fit_svi(k, w)
    assert held.butterfly_ok and held.constrained
    assert held.min_g >= 0
    assert butterfly(held.params, -1.5, 1.5).ok
    assert free.error < held.error < 0.02


def test_neighbours_are_not_crossed() -> None:
    floor = Svi(SMILE.a + 0.004, *SMILE[1:])
    ceiling = Svi(SMILE.a - 0.004, *SMILE[1:])
    w = SMILE.total_variance(K)
    above, below = fit_svi(K, w, floor=floor), fit_svi(K, w, ceiling=ceiling)
    for fit, side, limit in ((above, 1, floor), (below, -1, ceiling)):
        assert fit.calendar_ok and fit.constrained
        assert (side * (fit.params.total_variance(K) - limit.total_variance(K))).min() >= -1e-7
        # The best that is allowed is the limit itself.
        assert fit.error == pytest.approx(0.004, rel=1e-2)
    assert not fit_svi(K, w, floor=floor, no_arbitrage=False).calendar_ok


def test_weights_decide() -> None:
    w = SMILE.total_variance(K)
    w[0] *= 2.0
    weights = np.ones(K.size)
    weights[0] = 0.0
    assert fit_svi(K, w, weights).params.total_variance(K[1:]) == pytest.approx(w[1:], rel=1e-4)
    assert np.abs(fit_svi(K, w).params.total_variance(K[1:]) / w[1:] - 1).max() > 0.01


class TestRefusals:
    @pytest.mark.parametrize(
        ("k", "w", "says"),
        [
            (K[:4], np.ones(4), "5 different strikes with a weight are needed, not 4"),
            (np.zeros(9), np.ones(9), "not 1"),
            ([], [], "not 0"),
            (np.ones((5, 5)), np.ones((5, 5)), "one row of points"),
            (K, np.zeros(K.size), "total_variance must be finite and above zero"),
            (K * np.nan, np.ones(K.size), "k must be finite"),
            (K, np.ones(3), "shapes do not go together"),
        ],
    )
    def test_points(self, k: object, w: object, says: str) -> None:
        with pytest.raises(PricingError, match=says):
            fit_svi(k, w)  # type: ignore[arg-type]

    def test_weights_and_reach(self) -> None:
        with pytest.raises(PricingError, match="weights must be finite and not negative"):
            fit_svi(K, SMILE.total_variance(K), -np.ones(K.size))
        with pytest.raises(PricingError, match="not 0"):
            fit_svi(K, SMILE.total_variance(K), np.zeros(K.size))
        with pytest.raises(PricingError, match="reach must be"):
            fit_svi(K, SMILE.total_variance(K), reach=(1.0, -1.0))


def test_a_floor_binds_where_it_is_asked_to() -> None:
    """A floor that lies above the smile on the right only: asked for on the left, it asks for nothing."""
    w = SMILE.total_variance(K)
    floor = Svi(SMILE.a - 0.002, SMILE.b, min(SMILE.rho + 0.4, 0.9), SMILE.m, SMILE.sigma)
    below = floor.total_variance(K) < w
    assert below[0] and not below[-1]
    left = (float(K[0]), float(K[below][-1]))
    assert not fit_svi(K, w, floor=floor, floor_reach=left).constrained
    everywhere = fit_svi(K, w, floor=floor)
    assert everywhere.constrained and everywhere.calendar_ok
    assert (everywhere.params.total_variance(K) >= floor.total_variance(K) - 1e-6).all()
    with pytest.raises(PricingError, match="floor_reach must be"):
        fit_svi(K, w, floor=floor, floor_reach=(1.0, -1.0))
