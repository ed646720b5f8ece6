"""State that outlives commands: growth, closing and reusing rows, retried ids, snapshots, roots, halting."""

import numpy as np
import pytest
from tests.pools import BUYER, SELLER, TOKEN, Pool

from plimsoll.book.holdings import HOLDING_BYTES
from plimsoll.book.keccak import keccak_256
from plimsoll.book.layout import BLOCK_CAPACITIES, DTYPES, LISTING
from plimsoll.book.merkle import verify_proof
from plimsoll.book.root import leaf_words
from plimsoll.engine import COMMAND, EVENT, BatchError, Engine
from plimsoll.units import codes
from plimsoll.units import messages as m


def command(kind: int, number: int, **fields: int) -> np.ndarray:
    row = np.zeros(1, COMMAND)
    row["kind"], row["id"] = kind, number
    for name, value in fields.items():
        row[name] = value
    return row


def test_rows_are_int64_without_padding() -> None:
    for name, dtype in DTYPES.items():
        assert dtype.itemsize == 8 * len(dtype.names), name
    assert (DTYPES["accounts"].itemsize, COMMAND.itemsize, DTYPES["holdings"].itemsize) == (128, 128, HOLDING_BYTES)


def test_what_margin_reads_of_an_instrument_stands_first() -> None:
    names = DTYPES["instruments"].names
    assert set(names[:10]) == {
        "unit", "mark", "funding", "blocks", "penalised", "rate_open_interest", "rate_confidence",
        "kind", "rate_initial", "rate_maintenance",
    }  # fmt: skip


def test_tables_grow_while_commands_are_applied() -> None:
    engine = Engine.create(accounts=8)
    opened = np.zeros(5_000, COMMAND)
    opened["kind"], opened["id"] = m.COMMAND_OPEN_ACCOUNT, np.arange(1, 5_001)
    opened["account"], opened["counterparty"], opened["flags"] = np.arange(8, 5_008), 1, 1
    assert not engine.apply(opened).any()
    assert engine.pool.totals[0]["accounts"] == 5_008


def test_a_closed_row_serves_another_owner() -> None:
    pool = Pool()
    pool.do(m.COMMAND_OPEN_ACCOUNT, account=11, counterparty=77, flags=1)
    pool.do(m.COMMAND_CLOSE_ACCOUNT, account=11)
    assert pool.engine.pool.accounts[11]["owner"] == 0
    pool.do(m.COMMAND_OPEN_ACCOUNT, account=11, counterparty=78, flags=1)
    assert (pool.engine.pool.accounts[11]["owner"], pool.engine.pool.accounts[11]["generation"]) == (78, 2)


def test_blocks_move_up_are_freed_and_used_again() -> None:
    pool = Pool(deposit=10**12)
    row = pool.engine.pool.instruments[1]
    listing = np.array([row[name] for name in LISTING.names], np.int64)
    for number in range(2, 40):
        pool.do(m.COMMAND_LIST_INSTRUMENT, listing, instrument=number, payload_words=listing.size)
    for number in range(1, 40):
        pool.do(m.COMMAND_MARK, instrument=number, price=TOKEN, time=1_000)
        pool.do(m.COMMAND_FILL, account=BUYER, counterparty=SELLER, instrument=number, lots=10**6, price=TOKEN)
    tables = pool.engine.pool
    assert (tables.accounts[BUYER]["count"], tables.accounts[BUYER]["capacity"]) == (39, 48)
    freed = {int(block["capacity"]) for block in tables.blocks if block["first"] >= 0}
    assert freed == {capacity for capacity in BLOCK_CAPACITIES if capacity < 48}
    high_water = int(tables.totals[0]["holdings"])
    pool.do(m.COMMAND_FILL, account=10, counterparty=SELLER, instrument=1, lots=10**6, price=TOKEN)
    assert pool.engine.pool.totals[0]["holdings"] == high_water, "a freed block of four serves the next account"


