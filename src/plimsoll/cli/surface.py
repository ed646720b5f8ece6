"""``plimsoll surface``: how well smiles without arbitrage fit a file of option chains."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click

from plimsoll.cli.output import print_pairs, print_table, progress
from plimsoll.cli.program import NO, OK, say, wrong_input
from plimsoll.cli.report import deliver, report_options, report_path

REPORT: Final = Path("surface.html")
SNAPSHOTS_SHOWN: Final = 10


@click.command("surface")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--currency", "currencies", multiple=True, metavar="NAME", help="Only this underlying; repeatable.")
@click.option("--from", "start", metavar="TIME", help="First snapshot (ISO, UTC).")
@click.option("--to", "end", metavar="TIME", help="Snapshots before this (ISO, UTC).")
@click.option("--unconstrained", is_flag=True, help="Fit each smile alone and report the arbitrage it has.")
@click.option("--move", type=float, default=0.01, show_default=True, help="Report the delta-hedged error of this move.")
@report_options(REPORT)
def surface_command(
    file: Path,
    currencies: tuple[str, ...],
    start: str | None,
    end: str | None,
    unconstrained: bool,
    move: float,
    out: Path | None,
    no_report: bool,
    as_json: bool,
) -> int:
    """SVI smiles fitted to the option chains in FILE: errors in vol points and in price, arbitrage left.

    FILE is a CSV of snapshots (ts, currency, expiry, strike, cp, mark, iv, fut), gzip read through. See
    docs/pricing.md.
    """
    page = report_path(out, REPORT, no_report, as_json)
    from plimsoll.report import render_surface
    from plimsoll.risk import RiskError
    from plimsoll.risk.surfaces import SurfaceConfig, run_surface
    from plimsoll.venue.decimals import milliseconds

    with wrong_input(RiskError, ValueError):
        config = SurfaceConfig(
            file,
            currencies,
            None if start is None else milliseconds(start, "--from"),
            None if end is None else milliseconds(end, "--to"),
            constrained=not unconstrained,
            move=move,
        )
    with progress(True) as advance, wrong_input(RiskError):
        result = run_surface(config, advance)
    deliver(result, page, render_surface, _print, as_json=as_json)
    for problem in result["problems"]:
        say(problem)
    return NO if result["problems"] else OK


def _print(result: Mapping[str, Any], page: Path | None) -> None:
    """The summary on the terminal."""
    free = "each smile alone" if not result["constrained"] else "without butterfly arbitrage, below the next expiry"
    print_pairs(
        f"SVI surfaces of {result['file']}",
        [
            ("snapshots", f"{result['snapshots']} from {result['first']} to {result['last']}"),
            ("fitted", f"{result['smiles']:,} smiles to {result['strikes']:,} strikes, {free}"),
            ("left out", f"{len(result['left_out'])} expiries" if result["left_out"] else "nothing"),
            ("arbitrage", "; ".join(result["problems"]) or "none in any smile, none between expiries on their bodies"),
            ("report", str(page) if page else "none"),
        ],
    )
    _print_maturities(result["by_maturity"])
    _print_snapshots(result["by_snapshot"])
    for latest in result["latest"]:
        rows = [
            row for row in result["by_expiry"] if (row["time"], row["currency"]) == (latest["time"], latest["currency"])
        ]
        _print_expiries(f"{latest['currency']} at {latest['time']}, the latest", rows, result["move"])


def _print_maturities(rows: Sequence[Mapping[str, Any]]) -> None:
    heads = ("", "days", "smiles", "strikes", "body", "mean", "95 %", "USD mean", "95 %", "largest", "% of forward")
    print_table(
        "Absolute errors by maturity, in vol points (body: within 1.5 deviations of the forward) and in price",
        heads,
        [
            (
                row["currency"],
                row["bucket"].removesuffix(" d"),
                f"{row['expiries']:,}",
                f"{row['strikes']:,}",
                "none" if row["vol_points_body"] is None else f"{row['vol_points_body']:.2f}",
                f"{row['vol_points_mean']:.2f}",
                f"{row['vol_points_p95']:.2f}",
                *(f"{row[f'usd_{label}']:,.2f}" for label in ("mean", "p95", "max")),
                f"{row['percent_mean']:.3f}",
            )
            for row in rows
        ],
        right=range(2, 11),
    )


def _print_snapshots(rows: Sequence[Mapping[str, Any]]) -> None:
    worst = sorted(rows, key=lambda row: -(row["rmse_vol_points_body"] or 0.0))[:SNAPSHOTS_SHOWN]
    some = f"the {len(worst)} worst of {len(rows)}, all in the report" if len(worst) < len(rows) else f"all {len(rows)}"
    heads = ("", "time", "expiries", "RMSE body", "RMSE", "USD mean", "largest", "butterfly", "calendar")
    print_table(
        f"Snapshots, {some}: RMSE in vol points, price errors in USD, expiries with arbitrage",
        heads,
        [
            (
                row["currency"],
                row["time"],
                str(row["expiries"]),
                _points(row["rmse_vol_points_body"]),
                _points(row["rmse_vol_points"]),
                f"{row['mean_usd']:,.2f}",
                f"{row['max_usd']:,.2f}",
                str(row["butterfly"]),
                str(row["calendar"]),
            )
            for row in worst
        ],
        right=range(2, 9),
    )


def _print_expiries(title: str, rows: Sequence[Mapping[str, Any]], move: float) -> None:
    heads = ("expiry", "days", "strikes", "RMSE body", "RMSE", "USD mean", "largest", "least g", "calendar", "hedged")
    print_table(
        f"{title} (hedged: the most delta may miss for a move of {move:.4g}, % of forward)",
        heads,
        [
            (
                row["expiry"],
                f"{row['years'] * 365:.1f}",
                str(row["strikes"]),
                _points(row["rmse_vol_points_body"]),
                _points(row["rmse_vol_points"]),
                f"{row['mean_usd']:,.2f}",
                f"{row['max_usd']:,.2f}",
                f"{row['min_g']:.4f}",
                "in order" if row["calendar_ok"] else "crosses",
                f"{row['hedged_percent']:.4f}",
            )
            for row in rows
        ],
        right=(1, 2, 3, 4, 5, 6, 7, 9),
    )


def _points(value: float | None) -> str:
    return "none" if value is None else f"{value:.2f}"
