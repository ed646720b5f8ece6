"""Pools in which people stake, swap, bid under seal and at auctions, told through the face alone."""

from tests.venue.desk import START, desk, publish

import plimsoll

WEEK = 7 * 86_400
SALT = 2**126 - 1
EASY = {"gap_max": "86400", "grace": "0"}


def plain(event):
    """An event as people read it, without its number."""
    return str(event).split(" ", 1)[1]


class Told:
    """A pool, and every event so far."""

    def __init__(self, pool):
        self.pool = pool
        self.events = []

    def read(self):
        """Events since the last reading; kept with the others."""
        new = list(self.pool.events())
        self.events += new
        return new

    def lines(self, *kinds):
        """The new events of some kinds, as people read them, without their numbers."""
        return [plain(event) for event in self.read() if event.kind in kinds]

    def rich(self, owner, money="1000000", **options):
        account = self.pool.account(owner=owner, **options)
        account.deposit(money)
        return account


def insured(path=None, **policy):
    """A perp at 60,000, a junior tranche with 2,000 of one depositor and a senior one with 5,000 of another."""
    pool = plimsoll.Pool.open(path, policy={**EASY, **policy})
    told = Told(pool)
    told.btc = pool.list_perp("BTC-PERP", initial="0.05", maintenance="0.03")
    pool.tick(START, {told.btc: "60000"})
    told.junior = pool.open_tranche(rank=1, unbonding=WEEK, capacity="10000")
    told.senior = pool.open_tranche(rank=2, unbonding=WEEK, weight=3)
    told.first, told.second = told.rich(1, "2000"), told.rich(2, "5000")
    told.first.stake(told.junior, "2000")
    told.second.stake(told.senior, "5000")
    told.trader, told.maker, told.bidder = told.rich(3, "3430"), told.rich(4), told.rich(5)
    pool.fill(told.trader, told.maker, told.btc, 1)
    return told


def crashed(path=None):
    """The same, after the trader has lost 2,630 more than it had."""
    told = insured(path)
    told.second.unstake(told.senior)
    told.pool.tick("2026-01-01T00:00:10Z", {told.btc: "54000"})
    return told


def dealing(path=None):
    """An AMM with 10 coins and 20,000 tokens."""
    pool = plimsoll.Pool.open(path, policy=EASY)
    told = Told(pool)
    told.eth = pool.list_asset("ETH", weight="0.8", weight_maintenance="0.9")
    pool.tick(START, {told.eth: "2000"})
    told.amm = pool.open_amm(told.eth, fee="0.01")
    told.provider, told.buyer = told.rich(1, "20000"), told.rich(2, "10000")
    told.provider.deposit(30, told.eth)
    told.provider.stake(told.amm, "20000", 10)
    told.buyer.swap(told.amm, 1)
    return told


def sealed(path=None):
    """A portfolio account in liquidation, taken under seal; three bid, one of them does not open its bid."""
    pool, btc, _ = desk(path, ladder=False)
    told = Told(pool)
    told.btc = btc
    seconds = {"batch_commit": 60, "batch_reveal": 60, "cool_off": 30, "endorsed_first": 600}
    pool.set_policy(batch_bond=100, **seconds, **EASY)
    publish(pool)
    told.trader, told.maker = told.rich(1, "11000", mode="portfolio"), told.rich(2)
    told.bidders = [told.rich(owner) for owner in (3, 4, 5)]
    pool.fill(told.trader, told.maker, btc, 1)
    pool.tick("2026-01-01T00:01:00Z", {btc: "58000"})
    for bidder in told.bidders:
        pool.endorse(bidder)
        pool.commit(told.trader, bidder, 1, "0.05", SALT)
    pool.tick("2026-01-01T00:02:00Z")
    for bidder in told.bidders[:2]:
        pool.reveal(told.trader, bidder, 1, "0.05", SALT)
    pool.tick("2026-01-01T00:03:00Z")
    pool.tick("2026-01-01T00:03:30Z")
    return told


def auctioned(path=None):
    """An account that owes what its contract lost; its coins are sold in an auction whose price falls."""
    pool = plimsoll.Pool.open(path, policy={**EASY, "keeper_flat": "5", "keeper_rate": "0.001"})
    told = Told(pool)
    pool.set_curve(1, [(0, 1), (600, "0.5")])
    pool.set_policy(curve_collateral=1, backstop_after=3600)
    told.eth = pool.list_asset("ETH", weight="0.8", weight_maintenance="0.9")
    told.btc = pool.list_perp("BTC-PERP", initial="0.05", maintenance="0.03")
    pool.tick(START, {told.eth: "2000", told.btc: "60000"})
    told.trader, told.maker, told.keeper, told.bidder = (told.rich(owner) for owner in (1, 2, 3, 4))
    told.trader.withdraw(told.trader.cash)
    told.trader.deposit(3, told.eth)
    pool.fill(told.trader, told.maker, told.btc, 1)
    pool.tick("2026-01-01T00:00:30Z", {told.btc: "56500"})
    pool.fill(told.trader, told.maker, told.btc, -1)
    pool.tick("2026-01-01T00:01:00Z", {told.eth: "1300"})
    pool.auction(told.trader, told.keeper)
    pool.tick("2026-01-01T00:03:00Z")
    pool.bid(told.trader, told.bidder, limit="1290")
    return told


def insolvent(path=None):
    """A portfolio account below zero, for which the insurance waits for a bidder."""
    pool, btc, _ = desk(path, ladder=False)
    told = Told(pool)
    told.btc = btc
    pool.set_curve(2, [(0, 0), (60, "0.1")], joined=False)
    pool.set_policy(insolvent_after=120, curve_insolvent=2, **EASY)
    publish(pool)
    told.tranche = pool.open_tranche()
    told.depositor, told.bidder = told.rich(3), told.rich(4)
    told.depositor.stake(told.tranche, 100_000)
    told.trader, told.maker = told.rich(1, "11000", mode="portfolio"), told.rich(2)
    pool.fill(told.trader, told.maker, btc, 1)
    pool.tick("2026-01-01T00:01:00Z", {btc: "48000"})
    pool.tick("2026-01-01T00:02:00Z")
    pool.bid_slice(told.trader, told.bidder, "0.5", expected=told.trader.state_number)
    return told


STORIES = (crashed, dealing, sealed, auctioned, insolvent)
