"""Funding that was booked before it was known who had the position: in the end it is with whoever had it."""

from decimal import Decimal
from typing import Any

import pytest

from ledger import AsyncLedgerClient
from tests.reconciling import BOT, Desk, fill_of, kinds

D = Decimal
OTHER = "lxalgo_002"
RATE = D("0.0001")
DAY = 86_400_000


def cash_of(desk: Desk) -> dict[str, Decimal]:
    """What cash moved, by book; books in which it is nothing are left out."""
    paid: dict[str, Decimal] = {}
    for row in desk.rows("reconcile/funding"):
        paid[row["bot_id"]] = paid.get(row["bot_id"], D(0)) + row["amount"]
    return {bot: amount for bot, amount in paid.items() if amount}


def hidden(desk: Desk, side: str, qty: str = "1", **more: Any) -> dict[str, Any]:
    """A bot's order that is executed and not listed for a while; what the bot would write of it."""
    order_id = desk.hidden_order(side, qty, **more)
    (fill,) = [one for one in desk.executed() if one["order_id"] == order_id]
    return fill


async def settled(desk: Desk) -> None:
    """Reconciled once more at once, nothing is written, and the sums agree."""
    before = desk.everything()
    assert (await desk.reconcile()).ok
    assert desk.everything() == before
    assert desk.agrees()


async def test_of_a_position_that_an_adjustment_stood_for(desk: Desk) -> None:
    """The venue lists the entry only after the funding: with it the funding goes to the bot."""
    await desk.reconcile()
    hidden(desk, "Buy")
    desk.account.control.advance(8000)
    await desk.reconcile(since=None, on_unexplained="adjust")
    desk.account.control.charge_funding("BTCUSDT", RATE)
    await desk.reconcile(since=None)
    (amount,) = cash_of(desk).values()
    assert cash_of(desk) == {"external": amount}

    desk.account.control.advance(60_000)
    report = await desk.reconcile(since=None)

    assert report.ok
    assert cash_of(desk) == {BOT: amount}
    (moved,) = [finding for finding in report.findings if finding.kind == "reassigned"]
    assert (moved.bot_id, moved.ledger, D(moved.venue["amount"] or 0)) == (
        BOT, {"was in the book of": "external"}, amount,
    )  # fmt: skip
    assert (await desk.client.realized_pnl()).funding == amount
    await settled(desk)


@pytest.mark.parametrize("killed", [False, True])
async def test_of_a_position_that_a_bot_writes_late(desk: Desk, killed: bool) -> None:
    """The bot says of its entry only after the funding was booked; what a killed run has moved the next one tells."""
    await desk.reconcile()
    entry = hidden(desk, "Buy")
    desk.account.control.advance(8000)
    desk.account.control.charge_funding("BTCUSDT", RATE)
    await desk.reconcile(since=None)
    (paid,) = desk.rows("reconcile/funding")
    assert set(cash_of(desk)) == {"external"}
    await desk.client.record_fill(**entry)
    if killed:
        assert await desk.client.reassign_cash(paid["exec_id"], category="linear", source="reconciler")
    assert kinds(await desk.reconcile(since=None)) == [("reassigned", BOT)]
    assert set(cash_of(desk)) == {BOT}
    desk.account.control.advance(60_000)
    await desk.reconcile(since=None)
    await settled(desk)


async def test_that_turns_out_to_be_shared(desk: Desk) -> None:
    """Of one holder it was the one's; with another one it is nobody's, and each one's share is told."""
    await desk.registered(OTHER)
    await desk.trade("Buy", "3")
    entry = hidden(desk, "Buy", bot=OTHER)
    desk.account.control.advance(8000)
    desk.account.control.charge_funding("BTCUSDT", RATE)
    await desk.reconcile()
    (amount,) = cash_of(desk).values()
    assert cash_of(desk) == {BOT: amount}
    async with AsyncLedgerClient(OTHER, account="main", database_url=desk.database_url) as other:
        await other.record_fill(**entry)
    report = await desk.reconcile()
    assert cash_of(desk) == {"external": amount}
    assert kinds(report) == [("funding_shared", "external"), ("reassigned", "external")]
    (shared,) = [finding for finding in report.findings if finding.kind == "funding_shared"]
    assert D(shared.venue[f"share of {OTHER}"] or 0) * 4 == amount
    await settled(desk)


async def test_of_what_a_person_gives_to_a_bot(desk: Desk) -> None:
    """Funding of ten days follows what was moved into a bot's book by hand."""
    await desk.reconcile()
    desk.account.trade("Buy", "1")
    for _ in range(4):
        desk.account.control.charge_funding("BTCUSDT", RATE)
        desk.account.control.advance(3 * DAY)
        await desk.reconcile()
    assert set(cash_of(desk)) == {"external"}
    (by_hand,) = desk.rows("reconcile/fills")
    assert await desk.client.reassign_fill(by_hand["fill_id"], category="linear", symbol="BTCUSDT", position_idx=0)
    report = await desk.reconcile()
    assert ("reassigned", BOT) in kinds(report)
    assert set(cash_of(desk)) == {BOT}
    await settled(desk)


@pytest.mark.parametrize("first", ["funding", "exit"])
async def test_that_nobody_held_any_more(desk: Desk, first: str) -> None:
    """It is external's, whatever was known first."""
    await desk.trade("Buy", "1")
    exit_ = hidden(desk, "Sell", "1")
    desk.account.control.set_lags(executions=10**9)
    desk.order("Buy", "1", bot=None)  # never listed
    desk.account.control.set_lags()
    desk.account.control.advance(8000)
    desk.account.control.charge_funding("BTCUSDT", RATE)
    if first == "exit":
        await desk.client.record_fill(**exit_)
    await desk.reconcile(since=None)
    await desk.client.record_fill(**exit_)
    await desk.reconcile(since=None)
    assert set(cash_of(desk)) == {"external"}


async def test_that_a_person_gives_to_a_bot_stays(desk: Desk) -> None:
    """What two had to pay together is external's until somebody decides."""
    await desk.registered(OTHER)
    await desk.trade("Buy", "3")
    async with AsyncLedgerClient(OTHER, account="main", database_url=desk.database_url) as other:
        await desk.record(desk.order("Buy", "1", bot=OTHER), other)
        desk.account.control.charge_funding("BTCUSDT", RATE)
        await desk.reconcile()
        (paid,) = desk.rows("reconcile/funding")
        assert await other.reassign_cash(paid["exec_id"], category="linear")
    assert (await desk.reconcile()).ok
    assert cash_of(desk) == {OTHER: paid["amount"]}
    await settled(desk)


async def test_that_a_bot_booked_stays(desk: Desk) -> None:
    """Who says whose it is knows it."""
    await desk.registered(OTHER)
    await desk.trade("Buy", "1")
    desk.account.control.charge_funding("BTCUSDT", RATE)
    (row,) = [row for row in desk.executions() if row["execType"] == "Funding"]
    async with AsyncLedgerClient(OTHER, account="main", database_url=desk.database_url) as other:
        await other.record_fill(**fill_of(row), exec_type="Funding")
    report = await desk.reconcile()
    assert "reassigned" not in [finding.kind for finding in report.findings]
    assert set(cash_of(desk)) == {OTHER}
    await settled(desk)
