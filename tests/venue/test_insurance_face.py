"""Pots, stakes, sealed bids and auctions through the face: what it says, what it refuses, what a journal keeps."""

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from tests.venue.insurance_stories import (
    SALT,
    STORIES,
    WEEK,
    auctioned,
    crashed,
    dealing,
    insolvent,
    insured,
    plain,
    sealed,
)

import plimsoll
from plimsoll.units import messages as m
from plimsoll.venue import InputRefused, Pot, Refused, Stake, seal_of, verify

NEW = {m.name_of("EVENT", kind) for kind in range(m.EVENT_STAKED, m.EVENT_ENDORSED + 1)}


def refusal(call, *arguments, **options):
    """What the refusal of a call says, without the command it was asked of."""
    with pytest.raises(Refused) as caught:
        call(*arguments, **options)
    return re.sub(r" ?command=\w+", "", str(caught.value))


class TestPots:
    def test_a_pot_says_what_it_is_and_has(self):
        told = insured()
        junior, senior = told.pool.pots
        assert (junior, senior) == (told.junior, told.senior)
        assert (junior.kind, junior.rank, junior.weight, junior.unbonding) == ("tranche", 1, 1, WEEK)
        assert (junior.capacity, senior.capacity, senior.weight) == (10_000, Decimal(10) ** 11, 3)
        assert (junior.assets, junior.shares, junior.own, junior.epoch) == (2_000, 2 * 10**12, 1_000, 1)
        assert (junior.instrument, junior.coins, junior.fee, junior.paid, junior.queue) == (None, 0, 0, 0, ())
        assert str(junior) == "<pot 1: tranche, epoch 1, 2000 in 2000000000000 shares>"
        assert told.pool.pot_at(2) == told.pool.pot_at("2") == senior
        assert len({junior, told.pool.pot_at(1)}) == 1

    def test_the_account_of_a_pot_is_nobodys(self):
        told = insured()
        home = told.junior.account
        assert (repr(home), home.mode, home.cash) == ("<account 8 of pot 1>", "pot", 2_000)
        assert str(home.explain()).startswith("account 8 of pot 1, money of its shares, healthy")
        assert home not in told.pool.accounts
        assert told.first in told.pool.accounts
        said = "account_must_not_be_named: account 8 holds the money of a pot"
        for call, arguments in ((home.withdraw, (1,)), (home.close, ()), (home.stake, (told.senior, 1))):
            assert refusal(call, *arguments) == said
        assert refusal(told.first.transfer, home, 1).startswith("counterparty_must_not_be_named: account 8 holds")

    def test_what_is_refused_leaves_nothing_behind(self):
        told = dealing()
        pool = told.pool
        before = pool.accounts, pool.pots
        assert refusal(pool.open_tranche, rank=-1).startswith(
            "parameter_must_be_within_bounds: rank=-1 (from 0 to 1000"
        )
        assert refusal(pool.open_amm, told.eth, fee="0.2").startswith("parameter_must_be_within_bounds: fee=200000000")
        assert refusal(pool.open_amm, "USDC").endswith("an AMM deals in an asset, against the settlement token")
        assert (pool.accounts, pool.pots) == before
        fresh = pool.account_at(int(pool.tables.totals[0]["accounts"]) - 1)
        assert fresh.stage == "free"
        with pytest.raises(InputRefused, match="'SOL' is not listed"):
            pool.open_amm("SOL")
        assert pool.open_tranche().number == 2

    def test_there_is_one_backstop_pot(self):
        pool = plimsoll.Pool.open()
        pot = pool.open_backstop(unbonding=60, capacity=1_000)
        assert (pot.kind, pot.account, pot.unbonding) == ("backstop", pool.backstop, 60)
        assert refusal(pool.open_backstop).endswith("a pool has one backstop pot")
        depositor = pool.account(owner=1)
        depositor.deposit(2_000)
        assert refusal(depositor.stake, pot, 1_001).startswith("pot_must_have_room: it would be above its capacity")
        depositor.stake(pot, 1_000)
        assert pool.backstop.cash == pot.assets == 1_000
        said = refusal(pool.backstop.transfer, depositor, 1)
        assert said == "stakes_must_not_be_taken: what the backstop has belongs to those with a stake in its pot"

    def test_terms_change_one_by_one(self):
        told = insured()
        told.pool.set_pot(told.junior, capacity=1, weight=9)
        assert (told.junior.capacity, told.junior.weight, told.junior.rank, told.junior.unbonding) == (1, 9, 1, WEEK)
        assert told.pool.set_pot(told.junior, fee=1, check=False).rule == "parameter_must_be_within_bounds"
        with pytest.raises(TypeError, match="unknown term of a pot 'share'; known: rank, fee, unbonding"):
            told.pool.set_pot(told.junior, share=1)
        with pytest.raises(TypeError, match="unbonding: floats are not exact"):
            told.pool.open_tranche(unbonding=0.5)

    @pytest.mark.parametrize("number", [0, 3, -1, 33, 10**9])
    def test_pots_that_are_not_there(self, number):
        with pytest.raises(InputRefused, match=f"there is no pot {number}"):
            insured().pool.pot_at(number)

    def test_a_pot_is_one_of_this_pool(self):
        told, other = insured(), insured()
        calls = (told.first.stake, told.first.unstake, told.first.swap, told.pool.set_pot)
        for call, more in zip(calls, ((1,), (1,), (1,), ())):
            with pytest.raises(InputRefused, match="pot 1 is one of another pool"):
                call(other.junior, *more)
            with pytest.raises(TypeError, match=r"give a pot, like pool.pot_at\(1\), not int"):
                call(1, *more)

    def test_there_are_32_pots(self):
        pool = plimsoll.Pool.open()
        assert [pool.open_tranche().number for _ in range(32)] == list(range(1, 33))
        with pytest.raises(InputRefused, match="a pool has 32 pots at most"):
            pool.open_tranche()


