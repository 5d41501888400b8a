"""P&L of stretches from flat to flat, while the venue lists its own only bit by bit."""

from collections.abc import Callable
from decimal import Decimal

from tests.reconciling import Desk, another_exchange, fill_of
from tests.rewriting import Rows, in_the_middle

D = Decimal


async def test_p_and_l_that_the_venue_lists_only_in_part_yet_is_compared_by_a_later_run(desk: Desk) -> None:
    control = desk.account.control
    desk.order("Buy", "3")
    desk.order("Sell", "1")
    control.move_price("BTCUSDT", D(60_500))
    desk.order("Sell", "2")
    path = "/v5/position/closed-pnl"
    with in_the_middle(desk.account.paper.url) as middle:
        exchange = another_exchange(desk, endpoint=middle.url)
        lists: list[Callable[[Rows], Rows]] = [
            lambda rows: rows[:0],
            lambda rows: [row for row in rows if row["closedSize"] == "1"],
            lambda rows: [row | {"closedSize": "1", "closedPnl": "499"} for row in rows],  # an order only in part
        ]
        for listed in lists:
            middle.change_rows(path, listed)
            control.advance(120_000)  # longer than executions are read again
            report = await desk.reconcile(exchange_client=exchange)
            assert (report.status, report.reason, report.problems, report.cycles) == ("ok", None, [], [])
        middle.heal()
        report = await desk.reconcile(exchange_client=exchange)
        await exchange.close()
    assert (report.ok, [cycle.fitted for cycle in report.cycles]) == (True, ["none"])
    control.advance(600_000)
    assert (await desk.reconcile()).cycles == []  # and not again once it is settled


async def test_p_and_l_that_the_venue_never_lists_becomes_a_residual_with_both_quantities(desk: Desk) -> None:
    desk.order("Buy", "3")
    desk.order("Sell", "1")
    desk.order("Sell", "2")
    with in_the_middle(desk.account.paper.url) as middle:
        exchange = another_exchange(desk, endpoint=middle.url)
        middle.change_rows("/v5/position/closed-pnl", lambda rows: [r for r in rows if r["closedSize"] == "1"])
        assert (await desk.reconcile(exchange_client=exchange)).ok
        desk.account.control.advance(601_000)
        report = await desk.reconcile(exchange_client=exchange)
        await exchange.close()
    (residual,) = report.problems
    assert (residual.kind, residual.ledger["closed_qty"], residual.venue["closed_qty"]) == ("pnl_residual", "3", "1")
    assert (await desk.reconcile()).problems == report.problems  # it waits for a person


async def test_a_cycle_that_is_complete_does_not_wait_for_one_that_is_not(desk: Desk) -> None:
    for side in ("Buy", "Sell", "Sell", "Buy"):
        desk.order(side, "1")
    desk.order("Buy", "2", symbol="ETHUSDT")
    desk.order("Sell", "2", symbol="ETHUSDT")
    with in_the_middle(desk.account.paper.url) as middle:
        exchange = another_exchange(desk, endpoint=middle.url)
        middle.change_rows("/v5/position/closed-pnl", lambda rows: [r for r in rows if r["side"] == "Sell"])
        desk.account.control.advance(120_000)
        report = await desk.reconcile(exchange_client=exchange)
        assert [(c.symbol, c.fitted) for c in report.cycles] == [("BTCUSDT", "none"), ("ETHUSDT", "none")]
        await exchange.close()
    report = await desk.reconcile()
    assert (report.ok, [c.fitted for c in report.cycles]) == (True, ["none"] * 2)  # from the one that waited on


async def test_what_closed_and_names_no_order_is_not_compared(desk: Desk) -> None:
    """The bot wrote one of two exits without its order: the venue's P&L of that one cannot be found."""
    for side, qty in (("Buy", "3"), ("Sell", "1"), ("Sell", "2")):
        desk.order(side, qty)
    (row,) = (row for row in desk.executions() if row["execQty"] == "1")
    await desk.client.record_fill(**fill_of(row) | {"order_id": None, "client_order_id": None})
    for _ in range(2):
        report = await desk.reconcile()
        assert (report.ok, report.cycles) == (True, [])
        desk.account.control.advance(601_000)


async def test_what_opened_may_name_no_order(desk: Desk) -> None:
    opening = desk.order("Buy", "3")
    (row,) = (row for row in desk.executions() if row["orderId"] == opening)
    await desk.client.record_fill(**fill_of(row) | {"order_id": None, "client_order_id": None})
    desk.order("Sell", "3")
    report = await desk.reconcile()
    assert (report.ok, [cycle.fitted for cycle in report.cycles]) == (True, ["none"])
