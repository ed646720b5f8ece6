"""What the public does while the market moves: trades, tops up after a call, gives way, withdraws.

Everyone trades against the makers. The busier the market, the more fills; a fall makes more people close than open.
After a margin call some deposit, some reduce, most do nothing; each after a delay of its own. Makers deal at the mark
plus half a spread, and those without headroom do not deal at all, so in a crash the depth others rely on goes away.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from plimsoll.sim import commands
from plimsoll.sim.commands import Commands
from plimsoll.sim.population import Population, random_of
from plimsoll.sim.view import Flags, Floats, View
from plimsoll.units.tables import Ints

STREAM: Final = 3
WANT_NOTHING, WANT_DEPOSIT, WANT_REDUCE = 0, 1, 2


@dataclass(frozen=True)
class TradersConfig:
    """Shares of 1; ``fills_per_step`` is a share of the public, per step of one minute."""

    fills_per_minute: float = 0.002
    withdrawals_per_minute: float = 0.0001
    orders_per_minute: float = 0.0005
    unrest: float = 60.0
    """How much the activity grows with the last move: times (1 + unrest * |return|)."""
    appetite: float = 0.5
    """Of the position its headroom allows at its usual gearing, what a trader adds at most."""
    close_share: float = 0.36
    top_up_share: float = 0.25
    give_way_share: float = 0.20
    trigger_give_way_share: float = 0.50
    delay_minutes: float = 6.0
    pocket_share: float = 0.50
    """What somebody can still deposit, as a share of what the account started with."""
    maker_use_max: float = 0.85
    """A maker with more of its equity than this bound as initial margin takes no new risk."""
    maker_depth: float = 0.02
    """What makers together take of one side in one calm minute, as a share of their capital times 10."""


class Makers:
    """Who deals, and how much of each side is left this step."""

    def __init__(self, population: Population, config: TradersConfig, random: np.random.Generator) -> None:
        self.accounts = population.makers
        self.config = config
        self.random = random
        self.capital = float(population.maker_cash.sum())
        self.free: Ints = self.accounts
        self.lots = np.zeros((len(self.accounts), 1), np.int64)
        self.room: Floats = np.zeros((1, 2))

    def look(self, view: View) -> None:
        """Take stock at the beginning of a step."""
        used = view.margin_initial[self.accounts]
        own = view.equity[self.accounts]
        free = used < self.config.maker_use_max * own
        self.free = self.accounts[free]
        self.lots = view.lots(self.free)
        # Depth goes with the capital still free and falls with the turbulence of the market.
        strength = float(np.maximum(own - used, 0)[free].sum())
        calm = 1 / (1 + view.volatility / 0.004)
        minutes = view.step_ms / 60_000
        depth = 10 * self.config.maker_depth * min(strength, self.capital) * calm * minutes
        self.room = np.repeat(depth[:, None], 2, axis=1)

    def deal(self, view: View, instrument: Ints, lots: Ints) -> tuple[Ints, Ints, Flags]:
        """For takers of signed ``lots``: a maker each, the lots it takes, and whether it deals at all.

        Of two makers drawn, the one deals whom the fill brings nearer to flat.
        """
        if not len(self.free):
            return np.zeros(len(lots), np.int64), lots, np.zeros(len(lots), np.bool_)
        pair = self.random.integers(0, len(self.free), (2, len(lots)))
        held = self.lots[pair, instrument]
        better = np.where(np.sign(lots) > 0, held[0] >= held[1], held[0] <= held[1])
        maker = self.free[np.where(better, pair[0], pair[1])]
        side = (lots > 0).astype(np.int64)
        notional = view.notional(instrument, lots)
        # What came before in this batch on the same side of the same instrument has used up the room first.
        order = np.argsort(instrument * 2 + side, kind="stable")
        key = (instrument * 2 + side)[order]
        running = np.cumsum(notional[order])
        starts = np.concatenate(([True], key[1:] != key[:-1])) if len(key) else np.zeros(0, np.bool_)
        before = np.zeros(len(lots))
        base = np.maximum.accumulate(np.where(starts, running - notional[order], 0.0)) if len(key) else running
        before[order] = running - notional[order] - base
        left = np.maximum(self.room[instrument, side] - before, 0.0)
        part = np.minimum(1.0, left / np.maximum(notional, 1.0))
        dealt = np.where(part >= 1.0, lots, np.trunc(lots * part)).astype(np.int64)
        np.subtract.at(self.room, (instrument, side), np.minimum(notional, left))
        return maker, dealt, dealt != 0


class Traders:
    """The public."""

    def __init__(
        self, population: Population, makers: Makers, config: TradersConfig, contracts: Flags, *, seed: int
    ) -> None:
        self.population = population
        self.makers = makers
        self.config = config
        self.random = random_of(seed, STREAM)
        self.contracts = contracts
        size = int(population.traders[-1]) + 1
        self.pocket = np.zeros(size, np.int64)
        self.pocket[population.traders] = (population.trader_equity * config.pocket_share).astype(np.int64)
        self.pocket[population.makers] = population.maker_cash // 4
        self.owner = np.zeros(size, np.int64)
        for rows, owners in (
            (population.traders, population.trader_owner),
            (population.makers, population.makers),
            (population.liquidators, population.liquidators),
        ):
            self.owner[rows] = owners
        # What a called account will do, and in which step; -1: nothing is planned.
        self.plan = np.zeros(size, np.int64)
        self.plan_step = np.full(size, -1, np.int64)
        self.topped_up = 0

    def warned(self, view: View, called: Ints, triggered: Ints) -> None:
        """Plan what accounts do that were called, or whose own trigger fired, in this step."""
        config, random = self.config, self.random
        for accounts, deposit, reduce in (
            (called, config.top_up_share, config.give_way_share),
            (triggered, 0.0, config.trigger_give_way_share),
        ):
            accounts = accounts[accounts < len(self.plan)]
            accounts = accounts[self.plan_step[accounts] < 0]
            drawn = random.random(len(accounts))
            delay = 1 + np.floor(
                random.exponential(config.delay_minutes * 60_000 / view.step_ms, len(accounts))
            ).astype(np.int64)
            want = np.where(drawn < deposit, WANT_DEPOSIT, np.where(drawn < deposit + reduce, WANT_REDUCE, 0))
            self.plan[accounts] = want
            self.plan_step[accounts] = np.where(want != WANT_NOTHING, view.step + delay, -1)

    def act(self, view: View) -> list[Commands]:
        """Commands of this step: what was planned, then ordinary trading, orders and withdrawals."""
        due = np.flatnonzero((self.plan_step >= 0) & (self.plan_step <= view.step))
        self.plan_step[due] = -1
        depositing = due[self.plan[due] == WANT_DEPOSIT]
        reducing = due[self.plan[due] == WANT_REDUCE]
        return [
            self._top_ups(view, depositing),
            self._reductions(view, reducing),
            self._trades(view),
            self._orders(view),
            self._withdrawals(view),
        ]

    def _top_ups(self, view: View, accounts: Ints) -> Commands:
        """Back to one and a half times the call level, as far as the pocket reaches."""
        needed = 1.5 * view.margin_maintenance[accounts] * 1.25 - view.equity[accounts]
        amount = np.minimum(np.maximum(needed, 0), self.pocket[accounts]).astype(np.int64)
        wanted = (amount > 1_000_000) & (view.equity[accounts] > 0)
        accounts, amount = accounts[wanted], amount[wanted]
        self.pocket[accounts] -= amount
        self.topped_up += int(amount.sum())
        return commands.deposits(accounts, self.owner[accounts], amount)

    def _reductions(self, view: View, accounts: Ints) -> Commands:
        """Close 40 to 100 percent of every contract."""
        lots = np.where(self.contracts, view.lots(accounts), 0)
        row, instrument = np.nonzero(lots)
        part = self.random.uniform(0.4, 1.2, len(row))
        return self._fills(view, accounts[row], instrument, -_share_of(lots[row, instrument], part))

    def _trades(self, view: View) -> Commands:
        config, random, population = self.config, self.random, self.population
        count = self._draw(view, config.fills_per_minute)
        chosen = random.integers(0, len(population.traders), count)
        accounts = population.traders[chosen]
        numbers = np.flatnonzero(self.contracts)
        weights = np.array([view.setup.listings[number - 1].popularity for number in numbers])
        drawn = random.choice(numbers, count, p=weights / weights.sum())
        lots = view.lots(accounts)
        # Two in three act on what they hold.
        holding = np.where(self.contracts, lots, 0) != 0
        acts_on_held = (random.random(count) < 0.67) & holding.any(axis=1)
        instrument = np.where(acts_on_held, holding.argmax(axis=1), drawn)
        isolated = population.trader_isolated[chosen]
        instrument = np.where(isolated > 0, isolated, instrument)
        held = lots[np.arange(count), instrument]
        part = random.uniform(0.1, 1.2, count)
        mood = np.clip(view.returns[instrument] * 20, -0.25, 0.25)
        closes = random.random(count) < config.close_share - np.sign(held) * mood
        side = np.where(random.random(count) < 0.5 + mood, 1, -1)
        room = np.maximum(view.headroom(accounts), 0) * population.trader_leverage[chosen] * config.appetite
        added = view.lots_worth(instrument, room * random.uniform(0.1, 1.0, count))
        direction = np.where(held != 0, np.sign(held), side)
        wanted = np.where(closes & (held != 0), -_share_of(held, part), direction * added)
        return self._fills(view, accounts, instrument, wanted)

    def _fills(self, view: View, accounts: Ints, instrument: Ints, lots: Ints) -> Commands:
        listed = lots != 0
        accounts, instrument, lots = accounts[listed], instrument[listed], lots[listed]
        maker, dealt, deals = self.makers.deal(view, instrument, lots)
        instrument, dealt = instrument[deals], dealt[deals]
        return commands.fills(accounts[deals], maker[deals], instrument, dealt, view.fill_price(instrument, dealt))

    def _orders(self, view: View) -> Commands:
        """Half of those who act on orders place one that would reduce what they hold, half take all of theirs back."""
        count = self._draw(view, self.config.orders_per_minute)
        accounts = np.unique(self.random.choice(self.population.traders, count))
        lots, bids, asks = view.columns(accounts, "lots", "bid_lots", "ask_lots")
        row, instrument = np.nonzero((bids > 0) | (asks > 0))
        back = np.where(bids[row, instrument] > 0, bids[row, instrument], -asks[row, instrument])
        released = commands.releases(accounts[row], instrument, back)
        idle = np.flatnonzero(~((bids > 0) | (asks > 0)).any(axis=1))
        row, instrument = np.nonzero(np.where(self.contracts, lots, 0)[idle])
        row = idle[row]
        signed = -_share_of(lots[row, instrument], self.random.uniform(0.2, 1.0, len(row)))
        away = -np.sign(signed) * self.random.uniform(0.002, 0.03, len(row))
        prices = np.rint(view.marks[instrument] * (1 + away)).astype(np.int64)
        kept = signed != 0
        placed = commands.reservations(accounts[row][kept], instrument[kept], signed[kept], prices[kept])
        return commands.joined(released, placed)

    def _withdrawals(self, view: View) -> Commands:
        count = self._draw(view, self.config.withdrawals_per_minute)
        accounts = np.unique(self.random.choice(self.population.traders, count))
        cash = np.asarray(view.pool.accounts["cash"][accounts])
        spare = np.minimum(cash, view.headroom(accounts) - view.margin_initial[accounts] // 2)
        amount = (np.maximum(spare, 0) * self.random.uniform(0.1, 0.6, len(accounts))).astype(np.int64)
        wanted = amount > 10_000_000
        return commands.withdrawals(accounts[wanted], amount[wanted])

    def _draw(self, view: View, per_minute: float) -> int:
        unrest = 1 + self.config.unrest * float(np.abs(view.returns).max())
        expected = per_minute * len(self.population.traders) * view.step_ms / 60_000 * unrest
        return int(self.random.poisson(min(expected, 0.1 * len(self.population.traders) + 1)))


def _share_of(lots: Ints, part: Floats) -> Ints:
    """A share of signed lots; from 1 on it is all of them, and a rest too small to matter is taken along."""
    share = np.trunc(lots * part).astype(np.int64)
    result: Ints = np.where((part >= 0.9) | (share == 0), lots, share)
    return result