class TestStakes:
    def test_a_stake_says_what_it_is_worth_and_who_is_before_it(self):
        told = insured()
        (stake,) = told.second.stakes
        assert stake == Stake(told.senior, 5 * 10**12, Decimal(5_000), Decimal(0), 0, None, None)
        assert str(stake) == "5000000000000 shares of pot 2 (tranche), worth 5000"
        told.maker.stake(told.senior, 10, shares_min=10**10)
        told.maker.unstake(told.senior)
        told.second.unstake(told.senior, 10**12)
        (stake,) = told.second.stakes
        release = datetime(2026, 1, 8, tzinfo=UTC)
        assert (stake.unbonding, stake.release, stake.place) == (10**12, release, 1)
        assert str(stake).endswith("; 1000000000000 of them leave from 2026-01-08T00:00:00+00:00 on, after 1 others")
        assert told.senior.queue == (told.maker, told.second)
        assert told.senior.leaving == 10**12 + 10**10
        said = refusal(told.second.unstake, told.senior)
        assert said.startswith("stake_must_not_be_unbonding: 1000000000000 of its shares leave from 2026-01-08T00:00")

    def test_what_it_refuses(self):
        told = insured()
        assert refusal(told.second.unstake, told.junior) == "shares_must_be_held: it has 0 shares of pot 1"
        said = refusal(told.second.unstake, told.senior, 10**13)
        assert said == "shares_must_be_held: it has 5000000000000 shares of pot 2"
        assert refusal(told.second.stake, told.senior, 1) == "cash_must_not_be_negative: required=0 equity=-1"
        assert refusal(told.trader.stake, told.senior, 3_000).startswith(
            "margin_initial_must_be_covered: required=3000"
        )
        assert refusal(told.maker.stake, told.senior, 1, shares_min=10**9 + 1) == "shares_must_reach_limit:"
        assert refusal(told.maker.stake, told.junior, 0) == "amount_must_be_positive:"
        with pytest.raises(InputRefused, match="coins: pot 1 is a tranche: only an AMM takes coins"):
            told.maker.stake(told.junior, 1, 1)
        with pytest.raises(InputRefused, match="pot 1 is a tranche: only an AMM deals"):
            told.maker.swap(told.junior, 1)
        with pytest.raises(TypeError, match="shares: floats are not exact"):
            told.second.unstake(told.senior, 1.5)
        with pytest.raises(InputRefused, match="amount: 1E-7 is finer than 0.000001"):
            told.maker.stake(told.junior, "0.0000001")

    def test_a_loss_is_paid_by_rank_and_those_who_leave_still_bear_it(self):
        told = crashed()
        assert told.lines("fund_paid", "pot_wiped", "shares_changed", "unstaking") == [
            "shares_changed account=10 counterparty=8 pot=1 shares=2000000000000",
            "shares_changed account=11 counterparty=9 pot=2 shares=5000000000000",
            "unstaking account=11 pot=2 shares=5000000000000",
            "fund_paid account=8 counterparty=12 cash=-2000",
            "fund_paid account=12 counterparty=8 cash=2000",
            "pot_wiped account=8",
            "shares_changed counterparty=8 pot=1 shares=-2000000000000",
            "fund_paid account=9 counterparty=12 cash=-600",
            "fund_paid account=12 counterparty=9 cash=600",
        ]
        assert (told.junior.epoch, told.junior.shares, told.junior.paid) == (2, 0, 2_000)
        assert (told.senior.epoch, told.senior.assets, told.senior.paid) == (1, 4_400, 600)
        assert (told.first.stakes, told.second.stakes[0].worth) == ((), 4_400)
        told.maker.stake(told.junior, 10)
        assert told.maker.stakes[0].worth == 10
        told.pool.tick("2026-01-08T00:00:00Z", {told.btc: "54000"})
        assert told.lines("unstaked") == [
            "unstaked account=9 counterparty=11 cash=-4400",
            "unstaked account=11 counterparty=9 cash=4400",
        ]
        assert (told.second.cash, told.second.stakes, told.pool.identities()) == (4_400, (), [])

    def test_shares_for_an_amount_are_the_fewest_that_pay_it(self):
        told = crashed()
        senior = told.senior
        shares = senior.shares_for(100)
        told.maker.stake(senior, 200)
        assert senior.shares_for(100) == shares
        told.maker.unstake(senior, shares)
        told.pool.tick("2026-01-08T00:00:10Z", {told.btc: "54000"})
        assert told.lines("unstaked")[-1] == "unstaked account=13 counterparty=9 cash=100"
        total, assets = senior.shares + senior.own, int(senior.assets * 10**6)
        needed = senior.shares_for("0.000007")
        assert needed * (assets + 1) // total == 7
        assert (needed - 1) * (assets + 1) // total == 6

    def test_premiums_go_by_weight(self):
        told = insured(premium_trading="0.4")
        told.pool.tick("2026-01-01T00:00:10Z", {told.btc: "60000"})
        # A fee of 60,000 * 0.0005 = 30, of it 12: a quarter and three quarters.
        assert told.lines("premium_paid") == [
            "premium_paid account=1 counterparty=8 cash=-3",
            "premium_paid account=8 counterparty=1 cash=3",
            "premium_paid account=1 counterparty=9 cash=-9",
            "premium_paid account=9 counterparty=1 cash=9",
        ]
        assert (told.first.stakes[0].worth, told.junior.assets) == (Decimal("2002.999999"), 2_003)

    def test_places_in_the_queue_of_deleveraging(self):
        told = insured()
        told.pool.fill(told.bidder, told.maker, told.btc, 1)
        assert [one.deleveraging_place(told.btc) for one in (told.trader, told.bidder, told.maker)] == [1, 2, 1]
        assert told.first.deleveraging_place("BTC-PERP") is None
        amm = dealing()
        assert amm.provider.deleveraging_place(amm.eth) is None


