"""The page of one crash under each mechanism of the waterfall: plain data in, one HTML file that needs no network."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from plimsoll.report import replay_mechanisms_figures
from plimsoll.report.numbers import duration, whole
from plimsoll.report.page import page_of, reading, write_page
from plimsoll.report.replay_figures import MECHANISM_NAMES
from plimsoll.report.side_by_side import Row, money_of, taken_of

SCHEMA: Final = 1
TEMPLATE: Final = "replay_mechanisms.html.j2"
TAKEOVERS: Final = ("bid", "slice", "batch", "auction", "amm", "backstop", "insolvent", "adl")


def render_replay_mechanisms(result: Mapping[str, Any], out: Path) -> Path:
    """Write the page of ``result`` (as ``mechanism_replays_as_dict`` makes it) to ``out``; returns the path written."""
    return write_page(replay_mechanisms_page(result), out)


def replay_mechanisms_page(result: Mapping[str, Any]) -> str:
    """The page as text. ReportError for what is not installed or not the result of such a run."""
    with reading(result, SCHEMA):
        return page_of(
            TEMPLATE,
            replay_mechanisms_figures.figures_of(result),
            {"result": result, "runs": result["mechanisms"], "rows": rows_of(result["mechanisms"])},
            times=result["series"]["time"],
        )


def rows_of(runs: Sequence[Mapping[str, Any]]) -> list[Row]:
    """The table: one row a figure, one cell a mechanism."""
    return [
        ("accounts liquidated", [(whole(one["liquidations"]["accounts"]), "") for one in runs]),
        ("breach to closed, median", [(_time(one, "median"), "") for one in runs]),
        ("95th percentile", [(_time(one, "p95"), "") for one in runs]),
        ("largest deficit at new prices", money_of(runs, "losses", "deficit_peak")),
        ("largest shortfall after a sweep", money_of(runs, "losses", "shortfall_peak")),
        ("insurance fund paid", money_of(runs, "fund", "paid")),
        ("tranches paid", money_of(runs, "stakes", "paid")),
        ("bad debt", money_of(runs, "losses", "bad_debt")),
        ("socialised", money_of(runs, "losses", "socialised")),
        ("loss borne in deleveraging", money_of(runs, "losses", "adl_loss")),
        ("excess loss", money_of(runs, "losses", "adl_overshoot_loss")),
        ("deleveraged", money_of(runs, "losses", "adl_notional")),
        ("excess deleveraging", money_of(runs, "losses", "adl_overshoot_notional")),
        ("counterparties deleveraged", [(whole(one["losses"]["adl_counterparties"]), "") for one in runs]),
        ("hedges broken", [(whole(one["losses"]["hedges_broken"]), "") for one in runs]),
        ("liquidators’ profit", money_of(runs, "liquidators", "profit")),
        *[
            (f"taken over: {MECHANISM_NAMES[name]}", taken_of(runs, name))
            for name in TAKEOVERS
            if any(one["liquidations"]["mechanisms"][name]["steps"] for one in runs)
        ],
    ]


def _time(one: Mapping[str, Any], name: str) -> str:
    done = one["liquidations"]
    return duration(done["breach_to_close_seconds"][name]) if done["ended"] else "none closed"
