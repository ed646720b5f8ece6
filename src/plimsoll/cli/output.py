"""Output: tables and progress for people, one JSON object for programs. The terminal library is loaded when used."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

WIDTH_WITHOUT_TERMINAL = 110

Advance = Callable[[int, int | None, str], None]
"""Called with (done, total if known, what is going on)."""


def print_json(data: Mapping[str, Any]) -> None:
    """One object on the standard output; decimals become text."""
    click.echo(json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False, default=_plain))


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(f"{type(value).__name__} has no place in JSON")


def console(stderr: bool = False) -> "Console":
    """The terminal, or a plain page of fixed width when the output goes elsewhere."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else WIDTH_WITHOUT_TERMINAL
    return Console(file=stream, width=width, highlight=False, emoji=False, markup=False)


def print_pairs(title: str, pairs: Iterable[tuple[str, str]]) -> None:
    """A table of names and values."""
    print_table(title, ("", ""), pairs, headed=False)


def print_table(
    title: str, heads: Sequence[str], rows: Iterable[Sequence[str]], *, headed: bool = True, right: Sequence[int] = ()
) -> None:
    """A table; columns numbered in ``right`` are aligned to the right."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title, style="bold"), title_justify="left", box=box.SIMPLE_HEAD, show_header=headed)
    for place, head in enumerate(heads):
        table.add_column(Text(head), justify="right" if place in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    page = console()
    with page.capture() as captured:
        page.print(table)
    # Printed by click: a closed pipe is then its error, and lines end where their text does.
    click.echo("\n".join(line.rstrip() for line in captured.get().rstrip().splitlines()) + "\n")


def whole_tokens(text: str) -> str:
    """An amount of tokens without its decimals, grouped; ``--json`` has every micro."""
    return f"{round(float(text)):,}"


@contextmanager
def progress(show: bool) -> Iterator[Advance]:
    """A progress bar on the standard error while the block runs; nothing when that is no terminal."""
    if not show or not sys.stderr.isatty():
        yield lambda done, total, what: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total, what: bar.update(task, completed=done, total=total, description=what)
