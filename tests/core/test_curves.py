"""Price curves: exact functions, and tables of points that stay as near to them as they say."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plimsoll.accrual.curves import (
    POINTS_MAX,
    curve_error,
    curve_points,
    curve_value,
    exponential,
    linear,
    require_points,
    stairstep,
    two_phase,
)
from plimsoll.accrual.ray import RAY, AccrualError, ray_pow_nearest
from plimsoll.presets import derive_auction
from plimsoll.units.limits import DURATION_MAX, PPB

TOP = 5 * RAY
CUT = RAY * 99 // 100
HOUR = 3_600_000


def exact_ppb(value: int) -> Fraction:
    return Fraction(value * PPB, RAY)


def cut_leaving(share: float, steps: int) -> int:
    """A cut of which about this share is left after so many steps."""
    return min(int(RAY * share ** (1 / steps)), RAY - RAY // PPB)


class TestExactFunctions:
    def test_a_linear_price_is_nothing_from_tau_on(self) -> None:
        assert [linear(TOP, 10, elapsed) for elapsed in (0, 5, 9, 10, 11)] == [TOP, TOP // 2, TOP // 10, 0, 0]

    def test_a_linear_price_rounds_the_share_left_down_first(self) -> None:
        assert linear(3, 3, 1) == 1  # 0.666… of 3 is 1.99…

    def test_a_stair_falls_at_whole_steps_only(self) -> None:
        assert [stairstep(TOP, CUT, 90, elapsed) for elapsed in (0, 89)] == [TOP, TOP]
        assert stairstep(TOP, CUT, 90, 90) == stairstep(TOP, CUT, 90, 179) == TOP * 99 // 100

    def test_an_exponential_is_a_stair_of_one_unit_of_time(self) -> None:
        assert all(exponential(TOP, CUT, k) == stairstep(TOP, CUT, 1, k) for k in range(100))

    def test_nothing_is_left_of_a_cut_of_nothing_but_at_the_start(self) -> None:
        assert [exponential(TOP, 0, elapsed) for elapsed in (0, 1, 2)] == [TOP, 0, 0]

    @pytest.mark.parametrize(
        ("call", "rule"),
        [
            (lambda: linear(1, 0, 0), "tau_must_be_positive"),
            (lambda: linear(-1, 1, 0), "top_must_not_be_negative"),
            (lambda: linear(1, 1, -1), "elapsed_must_not_be_negative"),
            (lambda: stairstep(1, RAY, 0, 0), "step_must_be_positive"),
            (lambda: stairstep(1, RAY + 1, 1, 0), "cut_must_not_exceed_one"),
            (lambda: exponential(1, -1, 0), "cut_must_not_be_negative"),
            (lambda: exponential(1, 1, -1), "elapsed_must_not_be_negative"),
        ],
    )
    def test_what_no_curve_is(self, call, rule) -> None:
        with pytest.raises(AccrualError) as refused:
            call()
        assert refused.value.rule == rule
        assert str(refused.value).startswith(f"{rule}: ")


class TestPowers:
    @given(st.integers(0, RAY), st.integers(0, 5_000))
    def test_a_power_is_the_exact_one_but_for_its_products_rounding(self, base: int, exponent: int) -> None:
        exact = Fraction(base, RAY) ** exponent * RAY
        # Halves of a unit, doubled by every squaring that follows them.
        assert abs(ray_pow_nearest(base, exponent) - exact) <= 2 * exponent + 1

    def test_halves_go_up(self) -> None:
        assert ray_pow_nearest(10**13 * 7, 2) == 5  # 4.9
        assert ray_pow_nearest(RAY // 2 * 3, 2) == RAY * 9 // 4
        assert ray_pow_nearest(5 * 10**13, 2) == 3  # 2.5
        assert ray_pow_nearest(5 * 10**13 - 1, 2) == 2

    def test_what_compounds_beyond_256_bits_is_refused(self) -> None:
        assert ray_pow_nearest(2 * RAY, 166) == RAY << 166
        with pytest.raises(AccrualError, match="power_must_fit"):
            ray_pow_nearest(2 * RAY, 167)


class TestTables:
    def test_a_linear_table_has_two_points(self) -> None:
        assert curve_points("linear", HOUR) == [(0, PPB), (HOUR, 0)]

    def test_a_stair_with_few_steps_has_a_point_at_each(self) -> None:
        points = curve_points("stairstep", 900_000, cut=CUT, step=90_000)
        assert points[:3] == [(0, PPB), (90_000, 990_000_000), (180_000, 980_100_000)]
        assert len(points) == 11
        assert curve_error("stairstep", 900_000, cut=CUT, step=90_000) == 2

    def test_a_stair_of_64_points_is_exact_and_one_of_65_is_not(self) -> None:
        assert curve_error("stairstep", 63_000, cut=CUT) == 2
        assert len(curve_points("stairstep", 63_000, cut=CUT)) == POINTS_MAX
        assert curve_error("stairstep", 64_000, cut=CUT) > 1_000_000
        assert len(curve_points("stairstep", 64_000, cut=CUT)) == POINTS_MAX

    def test_a_table_ends_where_nothing_is_left(self) -> None:
        points = curve_points("exponential", DURATION_MAX, cut=RAY // 2)
        assert points[-1] == (30_000, 0)  # 2^-30 is less than one part per billion
        assert curve_error("exponential", DURATION_MAX, cut=RAY // 2) == 2

    def test_after_its_last_point_a_table_stays(self) -> None:
        points = curve_points("exponential", HOUR, cut=cut_leaving(0.25, 3_600))
        assert curve_value(points, HOUR) == curve_value(points, 100 * HOUR) == points[-1][1]

    def test_between_points_a_value_is_on_the_line_rounded_down_or_held(self) -> None:
        points = [(0, PPB), (3, 0)]
        assert [curve_value(points, elapsed) for elapsed in range(5)] == [PPB, 666_666_666, 333_333_333, 0, 0]
        assert [curve_value(points, elapsed, held=True) for elapsed in range(5)] == [PPB, PPB, PPB, 0, 0]
        assert curve_value([(0, 0), (3, 2)], 1) == 0

    @pytest.mark.parametrize("kind", ["stairstep", "exponential"])
    @given(data=st.data())
    def test_a_table_is_as_near_as_it_says_at_every_step(self, kind: str, data: st.DataObject) -> None:
        steps = data.draw(st.integers(1, 400) | st.sampled_from([63, 64, 65, 3_600]))
        step = data.draw(st.sampled_from([1, 1_000, 90_000]))
        cut = cut_leaving(10 ** -data.draw(st.floats(1e-4, 12.0)), steps)
        points = curve_points(kind, steps * step, cut=cut, step=step)
        error = curve_error(kind, steps * step, cut=cut, step=step)
        require_points(points)
        far = [
            curve_value(points, k * step, held=kind == "stairstep") - exact_ppb(exponential(RAY, cut, k))
            for k in range(0, steps + 1, 1 + steps // 400)
        ]
        assert max(far) <= error
        assert min(far) >= -2

    def test_within_a_step_a_held_table_is_what_it_was_at_the_step(self) -> None:
        duration, cut, step = 8_400_000, CUT, 90_000
        points, error = (made("stairstep", duration, cut=cut, step=step) for made in (curve_points, curve_error))
        for elapsed in (0, 1, 89_999, 90_000, 4_000_000, 8_399_999):
            exact = exact_ppb(stairstep(RAY, cut, step, elapsed))
            assert -2 <= curve_value(points, elapsed, held=True) - exact <= error

    @pytest.mark.parametrize(("kind", "bound"), [("stairstep", PPB // 64), ("exponential", PPB // 63**2)])
    def test_no_table_is_worse_than_the_bound_of_its_kind(self, kind: str, bound: int) -> None:
        errors = [
            curve_error(kind, steps * 1_000, cut=cut_leaving(10**-fall, steps))
            for steps in (*range(64, 400, 37), 1_000, 43_200)
            for fall in (0.01, 0.5, 1, 3, 6, 9, 12, 60)
        ]
        assert bound * 8 // 10 < max(errors) <= bound + 2

    def test_no_other_points_at_whole_steps_are_nearer(self) -> None:
        steps, cut = 90, cut_leaving(0.1, 90)
        values = [ray_pow_nearest(cut, k) * PPB // RAY for k in range(steps + 1)]
        # The least largest gap of the steps from k on, by how many points they may have.
        least = [PPB] * (steps + 1) + [0]
        for _ in range(POINTS_MAX):
            least = [
                min(max(values[k] - values[j - 1], least[j]) for j in range(k + 1, steps + 2)) for k in range(steps + 1)
            ] + [0]
        assert curve_error("stairstep", steps * 1_000, cut=cut) == least[0] + 2

    @pytest.mark.parametrize(
        ("arguments", "rule"),
        [
            (("parabola", HOUR, {}), "kind_must_be_known"),
            (("linear", 0, {}), "duration_must_be_within_limit"),
            (("linear", DURATION_MAX + 1, {}), "duration_must_be_within_limit"),
            (("linear", HOUR, {"cut": CUT}), "linear_must_have_neither_cut_nor_step"),
            (("stairstep", HOUR, {"cut": RAY - 10**18 + 1}), "cut_must_leave_less_than_all"),
            (("stairstep", HOUR, {"cut": -1}), "cut_must_leave_less_than_all"),
            (("exponential", HOUR, {"cut": CUT, "step": 0}), "step_must_be_within_duration"),
            (("exponential", HOUR, {"cut": CUT, "step": HOUR + 1}), "step_must_be_within_duration"),
        ],
    )
    def test_what_makes_no_table(self, arguments, rule) -> None:
        kind, duration, terms = arguments
        for function in (curve_points, curve_error):
            with pytest.raises(AccrualError) as refused:
                function(kind, duration, **terms)
            assert refused.value.rule == rule

    @pytest.mark.parametrize(
        ("points", "rule"),
        [
            ([], "points_must_fit"),
            ([(k, 0) for k in range(65)], "points_must_fit"),
            ([(1, 0)], "first_point_must_be_at_start"),
            ([(0, 0), (5, 0), (5, 1)], "times_must_rise"),
            ([(0, 0), (DURATION_MAX + 1, 0)], "duration_must_be_within_limit"),
            ([(0, PPB + 1)], "value_must_be_within_one"),
            ([(0, 0), (1, -1)], "value_must_be_within_one"),
        ],
    )
    def test_what_is_no_table(self, points, rule) -> None:
        with pytest.raises(AccrualError, match=rule):
            require_points(points)

    def test_limits_of_a_table_are_allowed(self) -> None:
        require_points([(k, PPB) for k in range(63)] + [(DURATION_MAX, 0)])


class TestTwoPhases:
    def test_derives_discount_at_every_minute(self) -> None:
        points = two_phase(50_000_000, 300_000_000, 900_000, PPB, 43_200_000)
        assert points == [(0, 50_000_000), (900_000, 300_000_000), (44_100_000, PPB)]
        for second in range(0, 45_000, 60):
            exact = (1 - derive_auction.discount(derive_auction.DEPLOYED, second)) * PPB
            assert 0 <= exact - curve_value(points, second * 1_000) < 1

    @pytest.mark.parametrize(
        ("arguments", "rule"),
        [
            ((2, 1, 1, 3, 1), "discounts_must_rise"),
            ((0, 2, 1, 1, 1), "discounts_must_rise"),
            ((-1, 0, 1, 0, 1), "discounts_must_rise"),
            ((0, 0, 1, PPB + 1, 1), "discounts_must_rise"),
            ((0, 1, 0, 2, 1), "durations_must_be_positive"),
            ((0, 1, 1, 2, 0), "durations_must_be_positive"),
            ((0, 1, 1, 2, DURATION_MAX), "duration_must_be_within_limit"),
        ],
    )
    def test_what_is_no_discount(self, arguments, rule) -> None:
        with pytest.raises(AccrualError, match=rule):
            two_phase(*arguments)
