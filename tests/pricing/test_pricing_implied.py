"""Implied vol: round trips within what a float allows, and a reason wherever there is no answer."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from plimsoll.pricing import PricingError, Reason, black76, greeks, implied_vol

EPSILON = float(np.finfo(np.float64).eps)


def _reason(*inputs: float, **more: float) -> Reason:
    found = implied_vol(*inputs, **more)
    assert math.isnan(found.vol) == (found.reason != Reason.FOUND)
    return Reason(int(found.reason))


@given(
    st.floats(1e-3, 1e6), st.floats(-2.5, 2.5), st.floats(0.02, 4.0), st.floats(1e-3, 10.0), st.booleans(),
    st.floats(0.5, 1.1),
)  # fmt: skip
def test_round_trip(f: float, deviations: float, v: float, t: float, call: bool, d: float) -> None:
    """Strikes within 2.5 deviations of the forward: vol comes back to 1e-12 wherever the price carries that much."""
    k, vol = f * math.exp(deviations * v), v / math.sqrt(t)
    price = black76(f, k, t, vol, call, d)
    # What one rounding of the price, or of the parity that turns it, is worth in relative vol.
    worth = EPSILON * max(f, k) * d / (float(greeks(f, k, t, vol, call, d).vega) * vol)
    assume(worth < 1e-13)
    found = implied_vol(price, f, k, t, call, d)
    assert found.reason == Reason.FOUND
    assert found.vol == pytest.approx(vol, rel=1e-12)


def test_round_trip_of_many_prices_is_as_good_as_the_prices() -> None:
    random, n = np.random.default_rng(7), 200_000
    f = np.exp(random.uniform(-3, 12, n))
    v = np.exp(random.uniform(math.log(1e-3), math.log(15), n))
    t = np.exp(random.uniform(-9, 2, n))
    k = f * np.exp(random.normal(0, 1, n) * v * 1.5)
    call, d, vol = random.random(n) < 0.5, np.exp(-0.03 * t), v / np.sqrt(t)
    found = implied_vol(black76(f, k, t, vol, call, d), f, k, t, call, d)
    with np.errstate(divide="ignore"):
        worth = EPSILON * np.maximum(f, k) * d / (greeks(f, k, t, vol, call, d).vega * vol)
    sane = worth < 1e-6
    assert sane.mean() > 0.85
    assert (found.reason[sane] == Reason.FOUND).all()
    assert (np.abs(found.vol / vol - 1)[sane] <= 8 * worth[sane] + 4 * EPSILON).all()
    assert not (found.reason == Reason.NOT_CONVERGED).any()


def test_prices_far_below_a_float_of_the_forward() -> None:
    """An out-of-the-money price is its own time value, however small: nothing is lost against the forward."""
    tiny = black76(1.0, 1.0, 1.0, 0.3, True) * 1e-40
    found = implied_vol(tiny, 1.0, 3.0, 1.0, True)
    assert found.reason == Reason.FOUND
    # 40 orders down the price is φ-like: check by the leading term of its logarithm, −x²/(2v²).
    x = math.log(3.0)
    assert math.log(tiny) == pytest.approx(-(x**2) / (2 * float(found.vol) ** 2), rel=0.15)


def test_at_the_money_is_closed() -> None:
    vol = np.array([1e-8, 1e-4, 0.2, 1.0, 5.0])
    found = implied_vol(black76(100.0, 100.0, 1.0, vol, True), 100.0, 100.0, 1.0, True)
    assert (np.abs(found.vol / vol - 1) < [1e-7, 1e-11, 1e-14, 1e-14, 1e-13]).all()


class TestReasons:
    def test_not_finite(self) -> None:
        for place in range(4):
            inputs = [10.0, 100.0, 100.0, 1.0]
            for bad in (math.nan, math.inf, -math.inf):
                inputs[place] = bad
                assert _reason(*inputs, True) == Reason.NOT_FINITE
        assert _reason(10.0, 100.0, 100.0, 1.0, True, math.nan) == Reason.NOT_FINITE

    @pytest.mark.parametrize(
        "inputs", [(1.0, 0.0, 1.0, 1.0), (1.0, 1.0, 0.0, 1.0), (1.0, -1.0, 1.0, 1.0), (1.0, 1.0, 1.0, -1e-9)]
    )
    def test_not_positive(self, inputs: tuple[float, ...]) -> None:
        assert _reason(*inputs, True) == Reason.NOT_POSITIVE
        assert _reason(1.0, 1.0, 1.0, 1.0, True, 0.0) == Reason.NOT_POSITIVE

    def test_at_expiry(self) -> None:
        assert _reason(10.0, 110.0, 100.0, 0.0, True) == Reason.AT_EXPIRY

    def test_around_intrinsic_value(self) -> None:
        assert _reason(10.0, 110.0, 100.0, 1.0, True) == Reason.NO_TIME_VALUE
        assert _reason(10.0 - 1e-11, 110.0, 100.0, 1.0, True) == Reason.BELOW_INTRINSIC
        assert _reason(10.0 + 1e-11, 110.0, 100.0, 1.0, True) == Reason.FOUND
        assert _reason(0.0, 90.0, 100.0, 1.0, True) == Reason.NO_TIME_VALUE
        assert _reason(-1e-300, 90.0, 100.0, 1.0, True) == Reason.BELOW_INTRINSIC
        assert _reason(1e-300, 90.0, 100.0, 1.0, True) == Reason.FOUND

    def test_around_the_maximum(self) -> None:
        assert _reason(100.0, 100.0, 90.0, 1.0, True) == Reason.ABOVE_MAXIMUM
        assert _reason(90.0, 100.0, 90.0, 1.0, False) == Reason.ABOVE_MAXIMUM
        assert _reason(99.9999, 100.0, 90.0, 1.0, True) == Reason.FOUND
        assert _reason(91.0, 100.0, 90.0, 1.0, False) == Reason.ABOVE_MAXIMUM

    def test_one_bad_element_does_not_touch_the_others(self) -> None:
        found = implied_vol([10.0, math.nan, 10.0], 100.0, 100.0, [1.0, 1.0, 0.0], True)
        assert found.reason.tolist() == [Reason.FOUND, Reason.NOT_FINITE, Reason.AT_EXPIRY]
        assert np.isfinite(found.vol).tolist() == [True, False, False]


def test_shapes() -> None:
    found = implied_vol(np.full((2, 1), 10.0), 100.0, [100.0, 101.0, 102.0], 1.0, True)
    assert found.vol.shape == found.reason.shape == (2, 3)
    assert implied_vol([], 100.0, 100.0, 1.0, True).vol.shape == (0,)
    with pytest.raises(PricingError, match="shapes do not go together"):
        implied_vol([1.0, 2.0], [1.0, 2.0, 3.0], 1.0, 1.0, True)