def test_a_retried_id_gets_its_first_answer_and_does_nothing() -> None:
    pool = Pool()
    deposit = command(m.COMMAND_DEPOSIT, 100, account=BUYER, amount=5)
    cash = int(pool.engine.pool.accounts[BUYER]["cash"])
    assert pool.engine.apply(np.concatenate([deposit, deposit, deposit])).tolist() == [0, 0, 0]
    assert pool.engine.pool.accounts[BUYER]["cash"] == cash + 5
    refused = command(m.COMMAND_WITHDRAW, 101, account=BUYER, amount=10**16)
    assert pool.engine.apply(np.concatenate([refused, refused])).tolist() == [codes.CASH_MUST_NOT_BE_NEGATIVE] * 2


def test_ids_outside_the_window_or_used_for_something_else_are_refused() -> None:
    pool = Pool()
    first = command(m.COMMAND_DEPOSIT, 70_000, account=BUYER, amount=5)
    assert pool.engine.apply(first).tolist() == [codes.ID_MUST_BE_WITHIN_WINDOW]
    for number in (60_000, 120_000):
        assert pool.engine.apply(command(m.COMMAND_DEPOSIT, number, account=BUYER, amount=5)).tolist() == [0]
    assert pool.engine.apply(command(m.COMMAND_DEPOSIT, 120_000 - 65_536, account=BUYER, amount=5)).tolist() == [
        codes.ID_MUST_BE_WITHIN_WINDOW
    ]
    assert pool.engine.apply(command(m.COMMAND_DEPOSIT, 120_000, account=BUYER, amount=6)).tolist() == [
        codes.ID_MUST_NOT_BE_REUSED
    ]
    assert pool.engine.apply(command(m.COMMAND_DEPOSIT, 0, account=BUYER, amount=6)).tolist() == [
        codes.ID_MUST_BE_POSITIVE
    ]


def test_a_restored_engine_continues_with_the_same_root() -> None:
    pool = Pool()
    pool.mark(5_000 * TOKEN)
    pool.buy(10**6, 5_000 * TOKEN)
    restored = Engine.restore(pool.engine.tables())
    assert restored.root() == pool.engine.root()
    batch = np.concatenate(
        [
            command(
                m.COMMAND_FILL, 500, account=BUYER, counterparty=SELLER, instrument=1, lots=-5, price=5_000 * TOKEN
            ),
            command(m.COMMAND_TICK, 501, time=9_000),
            command(m.COMMAND_OPEN_ACCOUNT, 502, account=11, counterparty=5, flags=1),
        ]
    )
    assert restored.apply(batch).tolist() == pool.engine.apply(batch).tolist() == [0, 0, 0]
    assert restored.root() == pool.engine.root()


def test_the_root_moves_with_every_balance_and_proves_an_account() -> None:
    pool = Pool()
    before = pool.engine.root()
    pool.do(m.COMMAND_DEPOSIT, account=BUYER, amount=1)
    assert pool.engine.root() != before
    tree = pool.engine._root
    leaf = keccak_256(leaf_words(pool.engine.pool, np.array([BUYER])).tobytes())
    assert tree._tree is not None
    assert verify_proof(tree._tree.root(), BUYER, leaf, tree.proof(BUYER))
    assert not verify_proof(tree._tree.root(), SELLER, leaf, tree.proof(BUYER))


def test_a_batch_that_is_none_is_refused_before_anything_is_applied() -> None:
    engine = Engine.create()
    with pytest.raises(BatchError):
        engine.apply(np.zeros(3, np.int64))
    stray = command(m.COMMAND_TICK, 1, time=5, payload_words=2)
    with pytest.raises(BatchError):
        engine.apply(stray, np.zeros(2, np.int64))
    with pytest.raises(BatchError):
        engine.apply(command(m.COMMAND_SET_POLICY, 1, payload_words=3), np.zeros(2, np.int64))
    assert engine.pool.totals[0]["commands"] == 0


def test_an_unknown_kind_and_a_short_payload_have_codes() -> None:
    engine = Engine.create()
    answers = engine.apply(np.concatenate([command(99, 1), command(m.COMMAND_SET_POLICY, 2)]))
    assert answers.tolist() == [codes.COMMAND_MUST_BE_KNOWN, codes.PAYLOAD_MUST_FIT]


def test_event_records_are_the_columns_of_events() -> None:
    assert m.EventRecord._fields == EVENT.names, "the auditor reads events by name without importing the book"
