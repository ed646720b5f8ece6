import json
import random
from decimal import Decimal
from fractions import Fraction

import pytest
from click.testing import CliRunner
from tests.conform.test_figures import FIGURES

from plimsoll.cli import main
from plimsoll.conform import perps
from plimsoll.conform.cases import UNREAD, Case, NotCovered, Tolerance, number_of, read_each
from plimsoll.conform.compare import Cut, agree, differences, figures_of, shown
from plimsoll.conform.registry import FORMATS, Format
from plimsoll.conform.runner import FAILED, NOT_COVERED, PASSED, run_case
from plimsoll.presets.rounding import RuleRefused

PERPS = next(one for one in FORMATS if one.kind == "perps")
RIGHT = {
    "id": "a",
    "formula": "dydx.funding_settle_ppm",
    "inputs": {"index": -200, "position_index": 100, "quantums": 10},
}


def document(*cases, encoding="int"):
    return {"meta": {"encoding": encoding}, "cases": list(cases)}


def case(expected, formula="dydx.funding_settle_ppm", **changes):
    return RIGHT | {"formula": formula, "expected": expected} | changes


def conform(tmp_path, *documents, options=()):
    for place, one in enumerate(documents):
        text = one if isinstance(one, str) else json.dumps(one)
        (tmp_path / f"{place}.json").write_text(text)
    return CliRunner().invoke(main, ["conform", str(tmp_path), *options])


def test_all_passed_is_exit_code_0(tmp_path):
    result = conform(tmp_path, document(case({"settlement_ppm": 3000})))
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "total: 1 passed, 0 failed, 0 not covered in 1 files"


def test_a_difference_is_a_line_with_got_and_wanted_and_exit_code_1(tmp_path):
    result = conform(tmp_path, document(case({"settlement_ppm": 3001}), case({"settlement_ppm": "3000"})))
    assert result.exit_code == 1
    assert "failed a dydx.funding_settle_ppm: settlement_ppm: got 3000, wanted 3001" in result.stdout
    assert "1 passed, 1 failed, 0 not covered" in result.stdout


def test_malformed_json_is_one_line_and_exit_code_2_and_the_others_still_run(tmp_path):
    result = conform(tmp_path, '{"meta": ', document(case({"settlement_ppm": 3000})))
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert "0.json: not JSON" in result.stderr
    assert "1 passed" in result.stdout


@pytest.mark.parametrize("text", ["NaN", "[" * 100_000, "\xff", '{"meta": {"encoding": "int"}, "cases": [Infinity]}'])
def test_what_is_no_json_is_unreadable(tmp_path, text):
    path = tmp_path / "a.json"
    path.write_bytes(text.encode("latin-1"))
    result = CliRunner().invoke(main, ["conform", str(path)])
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1


def test_no_such_path_and_an_empty_folder_are_exit_code_2(tmp_path):
    for path in (tmp_path / "none.json", tmp_path):
        result = CliRunner().invoke(main, ["conform", str(path)])
        assert (result.exit_code, result.stdout) == (2, "")
        assert str(path) in result.stderr


def test_a_file_nobody_understands_is_not_covered_with_its_number_of_cases(tmp_path):
    result = conform(tmp_path, {"cases": [{}, {}, {}]}, [1, 2])
    assert result.exit_code == 0
    assert "0.json: 0 passed, 0 failed, 3 not covered (not a kind of file that is understood)" in result.stdout
    assert (
        "1.json: 0 passed, 0 failed, 0 not covered (not a kind of file that is understood; its cases" in result.stdout
    )
    assert "total: 0 passed, 0 failed, 3 not covered in 2 files" in result.stdout


def test_verbose_says_what_is_not_covered_and_why(tmp_path):
    unknown = case({"x": 1}, formula="dydx.unheard_of")
    result = conform(tmp_path, document(unknown, unknown), options=["--verbose"])
    assert "not covered dydx.unheard_of (2): no adapter for this formula" in result.stdout


