"""The same margin from the engine: integer tables published to a pool, both requirements read from it.

Each sampled step gets a pool of its own: an index as the underlying of each class, one perpetual a class, the options
of the table; the account, in portfolio mode, trades into its book by fills. The float figure is reckoned again from
the whole lots and micros the engine holds, so the two may differ by the rounding of weights (2^-30), values (one
quantum a unit) and micros only; more than that is a problem.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from plimsoll.book.layout import LISTING
from plimsoll.engine import COMMAND, Engine
from plimsoll.engine.genesis import DEFAULT_POLICY
from plimsoll.risk.backtest.history import Step
from plimsoll.risk.capacity import Member
from plimsoll.risk.errors import RiskError
from plimsoll.risk.evaluate import Book, ClassBook, Requirement, requirement
from plimsoll.risk.payload import quantise
from plimsoll.risk.table import ClassTable, RiskArrays, RiskTable
from plimsoll.units import messages as m
from plimsoll.units.codes import OK, sentence
from plimsoll.units.limits import MICROS_PER_TOKEN, PPB
from plimsoll.units.tables import Ints

GROSS_TOKENS: Final = 1_000_000
"""A book of weights is checked at this notional."""
SCALE: Final = 6
UNIT: Final = 10**SCALE
NOW_MS: Final = 1_000
OPTION_MARKS: Final = 10
"""Largest mark of an option in marks of its underlying: the largest shock and carry."""
EXPIRY_MS: Final = 10**9
"""Later than the check lasts; the table's values know how long an option has to go."""
MARK_MIN: Final = 1_000 * MICROS_PER_TOKEN
"""A unit is so many coins that it is worth this much, so that the position's rounding stays under a cent."""
CASH: Final = 10**15
HOLDER: Final = m.NAMED_COUNT
OTHER: Final = m.NAMED_COUNT + 1
WEIGHT_ERROR: Final = 4e-9
"""Two roundings of a weight to 2^-30 and two to a ppb, as a share of notional."""


@dataclass
class EngineCheck:
    """Compares and remembers: how many, the largest difference as a share of notional, and what was too large."""

    class_offset: float
    compared: int = 0
    largest: float = 0.0
    problems: list[str] = field(default_factory=list)

    def compare(self, step: Step, required: Mapping[str, Requirement]) -> None:
        """Ask the engine for every book of the step that ``required`` has."""
        for name in required:
            difference, allowed = compare_book(step.table, step.books[name], self.class_offset)
            self.compared += 1
            self.largest = max(self.largest, difference)
            if difference > allowed:
                self.problems.append(
                    f"{name}: the engine differs by {difference:.1e} of notional at {step.time_ms} ms, "
                    f"more than {allowed:.1e}"
                )

    def as_dict(self) -> dict[str, Any]:
        """Counts and a sentence for the report."""
        sentence = f"{self.compared} books margined by the engine, largest difference {self.largest:.1e} of notional"
        return {
            "compared": self.compared,
            "largest": self.largest,
            "sentence": sentence if self.compared else "not asked",
        }


def compare_book(table: RiskTable, book: Book, class_offset: float) -> tuple[float, float]:
    """(difference, allowed) of the engine's margins from the float figures, both sides, as shares of gross."""
    pool = _Pool(class_offset)
    classes, exact = [], {}
    for number, (name, held) in enumerate(sorted(book.items()), 1):
        one, as_held = pool.hold(replace(table.of(name), number=number), held)
        classes.append(one)
        exact[name] = as_held
    expected = requirement(RiskTable(table.time_ms, tuple(classes)), exact, class_offset)
    gross = sum(
        float(np.abs(exact[one.name].linear).sum() + np.abs(exact[one.name].options).sum() * one.arrays.reference)
        for one in classes
    )
    found = pool.margins()
    allowed = WEIGHT_ERROR * gross + pool.rounding / MICROS_PER_TOKEN
    difference = max(abs(found[0] - expected.maintenance), abs(found[1] - expected.initial))
    return difference / gross, allowed / gross


