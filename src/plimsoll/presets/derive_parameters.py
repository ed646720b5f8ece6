"""Derive v2's risk parameters, as data: the forms of its three managers and the values deployed for BTC and ETH.

* ``StandardRules``: the standard manager (SRM), option by option and expiry by expiry.
* ``PortfolioRules``: portfolio margin, first version (PMRM, one underlying a contract) and second (PMRM_2).

Shares are floats (0.05 is 5 %), spot moves fractions, durations seconds unless named otherwise. Source of the rules:
derivexyz/v2-core at 7736900; of the values: the read-outs of the deployed contracts in derivexyz/v2-scripts at a27b06a
(8 December 2025).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from plimsoll.risk.models import Basis, Scenario, SkewShock, StaticDiscount, VolMove, VolShock

DAY_SECONDS: Final = 86_400
YEAR_SECONDS: Final = 365 * DAY_SECONDS


@dataclass(frozen=True, kw_only=True)
class PortfolioRules:
    """One underlying's portfolio margin. Shares ``*_initial`` are on top of ``*_maintenance`` as at the venue.

    ``inside``: the contingencies are multiplied by the factor (PMRM). ``discounted``: options are priced with
    exp(−rate·τ) (PMRM_2). ``asset_share`` is the base asset's contingency at spot (PMRM); PMRM_2 has haircuts
    (``Collateral``).
    """

    scenarios: Sequence[Scenario]
    vol: VolShock
    discount: StaticDiscount
    basis: Basis
    factor_initial: float
    factor_maintenance: float
    peg_threshold: float
    peg_factor: float
    confidence_threshold: float
    confidence_factor: float
    perp_maintenance: float
    perp_initial: float
    option_maintenance: float
    option_initial: float
    asset_share: float = 0.0
    skew_linear: SkewShock | None = None
    skew_absolute: SkewShock | None = None
    inside: bool = False
    discounted: bool = True


class Collateral(NamedTuple):
    """A collateral of PMRM_2: whether it moves with the market's spot, and its haircuts (initial on top)."""

    risk_cancelling: bool
    haircut_maintenance: float
    haircut_initial: float


@dataclass(frozen=True, kw_only=True)
class StandardRules:
    """One market of the standard manager; ``base_factor``·``base_scale`` is the initial weight of the base asset."""

    perp_maintenance: float
    perp_initial: float
    spot_max: float
    spot_min: float
    short_call: float
    short_put: float
    short_put_value: float
    unpaired_initial: float
    unpaired_maintenance: float
    offset_scale: float
    base_factor: float
    base_scale: float
    perp_threshold: float
    option_threshold: float
    base_threshold: float
    confidence_factor: float
    depeg_threshold: float
    depeg_factor: float


VOLS: Final = (VolMove.UP, VolMove.NONE, VolMove.DOWN)


def regular_scenarios(step: float) -> tuple[Scenario, ...]:
    """Spot 0 … ±3 steps with vols up, none and down, and ±4 steps with vols up."""
    inner = [Scenario(step * k, vol) for k in range(3, -4, -1) for vol in VOLS]
    return (Scenario(4 * step, VolMove.UP), *inner, Scenario(-4 * step, VolMove.UP))


TAILS: Final = tuple(
    Scenario(move, VolMove.UP, damping)
    for move, damping in (
        (-0.66, 0.21),
        (-0.33, 0.42),
        (0.5, 0.2772),
        (1.0, 0.1386),
        (2.0, 0.0693),
        (3.0, 0.0462),
        (4.0, 0.03465),
        (5.0, 0.02772),
    )
)
SKEWS: Final = (Scenario(0.0, VolMove.LINEAR), Scenario(0.0, VolMove.ABS))
SKEW: Final = SkewShock(base_cap=0.25, slope_cap=-0.1, k_min=0.01, width=4.0, vol_static=0.6, vol_scale=0.0)

PMRM: Final = PortfolioRules(
    scenarios=regular_scenarios(0.045),
    vol=VolShock(range_up=0.5, range_down=0.275),
    discount=StaticDiscount(base_long=0.95, rate_long=1.0, add_long=0.12),
    basis=Basis(up=0.045, down=-0.045, add=0.5, multiple=2.0),
    factor_initial=1.25,
    factor_maintenance=1.0,
    peg_threshold=0.99,
    peg_factor=4.0,
    confidence_threshold=0.55,
    confidence_factor=1.0,
    perp_maintenance=0.03,
    perp_initial=0.0,
    option_maintenance=0.015,
    option_initial=0.0,
    asset_share=0.03,
    inside=True,
    discounted=False,
)
"""PMRM as deployed, the same for BTC and ETH."""

PMRM_2: Final = PortfolioRules(
    scenarios=(*regular_scenarios(0.045), *TAILS, *SKEWS),
    vol=VolShock(range_up=0.5, range_down=0.3, minimum_up=0.4),
    # The deployed bases look inverted against their names (long above, short below 1); it is what the chain returns.
    discount=StaticDiscount(base_long=1.02, base_short=0.98, add_long=0.1, add_short=0.1),
    basis=Basis(up=0.045, down=-0.045, add=0.5, multiple=2.0),
    skew_linear=SKEW,
    skew_absolute=SKEW,
    factor_initial=1.0,
    factor_maintenance=0.8,
    peg_threshold=0.99,
    peg_factor=4.0,
    confidence_threshold=0.55,
    confidence_factor=0.4,
    perp_maintenance=0.03,
    perp_initial=0.01,
    option_maintenance=0.003,
    option_initial=0.002,
)
"""PMRM_2 as deployed, the same for BTC and ETH but for its collaterals."""

COLLATERALS: Final[dict[str, dict[str, Collateral]]] = {
    "BTC": {
        "BTC": Collateral(True, 0.106, 0.014),
        "ETH": Collateral(False, 0.2, 0.05),
        "USDT": Collateral(False, 0.02, 0.08),
        "cbBTC": Collateral(True, 0.156, 0.014),
    },
    "ETH": {
        "BTC": Collateral(False, 0.25, 0.0525),
        "ETH": Collateral(True, 0.056, 0.014),
        "USDT": Collateral(False, 0.02, 0.08),
        "wstETH": Collateral(True, 0.086, 0.014),
    },
}
"""PMRM_2's collaterals, the larger ones, by market."""


def standard_rules(base_factor: float, base_scale: float) -> StandardRules:
    """The standard manager as deployed; only the base asset differs between BTC and ETH."""
    return StandardRules(
        perp_maintenance=0.05,
        perp_initial=0.066,
        spot_max=0.15,
        spot_min=0.13,
        short_call=0.09,
        short_put=0.09,
        short_put_value=0.09,
        unpaired_initial=1.2,
        unpaired_maintenance=1.1,
        offset_scale=1.05,
        base_factor=base_factor,
        base_scale=base_scale,
        perp_threshold=0.55,
        option_threshold=0.55,
        base_threshold=0.55,
        confidence_factor=1.0,
        depeg_threshold=0.99,
        depeg_factor=2.0,
    )


SRM: Final[dict[str, StandardRules]] = {"BTC": standard_rules(0.75, 0.93), "ETH": standard_rules(0.8, 0.9375)}
"""The standard manager's markets as deployed."""
