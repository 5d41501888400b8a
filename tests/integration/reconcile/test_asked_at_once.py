"""What a reconciliation asks at once: in fewer turns, with the same answers, and one error whoever fails first."""

import asyncio

import pytest

from reconcile.paper.faults import HttpFault
from reconcile.together import together
from tests.reconciling import Desk, another_exchange


async def test_answers_come_in_the_order_of_the_questions_and_the_first_error_is_theirs() -> None:
    ended = []

    async def asked(number: int, seconds: float, *, fails: bool = False) -> int:
        await asyncio.sleep(seconds)
        ended.append(number)
        if fails:
            raise ValueError(number)
        return number

    assert await together(asked(1, 0.02), asked(2, 0.01), asked(3, 0)) == (1, 2, 3)
    with pytest.raises(ValueError, match="4"):
        await together(asked(4, 0.02, fails=True), asked(5, 0, fails=True), asked(6, 0.03))
    assert ended == [3, 2, 1, 5, 4, 6]
    task = asyncio.create_task(together(asked(7, 5), asked(8, 5)))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended[6:] == []


async def test_an_account_of_all_categories_is_read_as_one_after_the_other(desk: Desk) -> None:
    exchange = another_exchange(desk, categories=("linear", "inverse", "spot", "option"))
    try:
        await desk.trade("Buy", "0.02")
        desk.order("Sell", "0.01")
        report = await desk.reconcile(exchange_client=exchange)
        assert report.ok, report.findings
        assert report.imported == {"Trade": 1}
        assert report.requests == exchange.requests
        assert desk.agrees()
        before = report.requests
        again = await desk.reconcile(exchange_client=exchange)
        assert (again.ok, again.imported) == (True, {})
        assert again.requests < before
    finally:
        await exchange.close()


@pytest.mark.parametrize("path", ["/v5/order/history", "/v5/execution/list", "/v5/position/list", "/v5/user/query-api"])
async def test_one_failure_is_the_run_s_and_the_same_failure_is_the_same_report(desk: Desk, path: str) -> None:
    both = ("linear", "inverse")
    impatient = another_exchange(desk, categories=both, patience=0.3)
    patient = another_exchange(desk, categories=both)
    try:
        await desk.trade("Buy", "0.02")
        desk.account.control.break_http(HttpFault("status", path=path, code=502, times=None))
        reports = [await desk.reconcile(exchange_client=impatient) for _ in range(2)]
        assert [report.status for report in reports] == ["degraded", "degraded"]
        assert path in str(reports[0].reason)
        assert reports[0].reason == reports[1].reason
        assert reports[0].run_id == reports[1].run_id
        desk.account.control.heal()
        healed = await desk.reconcile(exchange_client=patient)
        assert (healed.status, healed.reason) == ("ok", None)
    finally:
        await impatient.close()
        await patient.close()


async def test_a_cancelled_walk_asks_no_further(desk: Desk) -> None:
    desk.account.control.break_http(HttpFault("timeout", path="/v5/execution/list", seconds=1, times=None))
    task = asyncio.create_task(desk.reconcile())
    await asyncio.sleep(0.5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    sent = desk.account.exchange.requests
    await asyncio.sleep(0.3)
    assert desk.account.exchange.requests == sent
