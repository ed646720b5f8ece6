"""Every scenario file is one test; the language itself is tested below them."""

from pathlib import Path

import pytest
from tests.scenarios.phrases import PHRASES
from tests.scenarios.runner import Scenario, ScenarioError, run_file
from tests.scenarios.words import LISTING_WORDS, POLICY_WORDS

FOLDER = Path(__file__).parent
FILES = sorted(FOLDER.glob("*/*.scn"))
PAGE = FOLDER.parents[1] / "docs" / "scenarios.md"


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_scenario(path):
    run_file(path)


def test_there_are_enough_scenarios_and_each_expects_something():
    assert len(FILES) >= 60
    for path in FILES:
        lines = path.read_text(encoding="utf-8").splitlines()
        assert lines[0].startswith("# "), f"{path} must open with a sentence that says what it shows"
        words = [word for line in lines for word in line.partition("#")[0].split()]
        assert "expect" in words or "reject" in words, path


def test_the_page_names_every_phrase_and_word():
    page = PAGE.read_text(encoding="utf-8")
    missing = [known.template for known in PHRASES if f"`{known.template}`" not in page.replace("\\|", "|")]
    missing += [word for word in [*LISTING_WORDS, *POLICY_WORDS] if f"`{word}`" not in page]
    assert missing == []


@pytest.mark.parametrize("name", ["scenarios.md", "portfolio-margin.md"])
def test_examples_on_the_pages_run(name):
    blocks = (PAGE.parent / name).read_text(encoding="utf-8").split("```scenario\n")[1:]
    assert blocks
    for block in blocks:
        Scenario().run(block.partition("```")[0], name)


WORLD = """
perp BTC lot 0.001 initial 10% maintenance 5%
account trader deposit 1000
account maker deposit 1000
mark BTC 100
"""


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("fill trader buys 1 BTC from nobody at 100", "no account is called 'nobody'"),
        ("fill trader buys 1 ETH from maker at 100", "no instrument is called 'ETH'"),
        ("fill trader buys 1.0001 BTC from maker at 100", "'1.0001' has more decimals than can be kept"),
        ("fill trader buys one BTC from maker at 100", "'one' is not a number"),
        ("fill trader buys 1 BTC", "cannot be read; did you mean: fill {taker}"),
        ("dance", "cannot be read"),
        ("fill trader buys 200 BTC from maker at 100", "refused: margin_initial_must_be_covered"),
        (
            "reject price_must_be_positive fill trader buys 1 BTC from maker at 100",
            "expected price_must_be_positive, got ok",
        ),
        ("reject nonsense tick", "'nonsense' is no result code"),
        ("expect cash trader 999", "cash of trader: expected 999, got 1000"),
        ("expect margin trader equity 1000 maintenance 5", "maintenance of trader: expected 5, got 0"),
        ("expect lots trader 1 BTC", "lots of trader: expected 1, got 0"),
        ("expect stage trader called", "stage of trader: expected called, got healthy"),
        ("expect oracle BTC stale_for_fill", "oracle of BTC: expected stale_for_fill, got valid"),
        ("expect event called trader", "no such event; there were: marked, oracle_state_changed"),
        ("expect no event marked", "there was such an event"),
        ("expect event exploded", "'exploded' is no kind of event"),
        ("expect ledger adl maker takes 1 BTC from trader", "no such line in the ledger; there were: none"),
        ("expect next BTC of trader", "next leg of trader: expected BTC, got none"),
        ("perp ETH lot 0.5", "a lot is 1, 0.1, 0.01, ...; not 0.5"),
        ("perp ETH lot 0.1 initial 10", "'10' must be a percentage, such as 5%"),
        ("perp ETH lot 0.1 colour red", "'colour' is no parameter here"),
        ("perp ETH lot 0.1 stale 1h", "'stale' needs 2 value(s)"),
        ("tick 5", "'5' must be a duration"),
    ],
)
def test_what_does_not_hold_is_said_with_its_line(line, message):
    with pytest.raises(ScenarioError) as raised:
        Scenario().run(WORLD + line, "here.scn")
    assert str(raised.value).startswith(f"here.scn:6: {message}")


def test_wrong_books_stop_a_scenario():
    scenario = Scenario()
    scenario.run(WORLD)
    scenario.pool.engine.pool.accounts[8]["cash"] += 1
    with pytest.raises(ScenarioError, match="the books do not balance: I4"):
        scenario.run("tick 1s")
