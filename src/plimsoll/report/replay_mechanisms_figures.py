"""The charts of one crash under each mechanism: every figure side by side in one plot, then lines over the hours."""

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import Any, Final, NamedTuple

from plimsoll.report.figure import Figure, Trace
from plimsoll.report.side_by_side import lines_of

COLUMNS: Final = 3
GAP: Final = 0.035
ROW_GAP: Final = 0.09
TOP: Final = 0.95
"""The panels begin here: above are the chart's own buttons."""


class Panel(NamedTuple):
    """One small chart: a title, and bars stacked on each other: name, colour, and the value of a run."""

    title: str
    bars: Sequence[tuple[str, str, Callable[[Mapping[str, Any]], float]]]


def _money(group: str, name: str) -> Callable[[Mapping[str, Any]], float]:
    return lambda one: float(one[group][name])


def _needed(one: Mapping[str, Any]) -> float:
    losses = one["losses"]
    return float(losses["adl_notional"]) - float(losses["adl_overshoot_notional"])


def _minutes(name: str) -> Callable[[Mapping[str, Any]], float]:
    return lambda one: float(one["liquidations"]["breach_to_close_seconds"][name]) / 60


PANELS: Final = (
    Panel("accounts liquidated", [("accounts", "@bid", lambda one: float(one["liquidations"]["accounts"]))]),
    Panel("breach to closed, median, minutes", [("median", "@series2", _minutes("median"))]),
    Panel("breach to closed, 95 %, minutes", [("95th percentile", "@series2", _minutes("p95"))]),
    Panel(
        "paid by the insurance",
        [("fund", "@fund", _money("fund", "paid")), ("tranches", "@tranche", _money("stakes", "paid"))],
    ),
    Panel(
        "borne by others",
        [
            ("in deleveraging", "@adl", _money("losses", "adl_loss")),
            ("socialised", "@socialised", _money("losses", "socialised")),
        ],
    ),
    Panel(
        "deleveraged",
        [
            ("nobody else could", "@series3", _needed),
            ("others could have taken it", "@adl", _money("losses", "adl_overshoot_notional")),
        ],
    ),
    Panel("hedges broken", [("accounts", "@warn", lambda one: float(one["losses"]["hedges_broken"]))]),
    Panel("largest deficit at new prices", [("deficit", "@bad", _money("losses", "deficit_peak"))]),
    Panel("liquidators’ profit", [("profit", "@series0", _money("liquidators", "profit"))]),
)


def figures_of(result: Mapping[str, Any]) -> list[Figure]:
    """All charts, in the order of the page."""
    series = result["series"]["mechanisms"]

    def over_time(name: str, title: str, caption: str, unit: str, rangemode: str = "tozero") -> Figure:
        lines = {run: own[name] for run, own in series.items()}
        return lines_of(name, title, caption, unit, lines, rangemode=rangemode)

    return [
        _side_by_side(result["mechanisms"]),
        _prices(result),
        over_time("liquidated", "Accounts liquidated so far", "Of which anything has been taken over.", "accounts"),
        over_time("liquidating", "Accounts in liquidation", "After the tick of each sampled step.", "accounts"),
        lines_of(
            "deleveraged",
            "Deleveraged so far",
            "At the mark, cumulated; in the settlement token.",
            "tokens",
            {run: list(accumulate(own["deleveraged"])) for run, own in series.items()},
        ),
        over_time("deficit", "Deficits at new prices", "Negative equity as prices came in.", "tokens"),
        over_time("open_interest", "Open interest", "Long positions at the mark, all contracts.", "tokens"),
        over_time("insurance", "Fund and tranches", "What they are worth together.", "tokens", "normal"),
    ]


def _side_by_side(runs: Sequence[Mapping[str, Any]]) -> Figure:
    names = [one["mechanism"] for one in runs]
    rows = -(-len(PANELS) // COLUMNS)
    width = (1 - GAP * (COLUMNS - 1)) / COLUMNS
    height = (TOP - ROW_GAP * (rows - 1)) / rows
    data: list[Trace] = []
    layout: dict[str, Any] = {"barmode": "relative", "showlegend": False, "bargap": 0.25, "annotations": []}
    for place, panel in enumerate(PANELS):
        row, column = divmod(place, COLUMNS)
        number = "" if place == 0 else str(place + 1)
        left, top = column * (width + GAP), TOP - row * (height + ROW_GAP)
        data += [_bars(names, runs, number, *bar) for bar in panel.bars]
        layout[f"xaxis{number}"] = {
            "type": "linear",
            "domain": [round(left, 4), round(left + width, 4)],
            "anchor": f"y{number}",
            "tickformat": "~s",
            "nticks": 5,
            "rangemode": "tozero",
            "tickfont": {"size": 11, "color": "@soft"},
            "gridcolor": "@grid",
        }
        layout[f"yaxis{number}"] = {
            "type": "category",
            "domain": [round(top - height, 4), round(top, 4)],
            "anchor": f"x{number}",
            "autorange": "reversed",
            "showticklabels": column == 0,
        }
        layout["annotations"].append(
            {
                "xref": "paper",
                "yref": "paper",
                "x": round(left, 4),
                "y": round(top, 4),
                "xanchor": "left",
                "yanchor": "bottom",
                "text": panel.title,
                "showarrow": False,
                "font": {"size": 12, "color": "@ink"},
            }
        )
    caption = (
        "Each mechanism alone and the default chain, one bar each. Amounts in the settlement token. Of what was "
        "deleveraged, the lighter part is what liquidators and backstop still had the margin for."
    )
    return Figure("side", "Side by side", caption, 760, data, layout)


def _bars(
    names: Sequence[str],
    runs: Sequence[Mapping[str, Any]],
    axis: str,
    label: str,
    color: str,
    value: Callable[[Mapping[str, Any]], float],
) -> Trace:
    return {
        "type": "bar",
        "orientation": "h",
        "name": label,
        "y": list(names),
        "x": [round(value(one), 2) for one in runs],
        "xaxis": f"x{axis}",
        "yaxis": f"y{axis}",
        "marker": {"color": color, "line": {"width": 0}},
        "hovertemplate": "%{x:,.4s}",
    }


def _prices(result: Mapping[str, Any]) -> Figure:
    lines = {
        symbol: [round(value / own[0] * 100, 3) for value in own] for symbol, own in result["series"]["price"].items()
    }
    caption = f"The same under every mechanism ({result['path']['label']}). First price = 100."
    return lines_of("price", "Prices", caption, "first = 100", lines, rangemode="normal")
