"""What every command has in common: errors in one line with an exit code, and help that fits the terminal."""

import errno
import logging
import os
import re
import sys
from inspect import cleandoc
from typing import Any

import typer
from typer.core import TyperGroup

from ledger.cli.exits import ExitCode, exit_code
from ledger.cli.output import errors
from ledger.errors import LedgerError


class LedgerGroup(TyperGroup):
    """A group of commands in which no LedgerError becomes a traceback."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        for command in (self, *self.commands.values()):
            command.help = command.help and unwrapped(command.help)

    def invoke(self, ctx: Any) -> Any:
        """Runs the command that was named."""
        # What fails is said once, by us, and not by the pool's own log as well.
        logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
        try:
            return super().invoke(ctx)
        except LedgerError as error:
            say(error)
            raise typer.Exit(exit_code(error)) from None
        except BrokenPipeError:
            _write_to_nobody()
            raise typer.Exit(ExitCode.NOBODY_READS) from None
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            _write_to_nobody()
            _print("output", f"what was to be printed cannot be written: {error.strerror}")
            raise typer.Exit(ExitCode.UNAVAILABLE) from None


def _write_to_nobody() -> None:
    """Python writes what is left when it ends, and would complain once more."""
    nobody = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nobody, sys.stdout.fileno())
    os.close(nobody)


def unwrapped(text: str) -> str:
    """A help text for terminals of any width: a paragraph is one line, an indented line stays one."""
    return re.sub(r"(?<=\S)\n(?=\S)", " ", cleandoc(text))


def say(error: LedgerError) -> None:
    """The error in one line on stderr, with its code."""
    _print(error.code, " ".join(str(error).split()))


def _print(code: str, line: str) -> None:
    errors().print(f"error \\[{code}]:", style="bold red", end=" ")
    errors().print(line, markup=False, highlight=False, soft_wrap=True)
