"""A pool with pots to try things in: every command's events are audited and every identity checked after it."""

import numpy as np
from tests.audit.tables import differences
from tests.properties.lab import HOUR, PERCENT, PPB, TOKEN, Lab

from plimsoll.audit import Auditor, event_records
from plimsoll.book.layout import POLICY, POT_TERMS
from plimsoll.engine.read import read_pot, read_queue_place, read_stake
from plimsoll.units import codes
from plimsoll.units import messages as m

__all__ = ["DAY", "HOUR", "PERCENT", "PPB", "TERMS", "TOKEN", "PotLab"]

DAY = 24 * HOUR
TERMS = {
    **dict.fromkeys(POT_TERMS.names, 0),
    "kind": m.POT_TRANCHE,
    "unbonding": HOUR,
    "capacity": 10**17,
    "weight": 1,
}
UNIT = 1_000
"""Lots of a unit of what the lab lists."""


class PotLab(Lab):
    """Commands one at a time; the books are compared with what the events say after each."""

    def __init__(self, **policy: int):
        self.auditor = Auditor()
        self.said: list[m.EventRecord] = []
        super().__init__(**policy)

    def send(self, kind: int, payload: tuple[int, ...] = (), **fields: int) -> int:
        code = super().send(kind, payload, **fields)
        self.said = list(event_records(self.engine.events().tolist()))
        self.auditor.read(self.said)
        broken = self.engine.identities() + self.auditor.broken_identities() + differences(self.auditor, self.engine)
        assert broken == [], "; ".join(broken)
        return code

    def leave_equity(self, account: int, equity: int) -> None:
        before = self.cash(account)
        super().leave_equity(account, equity)
        change = self.cash(account) - before
        self.auditor.books.cash[account] += change
        self.auditor.books.vaults[0] += change

    def said_of(self, kind: int) -> list[m.EventRecord]:
        """Events of a kind the last command emitted."""
        return [event for event in self.said if event.kind == kind]

    def policy(self, **changes: int) -> None:
        row = self.engine.pool.policy[0]
        words = tuple(changes.get(name, int(row[name])) for name in POLICY.names)
        self.must(m.COMMAND_SET_POLICY, words)

    def try_pot(self, number: int, **terms: int) -> int:
        return self.send(m.COMMAND_SET_POT, tuple({**TERMS, **terms}.values()), instrument=number)

    def tranche(self, number: int, **terms: int) -> int:
        """A new tranche; returns its account."""
        account = self.open()
        assert self.try_pot(number, account=account, **terms) == codes.OK
        return account

    def backstop_pot(self, number: int, **terms: int) -> None:
        assert self.try_pot(number, kind=m.POT_BACKSTOP, account=m.NAMED_BACKSTOP, **terms) == codes.OK

    def amm(self, number: int, asset: int, **terms: int) -> int:
        """A new AMM of an asset; returns its account."""
        account = self.open()
        assert self.try_pot(number, kind=m.POT_AMM, account=account, instrument=asset, **terms) == codes.OK
        return account

    def asset(self, price: int, **changes: int) -> int:
        """A custody asset of full weight."""
        rates = {"rate_initial": 0, "rate_maintenance": 0, "band": 0}
        return self.list_instrument(price, **{"kind": m.KIND_ASSET, **rates, **changes})

    def give(self, account: int, asset: int, lots: int) -> None:
        owner = int(self.engine.pool.accounts[account]["owner"])
        self.must(m.COMMAND_DEPOSIT, account=account, counterparty=owner, instrument=asset, lots=lots)

    def stake(self, account: int, pot: int, amount: int, **fields: int) -> int:
        return self.send(m.COMMAND_STAKE, account=account, instrument=pot, amount=amount, **fields)

    def unstake(self, account: int, pot: int, shares: int) -> int:
        return self.send(m.COMMAND_UNSTAKE, account=account, instrument=pot, amount=shares)

    def leave(self, account: int, pot: int) -> None:
        """Unstake everything and wait until it is paid."""
        assert self.unstake(account, pot, self.shares(account, pot)) == codes.OK
        self.tick(int(self.engine.pool.pots[pot]["unbonding"]))

    def swap(self, account: int, pot: int, lots: int, limit: int = 0) -> int:
        return self.send(m.COMMAND_SWAP, account=account, instrument=pot, lots=lots, amount=limit)

    def stake_of(self, account: int, pot: int) -> tuple[int, int, int, int]:
        """Shares, those unbonding, and what all of them are worth in micros and lots."""
        figures = np.zeros(4, np.int64)
        read_stake(self.engine.pool, account, pot, figures)
        shares, unbonding, cash, lots = figures.tolist()
        return shares, unbonding, cash, lots

    def shares(self, account: int, pot: int) -> int:
        return self.stake_of(account, pot)[0]

    def assets(self, pot: int) -> tuple[int, int]:
        """Micros and lots a pot has."""
        figures = np.zeros(2, np.int64)
        read_pot(self.engine.pool, pot, figures)
        cash, lots = figures.tolist()
        return cash, lots

    def place(self, account: int, pot: int) -> int:
        return int(read_queue_place(self.engine.pool, account, pot))

    def pot(self, number: int, word: str) -> int:
        return int(self.engine.pool.pots[number][word])

    def total(self, word: str) -> int:
        return int(self.engine.pool.totals[0][word])

    def lose(self, loss: int, **listing: int) -> int:
        """An account goes insolvent by so many micros, and the next tick resolves it; returns the account."""
        trader, maker = self.open(10 * TOKEN), self.open(10**15)
        perp = self.list_instrument(100 * TOKEN, **listing)
        assert self.fill(trader, maker, perp, UNIT, 100 * TOKEN) == codes.OK
        self.mark(perp, 90 * TOKEN - loss)
        self.tick()
        return trader
