"""Charts and cells of several runs side by side: a line or a bar each, a column each."""

from collections.abc import Mapping, Sequence
from typing import Any

from plimsoll.report.figure import Figure, line_of
from plimsoll.report.numbers import amount, exact

Row = tuple[str, list[tuple[str, str]]]
"""(what it is, one (value, exact value) a run)."""


def lines_of(
    name: str,
    title: str,
    caption: str,
    unit: str,
    series: Mapping[str, Sequence[float]],
    *,
    rangemode: str = "tozero",
) -> Figure:
    """A line a run over the same times."""
    data = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": run,
            "y": list(values),
            "line": line_of(place),
            "hovertemplate": "%{y:,.4s}",
        }
        for place, (run, values) in enumerate(series.items())
    ]
    layout = {"yaxis": {"title": {"text": unit}, "rangemode": rangemode, "tickformat": "~s"}}
    return Figure(name, title, caption, 360, data, layout)


def bars_of(
    name: str,
    title: str,
    caption: str,
    unit: str,
    runs: Sequence[str],
    bars: Mapping[str, Sequence[Any]],
    mode: str,
    colors: Sequence[str],
) -> Figure:
    """A group or a stack of bars a run."""
    data = [
        {
            "type": "bar",
            "name": label,
            "x": list(runs),
            "y": [round(float(value)) for value in values],
            "marker": {"color": color},
            "hovertemplate": "%{y:,.4s}",
        }
        for (label, values), color in zip(bars.items(), colors)
    ]
    layout = {
        "barmode": mode,
        "xaxis": {"type": "category"},
        "yaxis": {"title": {"text": unit}, "rangemode": "tozero", "tickformat": "~s"},
    }
    return Figure(name, title, caption, 340, data, layout)


def money_of(runs: Sequence[Mapping[str, Any]], group: str, name: str) -> list[tuple[str, str]]:
    """A cell a run: an amount, and every digit of it."""
    return [(amount(one[group][name]), exact(one[group][name], one["settlement"])) for one in runs]


def taken_of(runs: Sequence[Mapping[str, Any]], name: str) -> list[tuple[str, str]]:
    """A cell a run: what a mechanism took over, at the mark."""
    found = [one["liquidations"]["mechanisms"][name]["notional"] for one in runs]
    return [(amount(value), exact(value, one["settlement"])) for value, one in zip(found, runs)]
