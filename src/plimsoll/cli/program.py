"""How a command ends: one line for what went wrong, and an exit code that says which kind of wrong."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NoReturn

import click

OK: Final = 0
NO: Final = 1
WRONG_INPUT: Final = 2
INTERRUPTED: Final = 128 + signal.SIGINT


class WrongInput(click.ClickException):
    """The caller's input is no use, said in one line."""

    exit_code = WRONG_INPUT


class Program(click.Group):
    """A group whose errors are one line without usage or traceback, and whose commands return their exit code."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run, then leave with the command's exit code (``standalone_mode=False``: return or raise it)."""
        run: Callable[..., Any] = super().main
        if not extra.pop("standalone_mode", True):
            return run(*args, standalone_mode=False, **extra)
        sys.exit(_guarded(lambda: run(*args, standalone_mode=False, **extra)))


def _guarded(run: Callable[[], Any]) -> int:
    try:
        code = run()
        sys.stdout.flush()
        return code if isinstance(code, int) else OK
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return WRONG_INPUT
    except click.ClickException as error:
        say(error.format_message())
        return WRONG_INPUT
    except (click.Abort, KeyboardInterrupt):
        say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone; what Python still holds must not be written to a closed pipe at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NO
    except OSError as error:
        say(f"{error.filename or 'the system'}: {(error.strerror or str(error)).lower()}")
        return WRONG_INPUT


def say(text: str) -> None:
    """One line on the standard error."""
    click.echo(f"plimsoll: {' '.join(text.split())}", err=True)


@contextmanager
def wrong_input(*kinds: type[Exception]) -> Iterator[None]:
    """Errors of these kinds are the caller's input: one line, exit code 2."""
    try:
        yield
    except kinds as error:
        refuse(str(error))


def refuse(text: str) -> NoReturn:
    """End with one line and exit code 2."""
    raise WrongInput(text)
