import typer

from ledger.cli.options import Json
from ledger.cli.output import errors, output, print_json


def demo(as_json: Json = False) -> None:
    """Show the whole ledger at work, on real servers that it starts itself.

    Books a day of trading, a short, a flip, the same executions again and in another order, a crash healed, and real
    executions of an exchange; shows lots, trades and P&L; ends by proving everything with verify. The servers stay up
    to be explored; fifoledger down stops them. Exit code 1 if any number is not what it must be. With --json the show
    goes to stderr.

    Example: fifoledger demo
    """
    from ledger.demo import run

    code = run(errors() if as_json else output())
    if as_json:
        print_json({"ok": code == 0})
    raise typer.Exit(code)
