"""`accounts`: who is served, and whether keys work."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from reconcile.service.leader import leadership
from tests.acceptance.cli.conftest import Answer, Shell
from tests.reconciling import Desk, open_desk
from tests.serving import environment_of


@pytest.fixture
async def desk(database_url: str, redis_url: str) -> AsyncIterator[Desk]:
    async with open_desk(database_url, redis_url) as one:
        yield one


@pytest.fixture
def keys(cli: Shell, desk: Desk) -> Shell:
    """The command line with the key of the desk's account."""
    cli.set("LEDGER_ACCOUNT", "main")
    for name, value in environment_of(desk.account).items():
        cli.set(name, value)
    return cli


async def run(shell: Shell, *arguments: str) -> Answer:
    """The exchange lives in this event loop."""
    return await asyncio.to_thread(shell, *arguments)


async def test_accounts_are_listed(cli: Shell, desk: Desk) -> None:
    (row,) = (await run(cli, "accounts", "--json")).json
    assert (row["account"], row["venue"], row["environment"], row["bots"]) == ("main", "bybit", "paper", 1)
    assert (row["uid"], row["reconciliation"], row["covered_until"], row["led"]) == (None, None, None, False)
    await desk.reconcile()
    (row,) = (await run(cli, "accounts", "--account", "main", "--json")).json
    assert (row["uid"], row["reconciliation"]) == (str(desk.account.uid), "ok")
    assert row["covered_until"] is not None
    async with leadership(desk.client.settings, 1):
        (row,) = (await run(cli, "accounts", "--json")).json
        assert row["led"] is True
        assert row["leader"].startswith("fifoledger serve ")
        shown = await run(cli, "accounts", "--wide")
        assert "fifoledger serve" in shown.out
    (row,) = (await run(cli, "accounts", "--json")).json
    assert row["led"] is False


async def test_an_account_that_is_not_there(cli: Shell, desk: Desk) -> None:
    assert (await run(cli, "accounts", "--account", "man")).code == 2


async def test_a_key_that_works(keys: Shell, desk: Desk) -> None:
    answer = await run(keys, "accounts", "check", "--json")
    assert answer.code == 0
    assert answer.json == [
        {
            "account": "main",
            "environment": "paper",
            "works": True,
            "read_only": False,
            "may_withdraw": False,
            "uid": str(desk.account.uid),
            "kept_uid": None,
            "remark": None,
        }
    ]
    await desk.reconcile()
    assert (await run(keys, "accounts", "check", "--json")).json[0]["kept_uid"] == str(desk.account.uid)


async def test_a_key_that_may_withdraw_draws_a_warning(keys: Shell, desk: Desk) -> None:
    key = desk.account.control.create_key(desk.account.uid, withdraw=True)
    keys.set("BYBIT_API_KEY", key.api_key)
    keys.set("BYBIT_API_SECRET", key.api_secret)
    answer = await run(keys, "accounts", "check")
    assert answer.code == 0
    assert "the key of main may withdraw" in answer.out
    assert key.api_secret not in answer.out + answer.err


async def test_a_key_of_another_account(keys: Shell, desk: Desk) -> None:
    await desk.reconcile()
    other = desk.account.control.create_account()
    keys.set("BYBIT_API_KEY", other.api_key)
    keys.set("BYBIT_API_SECRET", other.api_secret)
    answer = await run(keys, "accounts", "check", "--json")
    assert answer.code == 1
    assert answer.json[0]["remark"] == "the books are of another account of the venue"


async def test_two_names_of_one_account(keys: Shell, desk: Desk) -> None:
    again = desk.account.control.create_key(desk.account.uid)
    for name, value in (
        environment_of(desk.account, "BYBIT_SECOND_") | {"SERVICE_ACCOUNTS": "a=BYBIT_,b=BYBIT_SECOND_"}
    ).items():
        keys.set(name, value)
    keys.set("BYBIT_SECOND_API_KEY", again.api_key)
    keys.set("BYBIT_SECOND_API_SECRET", again.api_secret)
    answer = await run(keys, "accounts", "check", "--json")
    assert (answer.code, [row["remark"] for row in answer.json]) == (1, ["a and b are one account of the venue"] * 2)


async def test_a_key_that_is_refused_and_an_exchange_that_does_not_answer(keys: Shell, desk: Desk) -> None:
    keys.set("BYBIT_API_KEY", "nobody-has-this-key")
    answer = await run(keys, "accounts", "check", "--json")
    assert answer.code == 1
    assert "10003" in answer.json[0]["remark"]
    keys.set("BYBIT_ENDPOINT", "http://127.0.0.1:1")
    keys.set("BYBIT_PATIENCE", "0.2")
    assert (await run(keys, "accounts", "check")).code == 4


async def test_a_key_that_is_not_there(keys: Shell, desk: Desk) -> None:
    keys.set("BYBIT_API_SECRET", "")
    answer = await run(keys, "accounts", "check")
    assert answer.code == 3
    assert "BYBIT_API_SECRET" in answer.err
    keys.set("BYBIT_API_SECRET", "x")
    assert (await run(keys, "accounts", "check", "--account", "other")).code == 2
