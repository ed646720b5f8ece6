"""Parameters at their bounds, worked by hand: what Derive's own tests push to the least and the most, one by one."""

import dataclasses
import math

import pytest

from plimsoll.conform.derive_pmrm import TEST_RULES
from plimsoll.conform.derive_portfolio import Asset, PortfolioAccount, margin_of, netted, scenario_profits
from plimsoll.presets.derive_classes import Market
from plimsoll.presets.derive_limits import divided, multiple_of, norm_of
from plimsoll.presets.derive_tables import Expiry
from plimsoll.risk.models import Basis, Scenario, SkewShock, VolMove

OUTSIDE = dataclasses.replace(TEST_RULES, inside=False, asset_share=0.0, perp_initial=0.01, option_initial=0.005)
"""Contingencies beside the factor, as at PMRM_2: 2 % and another 1 % of a perp, 1 % and 0.5 % of a naked option."""
LOSS = 150.0
"""What the worst scenario (15 %) costs a perp at 1000."""


def expiry(**fields):
    given = {"seconds": 86_400 * 30, "variable": 1_000.0, "strikes": [1_000.0], "calls": [True], "vols": [0.5]}
    return Expiry(**given | fields)


def account(rules=OUTSIDE, **fields):
    given = {"market": Market(spot=1_000.0), "amounts": [], "cash": 0.0, "perps": 1.0, "perp_price": 1_000.0}
    return PortfolioAccount(rules=rules, **given | fields)


@pytest.mark.parametrize("factor", [0.0, 0.4, 1.0, 1.3, 4.0, 5.0, 5.5, 10.0, 20.0])
def test_factors(factor):
    initial = margin_of(account(dataclasses.replace(OUTSIDE, factor_initial=factor)))
    assert initial.initial == pytest.approx(-factor * LOSS - 30)
    assert initial.maintenance == pytest.approx(-LOSS - 20)
    maintenance = margin_of(account(dataclasses.replace(OUTSIDE, factor_maintenance=factor)))
    assert maintenance.maintenance == pytest.approx(-factor * LOSS - 20)
    assert maintenance.initial == pytest.approx(-1.3 * LOSS - 30)
    assert initial.equity == maintenance.equity == 0.0


@pytest.mark.parametrize("share", [0.0, 0.5, 2.0, 2.005, 5.0])
@pytest.mark.parametrize("beside", [0.0, 0.005, 2.0])
def test_shares_of_perps_and_naked_options(share, beside):
    rules = dataclasses.replace(OUTSIDE, perp_maintenance=share, perp_initial=beside)
    found = margin_of(account(rules))
    assert found.maintenance == pytest.approx(-LOSS - share * 1_000)
    assert found.initial == pytest.approx(-1.3 * LOSS - (share + beside) * 1_000)
    rules = dataclasses.replace(OUTSIDE, option_maintenance=share, option_initial=beside)
    short = {"market": Market(spot=1_000.0, expiries=(expiry(),)), "amounts": [[-1.0]], "perps": 0.0}
    free = margin_of(account(dataclasses.replace(rules, option_maintenance=0.0, option_initial=0.0), **short))
    found = margin_of(account(rules, **short))
    assert free.maintenance - found.maintenance == pytest.approx(share * 1_000, abs=0.01)
    assert free.initial - found.initial == pytest.approx((share + beside) * 1_000, abs=0.01)


@pytest.mark.parametrize("factor", [0.0, 2.0, 10.0, 20.0])
def test_depeg_factors(factor):
    found = margin_of(account(dataclasses.replace(OUTSIDE, peg_factor=factor), stable_price=0.48))
    assert found.initial == pytest.approx(-(1.3 + 0.5 * factor) * LOSS - 30)
    assert found.maintenance == pytest.approx(-LOSS - 20)


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.5, 10.0])
def test_doubt_may_cost_more_than_the_price(factor):
    rules = dataclasses.replace(OUTSIDE, confidence_factor=factor)
    asset = Asset(2.0, 1_000.0, 0.1, 0.15, 0.3)
    found = margin_of(account(rules, perps=0.0, market=Market(spot=1_000.0, confidence=0.3), assets=[asset]))
    assert found.maintenance == pytest.approx(2_000 - 2 * LOSS - 200)
    assert found.initial == pytest.approx(2_000 - 1.3 * 2 * LOSS - 300 - 0.7 * factor * 2_000)


@pytest.mark.parametrize(("spot", "doubted"), [(2_681.6029850999994, False), (1_000.0, False), (33.333333333, False)])
def test_a_feed_exactly_at_its_threshold_is_not_doubted(spot, doubted):
    market = Market(spot=spot, confidence=0.6)
    sure = margin_of(account(market=Market(spot=spot), perp_price=spot))
    assert (margin_of(account(market=market, perp_price=spot)) != sure) is doubted
    below = Market(spot=spot, confidence=0.599)
    lost = sure.initial - margin_of(account(market=below, perp_price=spot)).initial
    assert lost == pytest.approx(0.401 * 0.5 * spot, rel=1e-6)


