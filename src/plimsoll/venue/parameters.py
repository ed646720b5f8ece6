"""Parameters in human units: what an instrument and a policy may be told at the face, and the integers they become.

Names are the engine's (docs/parameters.md) where those need no unit; sizes in lots are asked for in coins:
``position_max`` (lots_max), ``open_interest_max`` (open_lots_max), ``backstop_max`` (backstop_lots_max).
"""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, TypedDict

from plimsoll.book.rows import ListingRow, PolicyRow
from plimsoll.units.limits import HOLDING_VALUE_MAX, LOTS_MAX, OPEN_LOTS_MAX, OPEN_VALUE_MAX, PPB, RATE_MAX, SCALE_MAX
from plimsoll.units.messages import ADL_PRO_RATA, ADL_QUEUE, KIND_ASSET, KIND_FUTURE, KIND_PERP
from plimsoll.venue.decimals import COUNT, SECONDS, SHARE, TOKENS, Amount, Time, decimal_of, milliseconds, shown, whole
from plimsoll.venue.errors import InputRefused

Segment = tuple[Amount, Amount, Amount]
"""(from so many coins on, initial rate, maintenance rate) of the lots beyond."""


class ListingParameters(TypedDict, total=False):
    """Parameters of an instrument beside name, lot, mark_max and rates; all have defaults (docs/library.md)."""

    scale: int
    position_max: Amount
    open_interest_max: Amount
    backstop_max: Amount
    notional_min: Amount
    segments: Sequence[Segment]
    slope_initial: Amount
    slope_maintenance: Amount
    root_base_initial: Amount
    root_base_maintenance: Amount
    root_factor_initial: int
    root_factor_maintenance: int
    open_interest_lower: Amount
    open_interest_upper: Amount
    confidence_factor: Amount
    fee_maker: Amount
    fee_taker: Amount
    fee_liquidation: Amount
    fee_backstop: Amount
    band: Amount
    age_fill_max: Amount
    age_margin_max: Amount
    sources_min: int
    confidence_max: Amount
    volatility_max: Amount
    volatility_window: Amount
    funding_interval: Amount
    funding_rate_max: Amount
    funding_interest: Amount
    settlement_window: Amount
    confidence_threshold: Amount
    risk_class: int


class PolicyParameters(TypedDict, total=False):
    """Parameters of a pool: shares as fractions, durations in seconds, amounts in tokens, ``adl`` as a word."""

    call_buffer: Amount
    call_deadline: Amount
    exit_buffer: Amount
    backstop_after: Amount
    backstop_ratio: Amount
    fund_share: Amount
    profit_haircut: Amount
    depeg_threshold: Amount
    depeg_factor: Amount
    gap_max: Amount
    grace: Amount
    accounts_per_tick: int
    steps_per_tick: int
    settlements_per_tick: int
    adl: str
    deposit_notional_min: Amount
    class_offset: Amount
    slice_discount: Amount


_LISTING_UNITS: Final[dict[str, Fraction]] = {
    "notional_min": TOKENS,
    "slope_initial": SHARE,
    "slope_maintenance": SHARE,
    "root_base_initial": SHARE,
    "root_base_maintenance": SHARE,
    "root_factor_initial": COUNT,
    "root_factor_maintenance": COUNT,
    "open_interest_lower": TOKENS,
    "open_interest_upper": TOKENS,
    "confidence_factor": SHARE,
    "fee_maker": SHARE,
    "fee_taker": SHARE,
    "fee_liquidation": SHARE,
    "fee_backstop": SHARE,
    "band": SHARE,
    "age_fill_max": SECONDS,
    "age_margin_max": SECONDS,
    "sources_min": COUNT,
    "confidence_max": SHARE,
    "volatility_max": SHARE,
    "volatility_window": SECONDS,
    "funding_interval": SECONDS,
    "funding_rate_max": SHARE,
    "funding_interest": SHARE,
    "settlement_window": SECONDS,
    "confidence_threshold": SHARE,
    "risk_class": COUNT,
}
_COINS: Final = {
    "position_max": "lots_max",
    "open_interest_max": "open_lots_max",
    "backstop_max": "backstop_lots_max",
}
_POLICY_UNITS: Final[dict[str, Fraction]] = {
    "call_buffer": SHARE,
    "call_deadline": SECONDS,
    "exit_buffer": SHARE,
    "backstop_after": SECONDS,
    "backstop_ratio": SHARE,
    "fund_share": SHARE,
    "profit_haircut": SHARE,
    "depeg_threshold": SHARE,
    "depeg_factor": SHARE,
    "gap_max": SECONDS,
    "grace": SECONDS,
    "accounts_per_tick": COUNT,
    "steps_per_tick": COUNT,
    "settlements_per_tick": COUNT,
    "deposit_notional_min": TOKENS,
    "class_offset": SHARE,
    "slice_discount": SHARE,
}
_ADL: Final = {"queue": ADL_QUEUE, "pro_rata": ADL_PRO_RATA}

