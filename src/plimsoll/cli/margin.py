"""``plimsoll margin``: what a portfolio must hold, why, and at which prices it would be liquidated."""

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plimsoll.cli.output import print_json, print_pairs, print_table
from plimsoll.cli.program import refuse, wrong_input

if TYPE_CHECKING:
    from plimsoll.cli.assessment import Assessment


@click.command("margin")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--pool", type=click.Path(path_type=Path), help="Take instruments and policy from this pool file (TOML).")
@click.option("--preset-less", is_flag=True, help="Know only the instruments the portfolio itself describes.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on the standard output.")
def margin_command(file: Path, pool: Path | None, preset_less: bool, as_json: bool) -> None:
    """What the portfolio in FILE (TOML or JSON) must hold, and where it would be liquidated.

    BTC-PERP, ETH-PERP, BTC and ETH are known; others are described in the file. See docs/command-line.md.
    """
    if pool is not None and preset_less:
        refuse("--pool and --preset-less contradict each other")
    with wrong_input(ValueError):
        from plimsoll.cli.assessment import assess
        from plimsoll.cli.portfolio import read_portfolio
        from plimsoll.sim import PoolFileError

        portfolio = read_portfolio(file)
    if portfolio.options:
        refuse(f"{file}: options are margined by a venue's risk model: plimsoll compare {file} takes them")
    try:
        found = assess(portfolio, pool, built_in=not preset_less)
    except PoolFileError as error:
        refuse(str(error))
    except ValueError as error:
        refuse(f"{file}: {error}")
    if as_json:
        print_json(_data(found, portfolio.settlement))
    else:
        _print(found, file, portfolio.settlement)


def _data(found: "Assessment", settlement: str) -> dict[str, Any]:
    margin = found.explained.margin
    return {
        "settlement": settlement,
        "state": found.state,
        "equity": margin.equity,
        "initial": margin.initial,
        "maintenance": margin.maintenance,
        "call_level": margin.call_level,
        "exit_level": margin.exit_level,
        "headroom": margin.headroom,
        "buffer": margin.buffer,
        "notional": margin.notional,
        "leverage": margin.leverage,
        "cash": found.explained.cash,
        "depeg": found.explained.depeg,
        "instruments": [
            {
                "instrument": term.instrument,
                "quantity": term.quantity,
                "mark": term.mark,
                "value": term.value,
                "cost": term.cost,
                "maintenance": term.maintenance,
                "initial": term.initial,
                "initial_parts": dict(term.parts),
                "liquidation_below": found.prices[term.instrument][1].below,
                "liquidation_above": found.prices[term.instrument][1].above,
            }
            for term in found.explained.terms
        ],
    }


def _print(found: "Assessment", file: Path, settlement: str) -> None:
    from plimsoll.cli.assessment import STATES
    from plimsoll.venue.answers import money

    margin = found.explained.margin
    leverage = "none: no equity" if margin.leverage is None else f"{margin.leverage:f}x"
    print_pairs(
        f"Margin of {file}, in {settlement}",
        [
            ("state", f"{found.state}: {STATES[found.state]}"),
            ("equity", money(margin.equity)),
            ("initial margin", f"{money(margin.initial)}, headroom {money(margin.headroom)}"),
            ("call level", money(margin.call_level)),
            ("maintenance margin", f"{money(margin.maintenance)}, buffer {money(margin.buffer)}"),
            ("leverage", f"{leverage} on {money(margin.notional)} of contracts"),
            ("cash", money(found.explained.cash)),
            *([("initial margin for the depeg", money(found.explained.depeg))] if found.explained.depeg else []),
        ],
    )
    if not found.explained.terms:
        return
    print_table(
        "By instrument",
        ("instrument", "quantity", "mark", "value - cost", "maintenance", "initial", "liquidated below", "above"),
        [
            (
                term.instrument,
                f"{term.quantity:+f}" if term.quantity else "orders",
                f"{term.mark:,f}",
                money(term.value - term.cost),
                money(term.maintenance),
                money(term.initial),
                _price(found.prices[term.instrument][1].below),
                _price(found.prices[term.instrument][1].above),
            )
            for term in found.explained.terms
        ],
        right=range(1, 8),
    )
    print_table(
        "Initial margin by rule",
        ("instrument", "rule", "amount"),
        [
            (term.instrument, name.replace("_", " "), money(amount))
            for term in found.explained.terms
            for name, amount in term.parts
        ],
        right=(2,),
    )


def _price(price: Decimal | None) -> str:
    return "never" if price is None else f"{price:,f}"
