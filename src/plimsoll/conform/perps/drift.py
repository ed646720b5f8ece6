"""Drift v2's vectors of margin, weights, funding and oracle: names to ``presets.rules_drift_*`` and the engine."""

from typing import Any, Final

from plimsoll.conform.cases import Adapter, Case, NotCovered, integer, truth, word
from plimsoll.conform.perps import drift_liquidation
from plimsoll.presets import rules_drift_funding as funding
from plimsoll.presets import rules_drift_margin as margin
from plimsoll.presets import rules_drift_oracle as oracle
from plimsoll.presets import rules_drift_weights as weights

ONE: Final = weights.ONE
_MODES: Final = ("initial", "maintenance", "fill")


def _mode(case: Case) -> str:
    mode = word(case.inputs, "mode")
    if mode not in _MODES:
        raise NotCovered(f"the mode {mode!r} is not one of {', '.join(_MODES)}")
    return mode


def _numbers(case: Case, *names: str) -> list[int]:
    return [integer(case.inputs, name) for name in names]


def _perp_requirement(case: Case) -> dict[str, Any]:
    inputs = case.inputs
    names = ("base", "quote", "open_bids", "open_asks", "open_orders")
    position = margin.PerpPosition(
        price=integer(inputs, "oracle_price"),
        prediction=word(inputs, "contract") == "prediction",
        **{name: integer(inputs, name) for name in names},
    )
    found = margin.perp_margin(
        position,
        ratio=integer(inputs, "margin_ratio"),
        imf=integer(inputs, "imf_factor"),
        custom_ratio=integer(inputs, "custom_ratio"),
        quote_price_min=integer(inputs, "quote_price_min"),
        quote_price_max=integer(inputs, "quote_price_max"),
        profit_ratio=integer(inputs, "upnl_weight"),
        profit_imf=integer(inputs, "upnl_imf"),
        initial=_mode(case) == "initial",
    )
    return {"margin_requirement": found.requirement, "upnl": found.weighted_profit}


def _spot_orders(case: Case) -> dict[str, Any]:
    names = ("decimals", "price", "asset_weight", "liability_weight", "token", "open_bids", "open_asks", "open_orders")
    position = margin.SpotPosition(
        quote=integer(case.inputs, "usdc"), **{name: integer(case.inputs, name) for name in names}
    )
    found = margin.spot_margin(position)
    return {"margin_requirement": found.requirement, "total_collateral": found.collateral}


def _strict(case: Case) -> dict[str, Any]:
    names = ("token", "decimals", "price", "asset_weight", "liability_weight")
    position = margin.SpotPosition(
        quote=integer(case.inputs, "usdc", 0), **{name: integer(case.inputs, name) for name in names}
    )
    found = margin.strict_spot(position, integer(case.inputs, "twap_5min"))
    return {"margin_requirement": found.requirement, "total_collateral": found.collateral}


def _custom_ratio(case: Case) -> dict[str, Any]:
    side = _mode(case)
    if side == "fill":
        raise NotCovered("a user's cap is for initial margin")
    user = integer(case.inputs, "user_ratio")
    perp, borrow, ratio, weight = (
        integer(case.inputs, name, default)
        for name, default in (("perp_value", 0), ("borrow_value", 0), (f"perp_{side}", 0), (f"liability_{side}", ONE))
    )
    if side == "initial":
        ratio, weight = weights.capped_perp_ratio(ratio, user), weights.capped_liability_weight(weight, user)
    return {"margin_requirement": margin.bucket_required(perp, ratio, borrow, weight)}


def _custom_asset(case: Case) -> dict[str, Any]:
    user, held, weight = _numbers(case, "user_ratio", "value", "asset_weight")
    capped = weights.capped_asset_weight(weight, user)
    return {"total_collateral": margin.weighed(held, capped, weights.ONE)}


def _isolated(case: Case) -> dict[str, Any]:
    cross = margin.cross_bucket(*_numbers(case, "cross_usdc", "borrow_value", "liability_weight", "buffer"))
    names = ("iso_deposit", "iso_base_value", "iso_quote", "iso_margin_ratio", "buffer")
    alone = margin.isolated_bucket(*_numbers(case, *names))
    return {
        "cross_mr": cross.requirement,
        "cross_collateral": cross.collateral,
        "iso_mr": alone.requirement,
        "iso_collateral": alone.collateral,
    }


