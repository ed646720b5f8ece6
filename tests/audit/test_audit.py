"""The auditor against the engine's tables, and against faults planted in its input."""

import subprocess
import sys
from collections import Counter
from time import perf_counter

import pytest
from tests.audit.tables import cash_of, differences, holdings_of, open_interest_of, vaults_of
from tests.audit.world import TOKEN, World

from plimsoll.audit import Auditor, Books, event_records
from plimsoll.units import messages as m
from plimsoll.units.messages import EventRecord

SEEDS = (0, 1, 2, 3, 4, 5)
STEPS = 120
OF_CLASSES = {m.EVENT_MODE_SET, m.EVENT_CLASS_PUBLISHED, m.EVENT_ARRAYS_PUBLISHED}
"""Met in test_audit_chains."""
OF_MECHANISMS = set(range(m.EVENT_STAKED, m.EVENT_ENDORSED + 1))
"""Met in test_audit_mechanisms."""
EVENT_KINDS = {value for name, value in vars(m).items() if name.startswith("EVENT_")} - OF_CLASSES - OF_MECHANISMS


def world_of(seed: int) -> World:
    """Every third world has an empty fund; the policy of deleveraging alternates."""
    return World(seed, fund=20 * TOKEN if seed % 3 else 1, adl=m.ADL_PRO_RATA if seed % 2 else m.ADL_QUEUE)


@pytest.fixture(scope="module")
def history() -> tuple[World, list[EventRecord]]:
    """A world after some time, and all of its events."""
    world = world_of(1)
    world.open()
    for _ in range(STEPS):
        world.step()
    return world, list(event_records(world.engine.events().tolist()))


def audited(events: list[EventRecord]) -> Auditor:
    auditor = Auditor()
    auditor.read(events)
    return auditor


def test_auditor_equals_the_tables_after_every_batch():
    kinds: Counter[int] = Counter()
    for seed in SEEDS:
        world, auditor = world_of(seed), Auditor()
        assert set(world.open()) == {0}
        for _ in range(STEPS):
            world.step()
            rows = world.engine.events().tolist()
            auditor.read(event_records(rows))
            kinds.update(row[1] for row in rows)
            assert auditor.broken_identities() == [], f"seed {seed}"
            assert differences(auditor, world.engine) == [], f"seed {seed}"
            assert world.engine.identities() == [], f"seed {seed}"
        rate = world.accepted / world.sent
        print(f"seed {seed}: {world.sent} commands, {rate:.0%} accepted, {len(world.answers)} different answers")
        assert rate > 0.25
    # A cut of a series is rare here; tests/scenarios has it, under the same auditor.
    assert EVENT_KINDS - set(kinds) <= {m.EVENT_SERIES_CUT}


def test_auditor_reads_as_fast_as_the_engine_needs(history):
    _, events = history
    repeats = 200_000 // len(events) + 1
    best = 0.0
    for _ in range(3):
        auditor = Auditor()
        started = perf_counter()
        for _ in range(repeats):
            auditor.events = 0
            auditor.read(events)
        best = max(best, repeats * len(events) / (perf_counter() - started))
    print(f"{best:,.0f} events/s")
    assert best > 100_000


