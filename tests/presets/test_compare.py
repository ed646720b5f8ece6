"""The comparison against other witnesses: numbers by hand, the engine's own liquidation prices, the float form."""

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pytest
from tests.presets.books import DAY, book, number, option, position

from plimsoll.margin.explain import explain
from plimsoll.margin.liquidation import liquidation_prices
from plimsoll.presets import PRESETS, deribit
from plimsoll.presets.compare import NotCovered, Order, compare
from plimsoll.presets.compare.classes import RULES
from plimsoll.presets.compare.ground import Ground
from plimsoll.presets.compare.placed import put
from plimsoll.presets.compare.series import market_of, series_of
from plimsoll.risk import ClassBook, Underlying
from plimsoll.risk.evaluate import class_margin
from plimsoll.venue import InputRefused

LONG = book(20_000, position(1, 58_500))
SPREADS = (
    option(55_000, "P", 1),
    option(50_000, "P", -2),
    option(66_000, "C", -1, days=7),
    option(70_000, "C", "0.5", days=7),
)
HEDGED = book(20_000, position(1, 58_500), *SPREADS)
ETH = {"BTC": 60_000, "BTC-PERP": 60_000, "ETH": 3_000, "ETH-PERP": 3_000, "SOL": 100, "SOL-PERP": 100, "cbBTC": 60_000}
VENUES = [name for name in PRESETS if name not in RULES]
NETTING = [name for name in RULES if name != "derive_srm"]


def figures(held, preset, **more):
    (outcome,) = compare(held, [preset], **more).outcomes
    assert outcome.reason is None, outcome.reason
    return outcome.figures


class Standing(NamedTuple):
    equity: Decimal
    initial: Decimal
    maintenance: Decimal


def standing(held, preset):
    """What ``figures`` says of the account, without the search along the price."""
    found = explain(put(Ground(PRESETS[preset]), held), 0)
    return Standing(*(Decimal(micros) / 10**6 for micros in (found.equity, found.initial, found.maintenance)))


def breached(held, preset, price):
    """Whether the account is below maintenance with the main contract at so many micros, told by a pool of its own."""
    moved = held.moved("BTC", Fraction(int(price * 10**6), 60_000 * 10**6))
    found = explain(put(Ground(PRESETS[preset]), moved), 0)
    return found.equity < found.maintenance


@pytest.mark.parametrize(
    ("preset", "initial", "maintenance"),
    [
        ("dydx_v4", "3000", "1800"),
        ("hyperliquid", "1500", "750"),
        ("derive_srm", "3960", "3000"),
        # 18 % and 3 %, times 1.25 initially; 18 % times 0.8 and 3 %, 4 % initially.
        ("derive_pmrm", "15750", "12600"),
        ("derive_pmrm2", "13200", "10440"),
        # 16 % and a roll of 1 %, times 0.8; 15 %; 16 % and 0.03 %, half and 0.03 %.
        ("deribit_pm", "10200", "8160"),
        ("span_like", "9000", "9000"),
        ("paradex_pm", "9618", "4818"),
    ],
)
def test_one_coin_long_by_hand(preset, initial, maintenance):
    found = standing(LONG, preset)
    assert found.equity == 21_500
    # Shocks are held in parts of 2^30: two of them of 60,000 are a hundredth of a cent.
    assert found.initial == pytest.approx(Decimal(initial), abs=Decimal("0.0002"))
    assert found.maintenance == pytest.approx(Decimal(maintenance), abs=Decimal("0.0002"))


def test_figures_are_the_engine_s_with_state_and_leverage():
    found, told = figures(LONG, "paradex_pm"), standing(LONG, "paradex_pm")
    assert (found.equity, found.initial, found.maintenance) == told
    # 60,000 of 21,500, and of 9,618.
    assert (found.state, found.leverage, found.leverage_max) == ("healthy", Decimal("2.79"), Decimal("6.23"))


