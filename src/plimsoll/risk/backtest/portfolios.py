"""Books a model is tried on: weights of names, held at constant notional, renewed at every step.

A weight belongs to the names that are there: one not yet listed, or with too short a history, leaves its share to the
others of its side, so that a basket stays fully invested and a pair never loses one leg alone. The report says how
many names were held.
"""

import json
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from plimsoll.risk.errors import RiskError

BASKET: Final = ("BTC", "ETH", "SOL", "XRP", "ADA", "DOGE", "LINK", "AVAX", "DOT", "LTC", "BCH", "NEAR", "XTZ")


@dataclass(frozen=True)
class Portfolio:
    """Signed weights by name; their absolute sum is 1, so margin and loss are shares of gross notional.

    ``straddle``: instead of contracts, one call and one put at the money sold on the single name of ``weights``.
    """

    name: str
    weights: Mapping[str, float]
    straddle: bool = False

    def __post_init__(self) -> None:
        """RiskError for weights that are empty, not finite or do not sum to 1 in size."""
        sizes = [abs(weight) for weight in self.weights.values()]
        if not sizes or not np.isfinite(sizes).all() or min(sizes) == 0 or abs(sum(sizes) - 1.0) > 1e-9:
            raise RiskError(f"portfolio {self.name}: weights must be numbers other than 0 whose sizes sum to 1")
        if self.straddle and len(self.weights) != 1:
            raise RiskError(f"portfolio {self.name}: a straddle is on one name")

    def held(self, available: Collection[str]) -> dict[str, float]:
        """Weights over the names that are there; empty when a whole side is missing."""
        result: dict[str, float] = {}
        for sign in (1.0, -1.0):
            side = {name: weight for name, weight in self.weights.items() if weight * sign > 0}
            there = {name: weight for name, weight in side.items() if name in available}
            if not side:
                continue
            if not there:
                return {}
            scale = sum(side.values()) / sum(there.values())
            result |= {name: weight * scale for name, weight in there.items()}
        return result


def of_weights(name: str, weights: Mapping[str, float]) -> Portfolio:
    """A portfolio from weights of any size, brought to a gross of 1. RiskError if there is nothing in it."""
    chosen = {one: float(weight) for one, weight in weights.items() if weight}
    gross = sum(abs(weight) for weight in chosen.values())
    if not np.isfinite(gross) or gross <= 0:
        raise RiskError(f"portfolio {name}: weights must be finite numbers, one of them not 0")
    return Portfolio(name, {one: weight / gross for one, weight in chosen.items()})


BUILT_IN: Final[Mapping[str, Portfolio]] = {
    one.name: one
    for one in (
        of_weights("btc", {"BTC": 1}),
        of_weights("eth", {"ETH": 1}),
        of_weights("btc-short", {"BTC": -1}),
        of_weights("basket13", {name: 1 for name in BASKET}),
        of_weights("long-short", {"BTC": 1, "ETH": -1}),
        Portfolio("straddle-btc", {"BTC": -1.0}, straddle=True),
    )
}
DEFAULT: Final = ("btc", "eth", "basket13", "long-short")


def portfolios_of(asked: Sequence[str]) -> tuple[Portfolio, ...]:
    """Built-in portfolios by name, others from files (TOML or JSON: ``name``, ``weights``)."""
    found = tuple(BUILT_IN[one] if one in BUILT_IN else read_portfolio(Path(one)) for one in asked or DEFAULT)
    names = [one.name for one in found]
    if len(set(names)) != len(names):
        raise RiskError(f"two portfolios have the same name: {', '.join(names)}")
    return found


def read_portfolio(file: Path) -> Portfolio:
    """The portfolio of a file: ``weights`` by name, and ``name`` if it is not to be the file's."""
    if not file.is_file():
        raise RiskError(f"{file}: no such portfolio or file; built in are: {', '.join(BUILT_IN)}")
    try:
        text = file.read_text(encoding="utf-8")
        data = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise RiskError(f"{file.name}: {str(error).splitlines()[0]}") from None
    weights = data.get("weights") if isinstance(data, dict) else None
    if not isinstance(weights, dict) or not all(
        isinstance(one, int | float) and not isinstance(one, bool) for one in weights.values()
    ):
        raise RiskError(f"{file.name}: give a table of weights by name, as numbers: weights = {{ BTC = 0.5 }}")
    return of_weights(str(data.get("name", file.stem)), weights)
