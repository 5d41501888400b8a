"""What a service says when it cannot work, and what it warns of."""

from decimal import Decimal
from pathlib import Path

import pytest

from ledger.migrate import downgrade, upgrade
from reconcile.paper.faults import HttpFault
from tests.integration.service.conftest import Serve
from tests.integration.service.test_alerts import receiving
from tests.reconciling import Desk
from tests.serving import Service, environment_of


def refusal(service: Service) -> str:
    """What it ended with, as a wrong configuration."""
    assert service.process.wait(60) == 3, service.log
    assert "Traceback" not in service.log
    return service.log


async def test_a_database_without_the_ledger(desk: Desk, serve: Serve, empty_database: str) -> None:
    text = refusal(serve({"LEDGER_DATABASE_URL": empty_database}))
    assert "has no ledger" in text
    assert "fifoledger migrate" in text


async def test_a_database_of_another_version(desk: Desk, serve: Serve, empty_database: str) -> None:
    upgrade(empty_database)
    downgrade(empty_database, "base")
    assert "fifoledger migrate" in refusal(serve({"LEDGER_DATABASE_URL": empty_database}))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SERVICE_PORT", "99999", "SERVICE_PORT: "),
        ("SERVICE_SINCE", "2999-01-01T00:00:00Z", "SERVICE_SINCE: Value error, must be in the past: it is 20"),
        ("BYBIT_API_SECRET", "", "BYBIT_API_SECRET: "),
        ("SERVICE_ALERT_URLS", "nonsense://somewhere", "SERVICE_ALERT_URLS"),
        ("SERVICE_ACCOUNTS_FILE", "/nowhere/at/all.toml", "/nowhere/at/all.toml: No such file"),
    ],
)
async def test_wrong_settings(desk: Desk, serve: Serve, name: str, value: str, said: str) -> None:
    own = name.removeprefix("SERVICE_").lower()
    settings = {own: value} if own in {"port", "since"} else {}  # which every service of the tests is given
    assert said in refusal(serve({name: value}, **settings))