def test_json_has_every_case(tmp_path):
    result = conform(
        tmp_path, document(case({"settlement_ppm": 3000}), case({"settlement_ppm": 1})), options=["--json"]
    )
    data = json.loads(result.stdout)
    assert result.exit_code == 1
    assert data["total"] == {"passed": 1, "failed": 1, "not_covered": 0}
    assert [one["status"] for one in data["files"][0]["cases"]] == [PASSED, FAILED]


def run_one(**parts):
    (one,) = perps.read(document(parts), "a.json")
    return run_case(one, PERPS).status


@pytest.mark.parametrize(
    "changes",
    [
        {"inputs": {"index": 1}},
        {"inputs": {"index": True, "position_index": 0, "quantums": 1}},
        {"inputs": {"index": "1.5", "position_index": 0, "quantums": 1}},
        {"inputs": None},
        {"expected": {}},
        {"expected": {"of_another_name": 1}},
    ],
)
def test_a_case_that_cannot_be_asked_is_not_covered(changes):
    assert run_one(**(case({"settlement_ppm": 1}) | changes)) == NOT_COVERED


@pytest.mark.parametrize(
    ("expected", "status"), [({"error": True}, PASSED), ({"ok": False}, PASSED), ({"delta": 1}, FAILED)]
)
def test_a_refusal_is_what_was_expected_or_a_failure(expected, status):
    inputs = {"loss": -1_000_000, "base_long": 0, "base_short": 0}  # drift-019
    assert run_one(id="a", formula="drift.perp_social_loss", inputs=inputs, expected=expected) == status


def test_an_expected_error_that_does_not_come_is_not_passed():
    inputs = {"loss": -1_000_000, "base_long": 1, "base_short": 0}
    assert run_one(id="a", formula="drift.perp_social_loss", inputs=inputs, expected={"error": True}) != PASSED


def test_a_tolerance_is_absolute_and_its_limit_is_allowed():
    near = Tolerance(absolute=Fraction(1, 10))
    assert agree(Fraction(11, 10), "1", near)
    assert not agree(Fraction(111, 100), "1", near)
    assert not agree(Fraction(11, 10), "1", None)


@pytest.mark.parametrize(
    ("got", "wanted", "same"),
    [
        (1, "1", True),
        (1, "1.0", True),
        (1, True, False),
        (True, True, True),
        (True, 1, False),
        (None, None, True),
        (0, None, False),
        ([1, 2], ["1", 2], True),
        ([1], [1, 2], False),
        ({"a": 1, "b": 2}, {"a": 1}, True),
        ({"a": 1}, {"b": 1}, False),
        ("Valid", "Valid", True),
        ("1", 1, False),
        (1, "Valid", False),
        (2**70 + 1, str(2**70), False),
        (Cut(Fraction(1, 3)), "0.333333", True),
        (Cut(Fraction(2, 3)), "0.666666", True),
        (Cut(Fraction(2, 3)), "0.666667", True),
        (Cut(Fraction(2, 3)), "0.666668", False),
        (Cut(Fraction(2, 3)), "0.67", False),
        (Cut(Fraction(1, 2)), "0.5", True),
        (Cut(Fraction(51, 100)), "0.5", False),
    ],
)
def test_what_agrees(got, wanted, same):
    assert agree(got, wanted, None) is same


def test_a_key_without_an_answer_is_not_covered():
    with pytest.raises(NotCovered, match="'b'"):
        differences({"a": 1}, {"a": 1, "b": 2}, None)


@pytest.mark.parametrize(
    "text", ["nan", "inf", "1e999999999", "1e-999999999", "", "one", "9" * 1000, None, True, 1.5, []]
)
def test_what_is_no_number(text):
    assert number_of(text) is None


def test_numbers_are_exact():
    assert number_of(Decimal("0.1")) == number_of("0.1") == Fraction(1, 10)
    assert shown(Fraction(1, 3)).startswith("0.3333") and shown(Fraction(1, 3)).endswith("...")
    assert shown(Fraction(1, 4)) == "0.25"


