"""What must be true after a crowd has worked: acknowledged ≤ ledger ≤ attempted, and reads that fit into one order.

A read that begins after somebody was told of a `book_seq`, by a write or by a read, sees that one or a later one; and
what is seen at a `book_seq` is what the journal up to there makes of the book.
"""

from bisect import bisect
from collections.abc import Iterator, Sequence
from contextlib import closing
from decimal import Decimal
from itertools import accumulate
from typing import Any

import psycopg

from ledger import LedgerClient
from ledger.database.url import to_conninfo
from ledger.verify import Verifier
from tests.faults.crowd.work import symbol_of
from tests.faults.scenario import Run
from tests.statements import statement

Entry = tuple[str, Any]
JournalRow = tuple[str, str, int, Decimal]  # execution, symbol, book_seq, signed quantity


def judge(run: Run, database_url: str, entries: Sequence[Entry], lag: float) -> None:
    """Compares the ledger with the diaries. `lag`: seconds by which a read of the cache may be behind."""
    with psycopg.connect(to_conninfo(database_url), autocommit=True) as connection:
        rows: list[JournalRow] = connection.execute(statement("faults/journal")).fetchall()
    booked = [row[0] for row in rows]
    reads = [what for kind, what in entries if kind == "read"]
    run.problems += [f"a caller was told of {what}" for kind, what in entries if kind == "error"]
    run.expect(booked and reads, "nothing was written, or nothing read")
    attempted, acknowledged = _named(entries, "attempted"), _named(entries, "acknowledged")
    run.expect(len(booked) == len(set(booked)), "an execution is booked twice")
    run.expect(acknowledged <= set(booked), f"lost: {sorted(acknowledged - set(booked))[:5]}")
    run.expect(set(booked) <= attempted, f"nobody wrote {sorted(set(booked) - attempted)[:5]}")
    new = sum(what for kind, what in entries if kind == "new")
    run.expect(new <= len(booked), f"{new} fills were new to somebody, and only {len(booked)} are booked")
    run.problems += _gaps(rows)
    run.problems += list(_disorder([what for kind, what in entries if kind == "told"], reads, lag))[:5]
    run.problems += list(_wrong_versions(rows, reads))[:5]
    run.counts["writes"] += sum(kind == "acknowledged" for kind, _ in entries)
    run.counts["fills booked"] += len(booked)
    run.counts["reads"] += len(reads)


def verified(database_url: str) -> list[str]:
    """What `fifoledger verify` finds wrong: books that are not what their journal makes of them, broken hash chains."""
    with (
        closing(LedgerClient("bot", account="main", database_url=database_url)) as ledger,
        Verifier(ledger.settings.model_copy(update={"redis_url": None})) as verifier,
    ):
        return [f"verify: {result}" for result in verifier.run(verifier.books()) if not result.ok]


def _named(entries: Sequence[Entry], wanted: str) -> set[str]:
    return {exec_id for kind, what in entries if kind == wanted for exec_id in what}


def _gaps(rows: Sequence[JournalRow]) -> list[str]:
    by_book: dict[str, list[int]] = {}
    for _, symbol, seq, _ in rows:
        by_book.setdefault(symbol, []).append(seq)
    return [
        f"{symbol}: book_seq is not gap-free"
        for symbol, seqs in by_book.items()
        if sorted(seqs) != list(range(1, len(seqs) + 1))
    ]


def _disorder(told: Sequence[Any], reads: Sequence[Any], lag: float) -> Iterator[str]:
    """The reads that show less than what somebody knew before they began."""
    known: dict[int, list[tuple[float, int]]] = {}
    for book, seq, at in [*told, *((book, seq, ended) for book, seq, _, ended, _ in reads)]:
        known.setdefault(book, []).append((at, seq))
    newest: dict[int, tuple[list[float], list[int]]] = {}
    for book, moments in known.items():
        moments.sort()
        newest[book] = [at for at, _ in moments], list(accumulate((seq for _, seq in moments), max))
    for book, seq, began, _, _ in reads:
        times, seqs = newest[book]
        place = bisect(times, began - lag)
        if place and seq < seqs[place - 1]:
            yield f"{symbol_of(book)} was read at {seq} when {seqs[place - 1]} was known for {lag:g} s"


def _wrong_versions(rows: Sequence[JournalRow], reads: Sequence[Any]) -> Iterator[str]:
    signed: dict[tuple[str, int], Decimal] = {}
    size: dict[str, Decimal] = {}
    for _, symbol, seq, qty in sorted(rows, key=lambda row: (row[1], row[2])):
        size[symbol] = signed[symbol, seq] = size.get(symbol, Decimal(0)) + qty
    shown: dict[tuple[int, int], set[str]] = {}
    for book, seq, _, _, text in reads:
        shown.setdefault((book, seq), set()).add(text)
    for (book, seq), texts in shown.items():
        qty = signed.get((symbol_of(book), seq), Decimal(0))
        side = "Buy" if qty > 0 else "Sell" if qty < 0 else "None"
        wanted = f"{side} {abs(qty).normalize()} "
        if len(texts) > 1 or not next(iter(texts)).startswith(wanted):
            yield f"{symbol_of(book)} at {seq} was read as {sorted(texts)}, and should be {wanted}…"
