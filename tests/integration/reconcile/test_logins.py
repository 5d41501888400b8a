"""A reconciliation speaks for the whole account: a login that may not act for all of it is told so."""

from collections.abc import Iterator

import pytest

from ledger import AsyncLedgerClient, PermissionDeniedError
from ledger.errors import InvalidInputError
from reconcile import reconcile_positions_on_startup
from tests.bybit_account import START
from tests.logins import NewLogin, as_login, logins
from tests.reconciling import BOT, Desk
from tests.servers import Servers


@pytest.fixture
def new_login(servers: Servers) -> Iterator[NewLogin]:
    with logins(servers.admin_url) as make:
        yield make


async def test_a_login_needs_all_bots_of_the_account(desk: Desk, new_login: NewLogin) -> None:
    await desk.registered("other")
    desk.order("Buy", "1")
    desk.order("Buy", "2", bot="other")
    desk.account.trade("Sell", "0.5")
    login = new_login("ledger_bot")
    url = as_login(desk.database_url, login)
    before = desk.everything()
    for bot in (BOT, "external", "other"):
        async with AsyncLedgerClient(BOT, database_url=url) as client:
            with pytest.raises(PermissionDeniedError):
                await reconcile_positions_on_startup(BOT, client, desk.account.exchange, since=START)
        assert desk.everything() | {"bots": []} == before | {"bots": []}
        desk.rows("reconcile/assign", bot=bot, login=login)
    async with AsyncLedgerClient(BOT, database_url=url) as client:
        first = await reconcile_positions_on_startup(BOT, client, desk.account.exchange, since=START)
        assert first.ok
        again = await reconcile_positions_on_startup(BOT, client, desk.account.exchange, since=START)
    assert again.run_id == first.run_id
    assert desk.agrees()


async def test_arguments_are_checked_first(desk: Desk) -> None:
    with pytest.raises(InvalidInputError, match="on_unexplained"):
        await desk.reconcile(on_unexplained="guess")
    with pytest.raises(InvalidInputError, match="since"):
        await desk.reconcile(since=START.replace(tzinfo=None))
    with pytest.raises(InvalidInputError, match="exchange_client"):
        await desk.reconcile(exchange_client=desk)
