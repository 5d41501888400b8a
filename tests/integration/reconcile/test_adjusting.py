"""Others book while a reconciliation adjusts: what is adjusted is what was compared, and nothing twice."""

import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from ledger import AsyncLedgerClient, LedgerClient
from ledger.database.url import to_conninfo
from reconcile import ReconciliationReport
from tests.bybit_account import START
from tests.faults.wire import StatementProxy
from tests.locks import blocked_backend
from tests.reconciling import BOT, Desk, fill_of, kinds
from tests.statements import statement

ACCOUNT = "bybit:main:paper"
OTHER = "lxalgo_002"
ADJUSTING, COMPARING = "trading.record_adjustment", "AS moves"
DAY = 86_400_000


def executed(desk: Desk, order_id: str) -> dict[str, Any]:
    """What a bot writes of an order that was filled at once."""
    (row,) = [row for row in desk.executions() if row["orderId"] == order_id]
    return fill_of(row)


def write(desk: Desk, bot: str, fill: dict[str, Any]) -> None:
    """A bot of another process writes."""
    with LedgerClient(bot, account=ACCOUNT, database_url=desk.database_url, redis_url=desk.redis_url) as client:
        client.record_fill(**fill)


def once(work: Callable[[], None]) -> Callable[[], None]:
    """The work, done at the first call only."""
    left = [work]
    return lambda: left.pop()() if left else None


async def adjust(desk: Desk, part: str, then: Callable[[], None], since: Any) -> ReconciliationReport:
    """Reconciles, and calls `then` before each statement with `part` in its text."""
    with StatementProxy(desk.database_url) as proxy:
        proxy.call_before(part, then)
        async with AsyncLedgerClient(
            BOT, account=ACCOUNT, database_url=proxy.postgres_url(desk.database_url), redis_url=desk.redis_url
        ) as client:
            report = await desk.reconcile(db_client=client, since=since, on_unexplained="adjust")
        assert any(part in text for text in proxy.statements)
        return report


async def unknown(desk: Desk, bot: str) -> tuple[Any, dict[str, Any]]:
    """An execution that reconciliations which begin later do not find, one that they do, and their beginning."""
    await desk.registered(OTHER)
    late = executed(desk, desk.order("Buy", "1", bot=bot))
    desk.account.control.advance(10 * DAY)
    since = desk.account.now()
    desk.order("Buy", "2")
    desk.account.control.advance(DAY)
    return since, late


def adjustments(desk: Desk) -> list[dict[str, Any]]:
    return [row for row in desk.rows("reconcile/fills") if row["exec_type"] == "Adjustment"]


@pytest.mark.parametrize("bot", [BOT, OTHER])
async def test_a_fill_between_comparison_and_adjustment_is_not_adjusted(desk: Desk, bot: str) -> None:
    """In a book that was compared, and in one that was not there."""
    since, late = await unknown(desk, bot)
    report = await adjust(desk, ADJUSTING, once(lambda: write(desk, bot, late)), since)
    assert report.ok
    assert adjustments(desk) == []
    assert desk.agrees()


@pytest.mark.parametrize("bot", [BOT, OTHER])
async def test_an_adjustment_waits_for_a_fill_that_is_being_written(desk: Desk, bot: str) -> None:
    since, late = await unknown(desk, bot)
    with (
        psycopg.connect(to_conninfo(desk.database_url)) as writing,
        psycopg.connect(to_conninfo(desk.database_url), autocommit=True) as watcher,
    ):

        def commit() -> None:
            blocked_backend(watcher, set())
            writing.commit()

        committing = threading.Thread(target=commit)

        def begin() -> None:
            writing.execute(statement("reconcile/record_fill"), {**late, "bot_id": bot})
            committing.start()

        report = await adjust(desk, ADJUSTING, once(begin), since)
        committing.join()
    assert report.ok
    assert adjustments(desk) == []
    assert desk.agrees()


async def test_what_is_left_after_a_fill_in_between_is_adjusted_in_the_same_run(desk: Desk) -> None:
    since, late = await unknown(desk, BOT)
    half = {**late, "exec_qty": "0.4", "commission": "0"}
    report = await adjust(desk, ADJUSTING, once(lambda: write(desk, BOT, half)), since)
    assert report.ok
    assert [str(row["exec_qty"]) for row in adjustments(desk)] == ["0.6"]
    assert desk.agrees()


async def test_a_line_that_never_rests_is_left_to_the_next_run(desk: Desk) -> None:
    since, late = await unknown(desk, BOT)
    count = iter(range(100))

    def disturb() -> None:
        other = {"client_order_id": None, "order_id": None, "exec_qty": "0.1", "exec_id": f"in-between-{next(count)}"}
        write(desk, OTHER, {**late, **other})

    report = await adjust(desk, ADJUSTING, disturb, since)
    assert [finding.kind for finding in report.problems] == ["missing_history"]
    assert adjustments(desk) == []
    assert (await desk.reconcile(since=since, on_unexplained="adjust")).ok
    assert len(adjustments(desk)) == 1
    assert desk.agrees()


async def test_an_adjustment_whose_fill_comes_during_the_next_run_is_taken_back_in_it(desk: Desk) -> None:
    """And not weighed up by another one."""
    since, late = await unknown(desk, BOT)
    assert (await desk.reconcile(since=since, on_unexplained="adjust")).ok
    desk.account.control.advance(60_000)
    asked: list[int] = []

    def then() -> None:
        asked.append(len(asked))
        if len(asked) == 2:  # the first reading is before anything is taken back
            write(desk, BOT, late)

    report = await adjust(desk, COMPARING, then, since)
    assert report.ok
    assert ("adjustment_replaced", BOT) in kinds(report)
    assert len(adjustments(desk)) == 1
    assert [void["exec_type"] for void in desk.rows("reconcile/voids")] == ["Adjustment"]
    assert desk.agrees()


async def test_a_fill_of_a_whole_order_is_no_ground_to_adjust(desk: Desk) -> None:
    """Made after the positions were read, it is in the books and has no execution yet that says when it was."""
    await desk.trade("Buy", "1")
    desk.account.control.advance(DAY)
    asked: list[int] = []

    def trade() -> None:
        asked.append(len(asked))
        if len(asked) > 1:
            fill = executed(desk, desk.order("Buy", "0.1"))
            del fill["exec_id"]
            write(desk, BOT, fill)

    report = await adjust(desk, COMPARING, trade, START)
    assert [finding.kind for finding in report.problems] == ["missing_history"]
    assert adjustments(desk) == []
    assert (await desk.reconcile(on_unexplained="adjust")).ok
    assert adjustments(desk) == []
    assert desk.agrees()
