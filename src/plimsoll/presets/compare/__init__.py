"""One portfolio under every preset, side by side: requirements, state, and where each venue would liquidate.

What may enter: a ``Book`` of decimals. What comes out is the engine's: the book is put into a pool of the preset's own
terms, its options into a risk table by the preset's own model, and explained. Nothing here reckons a margin.
``book`` is the portfolio, ``ground`` what a venue knows of it, ``placed`` the pool, ``search`` the liquidation prices.
"""

from plimsoll.presets.compare.book import Book, NotCovered, OptionPosition, Order, Position
from plimsoll.presets.compare.evaluate import compare
from plimsoll.presets.compare.result import Comparison, Figures, Outcome, Point, Side

__all__ = [
    "Book",
    "Comparison",
    "Figures",
    "NotCovered",
    "OptionPosition",
    "Order",
    "Outcome",
    "Point",
    "Position",
    "Side",
    "compare",
]
