"""Arrays from Greeks alone, fast, with a bound on what they leave out (docs/risk-models.md).

    value ≈ V + δ h + ½ Γ h² + vega k          h the move of the forward, k that of the vol, clamped at zero
    |error| ≤ |h|³/6 · max|∂³V/∂F³| + |k| · ( |h| · max|vanna| + |k| · max|volga| )

The maxima are over the box between now and (h, k). With f(F+h, σ+k) = f(F+h, σ) + k·vega(F+h, σ+θk) the two terms
are Taylor's remainder in F and the mean value theorem in σ; ``extremes`` has their maxima in closed form. Where that is
more than the option can be worth, as near expiry, where Taylor is not to be used, its worth is the bound.
"""

from dataclasses import dataclass

import numpy as np

from plimsoll.pricing import greeks
from plimsoll.risk.checks import Floats
from plimsoll.risk.models.extremes import Move, largest_speed, largest_vanna, largest_volga
from plimsoll.risk.models.matrix import ScenarioMatrix
from plimsoll.risk.snapshot import SPOT, SURFACE, MarketSnapshot, OptionChain
from plimsoll.risk.table import RiskTable


@dataclass(frozen=True)
class DeltaGammaVega:
    """The scenarios of a matrix, values by Taylor: no repricing, and ``remainder`` says how far off they may be."""

    matrix: ScenarioMatrix
    name: str = "delta-gamma-vega"
    needs: frozenset[str] = frozenset({SPOT, SURFACE})

    def tables(self, snapshot: MarketSnapshot) -> RiskTable:
        """The matrix's table with values from Greeks."""
        classes = [
            self.matrix.class_table(one, None if one.chain is None else self.approximate(one.chain))
            for one in snapshot.underlyings
        ]
        return RiskTable(snapshot.time_ms, tuple(classes))

    def approximate(self, chain: OptionChain) -> Floats:
        """Values by Taylor, [N, S], within zero and the option's largest worth."""
        h, k = self._moves(chain)
        now = greeks(chain.forwards, chain.strikes, chain.years, chain.vols, chain.is_call, chain.discounts)
        first = now.price[:, None] + now.delta[:, None] * h + 0.5 * now.gamma[:, None] * h**2 + now.vega[:, None] * k
        return np.clip(first, 0.0, _most(chain, h))

    def remainder(self, chain: OptionChain) -> Floats:
        """The bound on |approximate − repriced|, [N, S], tokens for one unit."""
        h, k = self._moves(chain)
        columns = (chain.strikes, np.sqrt(chain.years), chain.discounts, chain.forwards, chain.vols)
        strike, root, discount, forward, vol = (np.broadcast_to(one[:, None], h.shape) for one in columns)
        move = Move(strike, root, discount, forward, forward + h, vol, vol + k)
        with np.errstate(invalid="ignore"):
            in_forward = np.where(h != 0, np.abs(h) ** 3 / 6.0 * largest_speed(move), 0.0)
            cross = np.where(h != 0, np.abs(h) * largest_vanna(move), 0.0)
            in_vol = np.where(k != 0, np.abs(k) * (cross + np.abs(k) * largest_volga(move)), 0.0)
        near = self.approximate(chain)
        bound: Floats = np.minimum(in_forward + in_vol, np.maximum(near, _most(chain, h) - near))
        return bound

    def _moves(self, chain: OptionChain) -> tuple[Floats, Floats]:
        spots = np.array([one.spot for one in self.matrix.scenarios])
        h = chain.forwards_at(spots) - chain.forwards[:, None]
        return h, self.matrix.shocked_vols(chain) - chain.vols[:, None]


def _most(chain: OptionChain, h: Floats) -> Floats:
    """The most an option can be worth after the move: a call its forward, a put its strike, both discounted."""
    most = np.where(chain.is_call[:, None], chain.forwards[:, None] + h, chain.strikes[:, None])
    result: Floats = np.maximum(most * chain.discounts[:, None], 0.0)
    return result
