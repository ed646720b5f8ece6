"""Price curves: what a discount or a price is worth so many milliseconds after it began to be offered.

A curve is a list of points in ``curves``, its first row saying how many there are and whether they are joined. Joined
points have straight lines between them; others are steps.
"""

from plimsoll.book.layout import CURVE_ROWS, Pool
from plimsoll.units.fixed import mul_div_trunc
from plimsoll.units.jit import command


@command
def curve_value(pool: Pool, curve: int, elapsed: int) -> int:
    """The value of a curve, in ppb, ``elapsed`` >= 0 milliseconds after its start; 0 for one that was never set."""
    head = curve * CURVE_ROWS
    points = pool.curves[head]["time"]
    if points == 0:
        return 0
    # Bisection: the last point at or before; the first one is at 0.
    last = head + 1
    beyond = head + points + 1
    while beyond - last > 1:
        middle = (last + beyond) // 2
        if pool.curves[middle]["time"] <= elapsed:
            last = middle
        else:
            beyond = middle
    point = pool.curves[last]
    if pool.curves[head]["value"] == 0 or last == head + points:
        return point["value"]
    following = pool.curves[last + 1]
    rise = following["value"] - point["value"]
    return point["value"] + mul_div_trunc(rise, elapsed - point["time"], following["time"] - point["time"])
