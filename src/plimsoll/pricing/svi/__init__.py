"""Smiles: the raw SVI form, its arbitrage checks, its fit to one expiry, and surfaces of several expiries.

What may enter: strikes, vols, total variances, times. What never does: quotes of a venue's own format.
"""

from plimsoll.pricing.svi.arbitrage import Butterfly, butterfly, calendar_gap, density_factor
from plimsoll.pricing.svi.fit import SviFit, fit_svi
from plimsoll.pricing.svi.raw import Svi, svi_vol
from plimsoll.pricing.svi.surface import Smile, Surface, fit_surface

__all__ = [
    "Butterfly",
    "Smile",
    "Surface",
    "Svi",
    "SviFit",
    "butterfly",
    "calendar_gap",
    "density_factor",
    "fit_surface",
    "fit_svi",
    "svi_vol",
]
