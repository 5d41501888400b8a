"""The service as docker compose runs it: with a login of its own, while bots have theirs, and keys from a file."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientError, ClientSession
from prometheus_client.parser import text_string_to_metric_families

from ledger import AsyncLedgerClient
from tests.bybit_account import START
from tests.free_port import free_port
from tests.http_schemas import problems
from tests.logins import NewLogin, as_login, logins
from tests.reconciling import BOT, Desk, open_desk
from tests.servers import Servers

SECONDS = 60


@pytest.fixture
def new_login(servers: Servers) -> Iterator[NewLogin]:
    with logins(servers.admin_url) as make:
        yield make


@pytest.fixture
async def desk(database_url: str, redis_url: str) -> AsyncIterator[Desk]:
    async with open_desk(database_url, redis_url) as one:
        yield one


def accounts_file(desk: Desk, directory: Path) -> Path:
    key = desk.account.control.create_key(desk.account.uid, trade=False)
    path = directory / "accounts.toml"
    path.touch(mode=0o600)
    path.write_text(
        f"""
        [main]
        api_key = "{key.api_key}"
        api_secret = "{key.api_secret}"
        environment = "paper"
        endpoint = "{desk.account.paper.url}"
        stream_url = "{desk.account.paper.ws_url}"
        categories = ["linear"]
        """,
        encoding="utf-8",
    )
    return path


@asynccontextmanager
async def service(desk: Desk, login: str, directory: Path) -> AsyncIterator[tuple[ClientSession, Path]]:
    """The program, until the block ends; its address, and what it logs."""
    port, log = free_port(), directory / "service.log"
    environment = {
        "LEDGER_DATABASE_URL": as_login(desk.database_url, login),
        "LEDGER_REDIS_URL": desk.redis_url,
        "SERVICE_ACCOUNTS_FILE": str(accounts_file(desk, directory)),
        "SERVICE_PORT": str(port),
        "SERVICE_SINCE": START.isoformat(),
        "SERVICE_LOG_FORMAT": "json",
    }
    with log.open("wb") as stderr:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "from ledger.cli import main; main()", "serve"),
            cwd=directory,
            env={**os.environ, **environment, "PYTHONPATH": str(Path(__file__).parents[2])},
            stdout=asyncio.subprocess.PIPE,
            stderr=stderr,
        )
    try:
        async with ClientSession(f"http://127.0.0.1:{port}") as session:
            yield session, log
        process.send_signal(signal.SIGTERM)
        out, _ = await asyncio.wait_for(process.communicate(), SECONDS)
        assert (process.returncode, out) == (0, b""), said(log)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def until(what: Callable[[], Awaitable[bool]], log: Path) -> None:
    """Waits for what is to come."""
    deadline = time.monotonic() + SECONDS
    while not await what():
        assert time.monotonic() < deadline, said(log)
        await asyncio.sleep(0.1)


def said(log: Path) -> str:
    return log.read_text(encoding="utf-8")


async def asked(session: ClientSession, path: str) -> tuple[int, Any]:
    try:
        async with session.get(path) as answer:
            return answer.status, await answer.json()
    except ClientError:
        return 0, {}


async def test_a_login_for_services_is_enough_and_bots_keep_theirs(
    desk: Desk, new_login: NewLogin, tmp_path: Path
) -> None:
    bots_own = new_login("ledger_bot")
    async with AsyncLedgerClient("other", account="main", database_url=as_login(desk.database_url, bots_own)) as client:
        await client.register()
    desk.order("Buy", "2", bot="other")
    desk.order("Buy", "1")
    async with service(desk, new_login("ledger_service"), tmp_path) as (session, log):

        async def live() -> bool:
            ready, _ = await asked(session, "/readyz")
            _, document = await asked(session, "/status")
            return ready == 200 and bool(document["accounts"]["main"]["stream"] == "live")

        await until(live, log)
        assert desk.agrees()
        desk.order("Sell", "0.5", bot="other")

        async def booked() -> bool:
            return desk.agrees()

        await until(booked, log)
        status, document = await asked(session, "/status")
        assert status == 200
        assert problems("status", document) == []
        main = document["accounts"]["main"]
        assert (main["leading"], main["reconciliation"], main["residual"]) == (True, "ok", "0")
        assert (main["may_withdraw"], main["problems"]) == (False, {})
        async with session.get("/metrics") as answer:
            families = list(text_string_to_metric_families(await answer.text()))
        samples = {
            (sample.name, sample.labels.get("account")): sample.value
            for family in families
            for sample in family.samples
        }
        assert samples["fifoledger_leader", "main"] == 1
        assert samples["fifoledger_residual", "main"] == 0
    # The bot's own login still acts for its bot.
    async with AsyncLedgerClient("other", account="main", database_url=as_login(desk.database_url, bots_own)) as client:
        position = await client.get_position("BTCUSDT")
        assert f"{position.size:f}" == "1.5"
    lines = [json.loads(line) for line in said(log).splitlines()]
    assert [line for line in lines if line["level"] in {"warning", "error", "critical"}] == []
    assert desk.books()[BOT, "BTCUSDT", 0] == 1