class TestSwaps:
    def test_coins_are_bought_and_sold_at_the_price_of_the_product(self):
        told = dealing()
        amm = told.amm
        paid = Decimal("2244.668913")  # ceil of 20,000 * 1 / 9 / 0.99 in micros
        assert (amm.assets, amm.coins, amm.fee, amm.instrument) == (20_000 + paid, 9, Decimal("0.01"), told.eth)
        assert told.buyer.cash == 10_000 - paid
        got = (20_000 + paid) * Decimal("0.495") / Decimal("9.495")
        told.buyer.swap(amm, "-0.5", limit=1_100)
        assert told.buyer.cash == 10_000 - paid + got.quantize(Decimal("0.000001"), "ROUND_FLOOR")
        (stake,) = told.provider.stakes
        assert str(stake) == "20000000000000 shares of pot 1 (amm), worth 21084.99423 and 9.5 coins"
        assert told.lines("swapped") == [
            "swapped account=10 counterparty=8 instrument=ETH quantity=1 price=2000 cash=-2244.668913",
            "swapped account=8 counterparty=10 instrument=ETH quantity=-1 price=2000 cash=2244.668913",
            "swapped account=10 counterparty=8 instrument=ETH quantity=-0.5 price=2000 cash=1159.674682",
            "swapped account=8 counterparty=10 instrument=ETH quantity=0.5 price=2000 cash=-1159.674682",
        ]

    def test_what_it_refuses(self):
        told = dealing()
        assert refusal(told.buyer.swap, told.amm, 9) == "lots_must_be_within_limit:"
        assert refusal(told.buyer.swap, told.amm, 1, limit=2_000) == "price_must_be_within_limit:"
        empty = told.pool.open_amm(told.eth)
        assert refusal(told.buyer.swap, empty, 1) == "pot_must_have_liquidity: stake cash and coins in it first"
        told.pool.set_policy(pauses=["swaps", "stakes"])
        said = "mechanism_must_not_be_paused: pauses=swaps, stakes"
        assert refusal(told.buyer.swap, told.amm, 1) == said
        assert refusal(told.provider.unstake, told.amm) == said
        for words in ("swaps", 5, ["swaps", "naps"], [1, "swaps"]):
            with pytest.raises(InputRefused, match="pauses: give a list of words out of bids, slices"):
                told.pool.set_policy(pauses=words)
        assert told.pool.policy["pauses"] == m.PAUSE_SWAP | m.PAUSE_STAKE
        told.pool.set_policy(pauses=())
        assert told.pool.policy["pauses"] == 0
        told.provider.unstake(told.amm)
        # Nobody is paid before the sweep that new parameters make due.
        assert told.amm.queue == (told.provider,)
        told.pool.tick()
        assert (told.amm.queue, told.amm.coins, told.provider.positions[0].quantity) == ((), 0, 29)


