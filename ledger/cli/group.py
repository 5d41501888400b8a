"""Turns errors into one line and an exit code, for every command alike."""

import logging
from typing import Any

import typer
from typer.core import TyperGroup

from ledger.cli.exits import exit_code
from ledger.cli.output import errors
from ledger.errors import LedgerError


class LedgerGroup(TyperGroup):
    """A group of commands in which no LedgerError becomes a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Runs the command that was named."""
        # What fails is said once, by us, and not by the pool's own log as well.
        logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
        try:
            return super().invoke(ctx)
        except LedgerError as error:
            say(error)
            raise typer.Exit(exit_code(error)) from None


def say(error: LedgerError) -> None:
    """The error in one line on stderr, with its code."""
    line = " ".join(str(error).split())
    errors().print(f"error \\[{error.code}]:", style="bold red", end=" ")
    errors().print(line, markup=False, highlight=False, soft_wrap=True)
