"""Curves: what set_curve refuses, to the unit, and what a curve is worth between, at and beyond its points."""

import numpy as np
import pytest
from tests.core.venue_of_auctions import PPB, Desk

from plimsoll.accrual.curve_value import curve_value
from plimsoll.book.layout import CURVE_ROWS
from plimsoll.book.signatures import INTEGER, POOL
from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.jit import entry
from plimsoll.units.limits import CURVES_MAX, DURATION_MAX, POINTS_MAX
from plimsoll.units.views import view


@entry((POOL, INTEGER, INTEGER))
def value_of(pool, curve, elapsed):
    pool = view(pool)
    return curve_value(pool, curve, elapsed)


def words_of(joined, *points):
    return np.array([joined, *(word for point in points for word in point)], np.int64)


LONGEST = [(time, 0) for time in range(POINTS_MAX + 1)]


@pytest.mark.parametrize(
    ("number", "words", "answer"),
    [
        (1, words_of(0), codes.PAYLOAD_MUST_FIT),
        (1, np.zeros(0, np.int64), codes.PAYLOAD_MUST_FIT),
        (1, np.zeros(4, np.int64), codes.PAYLOAD_MUST_FIT),
        (1, words_of(0, *LONGEST), codes.PAYLOAD_MUST_FIT),
        (1, words_of(0, *LONGEST[:-1]), codes.OK),
        (0, words_of(0, (0, 0)), codes.CURVE_MUST_BE_WITHIN_LIMIT),
        (CURVES_MAX, words_of(0, (0, 0)), codes.OK),
        (CURVES_MAX + 1, words_of(0, (0, 0)), codes.CURVE_MUST_BE_WITHIN_LIMIT),
        (1, words_of(-1, (0, 0)), codes.PARAMETER_MUST_BE_WITHIN_BOUNDS),
        (1, words_of(1, (0, 0)), codes.OK),
        (1, words_of(2, (0, 0)), codes.PARAMETER_MUST_BE_WITHIN_BOUNDS),
        (1, words_of(0, (-1, 0)), codes.PARAMETER_MUST_BE_WITHIN_BOUNDS),
        (1, words_of(0, (0, 0), (DURATION_MAX, 0)), codes.OK),
        (1, words_of(0, (0, 0), (DURATION_MAX + 1, 0)), codes.PARAMETER_MUST_BE_WITHIN_BOUNDS),
        (1, words_of(0, (0, -1)), codes.PARAMETER_MUST_BE_WITHIN_BOUNDS),
        (1, words_of(0, (0, 2 * PPB)), codes.OK),
        (1, words_of(0, (0, 2 * PPB + 1)), codes.PARAMETER_MUST_BE_WITHIN_BOUNDS),
        (1, words_of(0, (1, 0)), codes.POINTS_MUST_RISE_IN_TIME),
        (1, words_of(0, (0, 0), (5, 0), (5, 0)), codes.POINTS_MUST_RISE_IN_TIME),
        (1, words_of(0, (0, 0), (5, 0), (6, 0)), codes.OK),
    ],
)
def test_a_curve_is_refused_one_unit_outside_each_bound(number, words, answer):
    desk = Desk()
    before = desk.engine.pool.curves.copy()
    assert desk.send(m.COMMAND_SET_CURVE, words, instrument=number) == answer
    if answer == codes.OK:
        assert [(event.account, event.amount) for event in desk.said(m.EVENT_CURVE_SET)] == [(-1, number)]
    else:
        assert (desk.engine.pool.curves == before).all()


def test_joined_points_have_lines_between_them_rounded_towards_the_earlier_point():
    desk = Desk()
    desk.set_curve(3, (0, 100), (10, 50), (13, 60))
    values = [value_of(desk.engine.pool, 3, elapsed) for elapsed in (0, 1, 9, 10, 11, 12, 13, 10**9)]
    assert values == [100, 95, 55, 50, 53, 56, 60, 60]


def test_points_that_are_not_joined_are_steps():
    desk = Desk()
    desk.set_curve(3, (0, 100), (10, 50), (13, 60), joined=0)
    values = [value_of(desk.engine.pool, 3, elapsed) for elapsed in (0, 9, 10, 12, 13, 10**9)]
    assert values == [100, 100, 50, 50, 60, 60]


def test_every_point_of_the_longest_curve_is_found():
    desk = Desk()
    desk.set_curve(8, *((2 * place, place) for place in range(POINTS_MAX)), joined=0)
    assert [value_of(desk.engine.pool, 8, elapsed) for elapsed in range(2 * POINTS_MAX)] == [
        elapsed // 2 for elapsed in range(2 * POINTS_MAX)
    ]


def test_a_curve_that_was_never_set_is_worth_nothing():
    assert [value_of(Desk().engine.pool, curve, 5) for curve in range(CURVES_MAX + 1)] == [0] * (CURVES_MAX + 1)


def test_a_shorter_curve_leaves_nothing_of_the_one_before():
    desk = Desk()
    desk.set_curve(2, *((time, 7) for time in range(POINTS_MAX)))
    desk.set_curve(2, (0, 5), joined=0)
    rows = desk.engine.pool.curves[2 * CURVE_ROWS : 3 * CURVE_ROWS]
    assert [row.item() for row in rows] == [(1, 0), (0, 5)] + [(0, 0)] * (POINTS_MAX - 1)
    assert desk.engine.pool.curves["time"][3 * CURVE_ROWS] == 0


def test_the_root_tells_one_curve_from_another():
    one, other = Desk(), Desk()
    one.set_curve(1, (0, 1))
    other.set_curve(1, (0, 2))
    assert one.engine.root() != other.engine.root()
