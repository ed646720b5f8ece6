import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from plimsoll.cli import main

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "command-line.md").read_text()
CONTRACT = {"name": "XYZ-PERP", "lot": "0.001", "mark_max": "10000", "initial": "0.10", "maintenance": "0.05"}


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def margin(tmp_path, portfolio, *options):
    path = tmp_path / "portfolio.json"
    path.write_text(portfolio if isinstance(portfolio, str) else json.dumps(portfolio))
    return run("margin", path, *options)


def answer(tmp_path, portfolio, *options):
    result = margin(tmp_path, portfolio, "--json", *options)
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    return json.loads(result.stdout)


def xyz(**changes):
    position = {"instrument": "XYZ-PERP", "quantity": 100, "entry": 50}
    return {"cash": 1000, "marks": {"XYZ-PERP": 50}, "positions": [position], "instruments": [CONTRACT], **changes}


def test_the_worked_number_of_the_page(tmp_path):
    (snippet,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    path = tmp_path / "portfolio.toml"
    path.write_text(snippet)
    result = run("margin", path, "--json", "--preset-less")
    data = json.loads(result.stdout)
    figures = [data[name] for name in ("equity", "initial", "maintenance", "leverage", "state", "headroom")]
    assert figures == ["1000", "500", "250", "5.00", "healthy", "500"]
    assert data["instruments"][0]["liquidation_below"] == "42.105263"
    assert data["instruments"][0]["liquidation_above"] is None
    assert data["instruments"][0]["initial_parts"] == {"size": "500"}


def test_toml_and_json_mean_the_same_and_numbers_are_exact(tmp_path):
    toml = tmp_path / "portfolio.toml"
    toml.write_text('cash = 0.1\n[marks]\nXYZ = 0.3\n[[instruments]]\nname = "XYZ"\n')
    assert json.loads(run("margin", toml, "--json").stdout)["equity"] == "0.1"
    assert answer(tmp_path, {"cash": "0.1"}) == answer(tmp_path, '{"cash": 0.1}')


@pytest.mark.parametrize("name", ["portfolio.toml", "portfolio.json"])
def test_the_examples_run(name):
    result = run("margin", ROOT / "examples" / name)
    assert result.exit_code == 0
    assert result.stderr == ""
    for words in ("initial margin", "maintenance margin", "liquidated below", "leverage"):
        assert words in result.stdout


@pytest.mark.parametrize(
    ("cash", "state"),
    [
        ("500", "healthy"),
        ("499.999999", "restricted"),
        ("299.999999", "called"),
        ("249.999999", "liquidating"),
        ("-1", "insolvent"),
    ],
)
def test_the_state_is_the_rule_book_s(tmp_path, cash, state):
    assert answer(tmp_path, xyz(cash=cash), "--preset-less")["state"] == state


def test_orders_caps_collateral_and_depeg_raise_what_they_should(tmp_path):
    plain = answer(tmp_path, xyz())
    order = {"instrument": "XYZ-PERP", "quantity": "50", "price": "49"}
    ordered = answer(tmp_path, xyz(orders=[order]))
    # 150 coins at the worse end, and the fee of the order: 50 * 49 * 0.0005.
    assert (ordered["initial"], ordered["maintenance"]) == ("751.225", plain["maintenance"])
    assert answer(tmp_path, xyz(leverage_cap=4))["initial"] == "1250"
    coin = {"name": "COIN", "kind": "asset", "weight": "0.8", "weight_maintenance": "0.9"}
    held = answer(
        tmp_path,
        xyz(instruments=[CONTRACT, coin], collateral={"COIN": "2"}, marks={"XYZ-PERP": 50, "COIN": 100}),
    )
    assert (held["equity"], held["initial"], held["maintenance"]) == ("1200", "540", "270")
    depegged = answer(tmp_path, xyz(marks={"XYZ-PERP": 50, "USDC": "0.9"}), "--preset-less")
    # 0.99 - 0.90, times 2, is 18 % more.
    assert (depegged["initial"], depegged["depeg"]) == ("590", "90")


def test_short_positions_are_liquidated_above(tmp_path):
    short = {"instrument": "XYZ-PERP", "quantity": -100, "entry": 50}
    (row,) = answer(tmp_path, xyz(positions=[short]))["instruments"]
    # 1000 - 100 (p - 50) = 5 p
    assert (row["liquidation_below"], row["liquidation_above"]) == (None, "57.142858")


def wrong(**changes):
    return xyz(positions=[{"instrument": "XYZ-PERP", "quantity": 100, "entry": 50, **changes}])


@pytest.mark.parametrize(
    ("portfolio", "words"),
    [
        ("", "Expecting value"),
        ("{", "Expecting property name"),
        ("[]", "valid dictionary"),
        ('{"cash": NaN}', "NaN is not a number"),
        ('{"cash": -Infinity}', "-Infinity is not a number"),
        ('{"cash": 1e400}', "cash: 1E+400 is too large"),
        ('{"cash": ' + "9" * 5000 + "}", "cash: 9"),
        ('{"cash": 1, "cash": 2}', "'cash' is there twice"),
        ('{"cash": true}', "cash: give a Decimal"),
        ('{"cash": [1]}', "cash: give a Decimal"),
        ('{"cash": "1,000"}', "cash: '1,000' is not a decimal"),
        ('{"cash": 0.1234567}', "cash: 0.1234567 is finer than 0.000001"),
        ('{"cash": 1e12}', "cash: 1E+12 is too large"),
        ("[" * 100_000, "nested too deeply"),
        ({"money": 1}, "money: Extra inputs are not permitted"),
        (wrong(quantity=None), "positions[0].quantity"),
        (wrong(quantity="0.0001"), "positions[0].quantity: XYZ-PERP: quantity: 0.0001 is finer than 0.001"),
        (wrong(quantity=10**9), "XYZ-PERP: an account may hold at most 10000"),
        (wrong(quantity=10**30), "too large"),
        (wrong(entry=0), "positions[0].entry: 0 must be above 0"),
        (wrong(entry=-5), "positions[0].entry"),
        (wrong(entry=10**6), "at most 10000"),
        (wrong(side="buy"), "positions[0].side: Extra inputs"),
        (wrong(instrument="ABC"), "ABC is not known"),
        (xyz(marks={}), "marks: XYZ-PERP has no price"),
        (xyz(marks={"XYZ-PERP": -1}), "marks.XYZ-PERP: must be above 0"),
        (xyz(marks={"XYZ-PERP": 10001}), "marks.XYZ-PERP: mark_must_be_within_limit"),
        (xyz(marks={"XYZ-PERP": 50, "USDC": 0}), "marks.USDC: must be above 0"),
        (xyz(collateral={"XYZ-PERP": 1}), "is no collateral"),
        (xyz(collateral={"USDC": 1}), "USDC goes under cash"),
        (xyz(instruments=[CONTRACT, CONTRACT]), "there twice"),
        (xyz(instruments=[CONTRACT | {"initial": "0.01"}]), "rates_must_be_ordered"),
        (xyz(instruments=[CONTRACT | {"weight": "0.5"}]), "weight is not for kind 'perp'"),
        (xyz(instruments=[CONTRACT | {"kind": "future"}]), "needs an expiry"),
        (xyz(instruments=[CONTRACT | {"kind": "option"}]), "instruments[0].kind"),
        (xyz(instruments=[CONTRACT | {"segments": [[1, 2]]}]), "segments: each is"),
        (xyz(instruments=[CONTRACT | {"scale": "6.5"}]), "scale: 6.5 is finer than 1"),
        (xyz(instruments=[CONTRACT | {"fee_taker": True}]), "fee_taker: give a Decimal"),
        (xyz(leverage_cap=0), "leverage_cap"),
        (xyz(policy={"call_buffer": 9}), "policy parameter call_buffer"),
        (xyz(policy={"mood": 9}), "policy.mood: there is no such parameter"),
        (xyz(orders=[{"instrument": "XYZ-PERP", "quantity": 1, "price": "1e30"}]), "orders[0].price"),
        (xyz(positions=[{"instrument": "XYZ-PERP", "quantity": 1, "entry": 1}] * 2000), "positions"),
    ],
)
def test_no_use_is_said_in_one_line(tmp_path, portfolio, words):
    result = margin(tmp_path, portfolio)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("plimsoll: ")
    assert words in line
    assert len(line) < 400


def test_files_that_are_none(tmp_path):
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "nan.toml").write_text("cash = nan")
    (tmp_path / "odd.toml").write_text("cash = ")
    (tmp_path / "large.json").write_bytes(b" " * (5 * 2**20))
    for name, words in (
        ("absent.toml", "no such file"),
        ("", "is a directory"),
        ("binary.toml", "not a text file"),
        ("nan.toml", "nan is not a number"),
        ("odd.toml", "Invalid value"),
        ("large.json", "larger than"),
    ):
        result = run("margin", tmp_path / name)
        assert (result.exit_code, result.stdout) == (2, "")
        assert words in result.stderr
        assert len(result.stderr.splitlines()) == 1


def test_built_in_instruments_can_be_left_out_or_replaced(tmp_path):
    portfolio = {"marks": {"BTC-PERP": 60000}, "cash": 1}
    assert answer(tmp_path, portfolio)["state"] == "healthy"
    assert "BTC-PERP is not known" in margin(tmp_path, portfolio, "--preset-less").stderr
    own = {"name": "BTC-PERP", "initial": "0.5", "maintenance": "0.4"}
    position = {"instrument": "BTC-PERP", "quantity": 1, "entry": 60000}
    data = answer(tmp_path, portfolio | {"instruments": [own], "positions": [position]})
    assert (data["initial"], data["state"]) == ("30000", "liquidating")
    assert "absent.toml" in margin(tmp_path, portfolio, "--pool", tmp_path / "absent.toml").stderr
