"""Named rules at their edges: limits, zero, the direction of rounding. Numbers are worked by hand from the rule."""

from fractions import Fraction

import pytest

from plimsoll.presets import rules_drift_funding as drift_funding
from plimsoll.presets import rules_drift_liquidation as drift
from plimsoll.presets import rules_drift_margin as drift_margin
from plimsoll.presets import rules_drift_oracle as oracle
from plimsoll.presets import rules_drift_weights as weights
from plimsoll.presets import rules_dydx as dydx
from plimsoll.presets import rules_dydx_funding as dydx_funding
from plimsoll.presets import rules_hyperliquid as hyperliquid
from plimsoll.presets import rules_synthetix as synthetix
from plimsoll.presets.rounding import RuleRefused, div_ceil, div_floor, div_trunc, scaled, ten_to, trunc


def test_divisions_have_the_direction_of_their_name():
    assert (div_floor(-7, 2), div_ceil(-7, 2), div_trunc(-7, 2)) == (-4, -3, -3)
    assert (div_floor(7, 2), div_ceil(7, 2), div_trunc(7, -2)) == (3, 4, -3)
    assert trunc(Fraction(-7, 2)) == -3
    assert (scaled(Fraction(2, 3), 2), scaled(Fraction(2, 3), 2, up=True)) == (Fraction(66, 100), Fraction(67, 100))


@pytest.mark.parametrize("divide", [div_floor, div_ceil, div_trunc])
def test_a_division_by_zero_and_a_senseless_scale_are_refused(divide):
    with pytest.raises(RuleRefused, match="division by zero"):
        divide(1, 0)
    with pytest.raises(RuleRefused, match="exponent"):
        ten_to(10**9)


def position(quantums, **changes):
    market = {"price": 3, "exponent": 0, "atomic_resolution": -7, "im_ppm": 150_000, "maint_fraction_ppm": 600_000}
    return dydx.Position(quantums=quantums, **(market | changes))


