"""Derive's PMRM_2 test portfolios (pmrm2_portfolio_cases/test_*.json): one portfolio a file, in plain decimals."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

import numpy as np

from plimsoll.conform.cases import Adapter, Case, NotCovered, read_each
from plimsoll.conform.derive_numbers import (
    CENT,
    CLOSE,
    decimal,
    exact,
    guarded_case,
    listed,
    plain,
    positive,
    share_down,
)
from plimsoll.conform.derive_portfolio import Asset, PortfolioAccount, margin_of, scenario_profits
from plimsoll.presets.derive_classes import Market
from plimsoll.presets.derive_parameters import PortfolioRules
from plimsoll.presets.derive_tables import Expiry, forward_parts, weights_of
from plimsoll.pricing import Svi, svi_vol
from plimsoll.risk.models import Basis, Scenario, SkewShock, StaticDiscount, VolMove, VolShock
from plimsoll.risk.models.matrix import SKEWS

SHOCKS: Final = {
    "None": VolMove.NONE,
    "Up": VolMove.UP,
    "Down": VolMove.DOWN,
    "LINEAR": VolMove.LINEAR,
    "ABS": VolMove.ABS,
}
LOSSES: Final = (("reg_losses", 2), ("tail_losses", 2), ("skew_losses", 1))
PLACEHOLDERS: Final = {
    "pmrm2.vols": ("test_44_", "test_45_", "test_66_"),
    "pmrm2.discounts": ("test_66_",),
}
"""Files whose diagnostics are known not to follow the venue's formula (one saturated vol; an expired option)."""


@dataclass(frozen=True)
class Series:
    """The options of one expiry: where each stands in the file."""

    seconds: int
    places: tuple[int, ...]


def read(document: Any, name: str) -> list[Case] | None:
    """The file's cases: margins, scenario profits, and the feeds' figures; None for a file of another kind."""
    if not (isinstance(document, dict) and {"Scenario", "Parameters", "Result"} <= document.keys()):
        return None
    result = document["Result"]
    if not isinstance(result, dict) or "IM" not in result:
        return None
    return read_each({name.removesuffix(".json"): document}, _cases)


def _cases(name: str, document: Mapping[str, Any]) -> list[Case]:
    result = document["Result"]
    margins = {key: result[key] for key in ("IM", "MM", "PortfolioMTM") if key in result}
    cases = [Case(f"{name} margin", "pmrm2.margin", document, margins, CENT)]
    profits = [row[at] for key, at in LOSSES for row in listed(result.get(key), key)]
    basis = {"ForwardContingency": result["ForwardContingency"]} if "ForwardContingency" in result else {}
    if profits or basis:
        cases.append(Case(f"{name} scenarios", "pmrm2.scenarios", document, {"profits": profits, **basis}, CENT))
    if result.get("discount_factors"):
        wanted = {"discount_factors": result["discount_factors"]}
        cases.append(Case(f"{name} discounts", "pmrm2.discounts", document, wanted, CLOSE))
    options = listed(document["Scenario"].get("Options"), "Options")
    if options and all("MarkVol" in one for one in options):
        wanted = {"MarkVol": [one["MarkVol"] for one in options]}
        for key in ("VolShockUpMultiplier", "VolShockDownMultiplier"):
            if len(listed(result.get(key), key)) == len(options):
                wanted[key] = result[key]
        cases.append(Case(f"{name} vols", "pmrm2.vols", document, wanted, CLOSE))
    return cases


