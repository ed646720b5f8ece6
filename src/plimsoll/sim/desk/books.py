"""Who the desk's accounts are and what they hold at the start: covered calls, hedged strangles, spreads, and makers.

Everything is traded by ordinary fills: options against the desk's makers, hedges against the pool's. Accounts come with
money to spare and, once they stand, take out what they do not need for margin.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from plimsoll.sim import commands
from plimsoll.sim.desk.config import DeskConfig
from plimsoll.sim.listings import Listing, PoolSetup
from plimsoll.sim.population import random_of
from plimsoll.sim.population_entry import in_batches
from plimsoll.sim.session import Session
from plimsoll.sim.view import Floats
from plimsoll.units.limits import PPB
from plimsoll.units.messages import COMMAND_PAY_WITHDRAWAL, MODE_PORTFOLIO, NAMED_PENDING, OPTION_CALL
from plimsoll.units.tables import Ints
from plimsoll.venue.records import records

STREAM: Final = 7
COVERED, SELLER, SPREAD, MAKER = 0, 1, 2, 3
KINDS: Final = ("covered calls", "hedged sellers", "spreads", "makers")
SPARE: Final = 4
MAKER_SPARE: Final = 2.0
OPENING_SPREAD: Final = 0.01


@dataclass(frozen=True)
class Leg:
    """Part of a book: lots of an option, bought or sold at the opening."""

    place: int
    instrument: int
    lots: int


@dataclass(frozen=True)
class Books:
    """The desk's accounts by place; makers come last. ``coins`` are lots of the coin kept as collateral."""

    rows: Ints
    kind: Ints
    size: Ints
    coins: Ints
    legs: tuple[Leg, ...]
    headroom: Floats

    @property
    def makers(self) -> Ints:
        """Account rows of those who take the other side."""
        result: Ints = self.rows[self.kind == MAKER]
        return result

    @property
    def hedged(self) -> Ints:
        """Account rows of those who keep their delta near nothing."""
        result: Ints = self.rows[(self.kind == SELLER) | (self.kind == MAKER)]
        return result