@pytest.mark.parametrize("preset", VENUES)
@pytest.mark.parametrize("quantity", [1, -1])
def test_liquidation_prices_of_contracts_are_the_engine_s_own(preset, quantity):
    held = book(9_000, position(quantity, 60_000))
    found = figures(held, preset)
    tables = put(Ground(PRESETS[preset]), held)
    own = liquidation_prices(tables, 0, 1)
    assert [own.below is None, own.above is None] == [quantity < 0, quantity > 0]
    for side, mark in ((found.below, own.below), (found.above, own.above)):
        assert side.price == (None if mark is None else Decimal(mark) / 10**6)


@pytest.mark.parametrize("preset", NETTING)
def test_requirements_of_an_option_book_are_those_of_the_float_form(preset):
    series = series_of(HEDGED.options, "BTC")
    table = RULES[preset].build("BTC", 1, 1, market_of(60_000.0, series, 3, 1))
    quantities = [float(one.quantity) for options in series.values() for one in options]
    told = class_margin(table, ClassBook(linear=np.array([60_000.0]), options=np.array(quantities)))
    found = standing(HEDGED, preset)
    assert float(found.initial) == pytest.approx(told.initial, abs=0.01)
    assert float(found.maintenance) == pytest.approx(told.maintenance, abs=0.01)
    value = float(np.array(quantities) @ table.arrays.options.v0)
    assert float(found.equity) == pytest.approx(21_500 + value, abs=0.01)
    assert told.initial > 100


def test_the_standard_manager_by_hand():
    # A call 10 % out of the money: 13 % of spot at least; 9 % for maintenance. Its value is owed.
    found = standing(book(20_000, option(66_000, "C", -1)), "derive_srm")
    assert (found.initial, found.maintenance) == (number(7_800), number(5_400))
    assert found.equity < 20_000


def test_deribit_stops_contracts_at_the_edge_and_not_options():
    # A short contract gains nothing from the extended moves: 16 % and 1 %, on either side.
    assert standing(book(20_000, position(-1, 60_000)), "deribit_pm").initial == pytest.approx(10_200, abs=0.001)
    covered = standing(book(20_000, position(1, 60_000), option(70_000, "C", -1, days=1, vol=0.1)), "deribit_pm")
    # At +500 % the call has lost 290,000, the contract gained 9,600; 100,000 do not count, the roll is 600.
    assert float(covered.initial) == pytest.approx(290_000 - 9_600 - 100_000 + 600, abs=1)
    in_full = deribit.matrix(deribit.RULES).class_table(Underlying("BTC", 1, 1, 60_000.0))
    assert class_margin(in_full, ClassBook(linear=np.array([-60_000.0]))).initial == pytest.approx(200_600)


@pytest.mark.parametrize("preset", ["derive_srm", "derive_pmrm2", "deribit_pm", "paradex_pm"])
def test_liquidation_prices_of_options_are_true_to_the_micro(preset):
    held = book(
        16_000, option(60_000, "P", -1, days=10), option(60_000, "C", -1, days=10), option(90_000, "C", 1, days=10)
    )
    found = figures(held, preset)
    assert found.state in ("healthy", "restricted")
    assert found.below.price < 60_000 < found.above.price
    micro = Decimal("0.000001")
    for price, inward in ((found.below.price, micro), (found.above.price, -micro)):
        assert breached(held, preset, price)
        assert not breached(held, preset, price + inward)


def test_the_curve_is_the_engine_s_at_each_price_and_meets_zero_where_it_is_liquidated():
    found = figures(HEDGED, "derive_srm")
    prices = [point.price for point in found.curve]
    assert prices == sorted(set(prices))
    assert (prices[0], prices[-1]) == (30_000, 120_000)
    assert {number(60_000), number(66_000), number(50_000)} <= set(prices)
    for point in found.curve:
        safe = (found.below.price is None or point.price > found.below.price) and (
            found.above.price is None or point.price < found.above.price
        )
        assert (point.buffer >= 0) >= safe
        assert point.buffer == point.equity - point.maintenance
    (present,) = [point for point in found.curve if point.price == 60_000]
    assert (present.equity, present.maintenance) == (found.equity, found.maintenance)
    assert any(point.price == found.below.price and point.buffer < 0 for point in found.curve)


