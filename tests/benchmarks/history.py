"""`python -m tests.benchmarks.history`: the import of a past beside a bare COPY of the same rows, in one run.

The past is a table of old, one row for each order. Each round makes a new database and measures there, one after the
other: the import with all that belongs to it, in a process of its own whose memory is measured; a bare COPY of the
journal's rows, in the order of their times, into a plain table with the journal's indexes; `record_fill` in a loop; and
the loop that bots write for themselves.
"""

import multiprocessing
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import psycopg
import typer
from psycopg.rows import dict_row
from rich.console import Console
from rich.table import Table

from ledger import LedgerClient
from ledger.database.url import to_conninfo
from ledger.settings import load_settings
from tests.benchmarks.naive import NaiveLedger
from tests.benchmarks.servers import benchmark_servers
from tests.servers import Servers, new_ledger
from tests.statements import statement

_DATABASE = "fifoledger_history_benchmark"
_PORTION = 1 << 20
console = Console(width=120)


@dataclass(frozen=True)
class Past:
    """What is imported and how: over how many books, on how many connections, with the proof behind it or without."""

    books: int
    jobs: int
    seconds: float
    proof: bool


@dataclass(frozen=True)
class Imported:
    """Seconds of the import and of the proof behind it, and the most memory that its process had, in MiB."""

    seconds: float
    verify_seconds: float
    memory: float


@dataclass(frozen=True)
class Round:
    """Rows per second of each way, the most memory of the import in MiB, and the rows in the ledger's tables."""

    copy: float
    imported: float
    with_proof: float
    record_fill: float
    naive: float
    memory: float
    rows: Mapping[str, int]


def _import(database_url: str, jobs: int, proof: bool, answer: Any) -> None:
    from reconcile.history.run import ImportOptions, import_history
    from reconcile.history.sources.table import TableSource

    settings = load_settings(database_url=database_url).model_copy(update={"redis_url": None})
    source = TableSource(database_url, "past_fills")
    report = import_history(source, settings, ImportOptions(account="past", jobs=jobs, verify=proof))
    if not report.ok:
        raise SystemExit(f"the import is not sound: {report.rejects[:3]} {report.unproven[:3]}")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    answer.send(Imported(report.seconds, report.verify_seconds, most))


def _imported(database_url: str, jobs: int, *, proof: bool) -> Imported:
    spawning = multiprocessing.get_context("spawn")
    mine, theirs = spawning.Pipe()
    process = spawning.Process(target=_import, args=(database_url, jobs, proof, theirs))
    process.start()
    theirs.close()
    found: Imported = mine.recv()
    process.join()
    return found


def _copied(connection: psycopg.Connection[Any]) -> float:
    """Seconds of the bare COPY."""
    with tempfile.TemporaryFile() as file:
        with connection.cursor() as cursor, cursor.copy(statement("benchmark/copy_out")) as copy:
            for data in copy:
                file.write(data)
        file.seek(0)
        connection.execute(statement("benchmark/plain_table"))
        started = time.perf_counter()
        with connection.cursor() as cursor, cursor.copy(statement("benchmark/copy_in")) as copy:
            while data := file.read(_PORTION):
                copy.write(data)
        taken = time.perf_counter() - started
        connection.execute(statement("benchmark/drop_plain"))
        return taken


def _rate(fills: list[dict[str, Any]], write: Callable[[Mapping[str, Any]], object], seconds: float) -> float:
    """Fills per second of a loop."""
    started, done = time.perf_counter(), 0
    for fill in fills:
        write(fill)
        done += 1
        if time.perf_counter() - started >= seconds:
            break
    return done / (time.perf_counter() - started)


def measured_round(servers: Servers, rows: int, past: Past) -> Round:
    """All ways, one after the other, in a database of their own."""
    with new_ledger(servers.admin_url, _DATABASE) as url:
        with psycopg.connect(to_conninfo(url), autocommit=True, row_factory=dict_row) as connection:
            connection.execute(statement("benchmark/past_table"), {"rows": rows, "books": past.books})
            connection.execute(statement("benchmark/analyze"))
            imported = _imported(url, past.jobs, proof=past.proof)
            copied = _copied(connection)
            fills = connection.execute(statement("benchmark/some_past")).fetchall()
            sizes = connection.execute(statement("benchmark/sizes")).fetchone()
        return Round(
            copy=rows / copied,
            imported=rows / imported.seconds,
            with_proof=rows / (imported.seconds + imported.verify_seconds),
            record_fill=_record_fill(url, fills, past.seconds),
            naive=_naive(url, fills, past.seconds),
            memory=imported.memory,
            rows=sizes or {},
        )


def _record_fill(url: str, fills: list[dict[str, Any]], seconds: float) -> float:
    with LedgerClient("looping", account="looping", database_url=url) as client:
        client.heartbeat()

        def record(fill: Mapping[str, Any]) -> None:
            given = {name: value for name, value in fill.items() if name != "bot_id"}
            client.record_fill(**{**given, "symbol": fill["bot_id"]})  # as many books as the past has

        return _rate(fills, record, seconds)


def _naive(url: str, fills: list[dict[str, Any]], seconds: float) -> float:
    ledger = NaiveLedger(url)
    ledger.create()
    rate = _rate(fills, ledger.record, seconds)
    ledger.dispose()
    return rate


def _show(title: str, rounds: list[Round]) -> None:
    table = Table(title=title, title_justify="left")
    for name in ("what", "rows per second", "spread", "beside COPY"):
        table.add_column(name, justify="left" if name == "what" else "right")
    named = {
        "bare COPY": "copy",
        "import": "imported",
        "import and proof": "with_proof",
        "record_fill": "record_fill",
        "ORM loop": "naive",
    }
    for name, way in named.items():
        rates = [getattr(one, way) for one in rounds]
        ratio = statistics.median(rate / one.copy for rate, one in zip(rates, rounds, strict=True))
        table.add_row(name, f"{statistics.median(rates):,.0f}", f"{min(rates):,.0f}–{max(rates):,.0f}", f"{ratio:.3f}")
    console.print(table)
    console.print(", ".join(f"{name} {count:,}" for name, count in rounds[-1].rows.items()))
    console.print(f"most memory of the importing process: {max(one.memory for one in rounds):,.0f} MiB")


def main(
    *,
    rows: Annotated[list[int] | None, typer.Option(help="How many rows the past has. May be given again.")] = None,
    books: Annotated[int, typer.Option(min=1, help="Over how many books they are spread.")] = 1_000,
    rounds: Annotated[int, typer.Option(min=1, help="How often all ways are measured.")] = 3,
    jobs: Annotated[int, typer.Option(min=1, help="Connections that the import writes on at once.")] = 2,
    seconds: Annotated[float, typer.Option(min=0.1, help="How long the loops write.")] = 3.0,
    proof: Annotated[bool, typer.Option(help="Verify all books behind the import.")] = True,
    quick: Annotated[bool, typer.Option(help="One small round: shows that it works, measures little.")] = False,
) -> None:
    """Measure the import of a past beside a bare COPY of the same rows."""
    if quick:
        rows, books, rounds, seconds = [5_000], min(books, 50), 1, 0.3
    past = Past(books, jobs, seconds, proof)
    with benchmark_servers() as servers:
        for count in rows or [1_000_000]:
            found = [measured_round(servers, count, past) for _ in range(rounds)]
            _show(f"{count:,} rows over {books:,} books", found)
    console.print(f"cores {os.cpu_count()}")


if __name__ == "__main__":
    typer.run(main)
