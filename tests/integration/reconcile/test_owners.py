"""Whose an execution is, when that is known only later, or when nobody can say."""

from decimal import Decimal

import pytest

from ledger import AsyncLedgerClient
from reconcile.startup.owners import shared_funding
from tests.reconciling import BOT, Desk, kinds

D = Decimal
OTHER = "mom_002"


async def two_holders(desk: Desk) -> None:
    await desk.registered(OTHER)
    desk.order("Buy", "1", stopLoss="58000", slSize="1", tpslMode="Partial")
    desk.order("Buy", "2", bot=OTHER)


@pytest.mark.parametrize("wait", [0, 30_000, 3_600_000])
async def test_an_order_that_shows_late_takes_its_executions_to_its_bot(desk: Desk, wait: int) -> None:
    await two_holders(desk)
    await desk.reconcile()
    desk.account.control.set_lags(orders=wait + 200_000, history=0)
    desk.order("Buy", "1", symbol="ETHUSDT", stopLoss="2900", slSize="1", tpslMode="Partial")
    desk.order("Buy", "2", symbol="ETHUSDT", bot=OTHER)
    desk.account.control.move_price("ETHUSDT", D(2890))
    first = await desk.reconcile()
    assert first.ok
    assert desk.books()["external", "ETHUSDT", 0] == -1
    desk.account.control.advance(wait + 250_000)

    second = await desk.reconcile()

    assert second.ok
    assert ("reassigned", BOT) in kinds(second)
    assert desk.books() == {(BOT, "BTCUSDT", 0): D(1), (OTHER, "BTCUSDT", 0): D(2), (OTHER, "ETHUSDT", 0): D(2)}
    assert (await desk.client.get_position("ETHUSDT")).total_qty == 0
    (closed,) = desk.rows("reconcile/trades")
    assert (closed["bot_id"], closed["exit_reason"], closed["exit_price"]) == (BOT, "stop_loss", D(2890))
    assert [void["reason"] for void in desk.rows("reconcile/voids")] == ["booked to its bot"]
    before = desk.everything()
    desk.rows("reconcile/forget_coverage")
    third = await desk.reconcile()  # the execution itself is read again
    assert (third.ok, third.imported) == (True, {})
    assert desk.agrees()
    assert {name for name, rows in desk.everything().items() if rows != before[name]} <= {"coverage"}


async def closed_by_the_venue_before_its_fill_is_told(desk: Desk, qty: str) -> None:
    desk.account.control.set_lags(executions=300_000)
    entry = desk.order("Buy", qty)
    desk.account.control.set_lags()
    desk.account.control.advance(1000)
    desk.account.control.deleverage(desk.account.uid, "BTCUSDT", qty=D(1), price=D(59000))
    await desk.reconcile()
    assert desk.books()["external", "BTCUSDT", 0] == -1
    desk.account.control.advance(400_000)
    await desk.record(entry)


@pytest.mark.parametrize("qty", ["1", "3"])
async def test_an_exit_of_the_venue_goes_to_the_bot_whose_lots_are_told_late(desk: Desk, qty: str) -> None:
    await closed_by_the_venue_before_its_fill_is_told(desk, qty)
    report = await desk.reconcile()
    assert report.ok
    assert ("reassigned", BOT) in kinds(report)
    assert desk.books() == ({} if qty == "1" else {(BOT, "BTCUSDT", 0): D(qty) - 1})
    (closed,) = desk.rows("reconcile/trades")
    assert (closed["bot_id"], closed["exit_reason"], closed["exit_price"]) == (BOT, "adl", D(59000))
    assert (await desk.client.get_position("BTCUSDT")).total_qty == D(qty) - 1
    assert desk.agrees()
    assert await desk.written_by_a_second_run() == set()


async def test_an_exit_of_the_venue_stays_external_where_several_held_lots(desk: Desk) -> None:
    await desk.registered(OTHER)
    desk.account.control.set_lags(executions=300_000)
    others = desk.order("Buy", "2", bot=OTHER)
    await closed_by_the_venue_before_its_fill_is_told(desk, "1")
    async with AsyncLedgerClient(OTHER, account="main", database_url=desk.database_url) as other:
        await desk.record(others, other)
    report = await desk.reconcile()
    assert "reassigned" not in [f.kind for f in report.findings]
    assert desk.books() == {(BOT, "BTCUSDT", 0): D(1), (OTHER, "BTCUSDT", 0): D(2), ("external", "BTCUSDT", 0): D(-1)}
    assert desk.agrees()


async def test_an_exit_of_the_venue_is_nobody_s_once_another_holder_is_told(desk: Desk) -> None:
    await desk.registered(OTHER)
    desk.order("Buy", "2", bot=OTHER)
    desk.account.control.set_lags(executions=300_000)
    entry = desk.order("Buy", "1")
    desk.account.control.set_lags()
    for price in (59000, 58000):
        desk.account.control.advance(1000)
        desk.account.control.deleverage(desk.account.uid, "BTCUSDT", qty=D("0.5"), price=D(price))
    await desk.reconcile()
    assert desk.books() == {(OTHER, "BTCUSDT", 0): D(1)}
    desk.account.control.advance(400_000)
    await desk.record(entry)
    report = await desk.reconcile()
    assert [(f.kind, f.bot_id) for f in report.findings].count(("reassigned", "external")) == 2
    assert desk.books() == {(BOT, "BTCUSDT", 0): D(1), (OTHER, "BTCUSDT", 0): D(2), ("external", "BTCUSDT", 0): D(-1)}
    assert desk.rows("reconcile/trades") == []
    assert desk.agrees()
    assert await desk.written_by_a_second_run() == set()


