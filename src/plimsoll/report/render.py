"""Rendering: the template, the charts and the chart library become one file."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from plimsoll.report import figures, numbers, summary

SCHEMA: Final = 1
TEMPLATE: Final = "report.html.j2"


class ReportError(ValueError):
    """The report cannot be written: something is not installed, or the input is no result of a replay."""


def render_report(result: Mapping[str, Any], out: Path) -> Path:
    """Write the report of ``result`` (as ``ReplayResult.as_dict()``) to ``out``; returns the path written.

    The file holds everything it needs, the chart library included, and forbids itself the network.
    """
    page = render_page(result)
    out = Path(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(page, encoding="utf-8")
    except OSError as error:
        raise ReportError(f"{out}: {(error.strerror or 'cannot be written').lower()}") from None
    return out


def render_page(result: Mapping[str, Any]) -> str:
    """The report as text."""
    try:
        import jinja2
        import plotly.offline
    except ImportError as error:
        raise ReportError(f"a report needs {error.name}: install plimsoll[report]") from None
    if result.get("schema") != SCHEMA:
        raise ReportError(f"the result has schema {result.get('schema')}, this report reads {SCHEMA}")
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("plimsoll.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    try:
        charts = figures.figures_of(result)
        return environment.get_template(TEMPLATE).render(
            result=result,
            title=summary.title_of(result),
            tiles=summary.tiles_of(result),
            groups=summary.summary_of(result),
            waterfall=summary.waterfall_of(result),
            commands=summary.commands_of(result),
            settings=summary.settings_of(result),
            facts=summary.facts_of(result),
            charts=charts,
            chart_data=_json_for_page(
                {
                    "time": result["series"]["time"],
                    "figures": {chart.name: {"data": chart.data, "layout": chart.layout} for chart in charts},
                }
            ),
            library=plotly.offline.get_plotlyjs(),
            duration=numbers.duration,
            whole=numbers.whole,
        )
    except KeyError as error:
        raise ReportError(f"the result lacks {error.args[0]}") from None


def _json_for_page(data: Any) -> str:
    """JSON that cannot end the script element it stands in."""
    return json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
