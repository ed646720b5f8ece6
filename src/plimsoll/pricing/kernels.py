"""Branch-free exp, ln and Φ, and the two loops over options that LLVM turns into vector instructions.

Every choice is a select, never a jump, and no library function is called, so that 4 or 8 options are priced at once.
All compiled code is in this one file: Numba's cache notices a change here, not in what a file imports.

exp: 2^n·P(z), z = x − n·ln 2 in two parts, Taylor of degree 13 on |z| <= ln 2 / 2.
ln:  n·ln 2 + 2·artanh((y − 1)/(y + 1)), y in [√½, √2), series of 11 terms.
Φ:   Hart (1968), algorithm 5666, in the form of West (2005): a rational function to 7.07, then a continued fraction.

Sums and products are not fused or reordered: an option's bits do not depend on its neighbours or the vector's width.
Inputs are not checked here; a row with an input that is negative or not finite comes out as NaN in every column.
"""

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

import numpy as np

from plimsoll.pricing.inputs import Flags, Floats
from plimsoll.units.jit import entry

P = ParamSpec("P")
R = TypeVar("R")

LOG2E: Final = 1.4426950408889634
LN2_HIGH: Final = 6.93147180369123816490e-01
LN2_LOW: Final = 1.90821492927058770002e-10
ROUNDER: Final = 6755399441055744.0
"""1.5·2^52: adding it leaves the nearest whole number in the low bits of the mantissa."""
ROOT_HALF_BITS: Final = 0x3FE6A09E667F3BCD
INVERSE_ROOT_TWO_PI: Final = 0.3989422804014327
ROOT_TWO_PI: Final = 2.5066282746310002
HART_END: Final = 7.07106781186547
EXP_LEAST: Final = -708.0
DEVIATION_MIN: Final = 1e-18
DEVIATION_MAX: Final = 24.0
RATIO_MIN: Final = 1e-18
RATIO_MAX: Final = 1e300
FORWARD_MIN: Final = 1e-290
FAR: Final = 40.0

if TYPE_CHECKING:

    def _inlined(function: Callable[P, R], /) -> Callable[P, R]: ...

    def _compiled(*signature: Any) -> Callable[[Callable[P, R]], Callable[P, R]]: ...

    def bits_of(x: float, /) -> int:
        """The 64 bits of a float as a signed integer."""

    def float_of(bits: int, /) -> float:
        """The float with these 64 bits."""

    FLOATS, TABLE, MOVES, FLAGS, NUMBER, NOTHING = (object(),) * 6
else:
    import numba
    from llvmlite import ir
    from numba import types
    from numba.extending import intrinsic

    FLOATS, TABLE = types.float64[::1], types.float64[:, ::1]
    MOVES, FLAGS, NUMBER, NOTHING = types.int64[::1], types.boolean[::1], types.float64, types.void

    def _inlined(function):
        return (
            function
            if numba.config.DISABLE_JIT
            else numba.njit(inline="always", error_model="numpy", nogil=True)(function)
        )

    def _compiled(*signature):
        return entry(NOTHING(*signature))

    if numba.config.DISABLE_JIT:

        def bits_of(x):  # noqa: D103
            return struct.unpack("<q", struct.pack("<d", x))[0]

        def float_of(bits):  # noqa: D103
            return struct.unpack("<d", struct.pack("<Q", int(bits) & (1 << 64) - 1))[0]
    else:

        @intrinsic
        def bits_of(typing_context, x):  # noqa: D103
            def build(context, builder, signature, arguments):
                return builder.bitcast(arguments[0], ir.IntType(64))

            return types.int64(types.float64), build

        @intrinsic
        def float_of(typing_context, bits):  # noqa: D103
            def build(context, builder, signature, arguments):
                return builder.bitcast(arguments[0], ir.DoubleType())

            return types.float64(types.int64), build


