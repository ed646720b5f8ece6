"""What venues have died of: every cause has its scenario, that says so first, and its row on the page."""

import re

from tests.scenarios.test_scenarios import FILES, FOLDER

PAGE = FOLDER.parents[1] / "docs" / "history.md"
ROW = re.compile(r"^\| ([^|]+) \| \[(\w+)\]\((\S+)\) \| ([^|]+) \|$", re.MULTILINE)
CAUSES = (
    "A halt, then a gap on restart",
    "A backstop fed an illiquid position until it owned the market",
    "Collateral hacked",
    "Collateral rebased",
    "Collateral frozen",
    "An oracle spike inside one block",
    "A zero or negative price",
    "A stale price with live trading",
    "Unrealised profit withdrawn as cash",
    "Isolated accounts of one owner on both sides of a gap",
    "Sub-accounts splitting past size penalties",
    "A maker rebate above the taker fee",
    "Dust positions nobody will liquidate",
    "Unsolicited deposits filling holding slots",
    "A liquidation incentive that worsens health",
    "A fee charged again and again in downtime",
    "A breaker whose cap of 0 meant off",
    "Withdrawals frozen by another market's loss",
    "A depeg of the settlement token",
    "A governance change that liquidates by surprise",
    "A transfer in flight between pools",
)


def rows() -> list[tuple[str, str, str, str]]:
    return ROW.findall(PAGE.read_text(encoding="utf-8"))


def test_every_cause_has_one_row_in_order():
    assert tuple(cause for cause, *_ in rows()) == CAUSES


def test_every_row_names_a_scenario_that_is_run_and_opens_with_its_cause():
    for cause, name, link, _ in rows():
        path = (PAGE.parent / link).resolve()
        assert path in [file.resolve() for file in FILES], link
        assert path.stem == name
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert re.match(rf"# {re.escape(cause)}\b", first), f"{path}: {first}"


def test_every_scenario_of_the_folder_has_a_row():
    named = {name for _, name, *_ in rows()}
    assert named == {path.stem for path in FILES if path.parent.name == "history"}


def test_the_tests_the_page_names_exist():
    files = re.findall(r"`(tests/\S+\.py)`", PAGE.read_text(encoding="utf-8"))
    assert files
    for file in files:
        assert (PAGE.parents[1] / file).exists(), file


PARAMETERS = FOLDER.parents[1] / "docs" / "parameters.md"


def test_what_zero_means_is_tried_for_every_parameter_that_says_it():
    page = PARAMETERS.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| -?[\d,]+ \| -?[\d,]+ \| (.*) \|$", page, re.MULTILINE)
    saying = {name for name, meaning in rows if re.search(r"\b0(:| is| ends| for)", meaning)}
    tried = {path.stem for path in FILES if path.parent.name == "zero"}
    assert saying == tried
    for name in tried:
        first = (FOLDER / "zero" / f"{name}.scn").read_text(encoding="utf-8").splitlines()[0]
        assert first.startswith(f"# {name} 0"), first
