"""``plimsoll replay``: a market crash against a pool, journaled, verified and reported."""

import importlib.util
import math
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from plimsoll.cli.output import print_json, print_pairs, print_table, progress
from plimsoll.cli.program import NO, OK, refuse, say, wrong_input

if TYPE_CHECKING:
    from plimsoll.sim import ReplayConfig, ReplayResult
    from plimsoll.venue import Venue, VerifyReport

REPORT: Final = Path("report.html")
MANIFEST: Final = "manifest.json"
LOCK: Final = "journal.lock"
BEHIND_RECORDS: Final = 65_536
"""Nobody outside acts on the answers of a replay, so its journal may be written in large groups."""

_LOSSES: Final = ("shortfall_peak", "shortfall_end", "bad_debt", "adl_notional", "adl_loss", "socialised")
MECHANISM_WORDS: Final = {
    "bid": "liquidators bid",
    "backstop": "backstop",
    "fund": "insurance fund",
    "adl": "deleveraged",
    "socialised": "socialised",
}


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
@click.option("--hours", type=click.FloatRange(0, 100_000, min_open=True), help="Stop after so many hours.")
@click.option("--step", type=click.IntRange(1, 86_400), default=60, show_default=True, help="Seconds in a step.")
@click.option("--pool", type=click.Path(path_type=Path), help="Pool file (TOML); without it, the one in the package.")
@click.option("--fund", metavar="TOKENS", help="What the insurance fund starts with, instead of the pool file's.")
@click.option("--backstop", metavar="TOKENS", help="What the backstop starts with, instead of the pool file's.")
@click.option("--journal", type=click.Path(path_type=Path), help="Keep the journal here; else it is temporary.")
@click.option("--no-verify", is_flag=True, help="Do not re-execute the journal at the end.")
@click.option("--out", type=click.Path(path_type=Path), help=f"The report; {REPORT} unless --json or --no-report.")
@click.option("--no-report", is_flag=True, help="Write no report.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on the standard output.")
def replay_command(
    journal: Path | None, no_verify: bool, out: Path | None, no_report: bool, as_json: bool, **asked: Any
) -> int:
    """Replay a crash against a pool: 12 and 13 March 2020 unless --candles names files.

    Every command is journaled and, at the end, re-executed from the journal: same root, or exit code 1.
    """
    page = _report_path(out, no_report, as_json)
    with wrong_input(ValueError):
        config = _config(**asked)
    with _journaled(journal) as venue, progress(True) as advance:
        result = _run(config, venue, advance)
        venue.snapshot()
        venue.close()
        if journal is not None:
            _keep_names(journal, result, config)
        checked = None if no_verify or venue.directory is None else _verify(venue.directory, result.commands, advance)
    data = result.as_dict()
    data["journal"] = {
        "directory": str(journal) if journal else None,
        "records": venue.sequence,
        "chain": venue.chain.hex(),
    }
    data["verification"] = checked.as_dict() if checked else None
    problems = list(result.identities_broken)
    if checked is not None:
        problems += checked.problems
        if checked.root != result.root_hex:
            problems.append(f"re-execution gives root {checked.root}, the replay had {result.root_hex}")
    if page is not None:
        _write_report(data, page)
        data["report"] = str(page)
    if as_json:
        print_json(data)
    else:
        _print(data, page)
    for problem in problems:
        say(problem)
    return NO if problems else OK


def _report_path(out: Path | None, no_report: bool, as_json: bool) -> Path | None:
    """Where the report goes, found out before the long run; None for no report."""
    if no_report and out is not None:
        refuse("--out and --no-report contradict each other")
    if no_report or (as_json and out is None):
        return None
    missing = [name for name in ("jinja2", "plotly") if importlib.util.find_spec(name) is None]
    if missing and out is None:
        say(f"no report: {missing[0]} is not installed (plimsoll[report])")
        return None
    if missing:
        refuse(f"--out: a report needs {missing[0]}: install plimsoll[report]")
    page = out or REPORT
    if page.is_dir():
        refuse(f"--out: {page} is a directory")
    try:
        page.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        refuse(f"--out: {page.parent}: {(error.strerror or 'cannot be made').lower()}")
    return page


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
) -> "ReplayConfig":
    from plimsoll.sim import ReplayConfig
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
    )


@contextmanager
def _journaled(directory: Path | None) -> "Iterator[Venue]":
    """A venue in a directory that is kept, or in one that is removed at the end."""
    from plimsoll.journal import JournalError
    from plimsoll.venue import Venue

    kept = directory is not None
    existed = directory is not None and directory.exists()
    place = directory if directory is not None else Path(tempfile.mkdtemp(prefix="plimsoll-replay-"))
    venue: Venue | None = None
    try:
        with wrong_input(JournalError):
            venue = Venue.create(place, behind=BEHIND_RECORDS)
        yield venue
    finally:
        if venue is not None:
            venue.close()
        # A journal nobody asked for, or one in which nothing came to be, is not left behind.
        unused = venue is not None and venue.sequence == 0
        if not kept or (unused and not existed):
            shutil.rmtree(place, ignore_errors=True)
        elif unused:
            for path in (place / MANIFEST, place / LOCK, *place.glob("journal-*.plim")):
                path.unlink(missing_ok=True)


