import json

import numpy as np
import pytest
from click.testing import CliRunner
from tests.venue.insurance_stories import crashed

import plimsoll
from plimsoll.cli import main
from plimsoll.journal import Journal
from plimsoll.units.messages import COMMAND_TICK
from plimsoll.venue import records


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def journal(tmp_path):
    """A pool with one trade, a snapshot, and a deposit after it."""
    with plimsoll.Pool.open(tmp_path / "pool") as pool:
        btc = pool.list_perp("BTC-PERP")
        taker, maker = pool.account(owner=1), pool.account(owner=2)
        for account in (taker, maker):
            account.deposit(10_000)
        pool.tick("2026-01-01T00:00:00Z", {btc: 5000})
        pool.fill(taker, maker, btc, "1.5")
        pool.snapshot()
        maker.deposit("0.5")
    return tmp_path / "pool"


def flip(path, at):
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1
    path.write_bytes(raw)


def segment(journal):
    (path,) = journal.glob("journal-*.plim")
    return path


def one_line(result, words, code=2):
    assert result.exit_code == code
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert words in line


def test_verify_says_yes_no_or_no_use(journal, tmp_path):
    result = run("verify", journal)
    assert result.exit_code == 0
    assert "verified" in result.stdout
    assert result.stderr == ""
    data = json.loads(run("verify", journal, "--json").stdout)
    assert (data["ok"], data["sequence"], data["refused"], data["problems"]) == (True, 10, 0, [])
    assert run("verify", journal, "--root", "0x" + data["root"].upper()).exit_code == 0
    other = run("verify", journal, "--root", "0" * 64, "--json")
    assert other.exit_code == 1
    assert "not the published" in json.loads(other.stdout)["problems"][0]
    one_line(run("verify", journal, "--root", "abc"), "64 hexadecimal digits")
    one_line(run("verify", tmp_path), "manifest.json does not exist")
    one_line(run("verify", tmp_path / "absent"), "does not exist")
    one_line(run("verify"), "Missing argument")


