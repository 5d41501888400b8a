"""Several bots, legs, categories and accounts."""

from datetime import timedelta
from decimal import Decimal

import redis

from ledger import AsyncLedgerClient
from reconcile.values import Execution
from tests.fills import fill
from tests.reconciling import BOT, Desk, kinds

D = Decimal
OTHER = "mom_002"


async def test_bots_against_each_other_on_one_line(desk: Desk) -> None:
    await desk.registered(OTHER)
    await desk.trade("Buy", "1")
    desk.order("Sell", "0.4", bot=OTHER)
    report = await desk.reconcile()
    assert report.ok
    assert desk.venue() == {("BTCUSDT", 0): D("0.6")}
    assert desk.books() == {(BOT, "BTCUSDT", 0): D(1), (OTHER, "BTCUSDT", 0): D("-0.4")}


async def test_an_exit_that_could_be_of_two_bots_is_nobody_s(desk: Desk) -> None:
    await desk.client.register()
    desk.order("Buy", "1")
    desk.order("Buy", "1", bot=OTHER)  # not a bot of the account: its trades are external
    desk.account.control.liquidate(desk.account.uid, "BTCUSDT", qty=D("0.5"))
    report = await desk.reconcile()
    assert report.ok
    assert desk.books() == {(BOT, "BTCUSDT", 0): D(1), ("external", "BTCUSDT", 0): D("0.5")}


async def test_two_orders_of_the_account_that_met_in_one_trade(desk: Desk) -> None:
    order_id = desk.order("Buy", "1")
    (row,) = desk.executions()
    other_side = fill(row["execId"], "Sell", "1", row["execPrice"], order_id="the-other-order")
    await desk.client.record_fill(**other_side | {"exec_time": desk.account.now()})
    assert (await desk.reconcile()).problems == (await desk.reconcile()).problems
    assert desk.books() == {}
    (trade,) = desk.rows("reconcile/trades")
    assert (trade["exit_order_id"], trade["entry_order_id"]) in {
        ("the-other-order", order_id),
        (order_id, "the-other-order"),
    }


async def test_another_account_of_the_database_is_not_touched(desk: Desk) -> None:
    async with AsyncLedgerClient("far", account="second", database_url=desk.database_url) as far:
        await far.record_fill(**fill("far-1", qty=1))
        desk.order("Buy", "0.4")
        assert (await desk.reconcile()).ok
        (position,) = await far.get_open_position_entries()
    assert position.remaining_qty == 1
    assert {row["account_id"] for row in desk.rows("reconcile/runs")} == {1}
    assert desk.books()["far", "BTCUSDT", 0] == 1


async def test_the_cache_is_restored_in_the_database_that_is_asked_for(desk: Desk) -> None:
    await desk.trade("Buy", "0.4")
    with redis.Redis.from_url(desk.redis_url, decode_responses=True) as cache:
        number = cache.connection_pool.connection_kwargs.get("db", 0)
        cache.flushdb()
        report = await desk.reconcile(redis_db=number)
        assert cache.hget(f"position:{BOT}:BTCUSDT", "size") == "0.4"
    assert report.restored == [f"{BOT}:linear:BTCUSDT:0"]


async def test_hedge_mode(desk: Desk) -> None:
    desk.account.control.set_hedge_mode(desk.account.uid, "BTCUSDT")
    desk.order("Buy", "0.5", positionIdx=1)
    desk.order("Sell", "0.3", positionIdx=2)
    desk.order("Sell", "0.2", positionIdx=1)
    desk.account.control.charge_funding("BTCUSDT", D("0.0001"))
    report = await desk.reconcile()
    assert report.ok
    assert desk.books() == {(BOT, "BTCUSDT", 1): D("0.3"), (BOT, "BTCUSDT", 2): D("-0.3")}
    assert [(row["position_idx"], row["amount"]) for row in desk.rows("reconcile/funding")] == [
        (1, D("1.8")),
        (2, D("-1.8")),
    ]


async def test_an_inverse_contract_and_its_p_and_l_in_coins(wide: Desk) -> None:
    account = wide.account
    for side, price in (("Buy", 5000), ("Buy", 6000), ("Sell", 5500)):
        account.control.move_price("BTCUSD", D(price))
        account.control.advance(1000)
        account.trade(side, "1000", symbol="BTCUSD", category="inverse")
    report = await wide.reconcile()
    assert report.ok
    trades = wide.rows("reconcile/trades")
    assert [round(trade["gross_pnl"], 8) for trade in trades] == [D("0.01818182")]
    account.trade("Sell", "1000", symbol="BTCUSD", category="inverse")
    report = await wide.reconcile()
    assert report.ok
    assert [(cycle.symbol, cycle.fitted) for cycle in report.cycles] == [("BTCUSD", "none")]


async def test_a_settled_inverse_future_closes_without_an_order(wide: Desk) -> None:
    wide.account.trade("Buy", "500", symbol="BTCUSDZ27", category="inverse")
    wide.account.control.deliver("BTCUSDZ27", D(61000), "inverse")
    report = await wide.reconcile()
    assert report.ok
    assert [trade["exit_reason"] for trade in wide.rows("reconcile/trades")] == ["settlement"]
    assert wide.books() == {}


async def test_spot_is_compared_with_the_wallet(wide: Desk) -> None:
    wide.account.trade("Buy", "0.5", symbol="ETHUSDT", category="spot")
    wide.account.trade("Sell", "0.2", symbol="ETHUSDT", category="spot")
    report = await wide.reconcile()
    assert report.ok
    (line,) = [x for x in report.lines if x.category == "spot"]
    assert line.ledger_qty == line.venue_qty != 0
    wide.account.control.deposit(wide.account.uid, "ETH", D(2))
    report = await wide.reconcile()
    assert report.ok
    assert [(f.kind, f.is_problem) for f in report.findings] == [("wallet_residual", False)]


async def test_a_position_that_moved_just_after_its_execution_is_no_drift(desk: Desk) -> None:
    await desk.trade("Buy", "0.5")
    updated = (await desk.account.exchange.positions("linear"))[0].updated_at
    executed = [
        one async for window in desk.account.exchange.executions(
            "linear", desk.account.now() - timedelta(minutes=5), desk.account.now() + timedelta(milliseconds=1)
        ) for one in window.items
    ]  # fmt: skip
    assert isinstance(executed[0], Execution)
    assert updated is not None
    assert updated > executed[0].exec_time
    assert (await desk.reconcile()).ok
    assert kinds(await desk.reconcile()) == []