class TestBids:
    def test_a_sealed_bid_is_committed_and_revealed(self):
        told = sealed()
        assert told.lines("endorsed", "committed", "revealed", "bond_lost", "batch_ended", "cooled_off")[-6:] == [
            "revealed account=8 counterparty=10 part=1 discount=0.05",
            "revealed account=8 counterparty=11 part=1 discount=0.05",
            "bond_lost account=7 counterparty=0 cash=-100 bid_on=8",
            "bond_lost account=0 counterparty=7 cash=100 bid_on=8",
            "batch_ended account=8 part=0.236 discount=0.05",
            "cooled_off account=8",
        ]
        assert told.pool.fund.cash > 100
        bids = [event for event in told.events if event.kind in ("committed", "bond_returned")]
        assert {event.details["bid_on"] for event in bids} == {told.trader.number}

    def test_a_seal_is_that_of_the_words(self):
        told = sealed()
        words = told.trader.number, told.bidders[0].number, 10**9, 5 * 10**7, SALT >> 63, SALT & (1 << 63) - 1
        told.pool.tick("2026-01-01T00:04:00Z", {told.btc: "55000"})
        told.pool.set_policy(endorsed_first=0)
        assert told.trader.stage == "liquidating"
        told.pool.commit(told.trader, told.bidders[0], 1, "0.05", SALT)
        (row,) = [seal for seal in told.pool.tables.seals.tolist() if seal[1] == told.bidders[0].number]
        assert row[2:6] == seal_of(*words)

    def test_phases_and_seals_are_refused_in_words(self):
        told = sealed()
        pool, (one, two, three) = told.pool, told.bidders
        pool.tick("2026-01-01T00:04:00Z", {told.btc: "55000"})
        said = "bids are committed before 2026-01-01T00:05:00+00:00 and revealed from then, before 2026-01-01T00:06:00"
        assert refusal(pool.reveal, told.trader, one, 1, 0, 5).startswith(f"reveal_phase_must_be_open: {said}")
        assert refusal(pool.bid_slice, told.trader, one).startswith("batch_must_be_over: bids are sealed until")
        pool.endorse(two, False)
        assert refusal(pool.commit, told.trader, two, 1, 0, 5).startswith("bidder_must_be_endorsed: endorse, or wait")
        pool.commit(told.trader, one, 1, 0, 5)
        assert refusal(pool.commit, told.trader, one, 1, 0, 5).startswith("bidder_must_commit_once: its sealed bid")
        pool.tick("2026-01-01T00:05:00Z")
        assert refusal(pool.commit, told.trader, three, 1, 0, 5).startswith(f"commit_phase_must_be_open: {said}")
        wrong = "seal_must_match: the seal was made of another part, discount or salt"
        assert refusal(pool.reveal, told.trader, one, 1, 0, 6) == wrong
        assert refusal(pool.reveal, told.trader, one, 1, "0.01", 5) == wrong
        assert refusal(pool.reveal, told.trader, three, 1, 0, 5).startswith("seal_must_exist: it has not committed")
        assert pool.reveal(told.trader, one, 1, 0, 5) is None
        assert pool.reveal(told.trader, one, 1, 0, 5, check=False).rule == "seal_must_not_be_revealed"

    @pytest.mark.parametrize(
        ("salt", "error", "said"),
        [
            (-1, InputRefused, "at most 126 bits"),
            (2**126, InputRefused, "at most 126 bits"),
            ("1", TypeError, "salt: give an int, not str"),
            (1.0, TypeError, "salt: give an int, not float"),
            (True, TypeError, "salt: give an int, not bool"),
        ],
    )
    def test_a_salt_is_a_whole_number(self, salt, error, said):
        told = insured()
        with pytest.raises(error, match=said):
            told.pool.commit(told.trader, told.bidder, 1, 0, salt)

    def test_an_expected_state_is_asked_of_a_bid(self):
        told = insolvent()
        hint = "account_must_be_solvent: it is below zero; bid_slice takes portfolio accounts"
        assert refusal(told.pool.bid, told.trader, told.bidder).startswith(hint)
        old, said = told.trader.state_number, "state_must_be_as_expected: it holds something else by now"
        assert refusal(told.pool.bid_slice, told.trader, told.bidder, expected=old + 1).startswith(said)
        told.pool.bid_slice(told.trader, told.bidder, "0.1", expected=old)
        assert told.trader.state_number != old
        with pytest.raises(InputRefused, match=r"expected: 1.5 is finer than 1"):
            told.pool.bid_slice(told.trader, told.bidder, expected="1.5")

    def test_the_insurance_adds_to_what_an_insolvent_account_is_taken_over_for(self):
        told = insolvent()
        # Half of the deficit of 1,030, and a tenth of half the maintenance of 7,680.
        assert told.lines("insolvent", "fund_paid") == [
            "insolvent account=11 deficit=1030",
            "fund_paid account=8 counterparty=11 cash=-899",
            "fund_paid account=11 counterparty=8 cash=899",
        ]


