"""Price curves as they are drawn: rising discounts and incentives, falling prices, some of them odd."""

from typing import Final

from plimsoll.sim.world.streams import Random, between, chance, whole
from plimsoll.units.limits import DURATION_MAX, PPB

CURVE_SLICE: Final = 1
CURVE_INSOLVENT: Final = 2
CURVE_COLLATERAL: Final = 3
CURVE_ODD: Final = 4
RANGES: Final = {
    CURVE_SLICE: ((0.0, 0.05), (0.05, 0.6)),
    CURVE_INSOLVENT: ((0.0, 0.02), (0.05, 0.9)),
    CURVE_COLLATERAL: ((0.9, 1.1), (0.05, 0.8)),
    CURVE_ODD: ((0.0, 2.0), (0.0, 2.0)),
}
"""Where each begins and where it ends, as shares."""
POINTS: Final = 6
BLOCKS: Final = 4
"""Most blocks from one point to the next."""


def draw_curve(random: Random, number: int, block_ms: int) -> list[int]:
    """The payload of ``set_curve``: two to six points from the beginning to the end, joined or in steps."""
    first, last = (between(random, *bounds) * PPB for bounds in RANGES[number])
    count = whole(random, 2, POINTS)
    words, time = [int(chance(random, 0.7))], 0
    for place in range(count):
        words += [min(time, DURATION_MAX), round(first + (last - first) * place / (count - 1))]
        time += max(1, round(block_ms * between(random, 0.3, BLOCKS)))
    return words
