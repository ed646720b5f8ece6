"""Flat rates of venues, to weigh a model against: what they ask, and how often a step's loss was above it.

Initial and maintenance rates of the lowest size tier. A venue that watches prices all day liquidates long before a
day is over, so exceptions over a day say what would be lost if it could not; over an hour they say more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from plimsoll.risk.checks import Floats


@dataclass(frozen=True)
class FlatRates:
    """A venue's rates: by name where it has its own, else the common one; and where the numbers are from."""

    venue: str
    source: str
    initial: float
    maintenance: float
    own: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def margin(self, gross: Mapping[str, float], maintenance: bool = False) -> float:
        """What a book of these absolute weights must hold, as a share of gross notional; legs do not net."""
        place = 1 if maintenance else 0
        common = (self.initial, self.maintenance)
        return sum(size * self.own.get(name, common)[place] for name, size in gross.items())


def _leverage(initial: float) -> tuple[float, float]:
    """Initial 1/leverage, maintenance half of it (Hyperliquid's rule)."""
    return 1.0 / initial, 0.5 / initial


VENUES: Final = (
    FlatRates(
        "hyperliquid",
        "documentation: 40x BTC, 25x ETH, 20x SOL and XRP, 10x taken for the rest; maintenance is half",
        *_leverage(10.0),
        {"BTC": _leverage(40.0), "ETH": _leverage(25.0), "SOL": _leverage(20.0), "XRP": _leverage(20.0)},
    ),
    FlatRates(
        "dydx_v4", "genesis, liquidity tier Large-Cap: initial 5 %, maintenance 60 % of it, taken for all", 0.05, 0.03
    ),
    FlatRates("derive_srm", "standard manager as deployed: perpetuals 6.6 % and 5 %, taken for all", 0.066, 0.05),
)


def margins_of(rates: FlatRates, gross: Sequence[Mapping[str, float]], maintenance: bool = False) -> Floats:
    """The venue's margin of every step."""
    return np.array([rates.margin(one, maintenance) for one in gross], np.float64)
