"""The desk's instruments: an index, a risk class over it, and options at two expiries: the next week's and month's.

Expiries are Fridays at 08:00 UTC, as options venues have them. The perpetual and the coin join the class, so that they
hedge; an account in standard mode keeps its standard terms for both.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

import numpy as np

from plimsoll.sim.desk.config import DeskConfig
from plimsoll.sim.listings import Listing, PoolSetup
from plimsoll.units.limits import MICROS_PER_TOKEN, PPB
from plimsoll.units.messages import KIND_OPTION, OPTION_CALL, OPTION_PUT
from plimsoll.venue.decimals import plain
from plimsoll.venue.ladder import option_name
from plimsoll.venue.parameters import OptionTerms, Terms

CLASS: Final = 1
FRIDAY: Final = 4
EXPIRY_HOUR: Final = 8
WEEK_AWAY_MIN: Final = timedelta(hours=12)
MONTH_AWAY_MIN: Final = timedelta(days=8)
PERP: Final = "-PERP"
INDEX: Final = "-INDEX"
OPTION_TERMS: Final = {
    "position_max": 1_000,
    "open_interest_max": 100_000,
    "backstop_max": 200,
    "fee_taker": "0.003",
    "band": "0.5",
    "notional_min": 0,
    "sources_min": 1,
    "age_fill_max": 3_600,
    "age_margin_max": 3_600,
    "settlement_window": 1_800,
}


def expiries_after(start_ms: int) -> tuple[int, int]:
    """(next Friday at least half a day away, last Friday of a month at least eight days away), 08:00 UTC, in ms."""
    start = datetime.fromtimestamp(start_ms / 1000, UTC)
    week = _fridays(start + WEEK_AWAY_MIN)
    month = _fridays(start + MONTH_AWAY_MIN)
    while (month + timedelta(days=7)).month == month.month:
        month += timedelta(days=7)
    return round(week.timestamp() * 1000), round(month.timestamp() * 1000)


def _fridays(after: datetime) -> datetime:
    """The first Friday at 08:00 that is not before ``after``."""
    day = after.replace(hour=EXPIRY_HOUR, minute=0, second=0, microsecond=0)
    day += timedelta(days=(FRIDAY - day.weekday()) % 7)
    return day if day >= after else day + timedelta(days=7)


def lacking(setup: PoolSetup, coin: str) -> str:
    """What the pool lacks for a desk on the coin, as a sentence; empty for nothing."""
    names = {one.name: one for one in setup.listings}
    for name in (coin + PERP, coin):
        if name not in names:
            return f"the pool has no {name} on this path"
    if names[coin + PERP].unit != names[coin].unit or names[coin + PERP].lots_per_coin != names[coin].lots_per_coin:
        return f"{coin}{PERP} and {coin} do not have the same lots"
    return ""


def with_ladder(setup: PoolSetup, config: DeskConfig, start_ms: int, mark: int) -> PoolSetup:
    """The setup with the index first and the options last; ``mark`` is the coin's first. Numbers move up by one."""
    coin = config.coin
    asset = next(one for one in setup.listings if one.name == coin)
    members = {coin, coin + PERP}
    moved = tuple(
        replace(one, number=one.number + 1, row={**one.row, "risk_class": CLASS} if one.name in members else one.row)
        for one in setup.listings
    )
    index = replace(asset, number=1, name=coin + INDEX, popularity=0.0, row=_index_row(asset))
    options = _options(asset, config, start_ms, mark, first=len(moved) + 2)
    return replace(setup, listings=(index, *moved, *options))


def _index_row(asset: Listing) -> dict[str, int]:
    """Priced like the coin, and worth nothing as collateral, so that nobody keeps any."""
    return {**asset.row, "rate_initial": PPB, "rate_maintenance": PPB, "notional_min": 0}


def _options(asset: Listing, config: DeskConfig, start_ms: int, mark: int, first: int) -> tuple[Listing, ...]:
    price = asset.price(mark)
    lot = plain(1 / asset.lots_per_coin)
    highest = plain(Fraction(asset.row["mark_max"], MICROS_PER_TOKEN) / asset.coins_per_unit)
    found: list[Listing] = []
    for group, expiry in enumerate(expiries_after(start_ms), 1):
        for strike in strikes_of(config, price):
            for option_type in (OPTION_CALL, OPTION_PUT):
                terms = Terms(
                    KIND_OPTION,
                    lot=lot,
                    mark_max=highest if option_type == OPTION_CALL else strike,
                    rate_initial=0,
                    rate_maintenance=0,
                    expiry=expiry_time(expiry),
                    parameters={**OPTION_TERMS, "scale": asset.row["scale"], "risk_class": CLASS},
                    option=OptionTerms(option_type, strike, group, highest),
                )
                name = option_name(config.coin, expiry, strike, option_type)
                found.append(
                    replace(
                        asset,
                        number=first + len(found),
                        name=name,
                        kind=KIND_OPTION,
                        popularity=0.0,
                        row=terms.row,
                    )
                )
    return tuple(found)


def expiry_time(expiry_ms: int) -> datetime:
    """The moment of an expiry."""
    return datetime.fromtimestamp(expiry_ms / 1000, UTC)


def strikes_of(config: DeskConfig, price: float) -> list[Decimal]:
    """Strikes around a price, rounded to the step, each once."""
    step = config.strike_step
    rounded = np.rint(np.array(config.strikes) * price / step).astype(np.int64) * step
    return [Decimal(int(one)) for one in np.unique(rounded[rounded > 0])]
