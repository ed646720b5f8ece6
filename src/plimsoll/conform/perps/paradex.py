"""Paradex's vectors: names to ``presets.rules_paradex`` and the engine behind it."""

from fractions import Fraction
from typing import Any, Final

from plimsoll.conform.cases import Adapter, Case, number
from plimsoll.conform.compare import Cut
from plimsoll.presets import rules_paradex as rules


def _numbers(case: Case, *names: str) -> list[Fraction]:
    return [number(case.inputs, name) for name in names]


def _imr(case: Case) -> dict[str, Any]:
    return {"imr": rules.initial_margin(*_numbers(case, "position", "buy_open", "sell_open", "imf", "mark"))}


def _share(case: Case) -> dict[str, Any]:
    found = rules.liquidate_share(*_numbers(case, "account_value", "mmr", "share", "fee"))
    return {
        "new_mmr": found.maintenance,
        "penalty": found.penalty,
        "new_account_value": found.value,
        "new_ratio_pct": found.ratio_percent,
    }


def _post(case: Case) -> dict[str, Any]:
    return {"balance": rules.balance_after(*_numbers(case, "balance", "unrealized", "share", "penalty"))}


def _social(case: Case) -> dict[str, Any]:
    return {"factor": Cut(rules.socialised_factor(*_numbers(case, "exchange_bankruptcy", "total_balance")))}


ADAPTERS: Final[dict[str, Adapter]] = {
    "paradex.imr": _imr,
    "paradex.share": _share,
    "paradex.post": _post,
    "paradex.social": _social,
}
