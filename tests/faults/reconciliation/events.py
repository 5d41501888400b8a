"""What a reconciliation that is to be killed finds: a bit of everything, and where it was adjusted before."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from reconcile.bybit.times import from_ms
from tests.bybit_account import START
from tests.reconciling import Desk

D = Decimal
DAY = 86_400_000
CATEGORIES = ("linear", "inverse")
OTHER = "shorty_002"


@dataclass(frozen=True)
class Story:
    """What happened before, and how the reconciliation is called."""

    name: str
    prepare: Callable[[Desk], Awaitable[None]]
    since: datetime | None
    on_unexplained: Literal["report", "raise", "adjust"] = "report"


async def _outage(desk: Desk) -> None:
    """Two bots wrote some of it: in whole orders, late, and not at all. Then days without anybody."""
    control, uid = desk.account.control, desk.account.uid
    await desk.registered(OTHER)
    await desk.trade("Buy", "0.5", stopLoss="57000")
    missed = desk.order("Buy", "0.1")
    await desk.trade("Sell", "0.2")  # written before what happened earlier
    assert missed
    desk.order("Sell", "3", bot=OTHER, symbol="ETHUSDT")
    (short,) = [row for row in desk.executions() if row["symbol"] == "ETHUSDT"]
    other = await desk.client.acting_for(OTHER)
    await other.write_fill(
        "ETHUSDT", "Sell", short["execPrice"], short["execQty"], short["orderId"], short["orderLinkId"], None,
        short["execFee"], START + timedelta(hours=2),
    )  # fmt: skip
    await _wrong_fee(desk)
    control.charge_funding("BTCUSDT", D("0.0001"))
    desk.account.trade("Sell", "7", symbol="SOLUSDT")
    control.advance(8 * DAY)
    control.move_price("BTCUSDT", D(56900))  # the stop
    desk.order("Buy", "1", bot=OTHER, symbol="ETHUSDT")
    desk.order("Buy", "700", bot=OTHER, symbol="BTCUSD", category="inverse")
    control.report_execution(uid, "BTCUSDT", "NewOne", side="Buy", qty=D(1), price=D(1))
    control.advance(DAY)
    control.liquidate(uid, "ETHUSDT", price=D(2900))
    desk.order("Sell", "700", bot=OTHER, symbol="BTCUSD", category="inverse")
    desk.account.trade("Buy", "7", symbol="SOLUSDT")
    control.advance(120_000)


async def _wrong_fee(desk: Desk) -> None:
    """The bot wrote a fill otherwise than the exchange has it, so that the P&L differs, too."""
    desk.order("Buy", "50", symbol="XRPUSDT")
    (bought,) = [row for row in desk.executions() if row["symbol"] == "XRPUSDT"]
    await desk.client.record_fill(
        symbol="XRPUSDT", side="Buy", exec_price=bought["execPrice"], exec_qty=bought["execQty"],
        exec_time=from_ms(int(bought["execTime"])), exec_id=bought["execId"], order_id=bought["orderId"],
        client_order_id=bought["orderLinkId"], commission=0,
    )  # fmt: skip
    desk.order("Sell", "50", symbol="XRPUSDT")


async def _begins_too_late(desk: Desk) -> None:
    """What is there at the exchange was opened before the reconciliation may look."""
    desk.order("Buy", "0.4")
    desk.order("Sell", "2", symbol="ETHUSDT")
    desk.account.control.advance(3 * DAY)
    desk.order("Sell", "0.1")
    desk.account.control.advance(120_000)


async def _adjusted(desk: Desk) -> None:
    """The adjustment was made, and funding of what it stands for booked; now everything is looked at."""
    await _begins_too_late(desk)
    await desk.reconcile(since=START + timedelta(days=2), on_unexplained="adjust")
    desk.account.control.charge_funding("ETHUSDT", D("0.0001"))
    await desk.reconcile(since=START + timedelta(days=2))
    desk.account.control.advance(DAY)


STORIES = {
    story.name: story
    for story in (
        Story("outage", _outage, since=START),
        Story("adjusting", _begins_too_late, since=START + timedelta(days=2), on_unexplained="adjust"),
        Story("superseding", _adjusted, since=START),
    )
}
