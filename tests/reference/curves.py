"""§11, curves: what a discount or a price is, so long after a start."""

from itertools import pairwise

from plimsoll.units import codes
from plimsoll.units.limits import CURVES_MAX, DURATION_MAX, POINTS_MAX, PPB

from .points import Curve
from .state import Command, State, require

VALUE_MAX = 2 * PPB


def curve_value(state: State, number: int, elapsed: int) -> int:
    """A curve that was never set has the value 0."""
    curve = state.curves.get(number)
    return curve.value_at(elapsed) if curve is not None else 0


def set_curve(state: State, command: Command, payload: tuple[int, ...]) -> None:
    number = command["instrument"]
    count = (len(payload) - 1) // 2
    fits = len(payload) == 1 + 2 * count and 1 <= count <= POINTS_MAX
    require(fits, codes.PAYLOAD_MUST_FIT)
    require(1 <= number <= CURVES_MAX, codes.CURVE_MUST_BE_WITHIN_LIMIT)
    joined, points = payload[0], tuple(zip(payload[1::2], payload[2::2]))
    require(joined in (0, 1), codes.PARAMETER_MUST_BE_WITHIN_BOUNDS)
    for time, value in points:
        within = 0 <= time <= DURATION_MAX and 0 <= value <= VALUE_MAX
        require(within, codes.PARAMETER_MUST_BE_WITHIN_BOUNDS)
    times = [time for time, _ in points]
    rises = times[0] == 0 and all(earlier < later for earlier, later in pairwise(times))
    require(rises, codes.POINTS_MUST_RISE_IN_TIME)

    # After this point the command must succeed.
    state.curves[number] = Curve(joined, points)
