"""The engine as Python sees it: owns the tables, gives them room, drains events, and applies batches in order."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from plimsoll.book.identities import broken_identities
from plimsoll.book.layout import (
    COMMAND,
    EVENT,
    LEDGER,
    STATE_TABLES,
    WEIGHTS,
    Array,
    Pool,
    copied,
    empty_pool,
    grown,
    rows_in_use,
)
from plimsoll.book.root import StateRoot
from plimsoll.engine.apply import HOLDING_ROWS_SPARE, PROCEED, apply_hot, close_envelope, open_envelope
from plimsoll.engine.curves import set_curve
from plimsoll.engine.genesis import found
from plimsoll.engine.listing import list_instrument, set_instrument, set_policy
from plimsoll.engine.pots import set_pot
from plimsoll.engine.publish import publish_arrays, publish_class
from plimsoll.engine.read import read_health, read_next_legs, read_state_number
from plimsoll.units.limits import HOLDINGS_PER_ACCOUNT_MAX, LANES, POTS_MAX, SEALS_MAX
from plimsoll.units.messages import (
    COLD,
    COMMAND_BID,
    COMMAND_COMMIT,
    COMMAND_LIST_INSTRUMENT,
    COMMAND_OPEN_ACCOUNT,
    COMMAND_PUBLISH_ARRAYS,
    COMMAND_PUBLISH_CLASS,
    COMMAND_SET_CURVE,
    COMMAND_SET_INSTRUMENT,
    COMMAND_SET_POLICY,
    COMMAND_SET_POT,
    COMMAND_SETTLE,
    COMMAND_STAKE,
    COMMAND_TICK,
    COMMAND_WRITE_DOWN,
    POT_AMM,
    POT_TRANCHE,
)
from plimsoll.units.tables import Ints, array_of

COLD_RULES = {
    COMMAND_LIST_INSTRUMENT: list_instrument,
    COMMAND_SET_INSTRUMENT: set_instrument,
    COMMAND_SET_POLICY: set_policy,
    COMMAND_PUBLISH_CLASS: publish_class,
    COMMAND_PUBLISH_ARRAYS: publish_arrays,
    COMMAND_SET_POT: set_pot,
    COMMAND_SET_CURVE: set_curve,
}
NO_PAYLOAD: Ints = np.zeros(0, np.int64)
EVENTS_PER_STEP = 16
EVENTS_PER_INSURER = 7
"""A premium and a payment, both sides of each, and three for a wiping."""
EVENTS_PER_SEAL = 8 + 2 * POTS_MAX
"""A bond's way back or away, a payment and the fund's share of it, and what of that goes on to every tranche."""
EVENTS_SLACK = 262_144
ROWS_SLACK = 4_096
UNBOUNDED = (COMMAND_TICK, COMMAND_SETTLE, COMMAND_WRITE_DOWN, COMMAND_BID)


class BatchError(Exception):
    """A batch that is not one: wrong dtype, or payload that does not belong to its commands. Nothing was applied."""


class EngineHalted(Exception):
    """Our own bug: a rule raised in the middle of a batch. The tables may not be used; replay the journal."""


class Engine:
    """One pool's state machine. ``apply`` is the only way in; everything else reads."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self._drained_events: list[Array] = []
        self._drained_ledger: list[Array] = []
        self._root = StateRoot()
        self._halted = False

    @classmethod
    def create(cls, policy: Mapping[str, int] | None = None, accounts: int = 1024) -> "Engine":
        """A new pool: named accounts, the settlement token, a policy (``genesis.DEFAULT_POLICY`` if None)."""
        pool = empty_pool(accounts, HOLDING_ROWS_SPARE + 8 * accounts, 64, EVENTS_SLACK, EVENTS_SLACK)
        found(pool, policy)
        return cls(pool)

    @classmethod
    def restore(cls, tables: Mapping[str, Array]) -> "Engine":
        """An engine from the tables of a snapshot."""
        pool = empty_pool(tables["accounts"].size, 0, 0, EVENTS_SLACK, EVENTS_SLACK)
        owned: dict[str, Any] = {name: copied(tables[name]) for name in STATE_TABLES}
        array_of(owned["accounts"])["changed"] = 0
        owned["totals"]["changed"] = 0
        return cls(pool._replace(**owned))

    def tables(self) -> dict[str, Array]:
        """The state as arrays, for a snapshot: only rows in use, nothing else."""
        used = rows_in_use(self.pool)
        return {name: array_of(getattr(self.pool, name))[: used.get(name)].copy() for name in STATE_TABLES}

    def apply(self, commands: Array, payload: Ints = NO_PAYLOAD) -> Ints:
        """Apply a batch in order; returns one result code a command.

        ``commands``: contiguous array of dtype ``COMMAND``; ``payload``: int64 words of its cold commands, in order.
        Raises BatchError before anything is applied, EngineHalted if the engine can no longer be trusted.
        """
        if self._halted:
            raise EngineHalted("the engine stopped at an error of its own; replay the journal into a new one")
        commands, payload = _checked(commands, payload)
        results = np.zeros(commands.size, np.int64)
        offset = 0
        cold = np.flatnonzero(np.isin(commands["kind"], COLD))
        first = 0
        try:
            for position in (*cold.tolist(), commands.size):
                self._apply_hot(commands, first, position, results)
                if position < commands.size:
                    words = int(commands[position]["payload_words"])
                    results[position] = self._apply_cold(commands, position, payload[offset : offset + words])
                    offset += words
                first = position + 1
        except BaseException as error:
            self._halted = True
            if not isinstance(error, Exception):
                raise
            at = int(self.pool.totals[0]["position"])
            raise EngineHalted(f"command {at} of the batch broke an invariant: {error}") from error
        return results

    def _apply_hot(self, commands: Array, first: int, last: int, results: Ints) -> None:
        while first < last:
            spare = self._make_room(commands[first:last])
            first = apply_hot(self.pool, commands, first, last, *spare, results)  # type: ignore[arg-type]
            self._drain()

    def _apply_cold(self, commands: Array, position: int, words: Ints) -> int:
        self._make_room(commands[position : position + 1])
        known = open_envelope(self.pool, commands, position)  # type: ignore[arg-type]
        if known != PROCEED:
            return int(known)
        command = commands[position]
        result = COLD_RULES[int(command["kind"])](self.pool, command, words)  # type: ignore[arg-type]
        close_envelope(self.pool, commands, position, result)  # type: ignore[arg-type]
        self._drain()
        return result

    def _make_room(self, commands: Array) -> tuple[int, int, int]:
        """Grow tables so that at least the next command fits; returns the events, ledger lines and holdings of one."""
        pool, totals = self.pool, self.pool.totals[0]
        opened, staked, sealed = (
            int(np.count_nonzero(commands["kind"] == kind))
            for kind in (COMMAND_OPEN_ACCOUNT, COMMAND_STAKE, COMMAND_COMMIT)
        )
        accounts = int(totals["accounts"]) + opened
        holdings_spare = HOLDING_ROWS_SPARE + self._rows_of_exits(int(totals["stakes"]) + staked)
        holdings = int(totals["holdings"]) + holdings_spare + 2 * min(commands.size, 100_000)
        words = int(commands["payload_words"].sum()) if commands.size == 1 else 0
        events, ledger = self._rows_of_one_command(commands, accounts, holdings)
        self.pool = pool._replace(
            accounts=grown(pool.accounts, accounts),
            changed=grown(pool.changed, accounts),
            ranks=grown(pool.ranks, accounts),
            cases=grown(pool.cases, accounts + 1),
            stakes=grown(pool.stakes, int(totals["stakes"]) + staked),
            seals=grown(pool.seals, int(totals["seals"]) + sealed),
            holdings=grown(pool.holdings, holdings),
            instruments=grown(pool.instruments, int(totals["instruments"]) + 1),
            risks=grown(pool.risks, int(totals["instruments"]) + 1),
            scenarios=grown(pool.scenarios, int(totals["scenarios"]) + words + LANES),
            weights=grown(pool.weights, WEIGHTS * (int(totals["scenarios"]) + words + LANES)),
            published=grown(pool.published, int(totals["words"]) + words),
            arrays=grown(pool.arrays, int(totals["words"]) + words),
            events=_emptied(pool.events, events + EVENTS_SLACK),
            ledger=_emptied(pool.ledger, ledger + EVENTS_SLACK),
        )
        return events, ledger, holdings_spare

    def _rows_of_exits(self, stakes: int) -> int:
        """Holdings that the exits of one tick may open: whoever leaves an AMM may need a larger block for its asset."""
        if not (array_of(self.pool.pots)["kind"] == POT_AMM).any():
            return 0
        return HOLDINGS_PER_ACCOUNT_MAX * min(stakes, int(self.pool.policy[0]["settlements_per_tick"]))

    def _rows_of_one_command(self, commands: Array, accounts: int, holdings: int) -> tuple[int, int]:
        """The most rows of events and ledger a command of the batch can write; untouched rows cost no memory.

        Any command may cut cash twice, ask every insurer and, ending a liquidation, return the bonds of one account.
        A tick may also say seven things of every account, release every order, act within its steps, pass over all
        holders once for each account it resolves within its steps, and clear batches: a seal ends once, and the legs
        sold to it are steps, of which the last account a tick visits may take more than are left. Whatever gives
        tranches money may be followed by payments of each of them.
        """
        if not np.isin(commands["kind"], UNBOUNDED).any():
            return ROWS_SLACK + 2 * accounts, ROWS_SLACK
        policy = self.pool.policy[0]
        steps = int(policy["steps_per_tick"])
        passes = min(accounts, 1 + steps // max(accounts, 1))
        acting = min(steps, holdings) + passes * (2 * holdings + accounts)
        insurers = int(np.count_nonzero(array_of(self.pool.pots)["kind"] == POT_TRANCHE))
        insured = insurers * (min(steps, holdings) + int(policy["settlements_per_tick"]))
        seals = int(self.pool.totals[0]["seals"]) - 1 + int(np.count_nonzero(commands["kind"] == COMMAND_COMMIT))
        sold = min(steps + SEALS_MAX * HOLDINGS_PER_ACCOUNT_MAX, seals * HOLDINGS_PER_ACCOUNT_MAX)
        events = 7 * accounts + 2 * holdings + EVENTS_PER_STEP * min(steps, holdings) + 2 * acting
        events += EVENTS_PER_SEAL * seals + 2 * sold
        events += EVENTS_PER_STEP * int(policy["settlements_per_tick"]) + EVENTS_PER_INSURER * insured
        return ROWS_SLACK + events, ROWS_SLACK + acting + insured + seals + sold

    def _drain(self) -> None:
        totals = self.pool.totals[0]
        if totals["event_row"] > 0:
            self._drained_events.append(array_of(self.pool.events)[: totals["event_row"]].copy())
            totals["event_row"] = 0
        if totals["ledger_row"] > 0:
            self._drained_ledger.append(array_of(self.pool.ledger)[: totals["ledger_row"]].copy())
            totals["ledger_row"] = 0

    def events(self) -> Array:
        """Events since the last call, oldest first (dtype ``EVENT``)."""
        drained, self._drained_events = self._drained_events, []
        return np.concatenate(drained) if drained else np.zeros(0, EVENT)

    def ledger(self) -> Array:
        """Liquidation ledger since the last call, oldest first (dtype ``LEDGER``)."""
        drained, self._drained_ledger = self._drained_ledger, []
        return np.concatenate(drained) if drained else np.zeros(0, LEDGER)

    def sweep(self) -> tuple[Ints, Ints, Ints]:
        """(equity, maintenance, initial) of every account row, in micros."""
        count = int(self.pool.totals[0]["accounts"])
        equity, maintenance, initial = (np.zeros(count, np.int64) for _ in range(3))
        read_health(self.pool, 0, count, equity, maintenance, initial)
        return equity, maintenance, initial

    def next_legs(self, accounts: Ints) -> Ints:
        """The instrument a bid on each of these accounts must name; -1 for none."""
        legs = np.zeros(accounts.size, np.int64)
        read_next_legs(self.pool, np.ascontiguousarray(accounts, np.int64), legs)
        return legs

    def state_number(self, account: int) -> int:
        """What a bid names as ``amount`` to be refused unless the account still holds what it holds now."""
        return int(read_state_number(self.pool, account))

    def identities(self) -> list[str]:
        """Identities that do not hold, each a sentence with its numbers; empty when the books balance."""
        return broken_identities(self.pool)

    def root(self) -> bytes:
        """The state root, 32 bytes; costs in proportion to the accounts changed since the last call."""
        return self._root.update(self.pool)


def _checked(commands: Array, payload: Ints) -> tuple[Array, Ints]:
    if commands.dtype != COMMAND or commands.ndim != 1:
        raise BatchError(f"commands must be a one-dimensional array of {COMMAND.itemsize}-byte command records")
    commands = np.ascontiguousarray(commands)
    if not commands.flags.writeable:
        commands = commands.copy()
    payload = np.ascontiguousarray(payload, np.int64)
    if not payload.flags.writeable:
        payload = payload.copy()
    words = commands["payload_words"]
    is_cold = np.isin(commands["kind"], COLD)
    if bool((words < 0).any()) or bool((words[~is_cold] != 0).any()) or int(words.sum()) != payload.size:
        raise BatchError("payload_words must name exactly the words of payload, and only cold commands have any")
    return commands, payload


def _emptied(table: Any, rows: int) -> Any:
    """The drained table, larger if it must be; its old content is not kept."""
    return table if table.size >= rows else np.zeros(rows, table.dtype)
