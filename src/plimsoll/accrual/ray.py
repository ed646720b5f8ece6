"""Rays (1e27) and wads (1e18): products, quotients and powers of Python integers of any size, and what they refuse.

For what runs once per asset, auction or tick; rows hold int64, and ``units.fixed`` is for those.
"""

from typing import Final

WAD: Final = 10**18
RAY: Final = 10**27
POWER_BITS_MAX: Final = 256
"""A power with more bits than this is refused on the way: no rate compounds so far."""


class AccrualError(ValueError):
    """An input no rule here can take: ``rule``, as a sentence, and the figures that break it."""

    def __init__(self, rule: str, **figures: int) -> None:
        shown = " ".join(f"{name}={figure}" for name, figure in figures.items())
        super().__init__(f"{rule}: {shown}" if shown else rule)
        self.rule = rule


def require(holds: bool, rule: str, **figures: int) -> None:
    """AccrualError with the rule and its figures unless the condition holds."""
    if not holds:
        raise AccrualError(rule, **figures)


def require_not_negative(**figures: int) -> None:
    """AccrualError naming the first figure below 0."""
    for name, figure in figures.items():
        require(figure >= 0, f"{name}_must_not_be_negative", **{name: figure})


def ray_mul_floor(a: int, b: int) -> int:
    """floor(a * b / 1e27)."""
    return a * b // RAY


def ray_div_floor(a: int, b: int) -> int:
    """floor(a * 1e27 / b) for b > 0."""
    require(b > 0, "divisor_must_be_positive", divisor=b)
    return a * RAY // b


def wad_mul_floor(a: int, b: int) -> int:
    """floor(a * b / 1e18)."""
    return a * b // WAD


def ray_pow_nearest(base: int, exponent: int) -> int:
    """base^exponent at ray precision by repeated squaring, each product rounded to the nearest, halves up.

    The order of the products is part of the result: the binary digits of the exponent, lowest first.
    """
    require_not_negative(base=base, exponent=exponent)
    power = base if exponent & 1 else RAY
    square = base
    exponent >>= 1
    while exponent > 0 and power > 0:
        square = _product(square, square)
        if exponent & 1:
            power = _product(power, square)
        exponent >>= 1
    return power


def _product(a: int, b: int) -> int:
    product = (a * b + RAY // 2) // RAY
    require(product.bit_length() <= POWER_BITS_MAX, "power_must_fit", bits=product.bit_length())
    return product
