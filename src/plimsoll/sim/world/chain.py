"""The option class a world may have: its policy, its options, and the tables that price them block after block.

Values are Black's with one volatility, in integers the engine accepts: below the no-arbitrage tops and the largest
mark.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from plimsoll.book.parameters import CLASS_BOUNDS, LISTING_BOUNDS
from plimsoll.book.rows import ClassRow
from plimsoll.pricing.black import black76
from plimsoll.sim.world.listing import Listed, Terms
from plimsoll.sim.world.streams import Random, between, chance, pick, whole
from plimsoll.units.limits import (
    GREEK_PART,
    HOLDING_VALUE_MAX,
    OPEN_VALUE_MAX,
    PORTFOLIO_MICROS_MAX,
    PORTFOLIO_SUM_MAX,
    PPB,
    TIME_SUM_MAX,
)
from plimsoll.units.messages import (
    AGGREGATION_ES,
    AGGREGATION_MAX,
    AGGREGATION_VAR,
    KIND_OPTION,
    OPTION_CALL,
    OPTION_PUT,
)
from plimsoll.units.tables import Ints

CLASS: Final = 1
CLASS_FIELDS: Final = tuple(ClassRow.__annotations__)
STRIKES: Final = (0.85, 1.0, 1.2)
SHOCKS: Final = (-0.4, -0.2, -0.1, 0.0, 0.1, 0.2, 0.4, 0.9)
VOL_SHOCKS: Final = (1.5, 1.3, 1.0, 1.3, 0.8, 1.0, 1.2, 1.5)
MEMBERS_MAX: Final = 16
"""More members than any drawn class has: room is reckoned for so many."""


@dataclass(frozen=True)
class Chain:
    """A class over ``underlying``: the row of its policy and (damping, skew, deductible) of every scenario.

    ``vol``, which its tables are priced at, is per square root of a block.
    """

    number: int
    underlying: int
    row: Mapping[str, int]
    scenarios: tuple[tuple[int, int, int], ...]
    vol: float

    def words(self) -> Ints:
        """The payload of ``publish_class``."""
        head = [self.row.get(name, max(CLASS_BOUNDS[name][0], 0)) for name in CLASS_FIELDS]
        return np.array(head + [word for row in self.scenarios for word in row], np.int64)


def draw_chain(
    random: Random, underlying: Listed, number: int, terms: Terms, volatility: float
) -> tuple[Chain, list[Listed]]:
    """A class over an instrument already drawn, and its options at one or two expiries."""
    grouped = int(chance(random, 0.5))
    rule = (AGGREGATION_MAX, AGGREGATION_VAR, AGGREGATION_ES)[whole(random, 0, 2)]
    initial = between(random, 1.0, 1.5)
    row = {
        "underlying": number,
        "scale": underlying.row["scale"],
        "shift": whole(random, 4, 8),
        "scenarios": len(SHOCKS),
        "aggregation": rule,
        "tail": 1 if rule == AGGREGATION_MAX else whole(random, 1, 3),
        "grouped": grouped,
        "factor_initial": round(initial * PPB),
        "factor_maintenance": round(between(random, 0.7, 1.0) * PPB),
        "ramp": terms.block_ms * whole(random, 0, 10),
        "depeg_factor": round(pick(random, (0.0, 1.0, 5.0)) * PPB),
        "addons_inside": whole(random, 0, 1),
        "assets_at_underlying": whole(random, 0, 1),
        "linear_maintenance": PPB // 100,
        "linear_initial": PPB // 50,
        "option_maintenance": PPB // 200,
        "option_initial": PPB // 100,
        "delta_rate": PPB // 1000,
        "gamma_rate": PPB // 5,
        "vega_rate": PPB // 10,
        "floor_option": PPB // 100,
        "floor_linear": PPB // 200,
        "confidence_threshold": round(0.8 * PPB),
        "confidence_factor": PPB // 2,
        "carry_max": PPB // 20,
        "reference_max": round(pick(random, (0.05, 0.3)) * PPB),
        "jump_max": round(pick(random, (0.2, 1.0)) * PPB),
        "age_max": terms.block_ms * whole(random, 8, 60),
        "short_spot_max": round(0.15 * PPB),
        "short_spot_min": round(0.13 * PPB),
        "short_call": round(0.07 * PPB),
        "short_put": round(0.08 * PPB),
        "short_put_value": PPB // 5,
        "offset_scale": round(1.05 * PPB),
        "unpaired_initial": round(0.12 * PPB),
        "unpaired_maintenance": PPB // 20,
    }
    scenarios = tuple(
        (round((0.5 if abs(shock) > 0.35 else 1) * PPB), grouped * int(chance(random, 0.25)), 0) for shock in SHOCKS
    )
    vol = volatility * between(random, 0.6, 1.4)
    options = []
    for group in range(1, whole(random, 1, 2) + 1):
        expiry = terms.start_ms + round(terms.block_ms * terms.blocks * between(random, 0.35, 0.6) * group)
        for strike in STRIKES:
            for kind in (OPTION_CALL, OPTION_PUT):
                options.append(_option(random, underlying, terms, group, expiry, round(strike * terms.price), kind))
    return Chain(CLASS, number, row, scenarios, vol), options


def _option(
    random: Random, underlying: Listed, terms: Terms, group: int, expiry: int, strike: int, kind: int
) -> Listed:
    base = underlying.row
    highest = max(base["mark_max"], strike)
    lots_max = member_lots_max(base, strike)
    row = {name: max(low, 0) for name, (low, _) in LISTING_BOUNDS.items()} | {
        "kind": KIND_OPTION,
        "scale": base["scale"],
        "mark_max": highest,
        "lots_max": lots_max,
        "open_lots_max": min(20 * lots_max, OPEN_VALUE_MAX * underlying.unit // highest),
        "backstop_lots_max": round(lots_max * pick(random, (0.0, 0.05, 1.0))),
        "fee_taker": PPB // 2000,
        "band": PPB,
        "age_fill_max": base["age_margin_max"],
        "age_margin_max": base["age_margin_max"],
        "fee_liquidation": PPB // 200,
        "fee_backstop": PPB // 200,
        "confidence_max": PPB,
        "expiry": expiry,
        "settlement_window": min(terms.block_ms * 4, TIME_SUM_MAX // highest),
        "risk_class": CLASS,
        "risk_group": group,
        "strike": strike,
        "option_type": kind,
        "tier": whole(random, 0, 3),
    }
    letter = "C" if kind == OPTION_CALL else "P"
    return Listed(f"{underlying.name}-{group}-{strike}-{letter}", underlying.coin, row)


def member_lots_max(base: Mapping[str, int], strike: int) -> int:
    """Lots a member may have so that the class fits (docs/portfolio-margin.md, §9), whatever its shift."""
    highest = max(base["mark_max"], strike)
    unit = int(10 ** base["scale"])
    # Sixteen members, the linear ones eight times: three linear ones and thirteen options at most.
    weight = 8 * 3 + MEMBERS_MAX
    room = min(PORTFOLIO_SUM_MAX // (weight * highest), PORTFOLIO_MICROS_MAX * unit // (weight * highest))
    return max(1, min(base["lots_max"], room, HOLDING_VALUE_MAX * unit // highest))


def fitted(row: Mapping[str, int], price: int) -> dict[str, int]:
    """A linear row that joins the class: its largest mark and position leave the class room."""
    mark_max = min(row["mark_max"], 40 * price)
    joined = dict(row) | {"mark_max": mark_max, "risk_class": CLASS}
    unit = 10 ** row["scale"]
    joined["lots_max"] = member_lots_max(joined, round(max(STRIKES) * price))
    joined["backstop_lots_max"] = min(row["backstop_lots_max"], joined["lots_max"])
    joined["open_lots_max"] = min(row["open_lots_max"], OPEN_VALUE_MAX * unit // mark_max)
    joined["settlement_window"] = min(row["settlement_window"], TIME_SUM_MAX // mark_max)
    return joined


def table_words(
    chain: Chain,
    listings: Sequence[Listed],
    options: Sequence[int],
    spot: int,
    blocks_left: Mapping[int, float],
    confidence: int = PPB,
) -> Ints:
    """The payload of ``publish_arrays``: every option of ``options`` (numbers) at the spot and under each shock.

    ``blocks_left`` is the time to expiry of a group, in blocks.
    """
    rows = {number: listings[number - 1].row for number in options}
    groups = sorted({row["risk_group"] for row in rows.values()})
    words = [spot, len(groups), len(options), *(round(shock * PPB) for shock in SHOCKS)]
    for group in groups:
        words += [group, PPB, PPB, 0, confidence, spot]
    quantum = 1 << chain.row["shift"]
    spots = spot * np.array([1.0, 1.01, 0.99, *(1 + shock for shock in SHOCKS)])
    vols = chain.vol * np.array([1.0, 1.0, 1.0, *VOL_SHOCKS])
    for number, row in rows.items():
        blocks = max(blocks_left[row["risk_group"]], 0.01)
        call = row["option_type"] == OPTION_CALL
        values = np.asarray(black76(spots, float(row["strike"]), blocks, vols, call))
        top = spots if call else np.full(len(spots), float(row["strike"]))
        quanta = np.minimum(np.floor(values), np.minimum(np.floor(top), row["mark_max"])) // quantum
        delta = (values[1] - values[2]) / (0.02 * spot)
        greek_max = row["mark_max"] // GREEK_PART
        gamma = min(round(max(values[1] + values[2] - 2 * values[0], 0.0)), greek_max)
        vega = min(round(max(values[0], 0.0) * 0.02), greek_max)
        words += [number, *quanta[:3].astype(np.int64).tolist()]
        words += [round(min(max(delta, -1.0), 1.0) * PPB), gamma, vega, *quanta[3:].astype(np.int64).tolist()]
    return np.array(words, np.int64)
