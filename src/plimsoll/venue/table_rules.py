"""What the engine would say of a table, asked before it is sent, and what exactly it refused.

The rules are the engine's own (``engine.publish_arrays``); here they are only asked of a part of the table at a time.
"""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any, Final

import numpy as np

from plimsoll.book.layout import Pool as Tables
from plimsoll.engine.publish import CLASS_FIELDS
from plimsoll.engine.publish_arrays import GROUP_WORDS, HEADER, OPTION_WORDS, judge_table
from plimsoll.units import codes as code
from plimsoll.units.limits import PPB, SHOCK_MAX
from plimsoll.units.tables import Ints, array_of
from plimsoll.venue.decimals import share, when
from plimsoll.venue.instrument import Instrument

Instruments = Callable[[int], Instrument]
VALUES: Final = ("value", "up", "down")
FIRST_VALUE: Final = 1
FIRST_GREEK: Final = 4


def proposed(pool: Tables, number: int, class_words: Ints) -> Tables:
    """The tables with a class as ``publish_class`` would leave it, for a look at the arrays that come next."""
    classes = array_of(pool.classes).copy()
    row = classes[number]
    for name, word in zip(CLASS_FIELDS, class_words.tolist()):
        row[name] = word
    row["unit"], row["published"] = 10 ** int(row["scale"]), 1
    return pool._replace(classes=classes)  # type: ignore[arg-type]


class Table:
    """The words of a table, and the engine's answer to a part of them."""

    def __init__(self, pool: Tables, number: int, time_ms: int, words: Ints) -> None:
        self.pool, self.number, self.time_ms = pool, number, time_ms
        self.family: Any = pool.classes[number]
        self.words = words
        self.scenarios = int(self.family["scenarios"])
        self.fits = self.answer(words) != code.PAYLOAD_MUST_FIT

    @property
    def reference(self) -> int:
        """The mark the table was made at."""
        return int(self.words[0])

    @property
    def shocks(self) -> Ints:
        """One a scenario."""
        return self.words[HEADER : HEADER + self.scenarios]

    @property
    def groups(self) -> Iterator[Ints]:
        """The record of each group."""
        first = HEADER + self.scenarios
        for at in range(first, first + int(self.words[1]) * GROUP_WORDS, GROUP_WORDS):
            yield self.words[at : at + GROUP_WORDS]

    @property
    def options(self) -> Iterator[Ints]:
        """The record of each option: OPTION_WORDS, then its value in each scenario."""
        first, step = HEADER + self.scenarios + int(self.words[1]) * GROUP_WORDS, OPTION_WORDS + self.scenarios
        for at in range(first, first + int(self.words[2]) * step, step):
            yield self.words[at : at + step]

    def answer(self, words: Ints) -> int:
        """What the engine would say of these words."""
        return int(judge_table(self.pool, self.number, self.time_ms, np.ascontiguousarray(words)))

    def answer_to(self, shocks: Ints | None = None, groups: Sequence[Ints] = (), options: Sequence[Ints] = ()) -> int:
        """What it would say of a part of the table; shocks left out are 0."""
        given = np.zeros(self.scenarios, np.int64) if shocks is None else shocks
        head = np.array([self.reference, len(groups), len(options)], np.int64)
        return self.answer(np.concatenate([head, given, *groups, *options]))


def refusal_of_table(pool: Tables, number: int, time_ms: int, payload: Ints) -> int:
    """The code ``publish_arrays`` would answer (0: ok)."""
    return int(judge_table(pool, number, time_ms, np.ascontiguousarray(payload)))


def said_of_table(
    pool: Tables, number: int, time_ms: int, refusal: int, payload: Sequence[int], instruments: Instruments
) -> str:
    """What of a table was refused, and what to do; empty where the rule says it all."""
    table = Table(pool, number, time_ms, np.array(payload, np.int64))
    if not table.fits:
        return f"class {number} has {table.scenarios} scenarios: the payload has not as many words as it names"
    if refusal in (code.TABLE_MUST_BE_NEWER, code.TABLE_MUST_BE_FRESH):
        return _said_of_time(pool, table.family, time_ms)
    if refusal == code.TABLE_MUST_MATCH_MARK:
        return _said_of_mark(table.family, table.reference, instruments)
    if refusal == code.TABLE_MUST_BE_WITHIN_BOUNDS:
        return _said_of_bounds(table, instruments)
    if refusal == code.TABLE_MUST_NOT_ALLOW_ARBITRAGE:
        return _said_of_arbitrage(table, instruments)
    if refusal == code.TABLE_MUST_NOT_JUMP:
        return _said_of_jump(table, instruments)
    return ""