@pytest.mark.parametrize("quantums", [11, -11, 7, -1, 0, 335])
def test_dydx_cuts_notional_and_rounds_maintenance_from_the_rounded_initial_margin(quantums):
    # A base quantum is worth 0.3: 11 of them 3.3, cut to 3 on both sides of zero.
    notional = abs(quantums) * 3 // 10
    found = dydx.risk(dydx.Account(usdc=5, positions={"market": position(quantums)}))
    initial = -(-notional * 15 // 100)
    assert found.nc == 5 + (notional if quantums > 0 else -notional)
    assert (found.imr, found.mmr) == (initial, -(-initial * 6 // 10))


def test_dydx_maintenance_is_the_engines_or_one_quantum_more():
    differing = 0
    for quantums in range(1, 400, 3):
        account = dydx.Account(usdc=0, positions={"market": position(quantums, atomic_resolution=-6)})
        venue, engine = dydx.risk(account).mmr, dydx.measured(account).maintenance
        assert engine <= venue < engine + 2
        differing += venue > -(-engine // 1)
    assert differing > 0, "the case of the two roundings must occur"


def test_dydx_fractions_finer_than_a_ppb_are_the_venues_all_the_same():
    account = dydx.Account(usdc=0, positions={"market": position(10**6, im_ppm=427_977, maint_fraction_ppm=293_059)})
    # 300,000 quanta: initial ceil(128,393.1), maintenance ceil(128,394 * 0.293059) = ceil(37,627.02...).
    assert dydx.risk(account)[:3] == (300_000, 128_394, 37_628)


def test_dydx_open_interest_bounds():
    assert dydx.adjusted_imf(200_000, 10, 10, 20) == 200_000
    assert dydx.adjusted_imf(200_000, 11, 10, 20) == 280_000
    assert dydx.adjusted_imf(200_000, 20, 10, 20) == 1_000_000
    assert dydx.adjusted_imf(200_000, 10**9, 0, 0) == 200_000


def test_dydx_transitions():
    assert dydx.may_pass(-10, 10, -5, 5), "the ratio may stay"
    assert not dydx.may_pass(-10, 10, -6, 5), "but not fall"
    assert not dydx.may_pass(5, 10, 100, 11), "maintenance may not rise"
    assert dydx.may_pass(-2, 0, -1, 0)
    assert not dydx.may_pass(-1, 0, -1, 0)
    assert not dydx.may_pass(-2, 1, 0, 0)


@pytest.mark.parametrize(("delta", "said"), [(0, "must not be 0"), (1, "other sign"), (-11, "more is to be closed")])
def test_dydx_closes_at_most_what_is_there(delta, said):
    account = dydx.Account(usdc=0, positions={"BTC": position(10)})
    with pytest.raises(RuleRefused, match=said):
        dydx.bankruptcy_quote(account, "BTC", delta)


def test_dydx_funding_pads_missing_samples_and_clamps():
    assert dydx_funding.epoch_rate(30 * 1_000, 30, 60, 0, 10**6) == 500
    assert dydx_funding.epoch_rate(-7, 2, 2, 0, 10**6) == -3
    assert dydx_funding.epoch_rate(0, 0, 0, 100, 50) == 50
    assert dydx_funding.premium_ppm(Fraction(100), None, Fraction(99), 10**6) == -10_000
    with pytest.raises(RuleRefused):
        dydx_funding.premium_ppm(Fraction(0), None, None, 1)


def test_dydx_jump_guard_at_its_limit():
    most = dydx_funding.jump_max(500_000, 500_000)
    assert dydx_funding.jump_is_allowed(500_000, most, 500_000)
    assert not dydx_funding.jump_is_allowed(500_000, most + 1, 500_000)


def test_drift_slices_begin_at_fifty_dollars_and_fees_rise_after_the_grace():
    assert drift.share_max(49_999_999, 0, 0, 0, 10) == 10_000
    assert drift.share_max(50_000_000, 0, 0, 0, 10) == 0
    assert drift.share_max(50_000_000, 0, 10, 0, 10) == 10_000
    assert drift.share_max(50_000_000, 0, 0, 0, 0) == 10_000, "without a duration all at once"
    assert drift.liquidator_fee(20_000, 50_000, 1_499) == 20_000
    assert drift.liquidator_fee(20_000, 50_000, 1_500) == 21_500
    assert drift.liquidator_fee(20_000, 21_000, 1_500) == 21_000


def test_drift_covers_have_no_bound_where_nothing_is_freed():
    assert drift.base_to_cover(1, 100, 10_000, 0, 10**8) == 2**64 - 1
    assert drift.base_to_cover(1, 500, 0, 0, 0) == 2**64 - 1
    with pytest.raises(RuleRefused, match="no size covers"):
        drift.base_to_cover(1, 500, 10_000, 40_000, 10**8)


def test_drift_losses_round_against_those_who_bear_them():
    assert drift.perp_loss_rate(-1, 10**9, -2 * 10**9) == 1_000
    assert drift.spot_loss_delta(1, 3, 10) == 4
    with pytest.raises(RuleRefused, match="open interest"):
        drift.perp_loss_rate(-1, 0, 0)


def test_drift_weights_without_a_factor_and_between_both_rules():
    assert weights.size_discount(9_000, 0, 10**18) == 9_000
    assert weights.size_premium(500, 0, 10**18) == 500
    assert weights.size_premium(500, 1, 0) == 500
    assert weights.deposits_discount(9_000, 0, 10**30) == 9_000, "a start of 0 means never"
    assert weights.profit_weight(10_000, 1_000, -5) == 10_000
    assert weights.size_of(10**12, 12) == 10**9
    assert weights.capped_asset_weight(8_000, 20_000) == 0


@pytest.mark.parametrize(("token", "margin"), [(10**9, (72, 0)), (-(10**9), (0, 132))])
def test_drift_prices_initial_margin_at_the_worse_of_price_and_mean(token, margin):
    terms = {"token": token, "decimals": 9, "asset_weight": 8_000, "liability_weight": 12_000}
    for price, twap in ((90, 110), (110, 90)):
        position = drift_margin.SpotPosition(price=price, **terms)
        assert drift_margin.strict_spot(position, twap) == margin


@pytest.mark.parametrize("value", [7, 367_190_166_742, -1_999_999_999_999_999])
def test_drift_requirements_are_cut_whatever_their_size(value):
    assert drift_margin.required(value, 958) == abs(value) * 958 // 10_000
    weight = 10_958 if value < 0 else 9_042
    assert drift_margin.weighed(value, weight, weight) == div_trunc(value * weight, 10_000)


def test_drift_pays_a_third_of_its_fees_at_most():
    # Longs 1, shorts 3, rate positive: the market maker would pay the shorts 2 coins' worth.
    found = drift_funding.capped_funding(10**9, -2 * 10**9, 10**9, -3 * 10**9, 600_000, 300_000)
    assert (found.long_rate, found.fees) == (10**9, 500_000)
    paid = drift_funding.payment(found.short_rate, 3 * 10**9)
    assert paid <= drift_funding.payment(10**9, 10**9) + 100_000
    exact = drift_funding.capped_funding(10**9, -2 * 10**9, 10**9, -3 * 10**9, 10**12, 0)
    assert exact.short_rate == 10**9, "with fees enough nothing is cut"


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"price": 0}, "NonPositive"),
        ({"twap": 6_000_000}, "TooVolatile"),
        ({"twap": 5_999_999}, "Valid"),
        ({"confidence": 20_000}, "Valid"),
        ({"confidence": 20_001}, "TooUncertain"),
        ({"confidence": 20_001, "tier": "C"}, "Valid"),
        ({"delay": 120}, "StaleForAMM"),
        ({"delay": 121}, "StaleForMargin"),
        ({"delay": 11, "sufficient": False}, "InsufficientDataPoints"),
        ({"delay": 10}, "Valid"),
    ],
)
def test_drift_oracle_states_at_limit_and_beyond(changes, state):
    guards = oracle.Guards(slots_stale_amm=10, slots_stale_margin=120, confidence_max=20_000, too_volatile_ratio=5)
    fresh = {"price": 10**6, "confidence": 1, "delay": 0, "sufficient": True, "twap": 10**6, "tier": "A"}
    assert oracle.validity(**(fresh | changes), guards=guards) == state


