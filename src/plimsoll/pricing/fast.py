"""Chains of options priced by compiled code into arrays the caller owns (docs/pricing.md).

Against ``black76`` a price is off by at most ``ERROR_BOUND`` of max(F, K)·D. Against ``greeks`` the others are off by
at most ERROR_BOUND·(1 + 1/v) of their scale, v = vol·√years: D for delta, D/(F·v) for gamma, and max(F, K)·D times
√years for vega, vol/√years + |rate| for theta, years for rho. Tests hold these.

Arrays are C-contiguous float64 of one length n; ``is_call`` is bool. Nothing is allocated on the way for
``price_and_greeks_into``. An option with an input that is negative or not finite gets NaN; the others are not touched.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from plimsoll.pricing.errors import PricingError
from plimsoll.pricing.inputs import Flags, Floats
from plimsoll.pricing.kernels import price_and_greeks_loop, price_scenarios_loop

COLUMNS: Final = ("price", "delta", "gamma", "vega", "theta", "rho")
"""Rows of the table ``price_and_greeks_into`` fills; units as in ``greeks.Greeks``."""

ERROR_BOUND: Final = 2e-15
"""Bound of the error of a price in units of max(F, K)·D (measured: 6.2e-16, for 0.01 <= K/F <= 100)."""

LANES: Final = 8
"""Scenarios are padded to this many, the widest vector of float64 there is."""


def price_and_greeks_into(
    forward: Floats, strike: Floats, years: Floats, vol: Floats, is_call: Flags, discount: Floats, out: Floats
) -> None:
    """Fill ``out`` (6 rows, n columns) with price, delta, gamma, vega, theta and rho of each option.

    As ``greeks``, with the rate taken from the discount factor: −ln(D)/years. PricingError for a wrong shape or type.
    """
    _check_columns(forward, strike, years, vol, is_call, discount)
    _check("out", out, np.float64, (len(COLUMNS), forward.size))
    price_and_greeks_loop(forward, strike, years, vol, is_call, discount, out)


def price_scenarios_into(
    forward: Floats,
    strike: Floats,
    years: Floats,
    vol: Floats,
    is_call: Flags,
    discount: Floats,
    spot_factors: Floats,
    vol_moves: NDArray[np.int64],
    vol_factors: Floats,
    vol_floor: float,
    out: Floats,
) -> None:
    """Fill ``out`` (n options, s scenarios) with the price of each option under each scenario.

    Scenario j multiplies every forward by ``spot_factors[j]`` and the vol of option i by the column of
    ``vol_factors[i]`` (down, same, up) that ``vol_moves[j]`` names (−1, 0, +1). An up-shocked vol is at least
    ``vol_floor``, down and same have no floor (Derive, Deribit). Discount factors stay as they are.
    """
    _check_columns(forward, strike, years, vol, is_call, discount)
    scenarios = spot_factors.size
    _check("spot_factors", spot_factors, np.float64, (scenarios,))
    _check("vol_moves", vol_moves, np.int64, (scenarios,))
    _check("vol_factors", vol_factors, np.float64, (forward.size, 3))
    _check("out", out, np.float64, (forward.size, scenarios))
    if scenarios and not (np.isfinite(spot_factors) & (spot_factors > 0)).all():
        raise PricingError("spot_factors must be finite and above zero; a move of −100 % leaves no forward to price on")
    if scenarios and (np.abs(vol_moves) > 1).any():
        raise PricingError("vol_moves must be −1 (down), 0 (same) or +1 (up)")
    if not 0.0 <= vol_floor < np.inf:
        raise PricingError(f"vol_floor must be finite and not negative, not {vol_floor!r}; 0 means no floor")
    padded = -(-scenarios // LANES) * LANES
    factors, moves = np.ones(padded), np.zeros(padded, np.int64)
    factors[:scenarios], moves[:scenarios] = spot_factors, vol_moves
    price_scenarios_loop(
        forward, strike, years, vol, is_call, discount,
        factors, np.log(factors), moves, vol_factors, float(vol_floor), np.empty(padded), out,
    )  # fmt: skip


def _check_columns(*columns: Any) -> None:
    shape = (columns[0].size,)
    for name, column in zip(("forward", "strike", "years", "vol", "is_call", "discount"), columns):
        _check(name, column, np.bool_ if name == "is_call" else np.float64, shape)


def _check(name: str, array: Any, kind: type[np.generic], shape: tuple[int, ...]) -> None:
    if not isinstance(array, np.ndarray) or array.dtype != kind or array.shape != shape:
        found = f"{array.dtype} {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__
        raise PricingError(f"{name} must be an array of {np.dtype(kind)} with shape {shape}, not {found}: convert it")
    if not array.flags.c_contiguous:
        raise PricingError(f"{name} must be C-contiguous: pass numpy.ascontiguousarray({name})")
