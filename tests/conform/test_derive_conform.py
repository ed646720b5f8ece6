"""Derive's vectors through the engine: figures of its tests written down here, and the whole folder if it is there."""

import dataclasses
import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from plimsoll.conform import (
    derive_cash,
    derive_compact,
    derive_inline,
    derive_liquidation,
    derive_params,
    derive_pmrm,
    derive_pmrm2,
    derive_srm,
)
from plimsoll.conform.cases import Case, NotCovered
from plimsoll.conform.derive_numbers import NOTHING_WANTED, guarded_case, share_down
from plimsoll.conform.derive_portfolio import Asset, PortfolioAccount, lines_of, margin_of
from plimsoll.conform.registry import Format
from plimsoll.conform.risk_lines import Account, Line
from plimsoll.conform.risk_pool import answer
from plimsoll.conform.runner import FAILED, NOT_COVERED, PASSED, run, run_case
from plimsoll.presets.derive_classes import Market
from plimsoll.presets.measure import BeyondLimits
from plimsoll.units.messages import KIND_ASSET, KIND_PERP

SHARED = Path(__file__).parents[2].parent / "shared" / "vectors" / "derive"
KINDS = (
    derive_pmrm2,
    derive_pmrm,
    derive_srm,
    derive_compact,
    derive_liquidation,
    derive_inline,
    derive_params,
    derive_cash,
)
MODULES = {module.__name__.rsplit(".", 1)[-1]: module for module in KINDS}
E18 = 10**18

needs_vectors = pytest.mark.skipif(not SHARED.is_dir(), reason="Derive's vectors are not beside the repository")


def outcomes(module, document, name="file.json"):
    cases = module.read(document, name)
    assert cases is not None
    return [run_case(case, Format("derive", module.read, module.ADAPTERS)) for case in cases]


def statuses(module, document, name="file.json"):
    return [outcome.status for outcome in outcomes(module, document, name)]


def wad(number):
    return int(Fraction(str(number)) * E18)


# pmrm_testAndVerifyScenarios.json, Test1: one short call at the money.
SHORT_CALL = {
    "Test1": {
        "Scenario": {
            "OptionExpiries": [500400],
            "OptionStrikes": [1500 * E18],
            "OptionIsCall": [1],
            "OptionAmounts": [-E18],
            "OptionVols": [1047884494084986240],
            "OptionVolConfidences": [E18],
            "Cash": 0,
            "Perps": 0,
            "Base": 0,
            "SpotPrice": 1500 * E18,
            "SpotConfidence": E18,
            "PerpPrice": 1505 * E18,
            "PerpConfidence": E18,
            "FeedExpiries": [500400],
            "ForwardsFixed": [0],
            "ForwardsVariable": [1500833279310993817600],
            "ForwardConfidences": [E18],
            "Rates": [30000000000000000],
            "RateConfidences": [E18],
            "StablePrice": E18,
            "UnrealisedPerpPNL": 0,
            "UnrealisedFunding": 0,
        },
        "Result": {
            "InitialMarginHand": -368487619761755586560,
            "MaintenanceMarginHand": -301768534860364300288,
            "PortfolioMTM": -79371585189059936256,
            "ForwardContingency": -11275911269415124992,
            "MinSpan": -207396949671304364032,
        },
    }
}

# Compact portfolios, worked by hand from the parameters of the tests (derive_v2.md, section 11).
COMPACT = {
    # 100 + (2001 − 2000) − 6.5 % of 2001 is −29.065; with 5 % it is 0.95.
    "test_long_perp": {
        "options": [],
        "perps": [{"underlying": "eth", "amount": 10**8, "entryPrice": 2000 * 10**8}],
        "bases": [],
        "cash": 100 * 10**8,
        "result": {"im": -29, "mm": 0},
    },
    # 80 % of 2000 less 40 % of nine tenths of 2000 is 880 exactly.
    "test_base_asset_low_spot_confidence": {
        "options": [],
        "perps": [],
        "bases": [{"underlying": "eth", "amount": 10**8}],
        "cash": 0,
        "result": {"im": 880, "mm": 1600},
    },
    # A put struck at nothing can cost nothing.
    "test_short_put_with_0_strike_MaxLoss": {
        "options": [
            {"underlying": "eth", "amount": -(10**8), "strike": 0, "expiry": "20230118", "typeOption": "put"},
            {"underlying": "btc", "amount": -(10**8), "strike": 0, "expiry": "20230118", "typeOption": "put"},
        ],
        "perps": [],
        "bases": [],
        "cash": 100 * 10**8,
        "result": {"im": 100, "mm": 100},
    },
    # 15 % of 2001 and 2.5 % of 2000, times 1.3 for the initial margin.
    "test_long_ATM_perp_pm": {
        "options": [],
        "perps": [{"underlying": "eth", "amount": 10**8, "entryPrice": 2001 * 10**8}],
        "bases": [],
        "cash": 0,
        "result": {"im": -455, "mm": -350},
    },
    # The base asset: worth 2000, falls by 15 %, 2.5 % aside, times 1.3.
    "test_long_base_pm": {
        "options": [],
        "perps": [],
        "bases": [{"underlying": "eth", "amount": 10**8}],
        "cash": 0,
        "results": {"im": 1545, "mm": 1650},
    },
    # Settled in a token at 0.2: worth 10,000, falls by 1500, 50 aside; the factor is 1.3 + 2·(0.98 − 0.2) = 2.86.
    "test_depeg_contingency_pm": {
        "options": [],
        "perps": [],
        "bases": [{"underlying": "eth", "amount": 10**8}],
        "cash": 0,
        "results": {"im": 5567, "mm": 8450},
    },
}


