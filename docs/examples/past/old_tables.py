"""Makes tables as older bots kept them, to try an import on: `old_bots.fills` and `old_bots.completed_trades`.

They go into the ledger's own database; completed_trades.csv, which has the trades, into the current folder.
"""

from pathlib import Path
from typing import Annotated

import psycopg
import typer

from ledger.cli.opening import ready_settings, url_of
from ledger.database.url import to_conninfo

HERE = Path(__file__).parent


def statement(name: str) -> bytes:
    return (HERE / f"{name}.sql").read_bytes()


def main(
    rows: Annotated[int, typer.Option(help="Rows of fills.", min=8)] = 1200,
    bots: Annotated[int, typer.Option(help="Bots that wrote them, in turn.", min=2)] = 3,
) -> None:
    with psycopg.connect(to_conninfo(url_of(ready_settings()))) as connection:
        connection.execute(statement("schema"))
        connection.execute(statement("fills"), {"rows": rows, "bots": bots})
        connection.execute(statement("trades"))
        connection.execute(statement("years"))
        with connection.cursor().copy(statement("export")) as copy, Path("completed_trades.csv").open("wb") as file:
            for data in copy:
                file.write(data)
    print(f"old_bots.fills has {rows:,} rows of {bots:,} bots")


if __name__ == "__main__":
    typer.run(main)
