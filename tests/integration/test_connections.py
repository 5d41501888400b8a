"""One client shared by threads, workers and event loops; every way to say where the database is."""

import asyncio
import multiprocessing
import os
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from ledger import AsyncLedgerClient, ClientClosedError, ConfigurationError, LedgerClient
from ledger.database.url import to_conninfo
from tests import workers
from tests.bad_values import METHODS
from tests.clients import KINDS
from tests.fills import SYMBOL, fill
from tests.statements import statement

OpenClient = Callable[..., LedgerClient]


def counts(connection: psycopg.Connection[Any]) -> tuple[int, int]:
    row = connection.execute(statement("server/count_fills")).fetchone()
    assert row is not None
    return row[0], row[1]


def test_threads_share_a_client(
    opened: OpenClient, database_url: str, redis_url: str, connection: psycopg.Connection[Any]
) -> None:
    client = opened("blocking", "bot", account="main", database_url=database_url, redis_url=redis_url)
    start = threading.Barrier(12)
    failures: list[BaseException] = []

    def work(number: int) -> None:
        start.wait()
        try:
            for step in range(15):
                client.record_fill(**fill(f"hot-{step}", at=step))  # everybody has the same executions
                own = client.record_fill(**fill(f"own-{number}-{step}", symbol=f"S{number}USDT", at=step))
                assert own.position.size == step + 1
                assert client.get_position(f"S{number}USDT").size == step + 1
                assert client.get_position(SYMBOL).size > step
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    most = 0
    while any(thread.is_alive() for thread in threads):
        row = connection.execute(statement("server/connections")).fetchone()
        most = max(most, row[0] if row else 0)
        time.sleep(0.01)
    assert failures == []
    assert counts(connection) == (13 * 15, 13 * 15)
    assert 1 < most <= 4, "a client opens as many connections as LEDGER_POOL_SIZE says"


def test_forked_workers_use_the_client_they_were_born_with(
    opened: OpenClient, database_url: str, redis_url: str, connection: psycopg.Connection[Any]
) -> None:
    client = opened("blocking", "bot", account="main", database_url=database_url, redis_url=redis_url)
    client.record_fill(**fill("parent-0"))
    assert client.get_position(SYMBOL).size == 1
    children = []
    for number in range(3):
        with warnings.catch_warnings():
            # Python warns of forking with threads about; this is what is tested.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            status = 1
            try:
                for step in range(10):
                    client.record_fill(**fill(f"child-{number}-{step}", at=step))
                    client.get_position(SYMBOL)
                status = 0
            finally:
                os._exit(status)
        children.append(child)
    for step in range(1, 10):
        client.record_fill(**fill(f"parent-{step}", at=step))
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    assert client.get_position(SYMBOL).size == 40
    assert counts(connection) == (40, 40)


