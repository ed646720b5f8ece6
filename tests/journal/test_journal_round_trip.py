import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.journal.helpers import GENESIS, RECORD, append, commands_of, frames, make, require_prefix

from plimsoll import journal as package
from plimsoll.journal import BATCH_RECORDS_MAX, Journal, JournalInputRefused, JournalReader

NO_WORDS = np.zeros(0, np.int64)


def test_public_names_are_sorted_and_there():
    assert package.__all__ == sorted(package.__all__)
    assert all(hasattr(package, name) for name in package.__all__)


def test_what_was_appended_comes_back(tmp_path):
    with Journal.create(tmp_path / "a" / "b", GENESIS) as journal:
        assert journal.sequence == 0
        assert append(journal, 1) == 1
        assert append(journal, 1000) == 1001
        assert require_prefix(journal.batches()) == [1, 1001]
        chain = journal.chain
    with Journal.open(tmp_path / "a" / "b") as journal:
        assert (journal.sequence, journal.chain) == (1001, chain)
        assert (journal.report.records, journal.report.cut_bytes, journal.report.reason) == (1001, 0, "")
        assert journal.manifest.genesis == GENESIS
        append(journal, 5)
        assert require_prefix(journal.batches()) == [1, 1001, 1006]


@settings(max_examples=30, deadline=None)
@given(calls=st.lists(st.integers(0, 40), max_size=20), data=st.data())
def test_any_calls_over_many_segments(tmp_path_factory, calls, data):
    directory = tmp_path_factory.mktemp("many") / "j"
    make(directory, calls)
    ends = [end for end in dict.fromkeys(itertools.accumulate(calls)) if end]
    reader = JournalReader(directory)
    assert require_prefix(reader.batches()) == ends
    assert reader.report.records == sum(calls)
    start = data.draw(st.integers(0, sum(calls)))
    assert require_prefix(reader.batches(start), start) == [end for end in ends if end > start]
    with Journal.open(directory, start_sequence=start) as journal:
        assert journal.sequence == sum(calls)
        assert require_prefix(journal.batches(start), start) == [end for end in ends if end > start]
        assert journal.chain == reader.chain_at(sum(calls))


def test_a_batch_larger_than_a_segment_gets_a_segment_of_its_own(tmp_path):
    make(tmp_path, [3, 100, 2, 300], segment_bytes=1024)
    assert [path.name[-9:-5] for path in sorted(tmp_path.glob("journal-*.plim"))] == ["0000", "0003", "0103", "0105"]
    make(tmp_path / "first", [100, 1], segment_bytes=1024)
    assert require_prefix(JournalReader(tmp_path / "first").batches()) == [100, 101]


def test_a_large_call_becomes_several_frames_with_one_sync(tmp_path, monkeypatch):
    syncs = []
    monkeypatch.setattr("plimsoll.journal.appender.sync_data", syncs.append)
    with Journal.create(tmp_path, GENESIS) as journal:
        append(journal, 2 * BATCH_RECORDS_MAX + 1)
        assert len(syncs) == 1
        ends = [BATCH_RECORDS_MAX, 2 * BATCH_RECORDS_MAX, 2 * BATCH_RECORDS_MAX + 1]
        assert require_prefix(journal.batches()) == ends


def test_large_payloads_are_split_between_records_only(tmp_path, monkeypatch):
    monkeypatch.setattr("plimsoll.journal.split.BATCH_WORDS_MAX", 10)
    words = [4, 6, 1, 0, 25, 0, 0, 10, 3]
    commands = np.zeros(len(words), RECORD)
    commands["payload_words"] = words
    payload = np.arange(sum(words))
    with Journal.create(tmp_path, GENESIS) as journal:
        journal.append(commands, payload)
        batches = list(journal.batches())
    assert [batch.first_sequence for batch in batches] == [0, 2, 4, 5, 8]
    assert np.concatenate([batch.payload for batch in batches]).tolist() == payload.tolist()
    assert all(batch.commands["payload_words"].sum() == batch.payload.size for batch in batches)


