"""Synthetix v3's vectors: names to ``presets.rules_synthetix`` and the engine behind it."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from plimsoll.conform.cases import Adapter, Case, NotCovered, number, number_of, rows, table, word
from plimsoll.conform.compare import Cut
from plimsoll.presets import rules_synthetix as rules


def _numbers(inputs: Mapping[str, Any], *names: str) -> list[Fraction]:
    return [number(inputs, name) for name in names]


def _fill_price(case: Case) -> dict[str, Any]:
    return {"fill": Cut(rules.fill_price(*_numbers(case.inputs, "price", "skew", "size", "skew_scale")))}


def _open_pnl(case: Case) -> dict[str, Any]:
    return {"pnl": Cut(rules.open_profit(*_numbers(case.inputs, "price", "skew", "size", "skew_scale")))}


def _margins(case: Case) -> dict[str, Any]:
    inputs = case.inputs
    found = rules.margins(
        *_numbers(inputs, "size", "price"),
        scale=number(inputs, "skew_scale"),
        ratio=number(inputs, "initial_ratio"),
        least=number(inputs, "min_initial_ratio"),
        scalar=number(inputs, "maintenance_scalar"),
        reward_ratio=number(inputs, "reward_ratio"),
    )
    return {"im": Cut(found.initial), "mm": Cut(found.maintenance), "flag_reward": Cut(found.reward)}


def _available(case: Case) -> dict[str, Any]:
    prices = table(case.inputs, "prices")
    positions = [
        (number(row, "size"), number(prices, word(row, "market")), number(row, "entry"))
        for row in rows(case.inputs, "positions")
    ]
    return {"available": rules.available_margin(number(case.inputs, "collateral"), positions)}


def _discount(case: Case) -> dict[str, Any]:
    figures = _numbers(case.inputs, "amount", "scalar", "skew_scale", "lower", "upper")
    return {"discount": Cut(rules.discount(*figures))}


def _velocity(case: Case) -> dict[str, Any]:
    return {"velocity": Cut(rules.velocity(*_numbers(case.inputs, "skew", "skew_scale", "max_velocity")))}


def _rate(case: Case) -> dict[str, Any]:
    return {"rate": Cut(rules.rate_after(*_numbers(case.inputs, "last_rate", "velocity", "seconds")))}


def _window_sequence(case: Case) -> dict[str, Any]:
    sizes = table(case.inputs, "sizes")
    events = [_event(row) for row in rows(case.inputs, "events")]
    limit, window = _numbers(case.inputs, "window_amount", "window_seconds")
    positions = {name: number(sizes, name) for name in sizes}
    return {"after": rules.liquidate_in_windows(limit, window, positions, events)}


def _event(row: Any) -> tuple[Fraction, str]:
    time = number_of(row[0]) if isinstance(row, list) and len(row) == 2 else None
    if time is None:
        raise NotCovered("an event is [seconds, who]")
    return time, str(row[1])


ADAPTERS: Final[dict[str, Adapter]] = {
    "snx.fill_price": _fill_price,
    "snx.open_pnl": _open_pnl,
    "snx.margins": _margins,
    "snx.available": _available,
    "snx.discount": _discount,
    "snx.velocity": _velocity,
    "snx.rate": _rate,
    "snx.window_sequence": _window_sequence,
}