def rules_of(parameters: Mapping[str, Any]) -> PortfolioRules:
    """The parameters of a file, by our names."""
    vol, margin, basis, other, skew = (
        parameters[key] for key in ("VolShock", "Margin", "BasisContingency", "OtherContingency", "SkewShock")
    )

    def of(table: Mapping[str, Any], key: str) -> float:
        return plain(table[key], key)

    def turn(which: str) -> SkewShock:
        return SkewShock(
            base_cap=of(skew, f"{which}_SCALE_CAP"),
            slope_cap=of(skew, f"{which}_CBASE"),
            k_min=of(skew, "MIN_K_STAR"),
            width=of(skew, "MIN_WIDTH_SCALE"),
            vol_static=of(skew, "VOL_PARAM_STATIC"),
            vol_scale=of(skew, "VOL_PARAM_SCALE"),
        )

    return PortfolioRules(
        scenarios=tuple(
            Scenario(_move(one["SpotShock"]), _shock(one["VolShockDirection"]), of(one, "DampeningFactor"))
            for one in parameters["Scenarios"]
        ),
        vol=VolShock(
            range_up=of(vol, "VOLRANGEUP"),
            range_down=of(vol, "VOLRANGEDOWN"),
            power_short=of(vol, "SHORTTERMPOWER"),
            power_long=of(vol, "LONGTERMPOWER"),
            floor_days=of(vol, "DTE_FLOOR"),
            minimum_up=of(vol, "MIN_VOL_EVAL_SHOCKED"),
        ),
        skew_linear=turn("LINEAR"),
        skew_absolute=turn("ABS"),
        discount=StaticDiscount(
            base_long=of(margin, "BASE_STATIC_DISCOUNT"),
            base_short=of(margin, "BASE_STATIC_DISCOUNT_NEG"),
            rate_long=of(margin, "LONG_RATE_MULTSCALE"),
            rate_short=of(margin, "SHORT_RATE_MULTSCALE"),
            add_long=of(margin, "LONG_RATE_ADDSCALE"),
            add_short=of(margin, "SHORT_RATE_ADDSCALE"),
        ),
        basis=Basis(
            up=_move(basis["SCENARIO_SPOT_UP"]),
            down=_move(basis["SCENARIO_SPOT_DOWN"]),
            add=of(basis, "BASIS_CONT_ADD_FACTOR"),
            multiple=of(basis, "BASIS_CONT_MULT_FACTOR"),
        ),
        factor_initial=of(margin, "IM_LOSS_FACTOR"),
        factor_maintenance=of(margin, "MM_LOSS_FACTOR"),
        peg_threshold=of(other, "PEG_LOSS_THRESHOLD"),
        peg_factor=of(other, "PEG_LOSS_FACTOR"),
        confidence_threshold=of(other, "CONF_THRESHOLD"),
        confidence_factor=of(other, "CONF_MARGIN"),
        perp_maintenance=of(other, "MM_PERP_PERCENT"),
        perp_initial=of(other, "IM_PERP_PERCENT"),
        option_maintenance=of(other, "MM_OPTION_PERCENT"),
        option_initial=of(other, "IM_OPTION_PERCENT"),
    )


def _shock(direction: Any) -> VolMove:
    if direction not in SHOCKS:
        raise NotCovered(f"a vol shock {direction!r} is not one of {', '.join(SHOCKS)}")
    return SHOCKS[direction]


def _move(shock: Any) -> float:
    """A factor of the spot (1.18) as a move (0.18)."""
    return float(exact(shock, "a spot shock") - 1)


def series_of(scenario: Mapping[str, Any]) -> list[Series]:
    """The options by expiry, in the order in which expiries first appear."""
    found: dict[int, list[int]] = {}
    for place, one in enumerate(listed(scenario.get("Options"), "Options")):
        found.setdefault(int(exact(one["Expiry"], "Expiry")), []).append(place)
    return [Series(max(seconds, 0), tuple(places)) for seconds, places in found.items()]


def account_of(document: Mapping[str, Any]) -> PortfolioAccount:
    """The file's portfolio; NotCovered when a feed it needs is missing."""
    scenario = document["Scenario"]
    spot_confidence = share_down(exact(scenario["SpotConfidence"], "SpotConfidence"))
    perps = plain(scenario["NumPerps"], "NumPerps")
    confidence = spot_confidence
    if perps:
        confidence = min(confidence, share_down(exact(scenario["PerpConfidence"], "PerpConfidence")))
    stable = float(positive(scenario["StablePrice"], "StablePrice"))
    options = listed(scenario.get("Options"), "Options")
    groups = series_of(scenario)
    return PortfolioAccount(
        rules=rules_of(document["Parameters"]),
        market=Market(
            spot=float(positive(scenario["SpotPrice"], "SpotPrice")),
            confidence=confidence,
            expiries=tuple(_expiry(scenario, options, one) for one in groups),
        ),
        amounts=[[plain(options[place]["Amount"], "Amount") for place in one.places] for one in groups],
        cash=plain(scenario["Cash"], "Cash"),
        stable_price=stable,
        perps=perps,
        perp_price=plain(scenario["PerpPrice"], "PerpPrice"),
        perp_profit=sum(plain(scenario.get(key), key) for key in ("UnrealisedPerpPNL", "UnrealisedFunding")),
        assets=[_asset(one, stable, spot_confidence) for one in listed(scenario.get("Collaterals"), "Collaterals")],
    )