def _run(config: "ReplayConfig", venue: "Venue", advance: Any) -> "ReplayResult":
    from plimsoll.sim import SimulationError, run_replay

    with wrong_input(SimulationError):
        return run_replay(config, advance, venue)


def _keep_names(directory: Path, result: "ReplayResult", config: "ReplayConfig") -> None:
    """Names of the instruments beside the journal, for ``inspect`` and ``plimsoll.Pool.open``."""
    from plimsoll.sim import load_pool
    from plimsoll.venue.decimals import plain
    from plimsoll.venue.registry import Registry

    lots = {listing.name: plain(1 / listing.lots_per_coin) for listing in load_pool(config.pool).listings}
    listed = str(result.settings["replay"]["instruments"]).split(", ")
    Registry(directory, result.settlement, {n: (name, lots[name]) for n, name in enumerate(listed, 1)}).save()


def _verify(directory: Path, records: int, advance: Any) -> "VerifyReport":
    from plimsoll.venue import verify

    return verify(directory, lambda done: advance(done, records, "verifying the journal"))


def _write_report(data: dict[str, Any], page: Path) -> None:
    from plimsoll.report import ReportError, render_report

    with wrong_input(ReportError):
        render_report(data, page)


def _print(data: dict[str, Any], page: Path | None) -> None:
    """The summary on the terminal."""
    token, path, done = data["settlement"], data["path"], data["liquidations"]
    stretch = f"{path['start']} to {path['end']} ({path['label']}), seed {path['seed']}"
    print_pairs(
        f"Replay of {', '.join(path['symbols'])}, {stretch}",
        [
            *_what_happened(data),
            *_who_paid(data, token),
            *_how_it_was_kept(data),
            ("verdict", data["verdict"]["sentence"]),
            ("report", str(page) if page else "none"),
        ],
    )
    print_table(
        "Who took over",
        ("stage", "steps", "accounts", f"value, {token}"),
        [
            (MECHANISM_WORDS.get(name, name), f"{one['steps']:,}", f"{one['accounts']:,}", _tokens(one["notional"]))
            for name, one in done["mechanisms"].items()
        ],
        right=(1, 2, 3),
    )


def _what_happened(data: dict[str, Any]) -> list[tuple[str, str]]:
    accounts, calls, done = data["accounts"], data["calls"], data["liquidations"]
    waits = {name: _time(seconds) for name, seconds in done["breach_to_close_seconds"].items()}
    return [
        ("accounts", f"{accounts['total']:,}, {accounts['below_maintenance_peak']:,} below maintenance at worst"),
        ("margin calls", f"{calls['made']:,}, {calls['ended']:,} of them met; {calls['triggers']:,} triggers"),
        ("liquidations", f"{done['started']:,} of {done['accounts']:,} accounts; {done['open_at_end']:,} open"),
        ("from breach to closed", f"median {waits['median']}, 95 % {waits['p95']}, {waits['max']} at most"),
    ]


def _who_paid(data: dict[str, Any], token: str) -> list[tuple[str, str]]:
    fund = {name: _tokens(text) for name, text in data["fund"].items()}
    losses = {name: _tokens(data["losses"][name]) for name in _LOSSES}
    others = f"{data['losses']['adl_counterparties']:,} accounts, who bore {losses['adl_loss']}"
    return [
        ("fund before, after", f"{fund['start']}, {fund['end']} {token}; paid {fund['paid']}"),
        ("shortfall at worst, at the end", f"{losses['shortfall_peak']}, {losses['shortfall_end']} {token}"),
        ("bad debt", f"{losses['bad_debt']} {token}"),
        ("deleveraged", f"{losses['adl_notional']} {token} of {others}"),
        ("socialised", f"{losses['socialised']} {token}"),
    ]


def _how_it_was_kept(data: dict[str, Any]) -> list[tuple[str, str]]:
    identities, commands = data["identities"], data["commands"]
    return [
        ("identities", f"checked {identities['checked']:,} times, {len(identities['broken']) or 'none'} broken"),
        ("commands", f"{commands['total']:,}, {commands['per_second_engine']:,} a second in the engine"),
        ("journal", _journal(data)),
        ("verification", _verification(data["verification"])),
        ("root", data["root"]),
    ]


def _journal(data: dict[str, Any]) -> str:
    journal = data["journal"]
    return f"{journal['records']:,} records, {journal['directory'] or 'not kept'}"


def _verification(checked: dict[str, Any] | None) -> str:
    if checked is None:
        return "not asked for"
    result = "same root" if checked["ok"] else f"{len(checked['problems'])} problems"
    return f"{checked['sequence']:,} records re-executed, {checked['events']:,} events audited: {result}"


def _tokens(text: str) -> str:
    return f"{round(float(text)):,}"


def _time(seconds: float) -> str:
    return f"{seconds:g} s" if seconds < 120 else f"{seconds / 60:g} min"
