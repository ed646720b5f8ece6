"""How the population enters: accounts, deposits, the trades of the opening, users' own limits, orders in the book.

Everything enters by the ordinary commands, so the engine's own rules judge it; what it refuses is counted.
"""

from typing import Final, NamedTuple

import numpy as np

from plimsoll.sim import commands
from plimsoll.sim.listings import PoolSetup
from plimsoll.sim.population import STREAM, Population, random_of
from plimsoll.sim.session import Session
from plimsoll.sim.view import Flags
from plimsoll.units.messages import MODE_STANDARD, NAMED_BACKSTOP, NAMED_FUND
from plimsoll.units.tables import Ints

BATCH: Final = 2_000
OWNER_VENUE: Final = 1


class Trades(NamedTuple):
    """The trades the public opens with, one row each: place of the trader, maker, instrument, signed lots, price."""

    trader: Ints
    maker: Ints
    instrument: Ints
    lots: Ints
    price: Ints

    def only(self, chosen: Flags) -> "Trades":
        """Some of them."""
        return Trades(*(column[chosen] for column in self))


def bring_in(session: Session, setup: PoolSetup, population: Population, marks: Ints, *, seed: int) -> None:
    """Open every account, deposit, trade the positions against the makers, set limits and orders, in batches."""
    random = random_of(seed, STREAM + 100)
    open_and_fund(session, setup, population)
    trades = opening_trades(population, marks, random)
    send_trades(session, population, trades)
    limits_and_orders(session, setup, population, marks, random)


def open_and_fund(session: Session, setup: PoolSetup, population: Population) -> None:
    """Open every account, deposit what each starts with, seed fund and backstop."""
    everyone = np.concatenate((population.makers, population.liquidators, population.traders))
    owner = np.concatenate((population.makers, population.liquidators, population.trader_owner))
    isolated = np.zeros(len(everyone), np.int64)
    isolated[-len(population.traders) :] = population.trader_isolated
    cash = np.concatenate((population.maker_cash, population.liquidator_cash, population.trader_cash))
    seeds = [(NAMED_FUND, setup.fund_micros), (NAMED_BACKSTOP, setup.backstop_micros)]
    session.must(
        *(commands.deposits(row, OWNER_VENUE, micros) for row, micros in seeds if micros > 0),
        what="seed of fund and backstop",
    )
    mode = np.full(len(everyone), MODE_STANDARD, np.int64)
    mode[-len(population.traders) :] = population.trader_mode if setup.mode == MODE_STANDARD else setup.mode
    in_batches(session, commands.open_accounts(everyone, owner, isolated, mode))
    in_batches(session, commands.deposits(everyone, owner, cash))
    for listing in setup.assets():
        lots = population.asset_lots[:, listing.number]
        own = lots > 0
        traders, owners = population.traders[own], population.trader_owner[own]
        in_batches(session, commands.asset_deposits(traders, owners, listing.number, lots[own]))


def opening_trades(population: Population, marks: Ints, random: np.random.Generator) -> Trades:
    """The trades that make the public's positions, in random order, each with its maker, near the mark."""
    trader, instrument = np.nonzero(population.position_lots)
    order = random.permutation(len(trader))
    trader, instrument = trader[order], instrument[order].astype(np.int64)
    lots = population.position_lots[trader, instrument]
    # Makers are dealt the flow in turn by capital, so that none carries more than its share.
    weights = population.maker_cash / population.maker_cash.sum()
    maker = random.choice(population.makers, len(trader), p=weights)
    spread = 1 + np.sign(lots) * 0.0002
    prices = np.rint(marks[instrument] * spread).astype(np.int64)
    return Trades(trader, maker, instrument, lots, prices)


def send_trades(session: Session, population: Population, trades: Trades) -> Ints:
    """Fill them in order; one result code each."""
    accounts = population.traders[trades.trader]
    return in_batches(session, commands.fills(accounts, trades.maker, trades.instrument, trades.lots, trades.price))


def limits_and_orders(
    session: Session, setup: PoolSetup, population: Population, marks: Ints, random: np.random.Generator
) -> None:
    """Set the users' own caps and triggers; some leave orders in the book."""
    chosen = (population.leverage_rate > 0) | (population.trigger_ppb > 0)
    in_batches(
        session,
        commands.limits(population.traders[chosen], population.leverage_rate[chosen], population.trigger_ppb[chosen]),
    )
    for listing in setup.contracts():
        lots = population.position_lots[:, listing.number]
        own = population.ordered & (np.abs(lots) >= 10)
        # Half take profit above (below, if short), half would buy (sell) more below (above).
        adds = random.random(len(lots)) < 0.5
        part = np.where(adds, 0.2, 0.6) * random.uniform(0.3, 1.0, len(lots))
        signed = np.where(adds, 1, -1) * np.trunc(lots * part).astype(np.int64)
        away = -np.sign(signed) * random.uniform(0.005, 0.05, len(lots))
        prices = np.rint(marks[listing.number] * (1 + away)).astype(np.int64)
        own &= signed != 0
        in_batches(session, commands.reservations(population.traders[own], listing.number, signed[own], prices[own]))


def in_batches(session: Session, table: commands.Commands) -> Ints:
    """Send the table in parts; one result code per command."""
    codes = [session.send(table[start : start + BATCH]) for start in range(0, len(table), BATCH)]
    return np.concatenate(codes) if codes else np.zeros(0, np.int64)
