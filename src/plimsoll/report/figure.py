"""A chart as a plain specification for plotly.js, and the colours charts take in turn.

A colour is written ``@name``; the page replaces it by the value of that name in the light or dark palette. A trace
without ``x`` takes the common times of its page.
"""

from dataclasses import dataclass
from typing import Any, Final

Trace = dict[str, Any]

COLORS: Final = ("@series0", "@series1", "@series2", "@series3", "@series4", "@series5")
DASHES: Final = ("solid", "dash", "dot")
"""A second and a third round of the colours."""


@dataclass(frozen=True)
class Figure:
    """One chart: its place on the page, what it says, the specification, and a word on the data behind the title."""

    name: str
    title: str
    caption: str
    height: int
    data: list[Trace]
    layout: dict[str, Any]
    badge: str = ""


def line_of(place: int, width: float = 1.8) -> dict[str, Any]:
    """How the line at this place of many is drawn: no two of the first eighteen alike."""
    return {"color": COLORS[place % len(COLORS)], "width": width, "dash": DASHES[place // len(COLORS) % len(DASHES)]}
