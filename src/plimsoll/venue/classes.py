"""Risk classes of a pool as its tables have them: which one is meant, who its members are."""

import numpy as np

from plimsoll.book.layout import Array
from plimsoll.book.layout import Pool as Tables
from plimsoll.units.limits import CLASSES_MAX
from plimsoll.units.messages import KIND_OPTION, STATUS_CLOSED, STATUS_SETTLING
from plimsoll.units.tables import array_of
from plimsoll.venue.errors import InputRefused
from plimsoll.venue.instrument import Instrument


def published(pool: Tables) -> list[int]:
    """Numbers of the classes that have been published, in order."""
    return [int(number) for number in np.flatnonzero(array_of(pool.classes)["published"] != 0)]


def class_over(pool: Tables, underlying: Instrument, risk_class: int | None) -> int:
    """The class given, which must be published, or the one over an underlying; InputRefused for none or several."""
    known = published(pool)
    if risk_class is not None:
        if risk_class not in known:
            raise InputRefused(f"class {risk_class} is not published; publish_class makes one")
        return risk_class
    over = [number for number in known if int(pool.classes[number]["underlying"]) == underlying.number]
    if not over:
        raise InputRefused(f"no class is published over {underlying.name}: publish_class({underlying.name!r}) first")
    if len(over) > 1:
        numbers = ", ".join(str(number) for number in over)
        raise InputRefused(f"classes {numbers} are all over {underlying.name}: say which with risk_class")
    return over[0]


def free_class(pool: Tables) -> int:
    """The lowest number no class has; InputRefused when all are taken."""
    known = set(published(pool))
    for number in range(1, CLASSES_MAX + 1):
        if number not in known:
            return number
    raise InputRefused(f"all {CLASSES_MAX} classes are published: open another pool for more")


def members_of(pool: Tables, risk_class: int) -> list[int]:
    """Numbers of the instruments of a class that are not closed."""
    rows: Array = array_of(pool.instruments)[: int(pool.totals[0]["instruments"])]
    chosen = (rows["risk_class"] == risk_class) & (rows["status"] != STATUS_CLOSED)
    chosen[0] = False
    return [int(number) for number in np.flatnonzero(chosen)]


def options_of(pool: Tables, risk_class: int) -> list[int]:
    """Numbers of the options of a class that a table prices: a settling one has its price already."""
    rows = array_of(pool.instruments)
    members = [number for number in members_of(pool, risk_class) if rows[number]["status"] != STATUS_SETTLING]
    return [number for number in members if rows[number]["kind"] == KIND_OPTION]
