"""Rough requirements by which people size what they do; the engine alone decides."""

import math
from collections.abc import Mapping

from plimsoll.units.limits import PPB

OPTION_SHORT = 0.2


def initial_margin(row: Mapping[str, int], price: float, lots: int) -> float:
    """About what a listing asks for so many lots at a price, in micros."""
    size, unit = abs(lots), 10 ** row["scale"]
    rate = row["rate_initial"]
    required = size * rate
    for place in (1, 2, 3):
        start = row[f"segment_lots_{place}"]
        if 0 < start < size:
            required += (size - start) * (row[f"segment_initial_{place}"] - rate)
            rate = row[f"segment_initial_{place}"]
    required += size * (size * row["slope_initial"] // unit)
    if row["root_factor_initial"]:
        rooted = row["root_base_initial"] + row["root_factor_initial"] * math.sqrt(size) / PPB
        required = max(required, size * rooted)
    return float(required / unit / PPB * price)


def option_margin(spot: float, price: float, unit: int, lots: int) -> float:
    """About what an option asks for: its value when long, a share of the spot when short."""
    return abs(lots) / unit * (price if lots > 0 else OPTION_SHORT * spot + price)
