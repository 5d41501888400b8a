"""The commands that this package adds to `fifoledger`."""

import typer

from reconcile.cli import accounts, findings, importing, legacy, quarantine
from reconcile.cli.coverage import coverage
from reconcile.cli.orders import orders
from reconcile.cli.paper import paper
from reconcile.cli.reconcile import reconcile
from reconcile.cli.serve import serve

_EXCHANGE = "The exchange"
_PAST = "The past"


def add_commands(app: typer.Typer) -> None:
    """Called by the command line, which finds it as an entry point."""
    app.command("reconcile", rich_help_panel=_EXCHANGE)(reconcile)
    app.command("orders", rich_help_panel=_EXCHANGE)(orders)
    app.add_typer(findings.app, name="findings", rich_help_panel=_EXCHANGE)
    app.command("coverage", rich_help_panel=_EXCHANGE)(coverage)
    app.add_typer(quarantine.app, name="quarantine", rich_help_panel=_EXCHANGE)
    app.add_typer(accounts.app, name="accounts", rich_help_panel=_EXCHANGE)
    app.command("serve", rich_help_panel=_EXCHANGE)(serve)
    app.command("paper", rich_help_panel=_EXCHANGE)(paper)
    app.add_typer(importing.app, name="import", rich_help_panel=_PAST)
    app.add_typer(legacy.app, name="legacy", rich_help_panel=_PAST)
