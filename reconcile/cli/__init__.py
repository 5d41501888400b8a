"""The commands that this package adds to `fifoledger`."""

import typer

from reconcile.cli.paper import paper

_EXCHANGE = "The exchange"


def add_commands(app: typer.Typer) -> None:
    """Called by the command line, which finds it as an entry point."""
    app.command("paper", rich_help_panel=_EXCHANGE)(paper)
