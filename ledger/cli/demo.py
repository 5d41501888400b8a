import typer

from ledger.cli.output import output


def demo() -> None:
    """Show the whole ledger at work, on real servers that it starts itself.

    Books a day of trading, a short, a flip, the same executions again and in another order, a crash healed, and real
    executions of an exchange; shows lots, trades and P&L; ends by proving everything with verify. The servers stay up
    to be explored; fifoledger down stops them.

    Example: fifoledger demo
    """
    from ledger.demo import run

    raise typer.Exit(run(output()))
