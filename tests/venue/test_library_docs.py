"""The page about the library is a promise: its examples run and print what it says.

After a change of what they print: ``python -m tests.venue.test_library_docs`` writes the page again; read the diff.
"""

import contextlib
import io
import re
from decimal import Decimal
from pathlib import Path

import pytest

import plimsoll
from plimsoll.book.rows import PolicyRow
from plimsoll.venue import Refused
from plimsoll.venue.class_parameters import ClassParameters
from plimsoll.venue.parameters import ListingParameters, PolicyParameters

PATH = Path(__file__).parents[2] / "docs" / "library.md"
PAGE = PATH.read_text()
BLOCK = re.compile(r"```(python|text)\n(.*?)```", re.DOTALL)
OPTIONS, INSURANCE = "Options and portfolio margin", "A pool that insures itself"


def section(name):
    """The text under a heading, up to the next."""
    return PAGE.split(f"\n## {name}\n")[1].split("\n## ")[0]


def run(code, names):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "docs/library.md", "exec"), names)
    return out.getvalue()


def retold(text):
    """A section with what its examples print, one after the other in one namespace."""
    names, printed = {"plimsoll": plimsoll}, ""

    def told(match):
        nonlocal printed
        language, body = match.groups()
        if language == "python":
            printed = run(body, names)
            return match.group()
        return f"```text\n{printed}```"

    return BLOCK.sub(told, text), names


def test_the_ten_lines_print_what_the_page_says():
    (_, code), (_, expected) = BLOCK.findall(section("Ten lines"))
    printed = run(code, {})
    assert printed.startswith(expected)
    assert printed.splitlines()[-1].endswith("liquidation_started account=8 equity=96.25")
    statements = [line for line in code.splitlines() if line and not line.startswith("import")]
    assert len(statements) == 10


def test_the_story_of_options_prints_what_the_page_says():
    text = section(OPTIONS)
    told, names = retold(text)
    assert told == text
    assert [language for language, _ in BLOCK.findall(text)] == ["python", "text"] * 6
    trader, pool = names["trader"], names["pool"]
    assert (trader.mode, pool.identities()) == ("portfolio", [])
    worked = text.split("**Worked number.**")[1].split("**Units.**")[0]
    put, call, *again, cash = map(Decimal, re.findall(r"\d{4,5}\.\d{5,6}", worked))
    assert again == [put, call]
    assert f"{call} {put}\n" in text
    exact = 20_000 - 30 - put * Decimal("1.003") + call * Decimal("0.997") + 5_000
    assert round(exact, 6) == cash
    # Each of two fees is rounded up to a micro.
    assert exact - Decimal("0.000002") < trader.cash <= exact
    assert trader.margin.equity == trader.cash - 5_000


def test_the_story_of_insurance_prints_what_the_page_says():
    text = section(INSURANCE)
    told, names = retold(text)
    assert told == text
    assert [language for language, _ in BLOCK.findall(text)] == ["python", "text"] * 4
    junior, senior, second = names["junior"], names["senior"], names["second"]
    assert (junior.paid, senior.paid) == (Decimal("2002.25"), Decimal("597.75"))
    assert senior.assets + second.cash == 5_000 + Decimal("6.75") - senior.paid == 4_409
    assert names["pool"].identities() == []


def test_the_other_examples_run():
    with plimsoll.Pool.open() as pool:
        taker = pool.account(owner=1)
        pool.account(owner=2)
        taker.deposit(100)
        ((_, refused),) = BLOCK.findall(section("Refusals"))
        assert run(refused, {"plimsoll": plimsoll, "taker": taker}).startswith("cash_must_not_be_negative -800 0")
        names = {"pool": pool}
        ((_, batch),) = BLOCK.findall(section("Batches and threads"))
        run(batch, names)
        assert names["codes"].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("heading", "parameters"),
    [
        ("Parameters of a listing", ListingParameters),
        ("Parameters of a pool", PolicyParameters),
        ("Parameters of a class", ClassParameters),
    ],
)
def test_every_parameter_is_on_the_page(heading, parameters):
    text = section(heading)
    for name in parameters.__annotations__:
        stem = name.split("_")[0] + "_*" if name.startswith(("slope", "root")) else name
        assert f"`{stem}`" in text, name


def test_every_call_is_on_the_page():
    assert set(PolicyParameters.__annotations__) == set(PolicyRow.__annotations__)
    faces = plimsoll.Pool, plimsoll.venue.Account, plimsoll.venue.Instrument, plimsoll.venue.Pot
    public = [name for cls in faces for name in dir(cls) if name[0] != "_"]
    internal = {"command", "list_row", "list_rows", "numbered", "tables", "venue", "settlement", "name"}
    internal |= {"lots", "micros", "quantity_of", "price_of"}
    missing = [name for name in public if name not in internal and f"`{name}" not in PAGE and f"`{name}`" not in PAGE]
    assert missing == []
    assert Refused.__name__ in PAGE


if __name__ == "__main__":
    for story in (OPTIONS, INSURANCE):
        PAGE = PAGE.replace(section(story), retold(section(story))[0])
    PATH.write_text(PAGE)
