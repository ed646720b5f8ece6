"""Derive's presets against figures of the venue's documents and tests, without the engine."""

import dataclasses
import math
from fractions import Fraction

import numpy as np
import pytest

from plimsoll.presets import derive_auction as auction
from plimsoll.presets import derive_feeds as feeds
from plimsoll.presets.derive_auction import AuctionRules
from plimsoll.presets.derive_classes import Market, base_rates, portfolio_class, standard_class, uncertainty
from plimsoll.presets.derive_parameters import PMRM, PMRM_2, SRM
from plimsoll.presets.derive_tables import Expiry, chain_of, forward_parts, shocked_vols, weights_of
from plimsoll.presets.rounding import RuleRefused
from plimsoll.risk import RiskError, Scenario, VolMove, VolShock
from plimsoll.risk.models.matrix import SKEWS

YEAR = 365 * 86_400

# DutchAuctionView.t.sol of derivexyz/v2-core: start 1, cut-off 0.8 after 600 s, nothing after another 7200 s.
RULES = AuctionRules(
    start=Fraction(1),
    cutoff=Fraction("0.8"),
    fast_seconds=600,
    slow_seconds=7_200,
    insolvent_seconds=600,
    fee=Fraction(0),
    buffer=Fraction("0.1"),
)


def expiry(seconds=7 * 86_400, **fields):
    return Expiry(
        **{"seconds": seconds, "variable": 1_500.0, "strikes": [1_500.0], "calls": [True], "vols": [1.0], **fields}
    )


class TestParameters:
    def test_deployed_scenarios(self):
        assert len(PMRM.scenarios) == 23
        assert len(PMRM_2.scenarios) == 33
        assert [one.vol in SKEWS for one in PMRM_2.scenarios] == [False] * 31 + [True] * 2
        assert PMRM.scenarios[0] == Scenario(0.18, VolMove.UP)
        assert PMRM.scenarios[-1].spot == pytest.approx(-0.18)

    def test_tails_cost_what_the_range_does_or_less(self):
        tails = [one for one in PMRM_2.scenarios if one.damping < 1]
        assert len(tails) == 8
        assert all(one.damping * abs(one.spot) <= 0.14 for one in tails)


class TestTables:
    def test_vol_factor_of_the_page(self):
        # pmrm_testAndVerifyScenarios.json, Test1: VolShockUp and VolShockDown.
        shock = VolShock(range_up=0.45, range_down=0.3)
        years = np.array([500_400 / YEAR])
        assert shock.up(np.ones(1), years)[0] == pytest.approx(1.7370684514926746, rel=1e-12)
        assert shock.down(np.ones(1), years)[0] == pytest.approx(0.508621032338217, rel=1e-12)

    def test_static_discounts_of_the_page(self):
        found = weights_of([expiry(YEAR, rate=0.05)], PMRM_2)
        assert found.positive[0] == pytest.approx(1.02 * math.exp(-0.1), rel=1e-12)
        assert found.positive[0] == pytest.approx(0.92293, abs=5e-6)
        assert found.negative[0] == pytest.approx(1.05127, abs=5e-6)

    def test_first_version_leaves_short_expiries_alone(self):
        assert weights_of([expiry(rate=0.3)], PMRM).negative[0] == 1.0

    def test_a_negative_rate_counts_as_none(self):
        assert expiry(rate=-0.2).discount == 1.0

    def test_forward_settles_in_the_last_half_hour(self):
        assert forward_parts(1_800.0, 1_800) == (0.0, 1_800.0)
        assert forward_parts(1_800.0, 900) == (900.0, 900.0)
        assert forward_parts(1_800.0, 0) == (1_800.0, 0.0)

    def test_fixed_forward_does_not_move(self):
        settled = expiry(0, variable=0.0, fixed=1_600.0)
        table = portfolio_class("eth", 1, 1, Market(spot=1_500.0, expiries=(settled,), first_option=2), PMRM)
        assert np.allclose(table.arrays.options.values, 100.0, atol=1e-9)

    def test_skew_shocks_turn_the_smile_about_the_forward(self):
        strikes = [1_000.0, 1_500.0, 2_000.0]
        chain = chain_of([expiry(strikes=strikes, calls=[True] * 3, vols=[0.5] * 3)], 2, 1, 1.0, discounted=True)
        linear, absolute = shocked_vols(chain, PMRM_2)[:, -2:].T
        assert linear[0] < 0.5 < linear[2]
        assert absolute[0] > 0.5 and absolute[2] > 0.5
        assert linear[1] == absolute[1] == 0.5

    def test_a_skew_scenario_needs_parameters(self):
        chain = chain_of([expiry()], 2, 1, 1.0, discounted=True)
        with pytest.raises(RiskError, match="SkewShock"):
            shocked_vols(chain, dataclasses.replace(PMRM_2, skew_linear=None))

    def test_groups_are_no_surer_than_the_market(self):
        market = Market(spot=1_500.0, confidence=0.3, expiries=(expiry(confidence=0.9),), first_option=2)
        assert portfolio_class("eth", 1, 1, market, PMRM_2).arrays.groups.confidence[0] == 0.3

    def test_initial_shares_become_totals(self):
        market = Market(spot=1_500.0, expiries=(expiry(),), first_option=2)
        policy = portfolio_class("eth", 1, 1, market, PMRM_2).policy
        assert policy.linear_initial == pytest.approx(0.04)
        assert policy.option_initial == pytest.approx(0.005)
        assert not policy.addons_inside

    def test_table_admits_a_forward_far_above_spot(self):
        market = Market(spot=1_000.0, expiries=(expiry(variable=1_900.0, strikes=[10.0]),), first_option=2)
        assert portfolio_class("eth", 1, 1, market, PMRM_2).policy.carry_max > 0.9

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"strikes": [1.0, 2.0]}, "parallel"),
            ({"seconds": -1}, "0 seconds"),
            ({"rate": math.nan}, "finite"),
            ({"confidence": 1.1}, "within 0"),
        ],
    )
    def test_feeds_that_make_no_sense(self, fields, said):
        with pytest.raises(RuleRefused, match=said):
            expiry(**fields)

    @pytest.mark.parametrize("vol", [math.nan, math.inf, -0.1])
    def test_a_vol_no_table_can_be_made_from(self, vol):
        market = Market(spot=1_500.0, expiries=(expiry(vols=[vol]),), first_option=2)
        with pytest.raises(ValueError, match="vols"):
            portfolio_class("eth", 1, 1, market, PMRM_2)


