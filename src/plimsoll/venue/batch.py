"""Batches: what may enter the journal, and how batches read back are put together.

Nothing may be journaled that the engine would not take as a batch: it could never be replayed.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from plimsoll.book.layout import COMMAND, Array
from plimsoll.engine import BatchError
from plimsoll.journal import BATCH_RECORDS_MAX, Batch, JournalError
from plimsoll.units.messages import COLD
from plimsoll.units.tables import Ints

NO_PAYLOAD: Final[Ints] = np.zeros(0, np.int64)


class Records(NamedTuple):
    """Commands with the payload words of its cold ones, in order."""

    commands: Array
    payload: Ints


def checked(commands: Array, payload: Ints) -> Records:
    """The same records, contiguous; BatchError for what neither journal nor engine would take."""
    if np.asarray(commands).dtype != COMMAND or commands.ndim != 1:
        raise BatchError("commands must be a one-dimensional array of plimsoll.engine.COMMAND")
    words = np.ascontiguousarray(payload, np.int64)
    named = commands["payload_words"]
    is_cold = np.isin(commands["kind"], COLD)
    # Each bounded by the whole first: a sum of many large words could wrap to the right number.
    if bool(((named < 0) | (named > words.size)).any()) or bool((named[~is_cold] != 0).any()):
        raise BatchError("payload_words must not be negative, nor above 0 for a hot command")
    if words.ndim != 1 or int(named.sum()) != words.size:
        raise BatchError(f"payload_words name {int(named.sum())} words, the payload has {words.size}")
    return Records(np.ascontiguousarray(commands), words)


def joined(parts: Sequence[Records]) -> Records:
    """All parts as one, in order."""
    if len(parts) == 1:
        return parts[0]
    return Records(np.concatenate([part.commands for part in parts]), np.concatenate([part.payload for part in parts]))


def merged(batches: Iterable[Batch], stops: Iterable[int]) -> Iterator[tuple[int, Records]]:
    """(sequence after, records) of batches put together to a bounded size; none reaches across a stop.

    Small frames are the price of durability, not of replay. Where the journal is damaged, all before it comes first.
    """
    wanted = set(stops)
    waiting: list[Records] = []
    size = after = 0
    source = iter(batches)
    while True:
        damage: JournalError | None = None
        try:
            batch = next(source, None)
        except JournalError as error:
            batch, damage = None, error
        full = batch is not None and size + batch.commands.size > BATCH_RECORDS_MAX
        if waiting and (batch is None or full or after in wanted):
            yield after, joined(waiting)
            waiting, size = [], 0
        if damage is not None:
            raise damage
        if batch is None:
            return
        waiting.append(Records(batch.commands, batch.payload))
        size += batch.commands.size
        after = batch.first_sequence + batch.commands.size