def _said_of_time(pool: Tables, family: Any, time_ms: int) -> str:
    now, last = int(pool.totals[0]["time"]), int(family["arrays_time"])
    stated = f"time={when(time_ms)}"
    if time_ms > now:
        return f"{stated} is after the pool's {when(now)}: tick first"
    if time_ms <= last:
        return f"{stated} is not after the table in force, {when(last)}: tick, and make it again"
    longest = Fraction(int(family["age_max"]), 1000)
    return f"{stated} is older than age_max={float(longest):g} s at {when(now)}: make it again"


def _said_of_mark(family: Any, reference: int, instruments: Instruments) -> str:
    underlying = instruments(int(family["underlying"]))
    if underlying.mark == 0:
        return f"{underlying.name} has no mark yet: publish one"
    return (
        f"reference={underlying.price_of(reference):f} mark={underlying.mark:f} of {underlying.name}, further apart "
        f"than reference_max={share(int(family['reference_max'])):f}: make the table again at the mark"
    )


def _alone(words: Ints, kept: Sequence[int]) -> Ints:
    """A record with everything but some words 0."""
    found = np.zeros_like(words)
    found[list(kept)] = words[list(kept)]
    return found


def _said_of_bounds(table: Table, instruments: Instruments) -> str:
    for place, shock in enumerate(table.shocks.tolist()):
        if table.answer_to(_alone(table.shocks, [place])) == code.TABLE_MUST_BE_WITHIN_BOUNDS:
            return f"scenario {place + 1}: shock={share(shock):f} (from -1 to {SHOCK_MAX // PPB})"
    for group in table.groups:
        if table.answer_to(groups=[group]) != code.TABLE_MUST_BE_WITHIN_BOUNDS:
            continue
        plain = np.array([group[0], PPB, PPB, 0, 0, 0], np.int64)
        if table.answer_to(groups=[plain]) == code.TABLE_MUST_BE_WITHIN_BOUNDS:
            return f"group {group[0]} is not one of class {table.number}"
        return f"group {group[0]}: a discount, basis factor, confidence or forward (discounts need grouped=True)"
    for option in table.options:
        if table.answer_to(options=[_alone(option, range(OPTION_WORDS))]) != code.TABLE_MUST_BE_WITHIN_BOUNDS:
            continue
        if table.answer_to(options=[_alone(option, range(FIRST_GREEK))]) == code.TABLE_MUST_BE_WITHIN_BOUNDS:
            return f"instrument {option[0]} is not an open option of class {table.number}"
        return f"{instruments(int(option[0])).name}: a delta, gamma or vega the engine does not take"
    return "a group or an option is there twice"


def _said_of_arbitrage(table: Table, instruments: Instruments) -> str:
    shift = int(table.family["shift"])
    for option in table.options:
        one = instruments(int(option[0]))
        for place in (*range(FIRST_VALUE, FIRST_GREEK), *range(OPTION_WORDS, option.size)):
            value = int(option[place])
            if _allows(table, option, place, value):
                continue
            name = (
                VALUES[place - FIRST_VALUE] if place < FIRST_GREEK else f"value in scenario {place - OPTION_WORDS + 1}"
            )
            top = one.price_of(_largest(table, option, place, value) << shift)
            stated = one.price_of(value << shift)
            return f"{one.name}: {name}={stated:f} (from 0 to {top:f}: look at forward and carry_max)"
    return ""


def _allows(table: Table, option: Ints, place: int, value: int) -> bool:
    """Whether the engine takes a value by itself."""
    single = _alone(option, [0])
    single[place] = value
    return table.answer_to(table.shocks, options=[single]) != code.TABLE_MUST_NOT_ALLOW_ARBITRAGE


def _largest(table: Table, option: Ints, place: int, refused: int) -> int:
    """The largest value the engine takes there, asked by bisection."""
    low, high = 0, max(refused, 1)
    while high - low > 1:
        middle = (low + high) // 2
        if _allows(table, option, place, middle):
            low = middle
        else:
            high = middle
    return low


def _said_of_jump(table: Table, instruments: Instruments) -> str:
    shift, underlying = int(table.family["shift"]), instruments(int(table.family["underlying"]))
    for option in table.options:
        if table.answer_to(table.shocks, options=[option]) == code.TABLE_MUST_NOT_JUMP:
            one = instruments(int(option[0]))
            old, new = int(table.pool.risks[one.number]["value"]) << shift, int(option[FIRST_VALUE]) << shift
            return (
                f"{one.name}: value={one.price_of(new):f} now={one.price_of(old):f}, further apart than "
                f"jump_max={share(int(table.family['jump_max'])):f} of {underlying.name} at {underlying.mark:f}: "
                "look at the surface, or raise jump_max with publish_class"
            )
    return ""
