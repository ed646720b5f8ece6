"""The page of a backtest: ``run_backtest``'s plain data in, one HTML file out that needs no network."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from plimsoll.report import backtest_figures
from plimsoll.report.numbers import percent, words
from plimsoll.report.page import Tile, page_of, reading, write_page

SCHEMA: Final = 1
TEMPLATE: Final = "backtest.html.j2"


def render_backtest(result: Mapping[str, Any], out: Path) -> Path:
    """Write the page of ``result`` (as ``run_backtest`` gives it, or read back from JSON) to ``out``."""
    return write_page(backtest_page(result), out)


def backtest_page(result: Mapping[str, Any]) -> str:
    """The page as text. ReportError for what is not installed or not the result of a backtest."""
    with reading(result, SCHEMA):
        return page_of(
            TEMPLATE,
            backtest_figures.figures_of(result),
            {
                "result": result,
                "title": f"{words(result['model']['name'].replace('-', '_'))} at {result['confidence'] * 100:g} %",
                "netted": [one for one in result["portfolios"] if _nets(one["netting"])],
            },
            tiles=_verdicts(result),
        )


def _nets(seen: Mapping[str, Any] | None) -> bool:
    return seen is not None and seen["alone"] != seen["account"]


def _verdicts(result: Mapping[str, Any]) -> list[Tile]:
    """One tile a portfolio: its verdict over all steps, with the numbers behind it."""
    tiles = []
    for one in result["portfolios"]:
        whole = one["whole"]
        count = f"{whole['exceptions']} exceptions in {whole['steps']:,} steps, {whole['expected']:.1f} expected"
        tone = "good" if whole["verdict"] == "holds" else "bad"
        detail = f"{count}; mean margin {percent(whole['margin_mean'], 2)}"
        tiles.append(Tile(one["portfolio"], whole["verdict"], detail, tone))
    return tiles
