"""What is done to books beside the fills that bots write: adjusted, replaced, moved, refused, imported, remembered."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from ledger.database.url import to_conninfo
from tests.servers import Servers, create_database, drop_database
from tests.steps.play import Play, prepared
from tests.steps.scenarios import scenarios

NAME = "fifoledger_test_steps"


@pytest.fixture(scope="module")
def opened(servers: Servers, template_database: str) -> Iterator[tuple[psycopg.Connection[Any], dict[str, int]]]:
    url = create_database(servers.admin_url, NAME, template_database)
    with psycopg.connect(to_conninfo(url), autocommit=True) as connection:
        yield connection, prepared(connection)
    drop_database(servers.admin_url, NAME)


@pytest.mark.parametrize("name", scenarios())
def test_steps(opened: tuple[psycopg.Connection[Any], dict[str, int]], name: str) -> None:
    """Each says itself what must come of it; then every book is proven from its journal."""
    connection, accounts = opened
    with connection.transaction(force_rollback=True):
        play = Play(connection, accounts)
        scenarios()[name](play)
        assert play.complaints() == []
