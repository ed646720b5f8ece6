"""The page of one portfolio under several presets: plain data in, one HTML file out that needs no network."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from plimsoll.report import compare_figures
from plimsoll.report.numbers import MINUS, exact
from plimsoll.report.page import Tile, page_of, reading, write_page

SCHEMA: Final = 1
TEMPLATE: Final = "compare.html.j2"
SMALL: Final = 100


def render_compare(result: Mapping[str, Any], out: Path) -> Path:
    """Write the page of ``result`` (as ``plimsoll compare --json`` prints it) to ``out``."""
    return write_page(compare_page(result), out)


def compare_page(result: Mapping[str, Any]) -> str:
    """The page as text. ReportError for what is not installed or not the result of a comparison."""
    with reading(result, SCHEMA):
        covered = [one for one in result["presets"] if one["covered"]]
        return page_of(
            TEMPLATE,
            compare_figures.figures_of(result),
            {
                "result": result,
                "covered": covered,
                "others": [one for one in result["presets"] if not one["covered"]],
            },
            tiles=_tiles(result, covered),
            filters={"money": money, "price": price},
        )


def _tiles(result: Mapping[str, Any], covered: list[Mapping[str, Any]]) -> list[Tile]:
    """The cheapest and the dearest venue for this portfolio, and how many would hold it."""
    unit = result["settlement"]
    tiles = [Tile("gross notional", f"{money(result['gross_notional'])} {unit}", "")]
    if covered:
        by_margin = sorted(covered, key=lambda one: Decimal(one["initial"]))
        for label, one in (("least initial margin", by_margin[0]), ("most", by_margin[-1])):
            tiles.append(Tile(label, f"{money(one['initial'])} {unit}", one["title"]))
    count = f"{len(covered)} of {len(result['presets'])}"
    return [*tiles, Tile("venues that cover it", count, "the others say why below")]


def money(value: Any) -> str:
    """Two places, grouped."""
    return f"{Decimal(str(value)):,.2f}".replace("-", MINUS)


def price(value: Any) -> str:
    """Two places, or all there are of a small price."""
    return money(value) if Decimal(str(value)) >= SMALL else exact(value)
