"""The clock of a bot before the venue's."""

from datetime import timedelta
from decimal import Decimal

from tests.reconciling import BOT, Desk


async def test_what_a_bot_dates_into_the_future_hides_no_difference(desk: Desk) -> None:
    await desk.trade("Buy", "0.3")
    await desk.client.record_fill(
        symbol="BTCUSDT",
        side="Buy",
        exec_price=60_000,
        exec_qty="0.1",
        exec_id="of-nobody",
        exec_time=desk.account.now() + timedelta(hours=1),  # local time that is called UTC
    )
    report = await desk.reconcile()
    (line,) = report.lines
    assert len(report.problems) == 1
    assert (line.bots, line.difference) == ({BOT: Decimal("0.4")}, Decimal("-0.1"))
