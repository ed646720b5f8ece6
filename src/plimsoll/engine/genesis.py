"""The first state of a pool: named accounts, the settlement token as instrument 0, a policy."""

from collections.abc import Mapping

from plimsoll.book.layout import Pool
from plimsoll.book.parameters import POLICY_BOUNDS
from plimsoll.engine.listing import POLICY_FIELDS, require_bounds
from plimsoll.units import codes as code
from plimsoll.units.limits import LOTS_MAX, MARK_MAX, MICROS_MAX, MICROS_PER_TOKEN, OPEN_LOTS_MAX, PPB
from plimsoll.units.messages import ADL_QUEUE, KIND_ASSET, MODE_STANDARD, NAMED_COUNT, STATUS_OPEN
from plimsoll.units.tables import array_of

DEFAULT_POLICY: Mapping[str, int] = {
    "call_buffer": PPB // 5,
    "call_deadline": 3_600_000,
    "exit_buffer": PPB // 4,
    "backstop_after": 30_000,
    "backstop_ratio": PPB // 2,
    "fund_share": PPB // 2,
    "profit_haircut": 0,
    "depeg_threshold": 990_000_000,
    "depeg_factor": 2 * PPB,
    "gap_max": 300_000,
    "grace": 60_000,
    "accounts_per_tick": 2_000_000,
    "steps_per_tick": 20_000,
    "settlements_per_tick": 10_000,
    "adl": ADL_QUEUE,
    "deposit_notional_min": 1_000_000,
    "class_offset": 0,
    "slice_discount": 50_000_000,
    "recall_after": 0,
    "cool_off": 0,
    "endorsed_first": 0,
    "curve_slice": 0,
    "slice_whole": 0,
    "insolvent_after": 0,
    "curve_insolvent": 0,
    "batch_commit": 0,
    "batch_reveal": 0,
    "batch_bond": 0,
    "batch_bids_min": 2,
    "batch_discount_max": 100_000_000,
    "curve_collateral": 0,
    "collateral_buffer": PPB // 10,
    "collateral_tail": 3_600_000,
    "collateral_cusp": 400_000_000,
    "keeper_flat": 0,
    "keeper_rate": 0,
    "breaker": 0,
    "swap_slippage": 0,
    "premium_liquidation": 0,
    "premium_trading": 0,
    "quota_day": MICROS_MAX,
    "quota_day_1": MICROS_MAX,
    "quota_day_2": MICROS_MAX,
    "quota_day_3": MICROS_MAX,
    "backstop_day_max": MICROS_MAX,
    "backstop_interest_max": PPB,
    "pauses": 0,
}
"""Durations in milliseconds, shares and buffers in ppb, money in micros."""


class PolicyError(ValueError):
    """A policy that no pool may start with."""


def found(pool: Pool, policy: Mapping[str, int] | None) -> None:
    """Write the first state into empty tables; raises PolicyError for a policy out of bounds or incomplete."""
    chosen = dict(DEFAULT_POLICY) | dict(policy or {})
    unknown = sorted(set(chosen) - set(POLICY_FIELDS))
    if unknown:
        raise PolicyError(f"unknown policy parameter {unknown[0]!r}; known: {', '.join(POLICY_FIELDS)}")
    if require_bounds(chosen, POLICY_BOUNDS) != code.OK:
        bad = next(name for name, (low, high) in POLICY_BOUNDS.items() if not low <= chosen[name] <= high)
        low, high = POLICY_BOUNDS[bad]
        raise PolicyError(f"policy parameter {bad} = {chosen[bad]} must lie within {low} .. {high}")
    for name in POLICY_FIELDS:
        array_of(pool.policy)[name][0] = chosen[name]
    accounts = array_of(pool.accounts)[:NAMED_COUNT]
    accounts["status"] = STATUS_OPEN
    accounts["mode"] = MODE_STANDARD
    array_of(pool.totals)["accounts"][0] = NAMED_COUNT
    for table in ("cases", "stakes", "seals"):
        array_of(pool.totals)[table][0] = 1  # row 0 stands for none
    token = array_of(pool.instruments)[:1]
    for name, value in {
        "kind": KIND_ASSET,
        "status": STATUS_OPEN,
        "scale": 6,
        "unit": MICROS_PER_TOKEN,
        "mark": MICROS_PER_TOKEN,
        "mark_max": MARK_MAX,
        "lots_max": LOTS_MAX,
        "lots_most": LOTS_MAX,
        "open_lots_max": OPEN_LOTS_MAX,
    }.items():
        token[name] = value
    array_of(pool.totals)["instruments"][0] = 1
