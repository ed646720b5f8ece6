"""``plimsoll backtest``: would this margin model have held, and what would it have cost?"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from plimsoll.cli.output import print_pairs, print_table, progress
from plimsoll.cli.program import NO, OK, say, wrong_input
from plimsoll.cli.report import deliver, report_options, report_path

if TYPE_CHECKING:
    from plimsoll.risk import RiskModel
    from plimsoll.risk.backtest.run import BacktestConfig

REPORT: Final = Path("backtest.html")
POLICIES_SHOWN: Final = 3
"""More are in the report and in the JSON."""
MODELS: Final = ("filtered-historical", "historical", "montecarlo", "scenario-matrix", "standard")


@click.command("backtest")
@click.option(
    "--panel", type=click.Path(path_type=Path), required=True, help="Past prices: wide hourly or long daily CSV."
)
@click.option("--model", type=click.Choice(MODELS), default=MODELS[0], show_default=True, help="What sets the margin.")
@click.option("--portfolio", "portfolios", multiple=True, metavar="NAME|FILE", help="Built in, or a file; repeatable.")
@click.option("--confidence", type=click.FloatRange(0.5, 0.9999), default=0.99, show_default=True, help="Coverage.")
@click.option("--horizon", type=click.IntRange(1, 720), default=24, show_default=True, help="Hours a margin must last.")
@click.option("--lookback", type=click.IntRange(2, 512), default=500, show_default=True, help="Scenarios, in steps.")
@click.option("--decay", type=click.FloatRange(0.5, 0.99999), default=0.97, show_default=True, help="EWMA lambda.")
@click.option("--floor", type=click.FloatRange(0, 1), default=0.1, show_default=True, help="Weight of the vol floor.")
@click.option("--class-offset", type=click.FloatRange(0, 1), default=1.0, show_default=True, help="Netting of classes.")
@click.option("--from", "start", metavar="TIME", default="2019-06-01", show_default=True, help="First step (ISO, UTC).")
@click.option("--to", "end", metavar="TIME", help="Steps end before this (ISO, UTC).")
@click.option("--dvol", type=click.Path(path_type=Path), help="Daily vol index of BTC (CSV), for straddle-btc.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=1, show_default=True, help="Draws and simulations.")
@click.option("--engine-every", type=click.IntRange(0), default=20, show_default=True, help="Ask the engine so often.")
@report_options(REPORT)
def backtest_command(out: Path | None, no_report: bool, as_json: bool, **asked: Any) -> int:
    """Margin of portfolios through the years, each day from what was known the day before; what came; and the tests.

    Built-in portfolios: btc, eth, btc-short, basket13, long-short, straddle-btc. See docs/backtest.md.
    """
    page = report_path(out, REPORT, no_report, as_json)
    from plimsoll.report import render_backtest
    from plimsoll.risk import RiskError
    from plimsoll.risk.backtest.run import run_backtest

    with wrong_input(RiskError, ValueError):
        config = _config(**asked)
    with progress(True) as advance, wrong_input(RiskError):
        result = run_backtest(config, advance)
    deliver(result, page, render_backtest, _print, as_json=as_json)
    for problem in result["problems"]:
        say(problem)
    return NO if result["problems"] else OK


def _config(
    *, model: str, portfolios: tuple[str, ...], start: str | None, end: str | None, **asked: Any
) -> "BacktestConfig":
    from plimsoll.risk.backtest import portfolios_of
    from plimsoll.risk.backtest.run import BacktestConfig
    from plimsoll.venue.decimals import milliseconds

    return BacktestConfig(
        panel=asked["panel"],
        model=_model(model, asked),
        portfolios=portfolios_of(portfolios),
        confidence=asked["confidence"],
        horizon_hours=asked["horizon"],
        class_offset=asked["class_offset"],
        start_ms=None if start is None else milliseconds(start, "--from"),
        end_ms=None if end is None else milliseconds(end, "--to"),
        dvol=asked["dvol"],
        seed=asked["seed"],
        engine_every=asked["engine_every"],
        probabilistic=model in ("filtered-historical", "historical", "montecarlo"),
    )


def _model(name: str, asked: Mapping[str, Any]) -> "RiskModel":
    from plimsoll import risk

    confidence, lookback, decay = asked["confidence"], asked["lookback"], asked["decay"]
    if name == "filtered-historical":
        return risk.FilteredHistorical(confidence, lookback, decay=decay, floor_weight=asked["floor"])
    if name == "historical":
        return risk.Historical(confidence, lookback)
    if name == "montecarlo":
        return risk.MonteCarlo(confidence, lookback - lookback % 2, seed=asked["seed"], decay=decay)
    if name == "scenario-matrix":
        # Deribit's range for BTC and ETH in quarters, vols up and down.
        moves = [step * 0.16 / 4 for step in range(-4, 5)]
        return risk.ScenarioMatrix(risk.spot_vol_grid(moves), risk.VolShock(minimum_up=0.5))
    return risk.Standard()


def _print(result: Mapping[str, Any], page: Path | None) -> None:
    """The summary on the terminal."""
    print_pairs(
        f"Backtest of {result['model']['name']} at {result['confidence']:.4g}, {result['horizon_hours']} h steps",
        [
            ("steps", f"{result['first']} to {result['last']}, {result['names']}"),
            ("model", ", ".join(f"{name} {value}" for name, value in result["model"]["parameters"].items())),
            ("out of sample", result["look_ahead"]["sentence"]),
            ("engine", result["engine"]["sentence"]),
            *[("policy", _policy(one)) for one in result["policies"][:POLICIES_SHOWN]],
            *[("note", note) for note in result["notes"]],
            ("report", str(page) if page else "none"),
        ],
    )
    _print_coverage(result["portfolios"])
    _print_shortfall(result["portfolios"])
    _print_netting(result["portfolios"], result["class_offset"])
    _print_cost(result["portfolios"])


def _policy(one: Mapping[str, Any]) -> str:
    """Where and when a policy was in force, and the digest by which it may be cited."""
    return f"{one['digest']} ({one['first']} to {one['last']}: {', '.join(one['classes'])})"


def _print_coverage(portfolios: Sequence[Mapping[str, Any]]) -> None:
    from plimsoll.risk.backtest import summary_rows

    heads = ("portfolio", "time", "steps", "exceptions", "Kupiec p", "indep. p", "both p", "zone", "margin", "verdict")
    rows = [
        (
            name,
            stretch,
            f"{part['steps']:,}",
            f"{part['exceptions']} of {part['expected']:.1f}",
            f"{part['kupiec']['p_value']:.3f}",
            f"{part['independence']['p_value']:.3f}",
            f"{part['conditional']['p_value']:.3f}",
            part["zone"],
            f"{part['margin_mean']:.2%}",
            part["verdict"],
        )
        for name, stretch, part in summary_rows(portfolios)
    ]
    print_table("Coverage (5 % tests)", heads, rows, right=(2, 3, 4, 5, 6, 8))


def _print_shortfall(portfolios: Sequence[Mapping[str, Any]]) -> None:
    rows = []
    for one in portfolios:
        test, moves, zones = one["shortfall"], one["procyclicality"], [window["zone"] for window in one["windows"]]
        rows.append(
            (
                one["portfolio"],
                "none" if test is None else f"{test['z2']:+.3f}",
                "none" if test is None else f"{test['p_value']:.3f}",
                " ".join(f"{zones.count(zone)} {zone}" for zone in ("green", "yellow", "red") if zone in zones),
                "none" if moves is None else f"{moves['peak_to_trough']:.1f}",
                "none" if moves is None else f"{moves['rise_1']:.0%}",
                "none" if moves is None else f"{moves['rise_5']:.0%}",
                "none" if moves is None else f"{moves['rise_30']:.0%}",
            )
        )
    heads = ("portfolio", "ES Z2", "p", "windows of 250", "peak/trough", "1-step rise", "5-step", "30-step")
    print_table("Shortfall and procyclicality", heads, rows, right=(1, 2, 4, 5, 6, 7))


def _print_netting(portfolios: Sequence[Mapping[str, Any]], offset: float) -> None:
    """What standing against each other saves; nothing is printed where every portfolio is one holding."""
    rows = [
        (
            one["portfolio"],
            f"{seen['alone']:.2%}",
            *(f"{-seen[name] + 0.0:.2%}" for name in ("within_groups", "within_classes", "across_classes")),
            f"{seen['account']:.2%}",
            f"{seen['share']:.0%}",
        )
        for one in portfolios
        if (seen := one["netting"]) and seen["alone"] != seen["account"]
    ]
    if rows:
        heads = ("portfolio", "each alone", "in groups", "in classes", "across classes", "account", "saved")
        print_table(f"Netting, mean margin, class offset {offset:g}", heads, rows, right=range(1, 7))


def _print_cost(portfolios: Sequence[Mapping[str, Any]]) -> None:
    rows = []
    for one in portfolios:
        cost = one["cost"]
        rows.append((one["portfolio"], "this model", f"{cost['margin_mean']:.2%}", str(cost["exceptions"]), "1.00"))
        ratio = cost["constant_over_model"]
        rows.append(
            (
                "",
                "constant, with hindsight",
                f"{cost['constant_hindsight']:.2%}",
                "by design",
                f"{ratio:.2f}" if ratio else "none",
            )
        )
        rows += [
            (
                "",
                f"{flat['venue']} initial",
                f"{flat['initial_mean']:.2%}",
                str(flat["exceptions_initial"]),
                f"{1 / flat['model_over_initial']:.2f}" if flat["model_over_initial"] else "none",
            )
            for flat in cost["flat"]
        ]
    print_table("What it costs", ("portfolio", "margin", "mean", "exceptions", "against model"), rows, right=(2, 3, 4))
