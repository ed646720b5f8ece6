"""Derive's inline cases of margin: small accounts of its managers, put to the engine."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from plimsoll.conform.cases import number
from plimsoll.conform.derive_numbers import Inputs, float_of, share_down, wad_of, wad_out
from plimsoll.conform.derive_pmrm import TEST_RULES as PORTFOLIO_RULES
from plimsoll.conform.derive_portfolio import PortfolioAccount
from plimsoll.conform.derive_portfolio import margin_of as portfolio_margin
from plimsoll.conform.derive_srm import TEST_RULES as STANDARD_RULES
from plimsoll.conform.derive_standard import StandardAccount, StandardMarket
from plimsoll.conform.derive_standard import margin_of as standard_margin
from plimsoll.conform.risk_pool import Answer
from plimsoll.presets.derive_classes import Market
from plimsoll.presets.derive_parameters import StandardRules
from plimsoll.presets.derive_tables import Expiry


def _standard_rules(inputs: Inputs) -> StandardRules:
    """The tests' rules with what the case says."""
    names = {
        "maxSpotReq": "spot_max",
        "minSpotReq": "spot_min",
        "mmCallSpotReq": "short_call",
        "mmPutSpotReq": "short_put",
        "MMPutMtMReq": "short_put_value",
        "unpairedIMScale": "unpaired_initial",
        "unpairedMMScale": "unpaired_maintenance",
        "mmOffsetScale": "offset_scale",
        "perpThreshold": "perp_threshold",
        "optionThreshold": "option_threshold",
        "baseThreshold": "base_threshold",
        "OCFactor": "confidence_factor",
        "mm": "perp_maintenance",
        "im": "perp_initial",
        "marginFactor": "base_factor",
        "IMScale": "base_scale",
        "threshold": "depeg_threshold",
        "depegFactor": "depeg_factor",
    }
    # A case without an oracle's parameters has feeds nobody doubts.
    found = {"perp_threshold": 0.0, "option_threshold": 0.0, "base_threshold": 0.0}
    for given in (inputs, *(inputs.get(key) or {} for key in ("params", "oracle", "perpReq"))):
        found |= {ours: float_of(given, theirs) for theirs, ours in names.items() if theirs in given}
    return replace(STANDARD_RULES, **found)


def _option_market(inputs: Inputs, rules: StandardRules, rows: list[Inputs], confidence: float = 1.0) -> StandardMarket:
    expiry = Expiry(
        seconds=int(number(inputs, "secToExpiry")),
        variable=float_of(inputs, "forward"),
        strikes=[float_of(one, "strike") for one in rows],
        calls=[bool(one["isCall"]) for one in rows],
        vols=[float_of(inputs, "vol")] * len(rows),
    )
    market = Market(spot=float_of(inputs, "spot"), confidence=confidence, expiries=(expiry,))
    return StandardMarket(rules=rules, market=market, amounts=[[float_of(one, "balance") for one in rows]])


def _standard(markets: list[StandardMarket], cash: float = 0.0, stable: float = 1.0) -> Answer:
    threshold = markets[0].rules.depeg_threshold
    return standard_margin(StandardAccount(cash=cash, markets=markets, stable_price=stable, depeg_threshold=threshold))


def _isolated(inputs: Inputs) -> Mapping[str, Any]:
    found = _standard([_option_market(inputs, _standard_rules(inputs), [inputs])])
    return {"initialMargin": wad_out(found.net_initial), "maintenanceMargin": wad_out(found.net_maintenance)}


