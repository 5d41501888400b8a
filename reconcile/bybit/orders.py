"""Orders: open ones and those closed lately from /v5/order/realtime, older ones from /v5/order/history.

Source: Bybit's V5 reference: history lags and leaves open orders out; realtime knows open orders and the last 500
closed ones. Realtime is asked first: an order that closes between the two is then in one of them at least.
"""

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from reconcile.bybit.calls import Caller
from reconcile.bybit.crawler import RETENTION, Crawler, split
from reconcile.bybit.endpoints import ORDER_HISTORY, ORDERS
from reconcile.bybit.instruments import Instruments
from reconcile.bybit.pages import all_rows
from reconcile.bybit.payloads import read_order
from reconcile.bybit.times import to_ms
from reconcile.bybit.walks import ORDER_WALK
from reconcile.logs import get_logger
from reconcile.together import together
from reconcile.values import Order, Unreadable, Window

log = get_logger(__name__)

_CLOSED_LATELY = 1
_OPEN = 0


class Orders:
    """Finds the orders of one account."""

    def __init__(self, caller: Caller, crawler: Crawler, instruments: Instruments) -> None:
        self._caller = caller
        self._crawler = crawler
        self._instruments = instruments

    async def windows(
        self, category: str, since: datetime, until: datetime, symbol: str | None
    ) -> AsyncGenerator[Window[Order], None]:
        """Orders created in [since, until), each in its newest state, by window. Raises as the crawler does."""
        known = await self._known_now(category, symbol)
        filters = [{"symbol": symbol}] if symbol else [{}]
        async for window in self._crawler.windows(ORDER_WALK, category, since, until, filters):
            present = [o for o in known if o.created_at and window.since <= o.created_at < window.until]
            items = tuple(sorted(_newest([*window.items, *present]), key=ORDER_WALK.order))
            yield replace(window, items=items)

    async def by_id(self, category: str, order_ids: Sequence[str], since: datetime | None) -> Sequence[Order]:
        """Those of the orders that are open, among the last 500 closed, or created since `since`.

        Without `since` history is asked without times and answers for 7 days. With it every order that is not found
        earlier costs one request for each 7 days.
        """
        known = {o.order_id: o for o in _newest(await self._known_now(category, None))} if order_ids else {}
        found = []
        for order_id in dict.fromkeys(order_ids):
            if order_id in known:
                found.append(known[order_id])
            else:
                found += await self._in_history(category, order_id, since)
        return tuple(found)

    async def _in_history(self, category: str, order_id: str, since: datetime | None) -> list[Order]:
        spans: list[dict[str, int]] = [{}]
        if since is not None:
            now = await self._caller.synchronise()
            pieces = reversed(list(split(max(since, now - RETENTION), now)))
            spans = [{"startTime": to_ms(start), "endTime": to_ms(end)} for start, end in pieces]
        for span in spans:
            asked = {"category": category, "orderId": order_id, **span}
            rows, _ = await all_rows(self._caller, ORDER_HISTORY, asked)
            if found := [o for o in _newest(_readable(rows, category)) if o.order_id == order_id]:
                return found
        return []

    async def _known_now(self, category: str, symbol: str | None) -> list[Order]:
        filters = [{"symbol": symbol}] if symbol else await self._instruments.filters(category)
        found = await together(*(self._chosen_now(category, chosen) for chosen in filters))
        return [order for orders in found for order in orders]

    async def _chosen_now(self, category: str, chosen: Mapping[str, str]) -> list[Order]:
        """Open ones first: one that closes in between is then in both answers, not in none."""
        orders: list[Order] = []
        for which in (_OPEN, _CLOSED_LATELY):
            rows, _ = await all_rows(self._caller, ORDERS, {"category": category, "openOnly": which, **chosen})
            orders += _readable(rows, category)
        return orders


def _readable(rows: Iterable[object], category: str) -> list[Order]:
    orders = []
    for row in rows:
        order = read_order(row, category, ORDERS.path)
        if isinstance(order, Unreadable):
            log.warning("unreadable order", category=category, symbol=order.symbol, reason=order.reason)
        else:
            orders.append(order)
    return orders


def _newest(orders: Iterable[Order]) -> Iterable[Order]:
    newest: dict[str, Order] = {}
    for order in orders:
        before = newest.get(order.order_id)
        if before is None or _changed(order) >= _changed(before):
            newest[order.order_id] = order
    return newest.values()


def _changed(order: Order) -> float:
    moment = order.updated_at or order.created_at
    return moment.timestamp() if moment else 0.0
