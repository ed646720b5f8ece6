"""A command's report and its answer: the options they share, where the page goes, and what is printed."""

import importlib.util
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from plimsoll.cli.output import print_json
from plimsoll.cli.program import refuse, say, wrong_input

Command = TypeVar("Command", bound=Callable[..., Any])


def report_options(default: Path) -> Callable[[Command], Command]:
    """``--out``, ``--no-report`` and ``--json`` of a command; the report goes to ``default`` unless asked otherwise."""

    def decorated(command: Command) -> Command:
        for option in (
            click.option("--json", "as_json", is_flag=True, help="One JSON object on the standard output."),
            click.option("--no-report", is_flag=True, help="Write no report."),
            click.option(
                "--out", type=click.Path(path_type=Path), help=f"The report; {default} unless --json or --no-report."
            ),
        ):
            command = option(command)
        return command

    return decorated


def report_path(out: Path | None, default: Path, no_report: bool, as_json: bool) -> Path | None:
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
    page = out or default
    if page.is_dir():
        refuse(f"--out: {page} is a directory")
    try:
        page.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        refuse(f"--out: {page.parent}: {(error.strerror or 'cannot be made').lower()}")
    return page


def deliver(
    result: Mapping[str, Any],
    page: Path | None,
    render: Callable[[Mapping[str, Any], Path], Path],
    show: Callable[[Mapping[str, Any], Path | None], None],
    *,
    as_json: bool,
) -> None:
    """Write the report, then answer: one JSON object that names it, or the tables of ``show``."""
    from plimsoll.report import ReportError

    if page is not None:
        with wrong_input(ReportError):
            render(result, page)
    if as_json:
        print_json({**result, "report": str(page) if page else None})
    else:
        show(result, page)
