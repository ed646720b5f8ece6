"""The mistakes people make, one function a rule, so that every refusal of the rule book is seen now and then.

A mistake is named after the rule it means to break. Now and then the pool is in a state in which another rule speaks
first, or none.
"""

from types import ModuleType
from typing import Final

from plimsoll.sim.world.mistakes import (
    accounts,
    auctions,
    classes,
    cold,
    envelope,
    pots,
    prices,
    trading,
    waterfall,
)
from plimsoll.sim.world.mistakes.slip import Mistake, Slip
from plimsoll.units.codes import NAMES


def _mistakes_of(*modules: ModuleType) -> tuple[Mistake, ...]:
    """Every function that has the name of a rule, in a fixed order."""
    rules = [name.lower() for name in NAMES.values()]
    return tuple(getattr(module, rule) for rule in rules for module in modules if hasattr(module, rule))


MISTAKES: Final = _mistakes_of(envelope, accounts, trading, prices, cold, classes, auctions, pots, waterfall)
OF_LIQUIDATIONS: Final = _mistakes_of(auctions, waterfall)
"""Mistakes most of which can only be made while something is liquidated."""

__all__ = ["MISTAKES", "OF_LIQUIDATIONS", "Mistake", "Slip"]
