"""The exact primitives equal Python's integers, at the extremes and at products of +-2^63, compiled and uncompiled."""

import math
import os
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction

import numba
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from plimsoll.units import fixed
from plimsoll.units.jit import COMPILED
from plimsoll.units.limits import INT64_MAX, INT64_MIN, PPB, RATE_MAX

WORDS = st.one_of(
    st.integers(INT64_MIN, INT64_MAX),
    st.integers(-(10**12), 10**12),
    st.sampled_from([INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX - 1, INT64_MAX, 2**32, -(2**32), 2**31, PPB]),
)
DIVISORS = st.one_of(st.integers(1, INT64_MAX), st.sampled_from([10**k for k in range(19)]), st.integers(1, 1_000))


@numba.njit
def floor_of(a, b, c):
    return fixed.mul_div_floor(a, b, c)


@numba.njit
def ceil_of(a, b, c):
    return fixed.mul_div_ceil(a, b, c)


@numba.njit
def trunc_of(a, b, c):
    return fixed.mul_div_trunc(a, b, c)


@numba.njit
def root_of(n):
    return fixed.isqrt_up(n)


@numba.njit
def rates_of(n, rate):
    return fixed.rate_up(n, rate), fixed.rate_down(n, rate)


ROUNDINGS: list[tuple[Callable[[int, int, int], int], Callable[[Fraction], int]]] = [
    (floor_of, math.floor),
    (ceil_of, math.ceil),
    (trunc_of, math.trunc),
]


def check(a: int, b: int, divisor: int) -> None:
    """All three roundings, or OverflowError where the exact answer does not fit."""
    for compiled, rounding in ROUNDINGS:
        exact = rounding(Fraction(a * b, divisor))
        if INT64_MIN <= exact <= INT64_MAX:
            assert compiled(a, b, divisor) == exact
        else:
            with pytest.raises(OverflowError):
                compiled(a, b, divisor)


@given(WORDS, WORDS, DIVISORS)
@example(INT64_MIN, INT64_MIN, INT64_MAX)
@example(INT64_MIN, -1, 1)
@example(INT64_MIN, 1, 1)
@settings(max_examples=600, deadline=None)
def test_roundings_equal_python_integers(a: int, b: int, divisor: int) -> None:
    check(a, b, divisor)


@given(st.integers(0, 62), st.sampled_from([1, -1]), st.integers(-2, 2), DIVISORS)
@settings(max_examples=400, deadline=None)
def test_products_next_to_the_edge_of_int64(power: int, sign: int, off: int, divisor: int) -> None:
    a, b = 2**power + off, sign * 2 ** (63 - power)
    check(a, max(INT64_MIN, min(INT64_MAX, b)), divisor)


@pytest.mark.parametrize("divisor", [0, -1, INT64_MIN])
def test_divisor_must_be_positive(divisor: int) -> None:
    for compiled, _ in ROUNDINGS:
        with pytest.raises(ValueError, match="divisor must be positive"):
            compiled(7, 3, divisor)


@given(st.one_of(st.integers(-5, 2**61), st.integers(0, 2**30).map(lambda n: n * n)))
@settings(max_examples=400, deadline=None)
def test_root_is_the_smallest_whose_square_reaches(number: int) -> None:
    root = root_of(number)
    assert root * root >= number
    assert root == 0 or (root - 1) ** 2 < number


@given(st.integers(-(2**61), 2**61), st.integers(0, RATE_MAX))
@settings(max_examples=400, deadline=None)
def test_rates_equal_python_integers(amount: int, rate: int) -> None:
    exact = Fraction(amount * rate, PPB)
    assert rates_of(amount, rate) == (math.ceil(exact), math.floor(exact))


PLAIN_TWIN = """
from plimsoll.units import fixed
assert fixed.mul_div_floor(-7, 1, 2) == -4 and fixed.mul_div_ceil(-7, 1, 2) == -3
assert fixed.mul_div_trunc(-7, 1, 2) == -3
assert fixed.isqrt_up(10) == 4 and fixed.rate_up(250000001, 50000000) == 12500001
for bad, error in (((2**62, 4, 1), OverflowError), ((1, 1, 0), ValueError)):
    try:
        fixed.mul_div_floor(*bad)
    except error:
        continue
    raise SystemExit(f"{bad} was not refused")
"""


def test_plain_twins_behave_alike() -> None:
    assert COMPILED, "this test compares with the compiled primitives"
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    subprocess.run([sys.executable, "-c", PLAIN_TWIN], env=environment, check=True)
