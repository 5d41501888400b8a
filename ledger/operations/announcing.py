"""Writing with the cache told: which positions are about to change before, what they are afterwards."""

import secrets
from collections.abc import Callable, Iterable
from typing import Any

from ledger.cache import Mark, Put, Together, position_key
from ledger.cache.entry import to_fields
from ledger.database import Batch, Query
from ledger.errors import DatabaseUnavailableError, LedgerError, NotAnnouncedError
from ledger.operations.reading import read_position
from ledger.session import EXTERNAL, Operation, Session
from ledger.values import FillResult, Position

Line = tuple[str, str, str, int]  # bot, category, symbol, position_idx
_SEPARATOR = "\x1f"


def write_announced(
    session: Session,
    lines: Iterable[Line],
    write: Callable[[list[str] | None], Query | Batch],
    read: Callable[[Any], list[FillResult]],
) -> Operation[list[FillResult]]:
    """Carries out a write to the positions `lines` between telling the cache that it comes and what it left.

    `write` makes the step for the lines that are announced, `read` its results. If the database finds that another
    position changes too it refuses, and the write comes again with that one announced. Without a cache there is
    nothing to tell.
    """
    if not session.caches:
        return read((yield write(None)))
    token = secrets.token_hex(8)
    wanted = {line for line in lines if line[0] != EXTERNAL}
    announced: set[Line] = set()
    results: list[FillResult] | None = None
    while results is None:
        yield Together([Mark(position_key(*line), token) for line in sorted(wanted - announced)])
        announced |= wanted
        step = write([_SEPARATOR.join(map(str, line)) for line in sorted(announced)])
        try:
            results = read((yield step))
        except NotAnnouncedError as more:
            if more.line in announced:
                raise
            wanted.add(more.line)
        except DatabaseUnavailableError:
            raise  # the write may have happened: the announcement stays
        except LedgerError:
            yield from (_withdraw(token, announced) if isinstance(step, Query) else _refresh(session, token, announced))
            raise
    yield from _publish(session, token, announced, [result.position for result in results])
    return results


def _publish(session: Session, token: str, lines: Iterable[Line], positions: list[Position]) -> Operation[None]:
    """Stores the positions that a write left. Of a line that is in no answer only PostgreSQL knows."""
    newest: dict[Line, Position] = {}
    for position in positions:
        line = (position.bot_id, position.category, position.symbol, position.position_idx)
        if line not in newest or newest[line].book_seq <= position.book_seq:
            newest[line] = position
    yield Together(
        [
            Put(position_key(*line), position.book_seq, to_fields(position), token)
            for line, position in newest.items()
            if line[0] != EXTERNAL
        ]
    )
    yield from _refresh(session, token, set(lines) - newest.keys())


def _refresh(session: Session, token: str, lines: Iterable[Line]) -> Operation[None]:
    """Stores the bot's own positions as PostgreSQL has them. Others' announcements stay until they run out."""
    for bot_id, category, symbol, position_idx in lines:
        if bot_id == session.bot_id:
            book = {"bot_id": bot_id, "category": category, "symbol": symbol, "position_idx": position_idx}
            position = yield from read_position(session, book)
            key = position_key(bot_id, category, symbol, position_idx)
            yield Put(key, position.book_seq, to_fields(position), token)


def _withdraw(token: str, lines: Iterable[Line]) -> Operation[None]:
    """Takes the announcements back: nothing was written."""
    yield Together([Put(position_key(*line), -1, None, token) for line in lines])
