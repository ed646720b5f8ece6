"""The charts of one crash under several presets: a line each over the same hours; what each asked for, in bars."""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, Final

from plimsoll.report.figure import COLORS, Figure
from plimsoll.report.replay_figures import MECHANISM_NAMES
from plimsoll.report.side_by_side import bars_of, lines_of

TAKERS: Final = ("bid", "slice", "backstop", "adl")


def figures_of(result: Mapping[str, Any]) -> list[Figure]:
    """All charts, in the order of the page."""
    series = result["series"]["presets"]
    return [
        _required(result["presets"]),
        _prices(result),
        lines_of(
            "liquidated",
            "Accounts liquidated so far",
            "Accounts of which anything has been taken over, cumulated.",
            "accounts",
            {name: own["liquidated"] for name, own in series.items()},
        ),
        lines_of(
            "taken",
            "Value taken over so far",
            "At the mark, by bids, backstop and deleveraging together, cumulated; in the settlement token.",
            "tokens",
            {name: list(accumulate(own["taken_over"])) for name, own in series.items()},
        ),
        lines_of(
            "maintenance",
            "Maintenance margin of the public",
            "What all open positions of the public need. It falls with prices and with every position closed.",
            "tokens",
            {name: own["margin_maintenance"] for name, own in series.items()},
        ),
        lines_of(
            "initial",
            "Initial margin of the public",
            "What opening those positions would take at each moment.",
            "tokens",
            {name: own["margin_initial"] for name, own in series.items()},
        ),
        lines_of(
            "fund",
            "Insurance fund",
            "What the fund is worth: fees it is paid, deficits it pays.",
            "tokens",
            {name: own["fund"] for name, own in series.items()},
            rangemode="normal",
        ),
        _takers(result["presets"]),
    ]


def _prices(result: Mapping[str, Any]) -> Figure:
    lines = {
        symbol: [round(value / own[0] * 100, 3) for value in own] for symbol, own in result["series"]["price"].items()
    }
    caption = f"The same under every preset ({result['path']['label']}). First price = 100."
    return lines_of("price", "Prices", caption, "first = 100", lines, rangemode="normal")


def _required(presets: Sequence[Mapping[str, Any]]) -> Figure:
    """What every position asks for, beside what those asked for that were let in."""
    bars = {
        "all positions, refused ones among them": [one["start"]["initial_of_all"] for one in presets],
        "positions opened": [one["margin"]["initial_start"] for one in presets],
        "positions opened, at the peak": [one["margin"]["initial_peak"] for one in presets],
    }
    caption = (
        "Initial margin of the same positions under each preset. Where the bars differ, accounts were refused: "
        "they did not have the margin."
    )
    return bars_of("required", "Capital required", caption, "tokens", _names(presets), bars, "group", COLORS)


def _names(presets: Sequence[Mapping[str, Any]]) -> list[str]:
    return [one["preset"] for one in presets]


def _takers(presets: Sequence[Mapping[str, Any]]) -> Figure:
    bars = {
        MECHANISM_NAMES[name]: [one["liquidations"]["mechanisms"][name]["notional"] for one in presets]
        for name in TAKERS
    }
    colors = tuple(f"@{name}" for name in TAKERS)
    caption = "Value at the mark of the takeover, in the settlement token."
    return bars_of("takers", "Who took over", caption, "tokens", _names(presets), bars, "stack", colors)
