"""Accounts on their way through the waterfall: a perp at 100, a trader long of it, a rich bidder and a maker."""

from typing import NamedTuple

from tests.properties.lab import HOUR, PERCENT, PPB, TOKEN, Lab

from plimsoll.book.layout import CURVE_ROWS
from plimsoll.units import codes
from plimsoll.units import messages as m

RICH = 10**13
UNIT = 1_000
"""Lots of one perp."""
PRICE = 100 * TOKEN
OPERATOR = m.FLAG_OPERATOR


class World(NamedTuple):
    lab: Lab
    perp: int
    trader: int
    bidder: int
    maker: int

    def case(self, name: str) -> int:
        """A word of the trader's case, 0 where it has none."""
        pool = self.lab.engine.pool
        row = int(pool.accounts["case"][self.trader])
        return int(pool.cases[name][row]) if row else 0

    def slice(self, part: int, bidder: int = 0, **fields: int) -> int:
        parties = {"account": self.trader, "counterparty": bidder or self.bidder}
        return self.lab.send(m.COMMAND_BID, lots=part, **parties, **fields)

    def leg(self, lots: int, **fields: int) -> int:
        parties = {"account": self.trader, "counterparty": self.bidder}
        return self.lab.send(m.COMMAND_BID, instrument=self.perp, lots=lots, **{**parties, **fields})

    def events(self, kind: int) -> list[tuple[int, int]]:
        """(account, amount) of the events of a kind since the last call."""
        found = self.lab.engine.events()
        found = found[found["kind"] == kind]
        return list(zip(found["account"].tolist(), found["amount"].tolist()))

    def fall_to(self, price: int, after: int = 1) -> None:
        self.lab.mark(self.perp, price)
        self.lab.tick(after)


def world(cash: int = 100 * TOKEN, mode: int = m.MODE_PORTFOLIO, lots: int = 10 * UNIT, **policy: int) -> World:
    """A trader long of 10 perps at 100 with this cash: MM is 5 % and IM 10 % of 1000."""
    lab = Lab(**{"gap_max": 24 * HOUR, **policy})
    perp = lab.list_instrument(PRICE, fee_liquidation=PERCENT)
    trader, bidder, maker = lab.open(cash), lab.open(RICH), lab.open(RICH)
    assert lab.fill(trader, maker, perp, lots, PRICE) == codes.OK
    lab.must(m.COMMAND_SET_MODE, account=trader, flags=mode)
    return World(lab, perp, trader, bidder, maker)


def write_curve(lab: Lab, number: int, joined: int, *points: tuple[int, int]) -> None:
    """A price curve of (milliseconds, ppb)."""
    head = number * CURVE_ROWS
    for row, (time, value) in enumerate(((len(points), joined), *points), head):
        lab.engine.pool.curves[row]["time"] = time
        lab.engine.pool.curves[row]["value"] = value


def joint_equity(lab: Lab, *accounts: int) -> int:
    return sum(lab.health(account).equity for account in accounts)


__all__ = [
    "OPERATOR",
    "PERCENT",
    "PPB",
    "PRICE",
    "RICH",
    "TOKEN",
    "UNIT",
    "World",
    "joint_equity",
    "world",
    "write_curve",
]