def _account(inputs: Inputs) -> Mapping[str, Any]:
    """An account of options, of a perp, or of both; where the case says so, before and after a feed became unsure."""
    if not inputs.get("cashEqualsIMBefore"):
        found = _standard([_held(inputs, "")], float_of(inputs, "cash"))
        below = {"error": True} if found.net_initial < 0 else {}
        return {
            "initialMargin_ge_0": found.net_initial >= 0,
            "initialMargin": wad_out(found.net_initial),
            "maintenanceMargin": wad_out(found.net_maintenance),
            "markToMarket": wad_out(found.equity),
            **below,
        }
    needed = -_standard([_held(inputs, "Before")]).net_initial
    before, after = (_standard([_held(inputs, when)], needed) for when in ("Before", "After"))
    return {
        "initialMarginBefore": wad_out(before.net_initial),
        "initialMarginAfter": wad_out(after.net_initial),
        "maintenanceMarginUnchanged": before.net_maintenance == after.net_maintenance,
        "mtmUnchanged": before.equity == after.equity,
    }


def _held(inputs: Inputs, when: str) -> StandardMarket:
    """What the account holds, with the confidences ``when`` the case has them."""
    rules = _standard_rules(inputs)
    spot_share, perp_share = (_share_of(inputs, feed, when) for feed in ("spot", "perp"))
    options = list(inputs.get("options") or [])
    found = StandardMarket(rules=rules, market=Market(spot=float_of(inputs, "spot"), confidence=spot_share))
    if options:
        found = _option_market(inputs, rules, options, spot_share)
    if "perpPosition" not in inputs:
        return found
    return replace(
        found,
        perps=float_of(inputs, "perpPosition"),
        perp_price=float_of(inputs, "perpPrice"),
        perp_confidence=perp_share,
    )


def _share_of(inputs: Inputs, feed: str, when: str) -> float:
    named = [key for key in (f"{feed}Confidence{when}", f"{feed}Confidence") if key in inputs]
    return share_down(wad_of(inputs, named[0])) if named else 1.0


def _base(inputs: Inputs) -> Mapping[str, Any]:
    confidence = share_down(wad_of(inputs, "spotConfidence")) if "spotConfidence" in inputs else 1.0
    market = Market(spot=float_of(inputs, "spot"), confidence=confidence)
    held = StandardMarket(rules=_standard_rules(inputs), market=market, base=float_of(inputs, "base"))
    found = _standard([held], stable=float_of(inputs, "stable"))
    return {
        "initialMargin": wad_out(found.net_initial),
        "maintenanceMargin": wad_out(found.net_maintenance),
        "markToMarket": wad_out(found.equity),
    }


def _depeg(inputs: Inputs) -> Mapping[str, Any]:
    """What a depeg adds to each market's initial margin: the margin with it less the margin without."""
    rules = _standard_rules(inputs)
    added = []
    for one in inputs["markets"]:
        spot = float_of(one, "spot")
        expiry = Expiry(seconds=86_400, variable=spot, strikes=[spot], calls=[True], vols=[0.0])
        held = StandardMarket(
            rules=rules,
            market=Market(spot=spot, expiries=(expiry,)),
            amounts=[[-float_of(one, "shorts")]],
            perps=float_of(one, "absPerp"),
            perp_price=spot,
        )
        pegged, depegged = (_standard([held], stable=stable) for stable in (1.0, float_of(inputs, "stable")))
        added.append(wad_out(depegged.net_initial - pegged.net_initial))
    return {"depegMarginIM": added}


def _perp(inputs: Inputs) -> Mapping[str, Any]:
    before, after = (
        portfolio_margin(
            PortfolioAccount(
                rules=PORTFOLIO_RULES,
                market=Market(spot=float_of(inputs, "spot")),
                amounts=[],
                cash=0.0,
                perps=float_of(inputs, "perpPosition"),
                perp_price=float_of(inputs, price),
                perp_profit=profit,
            )
        )
        for price, profit in (("perpPriceBefore", 0.0), ("perpPriceAfter", float_of(inputs, "unrealizedPnlAfter")))
    )
    return {"mmPre_minus_mmPost": wad_out(before.maintenance - after.maintenance)}


GROUPS: Final[dict[str, Callable[[Inputs], Mapping[str, Any]]]] = {
    "srm_isolated_margin": _isolated,
    "srm_account": _account,
    "srm_base": _base,
    "srm_depeg": _depeg,
    "pmrm_perp": _perp,
}
