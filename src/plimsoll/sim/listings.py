"""The pool a replay runs: its instruments and policy, read from a TOML file in human units, turned into integers here.

Decimals end in this module. A value that is no whole number of its unit (0.0000005 of a lot, half a micro) is refused
by key; whether the numbers make a sound listing is the engine's to decide.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import Any, Final

import numpy as np

from plimsoll.book.parameters import LISTING_BOUNDS, POLICY_BOUNDS
from plimsoll.book.rows import ListingRow, PolicyRow
from plimsoll.sim.bars import PRICE_E8, time_ms_of
from plimsoll.sim.errors import PoolFileError
from plimsoll.units.limits import MICROS_PER_TOKEN, PPB
from plimsoll.units.messages import ADL_PRO_RATA, ADL_QUEUE, KIND_ASSET, KIND_FUTURE, KIND_PERP
from plimsoll.units.tables import Ints

DEFAULT_POOL: Final = "default_pool.toml"
KINDS: Final = {"asset": KIND_ASSET, "perp": KIND_PERP, "future": KIND_FUTURE}
ADL: Final = {"queue": ADL_QUEUE, "pro_rata": ADL_PRO_RATA}

FRACTION, TOKENS, SECONDS, COUNT, COINS, PRICE = "fraction", "tokens", "seconds", "count", "coins", "price"

POLICY_UNITS: Final = {
    "call_buffer": FRACTION,
    "call_deadline": SECONDS,
    "exit_buffer": FRACTION,
    "backstop_after": SECONDS,
    "backstop_ratio": FRACTION,
    "fund_share": FRACTION,
    "profit_haircut": FRACTION,
    "depeg_threshold": FRACTION,
    "depeg_factor": FRACTION,
    "gap_max": SECONDS,
    "grace": SECONDS,
    "accounts_per_tick": COUNT,
    "steps_per_tick": COUNT,
    "settlements_per_tick": COUNT,
    "deposit_notional_min": TOKENS,
    "class_offset": FRACTION,
    "slice_discount": FRACTION,
}

LISTING_UNITS: Final = {
    "mark_max": PRICE,
    "lots_max": COINS,
    "open_lots_max": COINS,
    "notional_min": TOKENS,
    "backstop_lots_max": COINS,
    "rate_initial": FRACTION,
    "rate_maintenance": FRACTION,
    "slope_initial": FRACTION,
    "slope_maintenance": FRACTION,
    "root_base_initial": FRACTION,
    "root_base_maintenance": FRACTION,
    "root_factor_initial": COUNT,
    "root_factor_maintenance": COUNT,
    "open_interest_lower": TOKENS,
    "open_interest_upper": TOKENS,
    "confidence_factor": FRACTION,
    "fee_maker": FRACTION,
    "fee_taker": FRACTION,
    "fee_liquidation": FRACTION,
    "fee_backstop": FRACTION,
    "band": FRACTION,
    "age_fill_max": SECONDS,
    "age_margin_max": SECONDS,
    "sources_min": COUNT,
    "confidence_max": FRACTION,
    "volatility_max": FRACTION,
    "volatility_window": SECONDS,
    "funding_interval": SECONDS,
    "funding_rate_max": FRACTION,
    "funding_interest": FRACTION,
    "settlement_window": SECONDS,
    "confidence_threshold": FRACTION,
}

_MULTIPLIERS: Final = {FRACTION: PPB, TOKENS: MICROS_PER_TOKEN, SECONDS: 1000, COUNT: 1}


@dataclass(frozen=True)
class Listing:
    """An instrument of the replay: its integers for the engine (``row``) and how its human units become integers."""

    number: int
    name: str
    kind: int
    symbol: str
    prices: tuple[str, ...]
    popularity: float
    lots_per_coin: Fraction
    unit: int
    row: Mapping[str, int]

    @property
    def coins_per_unit(self) -> Fraction:
        """Coins in 10^scale lots, the quantity a mark is the value of."""
        return self.unit / self.lots_per_coin

    def marks(self, prices_e8: Ints) -> Ints:
        """Marks (micros per unit) of prices in 1e-8 per coin, rounded down; a price of 0 stays 0."""
        ratio = self.coins_per_unit * MICROS_PER_TOKEN / PRICE_E8
        largest = int(prices_e8.max()) if prices_e8.size else 0
        if largest * ratio.numerator >= 2**63:
            raise PoolFileError(f"{self.name}: lots of 1/{self.lots_per_coin} are too coarse for its prices")
        return prices_e8 * ratio.numerator // ratio.denominator

    def price(self, mark: int) -> float:
        """The price per coin of a mark, for people."""
        return float(mark / self.coins_per_unit / MICROS_PER_TOKEN)

    def coins(self, lots: int) -> float:
        """Coins of so many lots, for people."""
        return float(lots / self.lots_per_coin)

    def payload(self) -> Ints:
        """The canonical payload of ``list_instrument``."""
        return np.array([self.row[name] for name in ListingRow.__annotations__], np.int64)


@dataclass(frozen=True)
class PoolSetup:
    """Everything a replay needs to open a pool: policy, listings, and what fund and backstop start with (micros)."""

    name: str
    settlement: str
    source: str
    policy: Mapping[str, int]
    listings: tuple[Listing, ...]
    fund_micros: int
    backstop_micros: int
    notes: tuple[str, ...] = ()

    def contracts(self) -> tuple[Listing, ...]:
        """Listings that are traded."""
        return tuple(listing for listing in self.listings if listing.kind != KIND_ASSET)

    def assets(self) -> tuple[Listing, ...]:
        """Listings that are kept as collateral."""
        return tuple(listing for listing in self.listings if listing.kind == KIND_ASSET)

    def for_symbols(self, symbols: Sequence[str]) -> "PoolSetup":
        """Only the listings that have a price among ``symbols``, numbered anew; PoolFileError when none is traded."""
        kept: list[Listing] = []
        for listing in self.listings:
            symbol = next((symbol for symbol in symbols if symbol in listing.prices), None)
            if symbol is not None:
                kept.append(replace(listing, number=len(kept) + 1, symbol=symbol))
        used = {listing.symbol for listing in kept}
        ignored = [symbol for symbol in symbols if symbol not in used]
        result = replace(self, listings=tuple(kept))
        if not result.contracts():
            known = ", ".join(dict.fromkeys(name for listing in self.listings for name in listing.prices[:1]))
            raise PoolFileError(f"{self.source}: no contract is priced by {', '.join(symbols)}; it knows: {known}")
        if ignored:
            result = replace(result, notes=(*self.notes, f"Not listed, so not used: {', '.join(ignored)}."))
        return result

    def for_step(self, step_ms: int) -> "PoolSetup":
        """The same pool with ages and gaps wide enough for the replay's step, noted where that changes anything."""
        widened = set()
        policy = dict(self.policy)
        if policy["gap_max"] < 2 * step_ms:
            policy["gap_max"] = 2 * step_ms
            widened.add("gap_max")
        listings = []
        for listing in self.listings:
            row = dict(listing.row)
            for name in ("age_fill_max", "age_margin_max"):
                if row[name] < 2 * step_ms:
                    row[name] = 2 * step_ms
                    widened.add(name)
            listings.append(replace(listing, row=row))
        notes = self.notes
        if widened:
            wide = f"{', '.join(sorted(widened))} widened to {2 * step_ms / 1000:g} s"
            notes = (*notes, f"{wide}: a step is {step_ms / 1000:g} s.")
        return replace(self, policy=policy, listings=tuple(listings), notes=notes)


