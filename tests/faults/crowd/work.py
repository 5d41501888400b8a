"""The processes of a crowd: writers and readers of the same books, each with a diary.

A diary holds what a process is about to write and what it was told, line by line, so that kill −9 loses nothing that it
knew.
"""

import json
import logging
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from ledger import LedgerClient, Position
from ledger.errors import LedgerError
from tests.fills import START
from tests.forks import forks

FORKS = forks("tests.faults.crowd.work")
PATIENCE = 120.0
_BOT, _ACCOUNT = "bot", "main"
_LATE = timedelta(seconds=40)


@dataclass(frozen=True)
class Post:
    """What a process needs to know.

    Attributes:
        number: which one it is.
        books: how many there are.
        urls: of the database and of Redis; an empty one means none.
        diary: the file to write it to.
        pause: seconds to rest after each call.
        environment: settings of its client.
    """

    seed: int
    number: int
    books: int
    urls: tuple[str, str]
    diary: Path
    pause: float = 0.0
    environment: Mapping[str, str] = field(default_factory=dict)


class Shift:
    """When all begin and when they end. Nobody begins before everybody is ready."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ready = FORKS.Semaphore(0)
        self._until = FORKS.Value("d", 0.0)
        self._open = FORKS.Event()

    def begin(self, workers: int) -> float:
        """Waits until so many are ready, and lets them go; when they end."""
        for _ in range(workers):
            assert self._ready.acquire(timeout=PATIENCE), "not everybody comes"
        until = time.monotonic() + self._seconds
        self._until.value = until
        self._open.set()
        return until

    def come(self) -> float:
        """As a worker: is ready, waits for the beginning; answers when to end."""
        self._ready.release()
        assert self._open.wait(PATIENCE), "nobody begins"
        return float(self._until.value)


def symbol_of(book: int) -> str:
    """The books are lines of one bot."""
    return f"S{book}USDT"


def fills_of(seed: int, book: int) -> Iterator[dict[str, Any]]:
    """What happens in a book, without end. Whoever asks gets the same; every eighth is older than those before it."""
    chosen = Random(f"{seed} {book}")
    number = 0
    while True:
        yield {
            "symbol": symbol_of(book),
            "side": chosen.choice(("Buy", "Sell")),
            "exec_price": Decimal(chosen.randint(900, 1100)) / 10,
            "exec_qty": Decimal(chosen.randint(1, 300)) / 100,
            "exec_time": START + timedelta(seconds=number * 10) - (_LATE if number % 8 == 7 else timedelta()),
            "exec_id": f"{book}-{number}",
            "commission": Decimal(chosen.randint(-20, 100)) / 1000,
        }
        number += 1


def write(post: Post, shift: Shift) -> None:
    """A writer. Each fill comes from several of them, so that half of all writes and more are duplicates."""
    chosen = Random(f"{post.seed} writer {post.number}")
    own = [book for book in range(post.books) if (book + post.number) % 2 == 0 or book == 0]
    sources = {book: fills_of(post.seed, book) for book in own}
    with _client(post, post.urls) as client, post.diary.open("a", encoding="utf-8") as diary:
        client.register()
        until = shift.come()
        while time.monotonic() < until:
            book = 0 if chosen.random() < 0.4 else chosen.choice(own)  # the first book is the hot one
            piece = [next(sources[book]) for _ in range(1 if chosen.random() < 0.8 else chosen.randint(2, 6))]
            _note(diary, "attempted", [one["exec_id"] for one in piece])
            try:
                results = [client.record_fill(**piece[0])] if len(piece) == 1 else client.record_fills(piece)
            except LedgerError as error:
                _note(diary, "error", f"{error.code}: {error}")
                raise
            _note(diary, "acknowledged", [one["exec_id"] for one in piece])
            _note(diary, "new", sum(not result.duplicate for result in results))
            seq = max(result.position.book_seq for result in results)
            _note(diary, "told", [book, seq, time.monotonic()])
            time.sleep(post.pause)


def read(post: Post, shift: Shift) -> None:
    """A reader, mostly of the cache. Notes all that it read, and when."""
    chosen = Random(f"{post.seed} reader {post.number}")
    uncached = post.urls[0], ""
    with (
        _client(post, post.urls) as cached,
        _client(post, uncached) as stored,
        post.diary.open("a", encoding="utf-8") as diary,
    ):
        cached.register()
        stored.register()
        until = shift.come()
        while time.monotonic() < until:
            book = 0 if chosen.random() < 0.4 else chosen.randrange(post.books)
            client = cached if chosen.random() < 0.7 else stored
            began = time.monotonic()
            try:
                position = client.get_position(symbol_of(book))
            except LedgerError as error:
                _note(diary, "error", f"{error.code}: {error}")
                raise
            _note(diary, "read", [book, position.book_seq, began, time.monotonic(), _shown(position)])
            time.sleep(post.pause)


def _shown(position: Position) -> str:
    qty = position.total_qty.normalize()
    return f"{position.side} {qty} at {position.avg_entry_price}, {position.entries} lots"


def _client(post: Post, urls: tuple[str, str]) -> LedgerClient:
    logging.disable(logging.CRITICAL)
    os.environ.pop("LEDGER_REDIS_URL", None)
    os.environ.update(post.environment)
    return LedgerClient(_BOT, account=_ACCOUNT, database_url=urls[0], redis_url=urls[1] or None)


def _note(diary: Any, kind: str, what: Any) -> None:
    diary.write(json.dumps([kind, what]) + "\n")
    diary.flush()


def entries_of(diary: Path) -> list[tuple[str, Any]]:
    """What a diary says. A process that was killed may have left half a line."""
    found = []
    for line in diary.read_text(encoding="utf-8").splitlines():
        try:
            kind, what = json.loads(line)
        except ValueError:
            continue
        found.append((kind, what))
    return found
