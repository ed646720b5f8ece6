"""The pool a replay runs, in the engine's integers: its instruments, risk classes and policy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from plimsoll.book.rows import ListingRow
from plimsoll.sim.bars import PRICE_E8
from plimsoll.sim.errors import PoolFileError
from plimsoll.sim.insurers import CurveSetup, PotSetup
from plimsoll.units.limits import MICROS_PER_TOKEN, PPB
from plimsoll.units.messages import KIND_ASSET, KIND_OPTION, MODE_STANDARD
from plimsoll.units.tables import Ints


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
class ClassSetup:
    """A risk class: the instrument whose mark is its spot, its quantum, and the payload of its ``publish_class``."""

    number: int
    name: str
    index: int
    shift: int
    words: tuple[int, ...]


@dataclass(frozen=True)
class PoolSetup:
    """Everything a replay needs to open a pool: policy, listings, and what fund and backstop start with (micros).

    ``mode`` is the margin mode of the public's accounts; a listing of a class comes after the class's index.
    """

    name: str
    settlement: str
    source: str
    policy: Mapping[str, int]
    listings: tuple[Listing, ...]
    fund_micros: int
    backstop_micros: int
    notes: tuple[str, ...] = ()
    mode: int = MODE_STANDARD
    classes: tuple[ClassSetup, ...] = ()
    curves: tuple[CurveSetup, ...] = ()
    pots: tuple[PotSetup, ...] = ()

    def listing(self, number: int) -> Listing:
        """The listing with a number."""
        return self.listings[number - 1]

    def contracts(self) -> tuple[Listing, ...]:
        """Perpetuals and futures."""
        return tuple(listing for listing in self.listings if listing.kind not in (KIND_ASSET, KIND_OPTION))

    def options(self) -> tuple[Listing, ...]:
        """Options, which have no price of their own: their marks come from tables."""
        return tuple(listing for listing in self.listings if listing.kind == KIND_OPTION)

    @cached_property
    def units(self) -> Ints:
        """10^scale lots by instrument number; 1 for the settlement token."""
        return np.array([1, *(listing.unit for listing in self.listings)], np.int64)

    @cached_property
    def bands(self) -> "np.ndarray[Any, np.dtype[np.float64]]":
        """Price bands by instrument number, as fractions."""
        return np.array([0.0, *(listing.row["band"] / PPB for listing in self.listings)])

    @cached_property
    def is_contract(self) -> "np.ndarray[Any, np.dtype[np.bool_]]":
        """Which instrument numbers are perpetuals or futures."""
        return np.array([False, *(listing.kind not in (KIND_ASSET, KIND_OPTION) for listing in self.listings)])

    def curve(self, name: str) -> CurveSetup | None:
        """The curve a parameter of the policy names, if any."""
        number = self.policy[name]
        return next((curve for curve in self.curves if curve.number == number), None)

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
        names = {"", *(listing.name for listing in kept)}
        pots = tuple(pot for pot in self.pots if pot.asset in names)
        result = replace(self, listings=tuple(kept), pots=pots)
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
        for name in ("batch_commit", "batch_reveal"):
            # A phase nobody acts in would be none.
            if 0 < policy[name] < step_ms:
                policy[name] = step_ms
                widened.add(name)
        listings = []
        for listing in self.listings:
            row = dict(listing.row)
            for name in ("age_fill_max", "age_margin_max"):
                if row[name] < 2 * step_ms:
                    row[name] = 2 * step_ms
                    widened.add(name)
            listings.append(replace(listing, row=row))
        notes = self.notes
        if phases := {"batch_commit", "batch_reveal"} & widened:
            wide = f"{', '.join(sorted(phases))} widened to {step_ms / 1000:g} s"
            notes = (*notes, f"{wide}: a step is {step_ms / 1000:g} s.")
        if widened - phases:
            wide = f"{', '.join(sorted(widened - phases))} widened to {2 * step_ms / 1000:g} s"
            notes = (*notes, f"{wide}: a step is {step_ms / 1000:g} s.")
        return replace(self, policy=policy, listings=tuple(listings), notes=notes)