def draw_books(
    setup: PoolSetup, config: DeskConfig, accounts: int, first: int, mark: int, asset: Listing, *, seed: int
) -> Books:
    """Draw the desk for a population of so many accounts; its own rows begin at ``first``."""
    random = random_of(seed, STREAM)
    count = max(config.accounts_min, round(accounts * config.accounts_share))
    tokens = config.size_median * np.exp(config.size_spread * random.standard_normal(count))
    tokens = np.clip(tokens, config.size_min, config.size_max)
    # Whole hundredths of a coin.
    step = max(1, int(asset.lots_per_coin) // 100)
    size = np.maximum(np.floor(tokens * 1e6 * asset.unit / mark / step), 1).astype(np.int64) * step
    kind = np.searchsorted([config.covered_share, config.covered_share + config.sellers_share], random.random(count))
    series = _series(setup)
    legs = [leg for place in range(count) for leg in _book(place, int(kind[place]), int(size[place]), series, random)]
    total = count + config.makers
    return Books(
        np.arange(first, first + total, dtype=np.int64),
        np.concatenate([kind, np.full(config.makers, MAKER)]).astype(np.int64),
        np.concatenate([size, np.full(config.makers, int(size.sum()) // config.makers)]),
        np.concatenate([np.where(kind == COVERED, size, 0), np.zeros(config.makers, np.int64)]),
        tuple(legs),
        random.uniform(config.headroom_min, config.headroom_max, total),
    )


def _series(setup: PoolSetup) -> list[tuple[list[Listing], list[Listing]]]:
    """(calls, puts) of each expiry, by strike."""
    found = []
    for group in sorted({one.row["risk_group"] for one in setup.options()}):
        own = [one for one in setup.options() if one.row["risk_group"] == group]
        own.sort(key=lambda one: one.row["strike"])
        calls = [one for one in own if one.row["option_type"] == OPTION_CALL]
        found.append((calls, [one for one in own if one.row["option_type"] != OPTION_CALL]))
    return found


def _book(
    place: int,
    kind: int,
    size: int,
    series: list[tuple[list[Listing], list[Listing]]],
    random: np.random.Generator,
) -> list[Leg]:
    calls, puts = series[int(random.integers(len(series)))]
    middle, top = len(calls) // 2, len(calls) - 1
    near = 1 + int(random.integers(2))
    up, down = min(middle + near, top), max(middle - near, 0)
    if kind == COVERED:
        return [Leg(place, calls[up].number, -size)]
    if kind == SELLER:
        return [Leg(place, puts[down].number, -size), Leg(place, calls[up].number, -size)]
    shape = int(random.integers(3))
    if shape == 0:
        return [Leg(place, puts[middle].number, size), Leg(place, puts[down].number, -size)]
    if shape == 1:
        return [Leg(place, calls[middle].number, size), Leg(place, calls[up].number, -size)]
    (week, _), (month, _) = series[0], series[-1]
    return [Leg(place, month[middle].number, size), Leg(place, week[middle].number, -size)]


def bring_in_desk(
    session: Session, books: Books, asset: Listing, perp: Listing, pool_makers: Ints, *, seed: int
) -> None:
    """Open the desk's accounts, trade their books and their hedges, and take out what margin does not need."""
    random = random_of(seed, STREAM + 100)
    mark = int(session.engine.pool.instruments[asset.number]["mark"])
    rows = books.rows
    worth = (books.size.astype(np.float64) * mark / asset.unit).astype(np.int64)
    spare = np.where(books.kind == MAKER, worth * MAKER_SPARE, worth * SPARE).astype(np.int64) + 1_000_000
    in_batches(session, commands.open_accounts(rows, rows, mode=MODE_PORTFOLIO))
    in_batches(session, commands.deposits(rows, rows, spare))
    holds = books.coins > 0
    in_batches(session, commands.asset_deposits(rows[holds], rows[holds], asset.number, books.coins[holds]))
    _trade_options(session, books, random)
    # The tables are asked for anew: opening accounts may have moved them to larger ones.
    hedge = -np.rint(deltas(session.engine.pool, rows, perp)).astype(np.int64)
    hedge[(books.kind != SELLER) & (books.kind != MAKER)] = 0
    own = hedge != 0
    price = np.rint(mark * (1 + np.sign(hedge[own]) * 0.0002)).astype(np.int64)
    maker = random.choice(pool_makers, int(own.sum()))
    in_batches(session, commands.fills(rows[own], maker, perp.number, hedge[own], price))
    _take_out(session, books)


def _trade_options(session: Session, books: Books, random: np.random.Generator) -> None:
    pool = session.engine.pool
    # What is bought comes first, so that what is sold is already hedged.
    legs = sorted(books.legs, key=lambda leg: leg.lots < 0)
    place = np.array([leg.place for leg in legs], np.int64)
    instrument = np.array([leg.instrument for leg in legs], np.int64)
    lots = np.array([leg.lots for leg in legs], np.int64)
    marks = np.asarray(pool.instruments["mark"])[instrument]
    prices = np.maximum(np.rint(marks * (1 + np.sign(lots) * OPENING_SPREAD)), 1).astype(np.int64)
    maker = random.choice(books.makers, len(legs))
    in_batches(session, commands.fills(books.rows[place], maker, instrument, lots, prices))


def _take_out(session: Session, books: Books) -> None:
    equity, _, initial = (np.asarray(column)[books.rows] for column in session.engine.sweep())
    cash = np.asarray(session.engine.pool.accounts["cash"])[books.rows]
    excess = np.minimum(equity - (initial * books.headroom).astype(np.int64), cash)
    own = excess > 1_000_000
    in_batches(session, commands.withdrawals(books.rows[own], excess[own]))
    pending = int(session.engine.pool.accounts[NAMED_PENDING]["cash"])
    if pending > 0:
        session.send(records(COMMAND_PAY_WITHDRAWAL, amount=pending))


def deltas(pool: Any, rows: Ints, perp: Listing) -> Floats:
    """Lots of the underlying each account is long, all it holds of the class together."""
    count = int(pool.totals[0]["instruments"])
    risks = np.asarray(pool.risks[:count])
    linear = np.asarray(pool.instruments[:count])["risk_class"] == perp.row["risk_class"]
    slope = np.where(risks["option_type"] > 0, risks["delta"] / PPB, 1.0) * linear
    result: Floats = held_lots(pool, rows, count) @ slope
    return result


def held_lots(pool: Any, rows: Ints, count: int) -> Floats:
    """Lots [account, instrument] of the rows."""
    counts = np.asarray(pool.accounts["count"])[rows]
    starts = np.asarray(pool.accounts["start"])[rows]
    place = np.repeat(np.arange(len(rows)), counts)
    offsets = np.arange(len(place)) - np.repeat(np.cumsum(counts) - counts, counts)
    held = np.asarray(pool.holdings)[np.repeat(starts, counts) + offsets]
    lots = np.zeros((len(rows), count))
    lots[place, held["instrument"]] = held["lots"]
    return lots
