"""What a write makes of another one that has not ended yet."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal
from functools import partial
from typing import Any

import psycopg
import pytest

from ledger import LedgerClient
from ledger.database.url import to_conninfo
from tests.fills import SYMBOL, fill
from tests.locks import Call, blocked_backend, wait_until_blocked
from tests.statements import statement

Open = Callable[[str], LedgerClient]
_PLAIN = {"order_id": None, "client_order_id": None, "commission": 0}


@pytest.fixture
def opened(database_url: str) -> Iterator[Open]:
    with ExitStack() as stack:

        def open_registered(bot_id: str) -> LedgerClient:
            client = stack.enter_context(LedgerClient(bot_id, account="main", database_url=database_url))
            client.register()
            return client

        yield open_registered


def test_an_execution_of_a_batch_that_is_being_booked_for_another_bot(
    opened: Open, database_url: str, connection: psycopg.Connection[Any]
) -> None:
    opened("a")
    batch = [fill("e1"), fill("e2", "Sell", 3)]
    writer = opened("b")
    with psycopg.connect(to_conninfo(database_url), autocommit=True) as watcher, connection.transaction():
        connection.execute(statement("reconcile/record_fill"), {**batch[0], **_PLAIN, "bot_id": "a"})
        call = Call(partial(writer.record_fills, batch))
        blocked_backend(watcher, set())
    call.join(30)
    assert call.error is None
    assert [result.duplicate for result in call.result] == [True, False]
    position = writer.get_position(SYMBOL)
    assert (position.side, position.total_qty) == ("Sell", Decimal(3))


def test_executions_of_a_batch_that_others_book_one_after_the_other(opened: Open, database_url: str) -> None:
    for bot in ("a", "b"):
        opened(bot)
    writer = opened("c")
    batch = [fill("e1"), fill("e2", "Sell", 3, at=1), fill("e3", at=2)]
    with psycopg.connect(to_conninfo(database_url), autocommit=True) as watcher, ExitStack() as stack:
        others = [stack.enter_context(psycopg.connect(to_conninfo(database_url))) for _ in "ab"]
        for bot, given, other in zip("ab", batch, others, strict=False):
            other.execute(statement("reconcile/record_fill"), {**given, **_PLAIN, "bot_id": bot})
        call = Call(partial(writer.record_fills, batch))
        for other in others:
            wait_until_blocked(watcher, other)
            other.commit()
    call.join(30)
    assert call.error is None
    assert [result.duplicate for result in call.result] == [True, True, False]
    assert [result.position.bot_id for result in call.result] == ["a", "b", "c"]


def test_bots_that_make_books_of_one_line_do_not_wait_for_each_other(
    opened: Open, connection: psycopg.Connection[Any]
) -> None:
    opened("a")
    writer = opened("b")
    with connection.transaction():
        connection.execute(statement("reconcile/record_fill"), {**fill("e1"), **_PLAIN, "bot_id": "a"})
        call = Call(partial(writer.record_fill, **fill("e2")))
        call.join(10)
        assert call.result is not None
