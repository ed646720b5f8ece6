"""Paradex's portfolio margin: 24 scenarios, the largest weighted loss, a floor by net position.

    initial      max(scan, floor) + fees      maintenance   half of the first part + fees
    vol          σ·(1 + shock·(30 / max(1, days))^power), power 0.3 below 30 days, 0.13 from there

Source: docs.paradex.trade/risk/portfolio-margin.
"""

from decimal import Decimal
from typing import Any, Final

from plimsoll.presets.preset import Preset
from plimsoll.risk.models import Scenario, ScenarioMatrix, VolMove, VolShock
from plimsoll.risk.table import RiskPolicy

SOURCE: Final = "docs.paradex.trade/risk/portfolio-margin"
VOL: Final = VolShock(range_up=0.40, range_down=0.22, power_short=0.3, power_long=0.13, floor_days=1.0)
GRID: Final = (
    Scenario(0.16, VolMove.UP),
    *(Scenario(move, vol) for move in (0.12, 0.08, 0.04, 0.0) for vol in (VolMove.UP, VolMove.DOWN)),
    *(Scenario(move, vol) for move in (-0.04, -0.08, -0.12) for vol in (VolMove.UP, VolMove.DOWN)),
    Scenario(-0.16, VolMove.UP),
)
TAILS: Final = tuple(
    Scenario(move, VolMove.UP, weight)
    for move, weight in (
        (-0.66, 0.24),
        (-0.33, 0.48),
        (0.5, 0.32),
        (1.0, 0.16),
        (2.0, 0.08),
        (3.0, 0.0533),
        (4.0, 0.04),
        (5.0, 0.032),
    )
)
FACTOR_MAINTENANCE: Final = 0.5
NET_DELTA_RATE: Final = 0.02
FEE_PROVISION: Final = 0.0003
"""The taker's fee, for the provision."""


def matrix() -> ScenarioMatrix:
    """The risk model. The provision for fees is beside the factor, as at the venue."""
    policy = RiskPolicy(
        factor_initial=1.0,
        factor_maintenance=FACTOR_MAINTENANCE,
        linear_initial=FEE_PROVISION,
        linear_maintenance=FEE_PROVISION,
        option_initial=FEE_PROVISION,
        option_maintenance=FEE_PROVISION,
        floor_linear=NET_DELTA_RATE,
        floor_option=NET_DELTA_RATE,
    )
    return ScenarioMatrix((*GRID, *TAILS), VOL, policy=policy, name="paradex")


def _terms(mark_max: str) -> dict[str, Any]:
    """Cross margin of the perpetuals: 50x, maintenance half of it."""
    return {
        "lot": "0.00001",
        "mark_max": mark_max,
        "initial": Decimal("0.02"),
        "maintenance": Decimal("0.01"),
        "fee_maker": 0,
        "fee_taker": str(FEE_PROVISION),
        "fee_liquidation": 0,
        "fee_backstop": 0,
    }


PRESET: Final = Preset(
    name="paradex_pm",
    title="Paradex portfolio margin",
    source=SOURCE,
    policy={"call_buffer": 0, "profit_haircut": 0, "depeg_threshold": 0},
    instruments={"BTC-PERP": _terms("1000000"), "ETH-PERP": _terms("100000")},
    notes=("plimsoll.presets.paradex.matrix() is the risk model: 16 scenarios of the grid, 8 weighted tails.",),
    differences=(
        "The floor there is 2 % of net and 1 % of hedged delta; here 2 % of net contracts and of short options.",
        "Fees are provided for contracts and naked shorts here, for every option there.",
        "The venue prices options of exactly 30 days with the long power; the models here with the short one.",
        "Funding of the next eight hours is provided for there, at times; not here.",
    ),
)
