"""What happens at the exchange is in the ledger within moments, whoever made it happen."""

from decimal import Decimal

from reconcile.paper.faults import HttpFault
from tests.integration.service.conftest import Serve
from tests.reconciling import Desk


async def test_executions_are_booked_within_a_second(desk: Desk, serve: Serve) -> None:
    service = serve().live()
    took: list[float] = []
    for _ in range(5):
        desk.order("Buy", "0.1")
        took.append(service.wait(lambda: len(desk.rows("reconcile/fills")) > len(took)))
    assert sorted(took)[2] < 1.0, took
    assert desk.agrees()


async def test_a_slow_reconciliation_holds_nothing_up(desk: Desk, serve: Serve) -> None:
    service = serve(reconcile_every=0.5).live()
    # The stream asks nothing of REST here; a reconciliation asks for positions, and waits.
    desk.account.control.break_http(HttpFault("timeout", path="/v5/position/list", seconds=1.5, times=None))
    service.wait(lambda: service.job("reconcile")["running"])
    took: list[float] = []
    busy = 0
    for _ in range(10):
        desk.order("Buy", "0.1")
        took.append(service.wait(lambda: len(desk.rows("reconcile/fills")) > len(took)))
        busy += service.job("reconcile")["running"]
    assert sorted(took)[5] < 1.0, took
    assert busy > 5
    desk.account.control.heal()
    service.wait(lambda: service.account()["reconciliation"] == "ok", 60)
    assert desk.agrees()


async def test_what_is_told_is_in_the_cache_of_the_bot(desk: Desk, serve: Serve) -> None:
    service = serve().live()
    for number in range(1, 4):
        desk.order("Buy", "0.1")
        service.wait(lambda: len(desk.rows("reconcile/fills")) == number)  # noqa: B023 - waited for at once
        position = await desk.client.get_position("BTCUSDT")
        assert position.total_qty == Decimal("0.1") * number
    assert 'fifoledger_executions_booked_total{account="main",exec_type="Trade"} 3.0' in service.get("/metrics")[1]
    assert service.account()["last_booked_at"] is not None
