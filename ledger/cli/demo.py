from typing import Annotated

import typer

from ledger.cli.options import Json
from ledger.cli.output import errors, output, print_json


def demo(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before booking beside other accounts.")] = False,
    as_json: Json = False,
) -> None:
    """Show the whole ledger at work, on real servers that it starts itself.

    Books a day of trading, a short, a flip, the same executions again and in another order, a crash healed, and real
    executions of an exchange; shows lots, trades and P&L. Then a bot dies on a local Bybit: what happened while it was
    away is explained to the last cent. Ends by proving everything with verify. The servers stay up to be explored;
    fifoledger down stops them.

    It books into the ledger that all commands use: that of LEDGER_DATABASE_URL, else the embedded one of LEDGER_HOME,
    on paper accounts of its own whose names begin with demo_. A journal forgets nothing, so it asks first if other
    accounts are there. To have it apart, and to start over, give it a new folder in LEDGER_HOME.

    Exit code 1 if any number is not what it must be. With --json the show goes to stderr.

    Examples:
      fifoledger demo
      LEDGER_HOME=/tmp/try fifoledger demo
    """
    from ledger.demo import run

    code = run(errors() if as_json else output(), beside_others=_allow if yes else _ask)
    if as_json:
        print_json({"ok": code == 0})
    raise typer.Exit(code)


def _ask(question: str) -> None:
    typer.confirm(question, abort=True, err=True)


def _allow(question: str) -> None:
    del question
