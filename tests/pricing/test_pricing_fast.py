"""The compiled kernels against black76 and greeks: published bounds, special cases, refusals, plain Python."""

import math
import os
import subprocess
import sys

import numpy as np
import pytest

from plimsoll.pricing import PricingError, black76, greeks
from plimsoll.pricing.fast import COLUMNS, ERROR_BOUND, price_and_greeks_into, price_scenarios_into
from plimsoll.pricing.kernels import cdf_fast, exp_fast, log_fast

WIDE = 300_000


def _chain(n: int, seed: int = 3) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    forward = np.exp(random.uniform(-3, 12, n))
    years = np.exp(random.uniform(math.log(1 / 8760), math.log(10), n))
    return {
        "forward": forward,
        "strike": forward * np.exp(random.uniform(math.log(0.01), math.log(100), n)),
        "years": years,
        "vol": np.exp(random.uniform(math.log(0.01), math.log(5), n)),
        "is_call": random.random(n) < 0.5,
        "discount": np.exp(-random.uniform(-0.05, 0.2, n) * years),
    }


def _filled(chain: dict[str, np.ndarray]) -> np.ndarray:
    out = np.empty((len(COLUMNS), chain["forward"].size))
    price_and_greeks_into(**chain, out=out)
    return out


def test_published_bounds() -> None:
    chain = _chain(WIDE)
    rate = -np.log(chain["discount"]) / chain["years"]
    exact = greeks(**chain, rate=rate)
    size = np.maximum(chain["forward"], chain["strike"]) * chain["discount"]
    root = np.sqrt(chain["years"])
    v = chain["vol"] * root
    scales = {
        "price": size,
        "delta": chain["discount"] * (1 + 1 / v),
        "gamma": chain["discount"] / (chain["forward"] * v) * (1 + 1 / v),
        "vega": size * root * (1 + 1 / v),
        "theta": size * (chain["vol"] / root + np.abs(rate)) * (1 + 1 / v),
        "rho": size * chain["years"] * (1 + 1 / v),
    }
    for row, name in zip(_filled(chain), COLUMNS):
        error = np.abs(row - getattr(exact, name)) / scales[name]
        assert error.max() <= ERROR_BOUND, name


def test_elementary_functions() -> None:
    special = pytest.importorskip("scipy.special")
    x = np.linspace(-707.0, 700.0, 20_001)
    assert max(abs(exp_fast(value) / math.exp(value) - 1) for value in x) < 4e-16
    assert exp_fast(-708.0) == 0.0
    assert exp_fast(-1e300) == 0.0
    y = np.exp(np.linspace(-600.0, 600.0, 20_001))
    assert max(abs(log_fast(value) - math.log(value)) / max(1.0, abs(math.log(value))) for value in y) < 4e-16
    z = np.linspace(-12.0, 12.0, 20_001)
    assert max(abs(cdf_fast(value, math.exp(-value * value / 2)) - special.ndtr(value)) for value in z) < 4e-16


def test_special_cases_are_those_of_black76() -> None:
    forward = np.array([100.0, 0.0, 100.0, 100.0, 100.0, 100.0, 100.0, 100.0, 0.0])
    strike = np.array([0.0, 100.0, 100.0, 90.0, 110.0, 100.0, 100.0, 1e150, 0.0])
    years = np.array([1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1e6, 1.0, 1.0])
    vol = np.array([0.5, 0.5, 0.5, 0.5, 0.0, 0.0, 1.0, 24.0, 0.5])
    for call in (True, False):
        chain = {
            "forward": forward, "strike": strike, "years": years, "vol": vol,
            "is_call": np.full(forward.size, call), "discount": np.full(forward.size, 0.9),
        }  # fmt: skip
        rate = np.where(years > 0, -math.log(0.9) / np.where(years > 0, years, 1.0), 0.0)
        exact = greeks(**chain, rate=rate)
        for row, name in zip(_filled(chain), COLUMNS):
            expected = getattr(exact, name)
            assert row == pytest.approx(expected, rel=1e-14, abs=1e-14), (name, call)


@pytest.mark.parametrize("name", ["forward", "strike", "years", "vol", "discount"])
@pytest.mark.parametrize("bad", [math.nan, math.inf, -1.0])
def test_a_bad_row_is_nan_and_no_other(name: str, bad: float) -> None:
    chain = _chain(37)
    good = _filled(chain)
    chain[name][5] = bad
    found = _filled(chain)
    assert np.isnan(found[:, 5]).all()
    others = np.arange(37) != 5
    assert (found[:, others] == good[:, others]).all()


@pytest.mark.parametrize("n", [0, 1, 7, 8, 9, 63])
def test_any_length_gives_the_same_options(n: int) -> None:
    chain = _chain(64)
    whole = _filled(chain)
    part = _filled({name: column[:n].copy() for name, column in chain.items()})
    assert (part == whole[:, :n]).all()


