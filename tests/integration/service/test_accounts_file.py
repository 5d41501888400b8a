"""The service as docker compose runs it: keys from a file, and a login of its own beside those of the bots."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ledger import AsyncLedgerClient
from tests.http_schemas import problems
from tests.integration.service.conftest import Serve
from tests.logins import NewLogin, as_login, logins
from tests.reconciling import BOT, Desk
from tests.servers import Servers


@pytest.fixture
def new_login(servers: Servers) -> Iterator[NewLogin]:
    with logins(servers.admin_url) as make:
        yield make


def accounts_file(desk: Desk, directory: Path, environment: str = "paper") -> Path:
    key = desk.account.control.create_key(desk.account.uid, trade=False)
    path = directory / "accounts.toml"
    path.touch(mode=0o600)
    path.write_text(
        f"""
        [main]
        api_key = "{key.api_key}"
        api_secret = "{key.api_secret}"
        environment = "{environment}"
        endpoint = "{desk.account.paper.url}"
        stream_url = "{desk.account.paper.ws_url}"
        categories = ["linear"]
        """,
        encoding="utf-8",
    )
    return path


async def test_a_login_for_services_is_enough_and_bots_keep_theirs(
    desk: Desk, serve: Serve, new_login: NewLogin, tmp_path: Path
) -> None:
    bots_own = as_login(desk.database_url, new_login("ledger_bot"))
    async with AsyncLedgerClient("other", account="main", database_url=bots_own) as client:
        await client.register()
    desk.order("Buy", "2", bot="other")
    desk.order("Buy", "1")
    its_own = {"LEDGER_DATABASE_URL": as_login(desk.database_url, new_login("ledger_service"))}
    service = serve(its_own, accounts_file=accounts_file(desk, tmp_path), log_format="json", log_level="INFO").live()
    assert service.get("/readyz")[0] == 200
    assert desk.agrees()
    desk.order("Sell", "0.5", bot="other")
    service.wait(desk.agrees)
    status = service.status()
    assert problems("status", status) == []
    main = status["accounts"]["main"]
    assert (main["leading"], main["reconciliation"], main["residual"]) == (True, "ok", "0")
    assert (main["may_withdraw"], main["problems"]) == (False, {})
    families = text_string_to_metric_families(service.get("/metrics")[1])
    samples = {(one.name, one.labels.get("account")): one.value for family in families for one in family.samples}
    assert samples["fifoledger_leader", "main"] == 1
    assert samples["fifoledger_residual", "main"] == 0
    assert samples["fifoledger_executions_booked_total", "main"] >= 1
    assert service.stop() == 0
    # The bot's own login still acts for its bot.
    async with AsyncLedgerClient("other", account="main", database_url=bots_own) as client:
        position = await client.get_position("BTCUSDT")
        assert position.total_qty == Decimal("1.5")
    assert desk.books()[BOT, "BTCUSDT", 0] == 1
    lines = [json.loads(line) for line in service.log.splitlines()]
    assert [line for line in lines if line["level"] in {"warning", "error", "critical"}] == []


async def test_an_account_that_cannot_be_served_is_not_ready_and_says_why(
    desk: Desk, serve: Serve, tmp_path: Path
) -> None:
    service = serve(accounts_file=accounts_file(desk, tmp_path, "testnet"))
    service.wait(lambda: "is registered as" in service.get("/readyz")[1])
    code, body = service.get("/readyz")
    assert code == 503
    assert problems("readyz", json.loads(body)) == []
    assert "account main is registered as bybit paper, but its key is of bybit testnet" in body
    assert service.get("/healthz")[0] == 200
    assert desk.books() == {}
    assert service.stop() == 0
