"""Derive's first portfolio manager, PMRM: its verified scenarios, and the parameters of its tests.

pmrm_testAndVerifyScenarios.json holds portfolios with their feeds as parallel arrays of 18-decimal integers; the
liquidation simulations (derive_liquidation) and the compact portfolios (derive_compact) are under the same manager.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from plimsoll.conform.cases import Adapter, Case, NotCovered, read_each
from plimsoll.conform.derive_numbers import (
    CENT,
    NOTHING_WANTED,
    WAD,
    decimal,
    exact,
    guarded_case,
    inner_tables,
    listed,
    positive,
    require_parallel,
    share_down,
    wad,
)
from plimsoll.conform.derive_portfolio import Asset, PortfolioAccount, margin_of, scenario_profits
from plimsoll.presets.derive_classes import Market, asset_rates
from plimsoll.presets.derive_parameters import PortfolioRules
from plimsoll.presets.derive_tables import Expiry
from plimsoll.risk.models import Basis, StaticDiscount, VolShock, spot_vol_grid

TEST_RULES: Final = PortfolioRules(
    scenarios=spot_vol_grid((0.15, 0.10, 0.05, 0.0, -0.05, -0.10, -0.15)),
    vol=VolShock(range_up=0.45, range_down=0.3),
    discount=StaticDiscount(base_long=0.95, rate_long=4.0, add_long=0.05),
    basis=Basis(up=0.05, down=-0.05, add=0.25, multiple=0.01),
    factor_initial=1.3,
    factor_maintenance=1.0,
    peg_threshold=0.98,
    peg_factor=2.0,
    confidence_threshold=0.6,
    confidence_factor=0.5,
    perp_maintenance=0.02,
    perp_initial=0.0,
    option_maintenance=0.01,
    option_initial=0.0,
    asset_share=0.02,
    inside=True,
    discounted=False,
)
"""Parameters of the venue's own tests (derive_v2.md, section 11)."""
COMPACT_RULES: Final = replace(
    TEST_RULES,
    discount=StaticDiscount(base_long=0.95, rate_long=4.0, add_long=0.12),
    confidence_factor=0.4,
    asset_share=0.025,
    perp_maintenance=0.025,
)
"""The same for the compact portfolios."""

PARALLEL: Final = (
    "OptionExpiries",
    "OptionStrikes",
    "OptionIsCall",
    "OptionAmounts",
    "OptionVols",
    "OptionVolConfidences",
)
FEEDS: Final = ("ForwardsFixed", "ForwardsVariable", "Rates", "ForwardConfidences", "RateConfidences")


def read(document: Any, name: str) -> list[Case] | None:
    """The cases of a file of verified scenarios; None for a file of another kind."""
    if not inner_tables(document, "Scenario", "ForwardsVariable"):
        return None
    return read_each(document, _cases)


def _cases(key: str, document: Mapping[str, Any]) -> list[Case]:
    result = document.get("Result") or {}
    named = {"IM": "InitialMarginHand", "MM": "MaintenanceMarginHand", "MtM": "PortfolioMTM"}
    margins = {ours: exact(result[theirs], theirs) / WAD for ours, theirs in named.items() if theirs in result}
    cases = [Case(f"{key} margin", "pmrm.margin" if margins else NOTHING_WANTED, document, margins, CENT)]
    named = {"basis": "ForwardContingency", "worst": "MinSpan"}
    worst = {ours: exact(result[theirs], theirs) / WAD for ours, theirs in named.items() if theirs in result}
    if worst:
        cases.append(Case(f"{key} scenarios", "pmrm.scenarios", document, worst, CENT))
    return cases


