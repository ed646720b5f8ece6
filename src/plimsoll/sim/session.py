"""A session: the one writer of a replay. Numbers the commands, sends them, keeps what came back.

It needs of the engine only what ``EngineLike`` says.
"""

from time import perf_counter
from typing import Any, Protocol

import numpy as np

from plimsoll.book.rows import PolicyRow
from plimsoll.sim.commands import Commands, joined
from plimsoll.sim.errors import SimulationError
from plimsoll.sim.insurers import PotSetup
from plimsoll.sim.listings import PoolSetup
from plimsoll.units.codes import sentence
from plimsoll.units.messages import (
    COMMAND_LIST_INSTRUMENT,
    COMMAND_PUBLISH_CLASS,
    COMMAND_SET_CURVE,
    COMMAND_SET_POLICY,
    COMMAND_SET_POT,
    name_of,
)
from plimsoll.units.tables import Ints
from plimsoll.venue.records import records

KINDS_MAX = 64
CODES_MAX = 1024


class EngineLike(Protocol):
    """What a replay needs of an engine."""

    @property
    def pool(self) -> Any:
        """The tables: ``accounts``, ``holdings``, ``instruments`` and ``totals`` as structured arrays."""

    def apply(self, commands: Any, payload: Any, /) -> Any:
        """Apply a batch in order; one result code per command."""

    def events(self) -> Any:
        """Events since the last call."""

    def ledger(self) -> Any:
        """Lines of the liquidation ledger since the last call."""

    def sweep(self) -> tuple[Any, Any, Any]:
        """Equity, maintenance and initial margin of every account row, in micros."""

    def next_legs(self, accounts: Any, /) -> Any:
        """The instrument a bid on each account must name; -1 for none."""

    def root(self) -> bytes:
        """The state root."""

    def identities(self) -> list[str]:
        """Identities that do not hold, as sentences."""


class Session:
    """Sends commands with dense ids 1, 2, 3, ... and counts the answers by kind."""

    def __init__(self, engine: EngineLike) -> None:
        self.engine = engine
        self.sent = 0
        self.engine_seconds = 0.0
        self.answers = np.zeros((KINDS_MAX, CODES_MAX), np.int64)

    def send(self, *tables: Commands, payload: Ints | None = None) -> Ints:
        """Apply the tables in order as one batch; one result code per command."""
        batch = joined(*tables)
        if not len(batch):
            return np.zeros(0, np.int64)
        batch["id"] = np.arange(self.sent + 1, self.sent + 1 + len(batch))
        self.sent += len(batch)
        words = np.zeros(0, np.int64) if payload is None else payload
        start = perf_counter()
        codes = np.asarray(self.engine.apply(batch, words), np.int64)
        self.engine_seconds += perf_counter() - start
        np.add.at(self.answers, (batch["kind"], codes), 1)
        return codes

    def must(self, *tables: Commands, what: str, payload: Ints | None = None) -> None:
        """Apply, and refuse to go on with SimulationError unless every command is accepted."""
        codes = self.send(*tables, payload=payload)
        if codes.any():
            raise SimulationError(f"{what}: {sentence(int(codes[codes != 0][0]))}")

    def open_pool(self, setup: PoolSetup) -> None:
        """Set curves and policy and list every instrument of the setup, a class just before its first member."""
        for curve in setup.curves:
            words = curve.payload()
            command = records(COMMAND_SET_CURVE, instrument=curve.number, payload_words=len(words))
            self.must(command, what=f"{setup.source}: {curve.name}", payload=words)
        words = np.array([setup.policy[name] for name in PolicyRow.__annotations__], np.int64)
        self.must(records(COMMAND_SET_POLICY, payload_words=len(words)), what=f"{setup.source}: policy", payload=words)
        classes = {one.number: one for one in setup.classes}
        for listing in setup.listings:
            own = classes.pop(listing.row["risk_class"], None)
            if own is not None:
                self.publish_class(own.number, np.array(own.words, np.int64), f"{setup.source}: class {own.name}")
            words = listing.payload()
            self.must(
                records(COMMAND_LIST_INSTRUMENT, instrument=listing.number, payload_words=len(words)),
                what=f"{setup.source}: {listing.name}",
                payload=words,
            )

    def publish_class(self, number: int, words: Ints, what: str) -> None:
        """Publish the policy of a risk class, which must be accepted."""
        self.must(records(COMMAND_PUBLISH_CLASS, instrument=number, payload_words=len(words)), what=what, payload=words)

    def set_pot(self, pot: PotSetup, account: int, instrument: int) -> None:
        """Set up a pot whose money an account holds, which must be accepted."""
        words = pot.payload(account, instrument)
        command = records(COMMAND_SET_POT, instrument=pot.number, payload_words=len(words))
        self.must(command, what=pot.name, payload=words)

    def summary(self) -> dict[str, dict[str, Any]]:
        """Per kind of command: sent, accepted, the rate, and how often each rule refused, most often first."""
        result: dict[str, dict[str, Any]] = {}
        for kind in np.flatnonzero(self.answers.sum(axis=1)):
            counts = self.answers[kind]
            refused = sorted(np.flatnonzero(counts[1:]) + 1, key=lambda code: -int(counts[code]))
            total = int(counts.sum())
            result[name_of("COMMAND", int(kind))] = {
                "sent": total,
                "accepted": int(counts[0]),
                "accept_rate": int(counts[0]) / total,
                "refused": {sentence(int(code)): int(counts[code]) for code in refused},
            }
        return result
