"""Price curves of auctions: rare, in plain Python. Values and times are bounded here, so that no price leaves int64."""

from collections.abc import Sequence
from itertools import pairwise

from plimsoll.book.events import note
from plimsoll.book.layout import CURVE_ROWS, Pool
from plimsoll.book.rows import CommandRow
from plimsoll.book.signatures import INTEGER, POOL
from plimsoll.units import codes as code
from plimsoll.units.jit import entry
from plimsoll.units.limits import CURVES_MAX, DURATION_MAX, POINTS_MAX, RATE_MAX
from plimsoll.units.messages import EVENT_CURVE_SET
from plimsoll.units.views import view


@entry((POOL, INTEGER))
def note_curve(pool: Pool, number: int) -> int:
    """Say that a curve was set."""
    pool = view(pool)
    note(pool, EVENT_CURVE_SET, -1, 0, 0, number)
    return 0


def require_points(joined: int, times: Sequence[int], values: Sequence[int]) -> int:
    """Every word within its bounds, the first point at the start, the others one after another."""
    outside = joined not in (0, 1) or not all(0 <= value <= RATE_MAX for value in values)
    if outside or not all(0 <= time <= DURATION_MAX for time in times):
        return code.PARAMETER_MUST_BE_WITHIN_BOUNDS
    if times[0] != 0 or any(later <= time for time, later in pairwise(times)):
        return code.POINTS_MUST_RISE_IN_TIME
    return code.OK


def set_curve(pool: Pool, command: CommandRow, payload: Sequence[int]) -> int:
    """Replace a curve: whether its points are joined, then time and value of each."""
    number = int(command["instrument"])
    points = (len(payload) - 1) // 2
    if len(payload) != 1 + 2 * points or not 1 <= points <= POINTS_MAX:
        return code.PAYLOAD_MUST_FIT
    if not 1 <= number <= CURVES_MAX:
        return code.CURVE_MUST_BE_WITHIN_LIMIT
    joined, *words = (int(word) for word in payload)
    refusal = require_points(joined, words[0::2], words[1::2])
    if refusal != code.OK:
        return refusal
    # After this point the command must succeed.
    rows = [(points, joined), *zip(words[0::2], words[1::2])]
    for place in range(CURVE_ROWS):
        row = pool.curves[number * CURVE_ROWS + place]
        row["time"], row["value"] = rows[place] if place < len(rows) else (0, 0)
    note_curve(pool, number)
    return code.OK
