"""One unit inside and one outside each bound: rows of an account that has no more."""

import pytest
from tests.core.bounds.setting import RICH
from tests.reference.build import ASSET, CONTRACT, HOUR, TOKEN
from tests.reference.pair import Pair

from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import (
    HOLDINGS_PER_ACCOUNT_MAX,
)


@pytest.fixture(scope="module")
def crowded() -> tuple[Pair, int, int]:
    """An account with as many orders as rows, a trader, and contracts and assets enough: (pool, account, trader)."""
    pair = Pair(deposit_notional_min=0, backstop_after=HOUR, backstop_ratio=0)
    for _ in range(HOLDINGS_PER_ACCOUNT_MAX + 1):
        pair.list(CONTRACT, TOKEN)
    for _ in range(HOLDINGS_PER_ACCOUNT_MAX + 1):
        pair.list(ASSET, TOKEN)
    full, trader = pair.open(RICH, owner=5), pair.open(RICH, owner=6)
    for number in range(1, HOLDINGS_PER_ACCOUNT_MAX + 1):
        pair.must(m.COMMAND_RESERVE, account=full, instrument=number, lots=1, price=TOKEN)
    return pair, full, trader


class TestRoom:
    LAST = HOLDINGS_PER_ACCOUNT_MAX + 1
    ASSETS = range(HOLDINGS_PER_ACCOUNT_MAX + 2, 2 * HOLDINGS_PER_ACCOUNT_MAX + 3)

    def test_the_next_row_does_not_fit(self, crowded):
        pair, full, trader = crowded
        order = {"account": full, "instrument": self.LAST, "lots": 1, "price": TOKEN}
        assert pair.send(m.COMMAND_RESERVE, **order) == codes.HOLDINGS_MUST_FIT
        assert pair.fill(full, trader, self.LAST, 1, TOKEN) == codes.HOLDINGS_MUST_FIT
        assert pair.fill(trader, full, self.LAST, 1, TOKEN) == codes.COUNTERPARTY_HOLDINGS_MUST_FIT
        assert pair.fill(full, trader, self.LAST - 1, 1, TOKEN) == codes.OK
        gift = {"account": full, "counterparty": 5, "instrument": self.ASSETS[0], "lots": 1}
        assert pair.send(m.COMMAND_DEPOSIT, **gift) == codes.HOLDINGS_MUST_FIT
        own = pair.open(owner=5)
        pair.deposit_asset(own, self.ASSETS[0], 1)
        move = {"account": own, "counterparty": full, "instrument": self.ASSETS[0], "lots": 1}
        assert pair.send(m.COMMAND_TRANSFER, **move) == codes.COUNTERPARTY_HOLDINGS_MUST_FIT

    def test_a_bidder_without_room(self, crowded):
        pair, full, trader = crowded
        poor = pair.open(TOKEN)
        assert pair.fill(poor, trader, self.LAST, 10, TOKEN) == codes.OK
        pair.mark(self.LAST, TOKEN * 93 // 100)
        pair.later()
        bid = {"account": poor, "instrument": self.LAST, "lots": 10}
        assert pair.send(m.COMMAND_BID, counterparty=full, **bid) == codes.COUNTERPARTY_HOLDINGS_MUST_FIT
        assert pair.send(m.COMMAND_BID, counterparty=trader, **bid) == codes.OK

    def test_suspense_and_pending_without_room(self, crowded):
        pair, _, trader = crowded
        for asset in self.ASSETS[:-1]:
            pair.must(m.COMMAND_DEPOSIT, account=trader, counterparty=6, instrument=asset, lots=1)
            pair.must(m.COMMAND_WITHDRAW, account=trader, instrument=asset, lots=1)
            pair.must(m.COMMAND_DEPOSIT, account=999, instrument=asset, lots=1, flags=m.FLAG_FROM_CHAIN)
        last = self.ASSETS[-1]
        lost = {"account": 999, "instrument": last, "lots": 1, "flags": m.FLAG_FROM_CHAIN}
        assert pair.send(m.COMMAND_DEPOSIT, **lost) == codes.HOLDINGS_MUST_FIT
        pair.must(m.COMMAND_DEPOSIT, account=trader, counterparty=6, instrument=last, lots=1)
        assert pair.send(m.COMMAND_WITHDRAW, account=trader, instrument=last, lots=1) == codes.HOLDINGS_MUST_FIT
        pair.must(m.COMMAND_PAY_WITHDRAWAL, instrument=self.ASSETS[0], lots=1)
        assert pair.send(m.COMMAND_WITHDRAW, account=trader, instrument=last, lots=1) == codes.OK
