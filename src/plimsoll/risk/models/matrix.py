"""Scenario grids: spot moves × vol up, none, down, with dampened tails and skew shocks (docs/risk-models.md).

    vol up     max(minimum, σ · (1 + range · f))       f = (30 d / max(T, floor))^power, power by T <= 30 d or above
    vol down   σ · max(0, 1 − range · f)
    skew       σ · max(0, 1 + clip(k · cap / k*, ±cap)),   k = ln(K/F), for ABS |k|;   √τ in root years
               cap = slope · √τ + base,  k* = max(k_min, √τ · width · (vol_static + √τ · vol_scale))

Sources: Derive PMRM v1 and PMRM_2; Deribit and Paradex shock vols in the same form.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Final

import numpy as np

from plimsoll.risk.checks import Floats, within
from plimsoll.risk.errors import RiskError
from plimsoll.risk.models.base import NO_BASIS, Basis, group_rows, option_rows
from plimsoll.risk.snapshot import SPOT, SURFACE, MarketSnapshot, OptionChain, Underlying
from plimsoll.risk.table import SHOCK_MAX, SHOCK_MIN, ClassTable, Groups, RiskArrays, RiskPolicy, RiskTable

DAYS_PER_YEAR: Final = 365.0
TERM_DAYS: Final = 30.0


class VolMove(IntEnum):
    """What a scenario does to vols."""

    NONE = 0
    UP = 1
    DOWN = 2
    LINEAR = 3
    ABS = 4


SKEWS: Final = (VolMove.LINEAR, VolMove.ABS)


@dataclass(frozen=True)
class Scenario:
    """One point: the move of the underlying as a fraction, what vols do, the damping of its result."""

    spot: float
    vol: VolMove = VolMove.NONE
    damping: float = 1.0
    deductible: float = 0.0


@dataclass(frozen=True)
class VolShock:
    """Ranges of vol shocks and how they grow towards expiry."""

    range_up: float = 0.5
    range_down: float = 0.25
    power_short: float = 0.3
    power_long: float = 0.13
    floor_days: float = 1.0
    minimum_up: float = 0.0

    def factors(self, years: Floats) -> Floats:
        """f for each time to expiry."""
        days = np.asarray(years, np.float64) * DAYS_PER_YEAR
        power = np.where(days <= TERM_DAYS, self.power_short, self.power_long)
        result: Floats = (TERM_DAYS / np.maximum(days, self.floor_days)) ** power
        return result

    def up(self, vols: Floats, years: Floats) -> Floats:
        """Vols shocked up, never below the minimum."""
        return np.maximum(self.minimum_up, vols * (1.0 + self.range_up * self.factors(years)))

    def down(self, vols: Floats, years: Floats) -> Floats:
        """Vols shocked down, never below zero."""
        return vols * np.maximum(0.0, 1.0 - self.range_down * self.factors(years))


@dataclass(frozen=True)
class SkewShock:
    """A turn of the smile, linear in log-moneyness up to a cap."""

    base_cap: float
    slope_cap: float
    k_min: float
    width: float
    vol_static: float
    vol_scale: float

    def multipliers(self, chain: OptionChain, absolute: bool) -> Floats:
        """What each vol is multiplied by, [N]; 0 or more."""
        if ((chain.strikes <= 0) | (chain.forwards <= 0)).any():
            raise RiskError("a skew shock needs strikes and forwards above zero; leave such options out")
        root = np.sqrt(chain.years)
        cap = self.slope_cap * root + self.base_cap
        edge = np.maximum(self.k_min, root * self.width * (self.vol_static + root * self.vol_scale))
        moneyness = np.log(chain.strikes / chain.forwards)
        moneyness = np.abs(moneyness) if absolute else moneyness
        turn = np.where(
            moneyness >= 0, np.minimum(cap, moneyness * cap / edge), np.maximum(-cap, moneyness * cap / edge)
        )
        return np.maximum(1.0 + turn, 0.0)


@dataclass(frozen=True)
class StaticDiscount:
    """A haircut of a group's shocked value that grows with time: one for values ≥ 0, one for values < 0.

        w+ = base_long · exp(−τ(r · rate_long + add_long))
        w− = min( e^{rτ}, base_short · exp(τ(r · rate_short + add_short)) )       r = −ln(discount)/τ, at least 0

    Source: Derive PMRM_2. A short may be marked up, at most to its undiscounted value.
    """

    base_long: float = 1.0
    base_short: float = 1.0
    rate_long: float = 0.0
    rate_short: float = 0.0
    add_long: float = 0.0
    add_short: float = 0.0

    def weights(self, years: Floats, discounts: Floats) -> tuple[Floats, Floats]:
        """(w+, w−) of groups."""
        interest = np.maximum(0.0, -np.log(discounts))
        long = self.base_long * np.exp(-(interest * self.rate_long + years * self.add_long))
        short = self.base_short * np.exp(interest * self.rate_short + years * self.add_short)
        return long, np.minimum(np.exp(interest), short)


def spot_vol_grid(
    moves: Sequence[float], vols: Sequence[VolMove] = (VolMove.UP, VolMove.NONE, VolMove.DOWN)
) -> tuple[Scenario, ...]:
    """Every move with every vol."""
    return tuple(Scenario(move, vol) for move in moves for vol in vols)


def damped_tails(moves: Sequence[float], spot_range: float, share: float) -> tuple[Scenario, ...]:
    """Extreme moves with vol up, their result damped to ``share`` · range / |move| (at most 1)."""
    within("spot_range", spot_range, 1e-9, 8.0)
    if 0.0 in moves:
        raise RiskError("a tail must move; leave 0 out")
    return tuple(Scenario(move, VolMove.UP, min(1.0, share * spot_range / abs(move))) for move in moves)


@dataclass(frozen=True)
class ScenarioMatrix:
    """The largest loss over given scenarios. ``skew`` is needed only where a scenario turns the smile."""

    scenarios: tuple[Scenario, ...]
    vol_shock: VolShock = field(default_factory=VolShock)
    skew: SkewShock | None = None
    basis: Basis = NO_BASIS
    discount: StaticDiscount | None = None
    policy: RiskPolicy = field(default_factory=RiskPolicy)
    name: str = "scenario-matrix"
    needs: frozenset[str] = frozenset({SPOT, SURFACE})

    def __post_init__(self) -> None:
        """RiskError for no scenarios, or a skew scenario that moves the spot or has no parameters."""
        if not self.scenarios:
            raise RiskError("a scenario matrix needs scenarios; use spot_vol_grid")
        for place, one in enumerate(self.scenarios, 1):
            within(f"spot move of scenario {place}", one.spot, SHOCK_MIN, SHOCK_MAX)
            within(f"damping of scenario {place}", one.damping, 0.0, 8.0)
            if one.vol in SKEWS and (one.spot != 0.0 or self.skew is None):
                raise RiskError(f"scenario {place} turns the smile: give skew parameters and no spot move")

    def tables(self, snapshot: MarketSnapshot) -> RiskTable:
        """The grid for every underlying; one without a chain has shocks only."""
        return RiskTable(snapshot.time_ms, tuple(self.class_table(one) for one in snapshot.underlyings))

    def class_table(self, underlying: Underlying, values: Floats | None = None) -> ClassTable:
        """The grid for one underlying; its options repriced, or worth ``values`` [N, S] where a model has its own."""
        moves = np.array([one.spot for one in self.scenarios])
        chain = underlying.chain
        groups = self._discounted(chain, group_rows(chain, self.basis))
        vols = np.zeros((0, moves.size)) if chain is None or values is not None else self.shocked_vols(chain)
        rows = option_rows(chain, underlying, moves, vols, self.basis, values)
        arrays = RiskArrays(underlying.spot, moves, groups, rows)
        return ClassTable(underlying.name, underlying.number, underlying.instrument, self._policy(), arrays)

    def shocked_vols(self, chain: OptionChain) -> Floats:
        """Vols of every option in every scenario, [N, S]."""
        columns = {VolMove.NONE: chain.vols}
        wanted = {one.vol for one in self.scenarios}
        if VolMove.UP in wanted:
            columns[VolMove.UP] = self.vol_shock.up(chain.vols, chain.years)
        if VolMove.DOWN in wanted:
            columns[VolMove.DOWN] = self.vol_shock.down(chain.vols, chain.years)
        for move in wanted.intersection(SKEWS):
            if self.skew is not None:
                columns[move] = chain.vols * self.skew.multipliers(chain, move is VolMove.ABS)
        return np.column_stack([columns[one.vol] for one in self.scenarios])

    def _policy(self) -> RiskPolicy:
        skew = np.array([one.vol in SKEWS for one in self.scenarios])
        return replace(
            self.policy,
            # Discounts and turned smiles are for a whole expiry, so their presence makes groups necessary.
            grouped=self.policy.grouped or bool(skew.any()) or self.discount is not None,
            damping=np.array([one.damping for one in self.scenarios]),
            skew=skew,
            deductible=np.array([one.deductible for one in self.scenarios]),
        )

    def _discounted(self, chain: OptionChain | None, groups: Groups) -> Groups:
        if self.discount is None or chain is None:
            return groups
        first = [int(np.argmax(chain.groups == number)) for number in groups.numbers.tolist()]
        positive, negative = self.discount.weights(chain.years[first], chain.discounts[first])
        return replace(groups, weight_positive=positive, weight_negative=negative)