@_inlined
def exp_fast(x: float) -> float:
    """exp(x) for x <= 709, relative error below 4e-16; 0 from −708 down."""
    held = max(x, EXP_LEAST)
    shifted = held * LOG2E + ROUNDER
    n = bits_of(shifted)
    whole = shifted - ROUNDER
    z = (held - whole * LN2_HIGH) - whole * LN2_LOW
    p = 1.6059043836821613e-10
    p = p * z + 2.08767569878681e-09
    p = p * z + 2.505210838544172e-08
    p = p * z + 2.755731922398589e-07
    p = p * z + 2.7557319223985893e-06
    p = p * z + 2.48015873015873e-05
    p = p * z + 1.984126984126984e-04
    p = p * z + 1.388888888888889e-03
    p = p * z + 8.333333333333333e-03
    p = p * z + 4.1666666666666664e-02
    p = p * z + 1.6666666666666666e-01
    p = p * z + 0.5
    p = p * z + 1.0
    p = p * z + 1.0
    return p * float_of((n + 1023) << 52) if x > EXP_LEAST else 0.0


@_inlined
def log_fast(x: float) -> float:
    """ln(x) of a normal float above zero, absolute error below 4e-16·max(1, |ln x|)."""
    bits = bits_of(x)
    n = (bits - ROOT_HALF_BITS) >> 52
    y = float_of(bits - (n << 52))
    s = (y - 1.0) / (y + 1.0)
    z = s * s
    p = 1.0 / 23
    p = p * z + 1.0 / 21
    p = p * z + 1.0 / 19
    p = p * z + 1.0 / 17
    p = p * z + 1.0 / 15
    p = p * z + 1.0 / 13
    p = p * z + 1.0 / 11
    p = p * z + 1.0 / 9
    p = p * z + 1.0 / 7
    p = p * z + 0.2
    p = p * z + 1.0 / 3
    whole = float(n)
    return whole * LN2_HIGH + (2.0 * s + (2.0 * s * z * p + whole * LN2_LOW))


@_inlined
def cdf_fast(x: float, gauss: float) -> float:
    """Φ(x), absolute error below 4e-16; ``gauss`` = exp(−x²/2) comes from the caller, who needs it too."""
    z = abs(x)
    n = 0.0352624965998911 * z + 0.700383064443688
    n = n * z + 6.37396220353165
    n = n * z + 33.912866078383
    n = n * z + 112.079291497871
    n = n * z + 221.213596169931
    n = n * z + 220.206867912376
    d = 0.0883883476483184 * z + 1.75566716318264
    d = d * z + 16.064177579207
    d = d * z + 86.7807322029461
    d = d * z + 296.564248779674
    d = d * z + 637.333633378831
    d = d * z + 793.826512519948
    d = d * z + 440.413735824752
    # The continued fraction of the far tail as one ratio, so that one division serves both.
    a5 = z + 0.65
    a4 = z * a5 + 4.0
    a3 = z * a4 + 3.0 * a5
    a2 = z * a3 + 2.0 * a4
    a1 = z * a2 + a3
    far = z > HART_END
    tail = gauss * (a2 if far else n) / (a1 * ROOT_TWO_PI if far else d)
    return 1.0 - tail if x > 0.0 else tail


@_inlined
def usable(forward: float, strike: float, years: float, vol: float, discount: float) -> float:
    """0 where all inputs are finite and not negative, else NaN: added to a result, it marks it."""
    least = min(forward, strike, years, vol, discount)
    total = forward + strike + years + vol + discount
    good = least >= 0.0 and total < np.inf
    return 0.0 if good else np.nan


@_inlined
def ratio_of(forward: float, strike: float) -> float:
    """K/F held where its logarithm is finite."""
    return min(max(strike / max(forward, FORWARD_MIN), RATIO_MIN), RATIO_MAX)


