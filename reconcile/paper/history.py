"""What can be read of the past, and by which filters."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import TypeVar

from reconcile.paper import rules
from reconcile.paper.accounts import Account
from reconcile.paper.market import Line, Market
from reconcile.paper.params import Params
from reconcile.paper.records import ClosedPnl, Execution, LogEntry, Order, Row
from reconcile.paper.refusal import Refusal, parameter_error
from reconcile.paper.venue import Venue

R = TypeVar("R", bound=Row)


def _by_instrument(market: Market, params: Params, *, settle: bool = False) -> Callable[[Line], bool]:
    symbol, base = params.text("symbol"), params.text("baseCoin")
    coin = params.text("settleCoin") if settle else ""

    def matches(line: Line) -> bool:
        if symbol:
            return line[1] == symbol
        instrument = market.instruments[line]
        return base in {"", instrument.base} and coin in {"", instrument.settle}

    return matches


def _by_order(market: Market, params: Params, *, settle: bool = False) -> Callable[[Line, str, str], bool]:
    """OrderId goes before orderLinkId, that before symbol, that before baseCoin; the rest is ignored."""
    order_id, link_id = params.text("orderId"), params.text("orderLinkId")
    on_line = _by_instrument(market, params, settle=settle)

    def matches(line: Line, own_id: str, own_link: str) -> bool:
        if order_id:
            return own_id == order_id
        return own_link == link_id if link_id else on_line(line)

    return matches


def _between(rows: list[R], start: int, end: int) -> list[R]:
    """The rows of a history that grows in time order, from start to end, both included."""
    return rows[bisect_left(rows, start, key=_time) : bisect_right(rows, end, key=_time)]


def _time(row: Row) -> int:
    return row.time


def executions(venue: Venue, account: Account, category: str, params: Params) -> list[Execution]:
    """Executions of a category in the window asked for."""
    now = venue.now()
    start, end = rules.window(params, now, rules.WindowRule())
    matches = _by_order(venue.market, params)
    kind = "" if params.has("orderId") or params.has("orderLinkId") else params.text("execType")
    return [
        one
        for one in _between(account.executions, start, end)
        if one.category == category
        and rules.kept(one, now)
        and kind in {"", one.exec_type}
        and matches((category, one.symbol), one.order.order_id, one.order.order_link_id)
    ]


def closed_pnl(venue: Venue, account: Account, category: str, params: Params) -> list[ClosedPnl]:
    """Closed P&L of a category, one row per closing order, by the time of its first closing fill."""
    if category not in {"linear", "inverse"}:
        raise Refusal(10001, "Illegal category")
    now = venue.now()
    start, end = rules.window(params, now, rules.WindowRule())
    symbol = params.text("symbol")
    return [
        row
        for row in account.closed.values()
        if start <= row.time <= end and row.category == category and symbol in {"", row.symbol} and rules.kept(row, now)
    ]


def past_orders(venue: Venue, account: Account, category: str, params: Params) -> list[Order]:
    """Closed orders by the time of their creation."""
    now = venue.now()
    start, end = rules.window(params, now, rules.WindowRule())
    matches = _by_order(venue.market, params)
    status = params.text("orderStatus")
    return [
        order
        for order in account.orders.values()
        if start <= order.time <= end
        and order.category == category
        and rules.kept_order(order, now)
        and status in {"", order.status}
        and _by_filter(order, params)
        and matches((category, order.symbol), order.order_id, order.order_link_id)
    ]


def present_orders(venue: Venue, account: Account, category: str, params: Params) -> list[Order]:
    """Open orders, or with openOnly=1 the last 500 closed ones; asked for by id, either."""
    if category == "linear" and not any(params.has(name) for name in ("symbol", "baseCoin", "settleCoin")):
        raise parameter_error("missing some parameters that must be filled in, symbol, settleCoin or baseCoin")
    matches = _by_order(venue.market, params, settle=True)
    by_id = params.has("orderId") or params.has("orderLinkId")
    closed_only = params.integer("openOnly", 0) == 1
    found = [] if closed_only and not by_id else account.open_orders()
    if by_id or closed_only:
        found += account.recent[category]
    return [
        order
        for order in found
        if order.category == category
        and order.visible_at <= venue.now()
        and _by_filter(order, params)
        and matches((category, order.symbol), order.order_id, order.order_link_id)
    ]


def _by_filter(order: Order, params: Params) -> bool:
    wanted = params.text("orderFilter")
    conditional = order.trigger_price is not None
    return not wanted or (wanted == "Order") != conditional


def transactions(venue: Venue, account: Account, params: Params) -> list[LogEntry]:
    """The transaction log, of all categories unless one is asked for."""
    now = venue.now()
    start, end = rules.window(params, now, rules.LOG_WINDOW)
    on_line = _by_instrument(venue.market, params)
    return [
        row
        for row in _between(account.log, start, end)
        if rules.kept(row, now)
        and params.text("category") in {"", row.category}
        and params.text("currency") in {"", row.currency}
        and params.text("type") in {"", row.kind}
        and (not row.symbol or on_line((row.category, row.symbol)))
    ]
