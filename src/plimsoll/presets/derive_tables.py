"""Derive's feeds as chains for the risk models: expiries, forwards that settle, vols under each scenario, weights.

The pricing and the shapes of the shocks are the risk models' (docs/risk-models.md); here is what Derive's managers do
with them. A forward is F = ``variable`` + ``fixed``: a spot shock hits the part not yet fixed by settlement.
Source: derivexyz/v2-core at 7736900, PMRMLib and PMRM_2Lib.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from plimsoll.presets.derive_parameters import YEAR_SECONDS, PortfolioRules
from plimsoll.presets.rounding import require
from plimsoll.risk.checks import Floats
from plimsoll.risk.errors import RiskError
from plimsoll.risk.models import SkewShock, VolMove
from plimsoll.risk.snapshot import OptionChain

SETTLEMENT_SECONDS: Final = 1_800
"""The forward turns into the average of the last half hour before expiry."""


@dataclass(frozen=True, kw_only=True)
class Expiry:
    """One expiry of a market as its feeds have it. ``seconds`` to expiry (0 once expired); parallel option columns.

    ``confidence``: the least of the feeds' (forward, rate, vols). A rate below 0 counts as 0. Prices per coin.
    """

    seconds: int
    variable: float
    fixed: float = 0.0
    rate: float = 0.0
    confidence: float = 1.0
    strikes: Sequence[float] = ()
    calls: Sequence[bool] = ()
    vols: Sequence[float] = ()

    def __post_init__(self) -> None:
        require(len(self.strikes) == len(self.calls) == len(self.vols), "strikes, calls and vols must be parallel")
        require(self.seconds >= 0, "an expired series has 0 seconds left")
        require(np.isfinite(self.rate) and 0 <= self.confidence <= 1, "confidence is within 0 .. 1, rates finite")

    @property
    def years(self) -> float:
        """τ, of 365 days."""
        return self.seconds / YEAR_SECONDS

    @property
    def discount(self) -> float:
        """D = exp(−rate·τ)."""
        return float(np.exp(-max(self.rate, 0.0) * self.years))


class Weights(NamedTuple):
    """Discounts of each expiry's shocked value when it is positive, and when it is negative."""

    positive: Floats
    negative: Floats


def forward_parts(forward: float, seconds: int) -> tuple[float, float]:
    """(fixed, variable) of a forward: within the last half hour the part of the average already seen is fixed."""
    left = min(max(seconds, 0), SETTLEMENT_SECONDS) / SETTLEMENT_SECONDS
    return forward * (1.0 - left), forward * left


def chain_of(
    expiries: Sequence[Expiry], first_option: int, first_group: int, confidence: float, *, discounted: bool
) -> OptionChain:
    """The options of all expiries, numbered from ``first_option``; expiry k is netting group ``first_group`` + k.

    ``confidence``: of the market itself; no expiry is surer than it.
    """
    counts = [len(one.strikes) for one in expiries]

    def each(values: Sequence[float]) -> Floats:
        return np.repeat(np.asarray(values, np.float64), counts)

    return OptionChain.of(
        instruments=np.arange(sum(counts)) + first_option,
        groups=np.repeat(np.arange(len(counts)) + first_group, counts),
        years=each([one.years for one in expiries]),
        strikes=_joined([one.strikes for one in expiries]),
        is_call=_joined([one.calls for one in expiries]).astype(np.bool_),
        vols=_joined([one.vols for one in expiries]),
        forwards=each([one.variable + one.fixed for one in expiries]),
        discounts=each([one.discount if discounted else 1.0 for one in expiries]),
        fixed=each([one.fixed for one in expiries]),
        confidence=each([min(one.confidence, confidence) for one in expiries]),
    )


def shocked_vols(chain: OptionChain, rules: PortfolioRules) -> Floats:
    """Vols of every option in every scenario, [options, scenarios]."""
    columns = {
        VolMove.NONE: chain.vols,
        VolMove.UP: rules.vol.up(chain.vols, chain.years),
        VolMove.DOWN: rules.vol.down(chain.vols, chain.years),
    }
    wanted = {one.vol for one in rules.scenarios}
    for move, skew in ((VolMove.LINEAR, rules.skew_linear), (VolMove.ABS, rules.skew_absolute)):
        if move in wanted:
            columns[move] = chain.vols * _turn(chain, skew, absolute=move is VolMove.ABS)
    return np.column_stack([columns[one.vol] for one in rules.scenarios])


def _turn(chain: OptionChain, skew: SkewShock | None, *, absolute: bool) -> Floats:
    if skew is None:
        raise RiskError("a skew scenario needs the skew's parameters: give the rules a SkewShock")
    return skew.multipliers(chain, absolute)


def weights_of(expiries: Sequence[Expiry], rules: PortfolioRules) -> Weights:
    """The static discounts of each expiry; PMRM, too, discounts with the rate it does not price with."""
    years = np.array([one.years for one in expiries])
    return Weights(*rules.discount.weights(years, np.array([one.discount for one in expiries])))


def _joined(parts: Sequence[Sequence[float]] | Sequence[Sequence[bool]]) -> Floats:
    return np.concatenate([np.asarray(one, np.float64) for one in parts]) if parts else np.zeros(0)
