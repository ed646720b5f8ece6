"""Read-outs of Derive's deployed parameters (params/mainnet_*.json), held against the presets for BTC and ETH."""

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from plimsoll.conform.cases import Adapter, Case, NotCovered, Tolerance, read_each, table
from plimsoll.conform.derive_numbers import guarded_case
from plimsoll.presets.derive_parameters import COLLATERALS, DAY_SECONDS, PMRM, PMRM_2, SRM, PortfolioRules
from plimsoll.risk.models import Scenario, VolMove

DIGITS: Final = Tolerance(Fraction(1, 10**12), Fraction(1, 10**12))
SHOCKS: Final = {
    VolMove.UP: "up",
    VolMove.DOWN: "down",
    VolMove.NONE: "none",
    VolMove.LINEAR: "linear",
    VolMove.ABS: "abs",
}
FLOOR: Final = "dteFloor"
"""Printed in seconds, or as an integer of 18 decimals by mistake; compared in seconds."""


def read(document: Any, name: str) -> list[Case] | None:
    """A case a market; None for another file. Test networks are not in the presets."""
    if name.startswith("testnet"):
        return None
    if isinstance(document, dict) and isinstance(document.get("market"), str) and "collaterals" in document:
        return [_second(document)]
    if (
        isinstance(document, list)
        and document
        and all(isinstance(one, dict) and "marketName" in one for one in document)
    ):
        return read_each({one["marketName"]: one for one in document}, lambda _, one: [_first(one)])
    if isinstance(document, dict) and isinstance(document.get("marketParams"), list) and "srmParams" in document:
        depeg = table(table(document, "srmParams"), "depegParams")
        rows = {f"market {place}": one for place, one in enumerate(document["marketParams"])}
        return read_each(rows, lambda _, one: [_standard(one, depeg)])
    return None


def _second(document: Mapping[str, Any]) -> Case:
    params = document.get("params") or {}
    wanted = _seconds({key: value for key, value in params.items()})
    held = COLLATERALS.get(document["market"], {})
    wanted["collaterals"] = {
        key: {field: value for field, value in one["collateralParams"].items() if field != "isEnabled"}
        for key, one in document["collaterals"].items()
        if key in held
    }
    return Case(f"{document['market']} PMRM_2", "params.pmrm2", {}, wanted, DIGITS, document["market"])


def _first(row: Mapping[str, Any]) -> Case:
    names = ("scenarios", "basisContingencyParams", "otherContingencyParams", "staticDiscountParams", "volShockParams")
    wanted = _seconds({key: row["params"][key] for key in names if key in row["params"]})
    if "scenarios" in wanted:
        wanted["scenarios"] = [_pair(one) for one in wanted["scenarios"]]
    return Case(f"{row['marketName']} PMRM", "params.pmrm", {}, wanted, DIGITS, row["marketName"])


def _standard(row: Mapping[str, Any], depeg: Mapping[str, Any]) -> Case:
    margins = (row.get("params") or {}).get("marginParams") or {}
    named = ("perpMarginRequirements", "optionMarginParams", "baseMarginParams", "oracleContingencyParams")
    wanted = {key: margins[key] for key in named if key in margins} | {"depegParams": dict(depeg)}
    return Case(f"{row.get('marketName')} SRM", "params.srm", {}, wanted, DIGITS, row.get("marketName"))


def _pair(text: str) -> list[str]:
    """``[1.18,up]`` as its two parts; the read-out says flat for no shock."""
    parts = re.fullmatch(r"\[([\d.]+),\s*(\w+)\]", text)
    if parts is None:
        raise NotCovered(f"a scenario is [spot, shock], not {text!r}")
    spot, shock = parts.groups()
    return [spot, "none" if shock == "flat" else shock]


