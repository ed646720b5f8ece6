"""Derive's standard manager: srm_test-cases.json, portfolios of two markets as arrays of 18-decimal integers."""

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
from plimsoll.conform.derive_standard import StandardAccount, StandardMarket, margin_of
from plimsoll.presets.derive_classes import Market
from plimsoll.presets.derive_parameters import StandardRules
from plimsoll.presets.derive_tables import Expiry

TEST_RULES: Final = StandardRules(
    perp_maintenance=0.05,
    perp_initial=0.065,
    spot_max=0.15,
    spot_min=0.10,
    short_call=0.075,
    short_put=0.075,
    short_put_value=0.075,
    unpaired_initial=1.2,
    unpaired_maintenance=1.1,
    offset_scale=1.05,
    base_factor=0.1,
    base_scale=1.0,
    perp_threshold=0.4,
    option_threshold=0.4,
    base_threshold=0.4,
    confidence_factor=0.4,
    depeg_threshold=0.98,
    depeg_factor=1.2,
)
"""Parameters of the venue's own tests (derive_v2.md, section 11)."""
COMPACT_RULES: Final = replace(TEST_RULES, base_factor=0.8)
"""The same for the compact portfolios."""

PARALLEL: Final = ("OptionUnderlying", "OptionExpiries", "OptionStrikes", "OptionIsCall", "OptionAmounts", "OptionVols")
UNDERLYINGS: Final = ("ETH", "BTC")
SETTLING_SECONDS: Final = 3_600
"""Below this time to expiry the file's forward is its settlement price."""
STRIKE_STEP: Final = 10**10


def read(document: Any, name: str) -> list[Case] | None:
    """The cases of a file of the standard manager; None for a file of another kind."""
    if not inner_tables(document, "Scenario", "OptionUnderlying"):
        return None
    return read_each(document, lambda key, one: [_case(key, one)])


def _case(key: str, document: Mapping[str, Any]) -> Case:
    result = document.get("Result") or {}
    named = {"IM": "realIM", "MM": "realMM", "MtM": "PortfolioMtM"}
    wanted = {ours: exact(result[theirs], theirs) / WAD for ours, theirs in named.items() if theirs in result}
    return Case(f"{key} margin", "srm.margin" if wanted else NOTHING_WANTED, document, wanted, CENT)


def account_of(scenario: Mapping[str, Any], rules: StandardRules) -> StandardAccount:
    """The portfolio of a case."""
    require_parallel(scenario, *PARALLEL)
    return StandardAccount(
        cash=wad(scenario["Cash"], "Cash"),
        markets=[_market(scenario, place, rules) for place in range(len(UNDERLYINGS))],
        stable_price=float(positive(scenario["USDCValue"], "USDCValue") / WAD),
        depeg_threshold=rules.depeg_threshold,
    )


def _market(scenario: Mapping[str, Any], place: int, rules: StandardRules) -> StandardMarket:
    name = UNDERLYINGS[place]
    spot_share, perp_share = (exact(one, "SpotPerpConfidences") / WAD for one in scenario["SpotPerpConfidences"][place])
    perps, perp_price = wad(scenario[f"Perps_{name}"], "Perps"), wad(scenario["PerpPrice"][place], "PerpPrice")
    entry = wad(scenario.get(f"LastEntry{name}"), "LastEntry")
    paid = wad(scenario.get(f"Account{name}FundingIndex"), "AccountFundingIndex")
    owed = wad(scenario.get(f"{name}GlobalFundingIndex"), "GlobalFundingIndex")
    places = _places(scenario, name)
    amounts = listed(scenario.get("OptionAmounts"), "OptionAmounts")
    return StandardMarket(
        rules=rules,
        market=Market(
            spot=float(positive(scenario[f"{name}SpotPrice"], "SpotPrice") / WAD),
            confidence=share_down(spot_share),
            expiries=tuple(_expiry(scenario, name, seconds, found) for seconds, found in places.items()),
        ),
        amounts=[[wad(amounts[at], "OptionAmounts") for at in found] for found in places.values()],
        perps=perps,
        perp_price=perp_price,
        perp_profit=(perp_price - entry - owed + paid) * perps,
        perp_confidence=share_down(perp_share),
        base=wad(scenario.get(f"w{name}"), "base"),
    )


def _places(scenario: Mapping[str, Any], name: str) -> dict[int, list[int]]:
    """Where the options of each of a market's expiries stand, in the order in which expiries first appear."""
    found: dict[int, list[int]] = {}
    underlyings = listed(scenario.get("OptionUnderlying"), "OptionUnderlying")
    for place, seconds in enumerate(listed(scenario.get("OptionExpiries"), "OptionExpiries")):
        if underlyings[place] == name:
            found.setdefault(int(exact(seconds, "OptionExpiries")), []).append(place)
    return found


def _expiry(scenario: Mapping[str, Any], name: str, seconds: int, places: Sequence[int]) -> Expiry:
    last = places[-1]
    feeds = listed(scenario["FeedExpiries"], "FeedExpiries")
    if last >= len(feeds) or int(exact(feeds[last], "FeedExpiries")) != seconds:
        raise NotCovered(f"no feed stands beside the options that expire in {seconds} s")
    settling = seconds < SETTLING_SECONDS
    forward = scenario[f"SettlementPrice{name}"] if settling else scenario["Forwards"][last]
    shares = (exact(scenario[key][last], key) / WAD for key in ("ForwardConfidences", "OptionVolConfidences"))
    strikes = [int(exact(scenario["OptionStrikes"][at], "OptionStrikes")) // STRIKE_STEP * STRIKE_STEP for at in places]
    vols = dict(zip(strikes, (wad(scenario["OptionVols"][at], "OptionVols") for at in places)))
    return Expiry(
        seconds=max(seconds, 0),
        variable=wad(forward, "Forwards"),
        confidence=share_down(min(shares)),
        strikes=[one / WAD for one in strikes],
        calls=[bool(scenario["OptionIsCall"][at]) for at in places],
        vols=[vols[one] for one in strikes],
    )


def _margin(case: Case) -> Mapping[str, Any]:
    found = margin_of(account_of(case.inputs["Scenario"], TEST_RULES))
    return {
        "IM": decimal(found.net_initial),
        "MM": decimal(found.net_maintenance),
        "MtM": decimal(found.equity),
    }


ADAPTERS: Final[dict[str, Adapter]] = {
    "srm.margin": guarded_case(_margin),
}