class TestMargins:
    def test_first_version(self):
        assert statuses(derive_pmrm, SHORT_CALL) == [PASSED, PASSED]

    def test_a_wrong_expectation_fails(self):
        wrong = json.loads(json.dumps(SHORT_CALL))
        wrong["Test1"]["Result"]["InitialMarginHand"] += E18 // 50
        found = outcomes(derive_pmrm, wrong)
        assert [one.status for one in found] == [FAILED, PASSED]
        assert "IM: got -368.48" in found[0].said

    def test_nothing_to_compare_with_is_not_covered(self):
        bare = {"Test1": {"Scenario": SHORT_CALL["Test1"]["Scenario"]}}
        assert statuses(derive_pmrm, bare) == [NOT_COVERED]
        assert derive_pmrm.read(bare, "x.json")[0].formula == NOTHING_WANTED

    @pytest.mark.parametrize("unit", [1, 10**10], ids=["8 decimals", "18 decimals"])
    def test_compact_portfolios_worked_by_hand(self, unit):
        document = json.loads(json.dumps(COMPACT))
        for one in document.values():
            one["cash"] *= unit
            for row in (*one["options"], *one["perps"], *one["bases"]):
                row["amount"] *= unit
                if "entryPrice" in row:
                    row["entryPrice"] *= unit
        found = outcomes(derive_compact, document)
        assert [(one.id, one.said) for one in found if one.status != PASSED] == []

    def test_an_account_of_another_underlying(self):
        # 15 % of 28,020 and 2.5 % of 28,000, times 1.3 for the initial margin; and 20 to the worse at the start.
        perp = {"underlying": "btc", "amount": 10**8, "entryPrice": 28_040 * 10**8}
        one = {"options": [], "perps": [perp], "bases": [], "cash": 0, "results": {"im": -6393, "mm": -4923}}
        assert statuses(derive_compact, {"case": one}, "pmrm_test-cases-portfolio-pm.json") == [PASSED]
        mixed = one | {"bases": [{"underlying": "eth", "amount": 10**8}]}
        assert statuses(derive_compact, {"case_pm": mixed}) == [NOT_COVERED]

    def test_a_file_without_some_lists(self):
        one = {"bases": [{"amount": 10**8}], "cash": 0, "result": {"im": 1600, "mm": 1600}}
        assert statuses(derive_compact, {"case": one}) == [PASSED]

    def test_an_expiry_nobody_knows(self):
        one = {"underlying": "eth", "amount": 10**8, "strike": 1, "expiry": "20990101", "typeOption": "put"}
        document = {"test_x": {"options": [one], "perps": [], "bases": [], "cash": 0, "result": {"im": 0, "mm": 0}}}
        assert statuses(derive_compact, document) == [NOT_COVERED]

    def test_initial_factor_below_the_maintenance_one(self):
        rules = dataclasses.replace(derive_pmrm.TEST_RULES, factor_initial=0.5, factor_maintenance=2.0, inside=False)
        account = PortfolioAccount(
            rules=rules, market=Market(spot=1_000.0), amounts=[], cash=0.0, perps=1.0, perp_price=1_000.0
        )
        found = margin_of(account)
        assert found.initial == pytest.approx(-0.5 * 150 - 20)
        assert found.maintenance == pytest.approx(-2.0 * 150 - 20)

    def test_profit_without_a_position_is_cash(self):
        account = PortfolioAccount(
            rules=derive_pmrm.TEST_RULES, market=Market(spot=1_000.0), amounts=[], cash=5.0, perp_profit=7.0
        )
        assert margin_of(account).equity == 12.0

    def test_collateral_that_does_not_move_is_outside_the_class(self):
        assets = (Asset(2.0, 10.0, 0.1, 0.2, member=False), Asset(1.0, 10.0, 0.1, 0.2))
        account = PortfolioAccount(
            rules=derive_pmrm.TEST_RULES, market=Market(spot=1_000.0), amounts=[], cash=0.0, assets=assets
        )
        assert [line.risk_class for line in lines_of(account).lines] == [0, 0, 1, 1]


