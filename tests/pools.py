"""A small pool for tests: one BTC perp, three funded accounts, single commands that must be accepted."""

import numpy as np

from plimsoll.book.layout import LISTING
from plimsoll.engine import COMMAND, Engine
from plimsoll.units import messages as m

TOKEN = 10**6
BUYER, SELLER, BIDDER = 8, 9, 10


class Pool:
    """A pool with one BTC perp and three funded accounts, driven by single commands."""

    def __init__(self, deposit: int = 1_000 * TOKEN, **listing: int) -> None:
        self.engine, self._id = Engine.create(), 0
        self.do(m.COMMAND_TICK, time=1_000)
        row = np.zeros(1, LISTING)
        parameters = {
            "kind": m.KIND_PERP,
            "scale": 6,
            "mark_max": 2 * 10**11,
            "lots_max": 10**10,
            "open_lots_max": 10**12,
            "rate_initial": 10**8,
            "rate_maintenance": 5 * 10**7,
            "fee_taker": 500_000,
            "fee_liquidation": 10**7,
            "band": 10**9,
            "age_fill_max": 10**9,
            "age_margin_max": 10**9,
        }
        for name, value in (parameters | listing).items():
            row[name] = value
        words = row.view(np.int64)
        self.do(m.COMMAND_LIST_INSTRUMENT, words, instrument=1, payload_words=words.size)
        for account, amount in ((BUYER, deposit), (SELLER, 10**12), (BIDDER, 10**12)):
            self.do(m.COMMAND_OPEN_ACCOUNT, account=account, counterparty=account, flags=m.MODE_STANDARD)
            self.do(m.COMMAND_DEPOSIT, account=account, amount=amount)

    def do(self, kind: int, payload: np.ndarray | None = None, **fields: int) -> None:
        """One command that must be accepted, and leave the books in balance."""
        self._id += 1
        command = np.zeros(1, COMMAND)
        command["kind"], command["id"] = kind, self._id
        for name, value in fields.items():
            command[name] = value
        words = np.zeros(0, np.int64) if payload is None else payload
        assert self.engine.apply(command, words).tolist() == [0]
        assert self.engine.identities() == []

    def mark(self, price: int) -> None:
        self.do(m.COMMAND_MARK, instrument=1, price=price, time=1_000)

    def buy(self, lots: int, price: int) -> None:
        self.do(m.COMMAND_FILL, account=BUYER, counterparty=SELLER, instrument=1, lots=lots, price=price)
