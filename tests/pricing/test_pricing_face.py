"""The public names of the room, and that it imports nothing above it."""

import subprocess
import sys

from plimsoll import pricing
from plimsoll.pricing import svi


def test_public_names_are_sorted_and_there() -> None:
    for room in (pricing, svi):
        assert list(room.__all__) == sorted(room.__all__)
        assert all(hasattr(room, name) for name in room.__all__)


def test_importing_it_compiles_nothing() -> None:
    program = (
        "import sys, plimsoll.pricing; print([m for m in ('numba', 'polars', 'plimsoll.engine') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
