"""Vertex's vectors: names to ``presets.rules_vertex`` and the engine behind it."""

from fractions import Fraction
from typing import Any, Final

from plimsoll.conform.cases import Adapter, Case, number, rows
from plimsoll.conform.compare import Cut
from plimsoll.presets import rules_vertex as rules


def _numbers(case: Case, *names: str) -> list[Fraction]:
    return [number(case.inputs, name) for name in names]


def _liq_price(case: Case) -> dict[str, Any]:
    return {"price": rules.liquidation_price(*_numbers(case, "oracle", "weight"))}


def _liq_fee(case: Case) -> dict[str, Any]:
    return rules.split_fee(*_numbers(case, "oracle", "weight", "amount"))._asdict()


def _health(case: Case) -> dict[str, Any]:
    spot = [_leg(row) for row in rows(case.inputs, "spot")]
    perps = [_leg(row)._replace(quote=number(row, "vquote")) for row in rows(case.inputs, "perps")]
    return {"health": rules.health(number(case.inputs, "quote"), [*spot, *perps])}


def _leg(row: Any) -> rules.Leg:
    parts = row if isinstance(row, dict) else {}
    return rules.Leg(*(number(parts, name) for name in ("amount", "price", "weight")))


def _funding(case: Case) -> dict[str, Any]:
    return {"payment": Cut(rules.funding_payment(*_numbers(case, "avg_price_diff", "index", "seconds")))}


def _socialize(case: Case) -> dict[str, Any]:
    return {"per_unit": Cut(rules.socialised(*_numbers(case, "loss", "open_interest")))}


ADAPTERS: Final[dict[str, Adapter]] = {
    "vertex.liq_price": _liq_price,
    "vertex.liq_fee": _liq_fee,
    "vertex.health": _health,
    "vertex.funding": _funding,
    "vertex.socialize": _socialize,
}
