"""Rows as Bybit writes them: the field names and types of real answers."""

from decimal import Decimal
from typing import Any

from reconcile.paper.accounts import Account
from reconcile.paper.amounts import ZERO, rounded, text
from reconcile.paper.instruments import Instrument
from reconcile.paper.positions import Position
from reconcile.paper.records import ClosedPnl, Execution, LogEntry, Order

Json = dict[str, Any]

# When fields appeared; earlier rows lack them, or have them empty.
SPOT_FEE_COIN_SINCE = 1704067200000
CONTRACT_FEE_COIN_SINCE = 1756684800000
CLOSED_FEES_SINCE = 1748736000000


def _optional(value: Decimal | None) -> str:
    return "" if value is None else text(value)


def order_row(order: Order) -> Json:
    """A row of /v5/order/realtime and /v5/order/history, and of the order stream."""
    average = order.cum_value / order.cum_qty if order.cum_qty else None
    if order.category == "inverse" and order.cum_value:
        average = order.cum_qty / order.cum_value
    leaves = ZERO if order.by_value or not order.open else order.leaves
    leaves_value = order.leaves if order.by_value else leaves * (order.price or order.last_price)
    if order.category == "inverse":
        leaves_value = rounded(leaves / (order.price or order.last_price))
    return {
        **_order_identity(order),
        "avgPrice": "" if average is None else text(rounded(average)),
        "leavesQty": text(leaves),
        "leavesValue": text(leaves_value),
        "cumExecQty": text(order.cum_qty),
        "cumExecValue": text(order.cum_value),
        "cumExecFee": text(sum(order.fees.values(), ZERO)),
        "cumFeeDetail": {coin: text(fee) for coin, fee in order.fees.items()},
        "createdTime": str(order.time),
        "updatedTime": str(order.updated),
    }


def _order_identity(order: Order) -> Json:
    spot = order.category == "spot"
    return {
        "orderId": order.order_id,
        "orderLinkId": order.order_link_id,
        "blockTradeId": "",
        "symbol": order.symbol,
        "price": text(order.price),
        "qty": text(order.qty),
        "side": order.side,
        "isLeverage": "0" if spot else "",
        "positionIdx": order.position_idx,
        "orderStatus": order.status,
        "createType": order.create_type,
        "cancelType": order.cancel_type,
        "rejectReason": order.reject_reason,
        "timeInForce": order.time_in_force,
        "orderType": order.order_type,
        "stopOrderType": order.stop_order_type,
        "orderIv": "",
        "marketUnit": order.market_unit,
        "triggerPrice": _optional(order.trigger_price),
        "takeProfit": _optional(order.take_profit),
        "stopLoss": _optional(order.stop_loss),
        "tpslMode": order.tpsl_mode,
        "tpLimitPrice": "0",
        "slLimitPrice": "0",
        "tpTriggerBy": "LastPrice" if order.take_profit else "",
        "slTriggerBy": "LastPrice" if order.stop_loss else "",
        "triggerDirection": order.trigger_direction,
        "triggerBy": "LastPrice" if order.trigger_price else "",
        "lastPriceOnCreated": text(order.last_price),
        "reduceOnly": order.reduce_only,
        "closeOnTrigger": order.close_on_trigger,
        "placeType": "",
        "smpType": "None",
        "smpGroup": 0,
        "smpOrderId": "",
        "slippageToleranceType": "UNKNOWN",
        "slippageTolerance": "",
        "extraFees": "",
        "parentOrderLinkId": order.parent_link_id,
    }


def execution_row(one: Execution) -> Json:
    """A row of /v5/execution/list. It has no positionIdx, as Bybit's has none."""
    order = one.order
    spot = one.category == "spot"
    row: Json = {
        "symbol": one.symbol,
        "orderType": order.order_type,
        "underlyingPrice": "",
        "orderLinkId": order.order_link_id,
        "orderId": order.order_id,
        "stopOrderType": order.stop_order_type if spot else order.stop_order_type or "UNKNOWN",
        "execTime": str(one.time),
        "feeRate": text(one.fee_rate),
        "tradeIv": "",
        "blockTradeId": "",
        "markPrice": "" if spot else text(one.price),
        "execPrice": text(one.price),
        "markIv": "",
        "orderQty": text(order.qty),
        "orderPrice": text(order.price),
        "execValue": text(one.value),
        "closedSize": _optional(one.closed_size),
        "execType": one.exec_type,
        "seq": one.seq,
        "side": one.side,
        "indexPrice": "",
        "leavesQty": text(one.leaves),
        "isMaker": one.maker,
        "execFee": text(one.fee),
        "execFeeV2": "",
        "execId": one.exec_id,
        "marketUnit": order.market_unit,
        "execQty": text(one.qty),
        "extraFees": "",
    }
    if not spot:
        row["createType"] = order.create_type
        row["feeCurrency"] = one.fee_coin if one.time >= CONTRACT_FEE_COIN_SINCE else ""
    elif one.time >= SPOT_FEE_COIN_SINCE:
        row["feeCurrency"] = one.fee_coin
    return row


