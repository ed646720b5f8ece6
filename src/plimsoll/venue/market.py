"""A class of a pool as a risk model is shown it: spot, expiries, strikes from the tables, vols from a surface.

Amounts are tokens per unit of the class (10^scale lots), as ``quantise`` takes them; a unit is a coin unless the
listing says otherwise. In its settlement window an option's forward is partly fixed: with the sum of mark · time so
far over the time ``seen``, the spot S and the time ``left``,

    forward = fixed + variable     fixed = sum / (seen + left)     variable = S · left / (seen + left)
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from plimsoll.book.layout import Array
from plimsoll.book.layout import Pool as Tables
from plimsoll.units.limits import MICROS_PER_TOKEN
from plimsoll.units.messages import OPTION_CALL
from plimsoll.units.tables import array_of
from plimsoll.venue.decimals import moment
from plimsoll.venue.errors import InputRefused

if TYPE_CHECKING:
    from plimsoll.risk import OptionChain, Underlying

YEAR_MS = 365 * 86_400_000
_SHORTEST = 1.0 / YEAR_MS


class VolSurface(Protocol):
    """Anything that knows vols: ``plimsoll.pricing.Surface`` does."""

    def vol(self, strike: Any, forward: Any, years: Any, /) -> Any:
        """Implied vol, a fraction per root year, for arrays of one length; one number stands for all."""


Vols = VolSurface | float
"""A surface, or one vol for every strike and expiry."""


def underlying_of(
    pool: Tables,
    risk_class: int,
    name: str,
    options: Sequence[int],
    vols: Vols | None,
    *,
    forwards: Mapping[int, float] | None = None,
    rate: float = 0.0,
    column: str = "",
) -> "Underlying":
    """A published class with its options (numbers). ``forwards`` by expiry in milliseconds, tokens a unit; the spot
    grown at ``rate`` where there is none. InputRefused for an underlying without a mark, or forwards of no option.
    """
    from plimsoll.risk import Underlying

    number = int(pool.classes[risk_class]["underlying"])
    spot = int(pool.instruments[number]["mark"]) / MICROS_PER_TOKEN
    if spot <= 0:
        raise InputRefused(f"{name} has no mark yet: publish one (tick, mark) before a table of class {risk_class}")
    rows = array_of(pool.instruments)[list(options)]
    given = dict(forwards or {})
    for expiry in sorted(set(given) - set(rows["expiry"].tolist())):
        raise InputRefused(f"forwards: no option of class {risk_class} expires at {moment(expiry).isoformat()}")
    chain = None
    if len(options) and vols is not None:
        chain = _chain(options, rows, spot, int(pool.totals[0]["time"]), vols, given, rate)
    return Underlying(name, risk_class, number, spot, chain, column=column)


def _chain(
    options: Sequence[int],
    rows: Array,
    spot: float,
    time_ms: int,
    vols: Vols,
    forwards: Mapping[int, float],
    rate: float,
) -> "OptionChain":
    from plimsoll.risk import OptionChain

    years = np.maximum(rows["expiry"] - time_ms, 0) / YEAR_MS
    grown = spot * np.exp(rate * years)
    final = np.array([forwards.get(int(expiry), own) for expiry, own in zip(rows["expiry"], grown)], np.float64)
    if not bool((np.isfinite(final) & (final > 0)).all()):
        raise InputRefused("forwards: each must be a price above 0, and rate a fraction a year")
    fixed, share_left = fixed_part(rows, time_ms)
    forward = fixed + share_left * final
    strikes = rows["strike"] / MICROS_PER_TOKEN
    return OptionChain.of(
        instruments=np.array(options, np.int64),
        groups=rows["risk_group"],
        years=years,
        strikes=strikes,
        is_call=rows["option_type"] == OPTION_CALL,
        vols=_vols(vols, strikes, forward, np.maximum(years, _SHORTEST)),
        forwards=forward,
        discounts=np.exp(-rate * years),
        fixed=fixed,
    )


def _vols(vols: Vols, strikes: Any, forwards: Any, years: Any) -> Any:
    """A vol for each option; InputRefused names the first that is none."""
    given = vols if isinstance(vols, (int, float)) else vols.vol(strikes, forwards, years)
    found = np.broadcast_to(np.asarray(given, np.float64), strikes.shape)
    wrong = np.flatnonzero(~(np.isfinite(found) & (found >= 0)))
    if wrong.size:
        at = int(wrong[0])
        raise InputRefused(
            f"surface: vol {found[at]} at strike {strikes[at]:g}, {years[at]:.4g} years: it must be 0 or more"
        )
    return found


def fixed_part(rows: Array, time_ms: int) -> tuple[Any, Any]:
    """Of each option's forward: what its window has fixed so far (tokens a unit), and the share still to come."""
    left = np.maximum(rows["expiry"] - time_ms, 0)
    inside = (left < rows["settlement_window"]) & (rows["settlement_time"] > 0)
    whole = np.where(inside, rows["settlement_time"] + left, 1)
    fixed = np.where(inside, rows["settlement_sum"] / whole / MICROS_PER_TOKEN, 0.0)
    return fixed, np.where(inside, left / whole, 1.0)
