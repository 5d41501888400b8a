"""One account of the venue has one account in the ledger, or everything would be booked twice."""

import asyncio
from contextlib import AsyncExitStack

import psycopg
import pytest

from ledger import AsyncLedgerClient
from ledger.database import AsyncDatabase
from ledger.database.url import to_conninfo
from reconcile.errors import WrongAccountError
from reconcile.startup.store import Store
from tests.reconciling import Desk
from tests.statements import statement


def client_of(desk: Desk, account: str) -> AsyncLedgerClient:
    bot = f"bot_of_{account.replace(':', '_')}"
    return AsyncLedgerClient(bot, account=account, database_url=desk.database_url, redis_url=desk.redis_url)


async def store_of(desk: Desk, account: str, stack: AsyncExitStack) -> Store:
    client = await stack.enter_async_context(client_of(desk, account))
    database = AsyncDatabase(client.settings)
    stack.push_async_callback(database.close)
    return Store(database, await client.register())


async def test_a_second_name_for_the_same_account_is_refused(desk: Desk) -> None:
    desk.order("Buy", "1")
    assert (await desk.reconcile()).ok
    async with client_of(desk, "bybit:again:paper") as client:
        await client.register()
        before = desk.everything()
        for _ in range(2):
            with pytest.raises(
                WrongAccountError, match=f"again and main are both .* account {desk.account.uid}"
            ) as caught:
                await desk.reconcile(db_client=client, bot_id=client.bot_id)
            assert (caught.value.account, caught.value.other) == ("again", "main")
    assert desk.everything() == before
    assert len(desk.rows("reconcile/fills")) == 1
    assert (await desk.reconcile()).ok


async def test_an_exchange_that_is_elsewhere_than_the_account_is_said(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    assert (await desk.reconcile()).notes == []
    assert (await desk.reconcile(exchange_client=desk.session)).notes == []  # where its address leads nobody knows
    caplog.clear()
    async with client_of(desk, "bybit:real") as client:
        report = await desk.reconcile(db_client=client, bot_id=client.bot_id)
        assert report.ok
        (note,) = report.notes
        assert note.startswith("the account is registered as bybit mainnet, and the exchange is bybit paper: ")
        assert "bybit:real_paper:paper" in note
        assert "the exchange is not where the account is registered" in caplog.text
        assert note in " ".join(str(report).split())


async def test_the_same_number_on_another_network_is_another_account(desk: Desk) -> None:
    async with AsyncExitStack() as stack:
        for account in ("bybit:a:paper", "bybit:b:testnet", "bybit:c:demo", "okx:d:paper"):
            await (await store_of(desk, account, stack)).claim(account, "77")


async def test_of_two_that_claim_it_at_once_one_gets_it(desk: Desk) -> None:
    async with AsyncExitStack() as stack:
        first, second = [await store_of(desk, f"bybit:{name}:paper", stack) for name in ("first", "second")]
        with psycopg.connect(to_conninfo(desk.database_url)) as connection:  # one transaction
            connection.execute(statement("reconcile/claim"), {"account_id": second.account_id, "uid": "4711"})
            waiting = asyncio.create_task(first.claim("first", "4711"))
            await asyncio.wait({waiting}, timeout=0.5)
        with pytest.raises(WrongAccountError, match="first and second are both"):
            await waiting
        await second.claim("second", "4711")