def mutated(value, rng):
    """A value with one part changed to something a venue would not publish."""
    if isinstance(value, dict) and value:
        name = rng.choice(sorted(value))
        return value | {name: mutated(value[name], rng)}
    if isinstance(value, list) and value:
        place = rng.randrange(len(value))
        return [*value[:place], mutated(value[place], rng), *value[place + 1 :]]
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return rng.choice([0, 1, -1, -value, value + 1, 2**64 - 1, -(2**63), 10**30, "x", None, "1.5"])
    return rng.choice(["0", "-1", "1e-9", "0.3333333", "1" + "0" * 30, f"-{value}", "abc", "", None, 3])


def test_strange_inputs_are_refused_or_not_covered_and_never_raise():
    seen = {PASSED: 0, FAILED: 0, NOT_COVERED: 0}
    broken = []
    rng = random.Random(20_261_120)
    for formula, (inputs, expected) in FIGURES.items():
        for _ in range(40):
            one = Case("strange", formula, mutated(inputs, rng), expected)
            outcome = run_case(one, PERPS)
            seen[outcome.status] += 1
            if "broke off" in outcome.said:
                broken.append((formula, outcome.said))
    assert min(seen[FAILED], seen[NOT_COVERED]) > 20, seen
    assert broken == []


def test_an_answer_where_the_venue_refuses_is_a_failure():
    one = Case("a", "dydx.max_delta", {"old_delta": 1, "tick_size_ppm": 1}, {"error": True})
    outcome = run_case(one, PERPS)
    assert outcome.status == FAILED
    assert outcome.said == "error: got an answer, wanted true"


def test_a_case_without_figures_does_not_pass():
    for nothing in ({}, {"values": []}, {"a": {}, "b": None}):
        outcome = run_case(Case("a", "dydx.max_delta", {"old_delta": 1, "tick_size_ppm": 1}, nothing), PERPS)
        assert (outcome.status, outcome.figures) == (NOT_COVERED, 0)


def test_figures_compared_are_counted():
    assert figures_of({"a": 1, "b": [1, 2, [3]], "c": {"d": "x"}, "e": None, "f": [], "g": False}) == 6
    one = Case("a", "dydx.funding_settle_ppm", RIGHT["inputs"], {"settlement_ppm": 3000})
    assert run_case(one, PERPS).figures == 1


def test_verbose_counts_the_figures(tmp_path):
    result = conform(tmp_path, document(case({"settlement_ppm": 3000})), options=["--verbose"])
    assert "passed: 1 figures compared in 1 cases" in result.stdout


def broken(case):
    return {"a": [][case.inputs["at"]]}


def test_an_adapter_that_breaks_off_is_a_failure_and_the_others_run():
    kind = Format("broken", lambda document, name: None, {"x": broken})
    outcome = run_case(Case("a", "x", {"at": 1}, {"a": 1}), kind)
    assert outcome.status == FAILED
    assert outcome.said == "the adapter broke off: IndexError: list index out of range"


def test_a_file_that_no_reader_can_take_apart_is_unreadable(tmp_path):
    result = conform(tmp_path, {"marketParams": [], "srmParams": 5}, document(case({"settlement_ppm": 3000})))
    assert result.exit_code == 2
    assert "0.json: seems to be of the kind derive, but a part has another form" in result.stderr
    assert "1 passed" in result.stdout


def test_an_entry_in_another_form_leaves_the_others():
    rows = {"a": {"x": 1}, "b": 5, "c": {}}
    cases = read_each(rows, lambda key, one: [Case(key, "f", {}, {"x": one["x"]})])
    assert [one.formula for one in cases] == ["f", UNREAD, UNREAD]
    assert "int" in cases[1].context and "'x'" in cases[2].context
    assert run_case(cases[1], PERPS).said == cases[1].context


def test_the_larger_of_two_tolerances():
    near = Tolerance(Fraction(1, 100), Fraction(1), larger=True)
    assert agree(Fraction(11), 10, near) and not agree(Fraction(1101, 100), 10, near)
    assert agree(Fraction(1010), 1000, near) and not agree(Fraction(10101, 10), 1000, near)


def test_refusals_say_what_is_wrong():
    one = Case(
        "a", "dydx.bankruptcy_quote", {"usdc": 0, "positions": {}, "perpetual": "BTC", "delta": 1}, {"error": True}
    )
    with pytest.raises(RuleRefused, match="no position in BTC"):
        perps.ADAPTERS[one.formula](one)