def test_hyperliquid_tiers_are_continuous_and_the_engine_agrees_with_the_formula():
    tiers = [
        hyperliquid.Tier(Fraction(lower), Fraction(leverage)) for lower, leverage in ((0, 40), (100, 20), (300, 10))
    ]
    for notional in (0, 1, 100, 101, 300, 301, Fraction(2501, 8)):
        tier, deduction = hyperliquid.tier_of(tiers, Fraction(notional))
        assert hyperliquid.maintenance(tiers, Fraction(notional)) == notional * tier.rate - deduction
    with pytest.raises(RuleRefused):
        hyperliquid.tier_of([], Fraction(1))
    with pytest.raises(RuleRefused):
        hyperliquid.tier_of(tiers[1:], Fraction(1))


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("available", ["3", "50", "0.01"])
def test_hyperliquids_formula_is_the_engines_liquidation_price(side, available):
    terms = (Fraction(250), side, Fraction(available), Fraction("0.8"), Fraction(20))
    formula, breach = hyperliquid.liquidation_price(*terms), hyperliquid.breach_of(*terms)
    assert 0 <= (formula - breach) * side <= Fraction(1, 10**8)


def test_hyperliquid_ranks_insolvent_accounts_first_and_shorts_by_the_inverse():
    def candidate(name, side, value):
        prices = {"mark": Fraction(120), "entry": Fraction(100)}
        return hyperliquid.Candidate(
            name=name, side=side, notional=Fraction(10), account_value=Fraction(value), **prices
        )

    order = [candidate("short", -1, 1), candidate("long", 1, 1), candidate("broke", 1, 0)]
    assert hyperliquid.deleveraging_order(order) == ["broke", "long", "short"]


def test_synthetix_window_still_blocks_at_its_last_second():
    sizes, events = {"A": Fraction(150)}, [(Fraction(time), "A") for time in (0, 10, Fraction(21, 2))]
    assert synthetix.liquidate_in_windows(Fraction(100), Fraction(10), sizes, events) == [50, 50, 0]


def test_synthetix_margins_by_the_engine_are_those_of_the_formula():
    terms = {
        "ratio": Fraction("13.35"),
        "least": Fraction("0.02"),
        "scalar": Fraction("0.28"),
        "reward_ratio": Fraction(0),
    }
    for size, scale in ((Fraction("2.5"), 100_000), (Fraction(-3), 7)):
        found = synthetix.margins(size, Fraction(30_000), scale=Fraction(scale), **terms)
        exact = abs(size) * 30_000 * (abs(size) / scale * Fraction("13.35") + Fraction("0.02"))
        assert (found.initial, found.maintenance) == (exact, exact * Fraction("0.28"))
