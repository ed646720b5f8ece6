"""The charts of a replay: prices, the health of accounts, liquidations, and who could still take over and pay."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from plimsoll.report.figure import Figure, Trace, line_of
from plimsoll.report.numbers import duration
from plimsoll.report.replay_desk import desk_figures_of

MECHANISM_NAMES: Final = {
    "bid": "liquidators’ bids",
    "slice": "slices",
    "batch": "sealed bids",
    "auction": "collateral auctions",
    "amm": "AMM",
    "backstop": "backstop",
    "insolvent": "bids below zero",
    "fund": "insurance fund",
    "tranche": "tranches",
    "adl": "deleveraging (ADL)",
    "socialised": "socialised loss",
}
BARS_MAX: Final = 192
PRICE_ROWS_MAX: Final = 4
RATIO_SHOWN_MIN: Final = 0.1
"""The logarithmic axis ends here: an account at or below is nearly gone."""
RATIO_SHOWN_MAX: Final = 100.0


def figures_of(result: Mapping[str, Any]) -> list[Figure]:
    """All charts, in the order of the page."""
    return [
        _prices(result),
        _health(result),
        _liquidations(result),
        _stages(result),
        _capacity(result),
        _fund(result),
        *_stakes(result),
        _open_interest(result),
        *desk_figures_of(result),
    ]


def _line(name: str, y: Sequence[Any], color: str, **more: Any) -> Trace:
    line = {"color": color, "width": 1.6, **more.pop("line", {})}
    return {"type": "scatter", "mode": "lines", "name": name, "y": list(y), "line": line, **more}


def _axis(title: str, **more: Any) -> dict[str, Any]:
    return {"title": {"text": title}, "tickformat": "~s", **more}


def _prices(result: Mapping[str, Any]) -> Figure:
    prices: Mapping[str, Sequence[float]] = result["series"]["price"]
    path = result["path"]
    simulated = "simulated" in path["label"]
    caption = (
        "Mark price per coin. Open, high, low and close of every hour are facts; the path between them is simulated."
        if simulated
        else "Mark price per coin, from the candles given."
    )
    unit = result["settlement"]
    if len(prices) > PRICE_ROWS_MAX:
        data = [
            _line(symbol, [round(value / own[0] * 100, 3) for value in own], f"@series{place % 6}")
            for place, (symbol, own) in enumerate(prices.items())
        ]
        return Figure("price", "Prices", caption, 340, data, {"yaxis": _axis("first price = 100")}, path["label"])
    rows = max(1, len(prices))
    gap = 0.08
    height = (1 - gap * (rows - 1)) / rows
    traces: list[Trace] = []
    layout: dict[str, Any] = {"xaxis": {"anchor": f"y{rows}" if rows > 1 else "y"}, "showlegend": False}
    for place, (symbol, own) in enumerate(prices.items()):
        number = "" if place == 0 else str(place + 1)
        top = 1 - place * (height + gap)
        domain = [round(max(0.0, top - height), 4), round(top, 4)]
        layout[f"yaxis{number}"] = _axis(f"{symbol}, {unit}", domain=domain, tickformat=",")
        traces.append(_line(symbol, own, f"@series{place}", yaxis=f"y{number}", xaxis="x"))
    return Figure("price", "Prices", caption, 160 + 130 * rows, traces, layout, path["label"])


def _health(result: Mapping[str, Any]) -> Figure:
    health: Mapping[str, Sequence[float | None]] = result["series"]["health"]
    shown = {name: [_shown(value) for value in values] for name, values in health.items()}
    data: list[Trace] = []
    for low, high, name, fill in (
        ("p01", "p99", "98 % of accounts", "@band1"),
        ("p05", "p95", "90 %", "@band2"),
        ("p25", "p75", "50 %", "@band3"),
    ):
        edge = {"width": 0}
        quiet = {"hoverinfo": "skip", "legendgroup": name}
        data.append(_line(low, shown[low], "@series0", line=edge, showlegend=False, **quiet))
        data.append(_line(name, shown[high], "@series0", line=edge, fill="tonexty", fillcolor=fill, **quiet))
    for name, label in (("p95", "95 % are below"), ("p05", "5 % are below"), ("p01", "1 % are below")):
        data.append(
            _line(
                label,
                health[name],
                "@series0",
                line={"width": 0},
                showlegend=False,
                hovertemplate="%{y:.2f}",
                opacity=0,
            )
        )
    data.append(_line("median", shown["p50"], "@series0", line={"width": 2.2}, hovertemplate="%{y:.2f}"))
    shapes = [_level(1.0, "@bad")]
    notes = [_note(1.0, "maintenance", "@bad", -10)]
    buffer = result["settings"].get("policy", {}).get("call_buffer")
    if buffer:
        level = 1 + float(buffer) / 1e9
        shapes.append(_level(level, "@warn"))
        notes.append(_note(level, "call", "@warn", 10))
    layout = {
        "yaxis": _axis(
            "equity / MM",
            type="log",
            range=[-1.04, 2],
            tickvals=[0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100],
            ticktext=["≤ 0.1", "0.2", "0.5", "1", "2", "5", "10", "20", "50", "≥ 100"],
        ),
        "shapes": shapes,
        "annotations": notes,
    }
    caption = (
        "Equity divided by the maintenance requirement of every account that needs margin, logarithmic. Below 1 an "
        "account is liquidated; the band that touches 0.1 is insolvent or nearly so."
    )
    return Figure("health", "How safe accounts were", caption, 420, data, layout)


def _shown(value: float | None) -> float | None:
    return None if value is None else min(max(value, RATIO_SHOWN_MIN), RATIO_SHOWN_MAX)


def _level(value: float, color: str) -> dict[str, Any]:
    line = {"color": color, "width": 1.2, "dash": "dash"}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": "y", "y0": value, "y1": value, "line": line}


def _note(value: float, text: str, color: str, shift: int) -> dict[str, Any]:
    return {
        "xref": "paper",
        "x": 0.998,
        "xanchor": "right",
        "bgcolor": "@veil",
        "yref": "y",
        "y": math.log10(value),
        "text": text,
        "showarrow": False,
        "yshift": shift,
        "font": {"color": color, "size": 11},
    }


def _buckets(times: Sequence[str], limit: int) -> list[tuple[int, int]]:
    """Ranges of samples, at most ``limit`` of them, of one size but the last."""
    size = max(1, -(-len(times) // limit))
    return [(start, min(start + size, len(times))) for start in range(0, len(times), size)]


def _liquidations(result: Mapping[str, Any]) -> Figure:
    series = result["series"]
    times: Sequence[str] = series["time"]
    buckets = _buckets(times, BARS_MAX)
    seconds = (buckets[0][1] - buckets[0][0]) * result["sample_seconds"] if buckets else 60
    width = duration(seconds)
    data: list[Trace] = []
    layout: dict[str, Any] = {
        "barmode": "stack",
        "bargap": 0.05,
        "xaxis": {"anchor": "y2"},
        "yaxis": _axis(f"{result['settlement']} / {width}", domain=[0.42, 1], rangemode="tozero"),
        "yaxis2": _axis("takeovers", domain=[0, 0.32], rangemode="tozero"),
    }
    unit = result["settlement"]
    for name, label in MECHANISM_NAMES.items():
        steps = series["liquidations"][name]
        if not any(steps):
            continue
        x = [times[start] for start, _ in buckets]
        for axis, values, shown in (
            ("y", series["liquidated"][name], "%{y:,.3s} " + unit),
            ("y2", steps, "%{y:,} takeovers"),
        ):
            data.append(
                {
                    "type": "bar",
                    "name": label,
                    "x": x,
                    "y": [sum(values[start:end]) for start, end in buckets],
                    "yaxis": axis,
                    "xaxis": "x",
                    "legendgroup": name,
                    "showlegend": axis == "y",
                    "marker": {"color": f"@{name}", "line": {"width": 0}},
                    "hovertemplate": shown,
                    # A bar covers its time from the start on, and is not drawn around it.
                    "offset": 0,
                    "width": seconds * 950,
                }
            )
    caption = (
        f"Per {width}, at the mark: above the value taken over (for tranches and socialised loss: the money), "
        "below the number of takeovers, by who took them."
    )
    return Figure("liquidations", "Liquidations by mechanism", caption, 430, data, layout)


def _stages(result: Mapping[str, Any]) -> Figure:
    accounts = result["series"]["accounts"]
    data = [
        _line("called", accounts["called"], "@warn", hovertemplate="%{y:,}"),
        _line("in liquidation", accounts["liquidating"], "@bad", hovertemplate="%{y:,}"),
        _line(
            "below maintenance", accounts["below_maintenance"], "@series4", line={"dash": "dot"}, hovertemplate="%{y:,}"
        ),
    ]
    caption = "Number of accounts after the tick of each sampled step."
    return Figure(
        "stages", "Accounts under stress", caption, 300, data, {"yaxis": _axis("accounts", rangemode="tozero")}
    )


def _capacity(result: Mapping[str, Any]) -> Figure:
    unit = result["settlement"]
    capacity = result["series"]["capacity"]
    layout: dict[str, Any] = {"xaxis": {"anchor": "y3"}}
    data = []
    for number, name, color, domain in (
        ("", "makers", "@series3", [0.72, 1]),
        ("2", "backstop", "@backstop", [0.36, 0.64]),
        ("3", "liquidators", "@bid", [0, 0.28]),
    ):
        data.append(_line(name, capacity[name], color, yaxis=f"y{number}", hovertemplate="%{y:,.4s} " + unit))
        layout[f"yaxis{number}"] = _axis(unit, domain=domain, rangemode="tozero", nticks=4)
    caption = (
        "Equity above the initial margin of those who can take positions over: makers for ordinary trading, "
        "liquidators for bids, the backstop for what nobody bids on (its own caps may bind first)."
    )
    return Figure("capacity", "Who could still take over", caption, 420, data, layout)


def _fund(result: Mapping[str, Any]) -> Figure:
    series, unit = result["series"], result["settlement"]
    shown = "%{y:,.4s} " + unit
    data = [
        _line("insurance fund", series["fund"], "@fund", fill="tozeroy", fillcolor="@fundfill", hovertemplate=shown),
        _line("backstop equity", series["backstop_equity"], "@backstop", hovertemplate=shown),
        _line("deficit at new prices", series["deficit"], "@bad", yaxis="y2", fill="tozeroy", fillcolor="@badfill",
              hovertemplate=shown),
        _line("shortfall after the sweep", series["shortfall"], "@warn", yaxis="y2", hovertemplate=shown),
        _line("bad debt, cumulated", series["bad_debt"], "@socialised", yaxis="y2", line={"dash": "dot"},
              hovertemplate=shown),
    ]  # fmt: skip
    layout = {
        "xaxis": {"anchor": "y2"},
        "yaxis": _axis(unit, domain=[0.44, 1], rangemode="tozero"),
        "yaxis2": _axis(unit, domain=[0, 0.34], rangemode="tozero"),
    }
    caption = (
        "Above: what the insurance fund and the backstop account are worth. Below: the deficits when prices came in, "
        "what of them was unresolved after the sweep, and, cumulated, what the fund could not pay."
    )
    return Figure("fund", "Insurance fund and shortfall", caption, 430, data, layout)


def _stakes(result: Mapping[str, Any]) -> list[Figure]:
    """What each pot is worth, as a share of what it began with."""
    stakes: Mapping[str, Sequence[float]] = result["series"].get("stakes", {})
    if not stakes:
        return []
    data = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": name,
            "y": [round(value / values[0] * 100, 3) if values[0] else None for value in values],
            "line": line_of(place),
            "hovertemplate": "%{y:.2f}",
        }
        for place, (name, values) in enumerate(stakes.items())
    ]
    caption = (
        "What tranches, backstop and AMMs are worth at the mark; first value = 100. An AMM holds coins, so it falls "
        "with the market; the summary shows what its coins and cash would be worth had they been kept."
    )
    layout = {"yaxis": {"title": {"text": "first = 100"}}}
    return [Figure("stakes", "Whose money stood behind it", caption, 360, data, layout)]


def _open_interest(result: Mapping[str, Any]) -> Figure:
    unit = result["settlement"]
    data = [
        _line(
            name,
            values,
            f"@series{place % 6}",
            stackgroup="all",
            fillcolor=f"@fill{place % 6}",
            line={"width": 1},
            hovertemplate="%{y:,.4s} " + unit,
        )
        for place, (name, values) in enumerate(result["series"]["open_interest"].items())
    ]
    caption = "Long positions at the mark, contracts stacked: it falls with the price and with every position closed."
    layout = {"yaxis": _axis(unit, rangemode="tozero")}
    return Figure("interest", "Open interest", caption, 320, data, layout)
