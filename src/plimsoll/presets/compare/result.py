"""The answer of a comparison: one standing a preset, or why there is none."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from plimsoll.venue import Explained
from plimsoll.venue.answers import ExplainedSide

SCHEMA = 1


class Point(NamedTuple):
    """What an account would have and must have at one price of the main coin; ``buffer`` is what lies between."""

    price: Decimal
    equity: Decimal
    maintenance: Decimal
    buffer: Decimal


@dataclass(frozen=True, kw_only=True)
class Side:
    """Liquidation on one side: ``price`` is the nearest in breach, None for none as far as ``searched``."""

    price: Decimal | None
    searched: Decimal


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What the engine says of the account under one preset; tokens, prices of the main instrument.

    ``leverage`` is gross notional over equity, ``leverage_max`` over initial margin: what the venue would allow. None
    without equity, or without a requirement. ``below`` and ``above`` are None for an account of cash alone.
    ``explained`` names every term at the present price.
    """

    equity: Decimal
    initial: Decimal
    maintenance: Decimal
    state: str
    leverage: Decimal | None
    leverage_max: Decimal | None
    below: Side | None
    above: Side | None
    explained: Explained
    curve: tuple[Point, ...]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One preset's: ``figures``, or ``reason`` why its venue does not cover the portfolio."""

    preset: str
    title: str
    source: str
    differences: tuple[str, ...]
    figures: Figures | None
    reason: str | None

    def as_dict(self) -> dict[str, Any]:
        """Plain data; decimals stay exact."""
        data: dict[str, Any] = {
            "preset": self.preset,
            "title": self.title,
            "covered": self.figures is not None,
            "reason": self.reason,
            "source": self.source,
            "differences": list(self.differences),
        }
        return data if self.figures is None else data | _plain(self.figures)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One portfolio under several presets. ``coin`` is the main one, ``instrument`` what its price is told by."""

    coin: str
    instrument: str
    price: Decimal
    gross_notional: Decimal
    outcomes: tuple[Outcome, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain data, as ``plimsoll compare --json`` and the report have it."""
        return {
            "schema": SCHEMA,
            "main": {"coin": self.coin, "instrument": self.instrument, "price": self.price},
            "gross_notional": self.gross_notional,
            "presets": [one.as_dict() for one in self.outcomes],
        }


def _plain(figures: Figures) -> dict[str, Any]:
    return {
        "equity": figures.equity,
        "initial": figures.initial,
        "maintenance": figures.maintenance,
        "state": figures.state,
        "leverage": figures.leverage,
        "leverage_max": figures.leverage_max,
        "liquidation_below": figures.below and figures.below.price,
        "liquidation_above": figures.above and figures.above.price,
        "searched_below": figures.below and figures.below.searched,
        "searched_above": figures.above and figures.above.searched,
        "explained": _told(figures.explained),
        "curve": {name: [getattr(point, name) for point in figures.curve] for name in Point._fields},
    }


def _told(explained: Explained) -> dict[str, Any]:
    """Terms by holding, by class and beside them; ``text`` is what a person reads."""
    return {
        "text": str(explained),
        "holdings": [
            {
                "instrument": term.instrument,
                "maintenance": term.maintenance,
                "initial": term.initial,
                "initial_parts": dict(term.parts),
            }
            for term in explained.terms
        ],
        "classes": [
            {
                "underlying": one.underlying,
                "maintenance": _told_side(one.maintenance),
                "initial": _told_side(one.initial),
                "losses": dict(one.losses),
            }
            for one in explained.classes
        ],
        "beside": [
            {"name": name, "maintenance": maintenance, "initial": initial}
            for name, maintenance, initial in explained.beside
        ],
    }


def _told_side(side: ExplainedSide) -> dict[str, Any]:
    return {**side._asdict(), "parts": dict(side.parts)}
