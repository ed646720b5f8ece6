"""A seeded population: who trades, with how much, on which side, how highly geared.

The picture is that of early 2020. Sizes are lognormal (many small accounts, few large ones, the large ones less
geared); gearing lies between 2x and 25x, most of it at 5x to 20x; the public is net long, and a few dozen well
capitalised market makers hold the other side, because every fill has two sides. A quarter of the accounts are isolated
(one contract only), a fifth of the others keep part of their collateral in coins, some set a leverage cap or a trigger
of their own, some leave orders in the book.

How it enters the pool is in ``population_entry``.
"""

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from plimsoll.sim.errors import SimulationError
from plimsoll.sim.listings import Listing, PoolSetup
from plimsoll.sim.view import Flags, Floats, requirement
from plimsoll.units.limits import PPB
from plimsoll.units.messages import MODE_STANDARD, NAMED_COUNT
from plimsoll.units.tables import Ints

STREAM: Final = 2
"""Every actor draws from its own stream of the seed."""
INITIAL_USE_MAX: Final = 0.92
"""Nobody opens with more than this share of equity bound as initial margin."""


@dataclass(frozen=True)
class PopulationConfig:
    """Shape of the population. Shares are of 1, amounts in tokens; ``leverage`` pairs gearing with its weight."""

    accounts: int = 10_000
    makers: int = 24
    liquidators: int = 8
    equity_median: float = 900.0
    equity_spread: float = 1.6
    equity_min: float = 40.0
    equity_max: float = 2_000_000.0
    long_share: float = 0.62
    isolated_share: float = 0.25
    both_share: float = 0.20
    hedged_share: float = 0.25
    coin_share: float = 0.20
    cap_share: float = 0.20
    trigger_share: float = 0.15
    order_share: float = 0.10
    leverage: tuple[tuple[float, float], ...] = field(
        default=((2, 0.08), (3, 0.11), (5, 0.20), (8, 0.15), (10, 0.19), (15, 0.12), (20, 0.10), (25, 0.05))
    )
    maker_capital: float = 0.16
    """Capital of all makers together, as a share of the public's gross notional."""
    liquidator_capital: float = 0.005


@dataclass(frozen=True)
class Population:
    """Who is who (account rows) and what the public starts with; arrays in ``traders`` order."""

    makers: Ints
    liquidators: Ints
    traders: Ints
    trader_owner: Ints
    trader_isolated: Ints
    trader_leverage: Floats
    trader_equity: Ints
    trader_cash: Ints
    asset_lots: Ints
    position_lots: Ints
    leverage_rate: Ints
    trigger_ppb: Ints
    ordered: Flags
    maker_cash: Ints
    liquidator_cash: Ints
    trader_mode: Ints
    """Margin modes, where the pool's own mode does not decide for all."""

    @property
    def size(self) -> int:
        """All accounts of owners."""
        return len(self.makers) + len(self.liquidators) + len(self.traders)

    def only(self, chosen: Flags) -> "Population":
        """The same makers and liquidators with some of the traders, chosen by place."""
        return replace(self, **{name: getattr(self, name)[chosen] for name in OF_TRADERS})


OF_TRADERS: Final = (
    "traders",
    "trader_owner",
    "trader_isolated",
    "trader_leverage",
    "trader_equity",
    "trader_cash",
    "asset_lots",
    "position_lots",
    "leverage_rate",
    "trigger_ppb",
    "ordered",
    "trader_mode",
)


