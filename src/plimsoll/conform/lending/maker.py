"""Maker's Liquidations 2.0: names and units to ``accrual.curves`` and ``accrual.auctions``."""

from collections.abc import Callable
from typing import Any, Final

from plimsoll.accrual import auctions, curves
from plimsoll.accrual.ray import RAY, AccrualError
from plimsoll.conform.cases import Adapter, Case, NotCovered
from plimsoll.conform.lending.amounts import Inputs, amount, seconds
from plimsoll.presets.rounding import RuleRefused


def _price(inputs: Inputs) -> int:
    """The price of the curve whose parameters the case has."""
    if "price" in inputs:
        return amount(inputs, "price", "ray")
    top, elapsed = amount(inputs, "top", "ray"), seconds(inputs, "dur")
    if "tau" in inputs:
        return curves.linear(top, seconds(inputs, "tau"), elapsed)
    cut = amount(inputs, "cut", "ray")
    if "step" in inputs:
        return curves.stairstep(top, cut, seconds(inputs, "step"), elapsed)
    return curves.exponential(top, cut, elapsed)


def _curve(inputs: Inputs) -> dict[str, Any]:
    price = _price(inputs)
    return {"price": price, "exact_integer_result": price}


def _top(inputs: Inputs) -> dict[str, Any]:
    return {
        "top": auctions.start_price(
            amount(inputs, "val", "ray"), amount(inputs, "par", "ray", RAY), amount(inputs, "buf", "ray")
        )
    }


def _spot(inputs: Inputs) -> dict[str, Any]:
    mark, settlement = amount(inputs, "val", "ray"), amount(inputs, "par", "ray", RAY)
    return {"spot": auctions.price_with_margin(mark, settlement, amount(inputs, "mat", "ray"))}


def _redo(inputs: Inputs) -> dict[str, Any]:
    price = _price(inputs)
    top, cusp = amount(inputs, "top", "ray"), amount(inputs, "cusp", "ray")
    again = auctions.must_restart(top, price, seconds(inputs, "dur"), seconds(inputs, "tail"), cusp)
    return {"price": price, "needs_redo": again}


def _incentive(inputs: Inputs) -> dict[str, Any]:
    flat, rate, owed = amount(inputs, "tip", "rad"), amount(inputs, "chip", "wad"), amount(inputs, "tab", "rad")
    if "chost" not in inputs:
        return {"coin": auctions.reward(flat, rate, owed)}
    lot, mark, minimum = amount(inputs, "lot", "wad"), amount(inputs, "feed", "ray"), amount(inputs, "chost", "rad")
    return {"coin": auctions.restart_reward(flat, rate, owed, lot=lot, mark=mark, minimum=minimum)}


def _chost(inputs: Inputs) -> dict[str, Any]:
    return {"chost": auctions.owed_min(amount(inputs, "dust", "rad"), amount(inputs, "chop", "wad"))}


def _take(inputs: Inputs) -> dict[str, Any]:
    lot, wanted = amount(inputs, "lot", "wad"), amount(inputs, "amt", "wad")
    found = auctions.take(
        lot, amount(inputs, "tab", "rad"), amount(inputs, "price", "ray"), wanted, amount(inputs, "chost", "rad")
    )
    return {
        "owe": found.paid,
        "slice": found.quantity,
        "tab_after": found.owed,
        "lot_after": found.lot,
        "outcome": "closed" if found.closed else "open",
    }


def _bark(inputs: Inputs) -> dict[str, Any]:
    collateral, debt = amount(inputs, "ink", "wad"), amount(inputs, "art", "wad")
    overall, own = (
        auctions.Room(amount(inputs, limit, "rad"), amount(inputs, taken, "rad"))
        for limit, taken in (("Hole", "Dirt"), ("hole", "dirt"))
    )
    found = auctions.start(
        collateral,
        debt,
        index=amount(inputs, "rate", "ray"),
        price=amount(inputs, "spot", "ray"),
        debt_min=amount(inputs, "dust", "rad"),
        penalty=amount(inputs, "chop", "wad"),
        room=auctions.room_left(overall, own),
    )
    return {
        "dart": found.debt,
        "lot": found.lot,
        "due": found.due,
        "tab": found.owed,
        "ink_after": collateral - found.lot,
        "art_after": debt - found.debt,
    }


def _fee(inputs: Inputs) -> dict[str, Any]:
    raise NotCovered("a stability fee is interest on debt, which the engine does not accrue")


def _asked(function: Callable[[Inputs], dict[str, Any]]) -> Adapter:
    """An adapter of a function of a case's inputs."""

    def adapter(case: Case) -> dict[str, Any]:
        try:
            return function(case.inputs)
        except AccrualError as error:
            raise RuleRefused(str(error)) from None

    return adapter


FORMULAS: Final[dict[str, Callable[[Inputs], dict[str, Any]]]] = {
    "abacus_linear": _curve,
    "abacus_stairstep_exponential": _curve,
    "abacus_exponential": _curve,
    "clip_top": _top,
    "clip_needs_redo": _redo,
    "clip_chost": _chost,
    "clip_take": _take,
    "spotter_poke": _spot,
    "keeper_incentive": _incentive,
    "dog_bark": _bark,
    "stability_fee_drip": _fee,
}
ADAPTERS: Final[dict[str, Adapter]] = {
    f"maker_liquidations2.{name}": _asked(function) for name, function in FORMULAS.items()
}
