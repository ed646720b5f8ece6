"""What is drawn for a world before anything happens: its pool, its people, its prices and what will go wrong.

Two worlds of one seed are the same; a config with fewer blocks, people or faults is a smaller world of the same seed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from plimsoll.sim.errors import SimulationError
from plimsoll.sim.world.chain import CLASS, Chain, draw_chain, fitted
from plimsoll.sim.world.curves import RANGES, draw_curve
from plimsoll.sim.world.listing import Listed, Terms, draw_row
from plimsoll.sim.world.paths import PATHS, PathTerms
from plimsoll.sim.world.policy import draw_policy
from plimsoll.sim.world.pots import Pot, draw_pots
from plimsoll.sim.world.streams import Random, between, chance, log_between, pick, stream, whole
from plimsoll.units.limits import MICROS_PER_TOKEN
from plimsoll.units.messages import ADL_QUEUE, KIND_ASSET, KIND_FUTURE, KIND_PERP, POT_AMM, POT_BACKSTOP, POT_TRANCHE

MIDNIGHT_MS: Final = 18_519 * 86_400_000
"""A day begins somewhere in every world: what is counted by day starts anew."""
CHAIN_CHANCE: Final = 0.65
ACCOUNTS: Final = (30, 140)
BLOCKS: Final = (60, 300)
SYMBOLS: Final = ("BTC", "ETH", "SOL")
DUST_ASSETS: Final = 70
STABLE: Final = len(SYMBOLS)
"""The coin of an asset whose price hardly moves: a second token of a dollar."""

EVENTS: Final = (
    "halt",
    "spike",
    "zero",
    "frozen",
    "hack",
    "tighten",
    "dust",
    "unsolicited",
    "new_listing",
    "delist",
    "wash",
)
"""What may happen to a world in a block of its own (``happenings``)."""

RARE_EVENTS: Final = ("wash",)

ORACLE_FAULTS: Final = ("stale", "wrong", "doubtful", "few_sources", "late")
DELIVERY_FAULTS: Final = ("lost", "duplicated", "reordered", "congested", "retried")

CROWD: Final[Mapping[str, float]] = {
    "trend": 5,
    "noise": 6,
    "hedger": 4,
    "basis": 2,
    "whale": 1,
    "saver": 3,
    "sniper": 1,
    "twin": 4,
    "splitter": 2,
    "manipulator": 0.7,
    "writer": 5,
    "gambler": 5,
    "borrower": 3,
    "staker": 4,
    "provider": 2,
    "arbitrageur": 2,
    "sealed": 5,
    "slicer": 2,
    "keeper": 2,
}
"""How many accounts of each kind there are, relative to each other; makers and liquidators are counted apart."""


@dataclass(frozen=True)
class WorldConfig:
    """Everything drawn from the seed. ``wealth`` is what an ordinary account has, in micros."""

    blocks: int
    block_ms: int
    wealth: int
    prices: tuple[float, ...]
    path: str
    path_terms: PathTerms
    policy: Mapping[str, int]
    listings: tuple[Listed, ...]
    chain: Chain | None
    crowd: Mapping[str, int]
    fund: int
    backstop: int
    depth: float
    nerve: float
    activity: float
    ticks_twice: bool
    careless: float
    depeg: tuple[int, float] | None
    events: tuple[tuple[int, str], ...]
    oracle: Mapping[str, float]
    delivery: Mapping[str, float]
    start_ms: int
    pots: tuple[Pot, ...]
    curves: Mapping[int, tuple[int, ...]]
    dust_assets: int = field(default=0)

    @classmethod
    def draw(cls, seed: int, candles: Path | None = None) -> "WorldConfig":
        """The config of a seed; with ``candles`` its path is put together from the returns in that file."""
        if seed < 0:
            raise SimulationError(f"a seed is 0 or more, not {seed}")
        random = stream(seed, "config")
        blocks, block_ms = whole(random, *BLOCKS), round(log_between(random, 1_000, 300_000))
        wealth = round(log_between(random, 200, 2_000_000) * MICROS_PER_TOKEN)
        terms = _path_terms(random, blocks, candles)
        names = tuple(PATHS)
        path = "bootstrap" if candles is not None else names[whole(random, 0, len(names) - 1)]
        prices = (*(wealth * log_between(random, 0.0005, 0.3) for _ in SYMBOLS), float(MICROS_PER_TOKEN))
        start_ms = MIDNIGHT_MS - round(blocks * block_ms * between(random, 0.1, 0.9))
        clock = (start_ms, blocks, block_ms)
        listings, chain = _draw_listings(stream(seed, "listings"), prices, wealth, clock, terms)
        crowd = _draw_crowd(stream(seed, "crowd"), chain is not None)
        money = wealth * sum(crowd.values())
        policy = draw_policy(stream(seed, "policy"), block_ms)
        dust_assets = DUST_ASSETS if chance(random, 0.08) else 0
        if dust_assets:
            policy["deposit_notional_min"] = 0
        return cls(
            blocks=blocks,
            block_ms=block_ms,
            wealth=wealth,
            prices=prices,
            path=path,
            path_terms=terms,
            policy=policy,
            listings=listings,
            chain=chain,
            crowd=crowd,
            fund=round(money * pick(random, (0.0, 0.0, 0.001, 0.01, 0.05, 0.2))),
            backstop=round(money * pick(random, (0.0, 0.01, 0.05, 0.2))),
            depth=log_between(random, 2, 40),
            nerve=between(random, 0.5, 1.0),
            activity=between(random, 0.05, 0.4),
            ticks_twice=chance(random, 0.7),
            careless=pick(random, (0.5, 1.0, 3.0)),
            depeg=(whole(random, 5, blocks - 10), between(random, 0.03, 0.5)) if chance(random, 0.25) else None,
            events=_draw_events(stream(seed, "events"), blocks),
            oracle=_draw_rates(stream(seed, "oracle"), ORACLE_FAULTS, 0.03),
            delivery=_draw_rates(stream(seed, "delivery"), DELIVERY_FAULTS, 0.03),
            start_ms=start_ms,
            pots=draw_pots(stream(seed, "pots"), listings, wealth, block_ms),
            curves=_draw_curves(stream(seed, "curves"), block_ms),
            dust_assets=dust_assets,
        )

    def describe(self) -> list[str]:
        """The world in sentences."""
        lines = [
            f"{self.blocks} blocks of {self.block_ms / 1000:g} s; an account has about "
            f"{self.wealth / MICROS_PER_TOKEN:,.0f} tokens.",
            f"{sum(self.crowd.values())} accounts: "
            + ", ".join(f"{count} {name}" for name, count in self.crowd.items() if count)
            + ".",
            f"Prices follow {self.path}"
            + (
                f", the worst from block {self.path_terms.shock_block} ({self.path_terms.shock_depth:.0%})."
                if self.path in ("flash", "herd")
                else "."
            ),
            "Listed: " + ", ".join(one.name for one in self.listings) + ".",
            f"The fund starts with {self.fund / MICROS_PER_TOKEN:,.0f} tokens, the backstop with "
            f"{self.backstop / MICROS_PER_TOKEN:,.0f}; deleveraging "
            + ("by queue." if self.policy["adl"] == ADL_QUEUE else "pro rata."),
        ]
        if self.chain is not None:
            lines.append(f"A risk class over {self.listings[self.chain.underlying - 1].name}, with portfolio accounts.")
        tranches = sum(pot.kind == POT_TRANCHE for pot in self.pots)
        amms = sum(pot.kind == POT_AMM for pot in self.pots)
        own = " and the backstop's own pot" if any(pot.kind == POT_BACKSTOP for pot in self.pots) else ""
        lines.append(f"{tranches} tranches of the insurance, {amms} AMMs{own}.")
        if self.dust_assets:
            lines.append(f"{self.dust_assets} worthless assets are listed beside the others.")
        if self.depeg is not None:
            lines.append(f"From block {self.depeg[0]} the settlement token loses {self.depeg[1]:.0%} of its price.")
        lines += [f"Block {block}: {event}." for block, event in self.events]
        faults = {name: rate for name, rate in {**self.oracle, **self.delivery}.items() if rate > 0}
        if faults:
            lines.append("Faults: " + ", ".join(f"{name} {rate:.1%}" for name, rate in faults.items()) + ".")
        return lines


def _path_terms(random: Random, blocks: int, candles: Path | None) -> PathTerms:
    travel = log_between(random, 0.05, 0.7)
    volatility = tuple(float(travel * factor / np.sqrt(blocks)) for factor in random.uniform(0.6, 1.6, len(SYMBOLS)))
    shock = whole(random, blocks // 5, 4 * blocks // 5)
    return PathTerms(volatility, between(random, 0.1, 0.9), shock, between(random, 0.2, 0.7), candles)


def _draw_crowd(random: Random, options: bool) -> dict[str, int]:
    total = round(log_between(random, *ACCOUNTS))
    makers, liquidators = 2 + total // 30, whole(random, 1, 2 + total // 25)
    left = total - makers - liquidators
    weights = {name: weight * between(random, 0.2, 1.8) for name, weight in CROWD.items()}
    if not options:
        weights |= {"writer": 0.0, "gambler": 0.0}
    sum_of = sum(weights.values())
    counts = {name: int(left * weight / sum_of) for name, weight in weights.items()}
    counts["noise"] += left - sum(counts.values())
    return {"maker": makers, "liquidator": liquidators, **counts}


def _draw_curves(random: Random, block_ms: int) -> dict[int, tuple[int, ...]]:
    return {number: tuple(draw_curve(random, number, block_ms)) for number in RANGES}


def _draw_events(random: Random, blocks: int) -> tuple[tuple[int, str], ...]:
    found = []
    for event in EVENTS:
        often = 0.05 if event in RARE_EVENTS else 0.5
        for _ in range(int(chance(random, often)) + int(chance(random, often / 5))):
            found.append((whole(random, 3, blocks - 3), event))
    return tuple(sorted(found))


def _draw_rates(random: Random, names: tuple[str, ...], most: float) -> dict[str, float]:
    """Half the faults of a kind do not happen at all in a world, the others now and then."""
    return {name: between(random, 0.1, 1) * most if chance(random, 0.5) else 0.0 for name in names}


def _draw_listings(
    random: Random, prices: tuple[float, ...], wealth: int, clock: tuple[int, int, int], path: PathTerms
) -> tuple[tuple[Listed, ...], Chain | None]:
    start_ms, blocks, block_ms = clock

    def terms(coin: int) -> Terms:
        volatility = (*path.volatility, 0.0)[coin]
        return Terms(prices[coin], wealth, block_ms, blocks, start_ms, volatility)

    perps = whole(random, 1, 3)
    listings = [
        Listed(f"{SYMBOLS[coin]}-PERP", coin, draw_row(random, KIND_PERP, terms(coin))) for coin in range(perps)
    ]
    for _ in range(0 if chance(random, 0.1) else whole(random, 1, 2)):
        coin = STABLE if chance(random, 0.3) else whole(random, 0, perps - 1)
        name = f"{(*SYMBOLS, 'STABLE')[coin]}-{len(listings) + 1}"
        listings.append(Listed(name, coin, draw_row(random, KIND_ASSET, terms(coin))))
    if chance(random, 0.6):
        coin = whole(random, 0, perps - 1)
        basis = between(random, -0.0005, 0.0005)
        listings.append(Listed(f"{SYMBOLS[coin]}-FUT", coin, draw_row(random, KIND_FUTURE, terms(coin)), basis))
    if not chance(random, CHAIN_CHANCE):
        return tuple(listings), None
    first = listings[0]
    row = fitted(first.row, round(prices[0]))
    listings[0] = Listed(first.name, 0, row)
    chain, options = draw_chain(random, listings[0], 1, terms(0), path.volatility[0])
    return (*listings, *options), chain


def members_of(config: WorldConfig) -> tuple[int, ...]:
    """Numbers of the linear instruments that belong to the class."""
    linear = (KIND_PERP, KIND_FUTURE, KIND_ASSET)
    rows = enumerate(config.listings, start=1)
    return tuple(number for number, one in rows if one.row["risk_class"] == CLASS and one.kind in linear)
