"""The auditor: reads events in order, keeps the books, and reports what cannot be.

Every change of cash, lots and cost is in exactly one event, as a delta of the event's account in its instrument. Two
things follow from the kind: the fee of a fill goes to the fees account in addition, and deposits, suspended deposits,
withdrawals paid and write-downs move the vault by the same delta. Everything else moves between accounts.
"""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from plimsoll.audit.books import NOTHING, SETTLEMENT_TOKEN, Books
from plimsoll.units.messages import (
    EVENT_ACCOUNT_CLOSED,
    EVENT_ACCOUNT_OPENED,
    EVENT_ARRAYS_PUBLISHED,
    EVENT_AUCTION_STARTED,
    EVENT_BAD_DEBT,
    EVENT_BATCH_ENDED,
    EVENT_BOND_LOST,
    EVENT_BOND_RETURNED,
    EVENT_CALL_ENDED,
    EVENT_CALLED,
    EVENT_CLASS_PUBLISHED,
    EVENT_COMMITTED,
    EVENT_COOLED_OFF,
    EVENT_CURVE_SET,
    EVENT_DELEVERAGED,
    EVENT_DELISTED,
    EVENT_DEPOSITED,
    EVENT_DUSTED,
    EVENT_ENDORSED,
    EVENT_FEE_PAID,
    EVENT_FILLED,
    EVENT_FUND_PAID,
    EVENT_FUNDING_APPLIED,
    EVENT_GRACE_STARTED,
    EVENT_INSOLVENT,
    EVENT_INSTRUMENT_SET,
    EVENT_KEEPER_PAID,
    EVENT_LIMITS_SET,
    EVENT_LIQUIDATED,
    EVENT_LIQUIDATION_ENDED,
    EVENT_LIQUIDATION_STARTED,
    EVENT_LISTED,
    EVENT_LOSS_SOCIALISED,
    EVENT_MARKED,
    EVENT_MODE_SET,
    EVENT_ORACLE_STATE_CHANGED,
    EVENT_POLICY_SET,
    EVENT_POT_SET,
    EVENT_POT_WIPED,
    EVENT_PREMIUM_PAID,
    EVENT_REALISED,
    EVENT_RELEASED,
    EVENT_RESERVED,
    EVENT_REVEALED,
    EVENT_SERIES_CUT,
    EVENT_SETTLED,
    EVENT_SETTLEMENT_PRICED,
    EVENT_SHARES_CHANGED,
    EVENT_STAKED,
    EVENT_SUSPENDED,
    EVENT_SWAPPED,
    EVENT_TAKEN_OVER,
    EVENT_TRANSFERRED,
    EVENT_TRIGGERED,
    EVENT_UNSTAKED,
    EVENT_UNSTAKING,
    EVENT_WITHDRAWAL_PAID,
    EVENT_WITHDRAWAL_PENDING,
    EVENT_WITHDRAWAL_REQUESTED,
    EVENT_WRITTEN_DOWN,
    NAMED_FEES,
    EventRecord,
    name_of,
)

MOVES_VAULT = frozenset({EVENT_DEPOSITED, EVENT_SUSPENDED, EVENT_WITHDRAWAL_PAID, EVENT_WRITTEN_DOWN})
"""Money crosses the border of the pool: the vault changes with the account."""

MOVES = MOVES_VAULT | {
    EVENT_WITHDRAWAL_REQUESTED,
    EVENT_WITHDRAWAL_PENDING,
    EVENT_TRANSFERRED,
    EVENT_FILLED,
    EVENT_REALISED,
    EVENT_SETTLED,
    EVENT_SERIES_CUT,
    EVENT_LIQUIDATED,
    EVENT_TAKEN_OVER,
    EVENT_FEE_PAID,
    EVENT_FUND_PAID,
    EVENT_DELEVERAGED,
    EVENT_LOSS_SOCIALISED,
    EVENT_DUSTED,
    EVENT_STAKED,
    EVENT_UNSTAKED,
    EVENT_POT_WIPED,
    EVENT_PREMIUM_PAID,
    EVENT_SWAPPED,
    EVENT_COMMITTED,
    EVENT_BOND_RETURNED,
    EVENT_BOND_LOST,
    EVENT_KEEPER_PAID,
}
"""Kinds with deltas."""

SAYS = frozenset(
    {
        EVENT_ACCOUNT_OPENED,
        EVENT_ACCOUNT_CLOSED,
        EVENT_LIMITS_SET,
        EVENT_MODE_SET,
        EVENT_CLASS_PUBLISHED,
        EVENT_ARRAYS_PUBLISHED,
        EVENT_RESERVED,
        EVENT_RELEASED,
        EVENT_MARKED,
        EVENT_ORACLE_STATE_CHANGED,
        EVENT_GRACE_STARTED,
        EVENT_FUNDING_APPLIED,
        EVENT_LISTED,
        EVENT_INSTRUMENT_SET,
        EVENT_POLICY_SET,
        EVENT_DELISTED,
        EVENT_SETTLEMENT_PRICED,
        EVENT_CALLED,
        EVENT_CALL_ENDED,
        EVENT_TRIGGERED,
        EVENT_LIQUIDATION_STARTED,
        EVENT_LIQUIDATION_ENDED,
        EVENT_BAD_DEBT,
        EVENT_UNSTAKING,
        EVENT_SHARES_CHANGED,
        EVENT_POT_SET,
        EVENT_INSOLVENT,
        EVENT_COOLED_OFF,
        EVENT_ENDORSED,
        EVENT_BATCH_ENDED,
        EVENT_MODE_SET,
        EVENT_CLASS_PUBLISHED,
        EVENT_ARRAYS_PUBLISHED,
        EVENT_CURVE_SET,
        EVENT_REVEALED,
        EVENT_BATCH_ENDED,
        EVENT_AUCTION_STARTED,
    }
)
"""Kinds that move nothing."""

