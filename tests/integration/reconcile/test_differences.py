"""What no execution explains: reported, raised or adjusted, and never given a price that nobody paid."""

from datetime import timedelta
from decimal import Decimal

import pytest

from reconcile import UnexplainedDifferenceError
from reconcile.values import Order
from tests.bybit_account import START
from tests.fills import fill
from tests.reconciling import BOT, Desk, another_exchange, fill_of, kinds, open_desk
from tests.rewriting import in_the_middle

D = Decimal
EVER = {"since": None}


async def invent(desk: Desk, qty: str, side: str = "Buy", exec_id: str = "never-happened") -> None:
    """The bot writes a fill that the venue never had."""
    await desk.client.record_fill(
        **fill(exec_id, side, D(qty), 100) | {"symbol": "BTCUSDT", "exec_time": START + timedelta(minutes=1)}
    )


async def test_what_the_venue_never_had_is_unexplained_and_left_alone(desk: Desk) -> None:
    await invent(desk, "100")
    desk.account.trade("Sell", "50")
    report = await desk.reconcile(**EVER)
    assert report.status == "findings"
    assert kinds(report) == [("opened_outside", "external"), ("unexplained", None)]
    (finding,) = report.problems
    assert (finding.ledger["qty"], finding.venue["qty"]) == ("50", "-50")
    assert desk.books() == {(BOT, "BTCUSDT", 0): D(100), ("external", "BTCUSDT", 0): D(-50)}
    before = desk.everything()
    again = await desk.reconcile(**EVER)
    assert [f.kind for f in again.problems] == ["unexplained"]
    assert desk.everything() == before


async def test_raise_carries_the_report_and_the_run_is_stored(desk: Desk) -> None:
    await invent(desk, "1")
    with pytest.raises(UnexplainedDifferenceError, match="unexplained linear BTCUSDT") as caught:
        await desk.reconcile(on_unexplained="raise", **EVER)
    assert [f.kind for f in caught.value.report.problems] == ["unexplained"]
    assert [row["kind"] for row in desk.rows("reconcile/findings")] == ["unexplained"]


async def test_an_adjustment_has_no_price_and_is_made_once(desk: Desk) -> None:
    await invent(desk, "100")
    desk.account.trade("Sell", "50")
    report = await desk.reconcile(on_unexplained="adjust", **EVER)
    assert report.ok
    assert kinds(report) == [("adjusted", BOT), ("opened_outside", "external")]
    assert desk.books() == {("external", "BTCUSDT", 0): D(-50)}
    (trade,) = desk.rows("reconcile/trades")
    assert (trade["quantity"], trade["exit_price"], trade["net_pnl"]) == (D(100), None, None)
    assert trade["pnl_reason"]
    before = desk.everything()
    await desk.reconcile(on_unexplained="adjust", **EVER)
    assert desk.everything() == before


async def test_what_was_not_imported_is_missing_history_until_it_is(desk: Desk) -> None:
    desk.order("Buy", "1")
    desk.account.control.advance(30 * 86_400_000)
    report = await desk.reconcile(since=desk.account.now() - timedelta(days=1))
    assert [f.kind for f in report.problems] == ["missing_history"]
    report = await desk.reconcile(**EVER)
    assert report.ok
    assert desk.books() == {(BOT, "BTCUSDT", 0): D(1)}
    assert [row["resolved_at"] is not None for row in desk.rows("reconcile/findings")] == [True, True]


@pytest.mark.parametrize("bot", [BOT, None])
async def test_the_real_executions_take_the_place_of_an_adjustment(desk: Desk, bot: str | None) -> None:
    desk.order("Buy", "1")
    since = desk.account.now() + timedelta(hours=1)
    desk.account.control.advance(10 * 86_400_000)
    desk.order("Buy", "2", bot=bot)
    desk.account.control.advance(10 * 86_400_000)
    first = await desk.reconcile(since=since, on_unexplained="adjust")
    assert ("adjusted", bot or "external") in kinds(first)
    assert desk.agrees()
    report = await desk.reconcile(**EVER)
    assert report.ok
    assert desk.agrees()
    (void,) = desk.rows("reconcile/voids")
    assert (void["exec_type"], void["reason"]) == ("Adjustment", "adjustment replaced by executions")
    assert desk.books()[BOT, "BTCUSDT", 0] == (3 if bot else 1)
    assert (await desk.client.get_position("BTCUSDT")).avg_entry_price == 60000
    before = desk.everything()
    await desk.reconcile(**EVER)
    assert desk.everything() == before