def test_arrays_are_read_only_and_outlive_the_journal(tmp_path):
    make(tmp_path, [10])
    (batch,) = JournalReader(tmp_path).batches()
    for array in (batch.commands, batch.payload):
        assert not array.flags.writeable
        assert array.flags.aligned
        with pytest.raises(ValueError, match="read-only"):
            array[0] = array[0]
        with pytest.raises(ValueError, match="WRITEABLE"):
            array.flags.writeable = True


def test_strided_columns_are_written_as_they_read(tmp_path):
    commands, payload = commands_of(0, 20)
    with Journal.create(tmp_path, GENESIS) as journal:
        journal.append(np.repeat(commands, 2)[::2], np.repeat(payload, 3)[::3])
        assert require_prefix(journal.batches()) == [20]


def test_chain_depends_on_every_record_and_on_the_manifest(tmp_path):
    chains = set()
    for name, genesis, calls in (("a", GENESIS, [4, 4]), ("b", {}, [4, 4]), ("c", GENESIS, [8]), ("d", GENESIS, [4])):
        with Journal.create(tmp_path / name, genesis) as journal:
            assert journal.chain == journal.manifest.chain
            for count in calls:
                append(journal, count)
            chains.add(journal.chain)
    assert len(chains) == 4


def test_chain_at_answers_at_ends_of_batches_only(tmp_path):
    with Journal.create(tmp_path, GENESIS, segment_bytes=4096) as journal:
        chains = {0: journal.chain}
        for count in (3, 20, 25, 1):
            append(journal, count)
            chains[journal.sequence] = journal.chain
        assert {sequence: journal.chain_at(sequence) for sequence in chains} == chains
        with pytest.raises(JournalInputRefused, match="inside the batch of records 3 to 22"):
            journal.chain_at(4)
        with pytest.raises(JournalInputRefused, match="record 50 is beyond the 49 records"):
            journal.chain_at(50)
        with pytest.raises(JournalInputRefused, match="numbered from 0"):
            list(JournalReader(tmp_path).batches(-1))
        with pytest.raises(JournalInputRefused, match="record 50 is beyond"):
            list(journal.batches(50))
    with pytest.raises(JournalInputRefused, match="record 50 is beyond"):
        Journal.open(tmp_path, start_sequence=50)


def wrong_words(value):
    commands, _ = commands_of(0, 3)
    commands["payload_words"] = [0, value, 0]
    return commands


@pytest.mark.parametrize(
    ("commands", "payload", "message"),
    [
        (np.zeros(3, np.int64), NO_WORDS, "dtype_of"),
        (np.zeros((2, 2), RECORD), NO_WORDS, "one-dimensional"),
        (np.zeros(1, RECORD), np.zeros(1), "int64"),
        (np.zeros(1, RECORD), np.zeros(1, np.int64), "name 0 payload words, but the payload has 1"),
        (wrong_words(-1), NO_WORDS, r"commands\[1\] has payload_words=-1"),
        (wrong_words(2**62), NO_WORDS, r"commands\[1\]"),
        (wrong_words(1), np.zeros(2, np.int64), "name 1 payload words"),
        (np.zeros(0, RECORD), np.zeros(2, np.int64), "name 0 payload words"),
    ],
)
def test_wrong_input_is_refused_and_nothing_written(tmp_path, commands, payload, message):
    with Journal.create(tmp_path, GENESIS) as journal:
        append(journal, 2)
        with pytest.raises(JournalInputRefused, match=message):
            journal.append(commands, payload)
        assert append(journal, 2) == 4
        assert len(frames(tmp_path)) == 2


def test_a_payload_no_frame_can_hold_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("plimsoll.journal.split.BODY_BYTES_MAX", 128 + 8 * 4)
    with Journal.create(tmp_path, GENESIS) as journal:
        commands = np.zeros(1, RECORD)
        commands["payload_words"] = 4
        assert journal.append(commands, np.arange(4)) == 1
        commands["payload_words"] = 5
        with pytest.raises(JournalInputRefused, match="has 5 payload words: a frame holds 160 bytes"):
            journal.append(commands, np.arange(5))
