"""The charts of a backtest: margin against loss with exceptions marked, exceptions by window, how margin moved."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from plimsoll.report.figure import COLORS, Figure

DIGITS: Final = 5
"""A hundredth of a basis point of notional: more would only make the page larger."""


def figures_of(result: Mapping[str, Any]) -> list[Figure]:
    """One chart of margin and loss a portfolio, then rolling exceptions and procyclicality of all."""
    portfolios = result["portfolios"]
    figures = [_margin(one, place) for place, one in enumerate(portfolios)]
    return [*figures, _rolling(portfolios, result["confidence"]), _moves(portfolios), _cost(portfolios)]


def _margin(one: Mapping[str, Any], place: int) -> Figure:
    series = one["series"]
    times, losses, margins = series["time"], _short(series["loss"]), _short(series["margin"])
    marked = [at for at, exception in enumerate(series["exception"]) if exception]
    data = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": "loss",
            "x": times,
            "y": losses,
            "marker": {"color": "@faint", "size": 3},
        },
        {
            "type": "scatter",
            "mode": "lines",
            "name": "margin",
            "x": times,
            "y": margins,
            "line": {"color": "@series0", "width": 1.4},
        },
        {
            "type": "scatter",
            "mode": "markers",
            "name": "exception",
            "x": [times[at] for at in marked],
            "y": [losses[at] for at in marked],
            "marker": {"color": "@bad", "size": 8, "symbol": "x"},
        },
    ]
    caption = (
        f"Margin set at the beginning of each step and the loss that followed (a gain is below zero), as shares of "
        f"notional. {len(marked)} losses were larger than the margin."
    )
    layout = {"yaxis": {"title": {"text": "share of notional"}, "tickformat": ".0%"}}
    return Figure(f"margin{place}", f"{one['portfolio']}: margin and loss", caption, 340, data, layout)


def _rolling(portfolios: Sequence[Mapping[str, Any]], confidence: float) -> Figure:
    data = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": one["portfolio"],
            "x": one["series"]["time"],
            "y": one["series"]["rolling"],
            "line": {"color": color, "width": 1.5, "shape": "hv"},
        }
        for one, color in zip(portfolios, _colors(portfolios))
    ]
    expected = 250 * (1.0 - confidence)
    line = {"color": "@soft", "width": 1, "dash": "dot"}
    layout = {
        "yaxis": {
            "title": {"text": "exceptions"},
            "rangemode": "tozero",
            "minallowed": 0,
            "dtick": _whole_tick(portfolios),
        },
        "shapes": [{"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": expected, "y1": expected, "line": line}],
    }
    caption = f"Losses above margin in the last 250 steps; {expected:g} are expected (dotted)."
    return Figure("rolling", "Exceptions in the last 250 steps", caption, 320, data, layout)


def _whole_tick(portfolios: Sequence[Mapping[str, Any]]) -> int:
    """Ticks of an axis that counts: whole numbers, about eight of them."""
    most = max((count or 0 for one in portfolios for count in one["series"]["rolling"]), default=0)
    return int(max(1, -(-most // 8)))


def _moves(portfolios: Sequence[Mapping[str, Any]]) -> Figure:
    data = []
    for one, color in zip(portfolios, _colors(portfolios)):
        margins = one["series"]["margin"]
        mean = sum(margins) / len(margins)
        if mean > 0:
            data.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "name": one["portfolio"],
                    "x": one["series"]["time"],
                    "y": _short([margin / mean for margin in margins]),
                    "line": {"color": color, "width": 1.4},
                }
            )
    layout = {"yaxis": {"title": {"text": "margin / its mean"}, "rangemode": "tozero"}}
    caption = "Margin of a constant book divided by its mean: the higher the peaks, the more it asks for in a crisis."
    return Figure("moves", "Procyclicality", caption, 320, data, layout)


def _cost(portfolios: Sequence[Mapping[str, Any]]) -> Figure:
    bars: dict[str, dict[str, float]] = {}
    for one in portfolios:
        name, cost = one["portfolio"], one["cost"]
        bars.setdefault("this model", {})[name] = cost["margin_mean"]
        bars.setdefault("constant, with hindsight", {})[name] = cost["constant_hindsight"]
        for flat in cost["flat"]:
            bars.setdefault(f"{flat['venue']} initial", {})[name] = flat["initial_mean"]
    data = [
        {"type": "bar", "name": label, "x": list(of), "y": _short(list(of.values())), "marker": {"color": color}}
        for (label, of), color in zip(bars.items(), COLORS)
    ]
    layout = {
        "barmode": "group",
        "hovermode": "closest",
        "xaxis": {"type": "category"},
        "yaxis": {"title": {"text": "share of notional"}, "tickformat": ".0%"},
    }
    caption = (
        "Mean margin, beside the constant one that hindsight gives the promised coverage, and flat rates of venues."
    )
    return Figure("cost", "What it costs", caption, 320, data, layout)


def _colors(portfolios: Sequence[Mapping[str, Any]]) -> list[str]:
    return [COLORS[place % len(COLORS)] for place in range(len(portfolios))]


def _short(values: Sequence[float]) -> list[float]:
    return [round(value, DIGITS) for value in values]
