"""What the library logs when Redis goes away and comes back: once each, through logging, and nothing on stdout."""

import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import ledger
from ledger import LedgerClient
from tests.clients import KINDS
from tests.fills import SYMBOL, fill
from tests.redis_server import RedisServer

OpenClient = Callable[..., LedgerClient]
KEY = f"position:bot:{SYMBOL}"


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Callable[[], list[tuple[str, str]]]:
    caplog.set_level(logging.INFO, logger="ledger")

    def told() -> list[tuple[str, str]]:
        """Level and text of what was logged since the last question."""
        found = [(r.levelname, r.getMessage()) for r in caplog.records if r.name == "ledger.cache"]
        caplog.clear()
        return found

    return told


@pytest.mark.parametrize("kind", KINDS)
def test_one_line_when_it_goes_and_one_when_it_is_back(
    kind: str, opened: OpenClient, database_url: str, own_redis: RedisServer, log: Callable[[], list[tuple[str, str]]]
) -> None:
    client = opened(kind, "bot", database_url=database_url, redis_url=own_redis.url)
    for round_trip in range(2):
        client.record_fill(**fill(f"before{round_trip}", at=round_trip * 10))
        assert log() == []
        own_redis.kill()
        for number in range(3):
            client.record_fill(**fill(f"away{round_trip}{number}", at=round_trip * 10 + number + 1))
            client.get_position(SYMBOL)
        assert log() == [
            ("WARNING", "Redis does not answer (ConnectionError); positions come from PostgreSQL until it does")
        ]
        own_redis.start()
        for _ in range(3):
            client.get_position(SYMBOL)
        assert log() == [("INFO", "Redis answers again")]


@pytest.mark.parametrize("kind", KINDS)
def test_each_client_speaks_for_itself(
    kind: str, opened: OpenClient, database_url: str, own_redis: RedisServer, log: Callable[[], list[tuple[str, str]]]
) -> None:
    clients = [opened(kind, bot, database_url=database_url, redis_url=own_redis.url) for bot in ("one", "two")]
    own_redis.kill()
    for client in clients * 3:
        client.get_position(SYMBOL)
    assert [level for level, _ in log()] == ["WARNING", "WARNING"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_refuses_is_not_away(
    kind: str, opened: OpenClient, database_url: str, own_redis: RedisServer, log: Callable[[], list[tuple[str, str]]]
) -> None:
    client = opened(kind, "bot", database_url=database_url, redis_url=own_redis.url)
    client.record_fill(**fill("first"))
    with own_redis.client() as server:
        server.config_set("maxmemory", "1")
        for number in range(3):
            client.record_fill(**fill(f"full{number}", at=number + 1))
            client.get_position(SYMBOL)
        assert log() == [("WARNING", f"Redis refuses the entry {KEY} (OutOfMemoryError); it is answered by PostgreSQL")]
        server.config_set("maxmemory", "0")
    client.record_fill(**fill("room again", at=9))
    client.get_position(SYMBOL)
    assert log() == [("INFO", f"Redis takes the entry {KEY} again")]


def test_a_program_without_logging_sees_nothing(database_url: str) -> None:
    code = """
import sys
from ledger import LedgerClient
with LedgerClient("bot", database_url=sys.argv[1], redis_url="redis://127.0.0.1:1/0") as bot:
    print(bot.get_position("BTCUSDT").side)
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, database_url],
        env={**os.environ, "PYTHONPATH": str(Path(ledger.__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "None\n", "")
