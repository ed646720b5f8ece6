"""Price curves of auctions: exact functions of the time elapsed, and the tables of points the core reads them from.

A price falls from ``top``; ``elapsed``, ``tau`` and ``step`` are in one unit of time, whichever; ``cut`` is in rays.

    linear       top * (tau - elapsed) / tau, and 0 from tau on
    stairstep    top * cut^(elapsed // step)
    exponential  top * cut^elapsed

A table is at most 64 points (milliseconds, ppb), the first at 0: ppb of the start price, or a discount.  Between two
points its value lies on the line through them, or stays that of the earlier one where the curve is ``held``; after the
last it stays.  Where a curve has more steps than a table has points, the points are chosen so that the largest error is
the least possible, and ``curve_error`` states it (docs/curves.md).
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from typing import Final, NamedTuple

from plimsoll.accrual.ray import RAY, ray_mul_floor, ray_pow_nearest, require, require_not_negative
from plimsoll.units.limits import DURATION_MAX, PPB

POINTS_MAX: Final = 64
RAYS_PER_PPB: Final = RAY // PPB
SECOND: Final = 1_000
ROUNDING_ERROR: Final = 2
"""Points are rounded down to ppb, and so is what is read between them."""

LINEAR: Final = "linear"
STAIRSTEP: Final = "stairstep"
EXPONENTIAL: Final = "exponential"

Points = list[tuple[int, int]]


def linear(top: int, tau: int, elapsed: int) -> int:
    """The price that falls evenly to 0 at ``tau``; the share that is left, and then the price, are rounded down."""
    require_not_negative(top=top, elapsed=elapsed)
    require(tau > 0, "tau_must_be_positive", tau=tau)
    return ray_mul_floor(top, (tau - elapsed) * RAY // tau) if elapsed < tau else 0


def stairstep(top: int, cut: int, step: int, elapsed: int) -> int:
    """The price of which ``cut`` is left after every whole ``step``, rounded down."""
    require_not_negative(top=top, cut=cut, elapsed=elapsed)
    require(step > 0, "step_must_be_positive", step=step)
    require(cut <= RAY, "cut_must_not_exceed_one", cut=cut)
    return ray_mul_floor(top, ray_pow_nearest(cut, elapsed // step))


def exponential(top: int, cut: int, elapsed: int) -> int:
    """The price of which ``cut`` is left after every unit of time, rounded down."""
    return stairstep(top, cut, 1, elapsed)


def curve_points(kind: str, duration: int, *, cut: int = 0, step: int = SECOND) -> Points:
    """The table of a curve over ``duration`` milliseconds, of which ``cut`` is left after every ``step`` milliseconds.

    ``linear`` falls to 0 over the duration and has neither cut nor step; ``exponential`` falls between its steps too.
    """
    return _table(kind, duration, cut, step).points


def curve_error(kind: str, duration: int, *, cut: int = 0, step: int = SECOND) -> int:
    """A bound on |table - exact function| within the duration, at whole steps, in ppb of the start price."""
    return _table(kind, duration, cut, step).gap + ROUNDING_ERROR


def two_phase(start: int, fast: int, fast_ms: int, end: int, slow_ms: int) -> Points:
    """The table of a discount in ppb that rises from ``start`` to ``fast``, then to ``end``; exact but for rounding."""
    require(0 <= start <= fast <= end <= PPB, "discounts_must_rise", start=start, fast=fast, end=end)
    require(min(fast_ms, slow_ms) > 0, "durations_must_be_positive", fast_ms=fast_ms, slow_ms=slow_ms)
    points = [(0, start), (fast_ms, fast), (fast_ms + slow_ms, end)]
    require_points(points)
    return points


def require_points(points: Sequence[tuple[int, int]]) -> None:
    """AccrualError unless the points are a table."""
    require(0 < len(points) <= POINTS_MAX, "points_must_fit", points=len(points), points_max=POINTS_MAX)
    require(points[0][0] == 0, "first_point_must_be_at_start", time=points[0][0])
    for (before, _), (time, _) in pairwise(points):
        require(before < time, "times_must_rise", before=before, time=time)
    require(points[-1][0] <= DURATION_MAX, "duration_must_be_within_limit", time=points[-1][0])
    for time, value in points:
        require(0 <= value <= PPB, "value_must_be_within_one", time=time, value=value)


def curve_value(points: Sequence[tuple[int, int]], elapsed: int, *, held: bool = False) -> int:
    """The value of a table in ppb, rounded down."""
    require_not_negative(elapsed=elapsed)
    after = bisect_right(points, elapsed, key=lambda point: point[0])
    time, value = points[after - 1]
    if held or after == len(points):
        return value
    next_time, next_value = points[after]
    return value + (next_value - value) * (elapsed - time) // (next_time - time)


class _Table(NamedTuple):
    """Points, and how far the curve may be from them apart from rounding, in ppb."""

    points: Points
    gap: int


def _table(kind: str, duration: int, cut: int, step: int) -> _Table:
    """The table of a curve, everything validated."""
    require(kind in (LINEAR, STAIRSTEP, EXPONENTIAL), "kind_must_be_known")
    require(0 < duration <= DURATION_MAX, "duration_must_be_within_limit", duration=duration)
    if kind == LINEAR:
        require(cut == 0 and step == SECOND, "linear_must_have_neither_cut_nor_step", cut=cut, step=step)
        return _Table([(0, PPB), (duration, 0)], 0)
    # A cut nearer to 1 could fall by less than the power's own rounding.
    require(0 <= cut <= RAY - RAYS_PER_PPB, "cut_must_leave_less_than_all", cut=cut)
    require(0 < step <= duration, "step_must_be_within_duration", step=step, duration=duration)
    return _fitted(kind == STAIRSTEP, duration // step, cut, step)


def _fitted(held: bool, steps: int, cut: int, step: int) -> _Table:
    """Points at whole steps of a curve, so that the gap between it and the table is the smallest 64 points can keep."""

    @cache
    def at(k: int) -> int:
        return ray_pow_nearest(cut, k) // RAYS_PER_PPB

    last = _first(1, steps, lambda k: at(k) == 0)
    # A held curve needs no point after its last step: the steps are covered once a point would lie beyond them.
    end = last + 1 if held else last

    def gap(k: int, j: int) -> int:
        """How far the curve may be from the table between points at steps k and j, at whole steps."""
        if j == k + 1:
            return 0
        return at(k) - at(j - 1) if held else _chord_gap(at(k), at(j))

    def farthest(k: int, allowed: int) -> int:
        """The farthest step for the next point."""
        return _first(k + 1, end, lambda j: gap(k, j + 1) > allowed)

    def chosen(allowed: int) -> list[int]:
        """Steps with points; one more than fit where the gap allowed is too small."""
        found = [0]
        while found[-1] < end and len(found) <= POINTS_MAX:
            found.append(farthest(found[-1], allowed))
        return found[:-1] if held and found[-1] == end else found

    smallest = _first(0, PPB, lambda allowed: len(chosen(allowed)) <= POINTS_MAX)
    return _Table([(k * step, at(k)) for k in chosen(smallest)], smallest)


def _chord_gap(a: int, b: int) -> int:
    """A bound on how far the chord of an exponential lies above it, from the values at its ends.

    At most (a - b)^2 / 8b, as ln^2(a / b) is at most (a - b)^2 / ab; and no more than the fall itself.
    """
    fall = a - b + 1
    return min(fall, -(-fall * fall // (8 * b))) if b > 0 else fall


def _first(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """The first number of low .. high of which something holds that then holds of all after it; else ``high``."""
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low
