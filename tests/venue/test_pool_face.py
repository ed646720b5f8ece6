import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pytest

import plimsoll
from plimsoll.units.messages import COMMAND_DEPOSIT
from plimsoll.venue import InputRefused, Margin, Refused, VenueError, records

START = "2026-01-01T00:00:00Z"


@pytest.fixture
def pool():
    with plimsoll.Pool.open() as pool:
        yield pool


@pytest.fixture
def traded(pool):
    """A taker long 1.5 at 5000 with 1000 deposited, and a maker."""
    btc = pool.list_perp("BTC-PERP")
    taker, maker = pool.account(owner=1), pool.account(owner=2)
    taker.deposit("1000")
    maker.deposit("100000")
    pool.tick(START, {btc: "5000"})
    pool.fill(taker, maker, btc, "1.5")
    return pool, btc, taker, maker


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, plimsoll; assert not {'numpy', 'numba', 'pydantic'} & set(sys.modules); plimsoll.Pool"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert set(plimsoll.__all__) <= set(dir(plimsoll))
    with pytest.raises(AttributeError, match="no attribute 'Pond'"):
        plimsoll.Pond  # noqa: B018


def test_margin_and_liquidation_price_are_those_worked_by_hand(traded):
    _, btc, taker, maker = traded
    assert str(taker.margin).startswith("equity 996.25, maintenance 225, initial 375, call level 270")
    assert str(taker.liquidation_price(btc)) == "below 4469.931271, above none"
    assert taker.margin == Margin(*map(Decimal, ("996.25", "225", "375", "270", "281.25", "7500")))
    assert taker.margin.headroom == Decimal("621.25")
    assert taker.margin.buffer == Decimal("771.25")
    assert taker.margin.leverage == Decimal("7.52")
    below, above = taker.liquidation_price(btc)
    assert (below, above) == (Decimal("4469.931271"), None)
    # One micro higher is no breach: 996.25 + 1.5 (p - 5000) >= 0.03 * 1.5 p
    for price, breach in ((below, True), (below + Decimal("0.000001"), False)):
        equity = Decimal("996.25") + Decimal("1.5") * (price - 5000)
        assert (equity < Decimal("0.045") * price) is breach
    assert maker.liquidation_price("BTC-PERP").below is None
    assert taker.positions[0].quantity == Decimal("1.5")
    assert taker.positions[0].cost == 7500
    assert (taker.cash, taker.stage, taker.owner) == (Decimal("996.25"), "healthy", 1)


def test_explanations_print_and_their_terms_add_up(traded):
    _, btc, taker, _ = traded
    taker.reserve(btc, "0.1", "4990")
    explained = taker.explain()
    (term,) = explained.terms
    assert sum(amount for _, amount in term.parts) == term.initial
    assert explained.margin.equity == explained.cash + term.value - term.cost
    lines = str(explained).splitlines()
    assert lines[0] == "account 8 of owner 1, standard margin, healthy; amounts in USDC"
    assert "reserved 0.2495" in str(explained)


def test_what_if_is_the_margin_after_the_same_trade(traded):
    pool, btc, taker, maker = traded
    for quantity, price in (("0.3", "5100"), ("-0.7", "4900"), ("-1.1", "5000.000001")):
        promised = taker.what_if(btc, quantity, price)
        pool.fill(taker, maker, btc, quantity, price)
        assert taker.margin == promised


def test_refusals_say_which_rule_and_the_numbers_that_broke_it(traded):
    pool, btc, taker, maker = traded
    with pytest.raises(Refused) as caught:
        pool.fill(taker, maker, btc, "10")
    refused = caught.value
    assert (refused.code, refused.rule, refused.command) == (120, "margin_initial_must_be_covered", "fill")
    # 11.5 coins at 5000 need 5 %; 10 of them cost 25 in fees.
    assert (refused.equity, refused.required) == (Decimal("971.25"), Decimal(2875))
    assert str(refused) == "margin_initial_must_be_covered: required=2875 equity=971.25"
    with pytest.raises(Refused, match="counterparty_margin_initial") as caught:
        pool.fill(maker, taker, btc, "10")
    assert caught.value.equity == Decimal("996.25")
    withdrawn = taker.withdraw("900", check=False)
    assert (withdrawn.equity, withdrawn.required) == (Decimal("96.25"), Decimal(375))
    capped = taker.set_limits(leverage=2, check=False)
    assert (capped.equity, capped.required) == (Decimal("996.25"), Decimal(3750))
    placed = taker.reserve(btc, "100", "5000", check=False)
    assert placed.required == Decimal("25375") + Decimal(250)
    broke = taker.withdraw("997", check=False)
    assert (broke.rule, broke.equity, broke.required) == ("cash_must_not_be_negative", Decimal("-0.75"), 0)
    eth = pool.list_asset("ETH")
    pool.mark(eth, 2000)
    bought = pool.fill(taker, maker, eth, "1", check=False)
    assert (bought.rule, bought.required) == ("counterparty_lots_must_not_be_short", None)
    maker.deposit(5, eth)
    bought = pool.fill(taker, maker, eth, "1", check=False)
    # 2000 and 0.1 % of it, out of 996.25
    assert (bought.rule, bought.equity, bought.required) == ("cash_must_not_be_negative", Decimal("-1005.75"), 0)
    alone = pool.fill(taker, taker, btc, "1", check=False)
    assert (alone.rule, alone.required) == ("accounts_must_differ", None)
    assert taker.deposit("1", check=False) is None


