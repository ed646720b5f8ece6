"""Curves: points of time and value, in steps or joined. Plain objects, no rules."""

from dataclasses import dataclass

from plimsoll.units.limits import CURVES_MAX, POINTS_MAX

from .numbers import trunc


@dataclass(frozen=True)
class Curve:
    joined: int
    points: tuple[tuple[int, int], ...]

    def value_at(self, elapsed: int) -> int:
        """That of the last point reached; joined, on the straight line to the next one."""
        reached = sum(time <= elapsed for time, _ in self.points)
        time, value = self.points[reached - 1]
        if not self.joined or reached == len(self.points):
            return value
        next_time, next_value = self.points[reached]
        return value + trunc((next_value - value) * (elapsed - time), next_time - time)


Curves = dict[int, Curve]


def dump_curves(curves: Curves) -> list[tuple[int, int]]:
    """Rows of a table: a head with the number of points and whether they are joined, then the points."""
    rows = []
    for number in range(CURVES_MAX + 1):
        points = (
            [(len(curves[number].points), curves[number].joined), *curves[number].points] if number in curves else []
        )
        rows += points + [(0, 0)] * (POINTS_MAX + 1 - len(points))
    return rows
