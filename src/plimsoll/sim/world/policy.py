"""The policy a pool is drawn with: mostly what a venue would choose, sometimes the edge of what is allowed.

A parameter without a drawer here keeps the engine's default, so a new one needs nothing to be part of every world.
"""

from collections.abc import Callable, Mapping
from typing import Final

from plimsoll.book.parameters import POLICY_BOUNDS
from plimsoll.engine.genesis import DEFAULT_POLICY
from plimsoll.sim.world.curves import CURVE_COLLATERAL, CURVE_INSOLVENT, CURVE_ODD, CURVE_SLICE
from plimsoll.sim.world.streams import Random, between, chance, log_between, pick
from plimsoll.units.limits import MICROS_MAX, PPB
from plimsoll.units.messages import ADL_PRO_RATA, ADL_QUEUE

Drawer = Callable[[Random, int], float]
"""A parameter from a stream and the length of a block in milliseconds."""

EDGE_CHANCE: Final = 0.04
LEGAL_EDGES: Final = ("call_buffer", "exit_buffer", "backstop_ratio", "fund_share", "profit_haircut", "depeg_factor")
"""Parameters that are now and then drawn at their very bound."""


def _share(low: float, high: float) -> Drawer:
    return lambda random, block_ms: between(random, low, high) * PPB


def _blocks(low: float, high: float) -> Drawer:
    return lambda random, block_ms: between(random, low, high) * block_ms


def _choice(*values: float) -> Drawer:
    return lambda random, block_ms: pick(random, values)


def _micros(low: float, high: float) -> Drawer:
    return lambda random, block_ms: log_between(random, low, high)


def _perhaps(probability: float, drawer: Drawer, neutral: float = 0) -> Drawer:
    """A mechanism that only some venues have; the others leave it where it does nothing."""
    return lambda random, block_ms: drawer(random, block_ms) if chance(random, probability) else neutral


DRAWERS: Final[Mapping[str, Drawer]] = {
    "call_buffer": _share(0, 0.5),
    "call_deadline": _blocks(0, 30),
    "exit_buffer": _share(0, 0.6),
    "backstop_after": _blocks(0, 12),
    "backstop_ratio": _share(0, 0.9),
    "fund_share": _share(0, 1),
    "profit_haircut": _choice(0, 0, 0, PPB / 20, PPB / 4),
    "depeg_threshold": _choice(0.99 * PPB, 0.995 * PPB, 0.95 * PPB),
    "depeg_factor": _choice(0, PPB, 2 * PPB),
    "gap_max": _blocks(3, 40),
    "grace": _blocks(0, 8),
    "accounts_per_tick": _choice(7, 40, 2_000_000, 2_000_000),
    "steps_per_tick": _choice(3, 40, 20_000, 20_000),
    "settlements_per_tick": _choice(1, 13, 10_000, 10_000),
    "adl": _choice(ADL_QUEUE, ADL_PRO_RATA),
    "deposit_notional_min": lambda random, block_ms: log_between(random, 1, 2_000_000),
    "class_offset": _choice(0, 0, 0.3 * PPB, 0.8 * PPB),
    "slice_discount": _choice(0, 0.05 * PPB, 0.15 * PPB, 0.5 * PPB),
    "recall_after": _perhaps(0.5, _blocks(0, 30)),
    "cool_off": _perhaps(0.4, _blocks(0, 10)),
    "endorsed_first": _perhaps(0.3, _blocks(0, 4)),
    "curve_slice": _choice(0, 0, CURVE_SLICE, CURVE_SLICE, CURVE_ODD),
    "slice_whole": _perhaps(0.4, _micros(10, 10**12)),
    "insolvent_after": _perhaps(0.75, _blocks(1, 20)),
    "curve_insolvent": _choice(0, CURVE_INSOLVENT, CURVE_INSOLVENT),
    "batch_commit": _perhaps(0.65, _blocks(1, 6)),
    "batch_reveal": _perhaps(0.9, _blocks(1, 6)),
    "batch_bond": _perhaps(0.7, _micros(1, 10**8)),
    "batch_bids_min": _choice(1, 1, 2, 3),
    "batch_discount_max": _share(0.02, 1),
    "curve_collateral": _choice(0, 0, CURVE_COLLATERAL, CURVE_COLLATERAL, CURVE_ODD),
    "collateral_buffer": _share(0, 0.3),
    "collateral_tail": _blocks(1, 20),
    "collateral_cusp": _share(0, 0.9),
    "keeper_flat": _perhaps(0.5, _micros(1, 10**8)),
    "keeper_rate": _perhaps(0.5, _share(0, 0.05)),
    "breaker": _perhaps(0.1, _choice(1, 2, 3)),
    "swap_slippage": _perhaps(0.6, _share(0, 0.5)),
    "premium_liquidation": _perhaps(0.6, _share(0, 1)),
    "premium_trading": _perhaps(0.6, _share(0, 1)),
    "quota_day": _perhaps(0.3, _micros(1, 10**12), MICROS_MAX),
    "quota_day_1": _perhaps(0.3, _micros(1, 10**12), MICROS_MAX),
    "quota_day_2": _perhaps(0.3, _micros(1, 10**12), MICROS_MAX),
    "quota_day_3": _perhaps(0.3, _micros(1, 10**12), MICROS_MAX),
    "backstop_day_max": _perhaps(0.3, _micros(10**6, 10**13), MICROS_MAX),
    "backstop_interest_max": _perhaps(0.3, _share(0, 0.5), PPB),
    "pauses": _perhaps(0.05, _choice(*(1 << bit for bit in range(8)))),
}


def draw_policy(random: Random, block_ms: int) -> dict[str, int]:
    """Every parameter of ``PolicyRow``, within its bounds."""
    policy = dict(DEFAULT_POLICY)
    for name, drawer in DRAWERS.items():
        low, high = POLICY_BOUNDS[name]
        value = round(drawer(random, block_ms))
        if name in LEGAL_EDGES and chance(random, EDGE_CHANCE):
            value = low if chance(random, 0.5) else high
        policy[name] = min(max(value, low), high)
    return policy