class TestAuctions:
    def test_the_keeper_is_paid_from_the_penalty(self):
        told = auctioned()
        assert told.lines("curve_set", "auction_started", "keeper_paid") == [
            "curve_set curve=1",
            "auction_started account=8 counterparty=10 instrument=ETH price=1430 keeper_due=8.9",
            "keeper_paid account=0 counterparty=10 cash=-8.9",
            "keeper_paid account=10 counterparty=0 cash=8.9",
        ]
        assert told.keeper.cash == Decimal("1000008.9")
        # A tenth above 1,300, and 120 of 600 seconds of the way down to a half of it.
        assert told.bidder.positions[0].quantity * 1287 == pytest.approx(1_000_000 - told.bidder.cash)

    def test_what_is_refused(self):
        told = auctioned()
        pool = told.pool
        assert refusal(pool.auction, told.trader, told.keeper) == "account_must_be_liquidating:"
        pool.tick("2026-01-01T00:04:00Z", {told.eth: "1200"})
        said = refusal(pool.bid, told.trader, told.bidder)
        assert said == "auction_must_be_running: there is no auction of it, or it is over: start one with auction"
        assert refusal(pool.auction, told.trader, told.keeper, told.btc) == "leg_must_be_next:"
        pool.auction(told.trader, told.keeper, told.eth)
        assert refusal(pool.auction, told.trader, told.keeper) == "auction_must_need_reset: the auction is running: bid"
        assert refusal(pool.bid, told.trader, told.bidder, limit=1_000) == "mark_must_be_within_price_limit:"
        pool.set_policy(breaker=3)
        assert refusal(pool.bid, told.trader, told.bidder) == "mechanism_must_not_be_paused: pauses=none breaker=3"
        pool.set_policy(breaker=0, curve_collateral=0)
        said = refusal(pool.auction, told.trader, told.keeper)
        assert said.startswith("auction_must_be_offered: assets are auctioned once set_policy(curve_collateral=)")

    @pytest.mark.parametrize(
        ("number", "points", "said"),
        [
            (9, [(0, 1)], "curve_must_be_within_limit: curves are numbered from 1 to 8"),
            (1, [(1, 1)], "points_must_rise_in_time: the first point is at 0 seconds"),
            (1, [(0, 1), (0, 2)], "points_must_rise_in_time"),
            (1, [(0, "2.000000001")], "parameter_must_be_within_bounds: times are from 0 to 366 days, values from 0"),
        ],
    )
    def test_curves_are_refused_by_the_rules(self, number, points, said):
        assert refusal(plimsoll.Pool.open().set_curve, number, points).startswith(said)

    @pytest.mark.parametrize(
        ("points", "error", "said"),
        [
            ([], InputRefused, r"points: give a list of 1 to 64 \(seconds, value\)"),
            (5, InputRefused, "points: give a list"),
            ([(second, 1) for second in range(65)], InputRefused, "points: give a list of 1 to 64"),
            ([0, 1], InputRefused, "points: each is"),
            ([(0, 1, 2)], InputRefused, "points: each is"),
            ([(0, 1.5)], TypeError, "value of a point: floats are not exact"),
            ([("soon", 1)], InputRefused, "time of a point: 'soon' is not a decimal number"),
        ],
    )
    def test_points_are_pairs(self, points, error, said):
        with pytest.raises(error, match=said):
            plimsoll.Pool.open().set_curve(1, points)


