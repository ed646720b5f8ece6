"""Competing liquidators: a few accounts with their own capital, speed and nerve, bidding on accounts in liquidation.

Each looks at the accounts whose liquidation is old enough for its latency, estimates what the next leg would earn (the
fee the account can still pay, less what it expects to lose while it unwinds), and bids on the best as far as its own
margin reaches. What it takes over it sells on to the makers, as much as they deal in a step. In a crash the inventory
outgrows the capital, bids stop, and the backstop is left with the rest.
"""

from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from plimsoll.sim import commands
from plimsoll.sim.batches import SealedBids
from plimsoll.sim.collateral import auctions_of, purchases, starts
from plimsoll.sim.commands import Commands
from plimsoll.sim.listings import PoolSetup
from plimsoll.sim.population import Population, random_of
from plimsoll.sim.slices import bids_on, is_portfolio, liquidating, slices_of
from plimsoll.sim.traders import Makers
from plimsoll.sim.view import Flags, Floats, View, contract_mask
from plimsoll.units.limits import PPB
from plimsoll.units.messages import PAUSE_AUCTION, PAUSE_BID
from plimsoll.units.tables import Ints

STREAM: Final = 4
SMALL_MICROS: Final = 500_000_000
"""Less than this is sold on in one piece."""


@dataclass(frozen=True)
class LiquidatorsConfig:
    """How liquidators behave; each draws its own latency, nerve and attention within these."""

    latency_minutes_max: float = 2.0
    use_min: float = 0.5
    use_max: float = 0.9
    """Share of its headroom a liquidator is ready to bind."""
    attention: float = 0.7
    """Chance that one notices an account in a step."""
    risk_price: float = 0.05
    """What it charges for holding the inventory, in deviations of the price over the time to unwind."""
    unwind_share: float = 0.12
    """Of its inventory, sold on per minute."""
    bids_per_step_max: int = 200


@dataclass(frozen=True)
class Legs:
    """The next leg of every account in liquidation: one row each."""

    account: Ints
    instrument: Ints
    lots: Ints
    notional: Floats
    fee: Floats
    age_ms: Ints

    def only(self, chosen: Flags) -> "Legs":
        """Some of them."""
        return Legs(*(getattr(self, one.name)[chosen] for one in fields(self)))


class Liquidators:
    """All of them, in the order in which they were drawn."""

    def __init__(
        self, population: Population, makers: Makers, config: LiquidatorsConfig, setup: PoolSetup, *, seed: int
    ) -> None:
        self.accounts = population.liquidators
        coins = np.isin(np.arange(len(setup.listings) + 1), [one.number for one in setup.assets()])
        self.traded = setup.is_contract | coins
        self.makers = makers
        self.config = config
        self.random = random_of(seed, STREAM)
        count = len(self.accounts)
        self.latency_minutes = np.sort(self.random.uniform(0, config.latency_minutes_max, count))
        self.use = self.random.uniform(config.use_min, config.use_max, count)
        self.sealed = SealedBids(random_of(seed, STREAM + 100))
        self.risk_price = config.risk_price * self.random.uniform(0.5, 1.5, count)

    def bid(self, view: View) -> Commands:
        """Bids of this step, all liquidators', in random order of arrival; what was sealed is opened first."""
        opened = self.sealed.reveal(view)
        tables = self._portfolio_bids(view) if len(self.accounts) else []
        legs = next_legs(view)
        if len(legs.account) and len(self.accounts):
            tables += self._collateral_bids(view, legs)
            if not view.setup.policy["pauses"] & PAUSE_BID:
                tables += self._leg_bids(view, legs.only(self._offered_at_mark(view, legs)))
        table = commands.joined(*tables)
        return commands.joined(*opened, table[self.random.permutation(len(table))])

    def _portfolio_bids(self, view: View) -> list[Commands]:
        slices, batches = slices_of(view), self.sealed.open_batches(view)
        if not len(slices.account) and not len(batches.slices.account):
            return []
        tables = []
        headroom = np.maximum(view.headroom(self.accounts), 0)
        for place, account in enumerate(self.accounts.tolist()):
            ready = self._sees(slices.age_ms, place)
            room = float(headroom[place] * self.use[place])
            cost = self._cost(view, place)
            tables.append(bids_on(slices, account, ready, cost, room, self.config.bids_per_step_max))
            if len(batches.slices.account):
                seen = self._sees(batches.slices.age_ms, place)
                tables += self.sealed.commit(view, batches, account, seen, cost, room)
        return tables

    def _offered_at_mark(self, view: View, legs: Legs) -> Flags:
        """Legs to be had for a fee: contracts, and collateral where it is not auctioned."""
        auctioned = view.setup.policy["curve_collateral"] > 0
        contracts: Flags = contract_mask(view.setup)[legs.instrument]
        return contracts if auctioned else np.ones(len(contracts), np.bool_)

    def _collateral_bids(self, view: View, legs: Legs) -> list[Commands]:
        assets = legs.only(~self._offered_at_mark(view, legs))
        auctions = auctions_of(view, assets.account, assets.instrument, assets.lots)
        if not len(auctions.account) or view.setup.policy["pauses"] & PAUSE_AUCTION:
            return []
        cash = np.maximum(np.asarray(view.pool.accounts["cash"][self.accounts]), 0)
        tables = []
        for place, account in enumerate(self.accounts.tolist()):
            seen = self._sees(assets.age_ms, place)
            budget = float(cash[place] * self.use[place])
            tables.append(starts(auctions, account, seen))
            tables.append(purchases(view, auctions, account, seen, self._cost(view, place), budget))
        return tables

    def _sees(self, age_ms: Ints, place: int) -> Flags:
        """What one of them notices; latency counts in whole steps: what just began is too new for most."""
        seen = self.random.random(len(age_ms)) < self.config.attention
        ready: Flags = seen & (age_ms >= np.floor(self.latency_minutes[place]) * 60_000)
        return ready

    def _cost(self, view: View, place: int) -> Floats:
        """What a liquidator expects to lose on a token's worth of each instrument while it unwinds."""
        minutes = 1 / self.config.unwind_share
        cost: Floats = view.half_spread + self.risk_price[place] * view.volatility * np.sqrt(minutes)
        return cost

    def _leg_bids(self, view: View, legs: Legs) -> list[Commands]:
        tables = []
        headroom = np.maximum(view.headroom(self.accounts), 0)
        cash = np.asarray(view.pool.accounts["cash"][self.accounts])
        contracts = contract_mask(view.setup)
        for place, account in enumerate(self.accounts):
            ready = self._sees(legs.age_ms, place)
            cost = self._cost(view, place)
            profit = legs.fee - legs.notional * cost[legs.instrument]
            order = np.argsort(-profit, kind="stable")
            order = order[(ready & (profit > 0))[order]][: self.config.bids_per_step_max]
            if not len(order):
                continue
            rate = _bound_rate(view)[legs.instrument[order]]
            is_contract = contracts[legs.instrument[order]]
            needed = np.where(is_contract, legs.notional[order] * rate, 0.0)
            paid = np.where(is_contract, 0.0, legs.notional[order])
            left = headroom[place] * self.use[place] - (np.cumsum(needed) - needed)
            left_cash = cash[place] * self.use[place] - (np.cumsum(paid) - paid)
            part = np.where(is_contract, left / np.maximum(needed, 1), left_cash / np.maximum(paid, 1))
            lots = np.trunc(np.abs(legs.lots[order]) * np.clip(part, 0, 1)).astype(np.int64)
            order, lots = order[lots > 0], lots[lots > 0]
            tables.append(commands.bids(legs.account[order], int(account), legs.instrument[order], lots))
        return tables

    def unwind(self, view: View) -> Commands:
        """Sell on part of every liquidator's inventory to the makers."""
        return unwind(view, self.makers, self.accounts, self.config.unwind_share, self.traded)


