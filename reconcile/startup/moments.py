"""The books as they were when the venue's positions were read, however much was traded since.

Positions are read between two readings of the venue's clock. What was executed after the second is in the books by now
and not in the positions. What was executed between the two may be in both or not: then the line agrees if there is a
moment between the two at which it did.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from reconcile.startup.store import BookLine, Move

Line = tuple[str, str, int]  # category, symbol (spot: coin), position_idx
# Nothing is booked so long after positions were read. What is dated later has not its time from the venue, and counts.
_LATEST = Decimal(300)  # seconds


def as_seen(books: Sequence[BookLine], venue: Mapping[Line, Decimal], until: datetime) -> list[BookLine]:
    """The books without the moves that the venue's quantities do not show yet.

    Args:
        books: with their moves since the first reading.
        venue: what the venue showed, signed; lines that are not there were flat.
        until: the second reading.
    """
    by_line: dict[Line, list[BookLine]] = defaultdict(list)
    for book in books:
        by_line[line_of(book)].append(book)
    unseen = {
        line: _unseen(there, venue.get(line, Decimal(0)), Decimal(str(until.timestamp())))
        for line, there in by_line.items()
    }
    return [_without(book, unseen[line_of(book)]) for book in books]


def line_of(book: BookLine) -> Line:
    """What its quantity is compared with; all spot books of a coin with the wallet."""
    return ("spot", book.base_coin, 0) if book.category == "spot" else (book.category, book.symbol, book.position_idx)


def _unseen(books: Iterable[BookLine], shown: Decimal, until: Decimal) -> frozenset[str]:
    """The ids of the newest executions of a line that the venue did not show yet."""
    there = list(books)
    newest_first = sorted((m for book in there for m in book.moves if m.at <= until + _LATEST), reverse=True)
    certain = sum(move.at > until for move in newest_first)
    qty = sum((book.qty + (book.dust_qty if book.category == "spot" else 0) for book in there), Decimal(0))
    qty -= sum((move.qty for move in newest_first[:certain]), Decimal(0))
    for cut in range(certain, len(newest_first) + 1):
        if qty == shown:
            return _ids(newest_first[:cut])
        if cut < len(newest_first):
            qty -= newest_first[cut].qty
    return _ids(newest_first[:certain])


def _ids(moves: Iterable[Move]) -> frozenset[str]:
    return frozenset(move.exec_id for move in moves)


def _without(book: BookLine, unseen: frozenset[str]) -> BookLine:
    taken = [move.qty for move in book.moves if move.exec_id in unseen]
    if not taken:
        return book
    return replace(book, qty=book.qty - sum(taken, Decimal(0)), never_closed=False)
