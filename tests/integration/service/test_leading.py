"""Several services for one account: one works, another takes over."""

import signal
from decimal import Decimal

from reconcile.startup.lock import account_lock
from tests.integration.service.conftest import Serve
from tests.reconciling import BOT, Desk
from tests.serving import Service

LONG = (BOT, "BTCUSDT", 0)


def leaders(*services: Service) -> list[bool]:
    return [service.account().get("leading", False) for service in services]


async def test_another_takes_over_after_a_kill(desk: Desk, serve: Serve) -> None:
    first = serve().live()
    second = serve()
    second.wait(lambda: second.get("/readyz")[0] == 200)
    assert leaders(first, second) == [True, False]
    desk.order("Buy", "0.1")
    first.wait(lambda: desk.books() == {LONG: Decimal("0.1")})
    first.kill()
    desk.order("Buy", "0.2")
    took = second.wait(lambda: second.account()["leading"], 30)
    assert took < 10
    second.wait(lambda: desk.books() == {LONG: Decimal("0.3")})
    second.live()
    desk.order("Sell", "0.3")
    second.wait(lambda: desk.books() == {})
    assert (await desk.reconcile()).ok


async def test_a_frozen_leader_is_replaced_and_does_no_harm_when_it_wakes(desk: Desk, serve: Serve) -> None:
    first = serve().live()
    second = serve()
    second.wait(lambda: second.get("/readyz")[0] == 200)
    first.process.send_signal(signal.SIGSTOP)
    desk.order("Buy", "0.1")
    second.wait(second.is_live, 60)
    second.wait(lambda: desk.books() == {LONG: Decimal("0.1")})
    first.process.send_signal(signal.SIGCONT)
    first.wait(lambda: leaders(first, second) == [False, True])
    desk.order("Buy", "0.1")
    second.wait(lambda: desk.books() == {LONG: Decimal("0.2")})
    assert first.stop() == 0


async def test_sigterm_ends_the_work_in_hand_and_hands_over(desk: Desk, serve: Serve) -> None:
    first = serve().live()
    second = serve()
    second.wait(lambda: second.get("/readyz")[0] == 200)
    for _ in range(5):
        desk.order("Buy", "0.1")
    assert first.stop(10) == 0
    assert "Traceback" not in first.log, first.log
    second.live()
    second.wait(lambda: desk.books() == {LONG: Decimal("0.5")})
    assert second.stop(10) == 0


async def test_a_standby_ends_at_once(desk: Desk, serve: Serve) -> None:
    serve().live()
    second = serve()
    second.wait(lambda: second.get("/readyz")[0] == 200)
    assert second.stop(10) == 0


async def test_leadership_holds_back_no_cleaning_of_old_rows(desk: Desk, serve: Serve) -> None:
    service = serve().live()
    service.wait(lambda: len(desk.rows("service/leader")) == 1)
    (row,) = desk.rows("service/leader")
    assert row["state"] == "idle in transaction"
    assert row["backend_xmin"] is None
    assert row["backend_xid"] is None


async def test_nor_does_the_lock_of_a_reconciliation(desk: Desk) -> None:
    async with account_lock(desk.client.settings, 1):
        (row,) = desk.rows("service/lock_holder")
        assert row == {"state": "idle in transaction", "backend_xmin": None, "backend_xid": None}
