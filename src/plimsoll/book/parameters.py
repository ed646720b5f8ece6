"""Bounds of every parameter, in the order of its row; a listing or policy outside them is refused."""

from typing import Final

from plimsoll.units.limits import (
    DURATION_MAX,
    FACTOR_MAX,
    GAP_MAX,
    LOTS_MAX,
    MARK_MAX,
    MICROS_MAX,
    OPEN_LOTS_MAX,
    PPB,
    RATE_MAX,
    SCALE_MAX,
    TICK_ACCOUNTS_MAX,
    TICK_STEPS_MAX,
    TIME_MAX,
)

Bounds = tuple[int, int]

_RATE: Final = (0, RATE_MAX)
_SHARE: Final = (0, PPB)
_DURATION: Final = (0, DURATION_MAX)

LISTING_BOUNDS: Final[dict[str, Bounds]] = {
    "kind": (0, 1_000),
    "rate_initial": _RATE,
    "rate_maintenance": _RATE,
    "scale": (0, SCALE_MAX),
    "mark_max": (1, MARK_MAX),
    "lots_max": (1, LOTS_MAX),
    "open_lots_max": (1, OPEN_LOTS_MAX),
    "notional_min": (0, MICROS_MAX),
    "backstop_lots_max": (0, LOTS_MAX),
    "segment_lots_1": (0, LOTS_MAX),
    "segment_lots_2": (0, LOTS_MAX),
    "segment_lots_3": (0, LOTS_MAX),
    "segment_initial_1": _RATE,
    "segment_initial_2": _RATE,
    "segment_initial_3": _RATE,
    "segment_maintenance_1": _RATE,
    "segment_maintenance_2": _RATE,
    "segment_maintenance_3": _RATE,
    "slope_initial": _RATE,
    "slope_maintenance": _RATE,
    "root_base_initial": _RATE,
    "root_base_maintenance": _RATE,
    "root_factor_initial": (0, FACTOR_MAX),
    "root_factor_maintenance": (0, FACTOR_MAX),
    "open_interest_lower": (0, MICROS_MAX),
    "open_interest_upper": (0, MICROS_MAX),
    "confidence_factor": _RATE,
    "fee_maker": (-PPB // 10, PPB // 10),
    "fee_taker": (0, PPB // 10),
    "fee_liquidation": (0, PPB),
    "fee_backstop": (0, PPB),
    "band": _SHARE,
    "age_fill_max": _DURATION,
    "age_margin_max": _DURATION,
    "sources_min": (0, 1_000),
    "confidence_max": _SHARE,
    "volatility_max": (0, 100 * PPB),
    "volatility_window": _DURATION,
    "funding_interval": _DURATION,
    "funding_rate_max": _SHARE,
    "funding_interest": (-PPB // 10, PPB // 10),
    "expiry": (0, TIME_MAX),
    "settlement_window": _DURATION,
}

POLICY_BOUNDS: Final[dict[str, Bounds]] = {
    "call_buffer": _SHARE,
    "call_deadline": _DURATION,
    "exit_buffer": _SHARE,
    "backstop_after": _DURATION,
    "backstop_ratio": _SHARE,
    "fund_share": _SHARE,
    "profit_haircut": _SHARE,
    "depeg_threshold": _SHARE,
    "depeg_factor": _RATE,
    "gap_max": (1, GAP_MAX),
    "grace": _DURATION,
    "accounts_per_tick": (1, TICK_ACCOUNTS_MAX),
    "steps_per_tick": (1, TICK_STEPS_MAX),
    "settlements_per_tick": (1, TICK_STEPS_MAX),
    "adl": (1, 2),
    "deposit_notional_min": (0, MICROS_MAX),
}
