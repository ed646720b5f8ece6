"""Records whose every word follows from their number, so that whatever comes back can be checked."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from plimsoll.book.rows import CommandRow
from plimsoll.journal import Journal, JournalError, JournalReader, RecoveryReport
from plimsoll.units.tables import dtype_of

RECORD = dtype_of(CommandRow)
GENESIS = {"policy": "00ff", "pool": 7, "listings": [1, 2, 3]}
HEADER_BYTES = 128
SEGMENT_BYTES = 4096


def payload_words_of(sequence):
    """Cold commands are rare: every seventh record here has one to three words."""
    return np.where(sequence % 7 == 3, 1 + sequence // 7 % 3, 0)


def commands_of(first, count):
    """Records ``first`` to ``first + count - 1`` and their payload words."""
    sequence = np.arange(first, first + count, dtype=np.int64)
    commands = np.zeros(count, RECORD)
    for column, name in enumerate(RECORD.names):
        commands[name] = sequence * 1_000_003 * (column + 1) - column
    commands["payload_words"] = payload_words_of(sequence)
    owner = np.repeat(sequence, commands["payload_words"])
    return commands, -owner * 31 - 1


def append(journal, count):
    return journal.append(*commands_of(journal.sequence, count))


def make(directory, calls, segment_bytes=SEGMENT_BYTES):
    """A closed journal after these calls."""
    with Journal.create(directory, GENESIS, segment_bytes=segment_bytes) as journal:
        for count in calls:
            append(journal, count)


def require_prefix(batches, start=0):
    """Check every word of every batch, and that they follow each other; returns the ends of the batches."""
    ends = []
    expected = start
    for first, commands, payload in batches:
        assert first == expected
        wanted, words = commands_of(first, commands.size)
        assert commands.tobytes() == wanted.tobytes()
        assert payload.tobytes() == words.tobytes()
        expected = first + commands.size
        ends.append(expected)
    return ends


def image(directory):
    """Every file and its bytes."""
    return {path.name: path.read_bytes() for path in sorted(Path(directory).iterdir())}


def put(directory, files):
    """A directory with exactly these files."""
    shutil.rmtree(directory, ignore_errors=True)
    Path(directory).mkdir(parents=True)
    for name, contents in files.items():
        (Path(directory) / name).write_bytes(contents)
    return Path(directory)


def frames(directory):
    """(file name, offset, size, first record, record after) of every frame."""
    found = []
    for path in sorted(Path(directory).glob("journal-*.plim")):
        raw, offset = path.read_bytes(), 0
        while raw[offset : offset + 8] == b"plimsoll":
            first, _, records, _, body = np.frombuffer(raw, "<u8", 5, offset + 16).tolist()
            found.append((path.name, offset, HEADER_BYTES + body, first, first + records))
            offset += HEADER_BYTES + body
    return found


@dataclass
class Outcome:
    """Either an error, or a report and as many records as it says."""

    error: JournalError | None
    report: RecoveryReport | None
    sequence: int


def open_damaged(directory, ends, acknowledged):
    """Open, and check that what happened is one of the two things that may happen.

    ``ends`` are the ends of whole batches, ``acknowledged`` how many records must not vanish without a word.
    """
    try:
        with Journal.open(directory) as journal:
            report, sequence = journal.report, journal.sequence
            require_prefix(journal.batches())
    except JournalError as error:
        assert str(error)
        return Outcome(error, None, 0)
    assert report.records == sequence
    assert sequence in {0, *ends}
    assert sequence >= acknowledged or report.reason
    assert report.reason or report.cut_bytes == 0
    # What was cut stays cut: a second look finds a clean end, and a reader sees the same.
    with Journal.open(directory) as journal:
        assert journal.sequence == sequence
        assert journal.report.cut_bytes == 0
        reader = JournalReader(directory)
        assert [sequence] == require_prefix(reader.batches())[-1:] or sequence == 0
        assert reader.chain_at(sequence) == journal.chain
        append(journal, 3)
        assert require_prefix(journal.batches())[-1] == sequence + 3
    return Outcome(None, report, sequence)