class _Pool:
    """A pool with one portfolio account, driven by commands that must be accepted."""

    def __init__(self, class_offset: float) -> None:
        self.engine = Engine.create({**DEFAULT_POLICY, "class_offset": round(class_offset * PPB)}, accounts=64)
        self.rounding = 16.0
        self._id = self._instruments = 0
        self.do(m.COMMAND_TICK, time=NOW_MS)
        for account, mode in ((HOLDER, m.MODE_PORTFOLIO), (OTHER, m.MODE_STANDARD)):
            self.do(m.COMMAND_OPEN_ACCOUNT, account=account, counterparty=account, flags=mode)
            self.do(m.COMMAND_DEPOSIT, account=account, amount=CASH)

    def do(self, kind: int, payload: Ints | None = None, **fields: int) -> None:
        """One command; RiskError names the rule if it is refused."""
        self._id += 1
        command = np.zeros(1, COMMAND)
        command["kind"], command["id"] = kind, self._id
        for name, value in fields.items():
            command[name] = value
        words = np.zeros(0, np.int64) if payload is None else payload
        command["payload_words"] = words.size
        (result,) = self.engine.apply(command, words).tolist()
        if result != OK:
            raise RiskError(
                f"the engine refused this book: {sentence(result)} (command {kind}); check it without the engine"
            )

    def hold(self, table: ClassTable, held: ClassBook) -> tuple[ClassTable, ClassBook]:
        """List, publish and trade one class; the table and book as the engine has them, in tokens."""
        coins = _coins_per_unit(table.arrays.reference)
        mark = round(table.arrays.reference * MICROS_PER_TOKEN * coins)
        lots = [round(GROSS_TOKENS * float(value) * MICROS_PER_TOKEN * UNIT / mark) for value in held.linear]
        option_lots = [round(GROSS_TOKENS * float(units) * UNIT / coins) for units in held.options]
        index = self.list_instrument({"kind": m.KIND_ASSET}, mark, 1)
        arrays = replace(_of_coins(table.arrays, coins), reference=mark / MICROS_PER_TOKEN)
        table = replace(table, underlying=index, arrays=arrays)
        members = [Member(0, True, max(2 * abs(size), 1), 2 * mark) for size in lots]
        members += [Member(0, False, max(2 * abs(size), 1), OPTION_MARKS * mark) for size in option_lots]
        return self._publish(table, mark, lots, option_lots, members)

    def _publish(
        self, table: ClassTable, mark: int, lots: list[int], option_lots: list[int], members: list[Member]
    ) -> tuple[ClassTable, ClassBook]:
        options = table.arrays.options
        first = self._instruments + 1 + len(lots)
        ids = np.arange(first, first + len(option_lots), dtype=np.int64)
        table = replace(table, arrays=replace(table.arrays, options=replace(options, instruments=ids)))
        payload = quantise(table, NOW_MS, scale=SCALE, members=_numbered(members, len(lots), first))
        self.do(m.COMMAND_PUBLISH_CLASS, payload.class_words, instrument=table.number)
        # Rates every contract must have; in portfolio mode the scenarios take their place.
        listed = {"risk_class": table.number}
        rates = {"rate_initial": PPB // 2, "rate_maintenance": PPB // 4}
        for member, size in zip(members, lots):
            self.list_instrument({"kind": m.KIND_PERP, **listed, **rates, "lots_max": member.lots_max}, mark, size)
        for at, size in enumerate(option_lots):
            terms = {
                "kind": m.KIND_OPTION,
                "risk_group": int(options.groups[at]),
                "strike": round(float(options.strikes[at]) * MICROS_PER_TOKEN),
                "option_type": 1 if options.is_call[at] else 2,
                "lots_max": members[len(lots) + at].lots_max,
                "expiry": EXPIRY_MS,
                "settlement_window": 1,
            }
            self.list_instrument({**terms, **listed, "mark_max": OPTION_MARKS * mark}, 0, size)
        self.do(m.COMMAND_PUBLISH_ARRAYS, payload.array_words, instrument=table.number, time=NOW_MS)
        for at, size in enumerate([*lots, *option_lots]):
            self._trade(first - len(lots) + at, size)
        self.rounding += 4.0 * 2**payload.shift * (len(lots) + sum(abs(size) / UNIT for size in option_lots) + 1)
        exact_lots = np.array([size * mark / UNIT / MICROS_PER_TOKEN for size in lots], np.float64)
        return table, ClassBook(exact_lots, np.array([size / UNIT for size in option_lots], np.float64))

    def list_instrument(self, terms: Mapping[str, int], mark: int, lots: int) -> int:
        """List the next instrument and, if it has a mark, publish it; returns its number."""
        self._instruments += 1
        row = np.zeros(1, LISTING)
        common = {
            "scale": SCALE,
            "mark_max": max(2 * mark, 1),
            "lots_max": max(2 * abs(lots), 1),
            "open_lots_max": max(4 * abs(lots), 1),
            "band": PPB,
            "age_fill_max": 10**9,
            "age_margin_max": 10**9,
        }
        for name, value in (common | dict(terms)).items():
            row[name] = value
        self.do(m.COMMAND_LIST_INSTRUMENT, row.view(np.int64), instrument=self._instruments)
        if mark:
            self.do(m.COMMAND_MARK, instrument=self._instruments, price=mark, time=NOW_MS)
        return self._instruments

    def _trade(self, instrument: int, lots: int) -> None:
        """The holder gets these lots (negative: sells) from the other side, at the mark."""
        if lots == 0:
            return
        buyer, seller = (HOLDER, OTHER) if lots > 0 else (OTHER, HOLDER)
        price = int(self.engine.pool.instruments[instrument]["mark"])
        self.do(
            m.COMMAND_FILL,
            account=buyer,
            counterparty=seller,
            instrument=instrument,
            lots=abs(lots),
            price=price,
        )

    def margins(self) -> tuple[float, float]:
        """The holder's maintenance and initial requirement in tokens, by the engine."""
        _, maintenance, initial = self.engine.sweep()
        return int(maintenance[HOLDER]) / MICROS_PER_TOKEN, int(initial[HOLDER]) / MICROS_PER_TOKEN


def _coins_per_unit(price: float) -> int:
    """A power of ten that makes a unit worth enough."""
    coins = 1
    while price * coins * MICROS_PER_TOKEN < MARK_MIN:
        coins *= 10
    return coins


def _of_coins(arrays: RiskArrays, coins: int) -> RiskArrays:
    """The arrays with options on so many coins each: all that is in quote currency grows, delta does not."""
    one = arrays.options
    options = replace(
        one,
        **{name: getattr(one, name) * coins for name in ("strikes", "v0", "up", "down", "gamma", "vega", "values")},
    )
    return replace(arrays, options=options, groups=replace(arrays.groups, forward=arrays.groups.forward * coins))


def _numbered(members: list[Member], linear: int, first: int) -> list[Member]:
    """Members with the numbers they will be listed under; contracts come before options."""
    return [replace(member, instrument=first - linear + at) for at, member in enumerate(members)]
