"""Greeks against differences of prices, identities, and where options are settled."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plimsoll.pricing import Greeks, PricingError, black76, black_scholes, black_scholes_greeks, greeks

CASES = [
    # F, K, years, vol, call, rate
    (100.0, 100.0, 1.0, 0.5, True, 0.05),
    (100.0, 130.0, 0.25, 0.8, True, 0.0),
    (100.0, 130.0, 0.25, 0.8, False, -0.02),
    (67_000.0, 60_000.0, 0.08, 0.55, False, 0.04),
    (1.5, 1.2, 3.0, 0.2, True, 0.1),
]


def _price(f: float, k: float, t: float, s: float, call: bool, r: float) -> float:
    return float(black76(f, k, t, s, call, np.exp(-r * t)))


def _slope(of, at: float, step: float) -> float:
    """Richardson's central difference: error of the fourth order in the step."""
    first = (of(at + step) - of(at - step)) / (2 * step)
    second = (of(at + step / 2) - of(at - step / 2)) / step
    return (4 * second - first) / 3


@pytest.mark.parametrize("case", CASES)
def test_first_order(case) -> None:
    f, k, t, s, call, r = case
    found = greeks(f, k, t, s, call, np.exp(-r * t), r)
    assert found.price == _price(*case)
    assert found.delta == pytest.approx(_slope(lambda x: _price(x, k, t, s, call, r), f, 1e-3 * f), rel=1e-7)
    assert found.vega == pytest.approx(_slope(lambda x: _price(f, k, t, x, call, r), s, 1e-3 * s), rel=1e-7)
    assert found.theta == pytest.approx(-_slope(lambda x: _price(f, k, x, s, call, r), t, 1e-3 * t), rel=1e-7)
    assert found.rho == pytest.approx(_slope(lambda x: _price(f, k, t, s, call, x), r, 1e-3), rel=1e-7)


@pytest.mark.parametrize("case", CASES)
def test_second_order(case) -> None:
    f, k, t, s, call, r = case
    d = float(np.exp(-r * t))
    found = greeks(f, k, t, s, call, d, r)
    assert found.gamma == pytest.approx(_slope(lambda x: greeks(x, k, t, s, call, d).delta, f, 1e-3 * f), rel=1e-7)
    assert found.vanna == pytest.approx(_slope(lambda x: greeks(f, k, t, x, call, d).delta, s, 1e-3 * s), rel=1e-7)
    assert found.volga == pytest.approx(_slope(lambda x: greeks(f, k, t, x, call, d).vega, s, 1e-3 * s), rel=1e-6)


@pytest.mark.parametrize("call", [True, False])
def test_on_the_spot(call: bool) -> None:
    s, k, t, vol, r, q = 100.0, 105.0, 0.5, 0.4, 0.06, 0.02
    found = black_scholes_greeks(s, k, t, vol, r, q, call)

    def price(s=s, t=t, vol=vol, r=r):
        return float(black_scholes(s, k, t, vol, r, q, call))

    assert found.price == price()
    assert found.delta == pytest.approx(_slope(lambda x: price(s=x), s, 0.1), rel=1e-8)
    assert found.vega == pytest.approx(_slope(lambda x: price(vol=x), vol, 1e-3), rel=1e-8)
    assert found.theta == pytest.approx(-_slope(lambda x: price(t=x), t, 1e-3), rel=1e-8)
    assert found.rho == pytest.approx(_slope(lambda x: price(r=x), r, 1e-3), rel=1e-8)

    def delta(s=s, vol=vol):
        return float(black_scholes_greeks(s, k, t, vol, r, q, call).delta)

    assert found.gamma == pytest.approx(_slope(lambda x: delta(s=x), s, 0.1), rel=1e-8)
    assert found.vanna == pytest.approx(_slope(lambda x: delta(vol=x), vol, 1e-3), rel=1e-8)


@given(st.floats(1.0, 1e5), st.floats(0.2, 5.0), st.floats(0.01, 3.0), st.floats(0.05, 3.0))
def test_call_and_put_share_what_depends_on_vol(f: float, ratio: float, t: float, s: float) -> None:
    both = greeks(f, f * ratio, t, s, [True, False])
    for name in ("gamma", "vega", "vanna", "volga"):
        call, put = getattr(both, name)
        assert call == put
    assert both.delta[0] - both.delta[1] == pytest.approx(1.0, abs=1e-15)


def test_black_scholes_equation() -> None:
    """theta + ½σ²F²·gamma = r·price: the equation the price solves on a forward."""
    f, k, t, s, call, r = CASES[0]
    found = greeks(f, k, t, s, call, np.exp(-r * t), r)
    assert found.theta + 0.5 * s * s * f * f * found.gamma == pytest.approx(r * found.price, rel=1e-13)


def test_settled_options() -> None:
    expired = greeks([110.0, 90.0, 100.0], 100.0, 0.0, 0.5, True, 1.0)
    assert expired.delta.tolist() == [1.0, 0.0, 0.5]
    for name in ("gamma", "vega", "theta", "vanna", "volga"):
        assert getattr(expired, name).tolist() == [0.0, 0.0, 0.0], name
    assert greeks([110.0, 90.0], 100.0, 0.0, 0.5, False).delta.tolist() == [0.0, -1.0]
    saturated = greeks(100.0, 100.0, 1.0, 24.0, [True, False], 0.9)
    assert saturated.delta.tolist() == [0.9, 0.0]
    assert greeks(100.0, 0.0, 1.0, 0.5, [True, False], 0.9).delta.tolist() == [0.9, 0.0]
    assert greeks(0.0, 100.0, 1.0, 0.5, [True, False], 0.9).delta.tolist() == [0.0, -0.9]


def test_shapes_and_refusals() -> None:
    found = greeks(np.full((2, 3), 100.0), 100.0, 1.0, 0.5, True, rate=[0.0, 0.1, 0.2])
    assert isinstance(found, Greeks)
    assert {array.shape for array in found} == {(2, 3)}
    assert isinstance(greeks(100.0, 100.0, 1.0, 0.5, True).delta, float)
    with pytest.raises(PricingError, match="rate must be finite"):
        greeks(100.0, 100.0, 1.0, 0.5, True, rate=np.nan)
    with pytest.raises(PricingError, match="shapes do not go together"):
        greeks([1.0, 2.0], 1.0, 1.0, 0.5, True, rate=[0.0, 0.1, 0.2])
