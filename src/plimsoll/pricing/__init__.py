"""Pricing: options, smiles, forwards and coin-margined conventions, in floats.

What may enter: prices, vols, rates and times as NumPy arrays; market files as tables.
What never does: accounts, positions, limits of the venue. Nothing here writes state, and no float from here
reaches the core except as an integer in the journal.
``fast`` (compiled) and ``deribit`` (market files) are imported by name, where they are used.
"""

from plimsoll.pricing.black import black76, black_scholes
from plimsoll.pricing.errors import PricingError
from plimsoll.pricing.forwards import ImpliedForward, discount_from, forward_from, implied_forward
from plimsoll.pricing.greeks import Greeks, black_scholes_greeks, greeks
from plimsoll.pricing.implied import ImpliedVol, Reason, implied_vol
from plimsoll.pricing.inverse import (
    coin_greeks,
    coin_price,
    inverse_profit,
    inverse_profit_of_move,
    quote_price,
)
from plimsoll.pricing.svi import Smile, Surface, Svi, SviFit, fit_surface, fit_svi, svi_vol

__all__ = [
    "Greeks",
    "ImpliedForward",
    "ImpliedVol",
    "PricingError",
    "Reason",
    "Smile",
    "Surface",
    "Svi",
    "SviFit",
    "black76",
    "black_scholes",
    "black_scholes_greeks",
    "coin_greeks",
    "coin_price",
    "discount_from",
    "fit_surface",
    "fit_svi",
    "forward_from",
    "greeks",
    "implied_forward",
    "implied_vol",
    "inverse_profit",
    "inverse_profit_of_move",
    "quote_price",
    "svi_vol",
]
