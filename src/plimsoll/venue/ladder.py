"""Names and netting groups of options: ``BTC-27DEC26-60000-C``, one group for each class and expiry."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

import numpy as np

from plimsoll.book.layout import Pool as Tables
from plimsoll.units.limits import GROUPS_MAX
from plimsoll.units.messages import OPTION_CALL, OPTION_PUT, STATUS_CLOSED
from plimsoll.units.tables import array_of
from plimsoll.venue.decimals import CALENDAR_END_MS, Amount, Time, decimal_of, milliseconds, moment, when
from plimsoll.venue.errors import InputRefused

MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
TYPES: Final = {"call": OPTION_CALL, "put": OPTION_PUT}

Rung = tuple[int, Amount, int]
"""Expiry in milliseconds, strike, type: one option of a ladder."""
Strikes = Sequence[Amount] | Mapping[Time, Sequence[Amount]]
"""The same strikes at every expiry, or those of each."""


def type_number(word: str) -> int:
    """1 for ``call``, 2 for ``put``; InputRefused for anything else."""
    if word not in TYPES:
        raise InputRefused(f"type: must be 'call' or 'put', not {word!r:.40}")
    return TYPES[word]


def coin_of(name: str) -> str:
    """What options on an instrument are called after: ``BTC`` for ``BTC-PERP``."""
    return name.split("-", maxsplit=1)[0]


def option_name(coin: str, expiry_ms: int, strike: Amount, option_type: int) -> str:
    """``BTC-3JAN27-60000-C``; the day is that of UTC."""
    if expiry_ms > CALENDAR_END_MS:
        raise InputRefused(f"expiry: {expiry_ms} ms is beyond the calendar; milliseconds since 1970 are meant")
    day = moment(expiry_ms)
    number = format(strike_of(strike).normalize(), "f")
    return f"{coin}-{day.day}{MONTHS[day.month - 1]}{day.year % 100:02d}-{number}-{'C' if option_type == 1 else 'P'}"


def group_of(pool: Tables, risk_class: int, expiry_ms: int, taken: Iterable[int] = ()) -> int:
    """The netting group of a class and an expiry: that of its options, or the lowest that never had any.

    ``taken``: groups that are about to be used. InputRefused when all have been.
    """
    count = int(pool.totals[0]["instruments"])
    rows = array_of(pool.instruments)[:count]
    same = (rows["risk_class"] == risk_class) & (rows["risk_group"] > 0) & (rows["expiry"] == expiry_ms)
    found = np.flatnonzero(same & (rows["status"] != STATUS_CLOSED))
    if found.size:
        return int(rows[found[0]]["risk_group"])
    free = array_of(pool.groups)["risk_class"] == 0
    free[[0, *taken]] = False
    candidates = np.flatnonzero(free)
    if candidates.size == 0:
        raise InputRefused(f"all {GROUPS_MAX} netting groups are used: open another pool for more expiries")
    return int(candidates[0])


def times_of(expiries: Sequence[Time]) -> list[int]:
    """The expiries in milliseconds, in order; InputRefused where they are no list."""
    if isinstance(expiries, (str, datetime, int)):
        raise InputRefused(f"expiries: give a list, not {str(expiries)!r:.40}")
    return sorted({milliseconds(expiry, "expiry") for expiry in expiries})


def strike_of(strike: Amount) -> Decimal:
    """A strike, which must be above 0."""
    found = decimal_of(strike, "strike")
    if found <= 0:
        raise InputRefused(f"strike: must be above 0, not {found:f}")
    return found


def rungs(expiries: Sequence[int], given: Strikes) -> list[Rung]:
    """Every option of a ladder; InputRefused where strikes and expiries do not go together."""
    if isinstance(given, Mapping):
        by_expiry = {milliseconds(key, "expiry"): strikes for key, strikes in given.items()}
        for missing in sorted(set(expiries) - set(by_expiry)):
            raise InputRefused(f"strikes: none for {when(missing)}; give every expiry its strikes")
        for extra in sorted(set(by_expiry) - set(expiries)):
            raise InputRefused(f"strikes: {when(extra)} is not among the expiries")
    else:
        by_expiry = dict.fromkeys(expiries, given)
    found: list[Rung] = []
    for expiry in expiries:
        strikes = _distinct(by_expiry[expiry])
        found += [(expiry, strike, kind) for strike in strikes for kind in (OPTION_CALL, OPTION_PUT)]
    if not found:
        raise InputRefused("a ladder needs at least one expiry and one strike")
    return found


def _distinct(strikes: Sequence[Amount]) -> list[Decimal]:
    if isinstance(strikes, (str, int, float, Decimal)):
        raise InputRefused(f"strikes: give a list, not {strikes!r:.40}")
    found = [strike_of(strike) for strike in strikes]
    if len(set(found)) < len(found):
        raise InputRefused("strikes: one is there twice")
    return found