def load_pool(path: Path | None = None) -> PoolSetup:
    """The pool of a TOML file, or the one that ships with the package. PoolFileError in one line."""
    source = DEFAULT_POOL if path is None else Path(path).name
    try:
        if path is None:
            text = (resources.files("plimsoll.sim") / "data" / DEFAULT_POOL).read_text(encoding="utf-8")
        else:
            text = Path(path).read_text(encoding="utf-8")
        return read_pool(tomllib.loads(text), source)
    except OSError as error:
        raise PoolFileError(f"{path}: {(error.strerror or 'unreadable').lower()}") from None
    except UnicodeDecodeError:
        raise PoolFileError(f"{source}: not a text file") from None
    except tomllib.TOMLDecodeError as error:
        raise PoolFileError(f"{source}: {error}") from None


def read_pool(document: Mapping[str, Any], source: str) -> PoolSetup:
    """The pool of a parsed document."""
    _known(document, {"name", "settlement", "fund", "backstop", "policy", "instrument"}, source, "the pool")
    policy = _policy(dict(document.get("policy", {})), source)
    tables = document.get("instrument", [])
    if not isinstance(tables, list) or not tables:
        raise PoolFileError(f"{source}: no [[instrument]]")
    listings = tuple(_listing(number, dict(table), source) for number, table in enumerate(tables, 1))
    names = [listing.name for listing in listings]
    for name in names:
        if names.count(name) > 1:
            raise PoolFileError(f"{source}: {name} is listed twice")
    return PoolSetup(
        str(document.get("name", source)),
        str(document.get("settlement", "USDC")),
        source,
        policy,
        listings,
        _integer(document.get("fund", 0), MICROS_PER_TOKEN, f"{source}: fund"),
        _integer(document.get("backstop", 0), MICROS_PER_TOKEN, f"{source}: backstop"),
    )


def tokens_of(text: str | int | Decimal) -> int:
    """Micros of an amount of tokens in decimals: ``tokens_of("1.5")`` is 1500000. PoolFileError when it has none."""
    return _integer(text, MICROS_PER_TOKEN, "an amount of tokens")


def _policy(table: dict[str, Any], source: str) -> dict[str, int]:
    where = f"{source}: policy"
    _known(table, {*POLICY_UNITS, "adl"}, source, "policy")
    row = {}
    for name in PolicyRow.__annotations__:
        if name not in table:
            raise PoolFileError(f"{where}.{name} is missing")
        if name == "adl":
            row[name] = _word(table[name], ADL, f"{where}.adl")
        else:
            row[name] = _integer(table[name], _MULTIPLIERS[POLICY_UNITS[name]], f"{where}.{name}")
        _within(row[name], POLICY_BOUNDS[name], f"{where}.{name}")
    return row


