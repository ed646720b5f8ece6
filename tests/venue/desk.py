"""A pool with a class over BTC and a small ladder of options, for tests of the face."""

import plimsoll
from plimsoll.pricing import black76
from plimsoll.risk import MarketSnapshot, ScenarioMatrix, spot_vol_grid

START = "2026-01-01T00:00:00Z"
NEAR, FAR = "2026-01-30T08:00:00Z", "2026-02-27T08:00:00Z"
MODEL = ScenarioMatrix(spot_vol_grid([-0.16, -0.08, 0.0, 0.08, 0.16]))


def desk(path=None, *, spot="60000", ladder=True, **listing):
    """A pool with BTC-PERP in a class, marked at ``spot``; with a ladder of three strikes at two expiries."""
    pool = plimsoll.Pool.open(path)
    btc = pool.list_perp("BTC-PERP", initial="0.10", maintenance="0.05", **listing)
    pool.tick(START, {btc: spot})
    number = pool.publish_class(btc, members=[btc])
    if ladder:
        pool.list_ladder(btc, expiries=[NEAR, FAR], strikes=["50000", "60000", "70000"])
    return pool, btc, number


def table_of(pool, number=1, vol=0.6, model=MODEL, **market):
    """The model's table of the class now, at one vol."""
    return model.tables(MarketSnapshot(pool.time_ms, (pool.market_of(number, vol, **market),)))


def publish(pool, number=1, vol=0.6, **market):
    """Publish it; returns the table."""
    table = table_of(pool, number, vol, **market)
    pool.publish_table(table)
    return table


def black(forward, strike, years, vol, *, call):
    """One price."""
    return float(black76(forward, strike, years, vol, call))