@pytest.mark.parametrize("name", ["journal-", "snapshot-", "manifest"])
def test_verify_finds_a_flipped_byte_in_any_file(journal, name):
    (path,) = journal.glob(f"{name}*")
    flip(path, 300)
    result = run("verify", journal, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["problems"]
    assert "Traceback" not in result.output


def test_inspect_shows_a_directory_and_its_files(journal):
    before = sorted((path.name, path.read_bytes()) for path in journal.iterdir())
    result = run("inspect", journal, "--events", 2, "--account", 8)
    assert result.exit_code == 0
    for words in ("BTC-PERP", "account 8 of owner 1", "Last 2 events", "deposited account=9 cash=0.5", "vault"):
        assert words in result.stdout
    data = json.loads(run("inspect", journal, "--json", "--account", 9).stdout)
    assert (data["records"], data["accounts"]["open"], data["totals"]["vault"]) == (10, 2, "20000.5")
    assert data["account"]["equity"] == "10000.5"
    assert data["root"] == json.loads(run("verify", journal, "--json").stdout)["root"]
    assert data["instruments"][0]["open_interest"] == "1.5"
    assert json.loads(run("inspect", journal / "manifest.json", "--json").stdout)["records"] == 10
    frames = json.loads(run("inspect", segment(journal), "--json").stdout)
    assert (frames["records"], frames["unfinished_bytes"], frames["commands"]["tick"]) == (10, 0, 2)
    (snapshot,) = journal.glob("snapshot-*")
    data = json.loads(run("inspect", snapshot, "--json", "--account", 8).stdout)
    assert (data["what"], data["records"], data["totals"]["vault"]) == ("snapshot", 9, "20000")
    assert sorted((path.name, path.read_bytes()) for path in journal.iterdir()) == before


def test_inspect_shows_pots_stakes_and_what_happened_to_them(tmp_path):
    with crashed(tmp_path).pool as pool:
        pool.snapshot()
    result = run("inspect", tmp_path, "--events", 40, "--account", 11)
    assert result.exit_code == 0
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert lines[lines.index("Pots") + 2 :][:4] == [
        "pot kind account assets coins shares leaving epoch paid",
        "─" * 97,
        "1 tranche 8 0 0 0 2 2000",
        "2 tranche 9 4400 5,000,000,000,000 5,000,000,000,000 1 600",
    ]
    assert "account 11 of owner 2, standard margin, healthy; amounts in USDC" in lines
    leaving = "5000000000000 of them leave from 2026-01-08T00:00:00+00:00 on, after 0 others"
    assert f"stake: 5000000000000 shares of pot 2 (tranche), worth 4400; {leaving}" in lines
    assert "26 unstaking account=11 pot=2 shares=5000000000000" in lines
    assert "32 shares_changed counterparty=8 pot=1 shares=-2000000000000" in lines
    # Seven accounts were opened, two of them for the pots.
    (snapshot,) = tmp_path.glob("snapshot-*")
    for path in (tmp_path, snapshot):
        data = json.loads(run("inspect", path, "--json", "--account", 8).stdout)
        assert (data["accounts"]["open"], data["accounts"]["cooling"], data["cash"]["bonds"]) == (5, 0, "0")
        assert (data["pots"][1]["pot"], data["pots"][1]["assets"], data["account"]["mode"]) == (2, "4400", "pot")
        assert data["account"]["explained"].startswith("account 8 of pot 1, money of its shares")
    data = json.loads(run("inspect", tmp_path, "--json", "--account", 11).stdout)
    assert data["account"]["stakes"] == [
        {
            "pot": 2,
            "shares": 5 * 10**12,
            "worth": "4400",
            "coins": "0",
            "unbonding": 5 * 10**12,
            "release": "2026-01-08T00:00:00+00:00",
            "place": 0,
        }
    ]


def test_inspect_shows_what_lies_before_damage(journal):
    (snapshot,) = journal.glob("snapshot-*")
    snapshot.unlink()
    raw = segment(journal).read_bytes()
    last = raw.rindex(b"plimsoll")
    flip(segment(journal), raw.rindex(b"plimsoll", 0, last) + 130)
    result = run("inspect", journal, "--json", "--events", 1)
    assert result.exit_code == 0
    data = json.loads(result.stdout)
    assert data["records"] == 8
    assert data["events"]
    assert "cannot be read" in result.stderr


def test_inspect_tolerates_bad_names_and_bad_snapshots(journal):
    (journal / "names.json").write_text("[]")
    (snapshot,) = journal.glob("snapshot-*")
    flip(snapshot, 5000)
    result = run("inspect", journal, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["instruments"][0]["name"] == "#1"
    assert len(result.stderr.splitlines()) == 2


def test_inspect_shows_a_journal_of_something_else_as_far_as_it_goes(tmp_path):
    with Journal.create(tmp_path / "other", {"kind": "other"}) as other:
        other.append(records(COMMAND_TICK, time=[1, 2, 3]), np.zeros(0, np.int64))
    result = run("inspect", tmp_path / "other", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["records"] == 3
    assert "belongs to something else" in result.stderr
    assert run("verify", tmp_path / "other").exit_code == 1


def test_inspect_refuses_what_it_cannot_show(journal, tmp_path):
    other = tmp_path / "other.bin"
    other.write_bytes(b"hello")
    (snapshot,) = journal.glob("snapshot-*")
    one_line(run("inspect", other), "neither a journal's directory nor one of its files")
    one_line(run("inspect", tmp_path / "absent"), "no such file or directory")
    one_line(run("inspect", tmp_path), "manifest.json does not exist")
    one_line(run("inspect", journal, "--account", 99), "there is no account 99")
    one_line(run("inspect", journal, "--account", -1), "--account")
    one_line(run("inspect", journal, "--events", "many"), "--events")
    one_line(run("inspect", segment(journal), "--events", 1), "need the whole directory")
    one_line(run("inspect", snapshot, "--events", 1), "needs the whole directory")
    flip(snapshot, 5000)
    one_line(run("inspect", snapshot), "not a usable snapshot")
    one_line(run("inspect", journal, "--colour"), "No such option")
