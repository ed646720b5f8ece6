"""What an account is told of portfolio margin: every term of its classes, and what netting saves it."""

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.venue.desk import desk, publish, table_of

from plimsoll import InputRefused
from plimsoll.risk import policy_digest


@pytest.fixture
def hedged():
    """A portfolio account long a perpetual and a put, short a call."""
    pool, btc, _ = desk()
    publish(pool)
    trader, maker = pool.account(owner=1, mode="portfolio"), pool.account(owner=2)
    trader.deposit(50_000)
    maker.deposit(1_000_000)
    for instrument, quantity in ((btc, 1), ("BTC-30JAN26-60000-P", 1), ("BTC-30JAN26-70000-C", -1)):
        pool.fill(trader, maker, instrument, quantity)
    return pool, trader


def test_terms_of_classes_add_up_and_name_the_scenario(hedged):
    _, trader = hedged
    found = trader.explain()
    (one,) = found.classes
    assert one.underlying == "BTC-PERP"
    assert one.maintenance.scenario == 3  # down the most, vols down
    assert one.maintenance.shock == Decimal("-0.16")
    assert one.maintenance.required == sum(part for _, part in one.maintenance.parts) == found.margin.maintenance
    # Undamped, undiscounted and alone in its group, each leg's loss is its part of the scan.
    assert abs(sum(loss for _, loss in one.losses) - one.maintenance.loss) < Decimal("0.02")
    assert dict(one.losses)["BTC-PERP"] == 9_600
    assert "scenario 3 at -16.00%" in str(found)


def test_greeks_are_terms_of_their_own(hedged):
    pool, trader = hedged
    table = table_of(pool)
    before = trader.explain().classes[0].maintenance
    pool.publish_class("BTC-PERP", delta_rate="0.01", gamma_rate="0.5", vega_rate="0.1")
    parts = dict(trader.explain().classes[0].maintenance.parts)
    options = table.classes[0].arrays.options
    at = {number: place for place, number in enumerate(options.instruments.tolist())}
    put, call = (at[pool.instrument(f"BTC-30JAN26-{name}").number] for name in ("60000-P", "70000-C"))
    delta = abs(1 + options.delta[put] - options.delta[call]) * 60_000
    assert float(parts["delta"]) == pytest.approx(0.01 * delta, abs=1e-3)
    assert float(parts["vega"]) == pytest.approx(0.1 * abs(options.vega[put] - options.vega[call]), abs=1e-3)
    gamma = options.gamma[put] - options.gamma[call]
    assert gamma > 0
    assert "gamma" not in parts, "a book long gamma needs nothing for it"
    assert parts["scan"] == dict(before.parts)["scan"]


def test_a_short_gamma_book_pays_for_it():
    pool, _, _ = desk()
    table = publish(pool)
    pool.publish_class("BTC-PERP", gamma_rate="0.5")
    seller, maker = pool.account(owner=1, mode="portfolio"), pool.account(owner=2)
    seller.deposit(50_000)
    maker.deposit(1_000_000)
    pool.fill(seller, maker, "BTC-30JAN26-60000-C", -2)
    parts = dict(seller.explain().classes[0].maintenance.parts)
    options = table.classes[0].arrays.options
    place = options.instruments.tolist().index(pool.instrument("BTC-30JAN26-60000-C").number)
    assert float(parts["gamma"]) == pytest.approx(0.5 * 2 * options.gamma[place], abs=1e-3)


def test_standard_options_are_explained_by_expiry():
    pool, _, _ = desk()
    publish(pool)
    seller, maker = pool.account(owner=1), pool.account(owner=2)
    seller.deposit(50_000)
    maker.deposit(1_000_000)
    pool.fill(seller, maker, "BTC-30JAN26-60000-C", -1)
    (one,) = seller.explain().classes
    assert one.maintenance.parts == (("2026-01-30_each_short_alone", Decimal(4_500)),)
    assert one.maintenance.scenario == 0
    pool.fill(seller, maker, "BTC-30JAN26-70000-C", 1)
    (one,) = seller.explain().classes
    assert [name for name, _ in one.maintenance.parts] == ["2026-01-30_each_short_alone"]
    pool.fill(seller, maker, "BTC-30JAN26-60000-C", "0.9")
    assert seller.explain().margin.maintenance == seller.margin.maintenance


def test_relief_goes_from_legs_to_the_account(hedged):
    pool, trader = hedged
    found = trader.relief()
    assert found.account == found.classes == trader.margin.maintenance
    assert found.legs > found.groups > found.classes > 0
    before = pool.root
    trader.reserve("BTC-PERP", "0.1", "59000")
    assert trader.relief() == found, "orders are not netted"
    assert pool.root != before
    assert str(found).startswith(f"legs {found.legs:f}, groups ")


def test_relief_counts_standard_terms_alike(hedged):
    pool, trader = hedged
    eth = pool.list_perp("ETH-PERP", initial="0.10", maintenance="0.05")
    pool.mark(eth, "3000")
    maker = pool.accounts[1]
    before = trader.relief()
    pool.fill(trader, maker, eth, 1)
    after = trader.relief()
    assert [new - old for new, old in zip(after, before)] == [Decimal(150)] * 4


def test_what_if_needs_a_price_for_an_option_without_a_table():
    pool, _, _ = desk()
    trader = pool.account(owner=1)
    trader.deposit(1000)
    with pytest.raises(InputRefused, match="has no table yet: give a price"):
        trader.what_if("BTC-30JAN26-60000-C", 5)
    assert trader.what_if("BTC-30JAN26-60000-C", 5, price=100).equity == Decimal("498.5")


def test_another_model_leaves_the_policy_readable(hedged):
    pool, trader = hedged
    table = table_of(pool)
    one = table.classes[0]
    pool.tick("2026-01-01T00:01:00Z")
    pool.publish_table(replace(table_of(pool), classes=(replace(one, policy=replace(one.policy, factor_initial=1.5)),)))
    (found,) = trader.explain().classes
    assert dict(found.initial.parts)["factor"] == found.initial.required - dict(found.initial.parts)["scan"]


def test_a_policy_has_a_version_and_a_digest(hedged):
    pool, _ = hedged
    first = pool.class_policy(1)
    pool.tick("2026-01-01T00:01:00Z")
    publish(pool)
    assert pool.class_policy(1) == first, "another table is not another policy"
    assert first.digest == policy_digest(table_of(pool).classes[0])
    pool.publish_class("BTC-PERP", factor_initial="1.5")
    changed = pool.class_policy(1)
    assert (changed.version, changed.parameters["factor_initial"]) == (first.version + 1, 1_500_000_000)
    assert changed.digest != first.digest
    with pytest.raises(InputRefused, match="class 2 is not published"):
        pool.class_policy(2)