K = TypeVar("K")
V = TypeVar("V")

FAULTS_MAX = 100
"""Faults kept; what follows the first ones is mostly their echo."""


class Auditor:
    """Reads every event once, in order, from the first. One auditor a pool; books are not shared."""

    def __init__(self) -> None:
        self.books = Books()
        self.faults: list[str] = []
        self.events = 0
        self._command = 0
        self._unbalanced = 0

    def read(self, events: Iterable[EventRecord]) -> None:
        """Enter events into the books; what is wrong with an event by itself is noted in ``faults``."""
        books = self.books
        cash_of, holdings, vaults = books.cash, books.holdings, books.vaults
        expected, command, unbalanced = self.events, self._command, self._unbalanced
        for sequence, kind, command_id, account, _, instrument, lots, cost, cash, fee, price, amount, _ in events:
            if sequence != expected:
                self._note(f"sequence_must_not_have_gaps: expected={expected} sequence={sequence} command={command_id}")
            expected = sequence + 1
            if command_id != command:
                if unbalanced:
                    self._note(f"command_must_leave_the_books_balanced: command={command} out_by={unbalanced}")
                command, unbalanced = command_id, 0
            if kind in MOVES:
                unbalanced += cash - cost
                if cash:
                    cash_of[account] += cash
                if lots or cost:
                    held_lots, held_cost = holdings.get((account, instrument), NOTHING)
                    lots_now, cost_now = held_lots + lots, held_cost + cost
                    if lots_now or cost_now:
                        holdings[account, instrument] = lots_now, cost_now
                    else:
                        holdings.pop((account, instrument), None)
                if fee:
                    if kind == EVENT_FILLED:
                        cash_of[NAMED_FEES] += fee
                        unbalanced += fee
                    else:
                        self._note(
                            f"fee_must_be_of_a_fill: sequence={sequence} kind={name_of('EVENT', kind)} fee={fee}"
                        )
                if kind in MOVES_VAULT:
                    unbalanced -= cash
                    vaults[instrument] += cash if instrument == SETTLEMENT_TOKEN else lots
            else:
                self._read_saying(sequence, kind, account, instrument, (lots, cost, cash), amount)
                if kind == EVENT_SHARES_CHANGED:
                    books.change_shares(account, price, amount)
        self.events, self._command, self._unbalanced = expected, command, unbalanced

    def _read_saying(
        self, sequence: int, kind: int, account: int, instrument: int, moved: tuple[int, int, int], amount: int
    ) -> None:
        if kind not in SAYS:
            self._note(f"event_must_be_known: sequence={sequence} kind={kind}")
        elif moved != (0, 0, 0):
            self._note(f"event_must_move_nothing: sequence={sequence} kind={name_of('EVENT', kind)} moved={moved}")
        elif kind == EVENT_LISTED:
            self.books.kinds[instrument] = amount
        elif kind == EVENT_ACCOUNT_CLOSED and not self._is_empty(account):
            self._note(f"closed_account_must_be_empty: sequence={sequence} account={account}")

    def _is_empty(self, account: int) -> bool:
        if self.books.cash.get(account, 0) != 0:
            return False
        return all((account, instrument) not in self.books.holdings for instrument in self.books.kinds)

    def _note(self, fault: str) -> None:
        if len(self.faults) < FAULTS_MAX:
            self.faults.append(fault)

    def broken_identities(self) -> list[str]:
        """Faults of single events, then identities that do not hold now; empty when the books balance."""
        return self.faults + self.books.broken_identities()

    def differences(
        self,
        cash: Mapping[int, int],
        holdings: Mapping[tuple[int, int], tuple[int, int]],
        vaults: Mapping[int, int] | None = None,
        open_interest: Mapping[int, int] | None = None,
        shares: Mapping[tuple[int, int], int] | None = None,
    ) -> list[str]:
        """Where the caller's tables differ from the books; what is missing on either side counts as zero.

        ``cash``: micros by account. ``holdings``: (lots, cost) by (account, instrument). When given also ``vaults`` and
        ``open_interest``, lots by instrument (vault of 0 in micros), and ``shares`` by (account, pot).
        """
        books = self.books
        found = [f"cash of account {key}: {text}" for key, text in _unequal(books.cash, cash, 0)]
        for (account, instrument), text in _unequal(books.holdings, holdings, NOTHING):
            found.append(f"lots and cost of account {account} in instrument {instrument}: {text}")
        if vaults is not None:
            found += [f"vault of instrument {key}: {text}" for key, text in _unequal(books.vaults, vaults, 0)]
        if open_interest is not None:
            contracts = _unequal(books.open_interest(), open_interest, 0)
            found += [f"open interest of instrument {key}: {text}" for key, text in contracts]
        if shares is not None:
            for (account, pot), text in _unequal(books.shares, shares, 0):
                found.append(f"shares of account {account} in pot {pot}: {text}")
        return found


def _unequal(books: Mapping[K, V], tables: Mapping[K, V], nothing: V) -> list[tuple[K, str]]:
    keys = dict.fromkeys([*books, *tables])
    pairs = ((key, books.get(key, nothing), tables.get(key, nothing)) for key in keys)
    return [(key, f"events say {ours}, tables say {theirs}") for key, ours, theirs in pairs if ours != theirs]
