"""From rows of a table to events."""

from collections.abc import Iterable, Iterator

from plimsoll.units.messages import EventRecord


def event_records(rows: Iterable[Iterable[int]]) -> Iterator[EventRecord]:
    """Events from rows of integers in the order of ``EventRecord``, such as an event table's ``.tolist()``.

    Raises TypeError for a row with more or fewer columns.
    """
    return map(EventRecord._make, rows)
