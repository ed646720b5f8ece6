"""Drift v2's vectors of liquidation and bankruptcy: names to ``presets.rules_drift_liquidation`` and ``_flow``."""

from typing import Any, Final

from plimsoll.conform.cases import Adapter, Case, integer
from plimsoll.presets import rules_drift_flow as flow
from plimsoll.presets import rules_drift_liquidation as rules
from plimsoll.presets.rules_drift_margin import PerpPosition


def _numbers(case: Case, *names: str) -> list[int]:
    return [integer(case.inputs, name) for name in names]


def _base_to_cover(case: Case) -> dict[str, Any]:
    names = ("margin_shortage", "margin_ratio", "liquidation_fee", "if_fee", "oracle_price", "quote_oracle_price")
    return {"base": rules.base_to_cover(*_numbers(case, *names))}


def _liability_to_cover(case: Case) -> dict[str, Any]:
    names = ("asset_weight", "asset_multiplier", "liability_weight", "liability_multiplier")
    found = rules.liability_to_cover(
        integer(case.inputs, "margin_shortage"),
        decimals=integer(case.inputs, "liability_decimals"),
        price=integer(case.inputs, "liability_price"),
        fund_fee=integer(case.inputs, "if_fee"),
        **{name: integer(case.inputs, name) for name in names},
    )
    return {"liability": found}


_SWAP: Final = (
    "asset_multiplier",
    "asset_decimals",
    "asset_price",
    "liability_multiplier",
    "liability_decimals",
    "liability_price",
)


def _liability_from_asset(case: Case) -> dict[str, Any]:
    terms = {name: integer(case.inputs, name) for name in _SWAP}
    return {"liability": rules.liability_from_asset(integer(case.inputs, "asset_amount"), **terms)}


def _asset_for_liability(case: Case) -> dict[str, Any]:
    terms = {name: integer(case.inputs, name) for name in _SWAP}
    return {"asset": rules.asset_for_liability(*_numbers(case, "asset_amount", "liability_amount"), **terms)}


def _perp_if_fee(case: Case) -> dict[str, Any]:
    names = ("margin_shortage", "base", "margin_ratio", "liquidator_fee", "oracle_price", "quote_oracle_price")
    return {"if_fee": rules.perp_fund_fee(*_numbers(case, *names, "max_if_fee"))}


def _spot_if_fee(case: Case) -> dict[str, Any]:
    names = ("asset_weight", "asset_multiplier", "liability_weight", "liability_multiplier")
    found = rules.spot_fund_fee(
        *_numbers(case, "margin_shortage", "token_amount"),
        decimals=integer(case.inputs, "liability_decimals"),
        price=integer(case.inputs, "liability_price"),
        most=integer(case.inputs, "max_if_fee"),
        **{name: integer(case.inputs, name) for name in names},
    )
    return {"if_fee": found}


def _max_pct(case: Case) -> dict[str, Any]:
    names = ("margin_shortage", "margin_freed", "slots_elapsed", "initial_pct", "duration")
    return {"pct": rules.share_max(*_numbers(case, *names))}


def _liq_fee(case: Case) -> dict[str, Any]:
    return {"fee": rules.liquidator_fee(*_numbers(case, "base_fee", "max_fee", "slots_elapsed"))}


def _swap_bound(case: Case) -> dict[str, Any]:
    swap = ("asset_transfer", "asset_decimals", "liability_transfer", "liability_decimals")
    bound = ("asset_price", "asset_multiplier", "liability_price", "liability_multiplier")
    return {
        "ok": rules.swap_is_allowed(
            rules.swap_price(*_numbers(case, *swap)), rules.swap_price_min(*_numbers(case, *bound))
        )
    }


def _perp_social_loss(case: Case) -> dict[str, Any]:
    return {"delta": rules.perp_loss_rate(*_numbers(case, "loss", "base_long", "base_short"))}


def _spot_social_loss(case: Case) -> dict[str, Any]:
    names = ("borrow", "deposits_tokens", "cumulative_deposit_interest")
    return {"delta": rules.spot_loss_delta(*_numbers(case, *names))}


def _is_bankrupt(case: Case) -> dict[str, Any]:
    return {"bankrupt": rules.is_bankrupt(*_numbers(case, "base", "quote", "spot", "open_orders"))}


def _liquidate_perp(case: Case) -> dict[str, Any]:
    inputs = case.inputs
    terms = flow.Terms(
        ratio=integer(inputs, "margin_ratio"),
        buffer=integer(inputs, "buffer"),
        fee=integer(inputs, "liquidator_fee"),
        fund_fee_max=integer(inputs, "if_fee_max"),
        step=integer(inputs, "step"),
        initial_share=integer(inputs, "initial_pct"),
        duration=integer(inputs, "duration"),
        elapsed=integer(inputs, "slots_elapsed"),
        base_max=integer(inputs, "max_base"),
    )
    position = PerpPosition(
        base=integer(inputs, "base"),
        quote=integer(inputs, "quote"),
        price=integer(inputs, "oracle_price"),
        open_bids=integer(inputs, "open_bids", 0),
        open_asks=integer(inputs, "open_asks", 0),
        open_orders=integer(inputs, "open_orders", 0),
    )
    found = flow.liquidate_perp(position, integer(inputs, "collateral"), integer(inputs, "margin_freed"), terms)
    return {
        "base": found.position.base,
        "quote": found.position.quote,
        "liquidator_base": found.liquidator_base,
        "liquidator_quote": found.liquidator_quote,
        "if_fee": found.fund_fee,
        "margin_freed": found.margin_freed,
    }


def _resolve_perp(case: Case) -> dict[str, Any]:
    found = flow.resolve_perp(
        *_numbers(case, "loss", "insurance", "fee_pool"),
        base_long=integer(case.inputs, "base_long"),
        base_short=integer(case.inputs, "base_short"),
        cumulative_long=integer(case.inputs, "cum_long"),
        cumulative_short=integer(case.inputs, "cum_short"),
        position_base=integer(case.inputs, "position_base"),
    )
    return {
        "cum_long": found.cumulative_long,
        "cum_short": found.cumulative_short,
        "loss_per_side_position": found.position_loss,
    }


ADAPTERS: Final[dict[str, Adapter]] = {
    "drift.base_to_cover": _base_to_cover,
    "drift.liability_to_cover": _liability_to_cover,
    "drift.liability_from_asset": _liability_from_asset,
    "drift.asset_for_liability": _asset_for_liability,
    "drift.perp_if_fee": _perp_if_fee,
    "drift.spot_if_fee": _spot_if_fee,
    "drift.max_pct": _max_pct,
    "drift.liq_fee": _liq_fee,
    "drift.swap_bound": _swap_bound,
    "drift.perp_social_loss": _perp_social_loss,
    "drift.spot_social_loss": _spot_social_loss,
    "drift.is_bankrupt": _is_bankrupt,
    "drift.liquidate_perp": _liquidate_perp,
    "drift.resolve_perp": _resolve_perp,
}
