"""What the stream tells is booked at once, to its owner, once, whatever comes between."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from functools import partial

from ledger.session import EXTERNAL
from reconcile.paper.faults import HttpFault, StreamFault
from tests.following import following, until
from tests.proxy import Proxy, postgres_connector
from tests.reconciling import BOT, Desk, another_exchange

LONG = (BOT, "BTCUSDT", 0)


async def test_each_execution_is_booked_to_its_owner_with_its_lag(desk: Desk) -> None:
    async with following(desk) as follower:
        desk.order("Buy", "0.3")
        desk.account.trade("Buy", "0.1")
        await until(lambda: desk.agrees() and len(follower.executions) == 2)
        assert desk.books() == {LONG: Decimal("0.3"), (EXTERNAL, "BTCUSDT", 0): Decimal("0.1")}
        lags = [lag for _, lag in follower.executions]
        assert all(lag is not None and lag < 5 for lag in lags), lags
        assert (await desk.client.get_position("BTCUSDT")).total_qty == Decimal("0.3")
        assert follower.troubles == []
        assert follower.wanted == 0
    assert follower.states == ["connecting", "catching_up", "live", "off"]
    assert (await desk.reconcile()).imported == {}


async def test_what_the_bot_wrote_first_is_not_booked_again(desk: Desk) -> None:
    async with following(desk) as follower:
        for _ in range(10):
            await desk.trade("Buy", "0.1")
        await until(lambda: desk.books() == {LONG: Decimal(1)})
        desk.order("Sell", "1")
        await until(lambda: desk.books() == {})
        assert follower.troubles == []
    assert len(desk.rows("reconcile/trades")) == 10
    report = await desk.reconcile()
    assert report.ok
    assert report.imported == {}


async def test_repeated_and_reordered_messages_change_nothing(desk: Desk) -> None:
    async with following(desk) as follower:
        for kind in ("repeat", "reorder"):
            for topic in ("execution", "order"):
                desk.account.control.break_stream(StreamFault(kind, topic))
                desk.order("Buy", "0.1")
                desk.order("Sell", "0.1")
        await until(lambda: len(follower.executions) >= 8 and desk.agrees())
        assert len({exec_id for exec_id, _ in follower.executions}) == len(follower.executions) == 8
        await until(desk.agrees)
        assert follower.troubles == []
    assert (await desk.reconcile()).ok


async def test_an_exit_of_the_venue_goes_to_the_bot_whose_lots_it_closes(desk: Desk) -> None:
    async with following(desk) as follower:
        desk.order("Buy", "0.5", stopLoss="50000")
        await until(lambda: desk.books() == {LONG: Decimal("0.5")})
        desk.account.control.move_price("BTCUSDT", Decimal(49_900))
        await until(lambda: desk.books() == {})
        (trade,) = desk.rows("reconcile/trades")
        assert trade["exit_reason"] == "stop_loss"
        assert follower.troubles == []


async def test_a_lost_message_is_fetched_before_the_exit_that_needs_it(desk: Desk) -> None:
    async with following(desk) as follower:
        desk.account.control.break_stream(StreamFault("drop", "execution"))
        desk.order("Buy", "0.5", stopLoss="50000")
        await asyncio.sleep(0.2)
        assert desk.books() == {}
        desk.account.control.move_price("BTCUSDT", Decimal(49_900))
        await until(lambda: len(desk.rows("reconcile/trades")) == 1)
        assert desk.books() == {}
        await until(lambda: follower.wanted == 1)
    assert (await desk.reconcile()).ok


async def test_a_lost_message_is_fetched_before_funding_of_its_position(desk: Desk) -> None:
    async with following(desk):
        desk.account.control.break_stream(StreamFault("drop", "execution"))
        desk.order("Buy", "0.5")
        await asyncio.sleep(0.2)
        assert desk.books() == {}
        desk.account.control.charge_funding("BTCUSDT", Decimal("0.0001"))
        await until(lambda: len(desk.rows("reconcile/funding")) == 1)
        assert [row["bot_id"] for row in desk.rows("reconcile/funding")] == [BOT]
        assert desk.books() == {LONG: Decimal("0.5")}
    assert (await desk.reconcile()).ok


async def test_after_an_interruption_rest_comes_first(desk: Desk) -> None:
    async with following(desk) as follower:
        desk.order("Buy", "0.5", takeProfit="70000")
        await until(lambda: desk.books() == {LONG: Decimal("0.5")})
        desk.account.control.disconnect_streams()
        await until(lambda: follower.states[-1] == "connecting")
        desk.order("Buy", "0.2")
        desk.account.control.move_price("BTCUSDT", Decimal(70_100))
        await until(lambda: follower.states[-1] == "live" and desk.agrees())
        assert all(row["exit_reason"] == "take_profit" for row in desk.rows("reconcile/trades"))
        await until(lambda: len(follower.executions) >= 3)
        assert all(lag is None for _, lag in follower.executions[1:])
        await until(lambda: follower.wanted == 1)
        desk.order("Buy", "0.1")
        await until(desk.agrees)
    assert (await desk.reconcile()).ok


async def test_what_is_told_while_rest_is_read_waits_for_it(desk: Desk) -> None:
    async with following(desk) as follower:
        desk.account.control.disconnect_streams()
        await until(lambda: follower.states[-1] == "connecting")
        bought = desk.order("Buy", "0.5", stopLoss="50000")
        # REST is slow: the exit is told while the entry is still being fetched.
        desk.account.control.break_http(HttpFault("timeout", path="/v5/execution/list", seconds=1.0))
        await until(lambda: follower.states[-1] == "catching_up")
        desk.account.control.move_price("BTCUSDT", Decimal(49_900))
        await until(lambda: follower.states[-1] == "live" and len(desk.rows("reconcile/trades")) == 1)
        assert desk.books() == {}
        (trade,) = desk.rows("reconcile/trades")
        assert (trade["bot_id"], trade["entry_order_id"], trade["exit_reason"]) == (BOT, bought, "stop_loss")
    assert (await desk.reconcile()).ok


async def test_an_execution_of_an_unknown_type_is_kept_for_a_person(desk: Desk) -> None:
    async with following(desk) as follower:
        desk.account.control.report_execution(
            desk.account.uid, "BTCUSDT", "SomethingNew", side="Buy", qty=Decimal(1), price=Decimal(60_000)
        )
        desk.order("Buy", "0.1")
        await until(lambda: desk.books() == {LONG: Decimal("0.1")} and bool(follower.troubles))
        assert follower.kinds == ["quarantined"]
        assert "SomethingNew" in follower.troubles[0][1]
    report = await desk.reconcile()
    assert [finding.kind for finding in report.problems] == ["quarantined"]


async def test_a_conflict_becomes_a_finding_and_the_rest_is_booked(desk: Desk) -> None:
    assert (await desk.reconcile()).ok
    async with following(desk) as follower:
        desk.account.control.break_stream(StreamFault("drop", "execution"))
        order_id = desk.order("Buy", "0.1")
        (row,) = [row for row in desk.executions() if row["orderId"] == order_id]
        await desk.client.record_fill(
            symbol="BTCUSDT",
            side="Buy",
            exec_price=1,
            exec_qty="0.1",
            exec_time=desk.account.now() - timedelta(seconds=1),
            exec_id=row["execId"],
            order_id=order_id,
        )
        for count in (1, 2, 3):
            desk.account.control.disconnect_streams()
            await until(partial(lambda n: follower.wanted == n, count))
            assert follower.kinds == ["conflicting_fill"]
            if count == 2:
                desk.rows("service/resolve")
        desk.order("Buy", "0.2")
        await until(lambda: desk.books() == {LONG: Decimal("0.3")})
    (finding,) = [row for row in desk.rows("reconcile/findings") if row["kind"] == "conflicting_fill"]
    assert (finding["ledger_value"]["exec_price"], finding["venue_value"]["exec_price"]) == ("1", "60000")
    assert finding["resolution_note"] == "seen"


async def test_bots_that_register_meanwhile_own_what_they_trade(desk: Desk) -> None:
    async with following(desk):
        await desk.registered("newcomer")
        desk.order("Buy", "0.1", bot="newcomer")
        await until(lambda: desk.books() == {("newcomer", "BTCUSDT", 0): Decimal("0.1")})


async def test_a_database_that_is_away_for_a_while_loses_nothing(desk: Desk) -> None:
    with Proxy(postgres_connector(desk.database_url)) as proxy:
        async with following(desk, database_url=proxy.postgres_url(desk.database_url)) as follower:
            proxy.refuses = True
            proxy.cut()
            for _ in range(5):
                desk.order("Buy", "0.1")
            await asyncio.sleep(1.0)
            assert desk.books() == {}
            proxy.refuses = False
            await until(lambda: len(follower.executions) == 5, 40)
            assert desk.books() == {LONG: Decimal("0.5")}
    assert (await desk.reconcile()).ok


async def test_what_was_told_before_the_end_is_booked(desk: Desk) -> None:
    async with following(desk) as follower:
        desk.order("Buy", "0.1")
        await asyncio.sleep(0.06)  # it has been told, and hardly booked
    assert follower.states[-1] == "off"
    assert desk.books() == {LONG: Decimal("0.1")}


async def test_a_question_that_is_refused_holds_up_nobody_else(desk: Desk) -> None:
    async with following(desk) as follower:
        desk.account.control.break_stream(StreamFault("drop", "order"))
        desk.account.control.break_http(HttpFault("ret_code", code=10005, path="/v5/order/[hr]*", times=None))
        desk.account.trade("Buy", "0.1")  # by hand: whose it is only its order can tell
        desk.order("Buy", "0.2")
        await until(lambda: desk.books() == {LONG: Decimal("0.2")})
        await until(lambda: follower.kinds == ["not_booked"])
        assert follower.wanted == 1
        desk.account.control.heal()
    assert (await desk.reconcile()).imported == {"Trade": 1}
    assert desk.agrees()


async def test_a_question_that_is_not_answered_waits_and_others_are_booked(desk: Desk) -> None:
    exchange = another_exchange(desk, patience=0.3)
    async with following(desk, exchange=exchange) as follower:
        desk.account.control.break_stream(StreamFault("drop", "order"))
        desk.account.control.break_http(HttpFault("status", code=502, path="/v5/order/[hr]*", times=None))
        desk.account.trade("Buy", "0.1")
        desk.order("Buy", "0.2")
        await until(lambda: desk.books() == {LONG: Decimal("0.2")})
        desk.account.control.heal()
        await until(desk.agrees)
        assert follower.troubles == []
    await exchange.close()


async def test_orders_that_the_bot_writes_as_a_whole_are_taken_over_by_their_executions(desk: Desk) -> None:
    desk.account.control.set_depth("BTCUSDT", Decimal("0.1"), levels=3)
    async with following(desk) as follower:
        for number in range(8):
            side = "Sell" if number % 4 == 3 else "Buy"
            order_id = desk.order(side, "0.3")
            if number % 2:
                await asyncio.sleep(0.05)  # sometimes the stream is first
            await desk.client.record_fill(
                symbol="BTCUSDT",
                side=side,
                exec_price=60_000,
                exec_qty="0.3",
                exec_time=desk.account.now(),
                order_id=order_id,
            )
        await until(desk.agrees)
        await until(lambda: len(follower.executions) >= 8)
        assert follower.troubles == []
    report = await desk.reconcile()
    assert report.ok
    assert desk.books() == {LONG: Decimal("1.2")}
