"""The page about the format is a promise to people who never see the code."""

import re
import subprocess
import sys
from pathlib import Path

from tests.journal.helpers import frames, make

from plimsoll.journal import Journal, JournalReader, write_snapshot
from plimsoll.journal.frame import BATCH_RECORDS_MAX
from plimsoll.journal.manifest import SEGMENT_BYTES

PAGE = (Path(__file__).parents[2] / "docs" / "journal-format.md").read_text()


def snippet():
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    return block


def run_snippet(directory):
    command = [sys.executable, "-c", snippet(), str(directory)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def layout(heading):
    """The rows of the layout table under a heading: {field: bytes of the file}."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (\d+) \| (\d+) \| `(\w+)` \|", section, re.MULTILINE)
    places = {field: (int(offset), int(size)) for offset, size, field in rows}
    ends = [offset + size for offset, size in places.values()]
    assert [offset for offset, _ in places.values()] == [0, *ends[:-1]]
    return places


def fields_of(raw, heading):
    values = {field: raw[offset : offset + size] for field, (offset, size) in layout(heading).items()}
    return {field: int.from_bytes(value, "little") if len(value) < 32 else value for field, value in values.items()}


def test_the_snippet_reads_a_journal_without_plimsoll(tmp_path):
    assert "plimsoll" not in re.sub(r'b"plimsoll"', "", snippet())
    assert len(snippet().splitlines()) <= 20
    make(tmp_path, [3, 40, 1, 17], segment_bytes=4096)
    with Journal.open(tmp_path) as journal:
        expected = f"{journal.sequence} {journal.chain.hex()}\n"
    assert run_snippet(tmp_path).stdout == expected
    name, offset, size, *_ = frames(tmp_path)[1]
    raw = bytearray((tmp_path / name).read_bytes())
    raw[offset + size - 1] ^= 1
    (tmp_path / name).write_bytes(raw)
    assert run_snippet(tmp_path).stderr == f"{name} is damaged at byte {offset}\n"


def test_the_tables_of_the_page_describe_the_files(tmp_path):
    make(tmp_path, [3, 40])
    name, offset, size, first, after = frames(tmp_path)[1]
    frame = (tmp_path / name).read_bytes()[offset : offset + size]
    fields = fields_of(frame, "Frames")
    reader = JournalReader(tmp_path)
    batch = list(reader.batches())[1]
    assert fields["magic"].to_bytes(8, "little") == b"plimsoll"
    assert (fields["version"], fields["record_bytes"]) == (1, 128)
    assert (fields["first_sequence"], fields["sequence_durable"]) == (first, first) == (3, 3)
    assert (fields["records"], fields["payload_words"]) == (batch.commands.size, batch.payload.size)
    assert fields["body_bytes"] == len(frame) - 128
    assert (fields["previous"], fields["chain"]) == (reader.chain_at(first), reader.chain_at(after))
    snapshot = write_snapshot(tmp_path, 43, fields["chain"], b"", {"t": batch.commands}).read_bytes()
    fields = fields_of(snapshot, "Snapshots")
    assert fields["magic"].to_bytes(8, "little") == b"plimsnap"
    assert (fields["version"], fields["zero"], fields["body_bytes"]) == (1, 0, batch.commands.nbytes)
    assert len(snapshot) == 64 + fields["text_bytes"] + fields["body_bytes"]
    assert snapshot[64:].startswith(b'{"sequence": 43')


def test_the_figures_of_the_page_are_those_of_the_code():
    assert f"at most {BATCH_RECORDS_MAX:,} records" in PAGE
    assert f"{SEGMENT_BYTES // 2**20} MiB unless chosen otherwise" in PAGE