def test_an_account_in_breach_is_told_so():
    found = figures(book(100, position(1, 60_000)), "dydx_v4")
    assert (found.state, found.below.price, found.above.price) == ("liquidating", 60_000, 60_000)
    assert figures(book(-1, position(1, 60_000)), "dydx_v4").state == "insolvent"
    assert figures(book(-1, position(1, 60_000)), "dydx_v4").leverage is None
    assert figures(book(2_000, position(1, 60_000)), "dydx_v4").state == "restricted"


@pytest.mark.parametrize("preset", ["derive_srm", "deribit_pm", "span_like"])
def test_two_coins_need_what_each_needs(preset):
    """Classes, indexes, netting groups and numbers of options of one coin do not reach into the other's."""
    first = (position(1, 60_000), option(55_000, "P", 1), option(66_000, "C", -1, days=7))
    second = (
        option(3_300, "C", -5, coin="ETH"),
        option(2_700, "P", -5, coin="ETH", days=7),
        position(2, 3_000, "ETH-PERP"),
    )
    one, other, both = (standing(book(0, *parts, marks=ETH), preset) for parts in (first, second, (*first, *second)))
    assert min(one.initial, other.initial) > 1_000
    for side in ("equity", "initial", "maintenance"):
        # Each class has its own fineness, which depends on the sizes held in it alone.
        assert getattr(both, side) == getattr(one, side) + getattr(other, side)


def test_orders_and_caps_raise_the_initial_side_alone():
    plain = standing(LONG, "dydx_v4")
    ordered = standing(
        book(20_000, position(1, 58_500), orders=[Order("BTC-PERP", number(1), number(60_000))]), "dydx_v4"
    )
    # Two coins at the worse end, and the fee of the order.
    assert (ordered.initial, ordered.maintenance) == (6_000 + 30, plain.maintenance)
    capped = standing(book(20_000, position(1, 58_500), leverage_cap=number(10)), "dydx_v4")
    assert (capped.initial, capped.maintenance) == (6_000, plain.maintenance)


def test_collateral_keeps_its_haircut_and_moves_with_its_coin():
    held = book(0, position(-1, 60_000), collateral={"BTC": number(1)})
    hedged = figures(held, "derive_pmrm2")
    # The coin cancels the contract; 10.6 % of haircut and 3 % of the contract remain.
    assert float(hedged.maintenance) == pytest.approx(60_000 * 0.136, abs=0.01)
    assert hedged.below.price is None
    # To a venue that takes a wrapped coin, its own name is the same.
    assert standing(held, "synthetix_v3").equity == 60_000


