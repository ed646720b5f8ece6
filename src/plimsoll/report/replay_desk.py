"""The option desk on the page: margin of the same books in both modes, tables, slices, the error of the hedge."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from plimsoll.report.figure import Figure
from plimsoll.report.numbers import amount, exact, percent, whole, words

MODES: Final = {"portfolio": "@series0", "standard": "@series1"}


class BookRow(NamedTuple):
    """One kind of book: its accounts, initial and maintenance margin in both modes, what portfolio mode saves."""

    name: str
    accounts: str
    initial_portfolio: str
    initial_standard: str
    maintenance_portfolio: str
    maintenance_standard: str
    relief: str


class DeskTables(NamedTuple):
    """What the section of the desk shows."""

    books: list[BookRow]
    facts: list[tuple[str, str]]


def desk_of(result: Mapping[str, Any]) -> DeskTables | None:
    """The desk's tables, or None for a replay without one."""
    desk = result.get("desk")
    if desk is None:
        return None
    unit = result["settlement"]
    rows = [_row(name, one, unit) for name, one in desk["by_kind"].items()]
    rows += [_row(f"all, at the {name}", desk[name], unit) for name in ("start", "end")]
    return DeskTables(rows, _facts(desk, result["tables"], unit))


def _row(name: str, one: Mapping[str, Any], unit: str) -> BookRow:
    before, after = float(one["initial_standard"]), float(one["initial_portfolio"])
    return BookRow(
        name,
        whole(one["accounts"]),
        amount(one["initial_portfolio"], unit),
        amount(one["initial_standard"], unit),
        amount(one["maintenance_portfolio"], unit),
        amount(one["maintenance_standard"], unit),
        percent(1 - after / before) if before else "none",
    )


def _facts(desk: Mapping[str, Any], tables: Mapping[str, Any], unit: str) -> list[tuple[str, str]]:
    hedge, slices = desk["hedge"], desk["slices"]
    why = ", ".join(f"{whole(count)} by {reason}" for reason, count in tables["reasons"].items())
    refused = ", ".join(f"{whole(count)} {words(rule)}" for rule, count in tables["refused"].items())
    taken = [f"{whole(one['taken'])} by {name} of {whole(one['accounts'])} accounts" for name, one in slices.items()]
    return [
        ("Options", f"{len(desk['options'])} on {desk['coin']}, {' and '.join(desk['expiries'])}"),
        ("Series settled at expiry", whole(desk["settled_series"])),
        ("Equity before, after", f"{exact(desk['equity_start'], unit)}, {exact(desk['equity_end'], unit)}"),
        ("Risk tables published", f"{whole(tables['published'])} ({why})"),
        ("Risk tables refused", refused or "none"),
        ("Slices taken", "; ".join(taken)),
        ("Accounts deleveraged", whole(desk["deleveraged_accounts"])),
        (
            "Error of the hedge, worst option",
            f"median {hedge['error_median_bp']:g}, 95 % {hedge['error_p95_bp']:g}, at most {hedge['error_max_bp']:g} "
            "basis points of the spot",
        ),
        (
            "Step to the new table, vols and time included",
            f"median {hedge['jump_median_bp']:g}, 95 % {hedge['jump_p95_bp']:g}, at most {hedge['jump_max_bp']:g} "
            "basis points of the spot",
        ),
    ]


def desk_figures_of(result: Mapping[str, Any]) -> list[Figure]:
    """The desk's charts; none without a desk."""
    if result.get("desk") is None:
        return []
    return [_margin(result), _error(result)]


def _margin(result: Mapping[str, Any]) -> Figure:
    series, unit = result["series"]["desk"], result["settlement"]
    data = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": f"{side}, {mode}",
            "y": series[f"{side}_{mode}"],
            "line": {"color": color, "width": 1.6, "dash": "solid" if side == "initial" else "dot"},
            "hovertemplate": "%{y:,.4s} " + unit,
        }
        for side in ("initial", "maintenance")
        for mode, color in MODES.items()
    ]
    caption = (
        "What the accounts of the option desk need, margined as portfolios, and what the same books would need in "
        "standard mode."
    )
    layout = {"yaxis": {"title": {"text": unit}, "rangemode": "tozero", "tickformat": "~s"}}
    return Figure("desk", "Portfolio accounts: margin in both modes", caption, 340, data, layout)


def _error(result: Mapping[str, Any]) -> Figure:
    hedge = result["desk"]["hedge"]
    data = [
        {
            "type": "bar",
            "name": "error of the hedge",
            "x": hedge["time"],
            "y": hedge["error_bp"],
            "marker": {"color": "@series0", "line": {"width": 0}},
            "customdata": [round(move * 100, 2) for move in hedge["move"]],
            "hovertemplate": "%{y} bp after a move of %{customdata} %",
            "width": 600_000,
        }
    ]
    caption = (
        "Between tables the engine moves values by delta. Each bar is a new table: how far the worst option’s mark was "
        "from its value repriced at the same vols and time, in basis points of the spot."
    )
    layout = {"yaxis": {"title": {"text": "bp of spot"}, "rangemode": "tozero", "tickformat": "~s"}}
    return Figure("hedge", "Error of the hedge between tables", caption, 300, data, layout)
