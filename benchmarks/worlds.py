"""Pools to measure: accounts with ten holdings each, built and traded through ordinary commands only."""

from typing import Any

import numpy as np

from plimsoll.book.layout import LISTING
from plimsoll.engine import COMMAND, Engine
from plimsoll.units.messages import (
    COMMAND_DEPOSIT,
    COMMAND_FILL,
    COMMAND_LIST_INSTRUMENT,
    COMMAND_MARK,
    COMMAND_OPEN_ACCOUNT,
    COMMAND_TICK,
    KIND_PERP,
    MODE_STANDARD,
    NAMED_COUNT,
)

Array = Any
INSTRUMENTS = 100
GROUPS = 10
START = 1_000
PERP = {
    "kind": KIND_PERP,
    "scale": 6,
    "mark_max": 10**11,
    "lots_max": 10**10,
    "open_lots_max": 10**12,
    "backstop_lots_max": 10**9,
    "rate_initial": 10**8,
    "rate_maintenance": 5 * 10**7,
    "open_interest_lower": 10**16,
    "open_interest_upper": 10**17,
    "fee_maker": -(10**5),
    "fee_taker": 5 * 10**5,
    "fee_liquidation": 10**7,
    "fee_backstop": 2 * 10**7,
    "band": 10**8,
    "age_fill_max": 600_000,
    "age_margin_max": 6_000_000,
    "sources_min": 1,
    "confidence_max": 10**7,
    "funding_interval": 28_800_000,
    "funding_rate_max": 10**6,
}


class World:
    """An engine and the next free command id; makes batches of distinct commands."""

    def __init__(self, accounts: int, deposit: int = 5 * 10**10) -> None:
        self.accounts = accounts
        self.engine = Engine.create(accounts=accounts + NAMED_COUNT)
        self._next = 1
        self._setup: list[tuple[Array, Array]] = []
        self._found(deposit)

    def batch(self, size: int, kind: int) -> Array:
        """Zeroed commands of one kind with fresh ids."""
        commands = np.zeros(size, COMMAND)
        commands["kind"] = kind
        commands["id"] = np.arange(self._next, self._next + size)
        self._next += size
        return commands

    def run(self, commands: Array, payload: Array | None = None) -> None:
        """Apply commands of which none may be refused."""
        words = np.zeros(0, np.int64) if payload is None else payload
        results = self.engine.apply(commands, words)
        if results.any():
            raise RuntimeError(f"setting up the world was refused: codes {sorted(set(results.tolist()))}")
        self._setup.append((commands, words))

    def setup(self) -> list[tuple[Array, Array]]:
        """The batches that made this world, to make another engine alike."""
        return self._setup

    def _found(self, deposit: int) -> None:
        tick = self.batch(1, COMMAND_TICK)
        tick["time"] = START
        self.run(tick)
        listing = np.zeros(1, LISTING)
        for name, value in PERP.items():
            listing[name] = value
        words = listing.view(np.int64)
        lists = self.batch(INSTRUMENTS, COMMAND_LIST_INSTRUMENT)
        lists["instrument"] = np.arange(1, INSTRUMENTS + 1)
        lists["payload_words"] = words.size
        self.run(lists, np.tile(words, INSTRUMENTS))
        self.run(self.marks(seed=0))
        numbers = np.arange(self.accounts)
        for first in range(0, self.accounts, 50_000):
            chosen = numbers[first : first + 50_000]
            opened = self.batch(chosen.size, COMMAND_OPEN_ACCOUNT)
            opened["account"], opened["counterparty"] = chosen + NAMED_COUNT, chosen + 1
            opened["flags"] = MODE_STANDARD
            self.run(opened)
            deposits = self.batch(chosen.size, COMMAND_DEPOSIT)
            deposits["account"], deposits["amount"] = chosen + NAMED_COUNT, deposit
            self.run(deposits)

    def marks(self, seed: int, factor: float = 1.0) -> Array:
        """A mark for every instrument; the same seed and factor give the same marks."""
        marks = self.batch(INSTRUMENTS, COMMAND_MARK)
        marks["instrument"] = np.arange(1, INSTRUMENTS + 1)
        drawn = np.random.default_rng(seed).integers(10**8, 10**9, INSTRUMENTS)
        marks["price"] = (drawn * round(factor * 1000)) // 1000
        marks["time"], marks["sources"] = int(self.engine.pool.totals[0]["time"]), 3
        return marks

    def fills(self, size: int, seed: int) -> Array:
        """Distinct random fills at the mark, both sides with up to ten instruments of their group."""
        draw = np.random.default_rng(seed)
        fills = self.batch(size, COMMAND_FILL)
        half, group = self.accounts // (2 * GROUPS), draw.integers(0, GROUPS, size)
        fills["account"] = NAMED_COUNT + draw.integers(0, half, size) * GROUPS + group
        fills["counterparty"] = NAMED_COUNT + self.accounts // 2 + draw.integers(0, half, size) * GROUPS + group
        fills["instrument"] = 1 + group * (INSTRUMENTS // GROUPS) + draw.integers(0, INSTRUMENTS // GROUPS, size)
        fills["lots"] = draw.integers(1, 10**6, size) * draw.choice([-1, 1], size)
        fills["price"] = self.engine.pool.instruments["mark"][fills["instrument"]]  # type: ignore[call-overload]
        return fills

    def held(self) -> float:
        """Mean number of holdings an account has."""
        return float(self.engine.pool.accounts["count"][NAMED_COUNT : NAMED_COUNT + self.accounts].mean())  # type: ignore[call-overload]
