"""Conformance: venues' own numbers put to this engine and its presets, compared exactly.

What may enter: vector files as they are, in the venue's names and units. What never does: arithmetic of margin, funding
or rounding; an adapter only maps names and units to ``plimsoll.presets`` and the engine, and hands the answer back.

To add a kind of file: write ``conform/<kind>.py`` (or a package) with

* ``read(document, name) -> list[Case] | None``: the cases of a parsed file (``name``: the file's name), or None where
  the file is of another kind; JSON numbers with a point arrive as Decimal. ``cases.read_each`` reads entry by entry, so
  that one in another form leaves the others;
* ``ADAPTERS: dict[str, Adapter]``: by formula, a function from a ``Case`` to a mapping with at least the expected
  keys. It raises ``NotCovered(reason)`` for what it cannot do, and ``RuleRefused`` where the rule itself refuses; that
  satisfies an expectation of ``{"error": true}`` or ``{"ok": false}``.

and a line in ``registry.FORMATS``. To add a formula to a kind: one function and one line in its ``ADAPTERS``.
Read ``cases`` (what a case is), ``compare``, ``runner``, then ``perps`` for the first kind.
"""

from plimsoll.conform.cases import Case, NotCovered, Tolerance
from plimsoll.conform.reading import Unreadable, vector_files
from plimsoll.conform.registry import FORMATS, Format
from plimsoll.conform.runner import FAILED, NOT_COVERED, PASSED, FileReport, Outcome, run, run_file

__all__ = [
    "FAILED",
    "FORMATS",
    "NOT_COVERED",
    "PASSED",
    "Case",
    "FileReport",
    "Format",
    "NotCovered",
    "Outcome",
    "Tolerance",
    "Unreadable",
    "run",
    "run_file",
    "vector_files",
]
