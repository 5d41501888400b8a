"""One account of the venue has one account in the ledger, or everything would be booked twice."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from ledger import AsyncLedgerClient
from ledger.database import AsyncDatabase
from reconcile.errors import WrongAccountError
from reconcile.startup.store import Store
from tests.reconciling import Desk


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


async def test_the_same_number_on_another_network_is_another_account(desk: Desk) -> None:
    async with AsyncExitStack() as stack:
        for account in ("bybit:a:paper", "bybit:b:testnet", "bybit:c:demo", "okx:d:paper"):
            await (await store_of(desk, account, stack)).claim(account, "77")


async def test_of_many_that_claim_it_at_once_one_gets_it(desk: Desk) -> None:
    async with AsyncExitStack() as stack:
        stores = [await store_of(desk, f"bybit:claim{n}:paper", stack) for n in range(8)]
        await asyncio.gather(*(store.now() for store in stores))  # all are connected
        made = await asyncio.gather(
            *(one.claim(f"claim{one.account_id}", "4711") for one in stores), return_exceptions=True
        )
        assert sorted(type(one).__name__ for one in made) == ["NoneType"] + ["WrongAccountError"] * 7
        (winner,) = [store for store, one in zip(stores, made, strict=True) if one is None]
        await winner.claim("again", "4711")