def _seconds(params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters with the floor of the time in seconds."""
    found = dict(params)
    vol = dict(found.get("volShockParams") or {})
    if FLOOR in vol:
        floor = Fraction(str(vol[FLOOR]))
        vol[FLOOR] = str(int(floor if floor >= 1 else floor * 10**18))
    return found | {"volShockParams": vol}


def _rules(case: Case, rules: PortfolioRules) -> Mapping[str, Any]:
    if case.context not in COLLATERALS:
        raise NotCovered(f"the presets hold BTC and ETH, not {case.context}")
    vol, basis = rules.vol, rules.basis
    return {
        "basisContingencyParams": {
            "scenarioSpotUp": _number(1 + basis.up),
            "scenarioSpotDown": _number(1 + basis.down),
            "basisContAddFactor": _number(basis.add),
            "basisContMultFactor": _number(basis.multiple),
        },
        "volShockParams": {
            "volRangeUp": _number(vol.range_up),
            "volRangeDown": _number(vol.range_down),
            "shortTermPower": _number(vol.power_short),
            "longTermPower": _number(vol.power_long),
            FLOOR: _number(vol.floor_days * DAY_SECONDS),
            "minVolUpShock": _number(vol.minimum_up),
        },
    }


def _peg(rules: PortfolioRules) -> dict[str, Fraction]:
    return {
        "pegLossThreshold": _number(rules.peg_threshold),
        "pegLossFactor": _number(rules.peg_factor),
        "confThreshold": _number(rules.confidence_threshold),
        "confMargin": _number(rules.confidence_factor),
    }


def _second_version(case: Case) -> Mapping[str, Any]:
    rules, skew = PMRM_2, PMRM_2.skew_linear
    absolute, discount = PMRM_2.skew_absolute, PMRM_2.discount
    if skew is None or absolute is None:
        raise NotCovered("the preset has no skew")
    return {
        **_rules(case, rules),
        "scenarios": [_scenario(one) for one in rules.scenarios],
        "otherContingencyParams": {
            **_peg(rules),
            "MMPerpPercent": _number(rules.perp_maintenance),
            "IMPerpPercent": _number(rules.perp_initial),
            "MMOptionPercent": _number(rules.option_maintenance),
            "IMOptionPercent": _number(rules.option_initial),
        },
        "marginParams": {
            "imFactor": _number(rules.factor_initial),
            "mmFactor": _number(rules.factor_maintenance),
            "shortRateMultScale": _number(discount.rate_short),
            "longRateMultScale": _number(discount.rate_long),
            "shortRateAddScale": _number(discount.add_short),
            "longRateAddScale": _number(discount.add_long),
            "shortBaseStaticDiscount": _number(discount.base_short),
            "longBaseStaticDiscount": _number(discount.base_long),
        },
        "skewShockParams": {
            "linearBaseCap": _number(skew.base_cap),
            "absBaseCap": _number(absolute.base_cap),
            "linearCBase": _number(skew.slope_cap),
            "absCBase": _number(absolute.slope_cap),
            "minKStar": _number(skew.k_min),
            "widthScale": _number(skew.width),
            "volParamStatic": _number(skew.vol_static),
            "volParamScale": _number(skew.vol_scale),
        },
        "collaterals": {
            name: {
                "isRiskCancelling": one.risk_cancelling,
                "mmHaircut": _number(one.haircut_maintenance),
                "imHaircut": _number(one.haircut_initial),
            }
            for name, one in COLLATERALS[case.context].items()
        },
    }


def _first_version(case: Case) -> Mapping[str, Any]:
    rules = PMRM
    return {
        **_rules(case, rules),
        "scenarios": [[_number(1 + one.spot), SHOCKS[one.vol]] for one in rules.scenarios],
        "otherContingencyParams": {
            **_peg(rules),
            "basePercent": _number(rules.asset_share),
            "perpPercent": _number(rules.perp_maintenance),
            "optionPercent": _number(rules.option_maintenance),
        },
        "staticDiscountParams": {
            "imFactor": _number(rules.factor_initial),
            "rateMultScale": _number(rules.discount.rate_long),
            "rateAddScale": _number(rules.discount.add_long),
            "baseStaticDiscount": _number(rules.discount.base_long),
        },
    }


def _standard_manager(case: Case) -> Mapping[str, Any]:
    if case.context not in SRM:
        raise NotCovered(f"the presets hold BTC and ETH, not {case.context}")
    rules = SRM[case.context]
    return {
        "perpMarginRequirements": {
            "mmPerpReq": _number(rules.perp_maintenance),
            "imPerpReq": _number(rules.perp_initial),
        },
        "optionMarginParams": {
            "maxSpotReq": _number(rules.spot_max),
            "minSpotReq": _number(rules.spot_min),
            "mmCallSpotReq": _number(rules.short_call),
            "mmPutSpotReq": _number(rules.short_put),
            "mmPutMtMReq": _number(rules.short_put_value),
            "unpairedIMScale": _number(rules.unpaired_initial),
            "unpairedMMScale": _number(rules.unpaired_maintenance),
            "mmOffsetScale": _number(rules.offset_scale),
        },
        "baseMarginParams": {"marginFactor": _number(rules.base_factor), "imScale": _number(rules.base_scale)},
        "oracleContingencyParams": {
            "perpThreshold": _number(rules.perp_threshold),
            "optionThreshold": _number(rules.option_threshold),
            "baseThreshold": _number(rules.base_threshold),
            "ocFactor": _number(rules.confidence_factor),
        },
        "depegParams": {
            "depegThreshold": _number(rules.depeg_threshold),
            "depegFactor": _number(rules.depeg_factor),
        },
    }


def _scenario(one: Scenario) -> Mapping[str, Any]:
    return {
        "spotShock": _number(1 + one.spot),
        "scenarioType": SHOCKS[one.vol],
        "dampeningFactor": _number(one.damping),
    }


def _number(value: float) -> Fraction:
    return Fraction(value)


FORMULAS: Final[Sequence[tuple[str, Adapter]]] = (
    ("params.pmrm2", _second_version),
    ("params.pmrm", _first_version),
    ("params.srm", _standard_manager),
)
ADAPTERS: Final[dict[str, Adapter]] = {name: guarded_case(adapter) for name, adapter in FORMULAS}