class TestStandardManager:
    def test_base_rates_of_the_page(self):
        maintenance, initial = base_rates(SRM["ETH"], 0.97)
        assert maintenance == pytest.approx(0.224)
        assert initial == pytest.approx(1 - 0.8 * 0.9375 * 0.97)

    def test_a_dear_settlement_token_is_no_credit(self):
        assert base_rates(SRM["ETH"], 2.0) == (0.0, 0.0)

    def test_values_are_undiscounted(self):
        one = expiry(rate=1.0)
        table = standard_class("eth", 1, 1, Market(spot=1_500.0, expiries=(one,), first_option=2), SRM["ETH"])
        # Black76.t.sol of lyra-utils: a call at the money, a week, a vol of 1, no discount.
        assert table.arrays.options.v0[0] == pytest.approx(82.805080668634559515, rel=1e-12)
        assert table.arrays.scenarios == 1

    def test_uncertainty(self):
        assert uncertainty(0.25, 2_000.0) == 1_500.0
        with pytest.raises(RuleRefused):
            uncertainty(1.5, 2_000.0)


class TestAuction:
    @pytest.mark.parametrize(("elapsed", "wanted"), [(0, "1"), (300, "0.9"), (600, "0.8"), (960, "0.76"), (7_800, "0")])
    def test_discount(self, elapsed, wanted):
        assert auction.discount(RULES, elapsed) == Fraction(wanted)

    def test_largest_share_of_the_page(self):
        buffer = auction.buffer_margin(RULES, Fraction(-100), Fraction(300))
        assert buffer == -140
        assert auction.largest_share(RULES, Fraction(300), buffer, Fraction(1), Fraction(0)) == Fraction(140, 440)

    def test_selling_the_largest_share_brings_the_buffer_margin_to_zero(self):
        maintenance, value, reserved, elapsed = Fraction(-1770), Fraction(642), Fraction(120), 450
        bid = auction.solvent_bid(RULES, maintenance, value, reserved, elapsed, Fraction(1))
        kept = 1 - bid.share
        # What is left: the same share of everything but the cash paid in, which stays and grows.
        paid_in = reserved + bid.cash
        value_after = (value - reserved) * kept + paid_in
        required_after = (value - maintenance) * kept
        assert auction.buffer_margin(RULES, value_after - required_after, value_after) == 0
        assert bid.ends

    def test_equal_shares_of_the_original_cost_the_same(self):
        # SolventAuction.t.sol, testBidRaceCondition: 10 % of 300 at 0.9 costs 27, twice.
        first = auction.solvent_bid(RULES, Fraction(-100), Fraction(300), Fraction(0), 300, Fraction(1, 10))
        second = auction.solvent_bid(RULES, Fraction(-100), Fraction(297), Fraction(27), 300, Fraction(1, 9))
        assert first.cash == second.cash == 27
        assert auction.cash_left(Fraction(50), Fraction(0), first, solvent=True) == 45 + 27

    def test_small_accounts_are_sold_whole(self):
        small = dataclasses.replace(RULES, small=Fraction(500))
        bid = auction.solvent_bid(small, Fraction(-100), Fraction(300), Fraction(0), 0, Fraction(1))
        assert bid.share == 1

    def test_insolvent_price_runs_from_value_to_maintenance(self):
        prices = [auction.insolvent_price(RULES, Fraction(-300), Fraction(-100), at) for at in (0, 300, 600, 900)]
        assert prices == [-100, -200, -300, -300]
        assert auction.insolvent_price(RULES, Fraction(5), Fraction(-1), 0) == 0

    def test_insolvent_limit(self):
        with pytest.raises(RuleRefused, match="limit"):
            auction.insolvent_bid(RULES, Fraction(-300), Fraction(-100), 0, Fraction(1), Fraction(-200))
        assert auction.insolvent_bid(RULES, Fraction(-300), Fraction(-100), 300, Fraction(1), Fraction(-200)).ends

    @pytest.mark.parametrize("value", [-1, 0])
    def test_nothing_for_sale(self, value):
        with pytest.raises(RuleRefused, match="terminated"):
            auction.solvent_bid(RULES, Fraction(-100), Fraction(value), Fraction(0), 0, Fraction(1))

    @pytest.mark.parametrize("wanted", [Fraction(0), Fraction(11, 10)])
    def test_a_share_is_within_all(self, wanted):
        with pytest.raises(RuleRefused, match="share"):
            auction.solvent_bid(RULES, Fraction(-100), Fraction(300), Fraction(0), 0, wanted)


