"""Take profit, stop loss and trailing stop: exits that the exchange itself makes, with orderLinkId ""."""

from dataclasses import dataclass
from decimal import Decimal

from reconcile.paper.accounts import Account
from reconcile.paper.amounts import ZERO
from reconcile.paper.lifecycle import cancel, register, tell
from reconcile.paper.positions import Position
from reconcile.paper.records import Order
from reconcile.paper.venue import Venue


@dataclass(frozen=True)
class Exits:
    """Levels at which to leave. None: unchanged; 0: removed. size None: the whole position (mode Full)."""

    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    trailing: Decimal | None = None
    size: Decimal | None = None
    parent_link_id: str = ""


def set_exits(venue: Venue, account: Account, leg: Position, exits: Exits) -> None:
    """Places the exits of an open position, in place of those of the whole position that were there."""
    group = venue.new_id()
    wanted = (
        ("TakeProfit", exits.take_profit),
        ("StopLoss", exits.stop_loss),
        ("TrailingStop", exits.trailing),
    )
    for kind, level in wanted:
        if level is None:
            continue
        if exits.size is None:
            _remember_level(leg, kind, level)
            _clear(venue, account, leg, kind)
        if level:
            _place(venue, account, leg, exits, kind=kind, level=level, group=group)


def _remember_level(leg: Position, kind: str, level: Decimal) -> None:
    value = level or None
    if kind == "TakeProfit":
        leg.take_profit = value
    elif kind == "StopLoss":
        leg.stop_loss = value
    else:
        leg.trailing = value


def _clear(venue: Venue, account: Account, leg: Position, kind: str) -> None:
    for order in account.open_orders((leg.category, leg.symbol)):
        if order.whole_position and order.position_idx == leg.idx and order.stop_order_type == kind:
            cancel(venue, account, order, "CancelByTpSlTsClear")


def _place(
    venue: Venue, account: Account, leg: Position, exits: Exits, *, kind: str, level: Decimal, group: str
) -> None:
    line = (leg.category, leg.symbol)
    price = venue.market.prices[line]
    long = leg.side == "Buy"
    trailing = kind == "TrailingStop"
    trigger = (price - level if long else price + level) if trailing else level
    partial = "" if exits.size is None or trailing else "Partial"
    order = Order(
        stamp=venue.stamp(venue.faults.order_lag),
        category=leg.category,
        symbol=leg.symbol,
        side="Sell" if long else "Buy",
        order_type="Market",
        qty=leg.size if exits.size is None else exits.size,
        price=ZERO,
        order_id=venue.new_id(),
        status="Untriggered",
        time_in_force="IOC",
        position_idx=leg.idx,
        reduce_only=True,
        close_on_trigger=True,
        stop_order_type=partial + kind,
        create_type=f"CreateBy{partial}{kind}",
        trigger_price=trigger,
        trigger_direction=1 if (kind == "TakeProfit") == long else 2,
        tpsl_mode="Partial" if partial else "Full",
        parent_link_id=exits.parent_link_id,
        trailing=level if trailing else None,
        whole_position=exits.size is None,
        group=f"whole-{leg.idx}" if exits.size is None else group,
        last_price=price,
    )
    register(venue, account, order)
    tell(venue, account, order)


def follow(venue: Venue, account: Account, leg: Position) -> None:
    """Keeps exits in step with a position that changed: gone when flat or turned, else as large as it."""
    for order in account.open_orders((leg.category, leg.symbol)):
        if order.position_idx != leg.idx or order.status != "Untriggered" or not order.group:
            continue
        if not leg.size or order.side == leg.side:
            cancel(venue, account, order, "CancelByTpSlTsClear")
        elif order.whole_position:
            order.qty = leg.size


def drop_siblings(venue: Venue, account: Account, triggered: Order) -> None:
    """Cancels the other exits of the same part of a position when one of them is triggered."""
    for order in account.open_orders((triggered.category, triggered.symbol)):
        same = order.group == triggered.group and order.order_id != triggered.order_id
        if triggered.group and same and order.status == "Untriggered":
            cancel(venue, account, order, "CancelByTpSlTsClear")


def trail(order: Order, price: Decimal) -> None:
    """Moves a trailing stop behind the price, never away from it."""
    if order.trailing is None or order.trigger_price is None:
        return
    if order.side == "Sell":
        order.trigger_price = max(order.trigger_price, price - order.trailing)
    else:
        order.trigger_price = min(order.trigger_price, price + order.trailing)


def attach(venue: Venue, account: Account, parent: Order, filled: Decimal) -> None:
    """Places the exits that an order brought along, once it has filled something."""
    if parent.take_profit is None and parent.stop_loss is None:
        return
    leg = account.position(venue.instrument_of(parent), parent.position_idx)
    partial = parent.tpsl_mode == "Partial"
    placed = not partial and (leg.take_profit, leg.stop_loss) == (parent.take_profit, parent.stop_loss)
    if leg.size and leg.side == parent.side and not placed:
        size = filled if partial else None
        exits = Exits(parent.take_profit, parent.stop_loss, None, size, parent.order_link_id)
        set_exits(venue, account, leg, exits)
