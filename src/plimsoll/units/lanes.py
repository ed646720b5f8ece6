"""Loops over scenarios, eight words at a time: the few loops whose speed decides that of a sweep over portfolios.

A lane table is a table of one column, ``word``.  Compiled, the loops are written as vectors of eight int64
(``lanes_compiled``), since the addresses of views tell the compiler nothing about what may overlap; uncompiled they are
the plain loops of ``lanes_plain``, which say what each is.  Widths are multiples of ``LANES``.  Nothing here can
overflow within the limits a listing proves (``PORTFOLIO_SUM_MAX``).
"""

from typing import TYPE_CHECKING

from plimsoll.units.jit import COMPILED

if TYPE_CHECKING or not COMPILED:
    from plimsoll.units.lanes_plain import (
        add_group_lanes,
        add_linear_lanes,
        clamp_lanes,
        copier,
        damp_lanes,
        lane_above,
        lane_of,
        narrow_lanes,
        rank_words,
        scratch,
        smallest_lane,
        smallest_sum,
        sum_lots,
        sum_scaled,
    )
else:
    from plimsoll.units.lanes_compiled import (
        add_group_lanes,
        add_linear_lanes,
        clamp_lanes,
        copier,
        damp_lanes,
        lane_above,
        lane_of,
        narrow_lanes,
        rank_words,
        scratch,
        smallest_lane,
        smallest_sum,
        sum_lots,
        sum_scaled,
    )

__all__ = [
    "add_group_lanes",
    "add_linear_lanes",
    "clamp_lanes",
    "copier",
    "damp_lanes",
    "lane_above",
    "lane_of",
    "narrow_lanes",
    "rank_words",
    "scratch",
    "smallest_lane",
    "smallest_sum",
    "sum_lots",
    "sum_scaled",
]
