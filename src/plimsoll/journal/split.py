"""Cutting what one ``append`` was given into frames, after refusing what no frame can hold."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from plimsoll.journal.errors import JournalInputRefused
from plimsoll.journal.frame import (
    BATCH_RECORDS_MAX,
    BATCH_WORDS_MAX,
    BODY_BYTES_MAX,
    RECORD,
    WORD,
    Batch,
    Records,
    Words,
)


def require_journalable(commands: Any, payload: Any) -> None:
    """Refuse arrays of another shape or dtype, and payloads that the records do not account for."""
    if not isinstance(commands, np.ndarray) or commands.dtype != RECORD or commands.ndim != 1:
        raise JournalInputRefused("commands must be a one-dimensional array of dtype_of(CommandRow)")
    if not isinstance(payload, np.ndarray) or payload.dtype != WORD or payload.ndim != 1:
        raise JournalInputRefused("payload must be a one-dimensional array of int64")
    words = commands["payload_words"]
    if words.size and (words.min() < 0 or words.max() > payload.size):
        row = int(np.flatnonzero((words < 0) | (words > payload.size))[0])
        raise JournalInputRefused(
            f"commands[{row}] has payload_words={words[row]}, but the payload has {payload.size} words"
        )
    if words.sum() != payload.size:
        raise JournalInputRefused(f"commands name {words.sum()} payload words, but the payload has {payload.size}")
    if words.size and RECORD.itemsize + int(words.max()) * WORD.itemsize > BODY_BYTES_MAX:
        raise JournalInputRefused(
            f"commands[{int(words.argmax())}] has {words.max()} payload words: a frame holds {BODY_BYTES_MAX} bytes. "
            "Publish it in several commands"
        )


def split(commands: Records, payload: Words, first_sequence: int) -> Iterator[Batch]:
    """Batches of bounded size, in order; a record and its payload are never parted."""
    ends = np.zeros(commands.size + 1, np.int64)
    np.cumsum(commands["payload_words"], out=ends[1:])
    start = 0
    while start < commands.size:
        stop = min(start + BATCH_RECORDS_MAX, commands.size)
        if ends[stop] - ends[start] > BATCH_WORDS_MAX:
            stop = max(start + 1, int(np.searchsorted(ends, ends[start] + BATCH_WORDS_MAX, side="right")) - 1)
        yield Batch(first_sequence + start, commands[start:stop], payload[ends[start] : ends[stop]])
        start = stop
