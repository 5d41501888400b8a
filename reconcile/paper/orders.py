"""What /v5/order/create, amend and cancel accept."""

import re
from decimal import ROUND_HALF_UP, Decimal

from reconcile.paper.accounts import Account
from reconcile.paper.amounts import ZERO, fits, text
from reconcile.paper.instruments import Instrument
from reconcile.paper.matching import reduces
from reconcile.paper.params import Params
from reconcile.paper.records import Order
from reconcile.paper.refusal import Refusal, parameter_error
from reconcile.paper.venue import Venue
from reconcile.paper.wallet import unrealised, usd_value

_LINK_ID = re.compile(r"[A-Za-z0-9_-]{1,36}")
_PROTECTION = {"Buy": Decimal("1.05"), "Sell": Decimal("0.95")}
_TIMES_IN_FORCE = {"GTC", "IOC", "FOK", "PostOnly"}


def order_from(venue: Venue, account: Account, params: Params) -> Order:
    """A new order from its parameters; refuses what Bybit refuses."""
    instrument = venue.market.instrument(params.required("category"), params.required("symbol"))
    if instrument.status != "Trading":
        raise Refusal(110074, "This contract is not live")
    side, kind = params.required("side"), params.required("orderType")
    if side not in {"Buy", "Sell"}:
        raise parameter_error("Side invalid")
    if kind not in {"Market", "Limit"}:
        raise parameter_error("orderType invalid")
    last = venue.market.prices[(instrument.category, instrument.symbol)]
    order = Order(
        stamp=venue.stamp(venue.faults.order_lag),
        category=instrument.category,
        symbol=instrument.symbol,
        side=side,
        order_type=kind,
        qty=_quantity(params, instrument, kind, side),
        price=_price(params, instrument, kind, side, last),
        order_id=venue.new_id(),
        order_link_id=_link_id(account, params, instrument.category),
        time_in_force=_time_in_force(params, kind),
        position_idx=_position_idx(account, params, instrument),
        reduce_only=params.flag("reduceOnly"),
        close_on_trigger=params.flag("closeOnTrigger"),
        market_unit=_market_unit(params, instrument, kind, side),
        take_profit=params.amount("takeProfit") or None,
        stop_loss=params.amount("stopLoss") or None,
        tpsl_mode=_tpsl_mode(params),
        last_price=last,
    )
    _condition(order, params, last)
    _check(venue, account, instrument, order)
    return order


def _quantity(params: Params, instrument: Instrument, kind: str, side: str) -> Decimal:
    params.required("qty")
    qty = params.amount("qty") or ZERO
    by_value = _market_unit(params, instrument, kind, side) == "quoteCoin"
    if qty <= 0 or (qty < instrument.min_qty and not by_value):
        raise parameter_error("Qty invalid")
    if not by_value and not fits(qty, instrument.qty_step):
        raise (
            Refusal(170137, "Order quantity has too many decimals.")
            if instrument.category == "spot"
            else (parameter_error("Qty invalid"))
        )
    return qty


def _price(params: Params, instrument: Instrument, kind: str, side: str, last: Decimal) -> Decimal:
    if kind == "Market":
        # Bybit shows a market order at the worst price that it may fill at; on spot, none.
        worst = last * _PROTECTION[side] / instrument.tick
        return ZERO if instrument.category == "spot" else worst.to_integral_value(ROUND_HALF_UP) * instrument.tick
    params.required("price")
    price = params.amount("price") or ZERO
    if price <= 0 or not fits(price, instrument.tick):
        raise (
            Refusal(170134, "Order price has too many decimals.")
            if instrument.category == "spot"
            else (parameter_error("price invalid"))
        )
    return price


def _link_id(account: Account, params: Params, category: str) -> str:
    link_id = params.text("orderLinkId")
    if link_id and not _LINK_ID.fullmatch(link_id):
        raise parameter_error("orderLinkId invalid: at most 36 characters of a-z, A-Z, 0-9, - and _")
    if (category, link_id) in account.link_ids:
        raise Refusal(110072, "OrderLinkedID is duplicate")
    return link_id


def _time_in_force(params: Params, kind: str) -> str:
    given = params.text("timeInForce", "GTC")
    if given not in _TIMES_IN_FORCE:
        raise parameter_error("timeInForce invalid")
    return given if kind == "Limit" else "IOC"


def _position_idx(account: Account, params: Params, instrument: Instrument) -> int:
    idx = params.integer("positionIdx", 0)
    if instrument.category == "spot":
        return 0
    if idx not in account.legs((instrument.category, instrument.symbol)):
        raise Refusal(10001, "position idx not match position mode")
    return idx


def _market_unit(params: Params, instrument: Instrument, kind: str, side: str) -> str:
    if instrument.category != "spot" or kind != "Market":
        return ""
    return params.text("marketUnit", "quoteCoin" if side == "Buy" else "baseCoin")


def _tpsl_mode(params: Params) -> str:
    if not params.has("takeProfit") and not params.has("stopLoss"):
        return ""
    return params.text("tpslMode", "Full")


