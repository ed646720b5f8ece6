"""Exact multiply-and-divide on int64 with a 128-bit intermediate, in three roundings, and the rates built on it.

Compiled: when the product fits int64 one hardware division answers; otherwise the 128-bit product is divided by the
64-bit divisor in two 32-bit steps (Knuth, TAOCP vol. 2, 4.3.1, algorithm D), which needs no run-time library.
Uncompiled: Python integers.  A divisor that is not positive raises ValueError, a quotient outside int64
OverflowError; the limits in ``limits`` are there so that neither happens.
"""

from typing import TYPE_CHECKING, NamedTuple

from plimsoll.units.jit import COMPILED, command, rule
from plimsoll.units.limits import INT64_MAX, INT64_MIN, PPB, SCALE_MAX


class Unit(NamedTuple):
    """A unit of 10**scale lots, with its reciprocal as a word and how far the product is shifted."""

    scale: int
    reciprocal: int
    shift: int


if TYPE_CHECKING or not COMPILED:
    import math

    def _checked(quotient: int) -> int:
        if not INT64_MIN <= quotient <= INT64_MAX:
            raise OverflowError("quotient must fit int64")
        return quotient

    def _divisor(divisor: int) -> int:
        if divisor <= 0:
            raise ValueError("divisor must be positive")
        return int(divisor)

    def mul_div_floor(a: int, b: int, divisor: int) -> int:
        """floor(a * b / divisor), exactly."""
        return _checked(int(a) * int(b) // _divisor(divisor))

    def mul_div_ceil(a: int, b: int, divisor: int) -> int:
        """ceil(a * b / divisor), exactly."""
        return _checked(-(-int(a) * int(b) // _divisor(divisor)))

    def mul_div_trunc(a: int, b: int, divisor: int) -> int:
        """a * b / divisor rounded toward zero, exactly."""
        product = int(a) * int(b)
        quotient = abs(product) // _divisor(divisor)
        return _checked(quotient if product >= 0 else -quotient)

    def unit_of(scale: int) -> Unit:
        """What dividing by 10**scale needs; 0 <= scale <= SCALE_MAX."""
        return Unit(scale, 0, 0)

    def mul_unit_floor(a: int, b: int, unit: Unit) -> int:
        """floor(a * b / 10**scale), exactly."""
        return mul_div_floor(a, b, 10**unit.scale)

    def isqrt_up(number: int) -> int:
        """The smallest integer whose square is at least ``number`` (0 for what is not positive)."""
        return math.isqrt(int(number) - 1) + 1 if number > 0 else 0

else:
    import numpy as np
    from llvmlite import ir
    from numba import types
    from numba.core import cgutils
    from numba.extending import intrinsic

    _HALF = np.uint64(32)
    _LOW = np.uint64(0xFFFFFFFF)
    _BASE = np.uint64(1 << 32)
    _ONE = np.uint64(1)
    _ZERO = np.uint64(0)
    _WORD = np.uint64(64)
    _SIGN = np.uint64(1 << 63)

    @intrinsic
    def _multiply(typing_context, a, b):
        """(product modulo 2**64, whether it fits int64)."""

        def build(context, builder, signature, arguments):
            pair = builder.smul_with_overflow(arguments[0], arguments[1])
            fits = builder.not_(builder.extract_value(pair, 1))
            # Said to be likely, or registers would be kept free for the call of the other branch.
            bit = ir.IntType(1)
            expect = cgutils.get_or_insert_function(builder.module, ir.FunctionType(bit, [bit, bit]), "llvm.expect.i1")
            fits = builder.call(expect, [fits, bit(1)])
            return context.make_tuple(builder, signature.return_type, [builder.extract_value(pair, 0), fits])

        return types.Tuple((types.int64, types.boolean))(types.int64, types.int64), build

    @intrinsic
    def _multiply_wide(typing_context, a, b):
        """(high word, low word) of the unsigned 128-bit product."""

        def build(context, builder, signature, arguments):
            wide, word = ir.IntType(128), ir.IntType(64)
            product = builder.mul(builder.zext(arguments[0], wide), builder.zext(arguments[1], wide))
            high = builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), word)
            return context.make_tuple(builder, signature.return_type, [high, builder.trunc(product, word)])

        return types.Tuple((types.uint64, types.uint64))(types.uint64, types.uint64), build

    @intrinsic
    def _leading_zeros(typing_context, word):
        def build(context, builder, signature, arguments):
            return builder.ctlz(arguments[0], ir.Constant(ir.IntType(1), 0))

        return types.uint64(types.uint64), build

    @command
    def _divide_wide(high, low, divisor):
        """(quotient, remainder) of high * 2**64 + low by a divisor above ``high``; all unsigned words."""
        shift = _leading_zeros(divisor)
        divisor = divisor << shift
        if shift > _ZERO:
            high = (high << shift) | (low >> (_WORD - shift))
            low = low << shift
        top, bottom = divisor >> _HALF, divisor & _LOW
        first, second = low >> _HALF, low & _LOW
        upper = high // top
        rest = high - upper * top
        while upper >= _BASE or upper * bottom > ((rest << _HALF) | first):
            upper -= _ONE
            rest += top
            if rest >= _BASE:
                break
        carried = (high << _HALF) + first - upper * divisor
        lower = carried // top
        rest = carried - lower * top
        while lower >= _BASE or lower * bottom > ((rest << _HALF) | second):
            lower -= _ONE
            rest += top
            if rest >= _BASE:
                break
        remainder = ((carried << _HALF) + second - lower * divisor) >> shift
        return (upper << _HALF) + lower, remainder

    @command
    def _mul_div_wide(a, b, divisor, direction):
        """The 128-bit path; ``direction`` is -1 for floor, 0 for trunc, 1 for ceil."""
        if divisor <= 0:
            raise ValueError("divisor must be positive")
        left, right = np.uint64(a), np.uint64(b)
        if a < 0:
            left = _ZERO - left
        if b < 0:
            right = _ZERO - right
        negative = (a < 0) != (b < 0)
        high, low = _multiply_wide(left, right)
        if high >= np.uint64(divisor):
            raise OverflowError("quotient must fit int64")
        quotient, remainder = _divide_wide(high, low, np.uint64(divisor))
        if remainder != _ZERO and ((negative and direction < 0) or (not negative and direction > 0)):
            if quotient == ~_ZERO:
                raise OverflowError("quotient must fit int64")
            quotient += _ONE
        if negative:
            if quotient > _SIGN:
                raise OverflowError("quotient must fit int64")
            return np.int64(_ZERO - quotient)
        if quotient >= _SIGN:
            raise OverflowError("quotient must fit int64")
        return np.int64(quotient)

    @rule
    def mul_div_floor(a, b, divisor):
        product, fits = _multiply(a, b)
        if fits and divisor > 0:
            return product // divisor
        return _mul_div_wide(a, b, divisor, -1)

    @rule
    def mul_div_ceil(a, b, divisor):
        product, fits = _multiply(a, b)
        if fits and divisor > 0:
            quotient = product // divisor
            if quotient * divisor != product:
                quotient += 1
            return quotient
        return _mul_div_wide(a, b, divisor, 1)

    @rule
    def mul_div_trunc(a, b, divisor):
        product, fits = _multiply(a, b)
        if fits and divisor > 0:
            quotient = product // divisor
            if quotient < 0 and quotient * divisor != product:
                quotient += 1
            return quotient
        return _mul_div_wide(a, b, divisor, 0)

    # floor(n / 10**scale) of a word below 2**63 is the high word of n times the reciprocal, shifted: with
    # 2**shift < 10**scale <= 2**(shift + 1) the reciprocal ceil(2**(64 + shift) / 10**scale) has 64 bits and is too
    # large by less than 2**(shift + 1) / 10**scale, which no such n can notice (Granlund and Montgomery 1994, th. 4.2).
    _SHIFTS = np.array([0, *((10**scale - 1).bit_length() - 1 for scale in range(1, SCALE_MAX + 1))], np.uint64)
    _POWERS = np.array([10**scale for scale in range(SCALE_MAX + 1)], np.int64)
    _RECIPROCALS = np.array(
        [0, *(-(-(1 << 64 + int(_SHIFTS[scale])) // 10**scale) for scale in range(1, SCALE_MAX + 1))], np.uint64
    )

    @rule
    def unit_of(scale):
        return Unit(scale, np.int64(_RECIPROCALS[scale]), np.int64(_SHIFTS[scale]))

    @rule
    def mul_unit_floor(a, b, unit):
        product, fits = _multiply(a, b)
        if fits and unit.reciprocal != 0:
            # The floor of a negative number is the complement of that of its complement.
            sign = product >> 63
            high, _ = _multiply_wide(np.uint64(product ^ sign), np.uint64(unit.reciprocal))
            return np.int64(high >> np.uint64(unit.shift)) ^ sign
        return _mul_div_wide(a, b, _POWERS[unit.scale], -1)

    @rule
    def isqrt_up(number):
        if number <= 0:
            return 0
        bits = np.int64(_WORD - _leading_zeros(np.uint64(number)))
        root = np.int64(1) << ((bits + 1) // 2)
        better = (root + number // root) // 2
        while better < root:
            root = better
            better = (root + number // root) // 2
        if root * root < number:
            root += 1
        return root


@rule
def rate_up(amount: int, rate: int) -> int:
    """ceil(amount * rate / 1e9) for an amount of either sign below 2**61 and 0 <= rate <= RATE_MAX.

    Split at 1e9 so that no product leaves int64: the hot form of ``mul_div_ceil(amount, rate, PPB)``.
    """
    whole = amount // PPB
    part = (amount - whole * PPB) * rate
    quotient = part // PPB
    if quotient * PPB != part:
        quotient += 1
    return whole * rate + quotient


@rule
def rate_down(amount: int, rate: int) -> int:
    """floor(amount * rate / 1e9) for an amount of either sign below 2**61 and 0 <= rate <= RATE_MAX."""
    whole = amount // PPB
    return whole * rate + (amount - whole * PPB) * rate // PPB
