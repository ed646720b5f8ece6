"""What every part of a pool's face uses: the venue underneath, names, lookups, and the one way in for commands."""

from collections.abc import Mapping
from datetime import datetime
from threading import RLock
from typing import Final

import numpy as np

from plimsoll.book.layout import Array
from plimsoll.book.layout import Pool as Tables
from plimsoll.units.codes import OK
from plimsoll.units.tables import Ints
from plimsoll.venue.batch import NO_PAYLOAD
from plimsoll.venue.decimals import moment
from plimsoll.venue.errors import InputRefused
from plimsoll.venue.instrument import Instrument
from plimsoll.venue.records import records
from plimsoll.venue.refused import Refused, refusal_of
from plimsoll.venue.registry import Registry
from plimsoll.venue.venue import Venue

NAMED_MAX: Final = 20
"""Instruments a message names."""


class PoolBase:
    """A venue with names; see ``Pool``, which is what to use."""

    def __init__(self, venue: Venue, registry: Registry) -> None:
        self.venue = venue
        """The venue underneath: batches, snapshots, recovery."""
        self._registry = registry
        self._lock = RLock()

    @property
    def tables(self) -> Tables:
        """The engine's tables, to read only; valid until the next command."""
        return self.venue.pool

    @property
    def settlement(self) -> str:
        """The name of the settlement token."""
        return self._registry.settlement

    @property
    def time(self) -> datetime | None:
        """The pool's time: that of the last tick; None before the first."""
        return moment(self.time_ms) if self.time_ms else None

    @property
    def time_ms(self) -> int:
        """The same in milliseconds since 1970, as market snapshots and risk tables have it; 0 before the first."""
        return int(self.tables.totals[0]["time"])

    @property
    def instruments(self) -> dict[str, Instrument]:
        """Instruments by name, in the order they were listed; the settlement token is not among them."""
        numbers = range(1, int(self.tables.totals[0]["instruments"]))
        return {one.name: one for one in map(self.numbered, numbers)}

    def instrument(self, name: Instrument | str) -> Instrument:
        """The instrument with a name; InputRefused when it is not listed."""
        if isinstance(name, Instrument):
            return name
        if name == self.settlement:
            return self.numbered(0)
        number = self._registry.number_of(name, int(self.tables.totals[0]["instruments"]))
        if number is not None:
            return self.numbered(number)
        known = self.instruments
        if name not in known:
            raise InputRefused(f"{name!r:.60} is not listed; instruments: {_some(list(known)) or 'none yet'}")
        return known[name]

    def numbered(self, number: int) -> Instrument:
        """The instrument with a number; 0 (and -1 in events) is the settlement token."""
        number = max(number, 0)
        scale = int(self.tables.instruments[number]["scale"])
        return Instrument(lambda: self.tables, number, self._registry.name(number), self._registry.lot(number, scale))

    def submit(self, batch: Array, payload: Ints = NO_PAYLOAD) -> Ints:
        """Journal and apply a batch of records (dtype ``plimsoll.engine.COMMAND``); one result code each, 0 is ok.

        Records whose id is 0 get the next ids; the caller's array is not changed.
        """
        with self._lock:
            unnumbered = np.flatnonzero(batch["id"] == 0)
            if unnumbered.size:
                batch = batch.copy()
                highest = max(int(self.tables.totals[0]["id_highest"]), int(batch["id"].max()))
                batch["id"][unnumbered] = np.arange(highest + 1, highest + 1 + unnumbered.size)
            return self.venue.submit(batch, payload)

    def command(self, kind: int, check: bool, columns: Mapping[str, int], payload: Ints = NO_PAYLOAD) -> Refused | None:
        """Submit one command of the rule book by its columns; a refusal is raised, or returned without ``check``."""
        with self._lock:
            batch = records(kind, payload_words=payload.size, **columns)
            code = int(self.submit(batch, payload)[0])
            refused = None if code == OK else refusal_of(self.tables, batch[0], code, self.numbered, payload)
        if refused is not None and check:
            raise refused
        return refused


def _some(names: list[str]) -> str:
    """Names for a message: all of them, or the first and how many more."""
    rest = len(names) - NAMED_MAX
    return ", ".join(names[:NAMED_MAX]) + (f", and {rest} more" if rest > 0 else "")