async def test_an_exit_of_the_venue_stays_external_where_it_closed_what_was_opened_outside(desk: Desk) -> None:
    desk.order("Buy", "1", bot=None)
    desk.account.control.set_lags(executions=300_000)
    entry = desk.order("Buy", "1")
    desk.account.control.set_lags()
    desk.account.control.deleverage(desk.account.uid, "BTCUSDT", qty=D(1))
    await desk.reconcile()
    assert desk.books() == {}
    desk.account.control.advance(400_000)
    await desk.record(entry)
    report = await desk.reconcile()
    assert "reassigned" not in [f.kind for f in report.findings]
    assert desk.books() == {(BOT, "BTCUSDT", 0): D(1)}
    assert desk.agrees()


async def test_what_does_not_fit_its_bot_s_book_is_reported_and_stays(desk: Desk) -> None:
    desk.account.control.set_hedge_mode(desk.account.uid, "BTCUSDT")
    await desk.registered(OTHER)
    desk.account.trade("Buy", "1", position_idx=1)
    order_id = desk.account.trade("Sell", "1", position_idx=1)
    await desk.reconcile()
    desk.rows("reconcile/own_order", order_id=order_id, bot_id=BOT)
    report = await desk.reconcile()
    assert [(f.kind, f.bot_id) for f in report.problems] == [("wrong_book", BOT)]
    assert desk.rows("reconcile/voids") == []
    again = await desk.reconcile()
    assert again.run_id == report.run_id
    assert [f.kind for f in again.problems] == ["wrong_book"]


async def test_funding_of_several_holders_is_external_s_and_says_what_each_would_bear(desk: Desk) -> None:
    await desk.registered(OTHER)
    desk.order("Buy", "3")
    desk.order("Sell", "1", bot=OTHER)
    desk.account.control.charge_funding("BTCUSDT", D("0.0001"))
    report = await desk.reconcile()
    assert report.ok
    (paid,) = desk.rows("reconcile/funding")
    assert (paid["bot_id"], paid["amount"]) == ("external", D(12))
    (shared,) = [f for f in report.findings if f.kind == "funding_shared"]
    assert shared.ledger == {BOT: "3", OTHER: "-1"}
    assert shared.venue["amount"] == "12"
    assert (D(shared.venue[f"share of {BOT}"] or 0), D(shared.venue[f"share of {OTHER}"] or 0)) == (D(18), D(-6))
    assert "funding_shared" not in [f.kind for f in (await desk.reconcile()).findings]


@pytest.mark.parametrize(
    ("fee", "held", "shares"),
    [
        ("1", {"a": "1", "b": "1", "c": "1"}, ["0.333333333333333333", "0.333333333333333334", "0.333333333333333333"]),
        ("-0.00000001", {"a": "2", "b": "1"}, ["-0.000000006666666667", "-0.000000003333333333"]),
        ("5", {"a": "1", "b": "-1"}, []),
    ],
)
def test_shares_add_up_to_the_last_digit(fee: str, held: dict[str, str], shares: list[str]) -> None:
    found = shared_funding(("linear", "BTCUSDT", 0), "x", D(fee), {bot: D(qty) for bot, qty in held.items()})
    parts = [D(value or 0) for name, value in found.venue.items() if name.startswith("share of")]
    assert [f"{part:f}" for part in parts] == shares
    assert not parts or sum(parts) == D(fee)


async def test_the_ledger_alone_moves_an_execution_between_books(desk: Desk) -> None:
    await desk.registered(OTHER)
    await desk.trade("Buy", "1")
    await desk.trade("Sell", "3")
    (fill,) = [row for row in desk.rows("reconcile/fills") if row["side"] == "Sell"]
    async with AsyncLedgerClient(
        OTHER, account="main", database_url=desk.database_url, redis_url=desk.redis_url
    ) as other:
        assert (await other.get_position("BTCUSDT")).total_qty == 0
        for moved in (True, False):
            answer = await other.reassign_fill(fill["fill_id"], category="linear", symbol="BTCUSDT", position_idx=0)
            assert answer is moved
        position = await other.get_position("BTCUSDT")
        assert (position.side, position.total_qty) == ("Sell", D(3))
    assert (await desk.client.get_position("BTCUSDT")).total_qty == 1
    assert desk.rows("reconcile/trades") == []


async def test_what_a_person_closed_for_a_bot_can_be_given_to_it(desk: Desk) -> None:
    """As docs/findings.md says; and whoever reconciles afterwards leaves it there."""
    await desk.trade("Buy", "0.4")
    assert (await desk.reconcile()).ok
    desk.account.trade("Sell", "0.4")
    assert kinds(await desk.reconcile()) == [("opened_outside", "external")]
    assert desk.books() == {(BOT, "BTCUSDT", 0): D("0.4"), ("external", "BTCUSDT", 0): D("-0.4")}
    (by_hand,) = [row for row in desk.rows("reconcile/fills") if row["bot_id"] == "external"]

    assert await desk.client.reassign_fill(by_hand["fill_id"], category="linear", symbol="BTCUSDT", position_idx=0)

    assert desk.books() == {}
    for seconds, kind in ((0, [("closed_while_down", BOT)]), (120, [])):
        desk.account.control.advance(seconds * 1000)
        report = await desk.reconcile()
        assert (report.ok, kinds(report), desk.books()) == (True, kind, {})
    (trade_,) = await desk.client.get_completed_trades("BTCUSDT")
    assert (trade_.quantity, trade_.exit_reason) == (D("0.4"), None)