@pytest.mark.parametrize(("entry", "leg"), [("Buy", 1), ("Sell", 2)])
async def test_the_real_exit_of_a_hedge_leg_takes_the_place_of_an_adjustment(desk: Desk, entry: str, leg: int) -> None:
    """Both together would close more than is open."""
    desk.account.control.set_hedge_mode(desk.account.uid, "BTCUSDT")
    desk.account.control.advance(10 * 86_400_000)
    desk.order(entry, "2", positionIdx=leg)
    (row,) = desk.executions()
    await desk.client.record_fill(**fill_of(row), position_idx=leg)
    desk.order("Sell" if entry == "Buy" else "Buy", "1.5", positionIdx=leg)
    since = desk.account.now() + timedelta(hours=1)
    desk.account.control.advance(10 * 86_400_000)
    report = await desk.reconcile(since=since, on_unexplained="adjust")
    assert ("adjusted", BOT) in kinds(report)
    assert desk.agrees()
    report = await desk.reconcile(**EVER)
    assert report.ok
    assert desk.agrees()
    (void,) = desk.rows("reconcile/voids")
    assert (void["exec_type"], void["reason"]) == ("Adjustment", "adjustment replaced by executions")
    (trade,) = desk.rows("reconcile/trades")
    assert (trade["quantity"], trade["exit_price"]) == (D("1.5"), D(60000))
    before = desk.everything()
    await desk.reconcile(**EVER)
    assert desk.everything() == before


@pytest.mark.parametrize("bot", [BOT, None])
async def test_what_a_bot_books_later_takes_the_place_of_an_adjustment(desk: Desk, bot: str | None) -> None:
    desk.order("Buy", "1")
    (row,) = desk.executions()
    since = desk.account.now() + timedelta(hours=1)
    desk.account.control.advance(10 * 86_400_000)
    desk.order("Buy", "2", bot=bot)
    desk.account.control.advance(10 * 86_400_000)
    await desk.reconcile(since=since, on_unexplained="adjust")
    late = {"exec_id": row["execId"], "side": "Buy", "exec_qty": 1, "exec_price": row["execPrice"], "symbol": "BTCUSDT"}
    executed = START + timedelta(milliseconds=int(row["execTime"]) - START.timestamp() * 1000)
    await desk.client.record_fill(**late, exec_time=executed, commission=row["execFee"], order_id=row["orderId"])
    report = await desk.reconcile(since=since, on_unexplained="adjust")
    assert report.ok
    assert ("adjustment_replaced", bot or "external") in kinds(report)
    assert desk.agrees()
    assert [void["exec_type"] for void in desk.rows("reconcile/voids")] == ["Adjustment"]
    assert desk.books()[BOT, "BTCUSDT", 0] == (3 if bot else 1)


@pytest.mark.parametrize("hidden", ["entry", "exit"])
async def test_an_adjustment_by_a_clock_that_is_behind_the_venues_own_books_gives_way(desk: Desk, hidden: str) -> None:
    """The clock hides the newest execution: what stands for it may not be dated before it, and stay beside it."""
    if hidden == "exit":
        await desk.trade("Buy", "1")
        desk.account.control.advance(10_000)
    desk.order("Buy" if hidden == "entry" else "Sell", "1")
    desk.account.control.set_skew(-6000)
    assert (await desk.reconcile(on_unexplained="adjust", **EVER)).ok
    desk.account.control.set_skew(0)
    assert (await desk.reconcile(on_unexplained="adjust", **EVER)).ok
    assert [void["exec_type"] for void in desk.rows("reconcile/voids")] == ["Adjustment"]
    assert desk.books() == ({(BOT, "BTCUSDT", 0): D(1)} if hidden == "entry" else {})
    assert desk.agrees()


async def test_a_close_of_what_was_never_seen_has_no_p_and_l(desk: Desk) -> None:
    desk.order("Buy", "1")
    desk.account.control.advance(10 * 86_400_000)
    since = desk.account.now()
    desk.order("Sell", "1")
    report = await desk.reconcile(since=since, on_unexplained="adjust")
    assert report.ok
    assert desk.books() == {}
    assert [trade["net_pnl"] for trade in desk.rows("reconcile/trades")] == [None]


async def test_a_hedge_leg_closed_further_than_it_is_open_waits_in_quarantine(desk: Desk) -> None:
    desk.account.control.set_hedge_mode(desk.account.uid, "BTCUSDT")
    desk.order("Buy", "1", positionIdx=1)
    desk.account.control.advance(10 * 86_400_000)
    since = desk.account.now()
    desk.order("Sell", "0.4", positionIdx=1)
    report = await desk.reconcile(since=since)
    assert [f.kind for f in report.problems] == ["missing_history", "quarantined"]
    assert desk.books() == {}


async def test_another_price_of_the_same_quantity(desk: Desk) -> None:
    desk.order("Buy", "1")
    row = desk.executions()[0]
    wrong = {"exec_id": row["execId"], "side": "Buy", "exec_qty": 1, "exec_price": D(59000), "symbol": "BTCUSDT"}
    executed = START + timedelta(milliseconds=int(row["execTime"]) - START.timestamp() * 1000)
    await desk.client.record_fill(**wrong, exec_time=executed, commission=row["execFee"], order_id=row["orderId"])
    report = await desk.reconcile()
    assert [f.kind for f in report.problems] == ["conflicting_fill", "price_only"]
    (conflict,) = [f for f in report.problems if f.kind == "conflicting_fill"]
    assert (dict(conflict.ledger), dict(conflict.venue)) == ({"exec_price": "59000"}, {"exec_price": "60000"})
    assert desk.books() == {(BOT, "BTCUSDT", 0): D(1)}


