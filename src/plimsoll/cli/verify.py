"""``plimsoll verify``: re-execute a journal from the first record and compare every trace that was left."""

from pathlib import Path

import click

from plimsoll.cli.output import print_json, print_pairs, progress
from plimsoll.cli.program import NO, OK, refuse, say, wrong_input


@click.command("verify")
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--root", metavar="HEX", help="The state root that was published; verification fails if it differs.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on the standard output.")
def verify_command(directory: Path, root: str | None, as_json: bool) -> int:
    """Re-execute the journal in DIRECTORY and compare it with its snapshots, its identities and an auditor's books.

    Exit code 0: it verifies. 1: it does not, and the problems are listed. 2: there is no journal to verify.
    """
    from plimsoll.journal import JournalMissing, JournalReadFailed
    from plimsoll.venue import verify

    expected = _root_of(root)
    with wrong_input(JournalMissing, JournalReadFailed), progress(True) as advance:
        report = verify(directory, lambda records: advance(records, None, "re-executing"))
    if expected and report.root != expected:
        report.problems.append(f"the root is {report.root}, not the published {expected}")
    if as_json:
        print_json({"directory": str(directory), **report.as_dict()})
    else:
        rate = f"{report.sequence / max(report.seconds, 1e-9):,.0f} a second"
        print_pairs(
            f"Verification of {directory}",
            [
                ("records re-executed", f"{report.sequence:,} ({rate})"),
                ("accepted, refused", f"{report.accepted:,}, {report.refused:,}"),
                ("events audited", f"{report.events:,}"),
                ("identities checked", f"{report.identities_checked:,} times"),
                ("snapshots compared", ", ".join(map(str, report.snapshots_checked)) or "none"),
                ("unfinished bytes at the end", f"{report.cut_bytes:,} {report.cut_reason}".strip()),
                ("chain", report.chain),
                ("root", report.root),
                ("result", "verified" if report.ok else f"NOT VERIFIED, {len(report.problems)} problems"),
            ],
        )
    for problem in report.problems:
        say(problem)
    return OK if report.ok else NO


def _root_of(text: str | None) -> str:
    if text is None:
        return ""
    plain = text.lower().removeprefix("0x")
    if len(plain) != 64 or set(plain) - set("0123456789abcdef"):
        refuse(f"--root: {text[:80]!r} is not 64 hexadecimal digits")
    return plain
