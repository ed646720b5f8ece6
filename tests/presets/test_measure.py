"""The engine in a venue's units: exact, or refused."""

from fractions import Fraction

import pytest

from plimsoll.presets.measure import BeyondLimits, Held, Segment, measure

TENTH = Fraction(1, 10)


def test_equity_and_requirements_are_the_engines_in_quanta():
    found = measure(100, [Held(lots=-3, price=Fraction(50), initial=TENTH, maintenance=TENTH / 2, cost=Fraction(-160))])
    assert (found.equity, found.initial, found.maintenance) == (110, 15, Fraction(15, 2))
    assert found.parts[0][:2] == (-150, -160)


def test_an_account_in_breach_is_measured_all_the_same():
    found = measure(-1_000, [Held(lots=1, price=Fraction(50), initial=TENTH, maintenance=TENTH)])
    assert found.equity == -950 < found.maintenance


def test_orders_count_at_their_worse_end_and_only_initially():
    found = measure(0, [Held(lots=1, price=Fraction(10), initial=TENTH, maintenance=TENTH, bids=2, asks=5)])
    assert (found.initial, found.maintenance) == (4, 1)


def test_slope_segments_and_floor():
    slope = Held(lots=10, price=Fraction(1), initial=TENTH, slope_initial=TENTH / 100, maintenance=TENTH / 10)
    assert measure(0, [slope]).initial == Fraction(11, 10)
    tier = Held(
        lots=10, price=Fraction(1), initial=TENTH, maintenance=TENTH, segments=[Segment(4, TENTH * 2, TENTH * 2)]
    )
    assert measure(0, [tier]).maintenance == Fraction(16, 10)
    assert measure(0, [Held(lots=10, price=Fraction(1), initial=TENTH, floor_rate=TENTH * 3)]).initial == 3


def test_the_price_of_a_breach_is_beside_the_one_that_is_none():
    held = Held(lots=1, price=Fraction(100), initial=TENTH, maintenance=TENTH, cost=Fraction(100))
    found = measure(55, [held], reach=4)
    below, above = found.breaches(0)
    assert above is None
    assert below < 50 <= below + Fraction(1, 10**6), "equity m - 45 equals maintenance m / 10 at 50 exactly"


def test_nothing_held_and_a_price_of_nothing():
    found = measure(
        Fraction(1, 4), [Held(lots=0, price=Fraction(1), cost=Fraction(5)), Held(lots=7, price=Fraction(0))]
    )
    assert found.equity == Fraction(1, 4) - 5
    assert found.initial == found.maintenance == 0


@pytest.mark.parametrize(
    "held",
    [
        Held(lots=1, price=Fraction(1, 3)),
        Held(lots=1, price=Fraction(-1)),
        Held(lots=2**64, price=Fraction(1)),
        Held(lots=10**16, price=Fraction(10**10)),
        Held(lots=1, price=Fraction(1), initial=Fraction(1, 3)),
        Held(lots=1, price=Fraction(1), initial=Fraction(3)),
        Held(lots=1, price=Fraction(1), initial=TENTH, maintenance=TENTH * 2),
        Held(lots=1, price=Fraction(1), cost=Fraction(1, 3)),
        Held(lots=1, price=Fraction(1), segments=[Segment(2**80, TENTH, TENTH)]),
    ],
)
def test_what_the_engine_cannot_hold_exactly_is_refused(held):
    with pytest.raises(BeyondLimits):
        measure(0, [held])


def test_more_positions_than_an_account_has_and_cash_too_large():
    with pytest.raises(BeyondLimits, match="64"):
        measure(0, [Held(lots=1, price=Fraction(1))] * 65)
    with pytest.raises(BeyondLimits):
        measure(10**30, [])
