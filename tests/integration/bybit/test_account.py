"""Everything an account may have: categories, settle coins, hedge mode, orders of every age, keys of every kind."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from ledger.errors import ConfigurationError
from reconcile.bybit import BybitExchange, load_settings
from reconcile.bybit.times import EPOCH, from_ms, to_ms
from reconcile.paper.venue import Policy
from tests.bybit_account import BybitAccount, bybit_account, settings_of

DAY = timedelta(days=1)


async def test_positions_of_every_settle_coin_and_category(account: BybitAccount) -> None:
    account.trade("Buy", "0.1", "BTCUSDT")
    account.trade("Sell", "0.2", "BTCPERP")
    account.trade("Buy", "300", "BTCUSD", "inverse")
    account.trade("Buy", "0.5", "BTCUSDT", "spot")
    linear = await account.exchange.positions("linear")
    assert {line.symbol: line.signed_qty for line in linear} == {"BTCUSDT": Decimal("0.1"), "BTCPERP": Decimal("-0.2")}
    (inverse,) = await account.exchange.positions("inverse")
    assert (inverse.symbol, inverse.signed_qty, inverse.category) == ("BTCUSD", Decimal(300), "inverse")
    assert await account.exchange.positions("spot", ["BTCUSDT"]) == ()
    bitcoin = next(one for one in (await account.exchange.wallet()).balances if one.coin == "BTC")
    assert bitcoin.owned > 10


async def test_more_at_once_than_may_be_on_their_way_in_one_event_loop_after_the_other(account: BybitAccount) -> None:
    async def many() -> None:
        await asyncio.gather(*(account.exchange.positions("linear") for _ in range(20)))

    await many()
    for _ in range(2):
        await asyncio.to_thread(asyncio.run, many())


async def test_settle_coins_of_the_settings_are_the_only_ones(account: BybitAccount) -> None:
    account.trade("Buy", "0.1", "BTCUSDT")
    account.trade("Sell", "0.2", "BTCPERP")
    exchange = BybitExchange(account.settings(settle_coins="USDC"))
    assert [line.symbol for line in await exchange.positions("linear")] == ["BTCPERP"]
    await exchange.close()


async def test_both_legs_of_hedge_mode(account: BybitAccount) -> None:
    account.control.set_hedge_mode(account.uid, "ETHUSDT")
    account.trade("Buy", "1", "ETHUSDT", position_idx=1)
    account.trade("Sell", "2", "ETHUSDT", position_idx=2)
    for symbols in ([], ["ETHUSDT"]):
        lines = await account.exchange.positions("linear", symbols)
        assert [(line.position_idx, line.signed_qty) for line in lines] == [(1, Decimal(1)), (2, Decimal(-2))]
    account.trade("Sell", "1", "ETHUSDT", position_idx=1)
    lines = await account.exchange.positions("linear", ["ETHUSDT"])
    assert [(line.position_idx, line.signed_qty) for line in lines] == [(1, Decimal(0)), (2, Decimal(-2))]


async def test_a_symbol_that_is_not_listed_has_no_line(account: BybitAccount) -> None:
    account.trade("Buy", "0.1")
    lines = await account.exchange.positions("linear", ["GONEUSDT", "BTCUSDT"])
    assert [line.symbol for line in lines] == ["BTCUSDT"]


async def test_more_open_lines_than_a_page_has(account: BybitAccount) -> None:
    for symbol in ("BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT"):
        account.trade("Buy", "10", symbol)
    assert len(await account.exchange.positions("linear")) == 4


async def test_every_category_has_its_own_executions(account: BybitAccount) -> None:
    since = account.now()
    for category, symbol, qty in (("linear", "BTCUSDT", "0.1"), ("spot", "BTCUSDT", "0.2"), ("inverse", "BTCUSD", "9")):
        account.trade("Buy", qty, symbol, category)
    account.control.advance(1000)
    found = {}
    for category in account.exchange.categories:
        asked = account.exchange.executions(category, since, account.now())
        found[category] = [(one.category, one.exec_qty) async for window in asked for one in window.items]
    assert found == {name: [(name, Decimal(qty))] for name, qty in (("linear", "0.1"), ("spot", "0.2"), ("inverse", 9))}


async def test_exits_of_the_venue_have_no_owner(account: BybitAccount) -> None:
    since = account.now()
    account.trade("Buy", "1")
    account.control.deleverage(account.uid, "BTCUSDT", qty=Decimal("0.4"))
    account.control.liquidate(account.uid, "BTCUSDT")
    account.control.advance(1000)
    asked = account.exchange.executions("linear", since, account.now())
    found = [one async for window in asked for one in window.items]
    assert [one.exec_type for one in found] == ["Trade", "AdlTrade", "BustTrade"]
    assert [one.client_order_id for one in found] == [None, None, None]
    assert found[1].create_type == "CreateByAdl_PassThrough"
    assert [one.closed_qty for one in found] == [0, Decimal("0.4"), Decimal("0.6")]


async def test_closed_pnl_of_spot_is_empty_without_a_request(account: BybitAccount) -> None:
    until = await account.exchange.server_time()
    before = account.exchange.requests
    windows = [window async for window in account.exchange.closed_pnl("spot", until - 20 * DAY, until)]
    assert [window.items for window in windows] == [(), (), ()]
    assert account.exchange.requests == before


async def test_a_closed_order_is_found_while_history_lags(account: BybitAccount) -> None:
    account.control.set_lags(history=60_000)
    since = account.now()
    order_id = account.trade("Buy", "0.1")
    account.control.advance(1000)
    asked = account.exchange.orders("linear", since, account.now())
    assert [one.order_id async for window in asked for one in window.items] == [order_id]
    assert [one.order_id for one in await account.exchange.orders_by_id("linear", [order_id])] == [order_id]


async def test_an_order_is_found_when_only_history_has_it(account: BybitAccount) -> None:
    since = account.now()
    order_id = account.trade("Buy", "0.1")
    account.control.advance(1000)
    account.control.forget_closed_orders()
    asked = account.exchange.orders("linear", since, account.now())
    assert [one.order_id async for window in asked for one in window.items] == [order_id]
    assert [one.status for one in await account.exchange.orders_by_id("linear", [order_id])] == ["Filled"]
    account.control.advance(30 * 86_400_000)
    assert await account.exchange.orders_by_id("linear", [order_id]) == ()
    found = await account.exchange.orders_by_id("linear", [order_id], since)
    assert [one.order_id for one in found] == [order_id]


async def test_a_key_that_can_only_read_is_enough_and_one_that_can_withdraw_draws_a_warning(
    account: BybitAccount, caplog: pytest.LogCaptureFixture
) -> None:
    for withdraw in (False, True):
        key = account.control.create_key(account.uid, trade=withdraw, withdraw=withdraw)
        exchange = BybitExchange(settings_of(account.paper, key))
        caplog.clear()
        permissions = await exchange.permissions()
        assert (permissions.uid, permissions.read_only) == (str(account.uid), not withdraw)
        assert permissions.may_withdraw is withdraw
        assert [record.levelname for record in caplog.records] == (["WARNING"] if withdraw else [])
        await exchange.wallet()
        await exchange.close()
    other = account.control.create_account()
    warned, again = (account.control.create_key(uid, withdraw=True) for uid in (account.uid, other.uid))
    caplog.clear()
    for one in (warned, again, again, warned):  # every reconciliation asks; told once for each account
        exchange = BybitExchange(settings_of(account.paper, one))
        assert (await exchange.permissions()).may_withdraw
        await exchange.close()
    assert [str(other.uid) in record.getMessage() for record in caplog.records] == [True]


async def test_strict_signatures_of_another_time() -> None:
    async with bybit_account({"policy": Policy(strict_timestamps=True)}) as account:
        account.trade("Buy", "0.1")
        assert len(await account.exchange.positions("linear")) == 1
        account.control.advance(40 * 86_400_000)
        assert len(await account.exchange.positions("linear")) == 1


@pytest.mark.parametrize("microseconds", [0, 1, 999, 1000, 1_700_000_000_123_456])
def test_milliseconds_are_those_not_before_the_moment(microseconds: int) -> None:
    moment = EPOCH + timedelta(microseconds=microseconds)
    assert from_ms(to_ms(moment)) >= moment
    assert from_ms(to_ms(moment)) - moment < timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"environment": "paper"}, "{0}ENVIRONMENT=paper needs {0}ENDPOINT and {0}STREAM_URL"),
        ({"environment": "live"}, "{0}ENVIRONMENT: "),
        ({"categories": "linear,futures"}, "{0}CATEGORIES: "),
        ({"categories": ","}, "{0}CATEGORIES must name"),
        ({"endpoint": "ftp://example.org"}, "{0}ENDPOINT: "),
        ({"ping_interval": 5, "ping_timeout": 5}, "{0}PING_TIMEOUT must be less than {0}PING_INTERVAL"),
    ],
)
def test_wrong_settings_are_named_without_their_secrets(given: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigurationError) as failure:
        load_settings(prefix="NOTHING_IS_NAMED_SO_", api_key="the-key", api_secret="the-secret", **given)
    assert "the-" not in str(failure.value)
    assert str(failure.value).startswith(named.format("NOTHING_IS_NAMED_SO_"))


def test_a_sub_account_has_a_prefix_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BYBIT_HEDGE_API_KEY", "k")
    monkeypatch.setenv("BYBIT_HEDGE_API_SECRET", "s")
    monkeypatch.setenv("BYBIT_HEDGE_CATEGORIES", "linear, spot")
    settings = load_settings(prefix="BYBIT_HEDGE_", environment="testnet")
    assert settings.api_key.get_secret_value() == "k"
    assert settings.categories == ("linear", "spot")
