"""`python -m tests.benchmarks.verify`: the proof of a ledger beside a COPY of its fills, in one run.

The ledger is an imported past. Each round reads all fills by a plain COPY, row by row as the driver gives them, and
then verifies all books in a process of its own, whose memory is measured, as is that of the server's processes for it.
"""

import multiprocessing
import os
import statistics
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer
from rich.console import Console
from rich.table import Table

from ledger.database.url import to_conninfo
from ledger.settings import Settings, load_settings
from ledger.verify import Verifier
from reconcile.history.run import ImportOptions, import_history
from reconcile.history.sources.table import TableSource
from tests.benchmarks.servers import benchmark_servers
from tests.servers import Servers, new_ledger
from tests.statements import statement

_DATABASE = "fifoledger_verify_benchmark"
_SAMPLE_SECONDS = 0.02
_PLANNED = ("max_parallel_workers_per_gather=0", "enable_nestloop=off", "plan_cache_mode=force_generic_plan", "jit=off")
console = Console(width=120)


@dataclass(frozen=True)
class Round:
    """Rows per second of both, of the hash chain alone, and of the least that a proof does.

    And the most memory, in MiB, of the verifying process and of one of the server's.

    `server` counts what that process has for itself, without the shared buffers. None: no Linux, or a server elsewhere.
    """

    copy: float
    verify: float
    chain: float
    least: float
    client: float | None
    server: float | None


def measure(servers: Servers, rows: int, books: int, rounds: int, jobs: int) -> list[Round]:
    """Builds a ledger of so many fills over so many books and measures it."""
    with new_ledger(servers.admin_url, _DATABASE) as url:
        _build(url, rows, books)
        with psycopg.connect(to_conninfo(url), autocommit=True) as connection:
            return [_round(connection, url, rows, jobs) for _ in range(rounds)]


def _settings(url: str) -> Settings:
    return load_settings(database_url=url).model_copy(update={"redis_url": None})


def _build(url: str, rows: int, books: int) -> None:
    with psycopg.connect(to_conninfo(url), autocommit=True) as connection:
        connection.execute(statement("benchmark/past_table"), {"rows": rows, "books": books})
        report = import_history(
            TableSource(url, "past_fills"), _settings(url), ImportOptions(account="past", verify=False)
        )
        if report.fills != rows:
            raise SystemExit(f"{report.fills} fills of {rows} rows: {report.rejects[:3]}")
        connection.execute(statement("benchmark/analyze"))


def _round(connection: psycopg.Connection[Any], url: str, rows: int, jobs: int) -> Round:
    copied = _copied(connection, rows)
    with _server_memory(connection) as most:
        seconds, client = _verified(url, rows, jobs)
    chained, least = _in_parts(url, jobs, _chain), _in_parts(url, jobs, _least_proof)
    return Round(rows / copied, rows / seconds, rows / chained, rows / least, client, max(most, default=None))


def _copied(connection: psycopg.Connection[Any], rows: int) -> float:
    """Seconds of the COPY."""
    started, seen = time.perf_counter(), 0
    with connection.cursor() as cursor, cursor.copy(statement("benchmark/copy_fills")) as copy:
        for _ in copy:
            seen += 1
    assert seen == rows
    return time.perf_counter() - started


def _in_parts(url: str, jobs: int, work: Callable[[psycopg.Connection[Any], int, int], None]) -> float:
    """Seconds of some work on so many connections, planned as `verify` plans."""
    planned = " ".join(f"-c {setting}" for setting in _PLANNED)

    def part(number: int) -> None:
        with psycopg.connect(to_conninfo(url), autocommit=True, options=planned, prepare_threshold=0) as connection:
            work(connection, jobs, number)

    started = time.perf_counter()
    with ThreadPoolExecutor(jobs) as threads:
        list(threads.map(part, range(jobs)))
    return time.perf_counter() - started


def _chain(connection: psycopg.Connection[Any], parts: int, part: int) -> None:
    """The canonical text and the hash of every fill."""
    connection.execute(statement("benchmark/chain_alone"), {"parts": parts, "part": part})