def test_a_refused_command_leaves_the_pool_as_it_was(traded):
    pool, btc, taker, maker = traded
    margin, events = taker.margin, int(pool.tables.totals[0]["events"])
    assert pool.fill(taker, maker, btc, "10", check=False) is not None
    assert (taker.margin, int(pool.tables.totals[0]["events"])) == (margin, events)


def test_a_crash_is_liquidated_and_every_event_can_be_read(traded):
    pool, _, taker, _ = traded
    bidder = pool.account(owner=3)
    bidder.deposit("50000")
    list(pool.events())
    pool.tick("2026-01-01T00:00:10Z", {"BTC-PERP": "4400"})
    assert [account.number for account in pool.liquidating] == [taker.number]
    with pytest.raises(Refused, match="mark_must_be_within_price_limit"):
        pool.bid(taker, bidder, limit="4399")
    pool.bid(taker, bidder, quantity="0.5")
    pool.bid(taker, bidder)
    kinds = [event.kind for event in pool.events()]
    assert kinds[:2] == ["marked", "liquidation_started"]
    assert kinds.count("taken_over") == 2
    assert pool.identities() == []
    assert bidder.positions[0].quantity <= Decimal("1.5")


def test_events_are_decoded_and_every_line_stands_alone(traded):
    pool, btc, taker, maker = traded
    taker.reserve(btc, "-0.5", "6000")
    taker.release(btc, "-0.2")
    taker.set_limits(leverage=15, trigger="1.5")
    eth = pool.list_asset("ETH", weight="0.8", lot="0.001")
    pool.mark(eth, "2000", confidence="0.5")
    maker.deposit("3", eth)
    events = list(pool.events())
    assert list(pool.events()) == []
    assert [event.sequence for event in events] == list(range(len(events)))
    fill = next(event for event in events if event.kind == "filled")
    assert (fill.account, fill.counterparty, fill.instrument) == (8, 9, "BTC-PERP")
    assert (fill.quantity, fill.price, fill.cost, fill.fee) == tuple(map(Decimal, ("1.5", "5000", "7500", "3.75")))
    lines = [str(event) for event in events]
    assert "deposited account=8 cash=1000" in lines[3]
    for words in (
        "reserved account=8 instrument=BTC-PERP quantity=-0.5 price=6000",
        "released account=8 instrument=BTC-PERP",
        "limits_set account=8 leverage_rate=0.066666667 trigger=1.5",
        "marked instrument=ETH price=2000 confidence=0.5",
        "deposited account=9 instrument=ETH quantity=3",
    ):
        assert any(words in line for line in lines), words


def test_money_moves_between_accounts_of_one_owner_and_out(traded):
    pool, _, taker, maker = traded
    other = pool.account(owner=2)
    maker.transfer(other, "250.5")
    assert other.cash == Decimal("250.5")
    assert maker.transfer(taker, 1, check=False).rule == "owners_must_match"
    other.withdraw("250.5")
    assert pool.pending.cash == Decimal("250.5")
    pool.pay_withdrawal("250.5")
    other.close()
    assert (other.stage, pool.pending.cash) == ("free", 0)
    assert [account.number for account in pool.accounts] == [8, 9]
    pool.fund.deposit(1000)
    # A rebate is none by default, so the fees are the taker's.
    pool.fees.transfer(pool.fund, "3.75")
    assert (pool.fund.cash, pool.fees.cash, pool.fund.name) == (Decimal("1003.75"), 0, "fund")
    pool.write_down("1003.75")
    assert pool.identities() == []


def test_assets_count_by_their_weight(pool):
    eth = pool.list_asset("ETH", weight="0.8", weight_maintenance="0.9", lot="0.001")
    holder = pool.account(owner=1)
    pool.tick(START, {"ETH": "2000"})
    holder.deposit("1.5", "ETH")
    assert (holder.margin.equity, holder.margin.initial, holder.margin.maintenance) == (3000, 600, 300)
    assert holder.margin.notional == 0
    assert (eth.kind, eth.status, eth.mark, eth.oracle_state) == ("asset", "open", 2000, "valid")
    holder.withdraw("0.5", eth)
    assert holder.positions[0].quantity == 1