async def test_a_file_of_keys_that_is_open_to_others(desk: Desk, serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "accounts.toml"
    path.write_text("[main]\n")
    path.chmod(0o644)
    assert "chmod 600" in refusal(serve({"SERVICE_ACCOUNTS_FILE": str(path)}))


async def test_accounts_of_a_file(desk: Desk, serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "accounts.toml"
    given = {name.removeprefix("BYBIT_").lower(): value for name, value in environment_of(desk.account).items()}
    given["categories"] = "linear"
    path.write_text("[main]\n" + "".join(f'{name} = "{value}"\n' for name, value in given.items()))
    path.chmod(0o600)
    service = serve({"SERVICE_ACCOUNTS_FILE": str(path), "LEDGER_ACCOUNT": "", "BYBIT_API_KEY": ""}).live()
    assert desk.account.credentials.api_secret not in service.log
    assert service.stop() == 0


async def test_several_accounts_each_in_its_own_books(desk: Desk, serve: Serve) -> None:
    other = desk.account.control.create_account(parent_uid=desk.account.uid)
    environment = environment_of(desk.account, "BYBIT_HEDGE_")
    environment |= {"BYBIT_HEDGE_API_KEY": other.api_key, "BYBIT_HEDGE_API_SECRET": other.api_secret}
    service = serve({"SERVICE_ACCOUNTS": "main=BYBIT_,hedge=BYBIT_HEDGE_", **environment}).live().live("hedge")
    desk.account.trade("Buy", "0.1")
    desk.account.control.trade_by_hand(other.uid, "BTCUSDT", "Sell", qty=Decimal(1))
    service.wait(lambda: len(desk.rows("reconcile/fills")) == 2)
    sums = {row["account"]: (row["uid"], row["qty"]) for row in desk.rows("service/sums")}
    assert sums == {"main": (str(desk.account.uid), Decimal("0.1")), "hedge": (str(other.uid), -1)}
    assert service.stop() == 0


async def test_a_key_of_another_account_books_nothing_and_is_told(desk: Desk, serve: Serve) -> None:
    assert (await desk.reconcile()).ok
    other = desk.account.control.create_account()
    desk.account.control.trade_by_hand(other.uid, "BTCUSDT", "Buy", qty=Decimal(1))
    async with receiving() as receiver:
        service = serve(
            {"BYBIT_API_KEY": other.api_key, "BYBIT_API_SECRET": other.api_secret},
            alert_urls=receiver.url.get_secret_value(),
        )
        await receiver.until(lambda: "main: not served" in receiver.titles)
        code, body = service.get("/readyz")
        assert code == 503
        assert "WrongAccountError" in body
        assert service.account()["stream"] == "off"
        assert service.stop() == 0
    assert "WrongAccountError" in receiver.messages[0]["message"]
    assert desk.rows("reconcile/fills") == []


async def test_a_wrong_key_stands_in_nobodys_way(desk: Desk, serve: Serve) -> None:
    assert (await desk.reconcile()).ok
    other = desk.account.control.create_account()
    wrong = serve({"BYBIT_API_KEY": other.api_key, "BYBIT_API_SECRET": other.api_secret})
    wrong.wait(lambda: "WrongAccountError" in wrong.get("/readyz")[1])
    right = serve().live()
    assert [one.account()["leading"] for one in (wrong, right)] == [False, True]
    # It would be of no use as a standby, and says so.
    assert wrong.get("/readyz")[0] == 503
    assert (wrong.stop(), right.stop()) == (0, 0)


async def test_a_wrong_key_that_shows_only_later_stands_in_nobodys_way(desk: Desk, serve: Serve) -> None:
    assert (await desk.reconcile()).ok
    other = desk.account.control.create_account()
    desk.account.control.break_http(HttpFault("status", code=503, times=None))
    wrong = serve({"BYBIT_API_KEY": other.api_key, "BYBIT_API_SECRET": other.api_secret})
    wrong.wait(lambda: bool(wrong.account()) and wrong.account()["leading"])
    right = serve()
    desk.account.control.heal()
    right.live()
    wrong.wait(lambda: "WrongAccountError" in wrong.get("/readyz")[1])
    assert (wrong.stop(), right.stop()) == (0, 0)


async def test_a_service_that_only_begins_is_not_ready(desk: Desk, serve: Serve) -> None:
    desk.account.control.break_http(HttpFault("status", code=503, times=None))
    service = serve()
    service.wait(lambda: bool(service.account()))
    assert "it has not begun yet" in service.get("/readyz")[1]
    service.wait(lambda: service.account()["leading"])
    assert "not reconciled yet" in service.get("/readyz")[1]
    assert service.stop() == 0


async def test_a_key_of_another_environment_is_not_used(desk: Desk, serve: Serve) -> None:
    service = serve({"LEDGER_ACCOUNT": "main", "BYBIT_ENVIRONMENT": "testnet"})
    service.wait(lambda: "is registered as bybit paper" in service.log)
    assert service.stop() == 0
    assert desk.account.control.state(desk.account.uid)["executions"] == 0


async def test_a_key_that_may_withdraw_draws_a_warning(desk: Desk, serve: Serve) -> None:
    key = desk.account.control.create_key(desk.account.uid, withdraw=True)
    service = serve({"BYBIT_API_KEY": key.api_key, "BYBIT_API_SECRET": key.api_secret}).live()
    assert service.account()["may_withdraw"] is True
    assert "can withdraw" in service.log
    assert service.stop() == 0


async def test_a_silent_bot_is_seen(desk: Desk, serve: Serve) -> None:
    await desk.client.heartbeat()
    service = serve(heartbeats_every=0.2, silent_after=1).live()
    service.wait(lambda: service.job("heartbeats")["last_result"] == "1 of 1 silent: lxalgo_001")
    await desk.client.heartbeat()
    service.wait(lambda: service.job("heartbeats")["last_result"] == "0 of 1 silent")