def account_of(scenario: Mapping[str, Any], rules: PortfolioRules, now: int = 0) -> PortfolioAccount:
    """A portfolio given as parallel arrays; ``now`` is taken off expiries that are absolute seconds."""
    require_parallel(scenario, *PARALLEL)
    spot_confidence = _share(scenario, "SpotConfidence")
    perps, spot = wad(scenario["Perps"], "Perps"), float(positive(scenario["SpotPrice"], "SpotPrice") / WAD)
    confidence = min(spot_confidence, _share(scenario, "PerpConfidence")) if perps else spot_confidence
    stable = float(positive(scenario["StablePrice"], "StablePrice") / WAD)
    places = _places(scenario)
    base = wad(scenario.get("Base"), "Base")
    amounts = [wad(one, "OptionAmounts") for one in listed(scenario.get("OptionAmounts"), "OptionAmounts")]
    return PortfolioAccount(
        rules=rules,
        market=Market(
            spot=spot,
            confidence=confidence,
            expiries=tuple(_expiry(scenario, seconds, found, now) for seconds, found in places.items()),
        ),
        amounts=[[amounts[place] for place in found] for found in places.values()],
        cash=wad(scenario["Cash"], "Cash"),
        stable_price=stable,
        perps=perps,
        perp_price=wad(scenario["PerpPrice"], "PerpPrice"),
        perp_profit=sum(wad(scenario.get(key), key) for key in ("UnrealisedPerpPNL", "UnrealisedFunding")),
        assets=[base_asset(base, spot, stable, rules, confidence)] if base else [],
    )


def base_asset(amount: float, spot: float, stable: float, rules: PortfolioRules, confidence: float) -> Asset:
    """The base asset of PMRM, as it is listed at this price of the settlement token."""
    return Asset(amount, spot / stable, *asset_rates(rules, stable), confidence)


def _share(scenario: Mapping[str, Any], key: str) -> float:
    return share_down(exact(scenario[key], key) / WAD)


def _places(scenario: Mapping[str, Any]) -> dict[int, list[int]]:
    """Where each expiry's options stand, in the order in which expiries first appear."""
    found: dict[int, list[int]] = {}
    for place, seconds in enumerate(listed(scenario.get("OptionExpiries"), "OptionExpiries")):
        found.setdefault(int(exact(seconds, "OptionExpiries")), []).append(place)
    return found


def _expiry(scenario: Mapping[str, Any], seconds: int, places: Sequence[int], now: int) -> Expiry:
    feeds = [int(exact(one, "FeedExpiries")) for one in listed(scenario["FeedExpiries"], "FeedExpiries")]
    if seconds not in feeds:
        raise NotCovered(f"no feed for the options that expire in {seconds} s")
    # Where a feed or a strike is given more than once the last one stands, as it does on the chain.
    feed = max(place for place, one in enumerate(feeds) if one == seconds)
    fixed, variable, rate, *shares = (exact(scenario[key][feed], key) / WAD for key in FEEDS)
    confidences = listed(scenario["OptionVolConfidences"], "OptionVolConfidences")
    shares.append(exact(confidences[places[-1]], "OptionVolConfidences") / WAD)
    strikes = [wad(scenario["OptionStrikes"][place], "OptionStrikes") for place in places]
    vols = dict(zip(strikes, (wad(scenario["OptionVols"][place], "OptionVols") for place in places)))
    return Expiry(
        seconds=max(seconds - now, 0),
        variable=float(variable),
        fixed=float(fixed),
        rate=float(rate),
        confidence=share_down(min(shares)),
        strikes=strikes,
        calls=[bool(scenario["OptionIsCall"][place]) for place in places],
        vols=[vols[one] for one in strikes],
    )


def _margin(case: Case) -> Mapping[str, Any]:
    found = margin_of(account_of(case.inputs["Scenario"], TEST_RULES))
    return {
        "IM": decimal(found.initial),
        "MM": decimal(found.maintenance),
        "MtM": decimal(found.equity),
    }


def _scenarios(case: Case) -> Mapping[str, Any]:
    account = account_of(case.inputs["Scenario"], TEST_RULES)
    return {"basis": decimal(-account.basis), "worst": decimal(float(scenario_profits(account).min()))}


ADAPTERS: Final[dict[str, Adapter]] = {
    "pmrm.margin": guarded_case(_margin),
    "pmrm.scenarios": guarded_case(_scenarios),
}
