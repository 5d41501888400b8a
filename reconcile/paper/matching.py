"""Orders meet prices."""

from decimal import Decimal

from reconcile.paper import exits
from reconcile.paper.accounts import Account
from reconcile.paper.amounts import floored
from reconcile.paper.booking import Fill, book
from reconcile.paper.lifecycle import cancel, progress, register, tell
from reconcile.paper.market import Line
from reconcile.paper.records import Order
from reconcile.paper.venue import Venue


def submit(venue: Venue, account: Account, order: Order) -> None:
    """Takes an order on: conditional ones wait, the others meet the market at once."""
    register(venue, account, order)
    if order.trigger_price is not None:
        order.status = "Untriggered"
        tell(venue, account, order)
    else:
        _activate(venue, account, order)


def _activate(venue: Venue, account: Account, order: Order) -> None:
    order.status = "New"
    line = (order.category, order.symbol)
    if order.order_type == "Limit":
        tell(venue, account, order)
        if order.time_in_force == "PostOnly" and _crosses(order, venue.market.prices[line]):
            cancel(venue, account, order, "UNKNOWN", "EC_PostOnlyWillTakeLiquidity")
            return
    if order.time_in_force == "FOK" and _takeable(venue, order) < order.qty:
        cancel(venue, account, order, "UNKNOWN", "EC_NoImmediateQtyToFill")
        return
    _take(venue, account, order)
    if order.open and order.time_in_force in {"IOC", "FOK"}:
        cancel(venue, account, order, "UNKNOWN", "EC_CancelForNoFullFill")


def _crosses(order: Order, price: Decimal) -> bool:
    if order.order_type == "Market":
        return True
    return order.price >= price if order.side == "Buy" else order.price <= price


def _takeable(venue: Venue, order: Order) -> Decimal:
    line = (order.category, order.symbol)
    levels = [qty for price, qty in venue.market.levels(line, order.side) if _crosses(order, price)]
    return order.qty if None in levels else sum((qty for qty in levels if qty is not None), Decimal(0))


def _take(venue: Venue, account: Account, order: Order) -> None:
    """Fills an order as taker, level by level; all of one moment's fills share a seq."""
    seq = venue.next_seq()
    for price, offered in venue.market.levels((order.category, order.symbol), order.side):
        if not order.open or not _crosses(order, price):
            return
        _fill(venue, account, order, Fill(_wanted(venue, account, order, price, offered), price, seq=seq))


def _wanted(venue: Venue, account: Account, order: Order, price: Decimal, offered: Decimal | None) -> Decimal:
    instrument = venue.instrument_of(order)
    qty = floored(order.leaves / price, instrument.qty_step) if order.by_value else order.leaves
    if reduces(order):
        qty = min(qty, account.position(instrument, order.position_idx).closable(order.side))
    return qty if offered is None else min(qty, offered)


def reduces(order: Order) -> bool:
    """Whether the order can only close: reduceOnly, or against the direction of its leg in hedge mode."""
    return order.reduce_only or (order.position_idx, order.side) in {(1, "Sell"), (2, "Buy")}


def _fill(venue: Venue, account: Account, order: Order, fill: Fill) -> None:
    if fill.qty <= 0:
        return
    book(venue, account, order, fill)
    if reduces(order) and order.leaves and not _wanted(venue, account, order, fill.price, None):
        cancel(venue, account, order, "CancelByReduceOnly")
    else:
        progress(venue, account, order)
    if order.category != "spot":
        exits.attach(venue, account, order, fill.qty)
        exits.follow(venue, account, account.position(venue.instrument_of(order), order.position_idx))


def fill_by_hand(venue: Venue, account: Account, order: Order, fill: Fill) -> None:
    """Fills an order at a price that no market made: venue-made closes and scripted executions."""
    register(venue, account, order)
    _fill(venue, account, order, fill)


def price_moved(venue: Venue, line: Line) -> None:
    """Lets every open order of the line meet its new price, oldest first."""
    price = venue.market.prices[line]
    offered = venue.market.offered(line)
    for account, order in list(venue.resting.get(line, {}).values()):
        if not order.open:
            continue
        if order.status == "Untriggered":
            exits.trail(order, price)
            if _triggered(order, price):
                _trigger(venue, account, order)
        elif _crosses(order, price) and offered != 0:
            fill = Fill(_wanted(venue, account, order, order.price, offered), order.price, maker=True)
            _fill(venue, account, order, fill)
            offered = None if offered is None else offered - fill.qty


def _triggered(order: Order, price: Decimal) -> bool:
    if order.trigger_price is None:
        return False
    return price >= order.trigger_price if order.trigger_direction == 1 else price <= order.trigger_price


def _trigger(venue: Venue, account: Account, order: Order) -> None:
    order.status = "Triggered"
    tell(venue, account, order)
    exits.drop_siblings(venue, account, order)
    if reduces(order) and not _wanted(venue, account, order, venue.market.prices[(order.category, order.symbol)], None):
        order.status = "New"
        cancel(venue, account, order, "CancelByReduceOnly")
        return
    _activate(venue, account, order)
