"""How one population comes to stand under other rules: the same traders, positions, entry prices and equity.

Positions are whole numbers of a grid every preset's lots divide. A *probe*, a pool of its own under the same rules in
which everybody has money to spare, says what each position needs and what opening it costs. Who does not have its
initial margin, or breaks another rule, is refused: that account stays in cash and out of the market. The others are
given what opening costs (fees differ by venue), so that afterwards everybody's equity is what was drawn.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

import numpy as np

from plimsoll.sim import commands
from plimsoll.sim.errors import SimulationError
from plimsoll.sim.listings import Listing, PoolSetup
from plimsoll.sim.population import STREAM, Population, PopulationConfig, random_of
from plimsoll.sim.population_entry import (
    Trades,
    in_batches,
    limits_and_orders,
    open_and_fund,
    opening_trades,
    send_trades,
)
from plimsoll.sim.session import Session
from plimsoll.sim.view import Flags
from plimsoll.units.codes import MARGIN_INITIAL_MUST_BE_COVERED, sentence
from plimsoll.units.tables import Ints

GRID_PER_COIN: Final = 10_000
"""Positions are whole multiples of a ten-thousandth of a coin, a whole number of lots under every preset."""
SPARE: Final = 3
"""In the probe everybody has this many times its positions' value more: no requirement is above twice the value."""
SPARE_MAKER: Final = 20
HELD_BACK: Final = 0.02
"""Of a maker's capital, deposited only after the opening trades, to the micro of what was drawn."""


@dataclass(frozen=True)
class Opening:
    """What a preset's rules make of the opening, by trader (place): who opens, and what that costs in micros."""

    opened: Flags
    cost: Ints
    holders: int
    """Traders who want a position at all."""
    refused: Mapping[str, int]
    """Traders refused, by the rule."""
    notional_micros: int
    notional_refused_micros: int
    initial_micros: int
    """Initial margin of everybody's position, those refused for it among them."""
    maintenance_micros: int


def comparable(config: PopulationConfig) -> PopulationConfig:
    """The same population in cash, without orders and caps: not every venue takes coins, and those bind margin too."""
    return replace(config, coin_share=0.0, order_share=0.0, cap_share=0.0)


def on_grid(population: Population, setup: PoolSetup) -> Population:
    """Positions cut to whole multiples of the grid; SimulationError where lots are coarser."""
    lots = population.position_lots.copy()
    for listing in setup.contracts():
        step = listing.lots_per_coin / GRID_PER_COIN
        if step.denominator == 1:
            lots[:, listing.number] = np.trunc(lots[:, listing.number] / int(step)).astype(np.int64) * int(step)
        elif (1 / step).denominator != 1:
            raise SimulationError(f"{listing.name}: its lots are no part of 1/{GRID_PER_COIN} of a coin")
    return replace(population, position_lots=lots)


def in_terms_of(population: Population, base: PoolSetup, setup: PoolSetup) -> Population:
    """The population in the instruments and lots of another pool that lists the same contracts."""
    names = {listing.name: listing for listing in setup.contracts()}
    lots = np.zeros((len(population.traders), len(setup.listings) + 1), np.int64)
    isolated = np.zeros_like(population.trader_isolated)
    for own in base.contracts():
        other = names[own.name]
        lots[:, other.number] = _converted(population.position_lots[:, own.number], own, other)
        isolated[population.trader_isolated == own.number] = other.number
    return replace(population, position_lots=lots, trader_isolated=isolated, asset_lots=np.zeros_like(lots))


def _converted(lots: Ints, own: Listing, other: Listing) -> Ints:
    ratio: Fraction = other.lots_per_coin / own.lots_per_coin
    scaled = lots * ratio.numerator
    if (scaled % ratio.denominator).any():
        raise SimulationError(f"{other.name}: lots of 1/{other.lots_per_coin} of a coin do not divide the positions")
    result: Ints = scaled // ratio.denominator
    return result


def probe(session: Session, setup: PoolSetup, population: Population, marks: Ints, *, seed: int) -> Opening:
    """Ask a pool that is open and priced, and used for nothing else, what opening would take."""
    trades = opening_trades(population, marks, random_of(seed, STREAM + 100))
    units = np.array([1, *(listing.unit for listing in setup.listings)], np.int64)
    value = np.abs(trades.lots) * (marks / units)[trades.instrument]
    notional = np.zeros(len(population.traders))
    np.add.at(notional, trades.trader, value)
    spare = (notional * SPARE).astype(np.int64) + 1_000_000
    rich = replace(
        population, trader_cash=population.trader_cash + spare, maker_cash=population.maker_cash * SPARE_MAKER
    )
    open_and_fund(session, setup, rich)
    codes = _dealt(session, rich, trades)
    equity, maintenance, initial = (np.asarray(column)[population.traders] for column in session.engine.sweep())
    broken = np.zeros(len(population.traders), np.int64)
    broken[trades.trader[codes != 0]] = codes[codes != 0]
    cost = population.trader_cash + spare - equity
    short = (broken == 0) & (initial > population.trader_cash)
    broken[short] = MARGIN_INITIAL_MUST_BE_COVERED
    wanted = notional > 0
    refused = wanted & (broken != 0)
    return Opening(
        opened=wanted & ~refused,
        cost=np.where(wanted & ~refused, cost, 0),
        holders=int(wanted.sum()),
        refused=dict(Counter(sentence(int(code)) for code in broken[refused])),
        notional_micros=round(float(notional.sum())),
        notional_refused_micros=round(float(notional[refused].sum())),
        initial_micros=int(initial.sum()),
        maintenance_micros=int(maintenance.sum()),
    )


def bring_in_opened(
    session: Session, setup: PoolSetup, population: Population, opening: Opening, marks: Ints, *, seed: int
) -> None:
    """Open every account; those who may, trade, after which their equity and the makers' is what was drawn."""
    random = random_of(seed, STREAM + 100)
    held_back = (population.maker_cash * HELD_BACK).astype(np.int64)
    funded = replace(
        population, trader_cash=population.trader_cash + opening.cost, maker_cash=population.maker_cash - held_back
    )
    open_and_fund(session, setup, funded)
    # Drawn for all, so that the same trader meets the same maker whoever else is refused.
    trades = opening_trades(population, marks, random)
    trades = trades.only(opening.opened[trades.trader])
    codes = _dealt(session, population, trades)
    if codes.any():
        count, rule = int((codes != 0).sum()), sentence(int(codes[codes != 0][0]))
        raise SimulationError(f"{setup.source}: {count} positions its probe let in were refused: {rule}")
    equity = np.asarray(session.engine.sweep()[0])[population.makers]
    missing = np.maximum(population.maker_cash - equity, 0)
    own = missing > 0
    in_batches(session, commands.deposits(population.makers[own], population.makers[own], missing[own]))
    limits_and_orders(session, setup, population.only(opening.opened), marks, random)


def _dealt(session: Session, population: Population, trades: Trades) -> Ints:
    """Fill the trades; one result code each. Whom one maker cannot deal with, the next one does, if any can.

    A maker's book is lopsided until the other side of the flow has come, and that is no rule of opening.
    """
    codes = send_trades(session, population, trades)
    for turn in range(1, len(population.makers)):
        left = np.array([sentence(int(code)).startswith("counterparty_") for code in codes], np.bool_)
        if not left.any():
            break
        again = trades.only(left)
        place = np.searchsorted(population.makers, again.maker) + turn
        other = population.makers[place % len(population.makers)]
        codes[left] = send_trades(session, population, again._replace(maker=other))
    return codes
