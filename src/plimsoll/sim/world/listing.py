"""Listings as they are drawn: legal by construction (docs/commands.md, §9), usual most of the time, awkward at times.

A unit is one coin of the listing's coin; the scale is drawn so that a lot is worth little beside an account.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from plimsoll.book.parameters import LISTING_BOUNDS
from plimsoll.book.rows import ListingRow
from plimsoll.sim.world.streams import Random, between, chance, log_between, pick, whole
from plimsoll.units.limits import (
    HOLDING_VALUE_MAX,
    LOTS_MAX,
    MARK_MAX,
    OPEN_LOTS_MAX,
    OPEN_VALUE_MAX,
    PPB,
    RATE_MAX,
    SCALE_MAX,
    TIME_SUM_MAX,
)
from plimsoll.units.messages import KIND_ASSET, KIND_FUTURE, KIND_OPTION, KIND_PERP
from plimsoll.units.tables import Ints

FIELDS: Final = tuple(ListingRow.__annotations__)
UNITS_MAX: Final = 10_000
"""Most units of one position: more, and rounding would reach a cent."""
AWKWARD_CHANCE: Final = 0.15


@dataclass(frozen=True)
class Listed:
    """An instrument of the world: the coin that prices it and its integers; ``basis`` is per block until expiry.

    A unit is worth a coin divided by ``divisor``.
    """

    name: str
    coin: int
    row: Mapping[str, int]
    basis: float = 0.0
    divisor: float = 1.0

    @property
    def kind(self) -> int:
        """KIND_ASSET, KIND_PERP, KIND_FUTURE or KIND_OPTION."""
        return self.row["kind"]

    @property
    def unit(self) -> int:
        """Lots of one unit."""
        return int(10 ** self.row["scale"])

    @property
    def is_contract(self) -> bool:
        """Whether it is paid for in margin rather than in cash."""
        return self.kind in (KIND_PERP, KIND_FUTURE)

    def words(self) -> Ints:
        """The canonical payload."""
        return words_of(self.row)


@dataclass(frozen=True)
class Terms:
    """What a listing is drawn for: a coin's first price and what an account has (micros), and the world's clock."""

    price: float
    wealth: float
    block_ms: int
    blocks: int
    start_ms: int
    volatility: float = 0.0


def words_of(row: Mapping[str, int]) -> Ints:
    """A listing's words, in the order of ``ListingRow``; a parameter the row does not name is at its least."""
    return np.array([row.get(name, max(LISTING_BOUNDS[name][0], 0)) for name in FIELDS], np.int64)


def draw_row(random: Random, kind: int, terms: Terms) -> dict[str, int]:
    """The parameters of an asset, a perp or a future."""
    row = {name: max(low, 0) for name, (low, _) in LISTING_BOUNDS.items()}
    row["kind"] = kind
    row |= _sizes(random, terms)
    row |= _rates(random, kind, terms)
    row |= _penalty(random, row)
    row |= _fees(random, row)
    row |= _oracle(random, terms)
    row |= _times(random, kind, terms, row)
    if kind != KIND_ASSET and chance(random, 0.3):
        row["open_interest_lower"] = round(terms.wealth * log_between(random, 1, 20))
        row["open_interest_upper"] = row["open_interest_lower"] * whole(random, 2, 20)
    if chance(random, AWKWARD_CHANCE):
        row |= _awkward(random, row)
    return {name: min(max(value, LISTING_BOUNDS[name][0]), LISTING_BOUNDS[name][1]) for name, value in row.items()}


