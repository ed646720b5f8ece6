"""The command line: files and options in, tables for people or one JSON object for programs out.

What may enter: paths, words, decimals as text. Heavy imports stay inside the commands, so that ``--help`` is instant.
What never does: a decision. Exit code 0 is a yes, 1 an honest no (it does not verify), 2 an input that is no use.
"""

import click

import plimsoll
from plimsoll.cli.backtest import backtest_command
from plimsoll.cli.compare import compare_command
from plimsoll.cli.conform import conform_command
from plimsoll.cli.inspect import inspect_command
from plimsoll.cli.margin import margin_command
from plimsoll.cli.program import Program
from plimsoll.cli.replay import replay_command
from plimsoll.cli.sim import sim_command
from plimsoll.cli.surface import surface_command
from plimsoll.cli.verify import verify_command

__all__ = ["main"]


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(plimsoll.__version__, prog_name="plimsoll", message="%(prog)s %(version)s")
def main() -> None:
    """Plimsoll: margin, liquidation and proof for derivatives and lending."""


for command in (
    replay_command,
    margin_command,
    compare_command,
    backtest_command,
    surface_command,
    inspect_command,
    verify_command,
    conform_command,
    sim_command,
):
    main.add_command(command)