async def test_the_average_of_a_line_on_which_another_bot_traded_says_nothing(desk: Desk) -> None:
    """The venue's moving average keeps what was opened and closed in between, and the one holder's lots do not."""
    await desk.registered("lxalgo_002")
    desk.order("Sell", "1")
    desk.account.control.move_price("BTCUSDT", D(61000))
    desk.order("Sell", "1", bot="lxalgo_002")
    desk.order("Buy", "1", bot="lxalgo_002")
    report = await desk.reconcile()
    assert report.ok
    (line,) = report.lines
    assert (line.venue_price, line.ledger_price) == (D(60500), None)


@pytest.mark.parametrize("first", ["0.01", "0.02"])
async def test_an_order_that_goes_through_flat_at_two_prices(desk: Desk, first: str) -> None:
    """Which of its executions closed and which opened cannot be told: they have one time and one sequence."""
    control = desk.account.control
    for _ in range(4):  # the ledger takes them by their ids, which are as good as random
        desk.order("Buy", first)
        control.set_depth("BTCUSDT", D("0.01"), levels=3, category="linear")
        desk.order("Sell", "0.03")
        control.set_depth("BTCUSDT", None, category="linear")
        report = await desk.reconcile()
        assert (report.ok, [line.ledger_price for line in report.lines]) == (True, [None])
        control.advance(120_000)
        desk.order("Buy", str(D("0.03") - D(first)))
        report = await desk.reconcile()
        assert (report.ok, [cycle.fitted for cycle in report.cycles]) == (True, ["none"])
        control.advance(120_000)


async def test_an_order_that_says_less_than_before_is_not_stored(desk: Desk) -> None:
    order_id = desk.order("Buy", "0.03")
    desk.account.control.advance(60_000)
    desk.rows("reconcile/order", order_id=order_id, qty=D("0.08"))
    report = await desk.reconcile()
    assert [f.kind for f in report.problems] == ["order_regressed"]
    assert isinstance((await desk.account.exchange.orders_by_id("linear", [order_id]))[0], Order)


@pytest.mark.parametrize("side", ["Buy", "Sell"])
async def test_the_average_of_small_inverse_fills_agrees_within_the_venues_rounding(
    side: str, database_url: str, redis_url: str
) -> None:
    async with open_desk(database_url, redis_url, categories=("inverse",)) as desk:
        for price in ("63709", "61233.3", "59871.7"):
            desk.account.control.move_price("BTCUSD", D(price))
            desk.order(side, "100", symbol="BTCUSD", category="inverse")
        report = await desk.reconcile(**EVER)
        assert report.ok
        (line,) = report.lines
        assert line.ledger_price is not None
        assert line.venue_price is not None
        assert 0 < abs(line.ledger_price - line.venue_price) < D("0.1")


async def test_a_conflict_stays_until_a_person_resolves_it_and_then_for_good(desk: Desk) -> None:
    desk.order("Buy", "1")
    row = desk.executions()[0]
    executed = START + timedelta(milliseconds=int(row["execTime"]) - START.timestamp() * 1000)
    wrong = fill(row["execId"], "Buy", 1, 60000, commission=0) | {"symbol": "BTCUSDT", "exec_time": executed}
    await desk.client.record_fill(**wrong, order_id=row["orderId"])
    first = await desk.reconcile()
    assert [f.kind for f in first.problems] == ["conflicting_fill"]
    desk.account.control.advance(600_000)  # it is not read again from now on
    second = await desk.reconcile()
    assert (second.status, second.problems, second.run_id) == ("findings", first.problems, first.run_id)
    (found,) = desk.rows("reconcile/findings")
    assert found["resolved_at"] is None
    desk.rows("reconcile/resolve", finding_id=found["finding_id"])
    third = await desk.reconcile()
    assert (third.ok, third.run_id == first.run_id) == (True, False)
    desk.rows("reconcile/forget_coverage")
    assert (await desk.reconcile()).ok
    assert len(desk.rows("reconcile/findings")) == 1


async def test_a_residual_closes_when_its_cycle_is_compared_again_and_agrees(desk: Desk) -> None:
    desk.order("Buy", "1")
    desk.order("Sell", "1")
    desk.account.control.advance(1000)
    with in_the_middle(desk.account.paper.url) as middle:
        exchange = another_exchange(desk, endpoint=middle.url)
        middle.change_rows("/v5/position/closed-pnl", lambda rows: [row | {"closedPnl": "77"} for row in rows])
        first = await desk.reconcile(exchange_client=exchange)
        middle.change_rows("/v5/position/closed-pnl", lambda rows: [row | {"closedPnl": "78"} for row in rows])
        second = await desk.reconcile(exchange_client=exchange)
        await exchange.close()
    assert [(f.kind, f.venue["closed_pnl"]) for f in first.problems + second.problems] == [
        ("pnl_residual", "77"),
        ("pnl_residual", "78"),
    ]
    assert (await desk.reconcile()).ok
    residuals = [row for row in desk.rows("reconcile/findings") if row["kind"] == "pnl_residual"]
    assert [row["resolved_at"] is not None for row in residuals] == [True, True]
