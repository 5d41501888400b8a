"""P&L of a cycle of which not all is there yet, on either side, is left to the next run."""

from decimal import Decimal

from ledger import AsyncLedgerClient, LedgerClient
from tests.faults.wire import StatementProxy
from tests.reconciling import BOT, Desk, Row, another_exchange, fill_of
from tests.rewriting import in_the_middle

D = Decimal
ACCOUNT = "bybit:main:paper"


def write(desk: Desk, *rows: Row) -> None:
    """The bot writes, in another process."""
    with LedgerClient(BOT, account=ACCOUNT, database_url=desk.database_url, redis_url=desk.redis_url) as client:
        for row in rows:
            client.record_fill(**fill_of(row))


def trade_in_part(desk: Desk) -> None:
    """Opens at two prices, of which the ledger has the average and one execution, and closes."""
    desk.account.control.set_depth("BTCUSDT", D("0.01"), levels=2, category="linear")
    opening = desk.order("Buy", "0.02")
    desk.account.control.set_depth("BTCUSDT", None, category="linear")
    closing = desk.order("Sell", "0.02")
    first, second = (row for row in desk.executions() if row["orderId"] == opening)
    (closed,) = (row for row in desk.executions() if row["orderId"] == closing)
    assert first["execPrice"] != second["execPrice"]
    whole = second | {
        "execId": None,
        "execQty": "0.02",
        "execPrice": (D(first["execPrice"]) + D(second["execPrice"])) / 2,
        "execFee": D(first["execFee"]) + D(second["execFee"]),
    }
    write(desk, whole, first, closed)


def close(desk: Desk) -> None:
    """Closes what is left."""
    order_id = desk.order("Sell", "1")
    write(desk, *(row for row in desk.executions() if row["orderId"] == order_id))


async def test_a_cycle_that_ends_after_the_positions_were_read_is_compared_by_the_next_run(desk: Desk) -> None:
    """The venue was asked for closed P&L up to then, and has only the first of two orders that closed."""
    desk.order("Buy", "2")
    desk.order("Sell", "1")
    left = [close]
    with StatementProxy(desk.database_url) as proxy:
        proxy.call_before("open_books", lambda: left.pop()(desk) if left else None)
        async with AsyncLedgerClient(
            BOT, account=ACCOUNT, database_url=proxy.postgres_url(desk.database_url), redis_url=desk.redis_url
        ) as client:
            report = await desk.reconcile(db_client=client)
    assert (left, report.problems, report.cycles) == ([], [], [])
    report = await desk.reconcile()
    assert report.ok
    assert [(cycle.orders, cycle.fitted) for cycle in report.cycles] == [(2, "none")]


async def test_an_order_with_some_of_its_executions_is_no_residual(desk: Desk) -> None:
    """The venue lists executions later than closed P&L, and the bot heard of one."""
    trade_in_part(desk)
    with in_the_middle(desk.account.paper.url) as middle:
        exchange = another_exchange(desk, endpoint=middle.url)
        middle.change_rows("/v5/execution/list", lambda _: [])
        report = await desk.reconcile(exchange_client=exchange)
        await exchange.close()
    assert (report.problems, report.cycles) == ([], [])
    report = await desk.reconcile()
    assert report.ok
    assert [cycle.fitted for cycle in report.cycles] == ["none"]