def unwind(view: View, makers: Makers, accounts: Ints, share_per_minute: float, traded: Flags) -> Commands:
    """Fills that bring what the accounts hold of the traded instruments nearer to flat, as far as makers deal."""
    lots = view.lots(accounts)
    lots = np.where(traded, lots, 0)
    row, instrument = np.nonzero(lots)
    held = lots[row, instrument]
    share = min(1.0, share_per_minute * view.step_ms / 60_000)
    small = view.notional(instrument, held) < SMALL_MICROS
    wanted = -np.where(small, held, np.trunc(held * share).astype(np.int64))
    maker, dealt, deals = makers.deal(view, instrument, wanted)
    return commands.fills(
        accounts[row][deals],
        maker[deals],
        instrument[deals],
        dealt[deals],
        view.fill_price(instrument[deals], dealt[deals]),
    )


def next_legs(view: View) -> Legs:
    """The legs that may be bid for, as the engine publishes them, with an estimate of what each would earn."""
    accounts = liquidating(view)
    # A solvent portfolio account has no next leg: it is taken in slices.
    accounts = accounts[~is_portfolio(view, accounts)]
    leg = np.asarray(view.engine.next_legs(accounts), np.int64)
    contracts = contract_mask(view.setup)
    # Of an insolvent account only the collateral that found no buyer yet is for bids.
    insolvent = view.equity[accounts] < 0
    offered = (leg > 0) & ~(insolvent & contracts[leg])
    accounts, leg, insolvent = accounts[offered], leg[offered], insolvent[offered]
    lots = view.lots(accounts)
    numbers = np.broadcast_to(np.arange(lots.shape[1]), lots.shape)
    notional = view.notional(numbers, lots)
    row = np.arange(len(accounts))
    fee_rates = np.array([0.0, *(listing.row["fee_liquidation"] / PPB for listing in view.setup.listings)])
    to_bidder = 1 - view.setup.policy["fund_share"] / PPB
    all_notional = np.maximum(np.where(contracts, notional, 0).sum(axis=1), 1.0)
    own = notional[row, leg]
    # No account pays more than its equity's share of the leg, until it has none left to care for.
    affordable = np.where(insolvent, 1.0, np.maximum(view.equity[accounts], 0) / all_notional)
    fee = own * np.minimum(fee_rates[leg], affordable) * to_bidder
    since = np.asarray(view.pool.accounts["stage_since"][accounts])
    return Legs(accounts, leg, lots[row, leg], own, fee, view.time_ms - since)


def _bound_rate(view: View) -> Floats:
    """Initial margin per notional a bidder must expect, by instrument."""
    rows = np.asarray(view.pool.instruments[: len(view.setup.listings) + 1])
    rates: Floats = (np.maximum(rows["rate_initial"], rows["rate_open_interest"]) + rows["rate_confidence"]) / PPB
    rates[0] = 0.0
    return rates
