"""The options of a book by coin and expiry, in the order in which a pool lists them and its tables have them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

from plimsoll.book.rows import ListingRow
from plimsoll.presets.compare.book import NotCovered, OptionPosition
from plimsoll.presets.derive_classes import Market
from plimsoll.presets.derive_tables import Expiry
from plimsoll.units.limits import HOLDING_VALUE_MAX, LINEAR_BOUND, LOTS_MAX, MARK_MAX, MICROS_PER_TOKEN, PPB
from plimsoll.units.messages import KIND_OPTION, OPTION_CALL, OPTION_PUT

Series = Mapping[int, Sequence[OptionPosition]]
"""Options by seconds to expiry, the nearest first."""

FAR_MS: Final = 10**9
"""Where every option expires in the pool: how long that is stands in its values alone."""


def series_of(options: Sequence[OptionPosition], coin: str) -> Series:
    """The options of a coin, one series an expiry."""
    own = [one for one in options if one.coin == coin]
    return {left: [one for one in own if one.seconds == left] for left in sorted({one.seconds for one in own})}


def market_of(spot: float, series: Series, first_option: int, first_group: int) -> Market:
    """A coin's market as the presets' classes take it: every forward is the spot, every feed is sure."""
    expiries = [
        Expiry(
            seconds=seconds,
            variable=spot,
            strikes=[float(one.strike) for one in options],
            calls=[one.is_call for one in options],
            vols=[one.vol for one in options],
        )
        for seconds, options in series.items()
    ]
    return Market(spot=spot, expiries=expiries, first_option=first_option, first_group=first_group)


def option_row(one: OptionPosition, perp: Mapping[str, int], lots: int, number: int, group: int) -> dict[str, int]:
    """The listing of an option in the lots of its coin's perpetual, cut to the size held.

    A call's largest price is the perpetual's under the largest shock, so that its scenario values fit at high prices
    too; less, where the position is so large that the engine would not hold that value.
    """
    strike = Fraction(one.strike) * MICROS_PER_TOKEN
    if strike.denominator != 1 or strike > min(MARK_MAX, perp["mark_max"]):
        raise NotCovered(f"{one.name}: a strike of {one.strike:f} is finer or larger than its prices may be")
    largest = max(1, abs(lots))
    most = max(perp["mark_max"], HOLDING_VALUE_MAX * 10 ** perp["scale"] // largest)
    return dict.fromkeys(ListingRow.__annotations__, 0) | {
        "kind": KIND_OPTION,
        "scale": perp["scale"],
        "mark_max": min(MARK_MAX, perp["mark_max"] * LINEAR_BOUND, most) if one.is_call else int(strike),
        "lots_max": largest,
        "open_lots_max": largest,
        "band": PPB,
        "confidence_max": PPB,
        "age_fill_max": FAR_MS,
        "age_margin_max": FAR_MS,
        "expiry": FAR_MS,
        "settlement_window": 1,
        "risk_class": number,
        "risk_group": group,
        "strike": int(strike),
        "option_type": OPTION_CALL if one.is_call else OPTION_PUT,
    }


def whole_lots(name: str, quantity: Decimal, lot: Decimal) -> int:
    """Lots of a quantity; NotCovered when it is not a whole number of them, or more than the engine holds."""
    lots = Fraction(quantity) / Fraction(lot)
    if lots.denominator != 1:
        raise NotCovered(f"{name}: {quantity:f} is finer than a lot of {lot:f}")
    if abs(lots) > LOTS_MAX:
        raise NotCovered(f"{name}: {quantity:f} is more than the engine holds")
    return int(lots)
