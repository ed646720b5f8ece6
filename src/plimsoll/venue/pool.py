"""A pool in ten lines: the face of the library. Decimals and names outside, batches of records underneath.

    pool = plimsoll.Pool.open()                     # in memory; Pool.open("directory") keeps a journal
    btc = pool.list_perp("BTC-PERP", initial="0.05", maintenance="0.03")
    taker, maker = pool.account(owner=1), pool.account(owner=2)

Quantities are coins, prices tokens per coin, rates fractions, durations seconds. Nothing here decides anything.
"""

from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from types import TracebackType

import numpy as np

from plimsoll.journal.manifest import MANIFEST_NAME
from plimsoll.units.messages import (
    COMMAND_OPEN_ACCOUNT,
    MODE_POT,
    NAMED_BACKSTOP,
    NAMED_COUNT,
    NAMED_FEES,
    NAMED_FUND,
    NAMED_PENDING,
    STAGE_LIQUIDATING,
    STATUS_OPEN,
)
from plimsoll.units.tables import array_of
from plimsoll.venue.account import Account, mode_number
from plimsoll.venue.decimals import COUNT, whole
from plimsoll.venue.errors import InputRefused, VenueError
from plimsoll.venue.happenings import Event, event_of
from plimsoll.venue.instrument import Instrument
from plimsoll.venue.insurance import InsuranceFace
from plimsoll.venue.policy import PolicyParameters, policy_of
from plimsoll.venue.registry import Registry
from plimsoll.venue.venue import Venue


class Pool(InsuranceFace):
    """One pool: accounts, instruments, prices, time. ``Pool.open`` makes or opens one; it closes like a file."""

    @classmethod
    def open(
        cls,
        path: str | PathLike[str] | None = None,
        *,
        settlement: str | None = None,
        policy: PolicyParameters | None = None,
    ) -> "Pool":
        """A pool in memory, or the one journaled in a directory; a directory without one gets a new pool.

        ``settlement`` names the settlement token of a new pool (USDC), ``policy`` changes defaults of a new pool.
        """
        if path is None:
            return cls(Venue.in_memory(policy_of(policy or {})), Registry(None, settlement or "USDC"))
        directory = Path(path)
        if (directory / MANIFEST_NAME).exists():
            if policy is not None:
                raise InputRefused(f"{directory} holds a pool with a policy of its own; change it with set_policy")
            registry = Registry.load(directory)
            if settlement not in (None, registry.settlement):
                raise InputRefused(f"{directory} holds a pool whose settlement token is {registry.settlement}")
            venue = Venue.open(directory)
            registry.keep_first(int(venue.pool.totals[0]["instruments"]))
            return cls(venue, registry)
        venue = Venue.create(directory, policy_of(policy or {}))
        registry = Registry(directory, settlement or "USDC")
        registry.save()
        return cls(venue, registry)

    # What there is.

    @property
    def root(self) -> str:
        """The state root in hexadecimal."""
        return self.venue.root().hex()

    @property
    def accounts(self) -> tuple[Account, ...]:
        """Open accounts of owners; those of pots are not among them."""
        rows = array_of(self.tables.accounts)[: int(self.tables.totals[0]["accounts"])]
        numbers = np.flatnonzero((rows["status"] == STATUS_OPEN) & (rows["mode"] != MODE_POT)).tolist()
        return tuple(Account(self, number) for number in numbers if number >= NAMED_COUNT)

    @property
    def liquidating(self) -> tuple[Account, ...]:
        """Accounts in liquidation: whom a bid may take over from."""
        rows = array_of(self.tables.accounts)[: int(self.tables.totals[0]["accounts"])]
        chosen = (rows["stage"] == STAGE_LIQUIDATING) & (rows["status"] == STATUS_OPEN)
        return tuple(Account(self, number) for number in np.flatnonzero(chosen).tolist())

    @property
    def fund(self) -> Account:
        """The insurance fund."""
        return Account(self, NAMED_FUND)

    @property
    def fees(self) -> Account:
        """Fees the venue has earned."""
        return Account(self, NAMED_FEES)

    @property
    def backstop(self) -> Account:
        """The backstop, which takes over what nobody bids on."""
        return Account(self, NAMED_BACKSTOP)

    @property
    def pending(self) -> Account:
        """Withdrawals that wait to be paid."""
        return Account(self, NAMED_PENDING)

    def account_at(self, number: int) -> Account:
        """The account with a number that is known; InputRefused when no account was ever there."""
        if not 0 <= number < int(self.tables.totals[0]["accounts"]):
            raise InputRefused(f"there is no account {number}")
        return Account(self, number)

    # What may be done.

    def account(self, *, owner: int, isolated: Instrument | str | None = None, mode: str = "standard") -> Account:
        """Open an account for an owner (a positive number); ``isolated``: the one contract it may hold.

        ``mode``: ``standard`` or ``portfolio``; ``Account.set_mode`` changes it.
        """
        contract = self.instrument(isolated).number if isolated is not None else 0
        with self._lock:
            number = int(self.tables.totals[0]["accounts"])
            columns = {"account": number, "counterparty": whole(owner, COUNT, "owner"), "instrument": contract}
            self.command(COMMAND_OPEN_ACCOUNT, True, columns | {"flags": mode_number(mode)})
        return Account(self, number)

    # What happened.

    def events(self) -> Iterator[Event]:
        """Events since the last call, decoded, oldest first."""
        rows: list[tuple[int, ...]] = self.venue.events().tolist()
        return (event_of(row, self.numbered) for row in rows)

    def identities(self) -> list[str]:
        """Identities of the books that do not hold; empty, or the engine has a bug."""
        return self.venue.identities()

    def snapshot(self) -> Path:
        """Write the state beside the journal, so that opening is quick; VenueError for a pool in memory."""
        if self.venue.directory is None:
            raise VenueError("a pool in memory has no directory for a snapshot")
        return self.venue.snapshot()

    def close(self) -> None:
        """Let go of the journal. What was acknowledged is on disk already."""
        self.venue.close()

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<pool in {self.venue.directory or 'memory'}, {self.venue.sequence} records>"
