"""/v5/order and /v5/execution: placing, changing, cancelling, and what became of it."""

from reconcile.paper import history, rules
from reconcile.paper.lifecycle import cancel, tell
from reconcile.paper.market import require_category
from reconcile.paper.matching import price_moved, submit
from reconcile.paper.orders import amend, find_open, order_from
from reconcile.paper.paging import newest_first, page
from reconcile.paper.params import Params
from reconcile.paper.payloads import execution_row, order_row
from reconcile.paper.records import Order
from reconcile.paper.refusal import parameter_error
from reconcile.paper.routes import Caller, Json, Private
from reconcile.paper.venue import Venue


def _ids(order: Order) -> Json:
    return {"orderId": order.order_id, "orderLinkId": order.order_link_id}


def create(venue: Venue, caller: Caller, params: Params) -> Json:
    """Places an order."""
    order = order_from(venue, caller.account, params)
    submit(venue, caller.account, order)
    return _ids(order)


def amend_order(venue: Venue, caller: Caller, params: Params) -> Json:
    """Changes an open order, which may fill at once at its new price."""
    order = find_open(caller.account, params)
    amend(order, venue.instrument_of(order), params)
    order.updated = venue.now()
    tell(venue, caller.account, order)
    price_moved(venue, (order.category, order.symbol))
    return _ids(order)


def cancel_order(venue: Venue, caller: Caller, params: Params) -> Json:
    """Cancels an open order."""
    order = find_open(caller.account, params)
    cancel(venue, caller.account, order)
    return _ids(order)


def cancel_all(venue: Venue, caller: Caller, params: Params) -> Json:
    """Cancels the open orders of a symbol, base coin or settle coin."""
    category = params.required("category")
    require_category(category)
    if category != "spot" and not any(params.has(name) for name in ("symbol", "baseCoin", "settleCoin")):
        raise parameter_error("symbol, baseCoin or settleCoin is required")
    # Orders that no query shows yet are cancelled, too.
    found = [order for order in caller.account.open_orders() if order.category == category]
    wanted = [order for order in found if _on(venue, order, params)]
    for order in wanted:
        cancel(venue, caller.account, order)
    return {"list": [_ids(order) for order in wanted], "success": "1"}


def _on(venue: Venue, order: Order, params: Params) -> bool:
    instrument = venue.instrument_of(order)
    return (
        params.text("symbol", order.symbol) == order.symbol
        and params.text("baseCoin", instrument.base) == instrument.base
        and params.text("settleCoin", instrument.settle) == instrument.settle
    )


def realtime(venue: Venue, caller: Caller, params: Params) -> Json:
    """Open orders, and the last closed ones."""
    category = params.required("category")
    require_category(category)
    found = history.present_orders(venue, caller.account, category, params)
    return _order_page(category, found, params)


def order_history(venue: Venue, caller: Caller, params: Params) -> Json:
    """Closed orders."""
    category = params.required("category")
    require_category(category)
    return _order_page(category, history.past_orders(venue, caller.account, category, params), params)


def _order_page(category: str, found: list[Order], params: Params) -> Json:
    rows, cursor = page(found, newest_first, params, rules.page_size(params, rules.ORDERS))
    return {"category": category, "nextPageCursor": cursor, "list": [order_row(order) for order in rows]}


def executions(venue: Venue, caller: Caller, params: Params) -> Json:
    """Executions, newest first."""
    category = params.required("category")
    require_category(category)
    found = history.executions(venue, caller.account, category, params)
    rows, cursor = page(found, newest_first, params, rules.page_size(params, rules.EXECUTIONS))
    return {"category": category, "nextPageCursor": cursor, "list": [execution_row(one) for one in rows]}


ENDPOINTS = {
    "/v5/order/create": Private(create, post=True),
    "/v5/order/amend": Private(amend_order, post=True),
    "/v5/order/cancel": Private(cancel_order, post=True),
    "/v5/order/cancel-all": Private(cancel_all, post=True),
    "/v5/order/realtime": Private(realtime),
    "/v5/order/history": Private(order_history),
    "/v5/execution/list": Private(executions),
}
