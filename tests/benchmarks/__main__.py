"""`python -m tests.benchmarks`: what a fill costs beside a bare one-row insert, measured in one run."""

import os
import statistics
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import psycopg
import typer
from psycopg.rows import dict_row
from rich.console import Console
from rich.table import Table

from ledger.client import LedgerClient
from ledger.database.url import to_conninfo
from ledger.migrate import upgrade
from tests.benchmarks.servers import benchmark_servers
from tests.benchmarks.writers import ACCOUNT, BOT, Crew, Target, crew
from tests.servers import create_database, drop_database
from tests.statements import statement

WAYS = ("insert", "record_fill", "client")
WRITERS = (1, 4, 16)
BOOKS = {"1 000 books": 1_000, "one hot book": 1}
DATABASE = "fifoledger_benchmark"

console = Console(width=120)


@contextmanager
def _target() -> Iterator[Target]:
    with benchmark_servers() as servers:
        url = create_database(servers.admin_url, DATABASE)
        try:
            upgrade(url)
            client = LedgerClient(BOT, account=ACCOUNT, database_url=url, redis_url=servers.redis_url)
            client.register()
            client.close()
            with psycopg.connect(to_conninfo(url)) as connection:
                connection.execute(statement("benchmark/bare_table"))
                row = connection.execute(statement("account_id"), {"name": ACCOUNT}).fetchone()
            yield Target(url, servers.redis_url, row[0] if row else 0)
        finally:
            drop_database(servers.admin_url, DATABASE)


def _milliseconds(taken: list[float], percent: int) -> str:
    return f"{statistics.quantiles(taken, n=100, method='inclusive')[percent - 1] * 1000:.2f}"


def _measure(team: Crew, writers: int, books: int, rounds: int, seconds: float) -> dict[str, list[list[float]]]:
    """Rounds in which the ways take turns, so that a noisy moment hits all of them."""
    found: dict[str, list[list[float]]] = defaultdict(list)
    for _ in range(rounds):
        for way in WAYS:
            found[way].append(team.measure(way, writers, books, seconds))
    return found


def _warm_up(team: Crew, target: Target, books: int, seconds: float) -> None:
    """Fills the tables a little and gathers statistics, as autovacuum does within minutes in production."""
    for way in WAYS:
        team.measure(way, max(WRITERS), books, seconds)
    with psycopg.connect(to_conninfo(target.database_url), autocommit=True) as connection:
        connection.execute(statement("benchmark/analyze"))


def _show(title: str, results: dict[int, dict[str, list[list[float]]]], seconds: float) -> None:
    table = Table(title=title, title_justify="left")
    table.add_column("what")
    for name in ("connections", "per second", "spread", "beside insert", "p50 ms", "p95 ms", "p99 ms"):
        table.add_column(name, justify="right")
    for writers, found in results.items():
        for way in WAYS:
            rates = [len(taken) / seconds for taken in found[way]]
            limits = [len(taken) / seconds for taken in found["insert"]]
            ratio = statistics.median(rate / limit for rate, limit in zip(rates, limits, strict=True))
            everything = [one for taken in found[way] for one in taken]
            table.add_row(
                way,
                str(writers),
                f"{statistics.median(rates):,.0f}",
                f"{min(rates):,.0f}–{max(rates):,.0f}",
                f"{ratio:.2f}",
                *(_milliseconds(everything, percent) for percent in (50, 95, 99)),
            )
    console.print(table)


def _show_server(target: Target) -> None:
    with psycopg.connect(to_conninfo(target.database_url), row_factory=dict_row) as connection:
        for name in ("benchmark/server", "benchmark/rows"):
            row = connection.execute(statement(name)).fetchone()
            console.print(", ".join(f"{key} {value}" for key, value in (row or {}).items()))
    console.print(f"cores {os.cpu_count()}")


def main(
    only: Annotated[str, typer.Option(help="Only the group of books with this in its name.")] = "",
    quick: Annotated[bool, typer.Option(help="One short round: shows that it works, measures little.")] = False,
    rounds: Annotated[int, typer.Option(min=1, help="How often the ways take turns.")] = 5,
    seconds: Annotated[float, typer.Option(min=0.1, help="How long each way writes in a round.")] = 2.0,
) -> None:
    """Measure `record_fill` and the client's whole call beside a bare one-row insert."""
    if quick:
        rounds, seconds = 1, 0.5
    with _target() as target, crew(target, max(WRITERS)) as team:
        for name, books in BOOKS.items():
            if only not in name:
                continue
            _warm_up(team, target, books, seconds)
            _show(name, {writers: _measure(team, writers, books, rounds, seconds) for writers in WRITERS}, seconds)
        _show_server(target)


if __name__ == "__main__":
    typer.run(main)
