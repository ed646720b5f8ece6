"""Parameters in human units: what an instrument may be told at the face, and the integers they become.

Names are the engine's (docs/parameters.md) where those need no unit; sizes in lots are asked for in coins:
``position_max`` (lots_max), ``open_interest_max`` (open_lots_max), ``backstop_max`` (backstop_lots_max).
"""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, NamedTuple, TypedDict

from plimsoll.book.rows import ListingRow
from plimsoll.units.limits import HOLDING_VALUE_MAX, LOTS_MAX, OPEN_LOTS_MAX, OPEN_VALUE_MAX, PPB, RATE_MAX, SCALE_MAX
from plimsoll.units.messages import KIND_ASSET, KIND_FUTURE, KIND_PERP
from plimsoll.venue.decimals import COUNT, SECONDS, SHARE, TOKENS, Amount, Time, decimal_of, milliseconds, shown, whole
from plimsoll.venue.defaults import DEFAULTS
from plimsoll.venue.errors import InputRefused
from plimsoll.venue.policy import PolicyParameters, policy_of

__all__ = [
    "ListingParameters",
    "OptionTerms",
    "PolicyParameters",
    "Segment",
    "Terms",
    "changes_of",
    "leverage_rate",
    "lot_of",
    "mark_multiplier",
    "policy_of",
    "rates_of",
    "weight_to_rate",
]

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
    tier: int


LISTING_UNITS: Final[dict[str, Fraction]] = {
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
    "tier": COUNT,
}
"""How many of the engine's units are one of the face's; sizes and prices depend on the lot besides."""
_COINS: Final = {
    "position_max": "lots_max",
    "open_interest_max": "open_lots_max",
    "backstop_max": "backstop_lots_max",
}
SEGMENTS_MAX: Final = 3