# StandardManager tests of v2-core: TestStandardManager_Option.t.sol and _MutiAsset.t.sol.
PARAMS = {
    "maxSpotReq": str(wad("0.15")),
    "minSpotReq": str(wad("0.1")),
    "mmCallSpotReq": str(wad("0.075")),
    "mmPutSpotReq": str(wad("0.075")),
    "MMPutMtMReq": str(wad("0.075")),
    "unpairedIMScale": str(wad("1.4")),
    "unpairedMMScale": str(wad("1.2")),
    "mmOffsetScale": str(wad("1.05")),
}


class TestInline:
    def case(self, group, inputs, expected, tolerance="exact"):
        return {
            "cases": [{"group": group, "case": "x", "inputs": inputs, "expected": expected, "tolerance": tolerance}]
        }

    def test_isolated_short_put(self):
        inputs = {
            "params": PARAMS,
            "spot": str(wad(1500)),
            "forward": str(wad(1500)),
            "vol": "0",
            "secToExpiry": 7862400,
            "strike": str(wad(3000)),
            "isCall": False,
            "balance": str(-E18),
        }
        expected = {"initialMargin": str(wad(-1725)), "maintenanceMargin": str(wad("-1612.5"))}
        assert statuses(derive_inline, self.case("srm_isolated_margin", inputs, expected)) == [PASSED]

    def test_depeg_of_two_markets(self):
        market = {"shorts": str(E18), "absPerp": str(E18)}
        inputs = {
            "stable": str(wad("0.95")),
            "threshold": str(wad("0.98")),
            "depegFactor": str(wad("1.3")),
            "markets": [{"spot": str(wad(1500)), **market}, {"spot": str(wad(20000)), **market}],
        }
        expected = {"depegMarginIM": [str(wad(-117)), str(wad(-1560))]}
        assert statuses(derive_inline, self.case("srm_depeg", inputs, expected)) == [PASSED]
        expected["depegMarginIM"][1] = str(wad(-1561))
        assert statuses(derive_inline, self.case("srm_depeg", inputs, expected)) == [FAILED]

    def test_a_refusal_is_what_an_error_asks_for(self):
        inputs = {key: str(E18) for key in ("strike", "tau", "a", "b", "rho", "m", "sigma")} | {"forwardPrice": "0"}
        assert statuses(derive_inline, self.case("svi", inputs, {"error": "SVI_NoForwardPrice"})) == [PASSED]

    def test_a_perp_whose_feed_becomes_unsure(self):
        # 40 % of (1 − 0.3) of spot for each coin, of the initial margin alone.
        row = {
            "group": "srm_account",
            "case": "oracle contingency on a perp",
            "inputs": {
                "perpReq": {"mm": str(wad("0.05")), "im": str(wad("0.1"))},
                "oracle": {"perpThreshold": str(wad("0.4")), "OCFactor": str(wad("0.4"))},
                "spot": str(1_500 * E18),
                "perpPrice": str(1_500 * E18),
                "perpPosition": str(-10 * E18),
                "cashEqualsIMBefore": True,
                "perpConfidenceBefore": str(E18),
                "perpConfidenceAfter": str(wad("0.3")),
            },
            "expected": {
                "initialMarginBefore": "0",
                "initialMarginAfter": str(-4_200 * E18),
                "maintenanceMarginUnchanged": True,
            },
        }
        assert statuses(derive_inline, {"cases": [row]}) == [PASSED]

    def test_a_solvent_bid_has_a_limit(self):
        params = {
            "startingMtMPercentage": str(E18),
            "fastAuctionCutoffPercentage": str(wad("0.8")),
            "fastAuctionLength": 600,
            "slowAuctionLength": 7_200,
            "insolventAuctionLength": 600,
            "liquidatorFeeRate": "0",
            "bufferMarginPercentage": str(wad("0.1")),
        }
        inputs = {"params": params, "maintenanceMargin": str(-100 * E18), "markToMarket": str(300 * E18)}
        inputs |= {"elapsedSec": 0, "reservedCash": "0", "percent": str(wad("0.1"))}
        rows = [
            {"group": "auction_solvent_bid", "inputs": inputs | {"priceLimit": str(limit * E18)}, "expected": wanted}
            for limit, wanted in ((30, {"accepted": True, "cashFromBidder": str(30 * E18)}), (29, {"accepted": False}))
        ]
        assert statuses(derive_inline, {"cases": rows}) == [PASSED, PASSED]

    def test_missing_inputs_and_unknown_groups_are_not_covered(self):
        assert statuses(derive_inline, self.case("srm_depeg", {}, {"depegMarginIM": []})) == [NOT_COVERED]
        assert statuses(derive_inline, self.case("fixedpoint", {}, {"result": "1"})) == [NOT_COVERED]
        assert statuses(derive_inline, self.case("a group of tomorrow", {}, {"x": "1"})) == [NOT_COVERED]

    def test_our_own_mistakes_are_not_hidden(self):
        def broken(case):
            return {}[case.context]

        with pytest.raises(KeyError):
            guarded_case(broken)(Case("x", "x", {}, {}, None, 7))


