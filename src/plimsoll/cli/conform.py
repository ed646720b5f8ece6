"""``plimsoll conform``: venues' own numbers from vector files, compared with what this engine and its presets say."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plimsoll.cli.output import print_json, progress
from plimsoll.cli.program import NO, OK, WRONG_INPUT, say, wrong_input

if TYPE_CHECKING:
    from plimsoll.conform import FileReport


@click.command("conform")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object on the standard output, every case in it.")
@click.option("--verbose", is_flag=True, help="Figures compared; what is not covered, by formula, and why.")
def conform_command(paths: tuple[Path, ...], as_json: bool, verbose: bool) -> int:
    """Run the vector files named, and every *.json below the folders named.

    Exit code 0: nothing failed; 1: a case failed; 2: a file cannot be read. See docs/conformance.md.
    """
    from plimsoll.conform import FAILED, Unreadable, run_file, vector_files

    with wrong_input(Unreadable):
        files = vector_files(paths)
    reports: list[FileReport] = []
    unreadable: list[str] = []
    # Printed after the bar is gone: while it stands it takes the standard output with it.
    with progress(True) as advance:
        for place, path in enumerate(files):
            advance(place, len(files), path.name)
            try:
                reports.append(run_file(path))
            except Unreadable as error:
                unreadable.append(str(error))
    for text in unreadable:
        say(text)
    if not as_json:
        for report in reports:
            _print_file(report, verbose)
    total: Counter[str] = Counter()
    for report in reports:
        total.update(report.counts)
    if as_json:
        print_json(
            {"files": [_data(report) for report in reports], "total": _counts(total), "unreadable": len(unreadable)}
        )
    else:
        click.echo(f"total: {_said(total)} in {len(reports)} files")
    if unreadable:
        return WRONG_INPUT
    return NO if total[FAILED] else OK


def _print_file(report: "FileReport", verbose: bool) -> None:
    from plimsoll.conform import FAILED, NOT_COVERED, PASSED

    click.echo(f"{report.path}: {_said(Counter(report.counts))}{_remark(report)}")
    for outcome in report.outcomes:
        if outcome.status == FAILED:
            click.echo(f"  failed {outcome.id} {outcome.formula}: {outcome.said}")
    if not verbose:
        return
    passed = [one for one in report.outcomes if one.status == PASSED]
    if passed:
        click.echo(f"  passed: {sum(one.figures for one in passed)} figures compared in {len(passed)} cases")
    reasons = Counter((one.formula, one.said) for one in report.outcomes if one.status == NOT_COVERED)
    for (formula, said), number in reasons.items():
        click.echo(f"  not covered {formula} ({number}): {said}")


def _remark(report: "FileReport") -> str:
    if report.kind is not None:
        return ""
    uncounted = "; its cases cannot be counted" if report.unread is None else ""
    return f" (not a kind of file that is understood{uncounted})"


def _said(counts: "Counter[str]") -> str:
    from plimsoll.conform import FAILED, NOT_COVERED, PASSED

    return f"{counts[PASSED]} passed, {counts[FAILED]} failed, {counts[NOT_COVERED]} not covered"


def _counts(counts: "Counter[str]") -> dict[str, int]:
    from plimsoll.conform import FAILED, NOT_COVERED, PASSED

    return {name: counts[name] for name in (PASSED, FAILED, NOT_COVERED)}


def _data(report: "FileReport") -> dict[str, Any]:
    return {
        "path": str(report.path),
        "kind": report.kind,
        **report.counts,
        "cases": [
            {
                "id": one.id,
                "formula": one.formula,
                "status": one.status,
                "said": one.said,
                "figures": one.figures,
            }
            for one in report.outcomes
        ],
    }