class TestEverything:
    def test_every_new_event_is_told_in_words(self):
        met = {}
        for story in (*STORIES, lambda: insured(premium_trading="0.1")):
            told = story()
            told.pool.tick("2026-01-08T00:03:30Z")
            met |= {event.kind: plain(event) for event in told.read()}
        assert set(met) >= NEW
        for kind in NEW:
            assert "amount=" not in met[kind], met[kind]
            assert re.fullmatch(r"\w+( [a-z_]+=[\w.:+-]+)+", met[kind]), met[kind]

    @pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
    def test_a_journal_keeps_pots_and_stakes(self, story, tmp_path):
        told = story(tmp_path)
        pool = told.pool
        before = seen(pool)
        pool.snapshot()
        pool.tick(pool.time_ms + 1_000)
        root = pool.root
        pool.close()
        report = verify(tmp_path)
        assert (report.ok, report.problems, report.root, len(report.snapshots_checked)) == (True, [], root, 1)
        assert "pot" not in (tmp_path / "names.json").read_text()
        with plimsoll.Pool.open(tmp_path) as again:
            assert again.root == root
            assert seen(again) == before

    def test_an_auditor_finds_shares_that_events_do_not_explain(self, tmp_path, monkeypatch):
        crashed(tmp_path).pool.close()
        shares = plimsoll.venue.verify.__globals__["shares_by_stake"]
        monkeypatch.setitem(
            plimsoll.venue.verify.__globals__,
            "shares_by_stake",
            lambda pool: {key: held + 1 for key, held in shares(pool).items()},
        )
        assert verify(tmp_path).problems == [
            "auditor: shares of account 11 in pot 2: events say 5000000000000, tables say 5000000000001"
        ]


def seen(pool):
    """All there is to see of pots, stakes and who waits."""
    stakes = [str(stake) for account in pool.accounts for stake in account.stakes]
    return list(map(repr, pool.pots)), [repr(pot.queue) for pot in pool.pots], stakes


def test_pots_are_part_of_the_face():
    assert {Pot, Stake, seal_of} <= {getattr(plimsoll.venue, name) for name in plimsoll.venue.__all__}
