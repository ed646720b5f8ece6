"""A SPAN-like class: sixteen scenarios of price and volatility, two of them extreme and covered in part.

Prices move by 0, ±1/3, ±2/3 and ±3/3 of the scan range, each with vols up and down; the two extremes move by a multiple
of the range and count by a covered share. Risk is the largest loss of the combined commodity, floored by a charge for
short options. Source: CME's description of SPAN; the shares reproduce L. McMillan's table (a future's extreme is 0.7 of
its range: 2 × 35 %).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import numpy as np

from plimsoll.presets.preset import Preset
from plimsoll.presets.rounding import require
from plimsoll.risk.checks import Floats
from plimsoll.risk.models import Scenario, ScenarioMatrix, VolMove, VolShock
from plimsoll.risk.models.base import NO_BASIS, group_rows
from plimsoll.risk.snapshot import OptionChain
from plimsoll.risk.table import ClassTable, Options, RiskArrays, RiskPolicy

SOURCE: Final = "CME, SPAN methodology; L. McMillan, Options as a Strategic Investment, ch. 34"
THIRDS: Final = (0, 1, -1, 2, -2, 3, -3)
"""The order of SPAN's risk arrays, in thirds of the range; each with vols up, then down."""


@dataclass(frozen=True, kw_only=True)
class SpanRules:
    """Ranges as fractions of price and of vol; ``short_option`` the least charge of a short option, of spot."""

    price_range: float
    vol_range: float
    extreme_multiple: float = 2.0
    extreme_covered: float = 0.35
    short_option: float = 0.0


RULES: Final = SpanRules(price_range=0.15, vol_range=0.25)
"""A range that crypto venues use; SPAN's own come with each day's parameter file."""


def scenarios(rules: SpanRules) -> tuple[Scenario, ...]:
    """The sixteen, in SPAN's order."""
    grid = [Scenario(rules.price_range * thirds / 3, vol) for thirds in THIRDS for vol in (VolMove.UP, VolMove.DOWN)]
    extreme = rules.price_range * rules.extreme_multiple
    covered = rules.extreme_covered
    return (*grid, Scenario(extreme, VolMove.NONE, covered), Scenario(-extreme, VolMove.NONE, covered))


def matrix(rules: SpanRules) -> ScenarioMatrix:
    """The scenarios for contracts and options of an underlying. Vols move by the same share at every expiry."""
    shock = VolShock(range_up=rules.vol_range, range_down=rules.vol_range, power_short=0.0, power_long=0.0)
    return ScenarioMatrix(scenarios(rules), shock, policy=RiskPolicy(floor_option=rules.short_option), name="span")


def published_class(
    name: str, number: int, underlying: int, reference: float, arrays: Sequence[Sequence[float]], first: int
) -> ClassTable:
    """A class from published risk arrays: instrument ``first`` + k gains ``arrays[k][s]`` tokens in scenario s.

    A risk array says what is gained, not what is held; each is carried by a claim whose value is high enough never to
    fall below zero, a call struck at nothing.
    """
    gains = np.asarray(arrays, np.float64)
    require(gains.ndim == 2 and gains.size > 0, "risk arrays must be of one length, and there must be one")
    require(bool(np.isfinite(gains).all()), "a gain is not finite")
    value = -np.minimum(gains.min(axis=1), 0.0)
    require(float((value + gains.max(axis=1)).max()) <= reference, "the reference must be above every value")
    count = gains.shape[0]
    chain = OptionChain.of(
        instruments=np.arange(count) + first,
        groups=np.arange(count) + 1,
        years=np.zeros(count),
        strikes=np.zeros(count),
        is_call=np.ones(count, np.bool_),
        vols=np.zeros(count),
        forwards=value,
    )
    none: Floats = np.zeros(count)
    options = Options(
        instruments=chain.instruments,
        groups=chain.groups,
        strikes=chain.strikes,
        is_call=chain.is_call,
        v0=value,
        up=value,
        down=value,
        delta=none,
        gamma=none,
        vega=none,
        values=value[:, None] + gains,
    )
    table = RiskArrays(reference, np.zeros(gains.shape[1]), group_rows(chain, NO_BASIS), options)
    return ClassTable(name, number, underlying, RiskPolicy(), table)


def _terms(mark_max: str) -> dict[str, Any]:
    return {
        "lot": "0.0001",
        "mark_max": mark_max,
        "initial": Decimal(str(RULES.price_range)),
        "maintenance": Decimal(str(RULES.price_range)),
    }


PRESET: Final = Preset(
    name="span_like",
    title="SPAN-like",
    source=SOURCE,
    policy={"profit_haircut": 0, "depeg_threshold": 0},
    instruments={"BTC-PERP": _terms("1000000"), "ETH-PERP": _terms("100000")},
    notes=(
        "plimsoll.presets.span.matrix(RULES) is the risk model; published_class takes risk arrays as a clearing house "
        "publishes them.",
        "Initial and maintenance are the same scan risk; a clearing house sets the ratio between them.",
    ),
    differences=(
        "Intra-commodity spreads, delivery risk and credits between commodities are not here; class_offset is one "
        "share for all classes.",
        "Net option value is in equity, as options are paid when they are bought.",
    ),
)