def closed_row(one: ClosedPnl) -> Json:
    """A row of /v5/position/closed-pnl."""
    row: Json = {
        "symbol": one.symbol,
        "orderType": one.order_type,
        "leverage": text(one.leverage),
        "updatedTime": str(one.updated),
        "side": one.side,
        "orderId": one.order_id,
        "closedPnl": text(one.pnl),
        "avgEntryPrice": text(_average(one, one.entry_value)),
        "qty": text(one.qty),
        "cumEntryValue": text(one.entry_value),
        "createdTime": str(one.time),
        "orderPrice": text(one.order_price),
        "closedSize": text(one.closed_size),
        "avgExitPrice": text(_average(one, one.exit_value)),
        "execType": one.exec_type,
        "fillCount": str(one.fills),
        "cumExitValue": text(one.exit_value),
    }
    if one.time >= CLOSED_FEES_SINCE:
        row |= {"openFee": text(one.open_fee), "closeFee": text(one.close_fee)}
    return row


def _average(one: ClosedPnl, value: Decimal) -> Decimal:
    if not one.closed_size or not value:
        return ZERO
    return rounded(one.closed_size / value if one.inverse else value / one.closed_size)


def log_row(one: LogEntry) -> Json:
    """A row of /v5/account/transaction-log."""
    return {
        "id": one.entry_id,
        "symbol": one.symbol,
        "category": one.category,
        "side": one.side,
        "transactionTime": str(one.time),
        "type": one.kind,
        "transSubType": "",
        "qty": text(one.qty),
        "size": text(one.size),
        "currency": one.currency,
        "tradePrice": text(one.price),
        "funding": _optional(one.funding),
        "fee": text(one.fee),
        "cashFlow": text(one.cash_flow),
        "change": text(one.change),
        "cashBalance": text(one.balance),
        "feeRate": text(one.fee_rate),
        "bonusChange": "",
        "tradeId": one.trade_id,
        "orderId": one.order_id,
        "orderLinkId": one.order_link_id,
        "extraFees": "",
    }


def position_row(account: Account, instrument: Instrument, leg: Position, mark: Decimal) -> Json:
    """A row of /v5/position/list and of the position stream."""
    leverage = account.leverage((leg.category, leg.symbol))
    unrealised = leg.unrealised(instrument.value(leg.size, mark))
    return {
        "symbol": leg.symbol,
        "positionIdx": leg.idx,
        "side": leg.side,
        "size": text(leg.size),
        "avgPrice": text(leg.average),
        "positionValue": text(leg.entry_value) if leg.size else "",
        "markPrice": text(mark),
        "leverage": text(leverage),
        "unrealisedPnl": text(rounded(unrealised)) if leg.size else "",
        "curRealisedPnl": text(leg.current_pnl),
        "cumRealisedPnl": text(leg.total_pnl),
        "sessionAvgPrice": text(rounded(leg.session_value / leg.size))
        if leg.size and instrument.quote == "USDC"
        else "",
        "breakEvenPrice": text(_break_even(leg)),
        "positionIM": text(rounded(leg.entry_value / leverage)),
        "positionMM": text(rounded(leg.entry_value / 200)),
        "positionBalance": text(rounded(leg.entry_value / leverage)),
        "takeProfit": _optional(leg.take_profit),
        "stopLoss": _optional(leg.stop_loss),
        "trailingStop": "0" if leg.trailing is None else text(leg.trailing),
        "seq": leg.seq,
        "createdTime": str(leg.created),
        "updatedTime": str(leg.updated),
        "openTime": str(leg.opened),
        **_POSITION_CONSTANTS,
    }


_POSITION_CONSTANTS: Json = {
    "riskId": 1,
    "riskLimitValue": "2000000",
    "tradeMode": 0,
    "autoAddMargin": 0,
    "adlRankIndicator": 0,
    "isReduceOnly": False,
    "tpslMode": "Full",
    "liqPrice": "",
    "bustPrice": "",
    "positionStatus": "Normal",
    "mmrSysUpdatedTime": "",
    "leverageSysUpdatedTime": "",
}


def _session_average(leg: Position, instrument: Instrument) -> str:
    has_sessions = leg.size and instrument.quote == "USDC"
    return text(rounded(leg.session_value / leg.size)) if has_sessions else ""


def _break_even(leg: Position) -> Decimal:
    if not leg.size:
        return ZERO
    sign = 1 if (leg.side == "Buy") != leg.inverse else -1
    value = leg.entry_value - sign * leg.current_pnl
    if value <= 0:
        return ZERO
    return rounded(leg.size / value if leg.inverse else value / leg.size)