def test_an_initial_share_below_the_maintenance_one():
    rules = dataclasses.replace(OUTSIDE, perp_maintenance=0.05, perp_initial=-0.02)
    found = margin_of(account(rules))
    assert (found.initial, found.maintenance) == (pytest.approx(-1.3 * LOSS - 30), pytest.approx(-LOSS - 50))


def test_a_large_basis_under_a_large_factor():
    basis = Basis(up=1.0, down=-0.5, add=20.0, multiple=0.0)
    rules = dataclasses.replace(OUTSIDE, basis=basis, factor_initial=5.0, option_maintenance=0.0, option_initial=0.0)
    deep = expiry(strikes=[1.0], vols=[0.0])
    found = margin_of(account(rules, perps=0.0, market=Market(spot=1_000.0, expiries=(deep,)), amounts=[[-1.0]]))
    # A short call struck at 1 is worth −999; at twice the spot it costs 1000 more.
    assert found.maintenance == pytest.approx(-999 - 20 * 1_000, rel=1e-6)
    assert found.initial == pytest.approx(-999 - 5 * 20 * 1_000, rel=1e-6)


def test_an_option_named_twice_is_one_balance():
    twice = expiry(strikes=[1_000.0, 1_000.0, 900.0], calls=[True, True, True], vols=[0.5, 0.5, 0.6])
    once, amounts = netted(twice, [-1.0, 1.0, 2.0])
    assert (once.strikes, once.vols, amounts) == ([1_000.0, 900.0], [0.5, 0.6], [0.0, 2.0])
    held = {"market": Market(spot=1_000.0, expiries=(twice,)), "amounts": [[-1.0, 1.0, 0.0]], "perps": 0.0}
    assert margin_of(account(**held)) == (0.0, 0.0, 0.0)


def test_a_move_in_a_skew_scenario_is_that_of_the_perp_alone():
    skew = SkewShock(base_cap=0.0, slope_cap=0.0, k_min=0.01, width=1.0, vol_static=1.0, vol_scale=0.0)
    rules = dataclasses.replace(
        OUTSIDE, scenarios=(Scenario(0.1, VolMove.LINEAR),), skew_linear=skew, discounted=False, discount=NO_DISCOUNT
    )
    market = Market(spot=1_000.0, expiries=(expiry(),))
    assert scenario_profits(account(rules, market=market, amounts=[[5.0]])).tolist() == [pytest.approx(100.0, rel=1e-8)]


NO_DISCOUNT = dataclasses.replace(TEST_RULES.discount, base_long=1.0, rate_long=0.0, add_long=0.0)


def test_a_short_far_from_expiry_at_a_high_rate_is_marked_up_to_its_undiscounted_value():
    # Two years at 50 %: D = e^-1, so a short put of no vol struck 1000 above the forward is worth −1000/e and, with the
    # weight e, loses 1000 − 1000/e more; a fall of 15 % costs another 150.
    discount = dataclasses.replace(TEST_RULES.discount, base_short=1.0, rate_short=1.0, add_short=0.1)
    rules = dataclasses.replace(
        OUTSIDE, discounted=True, discount=discount, option_maintenance=0.0, option_initial=0.0, factor_initial=1.0
    )
    far = expiry(seconds=730 * 86_400, strikes=[2_000.0], calls=[False], vols=[0.0], rate=0.5)
    held = {"market": Market(spot=1_000.0, expiries=(far,)), "amounts": [[-1.0]], "perps": 0.0}
    found = margin_of(account(rules, **held))
    assert found.equity == pytest.approx(-1_000 / math.e, abs=0.001)
    assert found.maintenance == pytest.approx(-1_000 - 150, rel=1e-6)


def test_what_fits_is_put_to_the_engine_as_it_is():
    assert norm_of(OUTSIDE, [expiry()]) == 1.0
    assert multiple_of(OUTSIDE, 1.0) == 1
    assert divided(OUTSIDE, 1) == OUTSIDE


def test_norm_and_multiple():
    rules = dataclasses.replace(OUTSIDE, basis=Basis(add=5.0), factor_initial=4.0)
    assert norm_of(rules, [expiry()]) == 2.5
    assert multiple_of(rules, 2.5) == 2
    assert divided(rules, 2).factor_initial == 2.0
    inside = dataclasses.replace(rules, inside=True)
    assert divided(inside, 2).perp_maintenance == inside.perp_maintenance