def _condition(order: Order, params: Params, last: Decimal) -> None:
    trigger = params.amount("triggerPrice")
    if not trigger:
        return
    direction = params.integer("triggerDirection", 0)
    if order.category == "spot":
        direction = 1 if trigger > last else 2
    if direction not in {1, 2}:
        raise parameter_error("triggerDirection is required")
    if direction == 1 and trigger <= last:
        raise Refusal(110092, f"expect Rising, but trigger_price[{text(trigger)}] <= current[{text(last)}]??LastPrice")
    if direction == 2 and trigger >= last:
        raise Refusal(110093, f"expect Falling, but trigger_price[{text(trigger)}] >= current[{text(last)}]??LastPrice")
    order.trigger_price, order.trigger_direction = trigger, direction
    order.stop_order_type = "Stop" if order.category != "spot" else "tpslOrder"


def _check(venue: Venue, account: Account, instrument: Instrument, order: Order) -> None:
    price = order.price if order.order_type == "Limit" else order.last_price
    _check_exits(order, price)
    if instrument.category == "spot":
        _check_spot(account, instrument, order, price)
        return
    notional = order.qty if instrument.inverse else order.qty * price
    if reduces(order):
        _check_reduce(account, instrument, order)
    elif notional < instrument.min_notional:
        raise Refusal(
            110094, f"Order does not meet minimum order value {text(instrument.min_notional)}{instrument.quote}"
        )
    else:
        _check_margin(venue, account, instrument, instrument.value(order.qty, price))


def _check_exits(order: Order, price: Decimal) -> None:
    if order.category == "spot" and (order.take_profit or order.stop_loss):
        raise parameter_error("takeProfit and stopLoss are not available for spot here")
    sign = 1 if order.side == "Buy" else -1
    if order.take_profit is not None and (order.take_profit - price) * sign <= 0:
        raise Refusal(10001, f"TakeProfit:{text(order.take_profit)} is on the wrong side of base_price:{text(price)}")
    if order.stop_loss is not None and (order.stop_loss - price) * sign >= 0:
        raise Refusal(10001, f"StopLoss:{text(order.stop_loss)} is on the wrong side of base_price:{text(price)}")


def _check_spot(account: Account, instrument: Instrument, order: Order, price: Decimal) -> None:
    value = order.qty if order.by_value else order.qty * price
    if value < instrument.min_notional:
        raise Refusal(170140, "Order value exceeded lower limit.")
    buys = order.side == "Buy"
    need = value if buys else (order.qty / price if order.by_value else order.qty)
    if account.balances.get(instrument.quote if buys else instrument.base, ZERO) < need:
        raise Refusal(170131, "Insufficient balance.")


def _check_reduce(account: Account, instrument: Instrument, order: Order) -> None:
    leg = account.position(instrument, order.position_idx)
    if order.trigger_price is not None:
        return
    if not leg.size:
        raise Refusal(110017, "current position is zero, cannot fix reduce-only order qty")
    if not leg.closable(order.side):
        raise Refusal(110017, "reduce-only order has same side with current position")
    order.qty = min(order.qty, leg.size)


def _check_margin(venue: Venue, account: Account, instrument: Instrument, value: Decimal) -> None:
    coins = set(account.balances) | {instrument.settle}
    equity = sum(
        (usd_value(venue, coin, account.balances.get(coin, ZERO) + unrealised(venue, account, coin)) for coin in coins),
        ZERO,
    )
    used = usd_value(venue, instrument.settle, value) / account.leverage((instrument.category, instrument.symbol))
    for leg in account.positions.values():
        line = (leg.category, leg.symbol)
        settle = venue.market.instruments[line].settle
        used += usd_value(venue, settle, leg.entry_value) / account.leverage(line)
    if used > equity:
        raise Refusal(110007, "ab not enough for new order")


def find_open(account: Account, params: Params) -> Order:
    """The open order that cancel or amend means; refuses (110001, on spot 170213) if there is none."""
    category = params.required("category")
    params.required("symbol")
    if not params.has("orderId") and not params.has("orderLinkId"):
        raise parameter_error("orderId or orderLinkId is required")
    found = account.orders.get(params.text("orderId")) or account.link_ids.get((category, params.text("orderLinkId")))
    if found is None or not found.open or (found.category, found.symbol) != (category, params.text("symbol")):
        raise (
            Refusal(170213, "Order does not exist.")
            if category == "spot"
            else (Refusal(110001, "order not exists or too late to cancel"))
        )
    return found


def amend(order: Order, instrument: Instrument, params: Params) -> None:
    """Changes quantity, price or trigger price; refuses (10001) what changes nothing or is not possible."""
    qty, price, trigger = params.amount("qty"), params.amount("price"), params.amount("triggerPrice")
    wanted = (qty or order.qty, price or order.price, trigger or order.trigger_price)
    if wanted == (order.qty, order.price, order.trigger_price):
        raise Refusal(10001, "The order remains unchanged as the parameters entered match the existing ones.")
    if qty is not None and (qty <= order.cum_qty or not fits(qty, instrument.qty_step)):
        raise parameter_error("Qty invalid")
    if price is not None and not fits(price, instrument.tick):
        raise parameter_error("price invalid")
    order.qty, order.price, order.trigger_price = wanted
