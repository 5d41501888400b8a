"""Writing with the cache told: which positions are about to change before, what they are afterwards."""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ledger.cache import Mark, Put, Together, position_key
from ledger.cache.entry import to_fields
from ledger.database import Batch, Outcome, Rows
from ledger.errors import DatabaseUnavailableError, LedgerError, NotAnnouncedError
from ledger.operations.reading import read_position
from ledger.session import EXTERNAL, Operation, Session
from ledger.values import FillResult, Position

Line = tuple[str, str, str, int]  # bot, category, symbol, position_idx
Results = dict[int, FillResult]  # by place in what was given
_SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Write:
    """One transaction: its statement's parameters, but for what is announced, and the positions that it may change."""

    params: Mapping[str, Any]
    lines: Iterable[Line]


@dataclass
class _Trial:
    """A write on its way to its results, or to the error that it ends with."""

    write: Write
    lines: set[Line]  # the database refuses to change any other
    results: Results | None = None
    error: LedgerError | None = None

    @property
    def waits(self) -> bool:
        return self.results is None and self.error is None

    def params(self, *, announced: bool) -> dict[str, Any]:
        lines = [_SEPARATOR.join(map(str, line)) for line in sorted(self.lines)] if announced else None
        return {**self.write.params, "announced": lines}

    def take(self, outcome: Outcome, read: Callable[[Rows], Results]) -> None:
        """Ends it, unless another position would change than was announced: then it comes again with that one."""
        if not isinstance(outcome, LedgerError):
            self.results = read(outcome)
        elif isinstance(outcome, NotAnnouncedError) and outcome.line not in self.lines:
            self.lines.add(outcome.line)
        else:
            self.error = outcome


def write_announced(
    session: Session, name: str, writes: Sequence[Write], read: Callable[[Rows], Results]
) -> Operation[list[Results]]:
    """Carries writes out, each a transaction, between telling the cache that they come and what they left.

    `name` is the statement, `read` makes its results, whose positions are those that the transaction left. If one is
    refused the others happen all the same; then the first error is raised. Without a cache there is nothing to tell.
    """
    trials = [_Trial(write, {line for line in write.lines if line[0] != EXTERNAL}) for write in writes]
    token = secrets.token_hex(8)
    announced: set[Line] = set()
    while waiting := [trial for trial in trials if trial.waits]:
        if session.caches:
            wanted = set().union(*(trial.lines for trial in waiting))
            yield Together([Mark(position_key(*line), token) for line in sorted(wanted - announced)])
            announced |= wanted
        outcomes = yield Batch(name, [trial.params(announced=session.caches) for trial in waiting])
        for trial, outcome in zip(waiting, outcomes, strict=True):
            trial.take(outcome, read)
    if session.caches:
        yield from _tell(session, token, trials)
    for trial in trials:
        if trial.error is not None:
            raise trial.error
    return [trial.results or {} for trial in trials]


def _tell(session: Session, token: str, trials: Sequence[_Trial]) -> Operation[None]:
    """Stores what the writes have left, and takes back what was announced for nothing.

    Two writes may have changed one position. What the later of them left is known only if both have answered it; else
    PostgreSQL is asked. A write without an answer may have happened: what was announced for it stays announced.
    """
    unknown = set().union(*(t.lines for t in trials if isinstance(t.error, DatabaseUnavailableError)))
    written = [trial for trial in trials if trial.results is not None]
    touched = set().union(*(trial.lines for trial in written)) - unknown
    left = [_left(trial) for trial in written]
    certain: dict[Line, Position] = {}
    for line in touched:
        answers = [positions.get(line) for trial, positions in zip(written, left, strict=True) if line in trial.lines]
        known = [position for position in answers if position is not None]
        if len(known) == len(answers):
            certain[line] = max(known, key=lambda position: position.book_seq)
    refused = set().union(*(trial.lines for trial in trials)) - touched - unknown
    yield Together(
        [Put(position_key(*line), at.book_seq, to_fields(at), token) for line, at in certain.items()]
        + [Put(position_key(*line), -1, None, token) for line in refused]
    )
    yield from _refresh(session, token, touched - certain.keys())


def _left(trial: _Trial) -> dict[Line, Position]:
    """The positions that a write has left, as far as it answers them."""
    positions = [result.position for result in (trial.results or {}).values()]
    return {(p.bot_id, p.category, p.symbol, p.position_idx): p for p in positions}


def _refresh(session: Session, token: str, lines: Iterable[Line]) -> Operation[None]:
    """Stores the bot's own positions as PostgreSQL has them. Others' announcements stay until they run out."""
    for bot_id, category, symbol, position_idx in lines:
        if bot_id == session.bot_id:
            book = {"bot_id": bot_id, "category": category, "symbol": symbol, "position_idx": position_idx}
            position = yield from read_position(session, book)
            key = position_key(bot_id, category, symbol, position_idx)
            yield Put(key, position.book_seq, to_fields(position), token)