@pytest.mark.parametrize(
    ("preset", "held", "words"),
    [
        ("dydx_v4", HEDGED, "it lists no options"),
        (
            "dydx_v4",
            book(0, position(1, 1, "SOL-PERP"), marks=ETH),
            "SOL-PERP is not listed; contracts: BTC-PERP, ETH-PERP",
        ),
        ("dydx_v4", book(0, collateral={"BTC": number(1)}), "BTC is no collateral; only cash is"),
        ("synthetix_v3", book(0, marks=ETH, collateral={"SOL": number(1)}), "it takes cbBTC, WETH and cash"),
        (
            "synthetix_v3",
            book(0, marks=ETH, collateral={"BTC": number(1), "cbBTC": number(1)}),
            "cbBTC is there twice",
        ),
        ("dydx_v4", book(0, position("1e9", 60_000)), "is more than the engine holds"),
        ("deribit_pm", book(0, position("1e6", 60_000)), "an account may hold at most 2000"),
        ("deribit_pm", book(0, position("0.00001", 60_000)), "finer than a lot of 0.0001"),
        ("deribit_pm", book(0, position(1, "1.0000001")), "is finer than 0.000001"),
        ("dydx_v4", book(0, position(1, 1), marks={"BTC-PERP": 2_000_000}), "above the 1000000 its listing allows"),
        ("deribit_pm", book(0, option(100, "C", 1, coin="SOL"), marks=ETH), "it lists no options on SOL"),
        ("deribit_pm", book(0, option("1e7", "P", 1)), "a strike of 10000000 is finer or larger"),
        ("deribit_pm", book(0, option("50000.0000001", "P", 1)), "finer or larger"),
        ("paradex_pm", book(0, option(60_000, "C", -9_000)), "value_max_must_fit"),
        (
            "derive_pmrm2",
            book(0, position(1, 60_000), position(1, 3_000, "ETH-PERP"), marks=ETH),
            "BTC and ETH need an account each",
        ),
        (
            "derive_srm",
            book(0, collateral={"BTC": number(1)}, settlement_price=number("0.97")),
            "haircuts follow the settlement token's price",
        ),
        ("derive_pmrm", book(0, option(60_000, "C", 1, days=3_650, vol=9.0)), "no risk table can be made"),
    ],
)
def test_a_venue_that_cannot_hold_it_says_why(preset, held, words):
    (outcome,) = compare(held, [preset]).outcomes
    assert outcome.figures is None
    assert words in outcome.reason
    assert outcome.as_dict()["covered"] is False
    with pytest.raises(NotCovered):
        put(Ground(PRESETS[preset]), held)


def test_more_instruments_than_an_account_may_hold():
    many = book(0, *(option(50_000 + 100 * place, "P", 1) for place in range(65)))
    (outcome,) = compare(many, ["deribit_pm"]).outcomes
    assert "at most 64 instruments" in outcome.reason


def test_every_preset_has_an_outcome_in_the_order_asked_for():
    told = []
    asked = ["paradex_pm", "dydx_v4", "paradex_pm"]
    found = compare(book(20_000, position(1, 60_000)), asked, advance=lambda *step: told.append(step))
    assert [one.preset for one in found.outcomes] == ["paradex_pm", "dydx_v4"]
    assert told == [(0, 2, "paradex_pm"), (1, 2, "dydx_v4")]
    assert (found.coin, found.instrument, found.price) == ("BTC", "BTC-PERP", 60_000)
    data = found.as_dict()
    assert [one["preset"] for one in data["presets"]] == ["paradex_pm", "dydx_v4"]
    assert set(RULES) | set(VENUES) == set(PRESETS)


def test_another_coin_may_move():
    held = book(20_000, position(1, 60_000), position(-1, 3_000, "ETH-PERP"), marks=ETH)
    found = compare(held, ["dydx_v4"], "ETH")
    assert (found.instrument, found.price) == ("ETH-PERP", 3_000)
    # 20,000 - (p - 3,000) = 1,800 + 0.03 p
    assert found.outcomes[0].figures.above.price == pytest.approx(
        Decimal(21_200) / Decimal("1.03"), abs=Decimal("1e-5")
    )


@pytest.mark.parametrize(
    ("held", "arguments", "words"),
    [
        (book(1_000), {}, "nothing is held"),
        (LONG, {"presets": ["ftx"]}, "no preset 'ftx'; known: dydx_v4, drift_v2"),
        (LONG, {"coin": "ETH"}, "no 'ETH' is held; coins: BTC"),
    ],
)
def test_what_cannot_be_compared_is_refused(held, arguments, words):
    with pytest.raises(InputRefused, match=words):
        compare(held, **arguments)


def test_seconds_to_expiry_are_what_the_option_is_worth():
    near, far = (standing(book(0, option(60_000, "C", 1, days=days)), "span_like").equity for days in (1, 4))
    # At the money, without carry: value grows with the root of time.
    assert float(far / near) == pytest.approx(2.0, rel=1e-3)
    assert HEDGED.options[0].seconds == 30 * DAY
