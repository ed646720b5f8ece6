"""Forwards from rates and from parity; coin-margined prices, profits and Greeks."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plimsoll.pricing import (
    Greeks,
    PricingError,
    black76,
    coin_greeks,
    coin_price,
    discount_from,
    forward_from,
    greeks,
    implied_forward,
    inverse_profit,
    inverse_profit_of_move,
    quote_price,
)

STRIKES = np.array([60.0, 80.0, 90.0, 100.0, 110.0, 120.0, 150.0])


def _both(forward: float, discount: float) -> tuple[np.ndarray, np.ndarray]:
    return tuple(black76(forward, STRIKES, 0.5, 0.6, call, discount) for call in (True, False))


def test_from_rates() -> None:
    assert forward_from(100.0, 0.05, 0.02, 2.0) == pytest.approx(100 * math.exp(0.06), rel=1e-15)
    assert discount_from(0.05, 2.0) == pytest.approx(math.exp(-0.1), rel=1e-15)
    assert discount_from([0.0, -0.05], 2.0) == pytest.approx([1.0, math.exp(0.1)])
    with pytest.raises(PricingError, match="rate must be finite"):
        discount_from(math.nan, 1.0)
    with pytest.raises(PricingError, match="years must be finite and not negative"):
        forward_from(100.0, 0.0, 0.0, -1.0)


def test_parity_gives_back_forward_and_discount() -> None:
    call, put = _both(103.0, 0.97)
    found = implied_forward(call, put, STRIKES)
    assert found.forward == pytest.approx(103.0, rel=1e-12)
    assert found.discount == pytest.approx(0.97, rel=1e-12)
    assert found.error < 1e-12
    known = implied_forward(call, put, STRIKES, discount=0.97)
    assert (known.forward, known.discount) == (pytest.approx(103.0, rel=1e-13), 0.97)


def test_a_bad_quote_does_not_move_the_forward() -> None:
    call, put = _both(103.0, 0.97)
    call[2] += 25.0
    assert implied_forward(call, put, STRIKES).forward == pytest.approx(103.0, rel=1e-9)
    assert implied_forward(call, put, STRIKES, 0.97).forward == pytest.approx(103.0, rel=1e-12)


def test_parity_refusals() -> None:
    call, put = _both(103.0, 0.97)
    with pytest.raises(PricingError, match="check that calls are not puts"):
        implied_forward(put, call, STRIKES)
    with pytest.raises(PricingError, match="three strikes"):
        implied_forward([5.0, 4.0], [1.0, 2.0], [100.0, 101.0])
    with pytest.raises(PricingError, match="one row"):
        implied_forward([], [], [])
    with pytest.raises(PricingError, match="one row"):
        implied_forward(np.ones((2, 3)), np.ones((2, 3)), np.ones((2, 3)))
    with pytest.raises(PricingError, match="call must be finite"):
        implied_forward([math.nan], [1.0], [1.0], 1.0)


def test_inverse_future_worked_by_hand() -> None:
    # 10,000 USD long from 50,000 to 62,500: 0.2 coins bought, 0.16 owed.
    assert inverse_profit(10_000.0, 50_000.0, 62_500.0) == pytest.approx(0.04, rel=1e-15)
    assert inverse_profit_of_move(0.2, 0.25) == pytest.approx(0.04, rel=1e-15)
    assert inverse_profit(-10_000.0, 50_000.0, 62_500.0) == pytest.approx(-0.04, rel=1e-15)


@given(st.floats(-1e6, 1e6), st.floats(1.0, 1e6), st.floats(-0.99, 5.0))
def test_both_forms_of_the_inverse_profit_agree(quantity: float, entry: float, move: float) -> None:
    mark = entry * (1 + move)
    assert inverse_profit(quantity, entry, mark) == pytest.approx(
        inverse_profit_of_move(quantity / entry, (mark - entry) / entry), rel=1e-9, abs=1e-12
    )


def test_a_long_inverse_loses_more_than_it_gains() -> None:
    assert -inverse_profit_of_move(1.0, -0.2) == pytest.approx(0.25)
    assert inverse_profit_of_move(1.0, 0.2) == pytest.approx(1 / 6)


def test_inverse_refusals() -> None:
    with pytest.raises(PricingError, match=r"1 \+ move must be finite and above zero"):
        inverse_profit_of_move(1.0, -1.0)
    with pytest.raises(PricingError, match="mark must be finite and above zero"):
        inverse_profit(1.0, 1.0, 0.0)
    with pytest.raises(PricingError, match="forward must be finite and above zero"):
        coin_price(1.0, 0.0)


def test_coin_prices_there_and_back() -> None:
    assert coin_price(1_500.0, 60_000.0) == 0.025
    assert quote_price(0.025, 60_000.0) == 1_500.0


@pytest.mark.parametrize("call", [True, False])
def test_coin_greeks_are_those_of_the_coin_price(call: bool) -> None:
    f, k, t, s, step = 60_000.0, 65_000.0, 0.1, 0.6, 30.0

    def coin(x: float = f, vol: float = s) -> Greeks:
        return coin_greeks(greeks(x, k, t, vol, call), x)

    found = coin()
    slope = (coin(f + step).price - coin(f - step).price) / (2 * step)
    assert found.price == black76(f, k, t, s, call) / f
    # Net delta: the value in coins moves by delta/F for each unit of F, so F·dp/dF is coins.
    assert found.delta == pytest.approx(f * slope, rel=1e-5)
    assert found.delta == greeks(f, k, t, s, call).delta - found.price
    assert found.gamma == pytest.approx((coin(f + step).delta - coin(f - step).delta) / (2 * step), rel=1e-5)
    assert found.vega == pytest.approx((coin(vol=s + 1e-4).price - coin(vol=s - 1e-4).price) / 2e-4, rel=1e-6)
    assert found.vanna == pytest.approx((coin(vol=s + 1e-4).delta - coin(vol=s - 1e-4).delta) / 2e-4, rel=1e-6)
