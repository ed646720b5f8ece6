"""Special functions of SciPy, and what to do where it is missing."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plimsoll.pricing.inputs import Floats

    def ndtr(x: Floats, /) -> Floats:
        """Φ(x), the normal distribution function."""

    def ndtri(p: Floats, /) -> Floats:
        """The inverse of Φ."""

    def erfcx(x: Floats, /) -> Floats:
        """exp(x²)·erfc(x), which does not underflow."""
else:
    try:
        from scipy.special import erfcx, ndtr, ndtri
    except ImportError as missing:
        raise ImportError("pricing options needs scipy: install plimsoll[risk]") from missing

__all__ = ["erfcx", "ndtr", "ndtri"]