class TestFeeds:
    def test_difference_to_spot_is_capped(self):
        found = [feeds.spot_and_difference(Fraction(990), Fraction(x), Fraction(1, 10)) for x in (-990, 50, 1_000)]
        assert found == [891, 1_040, 1_089]

    def test_funding_is_paid_by_longs_when_bids_are_above_the_index(self):
        rules = feeds.Funding(Fraction("0.0075"), Fraction(8), Fraction(0))
        rate = feeds.funding_rate(rules, Fraction(1_500), Fraction(1_506), Fraction(1_506))
        assert rate == Fraction("0.0005")
        assert feeds.funding_of(rate, Fraction(1_500), 3_600, Fraction(1)) == Fraction("-0.75")
        with pytest.raises(RuleRefused, match="ask"):
            feeds.funding_rate(rules, Fraction(1_500), Fraction(1_506), Fraction(1_505))

    @pytest.mark.parametrize(
        ("is_call", "over", "paid"), [(True, 200, 200), (True, -200, 0), (False, -200, 200), (False, 200, 0)]
    )
    def test_payout(self, is_call, over, paid):
        assert feeds.payout(Fraction(over), is_call, Fraction(1)) == paid
        assert feeds.payout(Fraction(over), is_call, Fraction(-2)) == -2 * paid

    def test_rates_of_the_cash_asset(self):
        # InterestRateModel.t.sol: 8,000 of 10,000 lent out costs 26 %.
        rules = feeds.InterestRates(Fraction("0.06"), Fraction("0.2"), Fraction("0.4"), Fraction("0.6"))
        assert feeds.borrow_rate(rules, feeds.utilisation(Fraction(10_000), Fraction(8_000))) == Fraction("0.26")
        assert feeds.utilisation(Fraction(0), Fraction(1)) == 0
        with pytest.raises(RuleRefused):
            feeds.interest_factor(Fraction(1), 0)

    def test_loss_lowers_the_exchange_rate(self):
        # WithdrawFee.t.sol: 10,000 stable against 12,500 cash.
        assert feeds.exchange_rate(Fraction(10_000), Fraction(12_500)) == Fraction("0.8")
        assert feeds.exchange_rate(Fraction(1), Fraction(0)) == 1

    def test_fee_on_new_open_interest(self):
        fee = feeds.open_interest_fee
        assert fee(Fraction(2_000), Fraction(-1), Fraction("0.001"), Fraction(0), increased=True) == 2
        assert fee(Fraction(2_000), Fraction(1), Fraction("0.001"), Fraction(50), increased=True) == 50
        assert fee(Fraction(2_000), Fraction(1), Fraction("0.001"), Fraction(50), increased=False) == 0

    def test_module_pays_what_it_has(self):
        assert feeds.module_payout(Fraction(3), Fraction(5)) == feeds.Payout(Fraction(3), Fraction(0))
