"""A million random fills and funding steps: lots sum to zero and cost to what was realised, exactly."""

from time import perf_counter

import numpy as np
from tests.properties.lab import HOUR, PERCENT, TOKEN, Lab

from plimsoll.book.layout import COMMAND
from plimsoll.units import codes
from plimsoll.units import messages as m

FILLS = 1_000_000
BATCH = 50_000
ACCOUNTS = 256
PERPS = 3


def batch_of_fills(random, lab, prices) -> np.ndarray:
    commands = np.zeros(BATCH, COMMAND)
    commands["kind"] = m.COMMAND_FILL
    commands["id"] = lab.sent + 1 + np.arange(BATCH)
    lab.sent += BATCH
    taker = random.integers(0, ACCOUNTS, BATCH)
    commands["account"] = m.NAMED_COUNT + taker
    commands["counterparty"] = m.NAMED_COUNT + (taker + random.integers(1, ACCOUNTS, BATCH)) % ACCOUNTS
    commands["instrument"] = random.integers(1, PERPS + 1, BATCH)
    commands["lots"] = random.integers(1, 30_000, BATCH) * random.choice((-1, 1), BATCH)
    commands["price"] = prices[commands["instrument"]] + random.integers(-TOKEN, TOKEN, BATCH)
    return commands


def test_lots_and_costs_stay_exact_over_a_million_fills():
    random = np.random.default_rng(7)
    lab = Lab()
    prices = np.array([0, 100 * TOKEN + 1, 31 * TOKEN + 17, 977 * TOKEN + 3])
    for number in range(1, PERPS + 1):
        fees = {"fee_taker": PERCENT // 20, "fee_maker": -PERCENT // 100}
        funding = {"funding_interval": HOUR, "funding_rate_max": PERCENT}
        lab.list_instrument(int(prices[number]), **fees, **funding)
    for _ in range(ACCOUNTS):
        lab.open(10**14)
    accepted, funded, busy = 0, 0, 0.0
    for _ in range(FILLS // BATCH):
        commands = batch_of_fills(random, lab, prices)
        started = perf_counter()
        answers = lab.engine.apply(commands)
        busy += perf_counter() - started
        accepted += int(np.count_nonzero(answers == codes.OK))
        assert lab.engine.identities() == []
        for number in range(1, PERPS + 1):
            prices[number] += random.integers(-TOKEN, TOKEN)
            lab.mark(number, int(prices[number]), premium=int(random.integers(-PERCENT, PERCENT)))
        lab.tick(HOUR)
        assert lab.engine.identities() == []
        events = lab.engine.events()
        funded += int(np.count_nonzero(events["kind"] == m.EVENT_FUNDING_APPLIED))
        fills = events[events["kind"] == m.EVENT_FILLED]
        assert int(fills["lots"].sum()) == 0
        assert int(fills["cash"].sum() + fills["fee"].sum() - fills["cost"].sum()) == 0
    rows = lab.engine.pool.instruments[1 : PERPS + 1]
    holdings = lab.engine.pool.holdings
    for number, row in enumerate(rows, 1):
        held = holdings[holdings["instrument"] == number]
        assert int(held["lots"].sum()) == 0
        assert int(held["cost"].sum()) == int(row["realised"])
        assert int(row["funding"]) != 0
    print(f"{accepted:,} of {FILLS:,} fills accepted, {funded} funding steps, {FILLS / busy / 1e6:.1f} M fills/s")
    assert accepted > 0.99 * FILLS
    assert funded >= PERPS * (FILLS // BATCH - 1)
