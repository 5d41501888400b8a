"""What goes wrong on the way: tried again where that helps, then raised with the range that stays uncovered."""

import asyncio
import logging
import time
from datetime import timedelta

import pytest

from reconcile.bybit import BybitExchange
from reconcile.errors import ExchangeError, ExchangeRefusedError, ExchangeUnavailableError
from reconcile.paper.faults import HttpFault
from tests.bybit_account import BybitAccount, bybit_account

EXECUTIONS = "/v5/execution/list"
PASSING = [
    HttpFault("status", code=500),
    HttpFault("status", code=502),
    HttpFault("status", code=503, times=2),
    HttpFault("ret_code", code=10016),
    HttpFault("ret_code", code=10006, message="Too many visits."),
    HttpFault("ret_code", code=10002),
    HttpFault("ret_code", code=10000),
    HttpFault("timeout", seconds=4),
    HttpFault("disconnect"),
    HttpFault("disconnect", after=True),
    HttpFault("truncated"),
    HttpFault("malformed"),
    HttpFault("overlap", rows=7, times=None),
    HttpFault("duplicate", rows=7, times=None),
]


async def count(account: BybitAccount, days: int = 1, exchange: BybitExchange | None = None) -> int:
    until = account.now()
    asked = (exchange or account.exchange).executions("linear", until - timedelta(days=days), until)
    return sum([len(window.items) async for window in asked])


def trade(account: BybitAccount, times: int) -> None:
    for _ in range(times):
        account.trade("Buy", "0.01")
    account.control.advance(1000)


@pytest.mark.parametrize("paged", [False, True])
@pytest.mark.parametrize("fault", PASSING, ids=lambda fault: f"{fault.kind}-{fault.code}-{fault.after}")
async def test_what_passes_is_tried_again(account: BybitAccount, fault: HttpFault, paged: bool) -> None:
    trade(account, 130)
    account.control.break_http(
        HttpFault(
            fault.kind,
            EXECUTIONS,
            code=fault.code,
            message=fault.message,
            seconds=fault.seconds,
            rows=fault.rows,
            paged=paged,
            times=fault.times,
            after=fault.after,
        )
    )
    assert await count(account) == 130


@pytest.mark.parametrize("kind", ["status", "disconnect", "truncated", "malformed"])
async def test_what_stays_is_raised_with_its_range(kind: str) -> None:
    async with bybit_account(patience=0.5) as account:
        trade(account, 130)
        account.control.break_http(HttpFault(kind, EXECUTIONS, paged=True, times=None))  # type: ignore[arg-type]
        with pytest.raises(ExchangeUnavailableError) as failure:
            await count(account)
        assert failure.value.endpoint == EXECUTIONS
        assert failure.value.until == account.now()
        assert failure.value.since == account.now() - timedelta(days=1)


async def test_the_same_cursor_twice_is_an_error(account: BybitAccount) -> None:
    trade(account, 230)
    account.control.break_http(HttpFault("repeat_cursor", EXECUTIONS, paged=True))
    with pytest.raises(ExchangeUnavailableError, match="same cursor"):
        await count(account)
    assert await count(account) == 230


async def test_a_server_that_is_not_there(account: BybitAccount) -> None:
    exchange = BybitExchange(account.settings(endpoint="http://127.0.0.1:9", patience=0.5))
    with pytest.raises(ExchangeUnavailableError):
        await exchange.server_time()
    await exchange.close()


async def test_a_refusal_is_not_tried_again(account: BybitAccount) -> None:
    await account.exchange.server_time()
    account.control.break_http(HttpFault("ret_code", EXECUTIONS, code=10005, message="Permission denied", times=None))
    before = account.exchange.requests
    with pytest.raises(ExchangeRefusedError) as failure:
        await count(account)
    assert failure.value.venue_code == 10005
    assert account.exchange.requests == before + 1


@pytest.mark.parametrize("skew", [-3_600_000, -6000, 6000, 3_600_000])
async def test_a_clock_that_is_wrong_is_corrected(skew: int) -> None:
    async with bybit_account({"start": None}) as account:
        await account.exchange.permissions()
        account.control.set_skew(skew)
        assert (await account.exchange.permissions()).uid
        before = account.exchange.requests
        await account.exchange.permissions()
        assert account.exchange.requests == before + 1


async def test_a_clock_that_goes_back_is_the_venues_fault() -> None:
    async with bybit_account() as account:
        account.control.set_skew(6000)
        shown = await account.exchange.server_time()
        account.control.set_skew(0)
        await account.exchange.server_time()
        with pytest.raises(ExchangeUnavailableError, match="clock was set back"):
            await anext(account.exchange.executions("linear", shown - timedelta(hours=1), shown))
        account.control.advance(7000)
        window = await anext(account.exchange.executions("linear", shown - timedelta(hours=1), shown))
        assert window.until == shown


async def test_after_403_nothing_is_sent_until_the_pause_is_over() -> None:
    async with bybit_account(patience=1, forbidden_pause=3) as account:
        await account.exchange.server_time()
        account.control.break_http(HttpFault("status", code=403))
        with pytest.raises(ExchangeUnavailableError, match="no request is allowed"):
            await account.exchange.wallet()
        sent = account.exchange.requests
        other = BybitExchange(account.settings(patience=1, forbidden_pause=3))
        with pytest.raises(ExchangeUnavailableError, match="no request is allowed"):
            await other.server_time()
        assert (account.exchange.requests, other.requests) == (sent, 0)
        await asyncio.sleep(3)
        assert (await account.exchange.wallet()).balances
        await other.close()


async def test_a_budget_is_kept_with_hardly_a_refusal_and_shared(caplog: pytest.LogCaptureFixture) -> None:
    async with bybit_account({"running": True}) as account:
        trade(account, 1)
        other = BybitExchange(account.settings())
        began = time.monotonic()
        counts = await asyncio.gather(*(count(account, 700, exchange) for exchange in (account.exchange, other)))
        assert counts == [1, 1]
        # A busy machine sends two requests closer together than they were let go; without a budget most are refused.
        assert len([record for record in caplog.records if record.name.startswith("reconcile")]) <= 5
        # 200 requests at 50 a second, the first of them at 10.
        assert time.monotonic() - began >= 3
        await other.close()


async def test_neither_key_nor_secret_is_in_a_message(account: BybitAccount, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = (account.credentials.api_key, account.credentials.api_secret)
    failures: list[ExchangeError] = []
    for fault in (
        HttpFault("ret_code", code=10003, message=f"key {secrets[0]} with {secrets[1]}"),
        HttpFault("ret_code", code=10016, message=f"key {secrets[0]}", times=None),
    ):
        account.control.break_http(fault)
        with pytest.raises(ExchangeError) as failure:
            await account.exchange.wallet()
        failures.append(failure.value)
        account.control.heal()
    logged = [str(record.__dict__) for record in caplog.records if record.name.startswith("reconcile")]
    texts = [*logged, *map(repr, failures), *map(str, failures), repr(account.settings())]
    assert logged
    assert not [text for text in texts for secret in secrets if secret in text]
    assert not [record for record in caplog.records if record.name.startswith("pybit") and secrets[1] in str(record)]