def _listing(number: int, table: dict[str, Any], source: str) -> Listing:
    where = f"{source}: {table.get('name', f'instrument {number}')}"
    own = {"name", "kind", "prices", "popularity", "lot", "scale", "segments", "expiry"}
    weights = {"weight_initial", "weight_maintenance"}
    _known(table, {*own, *weights, *LISTING_UNITS}, source, str(table.get("name", f"instrument {number}")))
    for name in ("name", "kind", "prices", "lot", "scale", "mark_max", "lots_max", "open_lots_max"):
        if name not in table:
            raise PoolFileError(f"{where}: {name} is missing")
    kind = _word(table["kind"], KINDS, f"{where}: kind")
    lot = _decimal(table["lot"], f"{where}: lot")
    if lot <= 0:
        raise PoolFileError(f"{where}: lot must be above 0")
    scale = _integer(table["scale"], 1, f"{where}: scale")
    if not 0 <= scale <= 12:
        raise PoolFileError(f"{where}: scale must be from 0 to 12")
    lots_per_coin = 1 / Fraction(lot)
    coins_per_unit = 10**scale / lots_per_coin
    multipliers: dict[str, Fraction | int] = {
        **_MULTIPLIERS,
        COINS: lots_per_coin,
        PRICE: coins_per_unit * MICROS_PER_TOKEN,
    }
    row = dict.fromkeys(ListingRow.__annotations__, 0)
    row["kind"], row["scale"] = kind, scale
    for name, unit in LISTING_UNITS.items():
        if name in table:
            row[name] = _integer(table[name], multipliers[unit], f"{where}: {name}")
    for name in sorted(weights & set(table)):
        if kind != KIND_ASSET:
            raise PoolFileError(f"{where}: {name} is for an asset; a contract has a rate")
        # The requirement of an asset is what its weight leaves out.
        row[name.replace("weight", "rate")] = PPB - _integer(table[name], PPB, f"{where}: {name}")
    if "expiry" in table:
        try:
            row["expiry"] = time_ms_of(str(table["expiry"]))
        except ValueError:
            raise PoolFileError(f"{where}: expiry is not an ISO time") from None
    segments = table.get("segments", [])
    if len(segments) > 3:
        raise PoolFileError(f"{where}: at most 3 segments beside the first")
    for place, segment in enumerate(segments, 1):
        _known(segment, {"from", "initial", "maintenance"}, source, f"{where}: segment {place}")
        for name, column, multiplier in (
            ("from", f"segment_lots_{place}", lots_per_coin),
            ("initial", f"segment_initial_{place}", PPB),
            ("maintenance", f"segment_maintenance_{place}", PPB),
        ):
            row[column] = _integer(segment.get(name), multiplier, f"{where}: segment {place}: {name}")
    for name, value in row.items():
        _within(value, LISTING_BOUNDS[name], f"{where}: {name}")
    prices = tuple(str(symbol) for symbol in table["prices"])
    if not prices:
        raise PoolFileError(f"{where}: prices names no symbol")
    popularity = float(_decimal(table.get("popularity", 1), f"{where}: popularity"))
    if not popularity >= 0:
        raise PoolFileError(f"{where}: popularity must not be negative")
    return Listing(number, str(table["name"]), kind, prices[0], prices, popularity, lots_per_coin, 10**scale, row)


def _known(table: Mapping[str, Any], names: set[str], source: str, where: str) -> None:
    for name in table:
        if name not in names:
            raise PoolFileError(f"{source}: {where} has no {name}")


def _word(value: Any, words: Mapping[str, int], where: str) -> int:
    if value not in words:
        raise PoolFileError(f"{where} must be one of {', '.join(words)}")
    return words[value]


def _decimal(value: Any, where: str) -> Decimal:
    # A TOML float has already lost what it was written as.
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise PoolFileError(f"{where} must be a decimal in quotes or a whole number")
    try:
        result = Decimal(value)
    except InvalidOperation:
        raise PoolFileError(f"{where}: {value} is not a decimal") from None
    if not result.is_finite():
        raise PoolFileError(f"{where}: {value} is not a decimal")
    return result


def _within(value: int, bounds: tuple[int, int], where: str) -> None:
    if not bounds[0] <= value <= bounds[1]:
        raise PoolFileError(f"{where} must be from {bounds[0]} to {bounds[1]} in the engine's units, not {value}")


def _integer(value: Any, multiplier: Fraction | int, where: str) -> int:
    exact = Fraction(_decimal(value, where)) * multiplier
    if exact.denominator != 1:
        raise PoolFileError(f"{where}: {value} is finer than its unit")
    if not -(2**63) <= exact < 2**63:
        raise PoolFileError(f"{where}: {value} is too large")
    return int(exact)