def test_spawned_workers(
    opened: OpenClient, database_url: str, redis_url: str, connection: psycopg.Connection[Any]
) -> None:
    options = {"account": "main", "database_url": database_url, "redis_url": redis_url}
    spawn = multiprocessing.get_context("spawn")
    # Each other one has the same executions: what two of them see is booked once.
    processes = [
        spawn.Process(target=workers.record, args=(options, [fill(f"{n % 2}-{s}", at=s) for s in range(10)], {}))
        for n in range(3)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert counts(connection) == (20, 20)
    assert opened("blocking", "bot", **options).get_position(SYMBOL).size == 20


async def test_many_calls_at_once(database_url: str, redis_url: str, connection: psycopg.Connection[Any]) -> None:
    async with AsyncLedgerClient("bot", account="main", database_url=database_url, redis_url=redis_url) as client:
        symbols = [f"S{number % 5}USDT" for number in range(80)]
        results = await asyncio.gather(
            *(client.record_fill(**fill(f"e{n}", symbol=symbol, at=n)) for n, symbol in enumerate(symbols))
        )
        assert not any(result.duplicate for result in results)
        row = connection.execute(statement("server/connections")).fetchone()
        assert row is not None
        assert row[0] <= 4
        positions = await asyncio.gather(*(client.get_position(symbol) for symbol in symbols))
    assert {position.size for position in positions} == {16}
    assert counts(connection) == (80, 80)


@pytest.mark.parametrize("kind", KINDS)
def test_a_closed_client_says_so(kind: str, opened: OpenClient, database_url: str, redis_url: str) -> None:
    client = opened(kind, "bot", account="main", database_url=database_url, redis_url=redis_url)
    client.record_fill(**fill("e1"))
    client.get_position(SYMBOL)
    client.close()
    client.close()
    # acting_for asks the servers nothing: the client that it gives says so at its first call.
    calls: list[tuple[str, list[Any], dict[str, Any]]] = [
        (method.name, [], method.arguments) for method in METHODS if not method.inside and method.name != "acting_for"
    ]
    calls += [("record_fills", [[fill("e2")]], {}), ("heartbeat", [], {})]
    for name, arguments, named in calls:
        with pytest.raises(ClientClosedError):
            getattr(client, name)(*arguments, **named)
    never_used = opened(kind, "bot", database_url=database_url)
    never_used.close()
    with pytest.raises(ClientClosedError):
        never_used.register()


def spellings(database_url: str) -> list[str]:
    """The same database, as people write it."""
    conninfo = to_conninfo(database_url)
    parts = {name: str(value) for name, value in conninfo_to_dict(conninfo).items()}
    query = "&".join(f"{name}={value}" for name, value in parts.items() if name != "dbname")
    urls = [f"{scheme}:///{parts['dbname']}?{query}" for scheme in ("postgresql", "postgres", "postgresql+psycopg")]
    return [conninfo, f"  {conninfo} ", *urls, urls[0] + "&connect_timeout=3&application_name=mine"]


@pytest.mark.parametrize("kind", KINDS)
def test_spellings_of_the_database(kind: str, opened: OpenClient, database_url: str) -> None:
    for number, url in enumerate(spellings(database_url), 1):
        client = opened(kind, "bot", account="main", database_url=url)
        assert client.record_fill(**fill(f"e{number}", at=number)).position.size == number


@pytest.mark.parametrize("kind", KINDS)
def test_settings_come_from_the_environment_or_dot_env(
    kind: str,
    opened: OpenClient,
    make_database: Callable[[], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    in_file, in_environment, argument = make_database(), make_database(), make_database()
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(f"LEDGER_DATABASE_URL={in_file}\nLEDGER_ACCOUNT=okx:from_file:demo\nOTHER=1\n")
    opened(kind, "bot").record_fill(**fill("e1"))
    monkeypatch.setenv("LEDGER_DATABASE_URL", in_environment)
    monkeypatch.setenv("LEDGER_ACCOUNT", "from_environment")
    opened(kind, "bot").record_fill(**fill("e1"))
    opened(kind, "bot", database_url=argument, account="from_argument").record_fill(**fill("e1"))
    found = {}
    for url in (in_file, in_environment, argument):
        with psycopg.connect(to_conninfo(url)) as connection:
            assert counts(connection) == (1, 1)
            found[url] = connection.execute(statement("server/accounts")).fetchall()
    assert found == {
        in_file: [("okx", "from_file", "demo")],
        in_environment: [("bybit", "from_environment", "mainnet")],
        argument: [("bybit", "from_argument", "mainnet")],
    }


def test_settings_that_are_wrong_are_named_without_their_value(
    monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    monkeypatch.setenv("LEDGER_POOL_SIZE", "hunter2")
    with pytest.raises(ConfigurationError, match="LEDGER_POOL_SIZE") as caught:
        LedgerClient("bot", database_url=database_url)
    assert "hunter2" not in str(caught.value)


def test_an_account_is_found_again(opened: OpenClient, database_url: str) -> None:
    opened("blocking", "bot", account="main", database_url=database_url).record_fill(**fill("e1"))
    assert opened("blocking", "bot", database_url=database_url).get_position(SYMBOL).size == 1
    assert opened("blocking", "bot", account="main", database_url=database_url).get_position(SYMBOL).size == 1
