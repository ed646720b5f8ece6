"""The part of a pool's face that publishes risk classes and their tables (docs/portfolio-margin.md)."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, Unpack

from plimsoll.units.codes import OK
from plimsoll.units.limits import CLASSES_MAX, MICROS_PER_TOKEN
from plimsoll.units.messages import COMMAND_PUBLISH_ARRAYS, COMMAND_PUBLISH_CLASS, KIND_OPTION
from plimsoll.venue.class_parameters import (
    DEFAULT_CLASS,
    ClassParameters,
    class_words,
    default_shift,
    differs,
    row_in_force,
    row_of,
    weights_in_force,
    weights_of,
)
from plimsoll.venue.classes import class_over, free_class, members_of, options_of, published
from plimsoll.venue.decimals import Time, milliseconds
from plimsoll.venue.errors import InputRefused
from plimsoll.venue.instrument import Instrument
from plimsoll.venue.market import Vols, underlying_of
from plimsoll.venue.options import OptionsFace
from plimsoll.venue.records import records
from plimsoll.venue.refused import Refused, refusal_of
from plimsoll.venue.table_rules import proposed, refusal_of_table

if TYPE_CHECKING:
    from plimsoll.risk import ClassTable, Payload, RiskTable, Underlying
    from plimsoll.risk.capacity import Member

NUMBERED: Final = re.compile(r"\binstrument (\d{1,9})\b")


class ClassPolicy(NamedTuple):
    """A class's policy: which one it is (the first is 1), its digest (``risk.words_digest``), the engine's integers."""

    version: int
    digest: str
    parameters: dict[str, int]


class PublishingFace(OptionsFace):
    """Publishing; see ``Pool``."""

    @property
    def risk_classes(self) -> dict[int, Instrument]:
        """The underlying of every published class, by the number of the class."""
        rows = self.tables.classes
        return {number: self.numbered(int(rows[number]["underlying"])) for number in published(self.tables)}

    def class_policy(self, risk_class: int) -> ClassPolicy:
        """The policy of a class in force: its version, digest and parameters; InputRefused for a class there is not."""
        from plimsoll.risk import words_digest

        number = class_over(self.tables, self.numbered(0), risk_class)
        row = row_in_force(self.tables, number)
        digest = words_digest(class_words(row, weights_in_force(self.tables, number)))
        return ClassPolicy(int(self.tables.classes[number]["version"]), digest, row)

    def publish_class(
        self,
        underlying: Instrument | str,
        *,
        risk_class: int | None = None,
        members: Sequence[Instrument | str] = (),
        **parameters: Unpack[ClassParameters],
    ) -> int:
        """Publish the policy of the class over an underlying, and let ``members`` join it; returns its number.

        The first time, parameters not given have their defaults; after that they stay as they are. ``risk_class``: None
        for the one class of that underlying, or a new one. ``Refused`` by the rules of docs/portfolio-margin.md, §8;
        where it is a member's (the class is full), the class is published and the members before have joined.
        """
        one = self.instrument(underlying)
        joining = [self.instrument(member) for member in members]
        if one.kind == "option" or one.number == 0:
            raise InputRefused(f"{one.name}: a class is over an asset, a perpetual or a future")
        with self._lock:
            over = [number for number, spot in self.risk_classes.items() if spot == one]
            number = over[0] if risk_class is None and len(over) == 1 else risk_class
            if number is None:
                number = free_class(self.tables) if not over else class_over(self.tables, one, None)
            known = number in self.risk_classes
            self._require_underlying(number, one)
            row = row_in_force(self.tables, number) if known else dict(DEFAULT_CLASS)
            row |= self._units(number, one) | row_of(parameters) | {"underlying": one.number}
            weights = weights_of(parameters, row["scenarios"], weights_in_force(self.tables, number) if known else None)
            for member in joining:
                _require_units(member, one, row["scale"])
            self.command(COMMAND_PUBLISH_CLASS, True, {"instrument": number}, class_words(row, weights))
            for member in joining:
                self.set_instrument(member, risk_class=number)
        return number

    def _require_underlying(self, number: int, one: Instrument) -> None:
        """InputRefused for moving a class that has members: their spot would be that of something else."""
        spot = self.risk_classes.get(number, one)
        members = len(members_of(self.tables, number)) if spot != one else 0
        if members:
            raise InputRefused(
                f"class {number} is over {spot.name} and has {members} members: it cannot move to {one.name}"
            )

    def _units(self, number: int, underlying: Instrument) -> dict[str, int]:
        """Scale and shift of a class: those in force, or what follows from an underlying that is new to it."""
        if self.risk_classes.get(number) == underlying:
            row = self.tables.classes[number]
            return {"scale": int(row["scale"]), "shift": int(row["shift"])}
        scale = underlying.parameters["scale"]
        return {"scale": scale, "shift": default_shift(scale)}

    def publish_table(self, table: "RiskTable | ClassTable", *, check: bool = True) -> Refused | None:
        """Publish what a risk model made: of each class its policy, where that has changed, and its arrays.

        The first refusal is raised (or returned) and ends it: the classes before are published, this and later ones
        keep policy and arrays as they are. RiskError for a table that cannot be put into integers.
        """
        from plimsoll.risk import ClassTable

        classes = (table,) if isinstance(table, ClassTable) else table.classes
        time_ms = self.time_ms if isinstance(table, ClassTable) else table.time_ms
        for one in classes:
            refused = self._publish(one, time_ms, check)
            if refused is not None:
                return refused
        return None

    def _publish(self, table: "ClassTable", time_ms: int, check: bool) -> Refused | None:
        with self._lock:
            payload = self._payload(table, time_ms)
            number, words = {"instrument": table.number}, payload.class_words
            arrays = number | {"time": time_ms}
            if differs(self.tables, table.number, words):
                # Another policy may take the arrays in force away: both are looked at before either is sent.
                after = proposed(self.tables, table.number, words)
                refusal = refusal_of_table(after, table.number, time_ms, payload.array_words)
                if refusal != OK:
                    batch = records(COMMAND_PUBLISH_ARRAYS, payload_words=payload.array_words.size, **arrays)
                    return _answer(refusal_of(after, batch[0], refusal, self.numbered, payload.array_words), check)
                refused = self.command(COMMAND_PUBLISH_CLASS, check, number, words)
                if refused is not None:
                    return refused
            return self.command(COMMAND_PUBLISH_ARRAYS, check, arrays, payload.array_words)

    def _payload(self, table: "ClassTable", time_ms: int) -> "Payload":
        from plimsoll.risk import RiskError, quantise

        if not 1 <= table.number <= CLASSES_MAX:
            raise InputRefused(f"class {table.number}: classes are numbered from 1 to {CLASSES_MAX}")
        underlying = self.numbered(table.underlying)
        self._require_underlying(table.number, underlying)
        units = self._units(table.number, underlying)
        try:
            return quantise(table, time_ms, members=self._members(table.number), **units)
        except RiskError as error:
            raise RiskError(NUMBERED.sub(self._name_in, str(error))) from error

    def _name_in(self, found: re.Match[str]) -> str:
        """The name of an instrument a message knows by its number; what is not listed keeps that."""
        number = int(found[1])
        return self.numbered(number).name if 0 < number < int(self.tables.totals[0]["instruments"]) else found[0]

    def _members(self, number: int) -> "list[Member]":
        from plimsoll.risk import Member

        rows = self.tables.instruments
        return [
            Member(one, rows[one]["kind"] != KIND_OPTION, int(rows[one]["lots_most"]), int(rows[one]["mark_max"]))
            for one in members_of(self.tables, number)
        ]

    def market_of(
        self,
        risk_class: int,
        surface: Vols | None = None,
        *,
        forwards: Mapping[Time, float] | None = None,
        rate: float = 0.0,
        column: str = "",
    ) -> "Underlying":
        """What a risk model is shown of a class: its spot and, with a ``surface`` (or one vol), its options.

        ``forwards`` by expiry (tokens a coin; else the spot grown at ``rate``), ``rate`` per year for discounting,
        ``column``: its name in a panel of returns. InputRefused where the class has options and no surface is given.
        """
        class_over(self.tables, self.numbered(0), risk_class)
        spot = self.risk_classes[risk_class]
        options = options_of(self.tables, risk_class)
        if options and surface is None:
            raise InputRefused(
                f"class {risk_class} has {len(options)} options: give the surface they are priced from, or one vol"
            )
        coins = float(spot.quantity_of(10 ** spot.parameters["scale"]))
        given = {milliseconds(expiry, "expiry"): price * coins for expiry, price in (forwards or {}).items()}
        return underlying_of(
            self.tables, risk_class, spot.name, options, surface, forwards=given, rate=rate, column=column
        )

    def needs_refresh(self, table: "RiskTable", *, move: float, age: float) -> tuple[str, ...]:
        """Why a table should be made again, in sentences; empty when it need not: an underlying has moved by more than
        the fraction ``move`` since, or it is older than ``age`` seconds (docs/risk-models.md, section 4).
        """
        from plimsoll.risk import needs_refresh

        marks = self.tables.instruments
        spots = {one.name: int(marks[one.underlying]["mark"]) / MICROS_PER_TOKEN for one in table.classes}
        return needs_refresh(table, spots, self.time_ms, move, age)


def _require_units(member: Instrument, underlying: Instrument, scale: int) -> None:
    """Members of a class count in one lot and one unit."""
    if member.lot != underlying.lot:
        raise InputRefused(
            f"{member.name}: lot {member.lot:f}, {underlying.name} has {underlying.lot:f}: members of a class need one"
        )
    if member.parameters["scale"] != scale:
        raise InputRefused(
            f"{member.name}: scale={member.parameters['scale']}: list it with the class's, scale={scale}"
        )


def _answer(refused: Refused, check: bool) -> Refused:
    if check:
        raise refused
    return refused
