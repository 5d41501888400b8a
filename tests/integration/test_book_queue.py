"""Who writes to one book is served in the order of arrival."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

import psycopg
import pytest

from ledger import LedgerClient
from ledger.database.url import to_conninfo
from tests.fills import SYMBOL, fill, moment
from tests.locks import Call, blocked_backend, locked_books
from tests.statements import statement

_WRITERS = 6
_REPETITIONS = 40


@pytest.fixture
def writers(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[LedgerClient]]:
    """Several processes of one bot, as far as the server can tell; a deadlock is an error and not tried again."""
    monkeypatch.setenv("LEDGER_RETRY_TIMEOUT", "0")
    with ExitStack() as stack:
        yield [
            stack.enter_context(LedgerClient("bot", account="main", database_url=database_url)) for _ in range(_WRITERS)
        ]


def test_those_who_wait_are_served_in_their_order(
    writers: list[LedgerClient], database_url: str, connection: psycopg.Connection[Any]
) -> None:
    writers[0].record_fill(**fill("first"))
    seen: set[int] = set()
    with psycopg.connect(to_conninfo(database_url), autocommit=True) as watcher, locked_books(connection):
        calls = []
        for number, writer in enumerate(writers):
            given = fill(f"e{number}", at=number + 1)
            calls.append(Call(partial(writer.record_fill, **given)))
            seen.add(blocked_backend(watcher, seen))
        waits = [wait for _, wait in watcher.execute(statement("server/blocked_backends"))]
        assert sorted(waits) == ["advisory"] * (_WRITERS - 1) + ["transactionid"]  # of many, one waits for the row
    for call in calls:
        call.join(30)
        assert call.error is None
    assert [call.result.position.book_seq for call in calls] == [*range(2, _WRITERS + 2)]


def test_an_adjustment_has_no_deadlock_with_those_who_queue(writers: list[LedgerClient]) -> None:
    """It locks the line's rows before it books: by then it must be in the queue of its own book."""

    def adjust(writer: LedgerClient) -> bool:
        made = writer.record_adjustment(
            category="linear", symbol=SYMBOL, position_idx=0, side="Sell", exec_qty=2, exec_time=moment(-1),
            exec_id="a", seen={},
        )  # fmt: skip
        return made.duplicate if made is not None else False

    def repeated(work: Callable[[], bool]) -> list[bool]:
        return [work() for _ in range(_REPETITIONS)]

    def record(name: int, writer: LedgerClient) -> None:
        for number in range(_REPETITIONS):
            writer.record_fill(**fill(f"{name}-{number}", at=number))

    assert not adjust(writers[0])
    adjusters = [Call(partial(repeated, partial(adjust, writer))) for writer in writers[3:]]
    calls = [Call(partial(record, number, writer)) for number, writer in enumerate(writers[:3])]
    for call in (*calls, *adjusters):
        call.join(60)
        assert call.error is None
    assert all(call.result == [True] * _REPETITIONS for call in adjusters)


@pytest.mark.parametrize("is_new", [False, True])
def test_an_adjustment_has_no_deadlock_with_a_batch_of_two_bots(
    writers: list[LedgerClient], database_url: str, connection: psycopg.Connection[Any], is_new: bool
) -> None:
    """It locks the line's books in the order in which they were made, and that none are made."""
    with LedgerClient("other", account="main", database_url=database_url) as other:
        other.record_fill(**fill("theirs", order_id="o", symbol="ETHUSDT" if is_new else SYMBOL))
    writers[0].record_fill(**fill("ours"))
    with (
        LedgerClient("external", account="main", database_url=database_url) as external,
        psycopg.connect(to_conninfo(database_url), autocommit=True) as watcher,
        locked_books(connection, "bot"),
    ):
        adjust = partial(
            external.record_adjustment, category="linear", symbol=SYMBOL, position_idx=0, side="Sell", exec_qty=1,
            exec_time=moment(9), exec_id="a", seen={},
        )  # fmt: skip
        batch = [fill("e1", at=1), fill("e2", at=2, order_id="o")]
        calls = [Call(partial(writers[0].record_fills, batch))]
        seen = {blocked_backend(watcher, set())}
        calls.append(Call(adjust))
        blocked_backend(watcher, seen)
    for call in calls:
        call.join(30)
        assert call.error is None
    assert [result.position.bot_id for result in calls[0].result] == ["bot", "other"]
    assert calls[1].result is None
