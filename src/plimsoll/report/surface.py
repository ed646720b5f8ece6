"""The page of fitted surfaces: ``run_surface``'s plain data in, one HTML file out that needs no network."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from plimsoll.report.figure import Figure
from plimsoll.report.numbers import whole
from plimsoll.report.page import Tile, page_of, reading, write_page

SCHEMA: Final = 1
TEMPLATE: Final = "surface.html.j2"
HUES: Final = (225.0, -15.0)
"""From blue for the nearest expiry to red for the last, by colour wheel degrees."""
DIGITS: Final = 6


def render_surface(result: Mapping[str, Any], out: Path) -> Path:
    """Write the page of ``result`` (as ``run_surface`` gives it, or read back from JSON) to ``out``."""
    return write_page(surface_page(result), out)


def surface_page(result: Mapping[str, Any]) -> str:
    """The page as text. ReportError for what is not installed or not such a result."""
    with reading(result, SCHEMA):
        keys = {(one["time"], one["currency"]) for one in result["latest"]}
        latest = [row for row in result["by_expiry"] if (row["time"], row["currency"]) in keys]
        return page_of(TEMPLATE, figures_of(result), {"result": result, "latest": latest}, tiles=_tiles(result))


def _tiles(result: Mapping[str, Any]) -> list[Tile]:
    """What is wrong with the surfaces: arbitrage of either kind, and what could not be fitted."""
    tiles = []
    for name, detail in (
        ("butterfly", "smiles whose density is below zero somewhere"),
        ("calendar", "smiles that cross the next expiry's on their body"),
    ):
        value = f"{whole(result[name])} of {whole(result['smiles'])}"
        tiles.append(Tile(f"{name} arbitrage", value, detail, "bad" if result[name] else "good"))
    return [*tiles, Tile("left out", whole(len(result["left_out"])), "expiries with fewer than five strikes, or over")]


def figures_of(result: Mapping[str, Any]) -> list[Figure]:
    """Smiles and total variance of the latest snapshot of each currency, then errors over time."""
    found = []
    for place, latest in enumerate(result["latest"]):
        found += [_smiles(latest, place), _variances(latest, place)]
    return [*found, _errors(result)] if result["snapshots"] > len(result["latest"]) else found


def _smiles(latest: Mapping[str, Any], place: int) -> Figure:
    data: list[dict[str, Any]] = []
    for one, color in zip(latest["smiles"], _colors(len(latest["smiles"]))):
        own = {"type": "scatter", "legendgroup": one["expiry"]}
        marks = {"mode": "markers", "showlegend": False, "hoverinfo": "skip", "marker": {"color": color, "size": 4}}
        data.append({**own, **marks, "name": "marks", "x": _short(one["k"]), "y": _short(one["vol"])})
        data.append({**own, **_line(one["expiry"], color), "x": _short(one["grid"]), "y": _short(one["fitted_vol"])})
    layout = {**_moneyness(), "yaxis": {"title": {"text": "vol a year"}, "tickformat": ".0%", "rangemode": "tozero"}}
    caption = (
        "Marked vols (dots) and the fitted smiles (lines), an expiry a colour, blue the nearest; a click on an expiry "
        "hides it. Far from the forward marks are below a tick and lines are guesses."
    )
    title = f"{latest['currency']}: smiles at {latest['time']}"
    return Figure(f"smiles{place}", title, caption, 460, data, layout)


def _variances(latest: Mapping[str, Any], place: int) -> Figure:
    data = [
        {**_line(one["expiry"], color), "type": "scatter", "x": _short(one["grid"]), "y": _short(one["total_variance"])}
        for one, color in zip(latest["smiles"], _colors(len(latest["smiles"])))
    ]
    layout = {
        **_moneyness(),
        "yaxis": {"title": {"text": "total variance σ²τ"}, "type": "log", "exponentformat": "power"},
    }
    caption = (
        "Total variance over each expiry's strikes: where a line crosses the one above it, there is calendar arbitrage."
    )
    return Figure(f"variance{place}", f"{latest['currency']}: total variance", caption, 420, data, layout)


def _errors(result: Mapping[str, Any]) -> Figure:
    data = []
    for place, latest in enumerate(result["latest"]):
        rows = [row for row in result["by_snapshot"] if row["currency"] == latest["currency"]]
        for name, label, dash in (("rmse_vol_points_body", "body", "solid"), ("rmse_vol_points", "all", "dot")):
            data.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "name": f"{latest['currency']}, {label}",
                    "x": [row["time"] for row in rows],
                    "y": [row[name] for row in rows],
                    "line": {"color": f"@series{place % 6}", "width": 1.5, "dash": dash},
                }
            )
    layout = {"yaxis": {"title": {"text": "vol points"}, "rangemode": "tozero", "hoverformat": ".2f"}}
    caption = (
        "Root mean square of fitted less marked vol, over strikes within 1.5 deviations of the forward and over all."
    )
    return Figure("errors", "Errors over time", caption, 320, data, layout)


def _line(name: str, color: str) -> dict[str, Any]:
    return {"mode": "lines", "name": name, "legendgroup": name, "line": {"color": color, "width": 1.5}}


def _moneyness() -> dict[str, Any]:
    return {
        "xaxis": {"type": "linear", "title": {"text": "ln(strike / forward)"}, "hoverformat": ".3f"},
        "hovermode": "closest",
        "legend": {"orientation": "v", "x": 1.01, "y": 1, "yanchor": "top"},
    }


def _colors(count: int) -> list[str]:
    first, last = HUES
    step = (last - first) / max(count - 1, 1)
    return [f"hsl({(first + step * place) % 360:.0f}, 65%, 47%)" for place in range(count)]


def _short(values: Sequence[float]) -> list[float]:
    return [round(value, DIGITS) for value in values]
