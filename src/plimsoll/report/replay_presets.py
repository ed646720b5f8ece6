"""The page of one crash under several presets: plain data in, one HTML file out that needs no network."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from plimsoll.report import replay_presets_figures
from plimsoll.report.numbers import duration, exact, percent, whole, words
from plimsoll.report.page import page_of, reading, write_page
from plimsoll.report.side_by_side import Row, money_of, taken_of

SCHEMA: Final = 1
TEMPLATE: Final = "replay_presets.html.j2"


def render_replay_presets(result: Mapping[str, Any], out: Path) -> Path:
    """Write the page of ``result`` (as ``preset_replays_as_dict`` makes it) to ``out``; returns the path written."""
    return write_page(replay_presets_page(result), out)


def replay_presets_page(result: Mapping[str, Any]) -> str:
    """The page as text. ReportError for what is not installed or not the result of such a run."""
    with reading(result, SCHEMA):
        return page_of(
            TEMPLATE,
            replay_presets_figures.figures_of(result),
            {"result": result, "presets": result["presets"], "rows": rows_of(result["presets"])},
            times=result["series"]["time"],
        )


def rows_of(presets: Sequence[Mapping[str, Any]]) -> list[Row]:
    """The table: one row a figure, one cell a preset."""
    return [
        ("positions wanted", [(whole(one["start"]["holders"]), "") for one in presets]),
        ("opened", [(whole(one["start"]["opened"]), "") for one in presets]),
        ("refused at the start", [_refused(one) for one in presets]),
        ("of the value wanted, refused", [_share(one) for one in presets]),
        ("initial margin all positions need", money_of(presets, "start", "initial_of_all")),
        ("initial margin of those opened", money_of(presets, "margin", "initial_start")),
        ("at its peak", money_of(presets, "margin", "initial_peak")),
        ("maintenance of those opened", money_of(presets, "margin", "maintenance_start")),
        ("accounts liquidated", [(whole(one["liquidations"]["accounts"]), "") for one in presets]),
        ("of those opened", [(percent(_liquidated(one)), "") for one in presets]),
        ("taken over by bids", taken_of(presets, "bid")),
        ("by bids for slices", taken_of(presets, "slice")),
        ("by the backstop", taken_of(presets, "backstop")),
        ("by deleveraging", taken_of(presets, "adl")),
        ("insurance fund paid", money_of(presets, "fund", "paid")),
        ("insurance fund received", money_of(presets, "fund", "received")),
        ("largest deficit at new prices", money_of(presets, "losses", "deficit_peak")),
        ("bad debt", money_of(presets, "losses", "bad_debt")),
        ("socialised", money_of(presets, "losses", "socialised")),
        ("loss borne in deleveraging", money_of(presets, "losses", "adl_loss")),
        ("breach to closed, median", [(_median(one), "") for one in presets]),
        ("risk tables published, refused", [(_tables(one["tables"]), "") for one in presets]),
    ]


def _refused(one: Mapping[str, Any]) -> tuple[str, str]:
    start = one["start"]
    why = "; ".join(f"{words(rule)} {whole(count)}" for rule, count in start["refused"].items())
    return whole(start["refused_accounts"]), why


def _share(one: Mapping[str, Any]) -> tuple[str, str]:
    start = one["start"]
    total = float(start["notional"])
    return percent(float(start["notional_refused"]) / total if total else 0.0), exact(start["notional_refused"])


def _liquidated(one: Mapping[str, Any]) -> float:
    opened = one["start"]["opened"]
    return float(one["liquidations"]["accounts"] / opened) if opened else 0.0


def _median(one: Mapping[str, Any]) -> str:
    done = one["liquidations"]
    return duration(done["breach_to_close_seconds"]["median"]) if done["ended"] else "none closed"


def _tables(tables: Mapping[str, Any] | None) -> str:
    if tables is None:
        return "none"
    return f"{whole(tables['published'])}, {whole(sum(tables['refused'].values()))}"
