"""The charts of one portfolio under several presets: margin and equity, liquidation prices, the risk buffer."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from plimsoll.report.figure import Figure, Trace, line_of

PLAIN_AXIS: Final = {"type": "linear", "tickformat": ",~f"}
SHOWN_LOW: Final = 0.5
SHOWN_HIGH: Final = 2.0


def figures_of(result: Mapping[str, Any]) -> list[Figure]:
    """All charts; none for a portfolio that no venue covers."""
    covered = [one for one in result["presets"] if one["covered"]]
    if not covered:
        return []
    unit, main = result["settlement"], result["main"]
    return [_requirements(covered, unit), _ranges(covered, main, unit), _buffers(covered, main, unit)]


def _requirements(covered: Sequence[Mapping[str, Any]], unit: str) -> Figure:
    names = [one["preset"] for one in covered]
    bars: list[Trace] = [
        {"type": "bar", "name": name, "x": names, "y": _floats(covered, key), "marker": {"color": color}}
        for name, key, color in (("initial", "initial", "@series0"), ("maintenance", "maintenance", "@series1"))
    ]
    equity: Trace = {
        "type": "scatter",
        "mode": "lines+markers",
        "name": "equity",
        "x": names,
        "y": _floats(covered, "equity"),
        "line": {"color": "@series2", "width": 2},
        "marker": {"size": 6},
    }
    layout = {
        "barmode": "group",
        "xaxis": {"type": "category"},
        "yaxis": {"title": {"text": unit}, "rangemode": "tozero", "tickformat": ",~s"},
    }
    caption = (
        "What each venue asks for, beside what the account has. A bar of initial margin above the line: nothing may be "
        "opened; one of maintenance margin above it: the account is liquidated."
    )
    return Figure("requirements", "Initial and maintenance margin", caption, 380, [*bars, equity], layout)


def _ranges(covered: Sequence[Mapping[str, Any]], main: Mapping[str, Any], unit: str) -> Figure:
    """One row a venue: the prices between its liquidation prices, open where there is none within the picture."""
    present = float(main["price"])
    low, high = present * SHOWN_LOW, present * SHOWN_HIGH
    data: list[Trace] = []
    for one in covered:
        ends = [_end(one["liquidation_below"], low), _end(one["liquidation_above"], high)]
        prices = [min(max(end, low), high) for end in ends]
        symbols = [
            "line-ns-open" if low <= end <= high and said is not None else arrow
            for end, said, arrow in zip(
                ends, (one["liquidation_below"], one["liquidation_above"]), ("triangle-left", "triangle-right")
            )
        ]
        breached = ends[0] == ends[1]
        color = "@bad" if breached else "@series0"
        data.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "showlegend": False,
                "name": one["preset"],
                "x": prices,
                "y": [one["preset"]] * 2,
                "line": {"color": color, "width": 6},
                "marker": {
                    "color": color,
                    "size": 14,
                    "symbol": ["x", "x"] if breached else symbols,
                    "line": {"color": color, "width": 3},
                },
                "text": [_said(one, side) for side in ("below", "above")],
                "hovertemplate": "%{text}",
            }
        )
    layout = {
        "hovermode": "closest",
        "xaxis": {**_price_axis(main, unit), "range": [low * 0.96, high * 1.02]},
        "yaxis": {"type": "category", "autorange": "reversed", "ticklabelstandoff": 8},
        "shapes": [_upright(present)],
    }
    caption = (
        "The bar spans the prices at which the account is safe; at its ends it is liquidated. An arrow: there is no "
        "end within half and double the present price (dotted). A cross: it is below maintenance now. "
        f"Everything else of {main['coin']} moves with it; vols and time stand still."
    )
    return Figure("ranges", "Where each venue would liquidate", caption, 110 + 34 * len(covered), data, layout)


def _buffers(covered: Sequence[Mapping[str, Any]], main: Mapping[str, Any], unit: str) -> Figure:
    data: list[Trace] = []
    for place, one in enumerate(covered):
        curve = one["curve"]
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": one["preset"],
                "x": [float(price) for price in curve["price"]],
                "y": [round(float(buffer), 2) for buffer in curve["buffer"]],
                "line": line_of(place),
                "hovertemplate": "%{y:,.0f}",
            }
        )
    zero = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 0, "y1": 0, "line": _line("@bad", "dash")}
    layout = {
        "xaxis": {**_price_axis(main, unit), "hoverformat": ",.0f"},
        "yaxis": {"title": {"text": f"equity less maintenance, {unit}"}, "tickformat": ",~s"},
        "shapes": [zero, _upright(float(main["price"]))],
    }
    caption = (
        "The risk buffer at other prices, options repriced and risk tables published anew at each. Below zero "
        "(dashed) the account is liquidated; dotted: the present price."
    )
    return Figure("buffers", "Risk buffer along the price", caption, 440, data, layout)


def _price_axis(main: Mapping[str, Any], unit: str) -> dict[str, Any]:
    return {**PLAIN_AXIS, "title": {"text": f"{main['instrument']}, {unit}"}}


def _end(price: Any, otherwise: float) -> float:
    return otherwise if price is None else float(price)


def _said(one: Mapping[str, Any], side: str) -> str:
    price = one[f"liquidation_{side}"]
    if price is None:
        return f"none to {Decimal(str(one[f'searched_{side}'])):,f}"
    return f"{side} {Decimal(str(price)):,f}"


def _upright(price: float) -> dict[str, Any]:
    line = _line("@soft", "dot")
    return {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": price, "x1": price, "line": line}


def _line(color: str, dash: str) -> dict[str, Any]:
    return {"color": color, "width": 1.2, "dash": dash}


def _floats(covered: Sequence[Mapping[str, Any]], key: str) -> list[float]:
    return [round(float(one[key]), 2) for one in covered]
