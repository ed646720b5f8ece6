"""One page for every report: tiles, charts and tables from a template that extends ``page.html.j2``.

The file holds all it shows, the chart library included, and forbids itself the network.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from plimsoll.report.figure import Figure
from plimsoll.report.numbers import percent, whole, words


class ReportError(ValueError):
    """The report cannot be written: something is not installed, or the input is no result of the command."""


class Tile(NamedTuple):
    """One figure at the top: label, value, a line below, a tone (``good``, ``bad``), the exact value for a hover."""

    label: str
    value: str
    detail: str
    tone: str = ""
    exact: str = ""


def page_of(
    template: str,
    charts: Sequence[Figure],
    values: Mapping[str, Any],
    *,
    tiles: Sequence[Tile] = (),
    times: Sequence[str] | None = None,
    filters: Mapping[str, Callable[..., str]] | None = None,
) -> str:
    """The page as text; ``filters`` come beside those of every page.

    ``times`` are what charts have in common: a trace without ``x`` takes them, and charts over time zoom together.
    ReportError for what is not installed, or a value the template asks for in vain.
    """
    try:
        import jinja2
        import plotly.offline
    except ImportError as error:
        raise ReportError(f"a report needs {error.name}: install plimsoll[report]") from None
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("plimsoll.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update({"percent": percent, "whole": whole, "words": words, **(filters or {})})
    data = {"time": times, "figures": {chart.name: {"data": chart.data, "layout": chart.layout} for chart in charts}}
    try:
        return environment.get_template(template).render(
            **values,
            tiles=tiles,
            charts=charts,
            # JSON that cannot end the script element it stands in.
            chart_data=json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c"),
            library=plotly.offline.get_plotlyjs(),
        )
    except jinja2.UndefinedError as error:
        raise ReportError(f"the result lacks something: {error.message}") from None


def write_page(page: str, out: Path) -> Path:
    """Write the page, its folder too; ReportError if that cannot be."""
    out = Path(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(page, encoding="utf-8")
    except OSError as error:
        raise ReportError(f"{out}: {(error.strerror or 'cannot be written').lower()}") from None
    return out


@contextmanager
def reading(result: Mapping[str, Any], schema: int) -> Iterator[None]:
    """ReportError for a result that another version wrote, that is none, or that lacks what the page shows."""
    if result.get("schema") != schema:
        raise ReportError(f"the result has schema {result.get('schema')}, this report reads {schema}")
    try:
        yield
    except KeyError as error:
        raise ReportError(f"the result lacks {error.args[0]}") from None