def _sizes(random: Random, terms: Terms) -> dict[str, int]:
    coarsest = max(0, math.ceil(math.log10(200 * terms.price / terms.wealth)))
    scale = min(SCALE_MAX, coarsest + whole(random, 0, 6))
    unit = 10**scale
    units = terms.wealth * log_between(random, 3, 300) / terms.price
    lots_max = max(1, min(UNITS_MAX * unit, LOTS_MAX, round(units * unit)))
    mark_max = round(terms.price * log_between(random, 8, 1_000))
    mark_max = min(mark_max, MARK_MAX, HOLDING_VALUE_MAX * unit // lots_max)
    open_max = min(lots_max * whole(random, 4, 200), OPEN_LOTS_MAX, OPEN_VALUE_MAX * unit // mark_max)
    backstop = round(lots_max * pick(random, (0.0, 0.01, 0.1, 0.5, 1.0)))
    notional_min = round(terms.wealth * pick(random, (0.0, 0.0, 0.0001, 0.005)))
    return {
        "scale": scale,
        "mark_max": mark_max,
        "lots_max": lots_max,
        "open_lots_max": max(open_max, lots_max),
        "backstop_lots_max": backstop,
        "notional_min": notional_min,
    }


def _rates(random: Random, kind: int, terms: Terms) -> dict[str, int]:
    initial = between(random, 0.05, 0.5) if kind == KIND_ASSET else log_between(random, 0.02, 0.4)
    # A venue has seen the coin move before it asks for margin; how well it looked differs.
    initial = min(max(initial, terms.volatility * log_between(random, 1, 12)), 1.0)
    maintenance = initial * between(random, 0.35, 0.85)
    doubt = pick(random, (0.0, 0.5, 1.0, 2.0))
    return {
        "rate_initial": round(initial * PPB),
        "rate_maintenance": round(maintenance * PPB),
        "confidence_factor": round(doubt * PPB),
        "confidence_threshold": round(pick(random, (0.0, 0.0, 0.001)) * PPB),
    }


def _penalty(random: Random, row: Mapping[str, int]) -> dict[str, int]:
    """Nothing, segments, a slope, both, or a root of the size."""
    form = whole(random, 0, 5)
    found: dict[str, int] = {}
    initial, maintenance = row["rate_initial"], row["rate_maintenance"]
    if form in (1, 2):
        lots = 0
        for place in range(1, whole(random, 1, 3) + 1):
            lots += max(1, round(row["lots_max"] * between(random, 0.02, 0.3)))
            factor = between(random, 1, 1.8)
            initial = min(round(initial * factor), RATE_MAX)
            maintenance = min(round(maintenance * factor), initial)
            found |= {f"segment_lots_{place}": lots, f"segment_initial_{place}": initial}
            found[f"segment_maintenance_{place}"] = maintenance
    if form in (2, 3):
        # The dearest position asks for a tenth more at most, far below what a rate may be.
        found["slope_initial"] = round((RATE_MAX - initial) * between(random, 0, 0.1)) * 10 ** row["scale"]
        found["slope_initial"] //= row["lots_max"]
        found["slope_initial"] = max(0, min(found["slope_initial"], RATE_MAX))
        found["slope_maintenance"] = round(found["slope_initial"] * between(random, 0.3, 1))
    if form == 4:
        root = math.isqrt(row["lots_max"]) + 1
        found["root_base_initial"] = round(initial * between(random, 0.2, 1))
        found["root_base_maintenance"] = round(min(maintenance, found["root_base_initial"]) * between(random, 0.2, 1))
        factor = min(round(initial * between(random, 0.5, 2) / root * PPB), (RATE_MAX - initial) * PPB // root, 10**12)
        found["root_factor_initial"] = max(1, factor)
        found["root_factor_maintenance"] = round(found["root_factor_initial"] * between(random, 0.3, 1))
    return found


def _fees(random: Random, row: Mapping[str, int]) -> dict[str, int]:
    taker = round(pick(random, (0.0, 0.0002, 0.0005, 0.001)) * PPB)
    maker = round(taker * pick(random, (-1.0, -0.2, 0.0, 0.4)))
    return {
        "fee_taker": taker,
        "fee_maker": maker,
        "fee_liquidation": round(row["rate_maintenance"] * between(random, 0, 0.7)),
        "fee_backstop": round(row["rate_maintenance"] * between(random, 0, 0.9)),
        "band": round(pick(random, (0.02, 0.05, 0.1, 0.2, 1.0)) * PPB),
        "tier": whole(random, 0, 3),
    }


def _oracle(random: Random, terms: Terms) -> dict[str, int]:
    fill = terms.block_ms * whole(random, 2, 20)
    return {
        "age_fill_max": fill,
        "age_margin_max": fill * whole(random, 1, 6),
        "sources_min": whole(random, 0, 3),
        "confidence_max": round(pick(random, (0.01, 0.05, 1.0)) * PPB),
        "volatility_max": round(pick(random, (0.0, 0.0, 0.3, 0.6, 2.0)) * PPB),
        "volatility_window": terms.block_ms * whole(random, 5, 200),
    }


def _times(random: Random, kind: int, terms: Terms, row: Mapping[str, int]) -> dict[str, int]:
    window = min(terms.block_ms * whole(random, 3, 10), TIME_SUM_MAX // row["mark_max"])
    found = {"settlement_window": window}
    if kind == KIND_PERP and chance(random, 0.8):
        found["funding_interval"] = terms.block_ms * whole(random, 3, 40)
        found["funding_rate_max"] = round(pick(random, (0.0005, 0.01, 0.05)) * PPB)
        found["funding_interest"] = round(pick(random, (0.0, 0.0001, -0.0005)) * PPB)
    if kind == KIND_FUTURE:
        found["expiry"] = terms.start_ms + round(terms.block_ms * terms.blocks * between(random, 0.2, 0.9)) + window
    return found


def _awkward(random: Random, row: Mapping[str, int]) -> dict[str, int]:
    """What nobody would choose and the rules allow."""
    contract = row["kind"] != KIND_ASSET
    choices: tuple[dict[str, int], ...] = (
        {"band": 0},
        {"age_fill_max": 0},
        {"backstop_lots_max": 0, "fee_backstop": 0},
        {"fee_taker": PPB // 100, "fee_maker": -PPB // 100},
        {"open_lots_max": row["lots_max"]},
        {"lots_max": max(1, row["lots_max"] // 20), "open_lots_max": max(1, row["lots_max"] // 20)},
        {"confidence_max": 0},
        {"fee_liquidation": row["rate_maintenance"] - 1 if contract else PPB},
        {"volatility_max": PPB // 50, "volatility_window": 0},
        {"settlement_window": 0} if row["kind"] != KIND_FUTURE else {"settlement_window": 1},
        {"rate_maintenance": row["rate_initial"]} if row["root_factor_initial"] == 0 else {"sources_min": 3},
        {"mark_max": min(HOLDING_VALUE_MAX * 10 ** row["scale"] // row["lots_max"], row["mark_max"] * 2)},
    )
    chosen = dict(choices[whole(random, 0, len(choices) - 1)])
    if "lots_max" in chosen:
        # Smaller limits make no segment illegal, but a flat rate is plainer beside them.
        chosen |= {name: 0 for name in row if name.startswith(("segment_", "slope_", "root_"))}
        chosen["backstop_lots_max"] = 0
    if chosen.get("rate_maintenance") is not None:
        chosen |= {f"segment_maintenance_{k}": row[f"segment_initial_{k}"] for k in (1, 2, 3)}
        chosen["slope_maintenance"] = row["slope_initial"]
    if "mark_max" in chosen:
        largest = chosen["mark_max"]
        chosen["open_lots_max"] = min(row["open_lots_max"], OPEN_VALUE_MAX * 10 ** row["scale"] // largest)
        chosen["settlement_window"] = min(row["settlement_window"], TIME_SUM_MAX // largest)
    return chosen


def is_option(row: Mapping[str, int]) -> bool:
    """Whether a listing's price comes from tables."""
    return row["kind"] == KIND_OPTION
