"""``plimsoll inspect``: what a journal, a segment or a snapshot holds. Read only, and as far as it can be read."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plimsoll.cli.output import print_json, print_pairs, print_table
from plimsoll.cli.program import refuse, say, wrong_input

if TYPE_CHECKING:
    from plimsoll.cli.survey import Survey


@click.command("inspect")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--events", type=click.IntRange(0, 1_000_000), default=0, metavar="N", help="Also the last N events.")
@click.option("--account", type=click.IntRange(0), metavar="A", help="Also one account, with its margin explained.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on the standard output.")
def inspect_command(path: Path, events: int, account: int | None, as_json: bool) -> None:
    """What is in PATH: a journal's directory, its manifest, one segment, or one snapshot.

    Nothing is changed and nothing locked. Damage is reported and what lies before it is shown; whether the state is
    right is for ``plimsoll verify``.
    """
    from plimsoll.journal import JournalError
    from plimsoll.venue import InputRefused, VenueError

    with wrong_input(JournalError, VenueError, InputRefused):
        from plimsoll.cli.survey import survey_of

        if not path.exists():
            refuse(f"{path}: no such file or directory")
        found = survey_of(path, events, account)
    if as_json:
        print_json(found.data)
    else:
        _print(found)
    for note in found.notes:
        say(note)


def _print(found: "Survey") -> None:
    data = found.data
    print_pairs(f"{data['what'].capitalize()} {data['path']}", _pairs(data))
    for title in ("Files", "Instruments", "Pots"):
        if rows := data.get(title.lower()):
            heads = list(rows[0])
            cells = [[_said(row[head]) for head in heads] for row in rows]
            print_table(title, [head.replace("_", " ") for head in heads], cells, right=range(1, len(heads)))
    if data.get("account"):
        click.echo(data["account"]["explained"])
    if data.get("events"):
        click.echo(f"Last {len(data['events'])} events")
        for line in data["events"]:
            click.echo(f"  {line}")


def _pairs(data: dict[str, Any], prefix: str = "") -> Iterable[tuple[str, str]]:
    """Everything that is a single value, groups under their name."""
    for name, value in data.items():
        if isinstance(value, dict) and name not in ("account", "policy"):
            yield from _pairs(value, f"{prefix}{name}: ")
        elif not isinstance(value, (dict, list)) and value is not None and name not in ("what", "path"):
            yield f"{prefix}{name}".replace("_", " "), _said(value)


def _said(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
