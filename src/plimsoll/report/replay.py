"""The page of a replay: ``ReplayResult.as_dict()`` in, one HTML file out that needs no network."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from plimsoll.report import replay_figures, replay_summary
from plimsoll.report.numbers import duration
from plimsoll.report.page import page_of, reading, write_page
from plimsoll.report.replay_desk import desk_of

SCHEMA: Final = 1
TEMPLATE: Final = "replay.html.j2"


def render_report(result: Mapping[str, Any], out: Path) -> Path:
    """Write the page of ``result`` (as ``ReplayResult.as_dict()``, or read back from JSON) to ``out``."""
    return write_page(replay_page(result), out)


def replay_page(result: Mapping[str, Any]) -> str:
    """The page as text. ReportError for what is not installed or not the result of a replay."""
    with reading(result, SCHEMA):
        return page_of(
            TEMPLATE,
            replay_figures.figures_of(result),
            {
                "result": result,
                "title": replay_summary.title_of(result),
                "groups": replay_summary.summary_of(result),
                "waterfall": replay_summary.waterfall_of(result),
                "stakes": replay_summary.stakes_of(result),
                "commands": replay_summary.commands_of(result),
                "settings": replay_summary.settings_of(result),
                "facts": replay_summary.facts_of(result),
                "desk": desk_of(result),
            },
            tiles=replay_summary.tiles_of(result),
            times=result["series"]["time"],
            filters={"duration": duration},
        )
