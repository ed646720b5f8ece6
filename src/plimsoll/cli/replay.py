"""``plimsoll replay``: a market crash against a pool, journaled, verified and reported."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from plimsoll.cli.output import Advance, progress
from plimsoll.cli.program import NO, OK, refuse, say, wrong_input
from plimsoll.cli.replay_journal import journaled, keep_names, problems_of, verify_journal
from plimsoll.cli.replay_summary import print_replay
from plimsoll.cli.report import deliver, report_options, report_path

if TYPE_CHECKING:
    from plimsoll.sim import ReplayConfig, ReplayResult
    from plimsoll.venue import Venue

REPORT: Final = Path("report.html")


@click.command("replay")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=1, show_default=True, help="Fixes everything.")
@click.option("--accounts", type=click.IntRange(1, 2_000_000), default=10_000, show_default=True, help="Population.")
@click.option(
    "--candles", type=click.Path(path_type=Path), multiple=True, help="File of prices (CSV, Parquet); may be repeated."
)
@click.option("--symbol", "symbols", multiple=True, help="Only this symbol of the files; may be repeated.")
@click.option("--market", help="Which market, where the files have several.")
@click.option("--interval", help="Which interval, where the files have several.")
@click.option("--exchange", help="Which exchange (column venue), where the files have several.")
@click.option("--from", "start", metavar="TIME", help="First time used of the files (ISO, UTC).")
@click.option("--to", "end", metavar="TIME", help="Time before which the files are used (ISO, UTC).")
@click.option("--preset", "presets", multiple=True, metavar="NAME", help="Run under a venue's rules; may be repeated.")
@click.option("--mechanisms", is_flag=True, help="Run under each mechanism of the waterfall.")
@click.option("--hours", type=click.FloatRange(0, 100_000, min_open=True), help="Stop after so many hours.")
@click.option("--step", type=click.IntRange(1, 86_400), default=60, show_default=True, help="Seconds in a step.")
@click.option("--pool", type=click.Path(path_type=Path), help="Pool file (TOML); without it, the one in the package.")
@click.option("--fund", metavar="TOKENS", help="What the insurance fund starts with, instead of the pool file's.")
@click.option("--backstop", metavar="TOKENS", help="What the backstop starts with, instead of the pool file's.")
@click.option("--no-desk", is_flag=True, help="No option desk: nobody is in portfolio mode.")
@click.option("--journal", type=click.Path(path_type=Path), help="Keep the journal here; else it is temporary.")
@click.option("--no-verify", is_flag=True, help="Do not re-execute the journal at the end.")
@report_options(REPORT)
def replay_command(
    journal: Path | None,
    no_verify: bool,
    out: Path | None,
    no_report: bool,
    as_json: bool,
    presets: tuple[str, ...],
    mechanisms: bool,
    **asked: Any,
) -> int:
    """Replay a crash against a pool: 12 and 13 March 2020 unless --candles names files.

    Every command is journaled and, at the end, re-executed from the journal: same root, or exit code 1. With --preset
    the same crash and the same population run under each preset's rules, side by side; with --mechanisms under each
    mechanism of the waterfall.
    """
    from plimsoll.report import render_report
    from plimsoll.sim import NO_DESK

    page = report_path(out, REPORT, no_report, as_json)
    with wrong_input(ValueError):
        config = _config(**asked)
    if presets and mechanisms:
        refuse("--preset and --mechanisms contradict each other")
    if mechanisms:
        from plimsoll.cli.replay_mechanisms import replay_mechanisms

        return replay_mechanisms(config, journal, page, verified=not no_verify, as_json=as_json)
    if presets:
        from plimsoll.cli.replay_presets import replay_presets

        return replay_presets(config, presets, journal, page, verified=not no_verify, as_json=as_json)
    with journaled(journal) as venue, progress(True) as advance:
        result = _run(config, venue, advance)
        venue.snapshot()
        venue.close()
        if journal is not None:
            keep_names(journal, result)
        place = None if no_verify else venue.directory
        checked = None if place is None else verify_journal(place, result.commands, advance)
    data = result.as_dict()
    data["journal"] = {
        "directory": str(journal) if journal else None,
        "records": venue.sequence,
        "chain": venue.chain.hex(),
    }
    data["verification"] = checked.as_dict() if checked else None
    problems = problems_of(result, checked)
    for note in result.notes:
        if note.startswith(NO_DESK):
            say(note)
    deliver(data, page, render_report, print_replay, as_json=as_json)
    for problem in problems:
        say(problem)
    return NO if problems else OK


def _config(
    *,
    seed: int,
    accounts: int,
    candles: tuple[Path, ...],
    symbols: tuple[str, ...],
    market: str | None,
    interval: str | None,
    exchange: str | None,
    start: str | None,
    end: str | None,
    hours: float | None,
    step: int,
    pool: Path | None,
    fund: str | None,
    backstop: str | None,
    no_desk: bool,
) -> "ReplayConfig":
    from plimsoll.sim import DeskConfig, ReplayConfig
    from plimsoll.venue.decimals import milliseconds

    if hours is not None and not math.isfinite(hours):
        refuse("--hours: must be a number")
    for name, given in (("--symbol", symbols), ("--market", market), ("--interval", interval), ("--from", start)):
        if given and not candles:
            refuse(f"{name} chooses from files: give --candles")
    if (end or exchange) and not candles:
        refuse("--to and --exchange choose from files: give --candles")
    return ReplayConfig(
        seed=seed,
        accounts=accounts,
        step_seconds=step,
        steps_max=None if hours is None else max(1, round(hours * 3600 / step)),
        candles=candles,
        symbols=symbols,
        market=market,
        interval=interval,
        venue=exchange,
        start_ms=None if start is None else milliseconds(start, "--from"),
        end_ms=None if end is None else milliseconds(end, "--to"),
        pool=pool,
        fund=fund,
        backstop=backstop,
        desk=None if no_desk else DeskConfig(),
    )


def _run(config: "ReplayConfig", venue: "Venue", advance: Advance) -> "ReplayResult":
    from plimsoll.sim import SimulationError, run_replay

    with wrong_input(SimulationError):
        return run_replay(config, advance, venue)