def test_a_future_settles_at_its_average(pool):
    future = pool.list_future("BTC-MAR", expiry="2026-01-01T01:00:00Z", settlement_window=600)
    buyer, seller = pool.account(owner=1), pool.account(owner=2)
    for account in (buyer, seller):
        account.deposit(10_000)
    pool.tick(START, {future: 5000})
    pool.fill(buyer, seller, future, 1)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for minute in range(1, 63):
        pool.tick(start.replace(hour=minute // 60, minute=minute % 60), {future: 5100} if minute < 60 else None)
    assert future.status == "closed"
    assert buyer.margin.equity - Decimal(10_000) == Decimal("97.5")
    assert pool.identities() == []


def test_size_segments_and_limits_are_in_coins(pool):
    one = pool.list_perp(
        "X", lot="0.01", mark_max=1000, position_max=50_000, segments=[("100", "0.1", "0.05")], fee_maker="-0.0001"
    )
    parameters = one.parameters
    assert (parameters["lots_max"], parameters["segment_lots_1"], parameters["fee_maker"]) == (
        5_000_000,
        10_000,
        -100_000,
    )
    # 50000 coins of 100 lots need a unit of at least 500 lots to round to less than a cent.
    assert parameters["scale"] == 3
    pool.tick(START, {one: "12.34567"})
    assert one.mark == Decimal("12.34567")
    assert pool.list_perp("KILO", lot=1000, mark_max="0.5").price_of(
        pool.instrument("KILO").micros("0.025")
    ) == Decimal("0.025")


def test_policy_is_given_in_human_units():
    with plimsoll.Pool.open(
        settlement="EUR", policy={"call_buffer": "0.5", "call_deadline": 60, "adl": "pro_rata"}
    ) as pool:
        row = pool.tables.policy[0]
        assert (int(row["call_buffer"]), int(row["call_deadline"]), int(row["adl"])) == (500_000_000, 60_000, 2)
        pool.set_policy(grace=5)
        assert (int(row["call_buffer"]), int(pool.tables.policy[0]["grace"])) == (500_000_000, 5_000)
        assert pool.instrument("EUR").number == 0


def test_a_journaled_pool_is_found_again_with_its_names(tmp_path):
    with plimsoll.Pool.open(tmp_path / "pool", settlement="EUR") as pool:
        btc = pool.list_perp("BTC-PERP", lot="0.00001")
        with pytest.raises(Refused, match="rates_must_be_ordered"):
            pool.list_perp("BAD", initial="0.01")
        one = pool.account(owner=1)
        one.deposit("12.5")
        pool.tick(START, {btc: 5000})
        pool.snapshot()
        one.deposit("0.5")
        root = pool.root
    with plimsoll.Pool.open(tmp_path / "pool") as pool:
        assert pool.root == root
        assert (pool.settlement, list(pool.instruments)) == ("EUR", ["BTC-PERP"])
        assert (pool.account_at(8).cash, pool.instruments["BTC-PERP"].lot) == (13, Decimal("0.00001"))
        assert pool.time == datetime(2026, 1, 1, tzinfo=UTC)
        assert pool.venue.recovery.replayed == 1
        pool.account_at(8).deposit(1)
        assert pool.list_perp("BAD").number == 2
        with pytest.raises(VenueError):
            plimsoll.Pool.open().snapshot()
    with pytest.raises(InputRefused, match="policy of its own"):
        plimsoll.Pool.open(tmp_path / "pool", policy={"grace": 1})
    with pytest.raises(InputRefused, match="settlement token is EUR"):
        plimsoll.Pool.open(tmp_path / "pool", settlement="USD")
    assert plimsoll.verify(tmp_path / "pool").ok


def test_a_pool_without_its_names_goes_by_numbers(tmp_path):
    with plimsoll.Pool.open(tmp_path) as pool:
        pool.list_perp("BTC-PERP", lot="0.00001")
    (tmp_path / "names.json").write_text("{")
    with pytest.raises(VenueError, match="mend it, or remove it"):
        plimsoll.Pool.open(tmp_path)
    (tmp_path / "names.json").unlink()
    with plimsoll.Pool.open(tmp_path) as pool:
        assert [(one.name, one.lot) for one in pool.instruments.values()] == [("#1", Decimal("0.00001"))]


def test_batches_of_records_get_the_next_ids(traded):
    pool, *_ = traded
    batch = records(COMMAND_DEPOSIT, account=[8, 9, 77], counterparty=[1, 2, 3], amount=5_000_000)
    assert pool.submit(batch).tolist() == [0, 0, 20]
    assert batch["id"].tolist() == [0, 0, 0]
    mixed = records(COMMAND_DEPOSIT, id=[1000, 0], account=8, counterparty=1, amount=[1, 2])
    assert pool.submit(mixed).tolist() == [0, 0]
    assert int(pool.tables.totals[0]["id_highest"]) == 1001
    assert np.count_nonzero(mixed["id"]) == 1


@pytest.mark.parametrize("wrong", [0.1, np.float64(1), True, None, b"1", [1]])
def test_what_is_not_exact_is_refused(traded, wrong):
    pool, btc, taker, maker = traded
    for call in (
        lambda: taker.deposit(wrong),
        lambda: pool.fill(taker, maker, btc, wrong),
        lambda: pool.mark(btc, wrong),
        lambda: pool.list_perp("X", initial=wrong),
        lambda: pool.account(owner=wrong),
    ):
        with pytest.raises(TypeError):
            call()


@pytest.mark.parametrize(
    "wrong", ["nan", "inf", "", "1,5", "0x1", "1e400", "9" * 65, "0.0000001", Decimal("NaN"), 10**80]
)
def test_what_has_no_integer_inside_is_refused(traded, wrong):
    pool, btc, taker, maker = traded
    before = pool.venue.sequence
    for call in (
        lambda: taker.deposit(wrong),
        lambda: pool.fill(taker, maker, btc, wrong),
        lambda: pool.mark(btc, wrong),
    ):
        with pytest.raises(InputRefused) as caught:
            call()
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 160
    assert pool.venue.sequence == before


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda pool: pool.instrument("DOGE"), "'DOGE' is not listed; instruments: BTC-PERP"),
        (lambda pool: pool.list_perp("BTC-PERP"), "listed already"),
        (lambda pool: pool.list_perp("USDC"), "listed already"),
        (lambda pool: pool.list_perp(""), "printable"),
        (lambda pool: pool.list_perp("X", lot=0), "above 0"),
        (lambda pool: pool.list_perp("X", lot="0.3"), "divide a power of ten"),
        (lambda pool: pool.list_perp("X", lot="1e-13"), "too fine"),
        (lambda pool: pool.list_perp("X", scale=13), "from 0 to 12"),
        (lambda pool: pool.list_perp("X", segments=[(1, 2)]), "each is"),
        (lambda pool: pool.list_asset("X", weight="1.1"), "from 0 to 1"),
        (lambda pool: pool.list_future("X", expiry="soon"), "not an ISO time"),
        (lambda pool: pool.set_policy(adl="both"), "one of queue, pro_rata"),
        (lambda pool: pool.account_at(99), "no account 99"),
        (lambda pool: pool.tick(datetime(2026, 1, 1)), "no time zone"),
        (lambda pool: pool.account_at(8).set_limits(leverage=0), "at least 0.5"),
        (lambda pool: pool.account_at(8).what_if("USDC", 1), "deposited, not traded"),
    ],
)
def test_wrong_input_is_named(traded, call, words):
    with pytest.raises(InputRefused, match=words):
        call(traded[0])


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"position_max": 10_000}, "value_max_must_fit.*position_max or open_interest_max times mark_max is too large"),
        ({"lot": 1, "mark_max": 1, "scale": 0, "position_max": 10_001}, "under_a_cent.*lower it, or raise scale"),
        ({"settlement_window": 10**7}, "time_sum_must_fit.*settlement_window .* is too large"),
        ({"risk_class": 3}, "class_must_be_published.*class 3 is not published: publish_class first"),
        ({"band": 2}, "parameter_must_be_within_bounds.*band=2000000000 .from 0 to 1000000000"),
    ],
)
def test_a_listing_that_is_refused_says_what_to_change(pool, terms, words):
    with pytest.raises(Refused, match=words):
        pool.list_perp("X", **terms)
    assert pool.instruments == {}


def test_unknown_parameters_are_named(pool):
    with pytest.raises(TypeError, match="unknown parameter 'inital'"):
        pool.list_perp("X", inital="0.1")
    with pytest.raises(TypeError, match="unknown policy parameter"):
        pool.set_policy(buffer=1)


def test_time_goes_on_only(traded):
    pool, btc, *_ = traded
    assert pool.tick("2025-12-31T23:59:59Z", check=False).rule == "time_must_not_go_back"
    assert pool.tick() is None
    assert pool.mark(btc, 5000, time="2026-01-01T00:00:01Z", check=False).rule == "time_must_not_be_in_future"
    pool.tick(1_767_225_601_000)
    assert pool.time == datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)
    assert repr(pool) == f"<pool in memory, {pool.venue.sequence} records>"
    assert repr(btc) == "<perp BTC-PERP>"
    assert repr(pool.account_at(8)) == "<account 8 of owner 1>"