class OptionTerms(NamedTuple):
    """What makes an option: its type (1 call, 2 put), strike in tokens per coin, netting group.

    ``spot_max``: the largest mark of the underlying, tokens per coin, which its default sizes are reckoned at.
    """

    option_type: int
    strike: Amount
    group: int
    spot_max: Amount


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
        option: OptionTerms | None = None,
    ) -> None:
        _require_known(parameters)
        self.lot = lot_of(lot)
        chosen: dict[str, Any] = {**DEFAULTS[kind], **parameters}
        self.scale = _scale(self.lot, chosen.get("scale"), chosen.get("position_max"))
        self.row = dict.fromkeys(ListingRow.__annotations__, 0)
        self.row.update(kind=kind, scale=self.scale)
        self.row["rate_initial"] = whole(rate_initial, SHARE, "initial")
        self.row["rate_maintenance"] = whole(rate_maintenance, SHARE, "maintenance")
        self.row.update(changes_of({**chosen, "mark_max": mark_max}, self.lot, self.scale))
        self._set_limits(chosen, option)
        if kind in (KIND_PERP, KIND_FUTURE):
            self._lower_fees(parameters)
        if expiry is not None:
            self.row["expiry"] = milliseconds(expiry, "expiry")
        if option is not None:
            strike = whole(option.strike, mark_multiplier(self.lot, self.scale), "strike")
            self.row.update(option_type=option.option_type, strike=strike, risk_group=option.group)

    def _set_limits(self, chosen: Mapping[str, Any], option: OptionTerms | None) -> None:
        """What was not given becomes the most that the engine's own limits allow; the backstop takes a tenth.

        Of options half as much, at the largest mark of the underlying: a class must be able to hold 62 of them and two
        contracts (docs/portfolio-margin.md, §9).
        """
        row, unit = self.row, 10**self.scale
        if "position_max" not in chosen:
            value_max, highest = HOLDING_VALUE_MAX, row["mark_max"]
            if option is not None:
                per_token = mark_multiplier(self.lot, self.scale)
                prices = [whole(price, per_token, "strike") for price in (option.strike, option.spot_max)]
                value_max, highest = HOLDING_VALUE_MAX // 2, max(highest, *prices)
            row["lots_max"] = min(value_max * unit // max(highest, 1), 10_000 * unit, LOTS_MAX)
        if "open_interest_max" not in chosen:
            row["open_lots_max"] = min(OPEN_VALUE_MAX * unit // max(row["mark_max"], 1), OPEN_LOTS_MAX)
        if "backstop_max" not in chosen:
            row["backstop_lots_max"] = row["lots_max"] // 10

    def _lower_fees(self, parameters: Mapping[str, Any]) -> None:
        """Default fees of a liquidation stay below half the maintenance rate; what was given stays as given."""
        for name in ("fee_liquidation", "fee_backstop"):
            if name not in parameters:
                self.row[name] = min(self.row[name], self.row["rate_maintenance"] // 2)


def _require_known(parameters: Mapping[str, Any]) -> None:
    unknown = sorted(set(parameters) - set(ListingParameters.__annotations__))
    if unknown:
        raise TypeError(f"unknown parameter {unknown[0]!r}; known: {', '.join(ListingParameters.__annotations__)}")


def changes_of(parameters: Mapping[str, Any], lot: Decimal, scale: int) -> dict[str, int]:
    """The engine's integers of the parameters given, ``mark_max`` among them; ``scale`` itself is not changed."""
    row: dict[str, int] = {}
    per_coin = 1 / Fraction(lot)
    if "mark_max" in parameters:
        row["mark_max"] = whole(parameters["mark_max"], mark_multiplier(lot, scale), "mark_max")
    for name, unit in LISTING_UNITS.items():
        if name in parameters:
            row[name] = whole(parameters[name], unit, name)
    for name, column in _COINS.items():
        if name in parameters:
            row[column] = whole(parameters[name], per_coin, name)
    if "segments" in parameters:
        row.update(_segments(parameters["segments"], per_coin))
    return row


def rates_of(kind: int, parameters: dict[str, Any]) -> dict[str, int]:
    """The rates among the parameters, taken out of them: ``initial`` and ``maintenance``, or an asset's weights."""
    row = {}
    for side, weight in (("initial", "weight"), ("maintenance", "weight_maintenance")):
        if kind == KIND_ASSET and weight in parameters:
            row[f"rate_{side}"] = whole(weight_to_rate(parameters.pop(weight), weight), SHARE, weight)
        elif kind != KIND_ASSET and side in parameters:
            row[f"rate_{side}"] = whole(parameters.pop(side), SHARE, side)
    return row


def _segments(segments: Sequence[Segment], per_coin: Fraction) -> dict[str, int]:
    if not isinstance(segments, (list, tuple)) or len(segments) > SEGMENTS_MAX:
        raise InputRefused("segments: give a list of at most 3, beside the first")
    if not all(isinstance(segment, (list, tuple)) and len(segment) == 3 for segment in segments):
        raise InputRefused("segments: each is [from so many coins, initial rate, maintenance rate]")
    row = dict.fromkeys(
        (f"segment_{name}_{place}" for name in ("lots", "initial", "maintenance") for place in (1, 2, 3)), 0
    )
    for place, (start, initial, maintenance) in enumerate(segments, 1):
        row[f"segment_lots_{place}"] = whole(start, per_coin, f"segment {place}")
        row[f"segment_initial_{place}"] = whole(initial, SHARE, f"segment {place}: initial")
        row[f"segment_maintenance_{place}"] = whole(maintenance, SHARE, f"segment {place}: maintenance")
    return row


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


def weight_to_rate(weight: Amount, what: str) -> Decimal:
    """The requirement of an asset is what its collateral weight leaves out."""
    number = decimal_of(weight, what)
    if not 0 <= number <= 1:
        raise InputRefused(f"{what}: must be from 0 to 1")
    return Decimal(PPB - whole(number, SHARE, what)) / PPB
