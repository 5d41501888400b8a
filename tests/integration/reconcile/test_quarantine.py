"""What a person decides about an execution that could not be applied, and what follows from it."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from ledger import (
    AsyncLedgerClient,
    ConflictingFillError,
    InsufficientPositionError,
    LedgerClient,
    PermissionDeniedError,
)
from ledger.errors import InvalidInputError
from ledger.operations.deciding import DECISIONS
from ledger.values import QuarantineDecision
from reconcile import Correction, apply_quarantined, apply_quarantined_sync
from reconcile.startup.store import Store
from reconcile.values import Unreadable
from tests.bybit_account import START
from tests.logins import NewLogin, as_login, logins
from tests.reconciling import BOT, Desk
from tests.servers import Servers

D = Decimal
OTHER = "mom_002"


@pytest.fixture
def new_login(servers: Servers) -> Iterator[NewLogin]:
    with logins(servers.admin_url) as make:
        yield make


async def strange(desk: Desk, exec_type: str = "SomethingNew", **said: Any) -> str:
    """An execution of a type that nobody knows, imported into quarantine; its id."""
    given: dict[str, Any] = {"side": "Buy", "qty": D("0.3"), "price": D(60100)} | said
    exec_id: str = desk.account.control.report_execution(desk.account.uid, "BTCUSDT", exec_type, **given)
    desk.account.control.advance(1000)
    await desk.reconcile()
    return exec_id


async def keep(desk: Desk, exec_id: str, *, category: str = "linear", **readable: Any) -> None:
    """Puts an execution into quarantine of which only so much can be read."""
    database = desk.client._database
    unreadable = Unreadable(
        endpoint="executions", category=category, reason="a test", raw={"a": 1}, exec_id=exec_id, readable=readable
    )
    await Store(database, 1).quarantine([(unreadable, exec_id)])


def waiting(desk: Desk) -> list[str]:
    return [row["exec_id"] for row in desk.rows("reconcile/quarantine") if row["decision"] is None]


async def test_what_moved_nothing_is_ignored_for_good(desk: Desk) -> None:
    exec_id = await strange(desk)
    before = desk.everything()

    made = await apply_quarantined(desk.client, exec_id, "ignore", note="a test of theirs")

    assert (made.fresh, made.decision, made.note, made.booked, made.result) == (
        True, "ignore", "a test of theirs", None, None,
    )  # fmt: skip
    after = desk.everything()
    changed = {table for table in after if after[table] != before[table]}
    assert changed == {"quarantined_executions", "reconciliation_findings"}
    (finding,) = desk.rows("reconcile/findings")
    assert (finding["kind"], finding["resolution_note"]) == ("quarantined", "ignore: a test of theirs")
    report = await desk.reconcile()
    assert (report.ok, report.quarantined) == (True, 0)


async def test_a_fill_goes_to_the_book_that_is_named_or_to_its_owner_s(desk: Desk) -> None:
    named, unnamed = await strange(desk), await strange(desk, "OtherNew", side="Sell", qty=D("0.1"))

    first = await apply_quarantined(desk.client, named, "fill", bot_id=BOT)
    second = await apply_quarantined(desk.client, unnamed, "fill", correction=Correction(exec_type="BlockTrade"))

    assert first.result is not None
    assert (first.before, first.result.position.total_qty, first.result.position.bot_id) == (None, D("0.3"), BOT)
    assert second.booked is not None
    assert (second.booked["bot_id"], second.booked["exec_type"]) == ("external", "BlockTrade")
    assert desk.books() == {(BOT, "BTCUSDT", 0): D("0.3"), ("external", "BTCUSDT", 0): D("-0.1")}
    assert (await desk.client.get_position("BTCUSDT")).avg_entry_price == 60100
    assert waiting(desk) == []


async def test_an_exit_of_the_venue_belongs_to_the_one_holder(desk: Desk) -> None:
    await desk.trade("Buy", "1")
    desk.account.control.advance(1000)
    await keep(
        desk, "bust-1", symbol="BTCUSDT", side="Sell", exec_type="BustOfAnotherKind", exec_price="50000",
        exec_qty="0.4", exec_time=desk.account.now(), fee="1.5", create_type="CreateByLiq",
    )  # fmt: skip
    made = await apply_quarantined(desk.client, "bust-1", "fill")
    assert made.before is not None
    assert made.result is not None
    assert (made.before.total_qty, made.result.position.total_qty) == (D(1), D("0.6"))
    (trade,) = made.result.completed_trades
    assert (trade.exit_reason, trade.bot_id, trade.exit_commission) == ("liquidation", BOT, D("1.5"))


async def test_cash_goes_to_the_one_who_held_and_touches_no_lot(desk: Desk) -> None:
    await desk.trade("Buy", "0.5")
    exec_id = await strange(desk, "FundingOfAnotherKind")
    made = await apply_quarantined(desk.client, exec_id, "cash", correction=Correction(commission="-7.25"))
    assert made.result is not None
    assert made.result.position.total_qty == D("0.5")
    (paid,) = desk.rows("reconcile/funding")
    assert (paid["bot_id"], paid["amount"], paid["exec_type"], paid["source"]) == (
        BOT, D("-7.25"), "Funding", "quarantine",
    )  # fmt: skip
    assert (await desk.reconcile()).ok


@pytest.mark.parametrize("decision", ["ignore", "fill", "cash"])
async def test_decided_again_it_is_answered_as_done_and_another_decision_is_refused(desk: Desk, decision: Any) -> None:
    exec_id = await strange(desk)
    said: dict[str, Any] = {}
    if decision != "ignore":
        said = {"bot_id": BOT, "correction": Correction(commission="1.5", exec_qty="0.20")}
    await apply_quarantined(desk.client, exec_id, decision, note="first", **said)
    before = desk.everything()

    for again in (said, {}, {"note": "second"}):
        made = await apply_quarantined(desk.client, exec_id, decision, **again)
        assert (made.fresh, made.decision, made.note) == (False, decision, "first")
    for other in set(DECISIONS) - {decision}:
        with pytest.raises(InvalidInputError, match=f"must be {decision}, as it was decided on 20"):
            await apply_quarantined(desk.client, exec_id, other)
    if said:
        with pytest.raises(InvalidInputError, match=r"commission = '1.6': must be 1.5, as it was booked"):
            await apply_quarantined(desk.client, exec_id, decision, correction=Correction(commission="1.6"))
        with pytest.raises(InvalidInputError, match="in whose book"):
            await apply_quarantined(desk.client, exec_id, decision, bot_id="external")
    assert desk.everything() == before


async def test_a_decision_to_book_needs_something_to_book(desk: Desk) -> None:
    exec_id = await strange(desk)
    before = desk.everything()
    with pytest.raises(InvalidInputError, match="fill"):
        await desk.client.decide_quarantined(exec_id, "fill", category="linear")
    assert desk.everything() == before


async def test_a_dry_run_shows_the_same_and_writes_nothing(desk: Desk) -> None:
    await desk.trade("Sell", "0.5")
    exec_id = await strange(desk)
    before = desk.everything()
    shown = await apply_quarantined(desk.client, exec_id, "fill", bot_id=BOT, dry_run=True)
    assert desk.everything() == before
    assert (await desk.client.get_position("BTCUSDT")).total_qty == D("0.5")
    made = await apply_quarantined(desk.client, exec_id, "fill", bot_id=BOT)
    assert shown.result is not None
    assert made.result is not None
    assert shown.before == made.before
    assert shown.result.position.total_qty == made.result.position.total_qty == D("0.2")
    assert [t.net_pnl for t in shown.result.completed_trades] == [t.net_pnl for t in made.result.completed_trades]
    assert (shown.fresh, made.fresh) == (True, True)


async def test_what_is_missing_or_wrong_is_named_and_nothing_is_written(desk: Desk) -> None:
    await keep(desk, "bare")
    await keep(desk, "whole", symbol="BTCUSDT", side="Buy", exec_price="1", exec_qty="1", fee="0", exec_time=START)
    await keep(desk, "twice", symbol="BTCUSDT")
    await keep(desk, "twice", category="spot", symbol="BTCUSDT")
    before = desk.everything()
    bare: dict[str, Any] = {}
    for name, value in (
        ("symbol", "BTCUSDT"), ("side", "Buy"), ("exec_qty", "1"), ("exec_time", START), ("commission", "0"),
        ("exec_price", "1"),
    ):  # fmt: skip
        with pytest.raises(InvalidInputError) as caught:
            await apply_quarantined(desk.client, "bare", "fill", correction=Correction(**bare))
        assert (caught.value.field, caught.value.value) == (name, None)
        bare[name] = value
    wrong: list[tuple[str, str, dict[str, Any], str]] = [
        ("whole", "guess", {}, "decision"),
        ("whole", "ignore", {"bot_id": BOT}, "bot_id"),
        ("whole", "ignore", {"correction": Correction(side="Buy")}, "side"),
        ("whole", "fill", {"bot_id": "nobody"}, "bot_id"),
        ("whole", "fill", {"correction": Correction(exec_type="Funding")}, "exec_type"),
        ("whole", "cash", {"correction": Correction(exec_type="Trade")}, "exec_type"),
        ("whole", "fill", {"correction": Correction(exec_qty="-1")}, "exec_qty"),
        ("whole", "fill", {"correction": Correction(exec_price="NaN")}, "exec_price"),
        ("whole", "fill", {"correction": Correction(position_idx=3)}, "position_idx"),
        ("whole", "fill", {"category": "spot"}, "exec_id"),
        ("nowhere", "ignore", {}, "exec_id"),
        ("twice", "ignore", {}, "category"),
    ]
    for exec_id, decision, given, field in wrong:
        with pytest.raises(InvalidInputError) as caught:
            await apply_quarantined(desk.client, exec_id, decision, **given)  # type: ignore[arg-type]
        assert caught.value.field == field
    assert desk.everything() == before
    made = await apply_quarantined(desk.client, "bare", "fill", correction=Correction(**bare))
    assert made.fresh


async def test_a_spot_fee_needs_its_coin_and_a_hedged_symbol_its_leg(desk: Desk) -> None:
    said: dict[str, Any] = {
        "symbol": "ETHUSDT",
        "side": "Buy",
        "exec_price": "2000",
        "exec_qty": "1",
        "exec_time": START,
    }
    await keep(desk, "spot-1", category="spot", fee="0.001", **said)
    with pytest.raises(InvalidInputError, match="commission_asset"):
        await apply_quarantined(desk.client, "spot-1", "fill")
    made = await apply_quarantined(desk.client, "spot-1", "fill", correction=Correction(commission_asset="ETH"))
    assert made.result is not None
    assert made.result.position.total_qty == D("0.999")

    desk.account.control.set_hedge_mode(desk.account.uid, "ETHUSDT")
    desk.order("Buy", "1", symbol="ETHUSDT", positionIdx=1)
    await desk.reconcile()
    await keep(desk, "hedged", fee="0", **said)
    with pytest.raises(InvalidInputError, match="position_idx"):
        await apply_quarantined(desk.client, "hedged", "fill")
    made = await apply_quarantined(desk.client, "hedged", "fill", bot_id=BOT, correction=Correction(position_idx=1))
    assert made.result is not None
    assert made.result.position.total_qty == D(2)


async def test_a_close_of_what_was_not_seen_is_applied_once_its_history_is_there(desk: Desk) -> None:
    desk.account.control.set_hedge_mode(desk.account.uid, "BTCUSDT")
    desk.order("Buy", "1", positionIdx=1)
    desk.account.control.advance(10 * 86_400_000)
    since = desk.account.now()
    desk.order("Sell", "0.4", positionIdx=1)
    desk.account.control.advance(120_000)
    report = await desk.reconcile(since=since)
    assert [f.kind for f in report.problems] == ["missing_history", "quarantined"]
    (exec_id,) = waiting(desk)
    before = desk.everything()
    with pytest.raises(InsufficientPositionError):
        await apply_quarantined(desk.client, exec_id, "fill")
    assert desk.everything() == before

    await desk.reconcile(since=None)
    made = await apply_quarantined(desk.client, exec_id, "fill")

    assert made.booked is not None
    assert (made.booked["bot_id"], made.booked["position_idx"], made.booked["exec_price"]) == (BOT, 1, "60000")
    assert desk.agrees()
    assert (await desk.reconcile(since=None)).ok


async def test_what_a_later_run_could_book_leaves_the_quarantine_by_itself(desk: Desk) -> None:
    desk.account.control.set_hedge_mode(desk.account.uid, "BTCUSDT")
    desk.order("Buy", "1", positionIdx=1)
    desk.account.control.advance(10 * 86_400_000)
    since = desk.account.now()
    desk.order("Sell", "0.4", positionIdx=1)
    assert (await desk.reconcile(since=since)).status == "findings"
    report = await desk.reconcile(since=None)  # the last minute is read again, now with its history
    assert (report.ok, report.quarantined, waiting(desk)) == (True, 0, [])
    assert desk.agrees()
    assert all(row["resolved_at"] for row in desk.rows("reconcile/findings"))


async def test_a_decision_outlives_that_the_execution_is_read_again(desk: Desk) -> None:
    desk.account.control.set_hedge_mode(desk.account.uid, "BTCUSDT")
    desk.order("Buy", "1", positionIdx=1)
    desk.account.control.advance(10 * 86_400_000)
    since = desk.account.now()
    desk.order("Sell", "0.4", positionIdx=1)
    await desk.reconcile(since=since)
    (exec_id,) = waiting(desk)
    await apply_quarantined(desk.client, exec_id, "ignore")
    report = await desk.reconcile(since=None)
    assert [f.kind for f in report.problems] == ["unexplained"]
    assert desk.books() == {(BOT, "BTCUSDT", 1): D(1)}


async def test_what_the_ledger_has_otherwise_is_a_conflict(desk: Desk) -> None:
    await desk.trade("Buy", "0.5")
    (row,) = desk.executions()
    await keep(desk, row["execId"], symbol="BTCUSDT", side="Buy", exec_price="1", exec_qty="0.5", fee="0")
    with pytest.raises(ConflictingFillError):
        await apply_quarantined(desk.client, row["execId"], "fill", correction=Correction(exec_time=START))
    assert waiting(desk) == [row["execId"]]


async def test_a_fill_takes_the_place_of_an_adjustment_and_of_an_order_level_fill(desk: Desk) -> None:
    await desk.client.record_fill(
        symbol="BTCUSDT", side="Buy", exec_price=60000, exec_qty="0.3", exec_time=START, order_id="o-1", commission=0
    )
    await keep(
        desk, "late", symbol="BTCUSDT", side="Buy", exec_price="60100", exec_qty="0.3", exec_time=START, fee="0",
        order_id="o-1",
    )  # fmt: skip
    made = await apply_quarantined(desk.client, "late", "fill")
    assert made.booked is not None
    assert made.booked["bot_id"] == BOT
    assert desk.books() == {(BOT, "BTCUSDT", 0): D("0.3")}
    assert (await desk.client.get_position("BTCUSDT")).avg_entry_price == 60100

    exec_id = await strange(desk, side="Sell", qty=D("0.3"))
    await desk.reconcile(on_unexplained="adjust")
    assert desk.books() == {}
    await apply_quarantined(desk.client, exec_id, "fill", bot_id=BOT)
    assert desk.books() == {}
    assert "Adjustment" in [void["exec_type"] for void in desk.rows("reconcile/voids")]


async def test_it_needs_the_rights_that_reconciling_needs(desk: Desk, new_login: NewLogin) -> None:
    exec_id = await strange(desk)
    await desk.registered(OTHER)
    login = new_login("ledger_bot")
    url = as_login(desk.database_url, login)
    for bot in (BOT, "external", OTHER):
        async with AsyncLedgerClient(BOT, account="main", database_url=url) as client:
            with pytest.raises(PermissionDeniedError):
                await apply_quarantined(client, exec_id, "ignore")
        desk.rows("reconcile/assign", bot=bot, login=login)
    async with AsyncLedgerClient(BOT, account="main", database_url=url) as client:
        made = await apply_quarantined(client, exec_id, "fill", bot_id=OTHER)
    assert (made.decided_by, desk.books()) == (login, {(OTHER, "BTCUSDT", 0): D("0.3")})


async def test_the_blocking_twin(desk: Desk) -> None:
    exec_id = await strange(desk)
    with LedgerClient(BOT, database_url=desk.database_url, redis_url=desk.redis_url) as client:
        made = apply_quarantined_sync(client, exec_id, "fill", bot_id=BOT)
        assert isinstance(made, QuarantineDecision)
        assert client.get_position("BTCUSDT").total_qty == D("0.3")