class TestLiquidation:
    def test_a_bid_for_all_of_a_short_call(self):
        # liquidation_PMRM_solvent.json, Test1, with the feeds of the start (no rate).
        feeds = {**SHORT_CALL["Test1"]["Scenario"], "Rates": [0], "Cash": 200 * E18}
        results = {
            "PreMtM": 119306330180774723584,
            "PreMM": -103090619490529640448,
            "PreBM": -147570009424790470656,
            "PreFMax": 557941285425569408,
            "ExpectedBidPrice": 65234608676059463680,
            "fLiquidatedOfOriginal": 557941285425569408,
            "PostMtM": 117975011636365344768,
            "PostMM": 19662501939394220032,
            "PostBM": 0,
            "PostFMax": 0,
            "SMPayout": 0,
        }
        action = {"Time": 0, "PortfolioAndFeeds": feeds, "Liquidator": {"PercentWant": E18}, "Results": results}
        document = {
            "Test1": {
                "StartTime": 0,
                "InitialPortfolio": feeds,
                "LiquidationFee": Decimal("1.322084630165343"),
                "Actions": [action],
            }
        }
        assert statuses(derive_liquidation, document, "liquidation_PMRM_solvent.json") == [PASSED, PASSED]
        results["PostMM"] += E18
        assert statuses(derive_liquidation, document, "liquidation_PMRM_solvent.json") == [FAILED, PASSED]

    @pytest.mark.parametrize(
        ("name", "key", "paid", "solvent"),
        [
            ("liquidation_PMRM_solvent.json", "Test1", 0, True),
            ("liquidation_PMRM_insolvent.json", "Test1", 0, False),
            ("liquidation_liquidationTests.json", "InsolventTest1", 0, False),
            ("other.json", "Test1", -E18, False),
        ],
    )
    def test_insolvent_simulations_are_told_by_name_or_by_what_was_paid(self, name, key, paid, solvent):
        action = {"Results": {"PreMtM": 0, "SMPayout": paid}}
        document = {key: {"InitialPortfolio": {}, "Actions": [action], "StartTime": 0}}
        assert [case.context[1] for case in derive_liquidation.read(document, name)] == [solvent] * 2

    def test_obsolete_simulations_are_left_out(self):
        document = {"InsolventTest1": {"InitialPortfolio": {}, "Actions": []}}
        assert statuses(derive_liquidation, document) == [NOT_COVERED, NOT_COVERED]


