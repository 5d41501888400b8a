"""All books of an account proven, beside a running event loop."""

import asyncio
import threading
from contextlib import suppress
from dataclasses import dataclass, field

from ledger.cache.audit import EntryState
from ledger.settings import Settings
from ledger.verify import BookFilter, BookRef, BookResult, Verifier

_WRONG = (EntryState.wrong, EntryState.unreadable)


@dataclass
class Verified:
    """What was found: `differences` in words, some of `total`; `miscached`: what readers of the cache got wrong."""

    books: int = 0
    total: int = 0
    differences: list[str] = field(default_factory=list)
    miscached: list[BookRef] = field(default_factory=list)

    def add(self, result: BookResult) -> None:
        """Takes what the check of a book found."""
        book = result.book
        self.books += 1
        self.total += result.total
        self.differences += [
            f"book {book.book_id} ({book.bot_id} {book.category} {book.symbol} {book.position_idx}): {d.subject} "
            f"{d.item} {d.field}: stored {d.stored}, derived {d.derived}"
            for d in result.differences[:5]
        ]
        if result.cache in _WRONG:
            self.miscached.append(book)


async def verify_books(settings: Settings, account: str) -> Verified:
    """Checks every book, and that no row is outside its book.

    It runs in a thread that nobody has to wait for: when this is cancelled it ends after the book in hand, or with the
    process. Raises LedgerError.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Verified] = loop.create_future()
    stop = threading.Event()

    def settle(found: Verified | None, error: Exception | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        elif found is not None:
            done.set_result(found)

    def run() -> None:
        found: Verified | None = None
        error: Exception | None = None
        try:
            found = _checked(settings, account, stop)
        except Exception as caught:
            error = caught
        with suppress(RuntimeError):  # the event loop is closed
            loop.call_soon_threadsafe(settle, found, error)

    threading.Thread(target=run, name="verify", daemon=True).start()
    try:
        return await done
    finally:
        stop.set()


def _checked(settings: Settings, account: str, stop: threading.Event) -> Verified:
    found = Verified()
    with Verifier(settings, jobs=1) as verifier:  # the bots trade meanwhile
        for result in verifier.run(verifier.books(BookFilter(account=account))):
            found.add(result)
            if stop.is_set():
                return found
        strays = verifier.strays(account)
        found.total += strays.total
        found.differences += [
            f"outside its book: {s.difference.subject} {s.difference.item} {s.difference.field}" for s in strays.found
        ]
    return found
