"""The portfolio that is compared: what it knows of itself, how it moves, and what no venue could use."""

from decimal import Decimal
from fractions import Fraction

import pytest
from tests.presets.books import book, number, option, position

from plimsoll.presets.compare import Order
from plimsoll.venue import InputRefused

MARKS = {"BTC": 60_000, "BTC-PERP": 60_100, "ETH": 3_000}


def test_notional_counts_options_at_their_coin_and_collateral_only_for_its_coin():
    held = book(0, position(-2, 50_000), option(70_000, "C", -3), marks=MARKS, collateral={"ETH": number(100)})
    assert held.gross_notional() == 2 * 60_100 + 3 * 60_000
    assert held.gross_notional("BTC") == held.gross_notional()
    assert held.gross_notional("ETH") == 300_000
    assert held.coins == ["BTC", "ETH"]
    assert held.main_coin() == "BTC"
    assert book(0, marks=MARKS, collateral={"ETH": number(1)}).main_coin() == "ETH"
    assert (held.main_instrument("BTC"), held.main_price("BTC")) == ("BTC-PERP", number(60_100))
    assert (held.main_instrument("ETH"), held.main_price("ETH")) == ("ETH", number(3_000))


def test_a_move_takes_every_price_of_the_coin_with_it_and_nothing_else():
    moved = book(7, position(1, 1), marks=MARKS).moved("BTC", Fraction(1, 3))
    assert moved.marks == {"BTC": 20_000, "BTC-PERP": Decimal("20033.333333"), "ETH": 3_000}
    assert moved.positions == book(7, position(1, 1), marks=MARKS).positions
    assert book(0, marks={"BTC": "0.000001"}).moved("BTC", Fraction(1, 10)).marks["BTC"] == Decimal("0.000001")


def test_spot_is_the_coin_s_own_price_before_that_of_its_perpetual():
    assert book(0, marks=MARKS).spot("BTC") == 60_000
    assert book(0, marks={"BTC-PERP": 5}).spot("BTC") == 5
    with pytest.raises(InputRefused, match="SOL has no price, nor has SOL-PERP"):
        book(0, marks=MARKS).spot("SOL")


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: book("NaN"), "cash: NaN is not a number"),
        (lambda: book("1e-7"), "cash: 1E-7 is finer"),
        (lambda: book("1e40"), "cash: 1E.40 is too large"),
        (lambda: book(0, marks={"BTC": 0}), "marks.BTC: must be above 0"),
        (lambda: book(0, marks={"BTC": "1e-7"}), "marks.BTC: 1E-7 is finer"),
        (lambda: book(0, marks={"BTC": "Infinity"}), "marks.BTC: Infinity is not a number"),
        (lambda: book(0, position(1, 0)), "BTC-PERP: its price must be above 0"),
        (lambda: book(0, position("NaN", 1)), "BTC-PERP: NaN is not a number"),
        (lambda: book(0, position(1, 1, "ETH-PERP")), "ETH-PERP has no price"),
        (lambda: book(0, orders=[Order("BTC-PERP", number(1), number(0))]), "must be above 0"),
        (lambda: book(0, collateral={"BTC": number(-1)}), "collateral.BTC: must not be negative"),
        (lambda: book(0, leverage_cap=number(0)), "leverage_cap: must be at least 0.5"),
        (lambda: book(0, settlement_price=number(0)), "must be above 0"),
        (lambda: book(0, option(0, "C", 1)), "strike must be above 0"),
        (lambda: book(0, option(1, "C", 1, days=0)), "it has expired"),
        (lambda: book(0, option(1, "C", 1, vol=0.0)), "vol must be above 0"),
        (lambda: book(0, option(1, "C", 1, vol=float("nan"))), "vol must be above 0"),
        (lambda: book(0, option(1, "C", 1, vol=10.1)), "at most 10"),
        (lambda: book(0, option(1, "C", 1, coin="SOL")), "SOL has no price"),
        (lambda: book(0, option(1, "C", 1, name="a"), option(2, "C", 1, name="a")), "a: it is there twice"),
        (lambda: book(0, option(1, "C", 1, name="a"), option(1, "C", 1, name="b")), "b: it is there twice|a: it"),
    ],
)
def test_what_no_venue_could_use_is_refused(build, words):
    with pytest.raises(InputRefused, match=words):
        build()