def _asset(found: Mapping[str, Any], stable: float, spot_confidence: float) -> Asset:
    maintenance = plain(found["MMHaircut"], "MMHaircut")
    return Asset(
        amount=plain(found["Amount"], "Amount"),
        price=plain(found["Price"], "Price") / stable,
        maintenance=maintenance,
        initial=maintenance + plain(found["IMHaircut"], "IMHaircut"),
        confidence=min(share_down(exact(found["Confidence"], "Confidence")), spot_confidence),
        member=bool(found["IsRiskCancelling"]),
    )


def _expiry(scenario: Mapping[str, Any], options: Any, series: Series) -> Expiry:
    first = exact(options[series.places[0]]["Expiry"], "Expiry")
    feeds = [one for one in scenario["OptionFeeds"] if exact(one["FeedExpiry"], "FeedExpiry") == first]
    if not feeds:
        raise NotCovered(f"no feed for the options that expire in {first} s")
    feed = feeds[-1]
    fixed, variable = forward_parts(plain(feed["Forward"], "Forward"), series.seconds)
    strikes = [plain(options[place]["Strike"], "Strike") for place in series.places]
    *raw, forward, years = (plain(one, "SVIparam") for one in feed["SVIparam"])
    confidences = ("ForwardConfidence", "RateConfidence", "OptionVolConfidences")
    return Expiry(
        seconds=series.seconds,
        variable=variable,
        fixed=fixed,
        rate=plain(feed["Rate"], "Rate"),
        confidence=min(share_down(exact(feed[key], key)) for key in confidences),
        strikes=strikes,
        calls=[bool(options[place]["IsCall"]) for place in series.places],
        vols=np.atleast_1d(svi_vol(strikes, Svi(*raw), forward, years)).tolist(),
    )


def _margin(case: Case) -> Mapping[str, Any]:
    found = margin_of(account_of(case.inputs))
    return {
        "IM": decimal(found.initial),
        "MM": decimal(found.maintenance),
        "PortfolioMTM": decimal(found.equity),
    }


def _scenarios(case: Case) -> Mapping[str, Any]:
    account = account_of(case.inputs)
    if any(one.vol in SKEWS and one.spot != 0.0 for one in account.rules.scenarios):
        raise NotCovered("a skew scenario with a spot shock is invalid at the venue; its file leaves it out")
    profits = [decimal(float(one)) for one in scenario_profits(account)]
    return {"profits": profits, "ForwardContingency": decimal(-account.basis)}


def _require_diagnostics(case: Case) -> None:
    if case.id.startswith(PLACEHOLDERS[case.formula]):
        raise NotCovered("the file's diagnostic is a placeholder; its margins are compared")


def _discounts(case: Case) -> Mapping[str, Any]:
    _require_diagnostics(case)
    account = account_of(case.inputs)
    weights = weights_of(account.market.expiries, account.rules)
    pairs = zip(weights.positive.tolist(), weights.negative.tolist())
    return {"discount_factors": [[decimal(positive), decimal(negative)] for positive, negative in pairs]}


def _vol_factors(years: float, shock: VolShock) -> tuple[float, float]:
    """What a vol of 1 becomes under a shock up and down, its least value left aside."""
    one, time = np.ones(1), np.array([years])
    return float(replace(shock, minimum_up=0.0).up(one, time)[0]), float(shock.down(one, time)[0])


def _vols(case: Case) -> Mapping[str, Any]:
    _require_diagnostics(case)
    account = account_of(case.inputs)
    groups = series_of(case.inputs["Scenario"])
    columns: dict[str, dict[int, Fraction]] = {
        key: {} for key in ("MarkVol", "VolShockUpMultiplier", "VolShockDownMultiplier")
    }
    for series, expiry in zip(groups, account.market.expiries):
        up, down = _vol_factors(expiry.years, account.rules.vol)
        for place, vol in zip(series.places, expiry.vols):
            columns["MarkVol"][place] = decimal(vol)
            columns["VolShockUpMultiplier"][place] = decimal(up)
            columns["VolShockDownMultiplier"][place] = decimal(down)
    return {key: [found[place] for place in sorted(found)] for key, found in columns.items()}


ADAPTERS: Final[dict[str, Adapter]] = {
    "pmrm2.margin": guarded_case(_margin),
    "pmrm2.scenarios": guarded_case(_scenarios),
    "pmrm2.discounts": guarded_case(_discounts),
    "pmrm2.vols": guarded_case(_vols),
}