_SHARED: Final[ListingParameters] = {
    "band": "0.05",
    "age_fill_max": 60,
    "age_margin_max": 300,
    "sources_min": 1,
    "confidence_max": "0.05",
    "confidence_factor": 1,
    "volatility_window": 3600,
    "notional_min": 1,
}
DEFAULTS: Final[Mapping[int, ListingParameters]] = {
    KIND_PERP: {
        **_SHARED,
        "fee_maker": 0,
        "fee_taker": "0.0005",
        "fee_liquidation": "0.01",
        "fee_backstop": "0.0125",
        "funding_interval": 8 * 3600,
        "funding_rate_max": "0.0075",
        "settlement_window": 1800,
    },
    KIND_FUTURE: {
        **_SHARED,
        "fee_maker": 0,
        "fee_taker": "0.0005",
        "fee_liquidation": "0.01",
        "fee_backstop": "0.0125",
        "settlement_window": 1800,
    },
    KIND_ASSET: {
        **_SHARED,
        "fee_maker": 0,
        "fee_taker": "0.001",
        "fee_liquidation": "0.02",
        "fee_backstop": "0.025",
    },
}
"""Defaults by kind of instrument. Fees of a liquidation are lowered where the maintenance rate asks for it."""


class Terms:
    """Lot, scale and the row of a listing, from its human units."""

    def __init__(
        self,
        kind: int,
        *,
        lot: Amount,
        mark_max: Amount,
        rate_initial: Amount,
        rate_maintenance: Amount,
        expiry: Time | None,
        parameters: Mapping[str, Any],
    ) -> None:
        unknown = sorted(set(parameters) - set(ListingParameters.__annotations__))
        if unknown:
            raise TypeError(f"unknown parameter {unknown[0]!r}; known: {', '.join(ListingParameters.__annotations__)}")
        self.lot = lot_of(lot)
        chosen: dict[str, Any] = {**DEFAULTS[kind], **parameters}
        position_max = chosen.get("position_max")
        self.scale = _scale(self.lot, chosen.get("scale"), position_max)
        self.row = dict.fromkeys(ListingRow.__annotations__, 0)
        self.row.update(kind=kind, scale=self.scale)
        per_coin = 1 / Fraction(self.lot)
        self.row["mark_max"] = whole(mark_max, mark_multiplier(self.lot, self.scale), "mark_max")
        self.row["rate_initial"] = whole(rate_initial, SHARE, "initial")
        self.row["rate_maintenance"] = whole(rate_maintenance, SHARE, "maintenance")
        for name, unit in _LISTING_UNITS.items():
            if name in chosen:
                self.row[name] = whole(chosen[name], unit, name)
        for name, column in _COINS.items():
            if name in chosen:
                self.row[column] = whole(chosen[name], per_coin, name)
        self._set_limits(chosen)
        if kind != KIND_ASSET:
            self._lower_fees(parameters)
        if expiry is not None:
            self.row["expiry"] = milliseconds(expiry, "expiry")
        self._set_segments(chosen.get("segments", ()), per_coin)

    def _set_limits(self, chosen: Mapping[str, Any]) -> None:
        """What was not given becomes the most that the engine's own limits allow; the backstop takes a tenth."""
        row, unit = self.row, 10**self.scale
        if "position_max" not in chosen:
            row["lots_max"] = min(HOLDING_VALUE_MAX * unit // max(row["mark_max"], 1), 10_000 * unit, LOTS_MAX)
        if "open_interest_max" not in chosen:
            row["open_lots_max"] = min(OPEN_VALUE_MAX * unit // max(row["mark_max"], 1), OPEN_LOTS_MAX)
        if "backstop_max" not in chosen:
            row["backstop_lots_max"] = row["lots_max"] // 10

    def _lower_fees(self, parameters: Mapping[str, Any]) -> None:
        """Default fees of a liquidation stay below half the maintenance rate; what was given stays as given."""
        for name in ("fee_liquidation", "fee_backstop"):
            if name not in parameters:
                self.row[name] = min(self.row[name], self.row["rate_maintenance"] // 2)

    def _set_segments(self, segments: Sequence[Segment], per_coin: Fraction) -> None:
        if not isinstance(segments, (list, tuple)) or len(segments) > 3:
            raise InputRefused("segments: give a list of at most 3, beside the first")
        if not all(isinstance(segment, (list, tuple)) and len(segment) == 3 for segment in segments):
            raise InputRefused("segments: each is [from so many coins, initial rate, maintenance rate]")
        for place, (start, initial, maintenance) in enumerate(segments, 1):
            self.row[f"segment_lots_{place}"] = whole(start, per_coin, f"segment {place}")
            self.row[f"segment_initial_{place}"] = whole(initial, SHARE, f"segment {place}: initial")
            self.row[f"segment_maintenance_{place}"] = whole(maintenance, SHARE, f"segment {place}: maintenance")


def lot_of(lot: Amount) -> Decimal:
    """The size of one lot in coins, which must be positive."""
    number = decimal_of(lot, "lot")
    if number <= 0:
        raise InputRefused("lot: must be above 0")
    if "/" in shown(1 / Fraction(number)):
        raise InputRefused(f"lot: {number:f} must divide a power of ten, like 0.001 or 0.25")
    return number.normalize()


def mark_multiplier(lot: Decimal, scale: int) -> Fraction:
    """Micros per unit for a price of one token per coin."""
    return Fraction(lot) * Fraction(10) ** scale * TOKENS


def _scale(lot: Decimal, scale: int | None, position_max: Amount | None) -> int:
    """The given scale, or the one whose unit is a coin, raised until the largest position rounds to under a cent."""
    if scale is not None:
        chosen = whole(scale, COUNT, "scale")
        if not 0 <= chosen <= SCALE_MAX:
            raise InputRefused(f"scale: must be a whole number from 0 to {SCALE_MAX}")
        return chosen
    lots_per_coin = 1 / Fraction(lot)
    needed = lots_per_coin
    if position_max is not None:
        needed = max(needed, Fraction(decimal_of(position_max, "position_max")) * lots_per_coin / 10_000)
    found = 0
    while 10**found < needed:
        found += 1
    if found > SCALE_MAX:
        raise InputRefused(f"lot: {lot:f} is too fine; the finest is {shown(Fraction(1, 10**SCALE_MAX))}")
    return found


def leverage_rate(leverage: Amount, what: str = "leverage") -> int:
    """The rate of a leverage cap, ceil(ppb / leverage): 5 times is 20 %."""
    number = Fraction(decimal_of(leverage, what))
    if number <= 0 or PPB / number > RATE_MAX:
        raise InputRefused(f"{what}: must be at least {shown(Fraction(PPB, RATE_MAX))}")
    return math.ceil(PPB / number)


def policy_of(parameters: Mapping[str, Any]) -> dict[str, int]:
    """The engine's integers of the policy parameters given."""
    unknown = sorted(set(parameters) - set(PolicyRow.__annotations__))
    if unknown:
        raise TypeError(f"unknown policy parameter {unknown[0]!r}; known: {', '.join(PolicyRow.__annotations__)}")
    row = {}
    for name, value in parameters.items():
        if name == "adl":
            if value not in _ADL:
                raise InputRefused(f"adl: must be one of {', '.join(_ADL)}")
            row[name] = _ADL[value]
        else:
            row[name] = whole(value, _POLICY_UNITS[name], name)
    return row


def weight_to_rate(weight: Amount, what: str) -> Decimal:
    """The requirement of an asset is what its collateral weight leaves out."""
    number = decimal_of(weight, what)
    if not 0 <= number <= 1:
        raise InputRefused(f"{what}: must be from 0 to 1")
    return Decimal(PPB - whole(number, SHARE, what)) / PPB
