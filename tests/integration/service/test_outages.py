"""PostgreSQL, Redis or the exchange going away for a while: health shows it, and the service recovers by itself."""

import asyncio
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from reconcile.paper.faults import HttpFault
from tests.free_port import free_port
from tests.integration.service.conftest import Serve
from tests.proxy import Proxy, postgres_connector
from tests.reconciling import BOT, Desk
from tests.redis_server import RedisServer

LONG = (BOT, "BTCUSDT", 0)


@pytest.fixture
def proxy(desk: Desk) -> Iterator[Proxy]:
    with Proxy(postgres_connector(desk.database_url)) as opened:
        yield opened


async def test_postgresql_is_away_for_a_while(desk: Desk, serve: Serve, proxy: Proxy) -> None:
    service = serve({"LEDGER_DATABASE_URL": proxy.postgres_url(desk.database_url)}).live()
    proxy.refuses = True
    proxy.cut()
    service.wait(lambda: service.get("/readyz")[0] == 503)
    assert "PostgreSQL" in service.get("/readyz")[1]
    assert service.get("/healthz")[0] == 200
    service.wait(lambda: not service.account()["leading"])
    desk.order("Buy", "0.1")
    proxy.refuses = False
    service.wait(lambda: service.get("/readyz")[0] == 200, 90)
    service.live()
    service.wait(lambda: desk.books() == {LONG: Decimal("0.1")})
    desk.order("Buy", "0.1")
    service.wait(lambda: desk.books() == {LONG: Decimal("0.2")})
    assert service.stop() == 0


async def test_postgresql_is_not_there_at_first(desk: Desk, serve: Serve, proxy: Proxy) -> None:
    proxy.refuses = True
    service = serve({"LEDGER_DATABASE_URL": proxy.postgres_url(desk.database_url)})
    service.wait(lambda: service.get("/healthz")[0] == 200)
    assert service.get("/readyz")[0] == 503
    proxy.refuses = False
    service.live()
    assert service.stop() == 0


async def test_sigterm_ends_it_while_nothing_answers(desk: Desk, serve: Serve, proxy: Proxy) -> None:
    service = serve({"LEDGER_DATABASE_URL": proxy.postgres_url(desk.database_url)}, drain=2).live()
    proxy.refuses = True
    proxy.cut()
    desk.account.control.break_http(HttpFault("timeout", seconds=30, times=None))
    desk.account.trade("Buy", "0.1")
    await asyncio.sleep(0.5)
    assert service.stop(20) == 0


async def test_the_exchange_is_away_for_a_while(desk: Desk, serve: Serve) -> None:
    service = serve({"BYBIT_PATIENCE": "0.5"}, reconcile_every=1).live()
    desk.account.control.break_http(HttpFault("status", code=502, times=None))
    desk.account.control.disconnect_streams()
    service.wait(lambda: service.account()["reconciliation"] == "degraded")
    assert service.get("/readyz")[0] == 503
    assert json.loads(service.get("/readyz")[1])["ready"] is False
    desk.account.trade("Buy", "0.1")
    desk.account.control.heal()
    service.wait(lambda: service.account()["reconciliation"] == "ok", 90)
    service.live()
    assert desk.agrees()
    assert service.get("/readyz")[0] == 200


async def test_the_exchange_is_not_there_at_first(desk: Desk, serve: Serve) -> None:
    desk.account.control.break_http(HttpFault("status", code=502, times=None))
    service = serve({"BYBIT_PATIENCE": "0.5"})
    service.wait(lambda: service.account().get("reconciliation") == "degraded")
    desk.account.control.heal()
    service.wait(lambda: service.is_live() and service.account()["reconciliation"] == "ok", 90)


async def test_redis_is_away_for_a_while(desk: Desk, serve: Serve, tmp_path: Path) -> None:
    with RedisServer(tmp_path, free_port()) as redis:
        service = serve({"LEDGER_REDIS_URL": redis.url}).live()
        redis.kill()
        desk.order("Buy", "0.1")
        service.wait(lambda: desk.books() == {LONG: Decimal("0.1")})
        redis.start()
        desk.order("Buy", "0.1")
        service.wait(lambda: desk.books() == {LONG: Decimal("0.2")})
        service.wait(lambda: redis.hash(f"position:{BOT}:BTCUSDT").get("size") == "0.2")
        assert service.stop() == 0


async def test_sigterm_ends_it_while_it_waits_for_the_database(desk: Desk, serve: Serve, proxy: Proxy) -> None:
    proxy.swallows = True
    service = serve({"LEDGER_DATABASE_URL": proxy.postgres_url(desk.database_url)})
    service.wait(lambda: service.get("/healthz")[0] == 200)
    assert service.stop(10) == 0