@_inlined
def value_of(forward: float, strike: float, log_ratio: float, deviation: float, sign: float) -> float:
    """Undiscounted price from ln(K/F) and v; ``sign`` +1 for a call, −1 for a put."""
    v = max(deviation, DEVIATION_MIN)
    d1 = 0.5 * v - log_ratio / v
    saturated = v >= DEVIATION_MAX
    upper = FAR if saturated else d1
    lower = -FAR if saturated else d1 - v
    first = cdf_fast(sign * upper, exp_fast(-0.5 * upper * upper))
    second = cdf_fast(sign * lower, exp_fast(-0.5 * lower * lower))
    return max(sign * (forward * first - strike * second), 0.0)


@_compiled(FLOATS, FLOATS, FLOATS, FLOATS, FLAGS, FLOATS, TABLE)
def price_and_greeks_loop(
    forward: Floats, strike: Floats, years: Floats, vol: Floats, is_call: Flags, discount: Floats, out: Floats
) -> None:
    """Rows of ``out``: price, delta, gamma, vega, theta, rho."""
    for i in range(forward.size):
        f, k, t, s, d = forward[i], strike[i], years[i], vol[i], discount[i]
        mark = usable(f, k, t, s, d)
        sign = 1.0 if is_call[i] else -1.0
        root = np.sqrt(t)
        deviation = s * root
        v = max(deviation, DEVIATION_MIN)
        inverse = 1.0 / v
        d1 = 0.5 * v - log_fast(ratio_of(f, k)) * inverse
        saturated = v >= DEVIATION_MAX
        upper = FAR if saturated else d1
        lower = -FAR if saturated else d1 - v
        gauss = exp_fast(-0.5 * upper * upper)
        first = cdf_fast(sign * upper, gauss)
        second = cdf_fast(sign * lower, exp_fast(-0.5 * lower * lower))
        price = d * max(sign * (f * first - k * second), 0.0) + mark
        # With nothing left of v the price no longer depends on vol (see greeks).
        density = d * gauss * INVERSE_ROOT_TWO_PI if deviation > 0.0 and f > 0.0 else 0.0
        gamma = density * inverse / max(f, FORWARD_MIN)
        vega = density * f * root
        rate_years = -log_fast(max(d, FORWARD_MIN))
        years_inverse = 1.0 / t if t > 0.0 else 0.0
        out[0, i] = price
        out[1, i] = sign * d * first + mark
        out[2, i] = gamma + mark
        out[3, i] = vega + mark
        out[4, i] = (rate_years * price - 0.5 * vega * s) * years_inverse + mark
        out[5, i] = -t * price


@_compiled(FLOATS, FLOATS, FLOATS, FLOATS, FLAGS, FLOATS, FLOATS, FLOATS, MOVES, TABLE, NUMBER, FLOATS, TABLE)
def price_scenarios_loop(
    forward: Floats,
    strike: Floats,
    years: Floats,
    vol: Floats,
    is_call: Flags,
    discount: Floats,
    factors: Floats,
    log_factors: Floats,
    moves: Any,
    vol_factors: Floats,
    vol_floor: float,
    scratch: Floats,
    out: Floats,
) -> None:
    """One row of ``out`` an option, one column a scenario; the inner loop is over scenarios padded to full vectors."""
    count = out.shape[1]
    for i in range(forward.size):
        f, k, s, d = forward[i], strike[i], vol[i], discount[i]
        shocked = min(vol_factors[i, 0], vol_factors[i, 2])
        mark = usable(f, k, years[i], s, d) + (0.0 if shocked >= 0.0 and vol_factors[i, 2] < np.inf else np.nan)
        sign = 1.0 if is_call[i] else -1.0
        root = np.sqrt(years[i])
        level = log_fast(ratio_of(f, k))
        same = s * vol_factors[i, 1] * root
        down = s * vol_factors[i, 0] * root
        up = max(s * vol_factors[i, 2], vol_floor) * root
        for j in range(factors.size):
            deviation = up if moves[j] > 0 else (down if moves[j] < 0 else same)
            scratch[j] = d * value_of(f * factors[j], k, level - log_factors[j], deviation, sign) + mark
        for j in range(count):
            out[i, j] = scratch[j]
