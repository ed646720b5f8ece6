"""(3) Commands journaled, fsynced and applied, end to end; (4) replay of that journal from zero."""

import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np

from benchmarks.fills import PEER_ACCOUNTS, _peer_rate
from benchmarks.results import Result
from benchmarks.worlds import World
from plimsoll.engine import Engine
from plimsoll.journal import Journal, JournalReader

ACCOUNTS = 10_000
COMMANDS = 1_000_000
BATCH = 1_000
TARGET_DURABLE = 500_000
TARGET_REPLAY = 1_000_000
PEER_COMMANDS = 200_000


def _durable(directory: Path) -> tuple[float, bytes]:
    """Commands per second: appended and synced in batches, then applied."""
    world = World(ACCOUNTS)
    with Journal.create(directory, {"benchmark": "durable"}) as journal:
        for commands, words in world.setup():
            journal.append(commands, words)
        fills = world.fills(COMMANDS, seed=1)
        nothing = np.zeros(0, np.int64)
        started = perf_counter()
        for first in range(0, COMMANDS, BATCH):
            commands = fills[first : first + BATCH]
            journal.append(commands, nothing)
            world.engine.apply(commands)
        elapsed = perf_counter() - started
    return COMMANDS / elapsed, world.engine.root()


def _through_sqlite(directory: Path) -> float:
    """The peer: the same batches as rows of SQLite (WAL, synchronous=FULL), then applied."""
    world = World(ACCOUNTS)
    fills = world.fills(PEER_COMMANDS, seed=1)
    with closing(sqlite3.connect(directory / "journal.sqlite")) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE journal (sequence INTEGER PRIMARY KEY, record BLOB NOT NULL)")
        started = perf_counter()
        for first in range(0, PEER_COMMANDS, BATCH):
            commands = fills[first : first + BATCH]
            rows = enumerate((record.tobytes() for record in commands), start=first)
            database.executemany("INSERT INTO journal VALUES (?, ?)", rows)
            database.commit()
            world.engine.apply(commands)
        return PEER_COMMANDS / (perf_counter() - started)


def _replayed(directory: Path) -> tuple[float, bytes]:
    """Commands per second: read with every check of the journal, and applied to an empty pool."""
    engine, count = Engine.create(), 0
    started = perf_counter()
    for batch in JournalReader(directory).batches():
        engine.apply(batch.commands, batch.payload)
        engine.events()
        count += len(batch.commands)
    return count / (perf_counter() - started), engine.root()


def measure() -> list[Result]:
    """Both figures from one journal; the roots must be equal."""
    with TemporaryDirectory() as folder:
        durable, root = _durable(Path(folder, "journal"))
        peer = _through_sqlite(Path(folder))
        replay, replayed_root = _replayed(Path(folder, "journal"))
    if root != replayed_root:
        raise RuntimeError("replay gave another root")
    model = _peer_rate()
    digest = root[:8].hex()
    return [
        Result(
            "journaled, fsynced and applied", durable, "commands/s", "SQLite WAL FULL, one row each", peer,
            durable / peer, f">= {TARGET_DURABLE:,}/s", durable >= TARGET_DURABLE, digest,
            f"batches of {BATCH:,}, {ACCOUNTS:,} accounts",
        ),
        Result(
            "replay from zero", replay, "commands/s", f"reference model, {PEER_ACCOUNTS:,} accounts", model,
            replay / model, f">= {TARGET_REPLAY:,}/s", replay >= TARGET_REPLAY, digest, "frames verified, roots equal",
        ),
    ]  # fmt: skip
