"""The part of a pool's face that lists instruments and changes their terms and the pool's policy."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Unpack

import numpy as np

from plimsoll.engine.listing import LISTING_FIELDS, POLICY_FIELDS
from plimsoll.units.messages import (
    COMMAND_LIST_INSTRUMENT,
    COMMAND_SET_INSTRUMENT,
    COMMAND_SET_POLICY,
    KIND_ASSET,
    KIND_FUTURE,
    KIND_PERP,
)
from plimsoll.units.tables import array_of
from plimsoll.venue.base import PoolBase
from plimsoll.venue.decimals import Amount, Time
from plimsoll.venue.errors import InputRefused
from plimsoll.venue.instrument import Instrument
from plimsoll.venue.parameters import (
    ListingParameters,
    PolicyParameters,
    Terms,
    changes_of,
    policy_of,
    rates_of,
    weight_to_rate,
)
from plimsoll.venue.records import records
from plimsoll.venue.refused import Refused, refusal_of


class ListingFace(PoolBase):
    """Listing; see ``Pool``."""

    def list_perp(
        self,
        name: str,
        *,
        lot: Amount = "0.000001",
        mark_max: Amount = "1000000",
        initial: Amount = "0.05",
        maintenance: Amount = "0.03",
        **parameters: Unpack[ListingParameters],
    ) -> Instrument:
        """List a perpetual. ``lot`` in coins, ``mark_max`` per coin, rates as fractions; see docs/library.md."""
        return self._list(KIND_PERP, name, lot, mark_max, initial, maintenance, None, parameters)

    def list_future(
        self,
        name: str,
        *,
        expiry: Time,
        lot: Amount = "0.000001",
        mark_max: Amount = "1000000",
        initial: Amount = "0.05",
        maintenance: Amount = "0.03",
        **parameters: Unpack[ListingParameters],
    ) -> Instrument:
        """List a future that settles at ``expiry`` at the average mark of its ``settlement_window``."""
        return self._list(KIND_FUTURE, name, lot, mark_max, initial, maintenance, expiry, parameters)

    def list_asset(
        self,
        name: str,
        *,
        weight: Amount = "0.9",
        weight_maintenance: Amount | None = None,
        lot: Amount = "0.000001",
        mark_max: Amount = "1000000",
        **parameters: Unpack[ListingParameters],
    ) -> Instrument:
        """List an asset as collateral: ``weight`` of its value counts (for maintenance as well, unless given)."""
        initial = weight_to_rate(weight, "weight")
        maintenance = initial
        if weight_maintenance is not None:
            maintenance = weight_to_rate(weight_maintenance, "weight_maintenance")
        return self._list(KIND_ASSET, name, lot, mark_max, initial, maintenance, None, parameters)

    def _list(
        self,
        kind: int,
        name: str,
        lot: Amount,
        mark_max: Amount,
        initial: Amount,
        maintenance: Amount,
        expiry: Time | None,
        parameters: Mapping[str, Any],
    ) -> Instrument:
        self._registry.require_new(name)
        terms = Terms(
            kind,
            lot=lot,
            mark_max=mark_max,
            rate_initial=initial,
            rate_maintenance=maintenance,
            expiry=expiry,
            parameters=parameters,
        )
        return self.list_row(name, terms.lot, terms.row)

    def list_row(self, name: str, lot: Decimal, row: Mapping[str, int]) -> Instrument:
        """List an instrument from the engine's integers (the fields of ``ListingRow``); ``lot`` in coins."""
        return self.list_rows([(name, lot, row)])[0]

    def list_rows(self, rows: Sequence[tuple[str, Decimal, Mapping[str, int]]]) -> list[Instrument]:
        """List several in one batch. The first refusal is raised; what came before it is listed."""
        self._registry.require_new(*(name for name, _, _ in rows))
        if not rows:
            return []
        words = [np.array([row[column] for column in LISTING_FIELDS], np.int64) for _, _, row in rows]
        with self._lock:
            first = int(self.tables.totals[0]["instruments"])
            numbers = list(range(first, first + len(rows)))
            self._registry.write_all(
                {number: (name, require_lot(self, row, lot)) for number, (name, lot, row) in zip(numbers, rows)}
            )
            batch = records(COMMAND_LIST_INSTRUMENT, instrument=numbers, payload_words=len(LISTING_FIELDS))
            codes = self.submit(batch, np.concatenate(words))
            wrong = np.flatnonzero(codes)
            if wrong.size:
                at = int(wrong[0])
                self._registry.remove_all(numbers[at:])
                raise refusal_of(self.tables, batch[at], int(codes[at]), self.numbered, words[at])
            return [self.numbered(number) for number in numbers]

    def set_instrument(self, instrument: Instrument | str, *, check: bool = True, **parameters: Any) -> Refused | None:
        """Change terms of a listed instrument; the others stay. Names are those of its listing.

        ``set_instrument("BTC-PERP", initial="0.1", risk_class=1)``. Lot, scale, expiry and an option's terms are fixed.
        """
        one = self.instrument(instrument)
        row = one.parameters
        given = dict(parameters)
        fixed = sorted({"lot", "scale", "expiry", "strike", "type", "group"} & set(given))
        if fixed:
            raise InputRefused(f"{one.name}: {fixed[0]} is fixed at listing; list another instrument instead")
        row |= rates_of(row["kind"], given)
        unknown = sorted(set(given) - {"mark_max", *ListingParameters.__annotations__})
        if unknown:
            raise TypeError(f"unknown parameter {unknown[0]!r} for {one.kind} {one.name}")
        row |= changes_of(given, one.lot, row["scale"])
        require_lot(self, row, one.lot)
        payload = np.array([row[column] for column in LISTING_FIELDS], np.int64)
        return self.command(COMMAND_SET_INSTRUMENT, check, {"instrument": one.number}, payload)

    @property
    def policy(self) -> dict[str, int]:
        """The parameters in force, in the engine's integers."""
        return {name: int(array_of(self.tables.policy[0])[name]) for name in POLICY_FIELDS}

    def set_policy(self, *, check: bool = True, **parameters: Unpack[PolicyParameters]) -> Refused | None:
        """Change parameters of the pool; the others stay."""
        row = self.policy | policy_of(parameters)
        payload = np.array([row[name] for name in POLICY_FIELDS], np.int64)
        return self.command(COMMAND_SET_POLICY, check, {}, payload)


def require_lot(pool: PoolBase, row: Mapping[str, int], lot: Decimal) -> Decimal:
    """The lot itself. Members of a class count in the lots of its underlying: InputRefused for another."""
    number = row["risk_class"]
    if 0 < number < pool.tables.classes.size and pool.tables.classes[number]["published"]:
        underlying = pool.numbered(int(pool.tables.classes[number]["underlying"]))
        if lot != underlying.lot:
            raise InputRefused(f"lot: class {number} counts in lots of {underlying.lot:f} ({underlying.name})")
    return lot
