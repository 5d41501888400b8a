"""A reconciliation while the account goes on trading and the stream goes on booking."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.following import following, until
from tests.reconciling import Desk


@contextmanager
def trading(desk: Desk, every: float) -> Iterator[None]:
    """Somebody trades without a pause."""
    ended = threading.Event()

    def trade() -> None:
        number = 0
        while not ended.wait(every):
            desk.account.trade("Sell" if number % 5 > 2 else "Buy", "0.1")
            number += 1

    thread = threading.Thread(target=trade)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


async def test_what_happens_after_the_snapshot_is_no_difference(desk: Desk) -> None:
    async with following(desk):
        with trading(desk, 0.03):
            reports = [await desk.reconcile() for _ in range(4)]
        assert [report.problems for report in reports] == [[]] * 4
        assert all(report.ok for report in reports), [report.reason for report in reports]
        await until(desk.agrees)
    assert (await desk.reconcile()).ok
