"""All commands of `fifoledger`, put together."""

from importlib.metadata import PackageNotFoundError, entry_points
from importlib.metadata import version as installed_version
from typing import Annotated

import typer

from ledger.cli import (
    bots,
    demo,
    login,
    lots,
    migrate,
    pnl,
    positions,
    rebuild,
    servers,
    settings,
    stats,
    status,
    trades,
    verify,
    watch,
)
from ledger.cli.exits import EXPLANATION
from ledger.cli.group import LedgerGroup

_HELP = """One ledger for every trading bot on an account: fills in, exact FIFO lots and P&L out.

Without any setting it works on a PostgreSQL and a cache of its own, started when they are needed. To use your
servers, set LEDGER_DATABASE_URL and LEDGER_REDIS_URL in the environment or in a file .env; `fifoledger settings`
shows what is in force. Commands speak of all bots in the database; --bot, --symbol and --account narrow that down.

New here? Start with: fifoledger demo
"""

app = typer.Typer(
    cls=LedgerGroup,
    help=_HELP,
    epilog=EXPLANATION,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_show_locals=False,
)

_START, _READ, _PROVE = "Start and set up", "Read", "Prove and repair"


def _print_version(wanted: bool) -> None:
    if not wanted:
        return
    try:
        found = installed_version("fifoledger")
    except PackageNotFoundError:
        found = "(run from its source, not installed)"
    typer.echo(f"fifoledger {found}")
    raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    del version  # answered by its callback


app.command("demo", rich_help_panel=_START)(demo.demo)
app.command("up", rich_help_panel=_START)(servers.up)
app.command("down", rich_help_panel=_START)(servers.down)
app.command("status", rich_help_panel=_START)(status.status)
app.command("migrate", rich_help_panel=_START)(migrate.migrate)
app.command("login", rich_help_panel=_START)(login.login)
app.command("settings", rich_help_panel=_START)(settings.settings)
app.command("positions", rich_help_panel=_READ)(positions.positions)
app.command("watch", rich_help_panel=_READ)(watch.watch)
app.command("lots", rich_help_panel=_READ)(lots.lots)
app.command("trades", rich_help_panel=_READ)(trades.trades)
app.command("pnl", rich_help_panel=_READ)(pnl.pnl)
app.command("stats", rich_help_panel=_READ)(stats.stats)
app.add_typer(bots.app, name="bots", rich_help_panel=_READ)
app.command("verify", rich_help_panel=_PROVE)(verify.verify)
app.command("rebuild", rich_help_panel=_PROVE)(rebuild.rebuild)

# Each adds its commands to the app; names in one order, whatever is installed.
for _extension in sorted(entry_points(group="fifoledger.commands"), key=lambda found: found.name):
    _extension.load()(app)


def main() -> None:
    """Runs the command line."""
    app(prog_name="fifoledger")
