"""Portfolio accounts at the face: both modes, what if, orders, slices, refusals."""

from decimal import Decimal

import pytest
from tests.venue.desk import NEAR, START, desk, publish

import plimsoll
from plimsoll.venue import InputRefused, Refused

CALL, PUT, HIGH = "BTC-30JAN26-60000-C", "BTC-30JAN26-60000-P", "BTC-30JAN26-70000-C"


@pytest.fixture
def traded():
    """A portfolio account with a call spread hedged by the perpetual, and a rich maker."""
    pool, btc, _ = desk()
    publish(pool)
    trader, maker = pool.account(owner=1, mode="portfolio"), pool.account(owner=2)
    trader.deposit(40_000)
    maker.deposit(1_000_000)
    pool.fill(trader, maker, CALL, 1)
    pool.fill(trader, maker, HIGH, -1)
    pool.fill(trader, maker, btc, "-0.6")
    with pool:
        yield pool, btc, trader, maker


def test_both_modes_are_told_and_switching_gives_what_was_told(traded):
    pool, _, trader, maker = traded
    assert (trader.mode, maker.mode) == ("portfolio", "standard")
    told = trader.margins()
    assert list(told) == ["standard", "portfolio"]
    assert told["portfolio"] == trader.margin
    assert told["portfolio"].equity == told["standard"].equity
    # A spread and a short perpetual that hedges it need less than their standard terms one by one.
    assert told["portfolio"].initial < told["standard"].initial
    trader.set_mode("standard")
    assert (trader.mode, trader.margin) == ("standard", told["standard"])
    trader.set_mode("portfolio")
    assert trader.margin == told["portfolio"]
    assert [event.details for event in pool.events() if event.kind == "mode_set"] == [
        {"mode": "standard"},
        {"mode": "portfolio"},
    ]


def test_a_mode_that_is_not_covered_is_refused_with_both_numbers(traded):
    pool, btc, trader, maker = traded
    # A call against a short perpetual, and nothing else: of the short one standard margin asks for a tenth.
    pool.fill(trader, maker, HIGH, 1)
    pool.fill(trader, maker, btc, "-0.2")
    told = trader.margins()
    trader.withdraw(trader.cash)
    assert told["portfolio"].initial < trader.margin.equity < told["standard"].initial
    refused = trader.set_mode("standard", check=False)
    assert (refused.rule, refused.required) == ("margin_initial_must_be_covered", trader.margins()["standard"].initial)
    assert refused.equity == trader.margin.equity < refused.required
    assert trader.mode == "portfolio"
    for call in (lambda: trader.set_mode("cross"), lambda: pool.account(owner=5, mode="cross")):
        with pytest.raises(InputRefused, match="mode: must be 'standard' or 'portfolio', not 'cross'"):
            call()


@pytest.mark.parametrize(
    ("name", "quantity", "price"),
    [
        (CALL, "0.5", None),
        (PUT, "-1", "4000"),
        ("BTC-PERP", "0.4", "60100"),
        (HIGH, "1", None),
        ("BTC-PERP", "-0.1", None),
    ],
)
def test_what_if_is_the_margin_after_the_same_trade(traded, name, quantity, price):
    pool, _, trader, maker = traded
    promised = trader.what_if(name, quantity, price)
    pool.fill(trader, maker, name, quantity, price)
    assert trader.margin == promised


def test_refusals_of_a_portfolio_account_have_its_numbers(traded):
    pool, _, trader, maker = traded
    refused = pool.fill(trader, maker, HIGH, -20, check=False)
    promised = trader.what_if(HIGH, -20)
    assert (refused.equity, refused.required) == (promised.equity, promised.initial)
    placed = trader.reserve(HIGH, -20, "1100", check=False)
    assert placed.rule == "margin_initial_must_be_covered"
    assert placed.required > placed.equity
    assert trader.reserve(HIGH, "-0.1", "1100", check=False) is None
    with pytest.raises(Refused, match="mark_must_come_from_arrays.*an option is priced by a table: publish_table"):
        pool.mark(CALL, 4000)
    with pytest.raises(Refused, match="account_must_be_liquidating"):
        pool.bid_slice(trader, maker)


def test_an_option_without_a_table_asks_for_a_price(traded):
    pool, btc, trader, maker = traded
    late, _ = pool.list_ladder(btc, expiries=[NEAR], strikes=[80_000])
    with pytest.raises(InputRefused, match="80000-C is worth nothing at its mark or has no table yet: give a price"):
        pool.fill(trader, maker, late, 1)
    with pytest.raises(Refused, match="mark_must_allow_fill"):
        pool.fill(trader, maker, late, 1, price=1)
    eth = pool.list_perp("ETH-PERP")
    with pytest.raises(InputRefused, match="ETH-PERP has no mark yet: give a price, or publish a mark"):
        pool.fill(trader, maker, eth, 1)


def test_a_solvent_portfolio_account_is_taken_in_slices(traded):
    pool, btc, trader, maker = traded
    pool.fill(trader, maker, PUT, -2)
    bidder = pool.account(owner=3, mode="portfolio")
    bidder.deposit(1_000_000)
    pool.tick("2026-01-01T00:00:10Z", {btc: "58500"})
    trader.withdraw(trader.margin.headroom)
    pool.tick("2026-01-01T00:00:20Z", {btc: "57500"})
    assert trader.stage == "liquidating"
    with pytest.raises(InputRefused, match="bid_slice"):
        pool.bid(trader, bidder)
    with pytest.raises(InputRefused, match="part: 1E-10 is finer"):
        pool.bid_slice(trader, bidder, "0.0000000001")
    with pytest.raises(Refused, match="slice_must_be_within_limit"):
        pool.bid_slice(trader, bidder, 2)
    before = trader.positions
    pool.bid_slice(trader, bidder)
    parts = {now.quantity / old.quantity for now, old in zip(trader.positions, before)}
    # The same part of every leg, in steps of a thousandth: hedges stay hedged.
    (left,) = parts
    assert 0 < left < 1
    assert left * 1000 == int(left * 1000)
    assert trader.margin.equity >= trader.margin.exit_level - Decimal("0.000001") * len(before)
    pool.tick()
    assert trader.stage != "liquidating"
    assert pool.identities() == []


def test_an_options_book_survives_a_journal(tmp_path):
    pool, btc, _ = desk(tmp_path / "pool")
    publish(pool)
    trader, maker = pool.account(owner=1, mode="portfolio"), pool.account(owner=2)
    for account in (trader, maker):
        account.deposit(100_000)
    pool.fill(trader, maker, CALL, 1)
    pool.fill(trader, maker, btc, "-0.5")
    pool.tick("2026-01-01T00:00:10Z", {btc: "61000"})
    root, margins, printed = pool.root, trader.margins(), str(trader.explain())
    pool.close()
    with plimsoll.Pool.open(tmp_path / "pool") as again:
        found = again.account_at(trader.number)
        assert (again.root, found.mode, found.margins()) == (root, "portfolio", margins)
        assert str(found.explain()) == printed
    report = plimsoll.verify(tmp_path / "pool")
    assert report.ok
    assert str(report) > START
