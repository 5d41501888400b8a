"""An order's way through its statuses, and who is told."""

from decimal import Decimal

from reconcile.paper import payloads
from reconcile.paper.accounts import Account
from reconcile.paper.amounts import text
from reconcile.paper.records import Order
from reconcile.paper.venue import Venue


def register(venue: Venue, account: Account, order: Order) -> None:
    """Makes the order known: it can be queried and, while open, filled."""
    order.updated = venue.now()
    account.orders[order.order_id] = account.live[order.order_id] = order
    if order.order_link_id:
        account.link_ids[(order.category, order.order_link_id)] = order
    venue.resting.setdefault((order.category, order.symbol), {})[order.order_id] = (account, order)


def tell(venue: Venue, account: Account, order: Order) -> None:
    """Sends the order to the order stream."""
    row = {"category": order.category, **payloads.order_row(order), "closedPnl": _closed_pnl(account, order)}
    venue.publish(account.uid, "order", [row])


def finish(venue: Venue, account: Account, order: Order, status: str) -> None:
    """Closes the order."""
    order.status = status
    order.updated = venue.now()
    order.closed_visible_at = venue.now() + venue.faults.order_lag + venue.faults.history_lag
    venue.resting.get((order.category, order.symbol), {}).pop(order.order_id, None)
    account.live.pop(order.order_id, None)
    account.remember_closed(order)
    tell(venue, account, order)


def cancel(
    venue: Venue, account: Account, order: Order, cancel_type: str = "CancelByUser", reason: str = "EC_NoError"
) -> None:
    """Cancels the order; what was filled stays filled."""
    order.cancel_type = cancel_type
    order.reject_reason = reason
    if order.status == "Untriggered":
        finish(venue, account, order, "Deactivated")
    elif order.category == "spot" and order.cum_qty:
        finish(venue, account, order, "PartiallyFilledCanceled")
    else:
        finish(venue, account, order, "Cancelled")


def progress(venue: Venue, account: Account, order: Order) -> None:
    """Sets the status after a fill."""
    if order.leaves > 0:
        order.status = "PartiallyFilled"
        tell(venue, account, order)
    else:
        finish(venue, account, order, "Filled")


def _closed_pnl(account: Account, order: Order) -> str:
    row = account.closed.get(order.order_id)
    return text(Decimal(0) if row is None else row.pnl)