def _spot_weights(case: Case) -> dict[str, Any]:
    amount, decimals, imf, asset, liability = _numbers(
        case, "size", "decimals", "imf_factor", "asset_weight", "liability_weight"
    )
    size = weights.size_of(amount, decimals)
    return {
        "asset_weight": weights.size_discount(asset, imf, size),
        "liability_weight": weights.size_premium(liability, imf, size),
    }


def _scaled_asset_weight(case: Case) -> dict[str, Any]:
    figures = _numbers(case, "initial_asset_weight", "scale_start", "deposits_value")
    return {"asset_weight": weights.deposits_discount(*figures)}


def _upnl_weight(case: Case) -> dict[str, Any]:
    return {"weight": weights.profit_weight(*_numbers(case, "weight", "imf_factor", "upnl"))}


def _funding_rate(case: Case) -> dict[str, Any]:
    return {"rate": funding.hourly_rate(*_numbers(case, "mark_twap", "oracle_twap"))}


def _funding_div(case: Case) -> dict[str, Any]:
    return {"max_spread": funding.spread_max(*_numbers(case, "oracle_twap", "divisor"))}


def _funding_capped(case: Case) -> dict[str, Any]:
    names = ("rate", "base_with_amm", "base_long", "base_short", "total_fee_minus_distributions", "fee_lower_bound")
    found = funding.capped_funding(*_numbers(case, *names))
    return {
        "long_rate": found.long_rate,
        "short_rate": found.short_rate,
        "total_fee_minus_distributions": found.fees,
    }


def _reserve_price(case: Case) -> dict[str, Any]:
    return {"price": funding.reserve_price(*_numbers(case, "quote_reserve", "base_reserve", "peg"))}


def _update_k(case: Case) -> dict[str, Any]:
    names = ("base_reserve", "sqrt_k", "new_sqrt_k")
    base, quote = funding.reserves_at(*_numbers(case, *names))
    return {"base_reserve": base, "quote_reserve": quote}


def _rebase(case: Case) -> dict[str, Any]:
    exponent, divisor = funding.rebase(*_numbers(case, "total_shares", "vault"))
    return {"expo": exponent, "divisor": divisor}


def _if_shares_lost(case: Case) -> dict[str, Any]:
    names = ("request_shares", "request_value", "total_shares", "vault")
    return {"lost": funding.shares_lost(*_numbers(case, *names))}


def _oracle_status(case: Case) -> dict[str, Any]:
    inputs = case.inputs
    names = ("slots_stale_amm", "slots_stale_margin", "confidence_max", "too_volatile_ratio")
    guards = oracle.Guards(**{name: integer(inputs, name) for name in names})
    price, confidence, delay, twap = _numbers(case, "price", "confidence", "delay", "twap")
    state = oracle.validity(price, confidence, delay, truth(inputs, "sufficient"), twap, word(inputs, "tier"), guards)
    limits = _numbers(case, "reserve_price", "twap_5min", "max_mark_twap_divergence_pct")
    return {"validity": state, "mark_too_divergent": oracle.mark_too_divergent(*limits)}


ADAPTERS: Final[dict[str, Adapter]] = {
    "drift.perp_requirement": _perp_requirement,
    "drift.spot_orders": _spot_orders,
    "drift.strict": _strict,
    "drift.custom_ratio": _custom_ratio,
    "drift.custom_asset": _custom_asset,
    "drift.isolated": _isolated,
    "drift.spot_weights": _spot_weights,
    "drift.scaled_asset_weight": _scaled_asset_weight,
    "drift.upnl_weight": _upnl_weight,
    "drift.funding_rate": _funding_rate,
    "drift.funding_div": _funding_div,
    "drift.funding_capped": _funding_capped,
    "drift.reserve_price": _reserve_price,
    "drift.update_k": _update_k,
    "drift.rebase": _rebase,
    "drift.if_shares_lost": _if_shares_lost,
    "drift.oracle_status": _oracle_status,
    **drift_liquidation.ADAPTERS,
}
