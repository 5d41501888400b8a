"""What happens at the exchange is in the ledger within moments, whoever made it happen."""

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
