"""The proxy ends a connection where it was told to."""

import threading
from collections.abc import Callable

import psycopg
import pytest
from psycopg import sql

from ledger.queries import query
from tests.faults.wire import StatementProxy


def test_it_ends_when_the_server_waits_for_rows(make_database: Callable[[], str]) -> None:
    """Then a COPY is begun, and only the client could end it."""
    database_url, told = make_database(), threading.Event()
    copy = sql.SQL(query("import_copy")).format(
        table=sql.Identifier("trading", "bots"), columns=sql.Identifier("bot_id")
    )
    with StatementProxy(database_url) as proxy:
        proxy.end_at(1, answered=True, then=told.set)
        with (
            psycopg.connect(proxy.postgres_url(database_url), autocommit=True) as connection,
            connection.cursor() as cursor,
            pytest.raises(psycopg.OperationalError),
            cursor.copy(copy),
        ):
            pytest.fail("it was told of what nobody should have been told of")
        assert told.is_set()
        assert proxy.ended.wait(5)
