"""Perpetual v1's and v2's vectors: names to ``presets.rules_perp_v1`` and ``rules_perp_v2``."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from plimsoll.conform.cases import Adapter, Case, NotCovered, integer, number, number_of, rows, truth, word
from plimsoll.conform.compare import Cut
from plimsoll.presets import rules_perp_v1 as v1
from plimsoll.presets import rules_perp_v2 as v2


def _market(inputs: Mapping[str, Any]) -> v1.Market:
    return v1.Market(integer(inputs, "quote_reserve"), integer(inputs, "base_reserve"))


def _adds(inputs: Mapping[str, Any]) -> bool:
    direction = word(inputs, "dir")
    if direction not in ("add", "remove"):
        raise NotCovered(f"the direction {direction!r} is neither 'add' nor 'remove'")
    return direction == "add"


def _input(case: Case) -> dict[str, Any]:
    market, quote, add = _market(case.inputs), integer(case.inputs, "quote"), _adds(case.inputs)
    base = market.base_for(quote, add=add)
    after = market.after(quote, base, add=add)
    return {"base": base, "quote_reserve": after.quote, "base_reserve": after.base}


def _output(case: Case) -> dict[str, Any]:
    market, base, add = _market(case.inputs), integer(case.inputs, "base"), _adds(case.inputs)
    quote = market.quote_for(base, add=add)
    after = market.after(quote, base, add=not add)
    return {"quote": quote, "quote_reserve": after.quote, "base_reserve": after.base}


def _funding(case: Case) -> dict[str, Any]:
    positions = [_pair(row) for row in rows(case.inputs, "positions")]
    mark, index, period = (integer(case.inputs, name) for name in ("mark_twap", "index_twap", "period_s"))
    found = v1.pay_funding(mark, index, period, positions, integer(case.inputs, "insurance"))
    return {"premium": found.premium, "margins": found.margins, "insurance": found.insurance}


def _pair(row: Any) -> tuple[int, int]:
    figures = [number_of(one) for one in row] if isinstance(row, list) else []
    if len(figures) != 2 or figures[0] is None or figures[1] is None:
        raise NotCovered("a position is [size, margin]")
    return int(figures[0]), int(figures[1])


def _stepped(inputs: Mapping[str, Any]) -> tuple[v1.Position, v1.Market]:
    """The first trader's position, opened first, and the market after everybody's steps."""
    market, held, first = _market(inputs), None, None
    for row in rows(inputs, "steps"):
        if not isinstance(row, list) or len(row) != 3 or row[1] not in ("long", "short"):
            raise NotCovered("a step is [who, 'long' or 'short', quote]")
        if held is not None and row[0] == first:
            raise NotCovered("a second step of the first trader")
        quote = integer({"quote": row[2]}, "quote")
        position, market = v1.opened(market, quote, integer(inputs, "margin"), long=row[1] == "long")
        if held is None:
            held, first = position, row[0]
    if held is None:
        raise NotCovered("there are no steps")
    return held, market


def _margin_ratio(case: Case) -> dict[str, Any]:
    return {"ratio": v1.margin_ratio(*_stepped(case.inputs))}


def _liquidate(case: Case) -> dict[str, Any]:
    position, market = _stepped(case.inputs)
    fee = integer(case.inputs, "liq_fee_ratio")
    if truth(case.inputs, "full"):
        found = v1.liquidate_wholly(position, market, fee)
        ratio = {}
    else:
        found = v1.liquidate_partly(position, market, integer(case.inputs, "partial_ratio"), fee)
        ratio = {"margin_ratio_after": v1.margin_ratio(found.position, found.market)}
    return ratio | {
        "notional": found.notional,
        "liquidator_fee": found.liquidator_fee,
        "penalty": found.penalty,
        "margin": found.position.margin,
        "realized": found.realised,
        "unrealized_after": found.profit_after,
        "size_after": found.position.size,
        "bad_debt": found.bad_debt,
    }


def _numbers(case: Case, *names: str) -> list[Fraction]:
    return [number(case.inputs, name) for name in names]


def _terms(case: Case) -> v2.CollateralTerms:
    discount, fee, ratio, dust = _numbers(case, "discount", "if_fee", "liq_ratio", "dust")
    return v2.CollateralTerms(discount=discount, fund_fee=fee, ratio=ratio, dust=dust)


def _max_liquidatable(case: Case) -> dict[str, Any]:
    debt, collateral, price = _numbers(case, "max_debt", "collateral", "price")
    found = v2.liquidatable(debt, collateral, integer(case.inputs, "collateral_decimals"), price, _terms(case))
    return {"repaid": found.repaid, "collateral": found.collateral}


def _repaid_for(case: Case) -> dict[str, Any]:
    return {"repaid": v2.repaid_for(*_numbers(case, "collateral", "price", "discount"))}


def _collateral_for(case: Case) -> dict[str, Any]:
    settlement, price, discount = _numbers(case, "settlement", "price", "discount")
    return {"collateral": v2.collateral_for(settlement, price, discount, integer(case.inputs, "decimals"))}


def _max_repaid(case: Case) -> dict[str, Any]:
    return {"repaid": v2.repay_max(max(_numbers(case, "settlement_debt", "margin_requirement")), _terms(case))}


def _liq_ratio(case: Case) -> dict[str, Any]:
    names = ("account_value", "margin_requirement", "total_abs_value", "position_value")
    return {"ratio": v2.liquidatable_share(*_numbers(case, *names))}


def _realized(case: Case) -> dict[str, Any]:
    return {"pnl": Cut(v2.realised(*_numbers(case, "quote", "open_notional", "closed_ratio")))}


ADAPTERS: Final[dict[str, Adapter]] = {
    "perpv1.input": _input,
    "perpv1.output": _output,
    "perpv1.funding": _funding,
    "perpv1.margin_ratio": _margin_ratio,
    "perpv1.liquidate": _liquidate,
    "perpv2.max_liquidatable": _max_liquidatable,
    "perpv2.repaid_for": _repaid_for,
    "perpv2.collateral_for": _collateral_for,
    "perpv2.max_repaid": _max_repaid,
    "perpv2.liq_ratio": _liq_ratio,
    "perpv2.realized": _realized,
}