def _least_proof(connection: psycopg.Connection[Any], parts: int, part: int) -> None:
    """That and what each fill does, and every lot and trade beside its fills."""
    for account, book in connection.execute(statement("benchmark/books")).fetchall()[part::parts]:
        connection.execute(statement("benchmark/least_proof"), {"account_id": account, "book_id": book})


def _verified(url: str, rows: int, jobs: int) -> tuple[float, float | None]:
    """Seconds, and the memory of the process."""
    spawning = multiprocessing.get_context("spawn")
    mine, theirs = spawning.Pipe()
    process = spawning.Process(target=_verify, args=(url, rows, jobs, theirs))
    process.start()
    theirs.close()
    found: tuple[float, float | None] = mine.recv()
    process.join()
    return found


def _verify(url: str, rows: int, jobs: int, answer: Any) -> None:
    with Verifier(_settings(url), jobs=jobs) as verifier:
        started, seen = time.perf_counter(), 0
        for result in verifier.run(verifier.books()):
            if not result.ok:
                raise SystemExit(f"not proven: {result.differences[:3]}")
            seen += result.book.book_seq
        taken = time.perf_counter() - started
    assert seen == rows
    answer.send((taken, _memory("self", "VmHWM")))


@contextmanager
def _server_memory(connection: psycopg.Connection[Any]) -> Iterator[list[float]]:
    """Collects the memory of the server's processes for other connections, if they are on this machine."""
    found: list[float] = []
    done = threading.Event()

    def sample() -> None:
        while not done.wait(_SAMPLE_SECONDS):
            for (pid,) in connection.execute(statement("benchmark/other_backends")).fetchall():
                memory = _memory(str(pid), "RssAnon")
                if memory is not None:
                    found.append(memory)

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield found
    finally:
        done.set()
        thread.join()


def _memory(process: str, name: str) -> float | None:
    """What Linux says of a process, in MiB; None where it is not there, or no Linux."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:")), None)


def _show(title: str, rounds: list[Round]) -> None:
    table = Table(title=title, title_justify="left")
    for name in ("what", "rows per second", "spread", "beside COPY", "spread of that"):
        table.add_column(name, justify="left" if name == "what" else "right")
    ways = {"COPY out": "copy", "verify": "verify", "hash chain alone": "chain", "least of a proof": "least"}
    for what, way in ways.items():
        rates = [getattr(one, way) for one in rounds]
        ratios = [rate / one.copy for rate, one in zip(rates, rounds, strict=True)]
        table.add_row(
            what,
            f"{statistics.median(rates):,.0f}",
            f"{min(rates):,.0f}–{max(rates):,.0f}",
            f"{statistics.median(ratios):.3f}",
            f"{min(ratios):.3f}–{max(ratios):.3f}",
        )
    console.print(table)
    client, server = (_most(getattr(one, way) for one in rounds) for way in ("client", "server"))
    console.print(f"most memory: {client} of the verifying process, {server} of one of the server's for it")


def _most(memories: Iterable[float | None]) -> str:
    known = [memory for memory in memories if memory is not None]
    return f"{max(known):,.0f} MiB" if known else "unknown"


def main(
    *,
    rows: Annotated[list[int] | None, typer.Option(help="How many fills there are. May be given again.")] = None,
    books: Annotated[int, typer.Option(min=1, help="Over how many books they are spread.")] = 1_000,
    rounds: Annotated[int, typer.Option(min=1, help="How often both are measured.")] = 5,
    jobs: Annotated[int, typer.Option(min=1, help="Connections that verify at once.")] = 2,
    quick: Annotated[bool, typer.Option(help="One small round: shows that it works, measures little.")] = False,
) -> None:
    """Measure the proof of a ledger beside a COPY of its fills."""
    if quick:
        rows, books, rounds = [2_000, 5_000], min(books, 20), 1
    with benchmark_servers() as servers:
        for count in rows or [100_000, 1_000_000]:
            found = measure(servers, count, books, rounds, jobs)
            _show(f"{count:,} fills over {books:,} books, {jobs} connections", found)
    console.print(f"cores {os.cpu_count()}")


if __name__ == "__main__":
    typer.run(main)
