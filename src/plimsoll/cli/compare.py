"""``plimsoll compare``: one portfolio under every venue's rules, side by side."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import click

from plimsoll.cli.output import print_pairs, print_table, progress
from plimsoll.cli.program import NO, OK, refuse, say, wrong_input
from plimsoll.cli.report import deliver, report_options, report_path

REPORT: Final = Path("compare.html")
OWN_RULES: Final = "instruments and policy of the file are its own venue's: they are not used here"
SMALL_PRICE: Final = 100


@click.command("compare")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--preset", "presets", multiple=True, metavar="NAME", help="A preset to compare; repeatable. All unless given."
)
@click.option("--coin", help="The coin whose price moves; the one with the largest notional unless given.")
@click.option("--explain", "explains", is_flag=True, help="Name every term of the margin under each preset.")
@report_options(REPORT)
def compare_command(
    file: Path,
    presets: tuple[str, ...],
    coin: str | None,
    explains: bool,
    out: Path | None,
    no_report: bool,
    as_json: bool,
) -> int:
    """What the portfolio in FILE must hold under each venue's rules, and where each would liquidate it.

    The file is that of `plimsoll margin`, with options beside it. See docs/compare.md.
    """
    from plimsoll.report import render_compare

    page = report_path(out, REPORT, no_report, as_json)
    result = _compared(file, presets, coin)
    deliver(result, page, render_compare, _print_explained if explains else _print, as_json=as_json)
    if any(one["covered"] for one in result["presets"]):
        return OK
    say("no preset covers this portfolio")
    return NO


def _compared(file: Path, presets: tuple[str, ...], coin: str | None) -> dict[str, Any]:
    """The comparison as plain data; one line and exit code 2 for an input that is no use."""
    with wrong_input(ValueError):
        from plimsoll.cli.portfolio import read_portfolio

        portfolio = read_portfolio(file)
    try:
        from plimsoll.cli.holdings import book_of
        from plimsoll.presets.compare import compare
    except ImportError as error:
        # Half the presets price options; without the extra none is compared, so that no table is cut in silence.
        refuse(str(error))
    try:
        with progress(True) as advance:
            found = compare(book_of(portfolio), presets, coin, advance)
    except ValueError as error:
        refuse(f"{file}: {error}")
    notes = [OWN_RULES] if portfolio.instruments or portfolio.policy else []
    return {**found.as_dict(), "file": str(file), "settlement": portfolio.settlement, "notes": notes}


def _print(result: Mapping[str, Any], page: Path | None) -> None:
    main = result["main"]
    print_pairs(
        f"{result['file']} under each venue's rules, in {result['settlement']}",
        [
            ("gross notional", _money(result["gross_notional"])),
            (
                "price that moves",
                f"{main['instrument']} {_price(main['price'])}, everything else of {main['coin']} with it",
            ),
            *[("note", note) for note in result["notes"]],
            ("report", str(page) if page else "none"),
        ],
    )
    covered = [one for one in result["presets"] if one["covered"]]
    if covered:
        heads = ("preset", "state", "equity", "initial", "maintenance", "leverage", "at most")
        print_table("Margin", heads, [_margin(one) for one in covered], right=range(2, 7))
        title = f"Where it would be liquidated ({main['instrument']})"
        rows = [_breaches(one, main["price"]) for one in covered]
        print_table(title, ("preset", "below", "", "above", ""), rows, right=range(1, 5))
    others = [(one["preset"], one["reason"]) for one in result["presets"] if not one["covered"]]
    if others:
        print_table("Not covered", ("preset", "because"), others)


def _print_explained(result: Mapping[str, Any], page: Path | None) -> None:
    _print(result, page)
    for one in result["presets"]:
        if one["covered"]:
            click.echo(f"\n{one['explained']['text']}")


def _margin(one: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        one["preset"],
        one["state"],
        *(_money(one[name]) for name in ("equity", "initial", "maintenance")),
        *(_times(one[name]) for name in ("leverage", "leverage_max")),
    )


def _breaches(one: Mapping[str, Any], present: Decimal) -> tuple[str, ...]:
    """Both prices, and how far they are from the present one; how far was searched where there is none."""
    cells = [one["preset"]]
    for side, sign in (("below", "<"), ("above", ">")):
        price = one[f"liquidation_{side}"]
        if price is None:
            cells += [f"{sign} {_price(one[f'searched_{side}'])}", ""]
        else:
            cells += ["now", ""] if price == present else [_price(price), f"{price / present - 1:+.1%}"]
    return tuple(cells)


def _money(amount: Decimal) -> str:
    """Two places are enough to compare; ``--json`` has every micro."""
    return f"{amount:,.2f}"


def _price(price: Decimal) -> str:
    return f"{price:,.2f}" if price >= SMALL_PRICE else f"{price:,f}"


def _times(leverage: Decimal | None) -> str:
    return "none" if leverage is None else f"{leverage:,f}x"
