"""The page about the library is a promise: its snippets run and print what it says."""

import contextlib
import io
import re
from pathlib import Path

import plimsoll
from plimsoll.book.rows import PolicyRow
from plimsoll.venue import Refused
from plimsoll.venue.parameters import ListingParameters, PolicyParameters

PAGE = (Path(__file__).parents[2] / "docs" / "library.md").read_text()
SNIPPETS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def run(code, names):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "docs/library.md", "exec"), names)
    return out.getvalue()


def test_the_ten_lines_print_what_the_page_says():
    names = {}
    printed = run(SNIPPETS[0], names)
    (expected,) = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    assert printed.startswith(expected)
    assert printed.splitlines()[-1].endswith("liquidation_started account=8 equity=96.25")
    statements = [line for line in SNIPPETS[0].splitlines() if line and not line.startswith("import")]
    assert len(statements) == 10


def test_the_other_snippets_run():
    with plimsoll.Pool.open() as pool:
        taker = pool.account(owner=1)
        pool.account(owner=2)
        taker.deposit(100)
        assert run(SNIPPETS[1], {"plimsoll": plimsoll, "taker": taker}).startswith("cash_must_not_be_negative -800 0")
        names = {"pool": pool}
        run(SNIPPETS[2], names)
        assert names["codes"].tolist() == [0, 0]


def test_every_parameter_and_call_is_on_the_page():
    section = PAGE.split("## Parameters of a listing")[1].split("\n## ")[0]
    for name in ListingParameters.__annotations__:
        stem = name.split("_")[0] + "_*" if name.startswith(("slope", "root")) else name
        assert f"`{stem}`" in section, name
    assert set(PolicyParameters.__annotations__) == set(PolicyRow.__annotations__)
    public = [name for cls in (plimsoll.Pool, type(plimsoll.Pool.open().fund)) for name in dir(cls) if name[0] != "_"]
    internal = {"command", "list_row", "numbered", "tables", "venue", "settlement", "name"}
    missing = [name for name in public if name not in internal and name not in PAGE]
    assert missing == []
    assert Refused.__name__ in PAGE
