"""All commands of `fifoledger`, put together."""

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, entry_points
from importlib.metadata import version as installed_version
from typing import Annotated

import typer

from ledger.cli.exits import EXPLANATION
from ledger.cli.lazy import LazyCommand, LazyGroup

_HELP = """One ledger for every trading bot on an account: fills in, exact FIFO lots and P&L out.

Without any setting it works on a PostgreSQL and a cache of its own, started when they are needed. To use your
servers, set LEDGER_DATABASE_URL and LEDGER_REDIS_URL in the environment or in a file .env; `fifoledger settings`
shows what is in force. Commands speak of all bots in the database; --bot, --symbol and --account narrow that down.

New here? Start with: fifoledger demo
"""

_START, _READ, _PROVE = "Start and set up", "Read", "Prove and repair"
_COMMANDS = (
    LazyCommand("demo", "ledger.cli.demo:demo", _START),
    LazyCommand("up", "ledger.cli.servers:up", _START),
    LazyCommand("down", "ledger.cli.servers:down", _START),
    LazyCommand("status", "ledger.cli.status:status", _START),
    LazyCommand("migrate", "ledger.cli.migrate:migrate", _START),
    LazyCommand("login", "ledger.cli.login:login", _START),
    LazyCommand("settings", "ledger.cli.settings:settings", _START),
    LazyCommand("positions", "ledger.cli.positions:positions", _READ),
    LazyCommand("watch", "ledger.cli.watch:watch", _READ),
    LazyCommand("lots", "ledger.cli.lots:lots", _READ),
    LazyCommand("trades", "ledger.cli.trades:trades", _READ),
    LazyCommand("pnl", "ledger.cli.pnl:pnl", _READ),
    LazyCommand("stats", "ledger.cli.stats:stats", _READ),
    LazyCommand("bots", "ledger.cli.bots:app", _READ),
    LazyCommand("verify", "ledger.cli.verify:verify", _PROVE),
    LazyCommand("rebuild", "ledger.cli.rebuild:rebuild", _PROVE),
)


class _Root(LazyGroup):
    """The ledger's commands, then those of packages that build on it, by the names of these."""

    def sources(self) -> Iterator[LazyCommand]:
        yield from _COMMANDS
        for extension in sorted(entry_points(group="fifoledger.commands"), key=lambda found: found.name):
            yield from extension.load()


app = typer.Typer(
    cls=_Root,
    help=_HELP,
    epilog=EXPLANATION,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_show_locals=False,
)


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


def main() -> None:
    """Runs the command line."""
    app(prog_name="fifoledger")
