"""How long a table is good for: the error of a delta-hedged table, and when to publish a new one.

Between publications the engine moves an option's values by delta times the move of the underlying
(docs/portfolio-margin.md, §2). What that leaves out is gamma. ``hedged_error`` measures it by repricing on a grid of
moves; ``hedged_error_bound`` bounds it for every move up to x by ½·(F·x)²·max Γ, the largest Γ on the way in closed
form. Both hold vols and time still: a vol that moves is not hedged, and is what the age limit of a table is for.
"""

from collections.abc import Mapping

import numpy as np

from plimsoll.risk.checks import Floats, float_array, within
from plimsoll.risk.models.base import NO_BASIS, option_rows, reprice
from plimsoll.risk.models.extremes import Move, largest_gamma
from plimsoll.risk.snapshot import Underlying
from plimsoll.risk.table import RiskTable


def hedged_error(underlying: Underlying, moves: Floats) -> Floats:
    """The largest |repriced − moved by delta| of each option over the moves, [N], tokens for one unit.

    ``moves`` are fractions of the spot; vols and time stand still. An underlying without options gives [0].
    """
    grid = float_array("moves", moves, dimensions=1)
    chain = underlying.chain
    if chain is None or grid.size == 0:
        return np.zeros(0 if chain is None else chain.instruments.size)
    vols = np.repeat(chain.vols[:, None], grid.size, axis=1)
    rows = option_rows(chain, underlying, grid, vols, NO_BASIS)
    hedged = np.maximum(rows.v0[:, None] + rows.delta[:, None] * underlying.spot * grid[None, :], 0.0)
    error: Floats = np.abs(reprice(chain, grid, vols) - hedged).max(axis=1)
    return error


def hedged_error_bound(underlying: Underlying, move: float) -> Floats:
    """What ``hedged_error`` cannot exceed for any move of the spot up to ±``move``, [N], tokens for one unit.

    Near expiry Γ has no bound at the strike; there the bound is what the option can be worth, moved by delta or not.
    """
    reach = within("move", move, 0.0, 1.0)
    chain = underlying.chain
    if chain is None:
        return np.zeros(0)
    moving, root = chain.forwards - chain.fixed, np.sqrt(chain.years)
    low, high = (np.maximum(chain.forwards + side * reach * moving, 0.0) for side in (-1.0, 1.0))
    # Γ from the lower end to the upper one covers both directions.
    gamma = largest_gamma(Move(chain.strikes, root, chain.discounts, low, high, chain.vols, chain.vols))
    distance = reach * moving
    with np.errstate(invalid="ignore"):
        curved = np.where(distance > 0, 0.5 * distance**2 * gamma, 0.0)
    # Delta is at most D: the value moved by it and the value repriced are within D·distance of where they started.
    bound: Floats = np.minimum(curved, chain.discounts * distance)
    return bound


def needs_refresh(
    table: RiskTable, spots: Mapping[str, float], time_ms: int, move_threshold: float, age_threshold_seconds: float
) -> tuple[str, ...]:
    """Why the table should be published again, one sentence a reason; empty when it need not.

    ``spots`` by class name; a class without one is a reason. Moves are fractions of the table's reference.
    """
    within("move_threshold", move_threshold, 0.0, 10.0)
    within("age_threshold_seconds", age_threshold_seconds, 0.0, 1e9)
    reasons = []
    age = (time_ms - table.time_ms) / 1000.0
    if age < 0:
        reasons.append(f"the table is {-age:g} s ahead of the clock")
    if age > age_threshold_seconds:
        reasons.append(f"the table is {age:g} s old, more than {age_threshold_seconds:g} s")
    for one in table.classes:
        spot = spots.get(one.name)
        if spot is None:
            reasons.append(f"{one.name} has no spot")
            continue
        within(f"spot of {one.name}", spot, 1e-12, 1e15)
        move = spot / one.arrays.reference - 1.0
        if abs(move) > move_threshold:
            reasons.append(f"{one.name} moved {move:+.2%}, more than {move_threshold:.2%}")
    return tuple(reasons)
