"""Hyperliquid's vectors: names to ``presets.rules_hyperliquid`` and the engine behind it."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from plimsoll.conform.cases import Adapter, Case, NotCovered, integer, number, number_of, rows, word
from plimsoll.conform.compare import Cut
from plimsoll.presets import rules_hyperliquid as rules


def _numbers(inputs: Mapping[str, Any], *names: str) -> list[Fraction]:
    return [number(inputs, name) for name in names]


def _tier(row: Any) -> rules.Tier:
    figures = [number_of(one) for one in row] if isinstance(row, list) else []
    if len(figures) != 2 or figures[0] is None or figures[1] is None:
        raise NotCovered("a tier is [notional it starts at, largest leverage]")
    return rules.Tier(figures[0], figures[1])


def _tier_mm(case: Case) -> dict[str, Any]:
    tiers = [_tier(row) for row in rows(case.inputs, "tiers")]
    notional = number(case.inputs, "notional")
    deduction = rules.tier_of(tiers, notional)[1]
    return {"mm": Cut(rules.maintenance(tiers, notional)), "deduction": Cut(deduction)}


def _funding(case: Case) -> dict[str, Any]:
    found = rules.funding(*_numbers(case.inputs, "impact_bid", "impact_ask", "oracle", "interest", "clamp"))
    return {"premium": Cut(found.premium), "rate_8h": Cut(found.rate), "rate_1h": Cut(found.hourly)}


def _liq_price(case: Case) -> dict[str, Any]:
    price, available, size, leverage = _numbers(
        case.inputs, "price", "margin_available", "size", "maintenance_leverage"
    )
    terms = (price, integer(case.inputs, "side"), available, size, leverage)
    return {"liq": Cut(rules.liquidation_price_of(*terms))}


def _partial(case: Case) -> dict[str, Any]:
    order = rules.first_order(*_numbers(case.inputs, "position_notional", "threshold", "portion"))
    return {"first_order_notional": order.notional, "cooldown_s": order.cooldown}


def _backstop(case: Case) -> dict[str, Any]:
    return {"backstop": rules.goes_to_backstop(*_numbers(case.inputs, "account_value", "mm"))}


def _adl_rank(case: Case) -> dict[str, Any]:
    candidates = [
        rules.Candidate(
            name=word(row, "id"),
            side=integer(row, "side"),
            **{name: number(row, name) for name in ("mark", "entry", "notional", "account_value")},
        )
        for row in rows(case.inputs, "positions")
    ]
    return {"order": rules.deleveraging_order(candidates)}


def _transfer(case: Case) -> dict[str, Any]:
    return {"required": rules.transfer_required(*_numbers(case.inputs, "im", "notional"))}


ADAPTERS: Final[dict[str, Adapter]] = {
    "hl.tier_mm": _tier_mm,
    "hl.funding": _funding,
    "hl.liq_price": _liq_price,
    "hl.partial": _partial,
    "hl.backstop": _backstop,
    "hl.adl_rank": _adl_rank,
    "hl.transfer": _transfer,
}