CASH = {
    "EventsVec": [
        {"key1": "START", "key2": "", "key3": "", "key4": 0, "key5": 0},
        {"key1": "SETTLEMENT", "key2": "Eric", "key3": "", "key4": 10 * E18, "key5": 365 * E18},
        {"key1": "RAIN", "key2": "", "key3": "", "key4": 0, "key5": 0},
    ],
    "StartingBalances": [-50 * E18, 100 * E18, 0, 0, 0, 0],
    # Half is borrowed, at 5 % + 0.5 · 30 % = 20 %: 50 · (e^0.2 − 1) = 11.07014 in a year; then 10 are printed.
    "totalSupplys": [100 * E18, wad("121.070137908008493"), 0],
    "totalBorrows": [50 * E18, wad("61.070137908008493"), 0],
    "balanceOfs": [50 * E18, 50 * E18, 0],
    "utilizations": [E18 // 2, wad("0.504419495701"), 0],
    "borrowRates": [E18 // 5, wad("0.201325848710"), 0],
}


class TestCash:
    def test_a_year_worked_by_hand(self):
        found = outcomes(derive_cash, CASH)
        assert [one.status for one in found] == [PASSED, PASSED, NOT_COVERED]
        assert "'RAIN'" in found[2].said

    def test_other_files_are_left_alone(self):
        assert derive_cash.read({**CASH, "EventsVec": []}, "x.json") == []
        assert derive_cash.read({"EventsVec": []}, "x.json") is None


class TestPool:
    def test_a_refusal_of_the_engine_is_named(self):
        with pytest.raises(BeyondLimits, match=r"refuses|units"):
            answer(Account(cash=0.0, lines=[Line(kind=KIND_PERP, amount=1.0, price=1.0)]))

    def test_members_come_after_the_others(self):
        lines = [Line(kind=KIND_ASSET, price=1.0, risk_class=1), Line(kind=KIND_ASSET, price=1.0)]
        with pytest.raises(BeyondLimits, match="after"):
            answer(Account(cash=0.0, lines=lines))

    @pytest.mark.parametrize(("amount", "price"), [(123_456.789, 1.0), (3.5, 0.000123), (2.0, 90_000.0)])
    def test_units_follow_size_and_price(self, amount, price):
        line = Line(kind=KIND_ASSET, amount=amount, price=price, maintenance=0.1, initial=0.25)
        found = answer(Account(cash=1.0, lines=[line]))
        assert found.equity == pytest.approx(1.0 + amount * price, abs=2e-6)
        assert found.initial == pytest.approx(0.25 * amount * price, abs=2e-6)

    def test_too_large_for_any_unit(self):
        with pytest.raises(BeyondLimits):
            answer(Account(cash=0.0, lines=[Line(kind=KIND_ASSET, amount=1e13, price=1.0)]))

    def test_shares_are_rounded_down(self):
        assert share_down(Fraction(4, 10) - Fraction(1, E18)) == 0.399999999


@needs_vectors
class TestVectors:
    @pytest.mark.parametrize(
        ("pattern", "least"),
        [
            ("pmrm2/*.json", 100),
            ("pmrm_testAndVerifyScenarios.json", 42),
            ("srm_test-cases.json", 28),
            ("liquidation_*.json", 24),
            ("inline.json", 79),
            ("params/mainnet_*.json", 6),
            ("cash_sequence.json", 9),
        ],
    )
    def test_nothing_fails(self, pattern, least):
        reports = list(run(sorted(SHARED.glob(pattern))))
        wrong = [
            (report.path.name, one.id, one.said)
            for report in reports
            for one in report.outcomes
            if one.status == FAILED
        ]
        assert wrong == []
        assert all(report.kind is not None for report in reports)
        assert sum(report.counts[PASSED] for report in reports) >= least

    def test_what_is_left_out(self):
        reports = list(run([SHARED / "inline.json", *sorted(SHARED.glob("pmrm2/*.json"))]))
        formulas = {one.formula for report in reports for one in report.outcomes if one.status == NOT_COVERED}
        assert formulas <= {"fixedpoint", "pmrm2.vols", "pmrm2.discounts", "pmrm2.scenarios"}

    def test_every_margin_is_compared(self):
        folders = ("pmrm2/*.json", "pmrm_*.json", "srm_*.json")
        reports = list(run([path for pattern in folders for path in sorted(SHARED.glob(pattern))]))
        margins = [one for report in reports for one in report.outcomes if one.formula.endswith(".margin")]
        assert {one.status for one in margins} == {PASSED}
        assert min(one.figures for one in margins) == 3


def test_modules_tell_files_apart():
    documents = {"derive_pmrm": SHORT_CALL, "derive_compact": COMPACT}
    for name, document in documents.items():
        readers = [key for key, module in MODULES.items() if module.read(document, "x.json") is not None]
        assert readers == [name]
    for nothing in ({}, [], None, 3, {"a": 1}, {"a": {"Scenario": 5}}, {"cases": []}, {"vectors": {}}, {"cases": [1]}):
        assert [key for key, module in MODULES.items() if module.read(nothing, "x.json")] == []


def test_not_covered_is_raised_for_a_missing_feed():
    scenario = {**SHORT_CALL["Test1"]["Scenario"], "FeedExpiries": [1]}
    with pytest.raises(NotCovered, match="no feed"):
        derive_pmrm.account_of(scenario, derive_pmrm.TEST_RULES)