def _shocks(n: int, scenarios: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(5)
    spot = random.uniform(0.5, 2.0, scenarios)
    moves = random.integers(-1, 2, scenarios)
    factors = np.stack([random.uniform(0, 1, n), np.ones(n), random.uniform(1, 2, n)], axis=1)
    return spot, moves, factors


@pytest.mark.parametrize("scenarios", [0, 1, 8, 23, 33])
def test_scenarios_against_black76(scenarios: int) -> None:
    n = 2_000
    chain = _chain(n)
    spot, moves, factors = _shocks(n, scenarios)
    out = np.empty((n, scenarios))
    price_scenarios_into(
        **chain, spot_factors=spot, vol_moves=moves, vol_factors=factors, vol_floor=0.4, out=out
    )  # fmt: skip
    column = {name: array[:, None] for name, array in chain.items()}
    vol = column["vol"] * np.take_along_axis(factors, (moves + 1)[None].repeat(n, 0), axis=1)
    vol = np.where(moves > 0, np.maximum(vol, 0.4), vol)
    forward = column["forward"] * spot
    exact = black76(forward, column["strike"], column["years"], vol, column["is_call"], column["discount"])
    error = np.abs(out - exact) / (np.maximum(forward, column["strike"]) * column["discount"])
    assert error.max(initial=0.0) <= ERROR_BOUND


def test_the_floor_is_for_up_only() -> None:
    one = np.ones(1)
    chain = {name: one * value for name, value in (("forward", 100.0), ("strike", 100.0), ("years", 1.0))}
    chain |= {"vol": 0.2 * one, "is_call": np.array([True]), "discount": one}
    out = np.empty((1, 3))
    moves = np.array([-1, 0, 1])
    price_scenarios_into(**chain, spot_factors=np.ones(3), vol_moves=moves, vol_factors=np.ones((1, 3)), vol_floor=0.4, out=out)  # fmt: skip # noqa: E501
    low, high = black76(100.0, 100.0, 1.0, [0.2, 0.4], True)
    assert out[0] == pytest.approx([low, low, high], rel=1e-14)


def test_a_bad_vol_factor_is_nan() -> None:
    chain = _chain(3)
    spot, moves, factors = _shocks(3, 4)
    factors[1, 2] = -0.1
    out = np.empty((3, 4))
    price_scenarios_into(**chain, spot_factors=spot, vol_moves=moves, vol_factors=factors, vol_floor=0.0, out=out)
    assert np.isnan(out).all(axis=1).tolist() == [False, True, False]
    assert np.isfinite(out[[0, 2]]).all()


class TestRefusals:
    def test_columns(self) -> None:
        chain, out = _chain(4), np.empty((6, 4))
        for name, bad, says in (
            ("strike", np.ones(3), r"strike must be an array of float64 with shape \(4,\)"),
            ("vol", np.ones(4, np.float32), "vol must be an array of float64"),
            ("years", [1.0] * 4, "years must be an array of float64 .* not list"),
            ("is_call", np.ones(4), "is_call must be an array of bool"),
            ("discount", np.ones(8)[::2], "discount must be C-contiguous"),
        ):
            with pytest.raises(PricingError, match=says):
                price_and_greeks_into(**{**chain, name: bad}, out=out)
        with pytest.raises(PricingError, match=r"out must be an array of float64 with shape \(6, 4\)"):
            price_and_greeks_into(**chain, out=np.empty((4, 6)))

    def test_scenarios(self) -> None:
        chain, out = _chain(2), np.empty((2, 2))
        good = {"spot_factors": np.ones(2), "vol_moves": np.array([0, 1]), "vol_factors": np.ones((2, 3))}
        for change, says in (
            ({"spot_factors": np.array([1.0, 0.0])}, "spot_factors must be finite and above zero"),
            ({"spot_factors": np.array([1.0, math.nan])}, "spot_factors must be finite and above zero"),
            ({"vol_moves": np.array([0, 2])}, "vol_moves must be"),
            ({"vol_moves": np.array([0.0, 1.0])}, "vol_moves must be an array of int64"),
            ({"vol_factors": np.ones((3, 2))}, r"vol_factors must be .* shape \(2, 3\)"),
            ({"vol_floor": -0.1}, "vol_floor must be finite and not negative"),
            ({"vol_floor": math.nan}, "vol_floor must be finite and not negative"),
        ):
            with pytest.raises(PricingError, match=says):
                price_scenarios_into(**chain, **{**good, "vol_floor": 0.0, "out": out, **change})


PLAIN = """
import numpy as np
from plimsoll.pricing import black76, greeks
from plimsoll.pricing.fast import price_and_greeks_into, price_scenarios_into
n = 20
f, k = np.full(n, 100.0), np.linspace(0.0, 300.0, n)
t, s, c, d = np.linspace(0, 2, n), np.full(n, 0.5), np.arange(n) % 2 == 0, np.full(n, 0.9)
out, table = np.empty((6, n)), np.empty((n, 3))
price_and_greeks_into(f, k, t, s, c, d, out)
assert np.abs(out[0] - black76(f, k, t, s, c, d)).max() < 1e-12, out[0] - black76(f, k, t, s, c, d)
assert np.abs(out[1] - greeks(f, k, t, s, c, d).delta).max() < 1e-13
price_scenarios_into(f, k, t, s, c, d, np.array([0.8, 1.0, 1.2]), np.array([-1, 0, 1]), np.ones((n, 3)), 0.0, table)
assert np.abs(table[:, 1] - out[0]).max() < 1e-12
"""


def test_the_same_without_the_compiler() -> None:
    """With Numba switched off the kernels are plain Python, and say the same."""
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run([sys.executable, "-c", PLAIN], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
