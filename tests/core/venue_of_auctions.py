"""What the tests of auctions share: a pool with a BTC perp and an asset, whose every command leaves the books balanced
and every event is read by an auditor."""

import numpy as np

from plimsoll.audit.auditor import Auditor
from plimsoll.book.layout import LISTING, POLICY
from plimsoll.engine import COMMAND, Engine
from plimsoll.engine.genesis import DEFAULT_POLICY
from plimsoll.engine.listing import POLICY_FIELDS
from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.messages import EventRecord

TOKEN, PPB, PERCENT, RICH = 10**6, 10**9, 10**7, 10**12
PERP, ASSET = 1, 2
START = 1_000
COUNTERPARTY = 8
"""Everybody trades with this one."""

TERMS = {
    "scale": 6,
    "mark_max": 2 * 10**11,
    "lots_max": 10**10,
    "open_lots_max": 10**12,
    "rate_initial": 10 * PERCENT,
    "rate_maintenance": 5 * PERCENT,
    "band": PPB,
    "age_fill_max": 10**9,
    "age_margin_max": 10**9,
    "fee_liquidation": PERCENT,
    "backstop_lots_max": 10**10,
}


class Desk:
    """A pool at time START: a perp at 5,000 (number 1), an asset at 100 (number 2), and somebody to trade with (8)."""

    def __init__(self, asset: dict[str, int] | None = None, **policy: int) -> None:
        self.policy = {**DEFAULT_POLICY, "gap_max": 10**7, "call_buffer": 0, **policy}
        self.engine, self.auditor, self._id = Engine.create(self.policy), Auditor(), 0
        self.events: list[EventRecord] = []
        self.ledger: list[dict[str, int]] = []
        self.tick(START)
        self.list_terms(PERP, kind=m.KIND_PERP)
        self.list_terms(ASSET, kind=m.KIND_ASSET, **(asset or {}))
        self.mark(PERP, 5_000 * TOKEN)
        self.mark(ASSET, 100 * TOKEN)
        self.open(RICH)

    def send(self, kind: int, payload: np.ndarray | None = None, **fields: int) -> int:
        """One command; whatever the answer, the books balance."""
        self._id += 1
        command = np.zeros(1, COMMAND)
        command["kind"], command["id"] = kind, self._id
        for name, value in fields.items():
            command[name] = value
        words = np.zeros(0, np.int64) if payload is None else payload
        command["payload_words"] = words.size
        (answer,) = self.engine.apply(command, words).tolist()
        assert self.engine.identities() == []
        told = [EventRecord(*row) for row in self.engine.events().tolist()]
        assert answer == codes.OK or not told
        self.auditor.read(told)
        assert self.auditor.broken_identities() == []
        self.events += told
        lines = self.engine.ledger()
        self.ledger += [dict(zip(lines.dtype.names, row)) for row in lines.tolist()]
        return answer

    def do(self, kind: int, payload: np.ndarray | None = None, **fields: int) -> None:
        """One command that must be accepted."""
        assert codes.NAMES[self.send(kind, payload, **fields)] == "OK"

    def list_terms(self, number: int, **terms: int) -> None:
        row = np.zeros(1, LISTING)
        for name, value in (TERMS | terms).items():
            row[name] = value
        self.do(m.COMMAND_LIST_INSTRUMENT, row.view(np.int64), instrument=number)

    def set_policy(self, **changes: int) -> None:
        self.policy |= changes
        row = np.zeros(1, POLICY)
        for name in POLICY_FIELDS:
            row[name] = self.policy[name]
        self.do(m.COMMAND_SET_POLICY, row.view(np.int64))

    def set_curve(self, number: int, *points: tuple[int, int], joined: int = 1) -> None:
        words = np.array([joined, *(word for point in points for word in point)])
        self.do(m.COMMAND_SET_CURVE, words, instrument=number)

    @property
    def time(self) -> int:
        return int(self.engine.pool.totals["time"][0])

    def tick(self, time: int) -> None:
        self.do(m.COMMAND_TICK, time=time)

    def mark(self, number: int, price: int) -> None:
        self.do(m.COMMAND_MARK, instrument=number, price=price, time=self.time)

    def open(self, cash: int = 0, mode: int = m.MODE_STANDARD, owner: int = 0, **assets: int) -> int:
        """A new account, its owner another one unless said."""
        number = int(self.engine.pool.totals["accounts"][0])
        owner = owner or number
        self.do(m.COMMAND_OPEN_ACCOUNT, account=number, counterparty=owner, flags=mode)
        if cash > 0:
            self.do(m.COMMAND_DEPOSIT, account=number, amount=cash)
        return number

    def deposit_asset(self, account: int, lots: int) -> None:
        owner = int(self.engine.pool.accounts["owner"][account])
        self.do(m.COMMAND_DEPOSIT, account=account, counterparty=owner, instrument=ASSET, lots=lots)

    def buy(self, account: int, lots: int, number: int = PERP) -> None:
        price = int(self.engine.pool.instruments["mark"][number])
        self.do(m.COMMAND_FILL, account=account, counterparty=COUNTERPARTY, instrument=number, lots=lots, price=price)

    def cash(self, account: int) -> int:
        return int(self.engine.pool.accounts["cash"][account])

    def lots(self, account: int, number: int = PERP) -> int:
        pool = self.engine.pool
        start, count = pool.accounts["start"][account], pool.accounts["count"][account]
        rows = pool.holdings[start : start + count]
        return int(rows["lots"][rows["instrument"] == number].sum())

    def stage(self, account: int) -> int:
        return int(self.engine.pool.accounts["stage"][account])

    def case(self, account: int) -> dict[str, int]:
        """The words of an account's case, of row 0 (all zero) for one without."""
        row = self.engine.pool.cases[self.engine.pool.accounts["case"][account]]
        return dict(zip(row.dtype.names, row.item()))

    def health(self, account: int) -> tuple[int, int]:
        """(equity, maintenance)."""
        equity, maintenance, _ = self.engine.sweep()
        return int(equity[account]), int(maintenance[account])

    def said(self, kind: int) -> list[EventRecord]:
        """Events of a kind so far."""
        return [event for event in self.events if event.kind == kind]