def random_of(seed: int, stream: int) -> np.random.Generator:
    """The generator of one actor: PCG64 of the seed and the actor's stream."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, stream])))


def draw_population(config: PopulationConfig, setup: PoolSetup, marks: Ints, *, seed: int) -> Population:
    """Draw everyone, given marks by instrument number (0 is the settlement token)."""
    count = config.accounts - config.makers - config.liquidators
    if config.makers < 2 or config.liquidators < 0 or count < 1:
        raise SimulationError(f"{config.accounts} accounts leave no public beside makers and liquidators")
    random = random_of(seed, STREAM)
    rows = np.arange(NAMED_COUNT, NAMED_COUNT + config.accounts, dtype=np.int64)
    makers, liquidators, traders = np.split(rows, [config.makers, config.makers + config.liquidators])
    equity = np.clip(
        config.equity_median * np.exp(config.equity_spread * random.standard_normal(count)),
        config.equity_min,
        config.equity_max,
    )
    equity = np.floor(equity * 100) * 10_000
    leverage = _leverage(config, random, equity / (config.equity_median * 1e6))
    isolated = random.random(count) < config.isolated_share
    contracts = setup.contracts()
    first = _pick(contracts, random, count)
    cash, asset_lots, counted = _collateral(config, setup, marks, random, equity, isolated)
    positions = _positions(config, setup, marks, random, counted * leverage, first, isolated)
    positions = _within_margin(setup, marks, positions, counted)
    owner = np.where(isolated, _main_owner(random, traders, isolated), traders)
    gross, net = _gross_and_net(setup, marks, positions)
    if len(contracts) and gross == 0:
        raise SimulationError("the public holds nothing: its accounts are too small for the instruments")
    capital = max(config.maker_capital * gross, 0.8 * net)
    return Population(
        makers,
        liquidators,
        traders,
        owner,
        np.where(isolated, np.array([listing.number for listing in contracts])[first], 0),
        leverage,
        equity.astype(np.int64),
        cash,
        asset_lots,
        positions,
        _caps(config, random, leverage),
        np.where(
            random.random(count) < config.trigger_share, np.rint(random.uniform(1.2, 2.5, count) * 20) * (PPB // 20), 0
        ).astype(np.int64),
        random.random(count) < config.order_share,
        _shared(random, capital, config.makers),
        _shared(random, config.liquidator_capital * gross, config.liquidators),
        np.full(count, MODE_STANDARD, np.int64),
    )


def _leverage(config: PopulationConfig, random: np.random.Generator, size: Floats) -> Floats:
    """Gearing of each trader: the drawn one, lower for the large (a tenth of the gearing per doubling)."""
    values = np.array([value for value, _ in config.leverage])
    weights = np.array([weight for _, weight in config.leverage])
    drawn = random.choice(values, len(size), p=weights / weights.sum())
    jitter = random.uniform(0.85, 1.0, len(size))
    result: Floats = np.maximum(drawn * jitter * np.maximum(size, 1.0) ** -0.15, 1.0)
    return result


def _pick(listings: tuple[Listing, ...], random: np.random.Generator, count: int) -> Ints:
    """Positions in ``listings`` by popularity."""
    weights = np.array([listing.popularity for listing in listings])
    weights = weights if weights.sum() > 0 else np.ones(len(listings))
    return random.choice(len(listings), count, p=weights / weights.sum()).astype(np.int64)


def _collateral(
    config: PopulationConfig,
    setup: PoolSetup,
    marks: Ints,
    random: np.random.Generator,
    equity: Floats,
    isolated: Flags,
) -> tuple[Ints, Ints, Floats]:
    """Cash, asset lots [trader, instrument], and the equity that counts after haircuts (all micros but the lots)."""
    count = len(equity)
    asset_lots = np.zeros((count, len(marks)), np.int64)
    assets = setup.assets()
    holds = (random.random(count) < config.coin_share) & ~isolated
    share = random.uniform(0.3, 0.9, count)
    which = _pick(assets, random, count) if assets else np.zeros(count, np.int64)
    in_coins = np.zeros(count)
    counted = equity.copy()
    for place, listing in enumerate(assets):
        own = holds & (which == place)
        lots = np.floor(equity * share * listing.unit / marks[listing.number])
        lots = np.where(own, np.minimum(lots, listing.row["lots_max"]), 0)
        value = lots * marks[listing.number] / listing.unit
        # A deposit of less than a few tokens is below the smallest one allowed.
        lots = np.where(value >= 10 * setup.policy["deposit_notional_min"], lots, 0)
        value = np.where(lots > 0, value, 0)
        asset_lots[:, listing.number] = lots.astype(np.int64)
        in_coins += value
        counted -= value * listing.row["rate_initial"] / PPB
    cash = np.floor((equity - in_coins) / 10_000) * 10_000
    return np.maximum(cash, 10_000).astype(np.int64), asset_lots, counted


def _positions(
    config: PopulationConfig,
    setup: PoolSetup,
    marks: Ints,
    random: np.random.Generator,
    notional: Floats,
    first: Ints,
    isolated: Flags,
) -> Ints:
    """Signed lots [trader, instrument] before the margin rule has been looked at."""
    count = len(notional)
    contracts = setup.contracts()
    side = np.where(random.random(count) < config.long_share, 1, -1)
    both = (random.random(count) < config.both_share) & ~isolated & (len(contracts) > 1)
    split = np.where(both, random.uniform(0.4, 0.8, count), 1.0)
    second_side = np.where(random.random(count) < config.hedged_share, -side, side)
    positions = np.zeros((count, len(marks)), np.int64)
    for place, listing in enumerate(contracts):
        other = both & ((first + 1) % len(contracts) == place)
        part = np.where(first == place, side * split, 0.0) + np.where(other, second_side * (1 - split), 0.0)
        lots = np.trunc(part * notional * listing.unit / marks[listing.number])
        limit = 0.9 * listing.row["lots_max"]
        lots = np.clip(lots, -limit, limit)
        value = np.abs(lots) * marks[listing.number] / listing.unit
        positions[:, listing.number] = np.where(value >= 2 * listing.row["notional_min"], lots, 0).astype(np.int64)
    return positions


def _within_margin(setup: PoolSetup, marks: Ints, positions: Ints, counted: Floats) -> Ints:
    """Positions scaled down where the initial margin of the larger ones would not be covered.

    The requirement is convex in size and 0 at 0, so scaling by (allowed / required) is enough.
    """
    required = np.zeros(len(counted))
    fees = np.zeros(len(counted))
    for listing in setup.contracts():
        lots = positions[:, listing.number]
        notional = np.abs(lots) * marks[listing.number] / listing.unit
        required += requirement(listing, notional, lots, "initial")
        fees += notional * (listing.row["fee_taker"] / PPB + 0.0005)
    allowed = np.maximum(INITIAL_USE_MAX * counted, 0)
    factor = np.minimum(1.0, allowed / np.maximum(required + fees, 1.0))
    result: Ints = np.trunc(positions * factor[:, None]).astype(np.int64)
    return result


def _main_owner(random: np.random.Generator, traders: Ints, isolated: Flags) -> Ints:
    """An isolated account belongs to the owner of some other one, half the time to nobody else's."""
    mains = traders[~isolated]
    if not len(mains):
        return traders
    shared = random.random(len(traders)) < 0.5
    return np.where(shared, random.choice(mains, len(traders)), traders)


def _caps(config: PopulationConfig, random: np.random.Generator, leverage: Floats) -> Ints:
    """Users' own leverage caps, a third above what they use, as the rate ceil(ppb / leverage)."""
    capped = random.random(len(leverage)) < config.cap_share
    cap = np.ceil(leverage * 1.34)
    return np.where(capped, np.ceil(PPB / cap), 0).astype(np.int64)


def _gross_and_net(setup: PoolSetup, marks: Ints, positions: Ints) -> tuple[float, float]:
    gross = net = 0.0
    for listing in setup.contracts():
        value = positions[:, listing.number] * float(marks[listing.number]) / listing.unit
        gross += float(np.abs(value).sum())
        net += abs(float(value.sum()))
    return gross, net


def _shared(random: np.random.Generator, micros: float, count: int) -> Ints:
    """An amount split unevenly among ``count``, whole tokens each."""
    weights = random.uniform(0.5, 1.5, count)
    shares = micros * weights / max(weights.sum(), 1e-9)
    result: Ints = np.maximum(np.rint(shares / 1e6), 1).astype(np.int64) * 1_000_000
    return result
