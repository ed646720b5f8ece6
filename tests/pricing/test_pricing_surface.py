"""Surfaces: order in time, interpolation and extrapolation by the stated rules."""

import math

import numpy as np
import pytest

from plimsoll.pricing import PricingError, Smile, Svi, fit_surface
from plimsoll.pricing.svi import calendar_gap

YEARS = (0.02, 0.1, 0.5)
Z = np.linspace(-2.5, 2.5, 21)


def _smile(years: float, vol: float = 0.6) -> Smile:
    s = vol * math.sqrt(years)
    true = Svi(0.5 * s * s, 0.6 * s, -0.2, 0.1 * s, 0.8 * s)
    return Smile(years, Z * s, np.sqrt(true.total_variance(Z * s) / years))


def test_each_expiry_is_found_and_in_order() -> None:
    smiles = [_smile(years) for years in YEARS]
    surface = fit_surface(smiles[::-1])
    assert surface.years.tolist() == list(YEARS)
    assert surface.butterfly_ok and surface.calendar_ok
    for smile in smiles:
        vol = surface.vol(np.exp(smile.k), 1.0, smile.years)
        assert np.abs(vol - smile.vol).max() < 1e-4


def test_variance_is_linear_between_expiries() -> None:
    surface = fit_surface([_smile(years) for years in YEARS])
    k = np.array([-0.2, 0.0, 0.3])
    near, far = (surface.fits[index].params.total_variance(k) for index in (0, 1))
    assert surface.total_variance(k, 0.04) == pytest.approx(near + (far - near) * 0.25, rel=1e-12)
    assert surface.total_variance(k, 0.1) == pytest.approx(far, rel=1e-12)


def test_vol_is_flat_outside() -> None:
    surface = fit_surface([_smile(years) for years in YEARS])
    strike = np.array([0.8, 1.0, 1.3])
    for inside, outside in ((YEARS[0], 0.001), (YEARS[-1], 5.0)):
        assert surface.vol(strike, 1.0, outside) == pytest.approx(surface.vol(strike, 1.0, inside), rel=1e-12)
    assert surface.total_variance(0.1, 0.0) == 0.0


def test_variance_never_falls_with_time() -> None:
    surface = fit_surface([_smile(years) for years in YEARS])
    times = np.linspace(0.0, 1.0, 400)
    w = surface.total_variance(np.array([-0.15, 0.0, 0.15])[:, None], times)
    assert (np.diff(w, axis=1) >= -1e-12).all()


def test_one_expiry_is_a_surface() -> None:
    surface = fit_surface([_smile(0.1)])
    assert surface.calendar_ok and surface.calendar_gaps.size == 0
    assert surface.vol(1.0, 1.0, [0.01, 0.1, 1.0]) == pytest.approx([surface.vol(1.0, 1.0, 0.1)] * 3)


def test_crossing_expiries_are_parted_or_reported() -> None:
    """The nearer expiry is marked so high that its total variance is above the next one's."""
    smiles = [_smile(0.10, 0.9), _smile(0.12, 0.6)]
    free = fit_surface(smiles, no_arbitrage=False)
    assert not free.calendar_ok
    assert free.calendar_gaps[0] < 0
    held = fit_surface(smiles)
    assert held.calendar_ok
    assert free.in_order.tolist() == [False, True] and held.in_order.all()
    # The nearer has the wider strikes, so the further one is what gives way.
    assert not held.fits[0].constrained and held.fits[1].constrained
    near, far = (fit.params for fit in held.fits)
    assert calendar_gap(near, far, -0.5, 0.5) > -1e-6


def test_a_few_strikes_near_the_money_do_not_hold_down_a_wide_smile() -> None:
    """A weekly quoted around the forward only: its free fit is flat further out, far below the monthly before it."""
    monthly = _smile(0.10)
    k = np.linspace(-0.06, 0.04, 9)
    weekly = Smile(0.13, k, np.sqrt(Svi(0.02, 0.2, -0.9, 0.1, 0.05).total_variance(k) / 0.13))
    alone = fit_surface([monthly, weekly], no_arbitrage=False)
    assert alone.in_order.tolist() == [False, True] and alone.calendar_gaps[0] < -0.01
    surface = fit_surface([monthly, weekly])
    assert surface.calendar_ok and surface.butterfly_ok
    found = surface.vol(np.exp(monthly.k), 1.0, monthly.years)
    assert np.abs(found - monthly.vol).max() < 1e-4
    # The weekly is above it where the monthly has a body, and still on its own marks.
    assert np.abs(surface.vol(np.exp(k), 1.0, weekly.years) - weekly.vol).max() < 0.01


def test_weights_of_the_caller() -> None:
    smile = _smile(0.1)
    vol = smile.vol.copy()
    vol[-1] += 0.2
    weights = np.r_[np.ones(20), 0.0]
    found = fit_surface([Smile(0.1, smile.k, vol, weights)]).vol(np.exp(smile.k), 1.0, 0.1)
    assert np.abs(found - smile.vol).max() < 1e-3


@pytest.mark.parametrize(
    ("smiles", "says"),
    [
        ([], "at least one expiry"),
        ([_smile(0.1), _smile(0.1)], "the same time"),
        ([_smile(0.1)._replace(years=0.0)], "years must be finite and above zero"),
        ([_smile(0.1)._replace(years=math.nan)], "years must be finite and above zero"),
        ([Smile(0.1, np.array([]), np.array([]))], "has no quotes"),
        ([Smile(0.1, Z[:3], np.ones(3))], "5 different strikes"),
        ([Smile(0.1, Z, -np.ones(21))], "vol must be finite and above zero"),
        ([Smile(0.1, Z, np.ones(20))], "shapes do not go together"),
        ([Smile(0.1, Z, np.ones(21), np.ones(3))], "shapes do not go together|weights"),
    ],
)
def test_refusals(smiles: list[Smile], says: str) -> None:
    with pytest.raises(PricingError, match=says):
        fit_surface(smiles)


def test_queries_are_checked() -> None:
    surface = fit_surface([_smile(0.1)])
    with pytest.raises(PricingError, match="years must be finite and above zero"):
        surface.vol(1.0, 1.0, 0.0)
    with pytest.raises(PricingError, match="strike must be finite and above zero"):
        surface.vol(0.0, 1.0, 1.0)
    with pytest.raises(PricingError, match="k must be finite"):
        surface.total_variance(math.nan, 1.0)
