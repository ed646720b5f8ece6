"""The search for a liquidation price, on buffers made by hand."""

import pytest
from tests.presets.books import book, option, position

from plimsoll.presets.compare import NotCovered
from plimsoll.presets.compare.search import nearest_breach, prices_above, prices_below, shown

PRESENT = 60_000_000_000
HELD = book(0, position(1, 60_000), option(47_123, "P", 1), option(90_000, "C", 1), option(10**6, "C", 1))
BELOW, ABOVE = (grid(HELD, "BTC", PRESENT) for grid in (prices_below, prices_above))


def test_the_grid_goes_outward_through_half_and_double_and_through_the_strikes():
    assert sorted(BELOW, reverse=True) == BELOW and sorted(ABOVE) == ABOVE
    assert (BELOW[-1], ABOVE[-1]) == (PRESENT // 100, PRESENT * 10)
    assert {47_123_000_000, PRESENT // 2} <= set(BELOW)
    assert {90_000_000_000, PRESENT * 2} <= set(ABOVE)
    assert 10**12 not in ABOVE and PRESENT not in {*BELOW, *ABOVE}
    assert shown([PRESENT // 2 - 1, PRESENT // 2, PRESENT, 2 * PRESENT, 2 * PRESENT + 1], PRESENT) == [
        PRESENT // 2,
        PRESENT,
        2 * PRESENT,
    ]


def test_strikes_are_where_the_spot_meets_them_when_the_contract_stands_higher():
    held = book(0, position(1, 1), option(45_000, "P", 1), marks={"BTC": 60_000, "BTC-PERP": 66_000})
    assert 49_500_000_000 in prices_below(held, "BTC", 66_000_000_000)


@pytest.mark.parametrize("edge", [31_415_926_535, 59_999_999_999, 700_000_000])
def test_a_breach_below_is_found_to_the_micro_in_few_steps(edge):
    asked = []

    def buffer(price):
        asked.append(price)
        return price - edge if price > edge else price - edge - 10**9

    # In breach from edge - 1 down: a straight line with a step in it.
    assert nearest_breach(lambda price: buffer(price) - 1, PRESENT, BELOW) == (edge, edge)
    assert len(asked) < len(BELOW) + 70


def test_the_nearest_of_several_breaches_counts_and_a_curve_is_followed():
    # Safe only between 50,000 and 80,000 and again above 100,000.
    def buffer(price):
        at = price / 10**6
        return round((at - 50_000) * (80_000 - at) * (100_000 - at) / 10**3)

    below, above = nearest_breach(buffer, PRESENT, BELOW), nearest_breach(buffer, PRESENT, ABOVE)
    for found, towards in ((below, 1), (above, -1)):
        assert buffer(found.breach) < 0 <= buffer(found.breach + towards)
    assert below.breach == pytest.approx(50_000_000_000, abs=10)
    assert above.breach == pytest.approx(80_000_000_000, abs=10)


def test_none_says_how_far_was_searched():
    assert nearest_breach(lambda price: 0, PRESENT, ABOVE) == (None, PRESENT * 10)
    cut = nearest_breach(lambda price: 1 if price < 10**11 else None, PRESENT, ABOVE)
    assert cut.breach is None
    assert cut.reached == max(price for price in ABOVE if price < 10**11)


def test_an_account_in_breach_is_liquidated_where_it_stands():
    assert nearest_breach(lambda price: -1, PRESENT, BELOW) == (PRESENT, PRESENT)


def test_a_hole_between_two_prices_is_not_taken_for_an_answer():
    def buffer(price):
        return {PRESENT: 5, BELOW[0]: -5}.get(price)

    with pytest.raises(NotCovered, match="no margin can be told"):
        nearest_breach(buffer, PRESENT, BELOW)