def test_a_dropped_event_leaves_a_gap(history):
    _, events = history
    for place in (0, len(events) // 3, len(events) - 2):
        auditor = audited(events[:place] + events[place + 1 :])
        command = events[place + 1].command_id
        gap = f"sequence_must_not_have_gaps: expected={place} sequence={place + 1} command={command}"
        assert auditor.broken_identities()[0] == gap


def test_a_doubled_event_goes_back(history):
    _, events = history
    place = next(place for place, event in enumerate(events) if event.kind == m.EVENT_FILLED)
    auditor = audited([*events[: place + 1], *events[place:]])
    command = events[place].command_id
    assert auditor.faults[0] == f"sequence_must_not_have_gaps: expected={place + 1} sequence={place} command={command}"
    assert any(fault.startswith("command_must_leave_the_books_balanced") for fault in auditor.faults)


@pytest.mark.parametrize("kind", ["transferred", "filled", "liquidated", "deleveraged", "settled", "loss_socialised"])
@pytest.mark.parametrize("column", ["cash", "cost", "lots"])
def test_a_changed_delta_is_found_in_the_books(history, kind, column):
    world, events = history
    number = getattr(m, f"EVENT_{kind.upper()}")
    place = next(place for place, event in enumerate(events) if event.kind == number)
    event = events[place]
    changed = event._replace(**{column: getattr(event, column) + 1})
    auditor = audited([*events[:place], changed, *events[place + 1 :]])
    assert auditor.broken_identities() != []
    assert differences(auditor, world.engine) != []


def test_an_unbalanced_command_is_named(history):
    _, events = history
    place = next(place for place, event in enumerate(events) if event.kind == m.EVENT_FILLED)
    changed = events[place]._replace(cash=events[place].cash - 7)
    auditor = audited([*events[:place], changed, *events[place + 1 :]])
    command = changed.command_id
    assert auditor.faults[0] == f"command_must_leave_the_books_balanced: command={command} out_by=-7"


def test_a_fault_that_balances_is_found_in_the_tables(history):
    """One trader's micro booked to another: every identity holds, only the comparison sees it."""
    world, events = history
    place = next(place for place, event in enumerate(events) if event.kind == m.EVENT_FILLED)
    first, second = events[place], events[place + 1]
    wrong = [first._replace(cash=first.cash - 1), second._replace(cash=second.cash + 1)]
    auditor = audited([*events[:place], *wrong, *events[place + 2 :]])
    assert auditor.books.broken_identities() == []
    found = differences(auditor, world.engine)
    expected = {f"cash of account {account}" for account in (first.account, second.account)}
    assert {line.split(":")[0] for line in found} == expected


def test_a_wrong_deposit_is_found_in_the_tables(history):
    """Money that came in is known from its event alone."""
    world, events = history
    place = next(place for place, event in enumerate(events) if event.kind == m.EVENT_DEPOSITED)
    auditor = audited([*events[:place], events[place]._replace(cash=1), *events[place + 1 :]])
    assert auditor.books.broken_identities() == []
    found = differences(auditor, world.engine)
    assert [line.split(":")[0] for line in found] == [
        f"cash of account {events[place].account}",
        "vault of instrument 0",
    ]


@pytest.mark.parametrize("table", ["cash", "holdings", "vaults", "open_interest"])
def test_a_changed_table_is_found(history, table):
    world, events = history
    auditor = audited(events)
    engine = world.engine
    tables = {
        "cash": cash_of(engine),
        "holdings": holdings_of(engine),
        "vaults": vaults_of(engine),
        "open_interest": open_interest_of(engine),
    }
    assert auditor.differences(**tables) == []
    tables[table][77 if table != "holdings" else (77, 2)] = 5 if table != "holdings" else (5, 0)
    assert len(auditor.differences(**tables)) == 1
    tables[table].clear()
    assert len(auditor.differences(**tables)) >= 1


EVENT = EventRecord(0, m.EVENT_DEPOSITED, 1, 8, -1, 0, 0, 0, 100, 0, 0, 0)


def test_books_of_a_few_events_by_hand():
    listed = EVENT._replace(sequence=1, kind=m.EVENT_LISTED, account=-1, instrument=1, cash=0, amount=m.KIND_PERP)
    taken = EVENT._replace(sequence=2, kind=m.EVENT_FILLED, instrument=1, lots=3, cost=30, cash=-2, fee=2)
    given = taken._replace(sequence=3, account=9, lots=-3, cost=-30, cash=1, fee=-1)
    auditor = audited([EVENT, listed, taken, given])
    assert auditor.broken_identities() == []
    assert (auditor.books.cash[8], auditor.books.cash[9], auditor.books.fees, auditor.books.fund) == (98, 1, 1, 0)
    assert auditor.books.holdings == {(8, 1): (3, 30), (9, 1): (-3, -30)}
    assert auditor.books.open_interest() == {1: 3}
    assert auditor.books.vaults == {0: 100}


@pytest.mark.parametrize(
    ("event", "fault"),
    [
        (EVENT._replace(kind=99), "event_must_be_known"),
        (EVENT._replace(kind=m.EVENT_MARKED), "event_must_move_nothing"),
        (EVENT._replace(fee=1), "fee_must_be_of_a_fill"),
        (EVENT._replace(sequence=1), "sequence_must_not_have_gaps"),
        (EVENT._replace(instrument=3, cash=0, lots=1), "holding_must_be_of_a_listed_instrument"),
    ],
)
def test_an_event_that_cannot_be_is_named(event, fault):
    assert [line.split(":")[0] for line in audited([event]).broken_identities()] == [fault]


def test_a_closed_account_must_be_empty():
    closed = EVENT._replace(sequence=1, kind=m.EVENT_ACCOUNT_CLOSED, cash=0)
    assert audited([EVENT, closed]).faults == ["closed_account_must_be_empty: sequence=1 account=8"]


@pytest.mark.parametrize(
    ("holding", "identity"),
    [
        ({(8, 1): (3, 0)}, "lots_of_a_contract_must_sum_to_zero"),
        ({(8, 1): (0, 5), (9, 1): (0, -5)}, "cost_must_be_realised_with_the_last_lot"),
        ({(8, 2): (4, 0)}, "lots_of_an_asset_must_be_in_the_vault"),
        ({(8, 2): (-1, 0), (9, 2): (1, 0)}, "asset_must_be_paid_for_and_not_short"),
        ({(8, 1): (1, 9), (9, 1): (-1, 0)}, "cash_must_equal_vault_plus_costs"),
    ],
)
def test_every_identity_can_fail(holding, identity):
    books = Books(holdings=holding, kinds={0: m.KIND_ASSET, 1: m.KIND_PERP, 2: m.KIND_ASSET})
    assert identity in {line.split(":")[0] for line in books.broken_identities()}


def test_rows_must_have_twelve_columns():
    with pytest.raises(TypeError):
        list(event_records([(1, 2, 3)]))


def test_auditor_loads_neither_engine_nor_numpy():
    script = "import sys, plimsoll.audit; print(sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    for name in ("numba", "numpy", "plimsoll.book", "plimsoll.engine", "plimsoll.margin"):
        assert f"'{name}'" not in loaded
