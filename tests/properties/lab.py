"""A pool to try things in: commands one at a time, figures read back, a state that can be copied."""

from typing import NamedTuple

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from plimsoll.book.layout import COMMAND, LISTING
from plimsoll.engine import Engine
from plimsoll.units import codes
from plimsoll.units import messages as m

TOKEN = 1_000_000
PPB = 1_000_000_000
PERCENT = PPB // 100
HOUR = 3_600_000

quick = settings(max_examples=200, derandomize=True, deadline=None)
"""The same examples on every machine."""

prices = st.builds(lambda digits, power: digits * 10**power, st.integers(1, 99_999), st.integers(0, 6))
"""Micros a unit, spread over ten orders of magnitude, at most 10^11."""

PLAIN = {
    **dict.fromkeys(LISTING.names, 0),
    "kind": m.KIND_PERP,
    "scale": 3,
    "mark_max": 10**11,
    "lots_max": 10**7,
    "open_lots_max": 10**9,
    "backstop_lots_max": 10**7,
    "rate_initial": 10 * PERCENT,
    "rate_maintenance": 5 * PERCENT,
    "band": PPB,
    "age_fill_max": HOUR * 24 * 366,
    "age_margin_max": HOUR * 24 * 366,
    "confidence_max": PPB,
}
QUIET = {"call_buffer": 0, "exit_buffer": 0, "backstop_after": HOUR * 24 * 366, "backstop_ratio": 0, "depeg_factor": 0}


class Health(NamedTuple):
    equity: int
    maintenance: int
    initial: int


class Lab:
    def __init__(self, engine: Engine | None = None, sent: int = 0, **policy: int):
        self.engine = engine or Engine.create({**QUIET, **policy}, accounts=16)
        self.sent = sent
        if engine is None:
            self.must(m.COMMAND_TICK, time=HOUR)

    def copy(self) -> "Lab":
        return Lab(Engine.restore(self.engine.tables()), self.sent)

    def send(self, kind: int, payload: tuple[int, ...] = (), **fields: int) -> int:
        self.sent += 1
        command = np.zeros(1, COMMAND)
        for name, value in {"kind": kind, "id": self.sent, "payload_words": len(payload), **fields}.items():
            command[name] = value
        return int(self.engine.apply(command, np.array(payload, np.int64))[0])

    def must(self, kind: int, payload: tuple[int, ...] = (), **fields: int) -> None:
        code = self.send(kind, payload, **fields)
        assert code == codes.OK, codes.sentence(code)

    def try_list(self, **changes: int) -> int:
        """The answer to listing the next instrument."""
        words = tuple({**PLAIN, **changes}.values())
        return self.send(m.COMMAND_LIST_INSTRUMENT, words, instrument=int(self.engine.pool.totals[0]["instruments"]))

    def list_instrument(self, price: int, **changes: int) -> int:
        code = self.try_list(**changes)
        assert code == codes.OK, codes.sentence(code)
        number = int(self.engine.pool.totals[0]["instruments"]) - 1
        self.mark(number, price)
        return number

    def open(self, cash: int = 0, owner: int = 0) -> int:
        number = int(self.engine.pool.totals[0]["accounts"])
        self.must(m.COMMAND_OPEN_ACCOUNT, account=number, counterparty=owner or number, flags=m.MODE_STANDARD)
        if cash:
            self.must(m.COMMAND_DEPOSIT, account=number, amount=cash)
        return number

    def mark(self, instrument: int, price: int, **fields: int) -> None:
        time = int(self.engine.pool.totals[0]["time"])
        self.must(m.COMMAND_MARK, instrument=instrument, price=price, time=time, sources=3, **fields)

    def tick(self, duration: int = 1) -> None:
        self.must(m.COMMAND_TICK, time=int(self.engine.pool.totals[0]["time"]) + duration)

    def fill(self, taker: int, maker: int, instrument: int, lots: int, price: int) -> int:
        parties = {"account": taker, "counterparty": maker}
        return self.send(m.COMMAND_FILL, instrument=instrument, lots=lots, price=price, **parties)

    def bid(self, bidder: int, account: int, instrument: int, lots: int) -> int:
        parties = {"account": account, "counterparty": bidder}
        return self.send(m.COMMAND_BID, instrument=instrument, lots=lots, **parties)

    def health(self, account: int) -> Health:
        return Health(*(int(column[account]) for column in self.engine.sweep()))

    def next_leg(self, account: int) -> int:
        return int(self.engine.next_legs(np.array([account], np.int64))[0])

    def stage(self, account: int) -> int:
        return int(self.engine.pool.accounts[account]["stage"])

    def cash(self, account: int) -> int:
        return int(self.engine.pool.accounts[account]["cash"])

    def lots(self, account: int, instrument: int) -> int:
        row = self.engine.pool.accounts[account]
        block = self.engine.pool.holdings[int(row["start"]) : int(row["start"] + row["count"])]
        return int(block["lots"][block["instrument"] == instrument].sum())

    def leave_equity(self, account: int, equity: int) -> None:
        """Take cash out of the account and the vault, past every rule, so that this much equity is left."""
        change = equity - self.health(account).equity
        self.engine.pool.accounts[account]["cash"] += change
        self.engine.pool.totals[0]["vault"] += change
