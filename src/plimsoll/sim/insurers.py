"""Curves and pots of a pool file: how prices of liquidations move with time, and whose money stands behind the pool."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from plimsoll.book.parameters import POT_BOUNDS
from plimsoll.book.rows import PotTermsRow
from plimsoll.sim.errors import PoolFileError
from plimsoll.sim.pool_values import integer, known, within, word
from plimsoll.units.limits import CURVES_MAX, MICROS_MAX, MICROS_PER_TOKEN, POTS_MAX, PPB
from plimsoll.units.messages import POT_AMM, POT_BACKSTOP, POT_TRANCHE
from plimsoll.units.tables import Ints
from plimsoll.venue.decimals import COUNT, SECONDS, SHARE, TOKENS

KINDS: Final = {"backstop": POT_BACKSTOP, "tranche": POT_TRANCHE, "amm": POT_AMM}
TERMS: Final = {"rank": COUNT, "fee": SHARE, "unbonding": SECONDS, "capacity": TOKENS, "weight": COUNT}
OWN: Final = {"name", "kind", "asset", "stakers", "staked"}


@dataclass(frozen=True)
class CurveSetup:
    """A curve of a price: (milliseconds, ppb) of each point, joined by lines or in steps."""

    number: int
    name: str
    joined: bool
    points: tuple[tuple[int, int], ...]

    def payload(self) -> Ints:
        """The canonical payload of ``set_curve``."""
        return np.array([int(self.joined), *(word for point in self.points for word in point)], np.int64)

    def values(self, elapsed_ms: Ints) -> npt.NDArray[np.float64]:
        """Its value so long after the start, as a fraction: what a bidder reckons with."""
        times, values = (np.array(column, np.float64) for column in zip(*self.points))
        if self.joined:
            result: npt.NDArray[np.float64] = np.interp(elapsed_ms, times, values) / PPB
        else:
            result = values[np.searchsorted(times, elapsed_ms, side="right") - 1] / PPB
        return result


@dataclass(frozen=True)
class PotSetup:
    """A pot, the terms it is set with, and who stakes how much in it at the start (micros; an AMM: coins as well)."""

    number: int
    name: str
    kind: int
    asset: str
    stakers: int
    staked: int
    terms: Mapping[str, int]

    def payload(self, account: int, instrument: int) -> Ints:
        """The canonical payload of ``set_pot``."""
        row = {**self.terms, "kind": self.kind, "account": account, "instrument": instrument}
        return np.array([row[name] for name in PotTermsRow.__annotations__], np.int64)


def curves_of(tables: Any, source: str) -> tuple[CurveSetup, ...]:
    """The ``[[curve]]`` sections of a pool file, numbered as they stand."""
    if len(tables) > CURVES_MAX:
        raise PoolFileError(f"{source}: at most {CURVES_MAX} curves")
    return tuple(_curve(number, dict(table), source) for number, table in enumerate(tables, 1))


def pots_of(tables: Any, assets: Sequence[str], source: str) -> tuple[PotSetup, ...]:
    """The ``[[pot]]`` sections of a pool file, numbered as they stand."""
    if len(tables) > POTS_MAX:
        raise PoolFileError(f"{source}: at most {POTS_MAX} pots")
    return tuple(_pot(number, dict(table), assets, source) for number, table in enumerate(tables, 1))


def _curve(number: int, table: dict[str, Any], source: str) -> CurveSetup:
    name = str(table.get("name", f"curve {number}"))
    where = f"{source}: {name}"
    known(table, {"name", "joined", "points"}, source, name)
    joined = table.get("joined", True)
    if not isinstance(joined, bool):
        raise PoolFileError(f"{where}: joined must be true or false")
    points = []
    for place, point in enumerate(table.get("points", []), 1):
        if not isinstance(point, list) or len(point) != 2:
            raise PoolFileError(f"{where}: point {place} must be a list of seconds and a value")
        points.append((integer(point[0], SECONDS, f"{where}: time"), integer(point[1], PPB, f"{where}: value")))
    if not points:
        raise PoolFileError(f"{where}: no points")
    return CurveSetup(number, name, joined, tuple(points))


def _pot(number: int, table: dict[str, Any], assets: Sequence[str], source: str) -> PotSetup:
    name = str(table.get("name", f"pot {number}"))
    where = f"{source}: {name}"
    known(table, {*OWN, *TERMS}, source, name)
    kind = word(table.get("kind"), KINDS, f"{where}: kind")
    asset = str(table.get("asset", ""))
    if (kind == POT_AMM) != bool(asset):
        raise PoolFileError(f"{where}: an amm, and nothing else, has an asset")
    if asset and asset not in assets:
        raise PoolFileError(f"{where}: {asset} is not listed as an asset")
    terms = {"rank": 0, "fee": 0, "unbonding": 0, "capacity": MICROS_MAX, "weight": 1}
    for term, unit in TERMS.items():
        if term in table:
            terms[term] = integer(table[term], unit, f"{where}: {term}")
        within(terms[term], POT_BOUNDS[term], f"{where}: {term}")
    stakers = integer(table.get("stakers", 0), 1, f"{where}: stakers")
    staked = integer(table.get("staked", Decimal(0)), MICROS_PER_TOKEN, f"{where}: staked")
    if not 0 <= stakers <= 10_000 or (stakers > 0) != (staked > 0):
        raise PoolFileError(f"{where}: stakers and staked go together, at most 10000 of them")
    return PotSetup(number, name, kind, asset, stakers, staked, terms)
