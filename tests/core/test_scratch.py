"""Scratch tables hold whatever the stack held: nothing may read a row of one before writing it.

Uncompiled, unwritten scratch holds an absurd number, so that a stream in which somebody reads it disagrees with the
reference model. Compiled, the same fault shows only now and then.
"""

import os
import subprocess
import sys
from pathlib import Path

from plimsoll.book.rows import WordRow
from plimsoll.units.lanes_plain import UNWRITTEN, scratch

ROOT = Path(__file__).parents[2]
JOINT_SCENARIOS = (5, 7)
"""Shifting streams with classes that offset each other and fewer scenarios than lanes: their padding once counted."""

PLAY = """
from tests.core.test_differential_shifting import run
for seed in {seeds}:
    run(seed)
print("agreed")
"""


def test_unwritten_scratch_is_absurd_when_uncompiled():
    assert [row["word"] for row in scratch(WordRow, 2)()] == [UNWRITTEN] * 2


def test_streams_agree_with_absurd_scratch():
    settings = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    command = [sys.executable, "-c", PLAY.format(seeds=JOINT_SCENARIOS)]
    said = subprocess.run(command, cwd=ROOT, env=settings, check=True, capture_output=True, text=True)
    assert said.stdout.strip() == "agreed"
