"""GMX v2's vectors: names to ``presets.rules_gmx``."""

from fractions import Fraction
from typing import Any, Final

from plimsoll.conform.cases import Adapter, Case, integer, number, truth
from plimsoll.conform.compare import Cut
from plimsoll.presets import rules_gmx as rules


def _numbers(case: Case, *names: str) -> list[Fraction]:
    return [number(case.inputs, name) for name in names]


def _adaptive_delta(case: Case) -> dict[str, Any]:
    names = ("threshold_decrease", "threshold_stable", "increase", "decrease")
    found = rules.adaptive_change(
        *_numbers(case, "imbalance", "seconds"),
        same_direction=truth(case.inputs, "same_direction"),
        **{name: number(case.inputs, name) for name in names},
    )
    return {"delta": found}


def _basic_funding(case: Case) -> dict[str, Any]:
    long_oi, short_oi, factor = _numbers(case, "long_oi", "short_oi", "factor")
    found = rules.basic_funding(long_oi, short_oi, factor, integer(case.inputs, "exponent"))
    return {"payer": Cut(found.payer), "receiver": Cut(found.receiver)}


def _price_impact(case: Case) -> dict[str, Any]:
    before, after, factor = _numbers(case, "initial_diff", "next_diff", "factor")
    return {"usd": rules.price_impact(before, after, integer(case.inputs, "exponent"), factor)}


def _exec_price(case: Case) -> dict[str, Any]:
    return {"price": Cut(rules.execution_price(*_numbers(case, "size_usd", "index_price", "impact_usd")))}


def _liquidatable(case: Case) -> dict[str, Any]:
    names = {
        "size": "size_usd",
        "entry": "entry",
        "price": "price",
        "fees": "fees_usd",
        "impact": "negative_impact_usd",
        "least": "min_collateral_usd",
        "factor": "min_collateral_factor",
    }
    found = rules.is_liquidatable(
        number(case.inputs, "collateral_tokens"),
        is_long=truth(case.inputs, "is_long"),
        **{name: number(case.inputs, theirs) for name, theirs in names.items()},
    )
    return {"liquidatable": found}


ADAPTERS: Final[dict[str, Adapter]] = {
    "gmx.adaptive_delta": _adaptive_delta,
    "gmx.basic_funding": _basic_funding,
    "gmx.price_impact": _price_impact,
    "gmx.exec_price": _exec_price,
    "gmx.liquidatable": _liquidatable,
}
