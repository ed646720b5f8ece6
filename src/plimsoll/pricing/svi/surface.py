"""Surfaces: one smile an expiry, free of butterfly and calendar arbitrage or honest about it (docs/pricing.md).

Each expiry is held below the next one's total variance on its body: the strikes whose vega is at least
``WEIGHT_LEAST`` of that at the money. Further out marks are below a tick and the smile is a guess; whether those
guesses cross is reported apart (``wing_gaps``), for holding them would bend the body.

Expiries are fitted from the widest range of strikes to the narrowest, each between the neighbours that are there: a
weekly with a dozen strikes is a guess beyond them, and must fit in between rather than hold a monthly down.

Between expiries total variance is linear in time at constant k = ln(K/F); before the first and after the last the
vol at constant k stays as it is there (w grows with time in proportion), which keeps calendar order. Before the first
it also keeps g >= 0; between expiries and after the last, g >= 0 is not implied.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from plimsoll.pricing.errors import PricingError
from plimsoll.pricing.inputs import Floats, broadcast, finite, float_array, not_negative, out, positive
from plimsoll.pricing.svi.arbitrage import calendar_gap
from plimsoll.pricing.svi.fit import CALENDAR_TOLERANCE, SviFit, fit_svi

WEIGHT_LEAST: Final = 0.02
"""A strike far from the money weighs this much of one at the money; the vega's share would leave the wings free."""
BODY_MIN: Final = 2
"""Strikes a body needs; with fewer the whole range is the body."""


class Smile(NamedTuple):
    """Quotes of one expiry: years to it, and per strike k = ln(K/F) and vol; ``weights`` of squared vol errors."""

    years: float
    k: Floats
    vol: Floats
    weights: Floats | None = None


class Surface(NamedTuple):
    """Fitted smiles in order of time, one a row.

    years          to each expiry
    fits           its smile and flags
    calendar_gaps  least w of expiry i + 1 less that of i, on the body of i; one less than expiries
    wing_gaps      the same over ``reach``
    reach          least and largest k quoted at any expiry
    """

    years: Floats
    fits: tuple[SviFit, ...]
    calendar_gaps: Floats
    wing_gaps: Floats
    reach: tuple[float, float]

    @property
    def butterfly_ok(self) -> bool:
        """No butterfly arbitrage in any expiry."""
        return all(fit.butterfly_ok for fit in self.fits)

    @property
    def in_order(self) -> NDArray[np.bool_]:
        """Of each expiry, whether the next one has no less total variance on its body; True for the last."""
        levels = np.array([float(fit.params.total_variance(0.0)) for fit in self.fits[:-1]])
        return np.append(self.calendar_gaps >= -CALENDAR_TOLERANCE * levels, True)

    @property
    def calendar_ok(self) -> bool:
        """No expiry has less total variance than the one before, at any k of that one's body."""
        return bool(self.in_order.all())

    def total_variance(self, k: ArrayLike, years: ArrayLike) -> Floats:
        """w(k, τ); inputs broadcast. Zero at τ = 0. PricingError for what is not finite or negative time."""
        points, times = broadcast(
            {"k": finite("k", float_array("k", k)), "years": not_negative("years", float_array("years", years))}
        )
        table = np.stack([fit.params.total_variance(points) for fit in self.fits])
        last = len(self.fits) - 1
        after = np.clip(np.searchsorted(self.years, times), 0, last)
        before = np.clip(after - 1, 0, last)
        near, far = self.years[before], self.years[after]
        w_near, w_far = (np.take_along_axis(table, index[None], axis=0)[0] for index in (before, after))
        span = np.where(far > near, far - near, 1.0)
        inner = w_near + (w_far - w_near) * (times - near) / span
        edge = np.where(times >= self.years[-1], table[-1] / self.years[-1], table[0] / self.years[0]) * times
        outside = (times <= self.years[0]) | (times >= self.years[-1])
        return out(np.where(outside, edge, inner))

    def vol(self, strike: ArrayLike, forward: ArrayLike, years: ArrayLike) -> Floats:
        """Implied vol at ``strike`` for an expiry ``years`` away whose forward is ``forward``; inputs broadcast."""
        strikes, forwards, times = broadcast(
            {
                "strike": positive("strike", float_array("strike", strike)),
                "forward": positive("forward", float_array("forward", forward)),
                "years": positive("years", float_array("years", years)),
            }
        )
        return out(np.sqrt(np.maximum(self.total_variance(np.log(strikes / forwards), times), 0.0) / times))


