"""Options in their settlement window, and a table made while they settle."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from tests.venue.desk import desk, publish

from plimsoll.venue.market import fixed_part

QUANTUM = 2**17 / 10**6
"""Of a class whose unit is a million lots, in tokens."""


def test_the_forward_of_an_average_is_partly_fixed():
    """The worked number of docs/library.md: twenty minutes of thirty at 60,000, now 61,000."""
    row = np.zeros(
        1, [(name, np.int64) for name in ("expiry", "settlement_window", "settlement_sum", "settlement_time")]
    )
    minute = 60_000
    row[0] = (30 * minute, 30 * minute, 60_000 * 10**6 * 20 * minute, 20 * minute)
    fixed, share_left = fixed_part(row, 20 * minute)
    assert fixed[0] == pytest.approx(40_000)
    assert fixed[0] + 61_000 * share_left[0] == pytest.approx(60_333.33, abs=0.01)
    # Before the window, and where it has seen no mark, all of it moves; at expiry nothing does.
    assert [part.tolist() for part in fixed_part(row, -1)] == [[0.0], [1.0]]
    assert [part.tolist() for part in fixed_part(row, 30 * minute)] == [[60_000.0], [0.0]]
    row["settlement_time"] = row["settlement_sum"] = 0
    assert [part.tolist() for part in fixed_part(row, 20 * minute)] == [[0.0], [1.0]]


@pytest.mark.parametrize("silent", [0, 9])
def test_a_settling_option_is_priced_on_what_its_window_has_fixed(silent):
    """The forward shown in the window is the settlement price where the spot stands still from then on.

    ``silent`` minutes of the window have no valid mark: the engine does not count them, and neither may the model.
    """
    pool, btc, _ = desk()
    start = datetime(2026, 1, 30, 7, 30, tzinfo=UTC)
    pool.tick(start, {btc: 60_000})
    call = pool.instrument("BTC-30JAN26-60000-C")
    for minute in range(1, 19 + silent):
        pool.tick(start + timedelta(minutes=minute), {btc: 60_000} if minute <= 18 else None)
    pool.tick(start + timedelta(minutes=19 + silent), {btc: 61_000})
    seen = int(pool.tables.instruments[call.number]["settlement_time"]) // 1000
    left = (11 - silent) * 60
    assert seen == 19 * 60 if silent == 0 else 19 * 60 <= seen <= 24 * 60
    shown = pool.market_of(1, 0.6).chain
    at = shown.instruments.tolist().index(call.number)
    assert shown.fixed[at] == pytest.approx(60_000 * seen / (seen + left))
    assert shown.forwards[at] == pytest.approx((60_000 * seen + 61_000 * left) / (seen + left))
    assert shown.forwards_at(np.array([0.1]))[at, 0] == pytest.approx(shown.forwards[at] + 6_100 * left / (seen + left))
    # The far expiry is not in its window: all of its forward moves.
    assert (shown.fixed[-1], shown.forwards[-1]) == (0, 61_000)
    table = publish(pool, vol=1e-9)
    expected = 1_000 * left / (seen + left)
    assert float(call.mark) == pytest.approx(expected, abs=QUANTUM)
    assert table.classes[0].arrays.options.delta[at] == pytest.approx(left / (seen + left))
    buyer, seller = pool.account(owner=1), pool.account(owner=2)
    for account in (buyer, seller):
        account.deposit(100_000)
    pool.fill(buyer, seller, call, 1, price=call.mark)
    # Six series expire, one is settled after the other.
    for minute in range(20 + silent, 37):
        pool.tick(start + timedelta(minutes=minute), {btc: 61_000})
    assert call.status == "closed"
    assert float(call.mark) == pytest.approx(expected, abs=1e-3)
    assert pool.market_of(1, 0.6).chain.instruments.size == 6
    assert pool.identities() == []


def test_a_settling_option_is_not_priced_again():
    """Settlement by cursor may take several ticks: a table made meanwhile leaves the frozen price alone."""
    pool, btc, _ = desk()
    pool.set_policy(settlements_per_tick=1)
    buyer, seller = pool.account(owner=1), pool.account(owner=2)
    for account in (buyer, seller):
        account.deposit(100_000)
    start = datetime(2026, 1, 30, 7, 30, tzinfo=UTC)
    pool.tick(start, {btc: 61_000})
    publish(pool)
    call = pool.instrument("BTC-30JAN26-60000-C")
    pool.fill(buyer, seller, call, 1)
    for minute in range(1, 31):
        pool.tick(start + timedelta(minutes=minute), {btc: 61_000})
    assert (call.status, call.mark) == ("settling", Decimal(1_000))
    table = publish(pool)
    assert call.number not in table.classes[0].arrays.options.instruments
    assert call.mark == 1_000
