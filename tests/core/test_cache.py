"""Compiled code on disk: cut short it is forgotten and compiled anew; where nothing can be written we run without."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SMALL = """
import numba
from plimsoll.book.signatures import INTEGER, POOL
from plimsoll.book.layout import empty_pool
from plimsoll.units.jit import entry
from plimsoll.units.views import view

exec(compile(open(SOURCE).read(), SOURCE, "exec"))
print(count(empty_pool(5, 0, 0, 0, 0), 7))
"""
RULE = """
@entry((POOL, INTEGER))
def count(pool, number):
    return view(pool).accounts.size + number
"""


def run(tmp_path: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    source = tmp_path / "rule.py"
    if not source.exists():
        source.write_text(RULE)
    program = SMALL.replace("SOURCE", repr(str(source)))
    environment = os.environ | {"NUMBA_CACHE_DIR": str(folder)}
    return subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("kind", ["nbc", "nbi"])
def test_a_file_cut_short_is_compiled_anew(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "cache"
    assert run(tmp_path, folder).stdout == "12\n"
    (kept,) = folder.glob(f"**/*.count-*.{kind}")
    kept.write_bytes(kept.read_bytes()[:40])
    again = run(tmp_path, folder)
    assert (again.stdout, again.returncode) == ("12\n", 0), again.stderr
    assert all(path.stat().st_size > 40 for path in folder.glob("**/*.count-*"))


def test_without_a_home_to_write_to_it_says_so_and_runs() -> None:
    program = "import plimsoll, os; print('NUMBA_CACHE_DIR' in os.environ)"
    environment = {"PATH": os.environ["PATH"], "HOME": "/dev/null", "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
    assert "no cache of compiled code" in done.stderr