def fit_surface(smiles: Sequence[Smile], *, no_arbitrage: bool = True) -> Surface:
    """Fit every expiry of one underlying. PricingError for no expiry, two of the same time, or too few strikes.

    Without weights a strike weighs its vega's share, at least ``WEIGHT_LEAST``; squared errors are those of vol.
    With ``no_arbitrage=False`` the smiles are fitted one by one and the flags are a report only.
    """
    ordered = sorted(smiles, key=lambda smile: smile.years)
    if not ordered:
        raise PricingError("a surface needs at least one expiry")
    years = positive("years", np.array([float(smile.years) for smile in ordered]))
    if (np.diff(years) <= 0).any():
        raise PricingError("two expiries have the same time; merge them first")
    checked = [_checked(smile) for smile in ordered]
    low = min(float(smile.k.min()) for smile in checked)
    high = max(float(smile.k.max()) for smile in checked)
    fits = _fitted(checked, no_arbitrage)
    pairs = list(pairwise(fits))
    quoted = [calendar_gap(near.params, far.params, *_body(smile)) for (near, far), smile in zip(pairs, checked)]
    wide = [calendar_gap(near.params, far.params, low, high) for near, far in pairs]
    return Surface(years, tuple(fits), np.array(quoted, np.float64), np.array(wide, np.float64), (low, high))


def _fitted(smiles: Sequence[Smile], no_arbitrage: bool) -> list[SviFit]:
    """The fit of each, the widest first; of two alike the later one."""
    bodies = [_body(smile) for smile in smiles]
    done: dict[int, SviFit] = {}
    for at in sorted(range(len(smiles)), key=lambda place: (-float(np.ptp(smiles[place].k)), -place)):
        smile = smiles[at]
        before = max((place for place in done if place < at), default=None)
        after = min((place for place in done if place > at), default=None)
        done[at] = fit_svi(
            smile.k,
            smile.vol**2 * smile.years,
            _weights(smile),
            floor=None if before is None or not no_arbitrage else done[before].params,
            floor_reach=None if before is None else bodies[before],
            ceiling=None if after is None or not no_arbitrage else done[after].params,
            reach=bodies[at],
            no_arbitrage=no_arbitrage,
        )
    return [done[place] for place in range(len(smiles))]


def _checked(smile: Smile) -> Smile:
    k, vol = broadcast(
        {"k": finite("k", float_array("k", smile.k)), "vol": positive("vol", float_array("vol", smile.vol))}
    )
    if not k.size:
        raise PricingError(f"the expiry {smile.years!r} years away has no quotes; leave it out")
    return Smile(float(smile.years), np.atleast_1d(k), np.atleast_1d(vol), smile.weights)


def _body(smile: Smile) -> tuple[float, float]:
    """Least and largest k whose vega counts."""
    inner = smile.k[_vega_share(smile) >= WEIGHT_LEAST]
    chosen = inner if inner.size >= BODY_MIN else smile.k
    return float(chosen.min()), float(chosen.max())


def _vega_share(smile: Smile) -> Floats:
    """φ(d1)/φ(0): the vega as a share of the largest."""
    deviation = smile.vol * np.sqrt(smile.years)
    d1 = deviation / 2 - smile.k / deviation
    share: Floats = np.exp(-0.5 * d1 * d1)
    return share


def _weights(smile: Smile) -> Floats:
    """Weights of squared errors of w that stand for squared errors of vol: dw = 2·σ·τ·dσ."""
    chosen = np.maximum(_vega_share(smile), WEIGHT_LEAST) if smile.weights is None else smile.weights
    weights, vol = broadcast({"weights": float_array("weights", chosen), "vol": smile.vol})
    return weights / (2.0 * vol * smile.years) ** 2
