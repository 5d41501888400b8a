"""What one fill does: to the order, the position, the wallet, closed P&L and every history."""

from dataclasses import dataclass, replace
from decimal import Decimal

from reconcile.paper import payloads
from reconcile.paper.accounts import Account
from reconcile.paper.amounts import ZERO, rounded, text
from reconcile.paper.instruments import Instrument
from reconcile.paper.positions import Closing, Position
from reconcile.paper.records import ClosedPnl, Execution, LogEntry, Order, Stamp
from reconcile.paper.venue import Venue
from reconcile.paper.wallet import wallet_row

_LOG_KINDS = {"Delivery": "DELIVERY", "Settle": "SETTLEMENT", "BustTrade": "LIQUIDATION", "AdlTrade": "ADL"}


@dataclass(frozen=True)
class Fill:
    """A quantity at a price. seq None: a matching event of its own; fee_rate None: the account's."""

    qty: Decimal
    price: Decimal
    maker: bool = False
    exec_type: str = "Trade"
    seq: int | None = None
    fee_rate: Decimal | None = None


@dataclass(frozen=True)
class Charge:
    """A fee, its rate and its coin; negative for a rebate."""

    fee: Decimal
    rate: Decimal
    coin: str


def book(venue: Venue, account: Account, order: Order, fill: Fill) -> Execution:
    """Books the fill and tells the streams; the order's status is left to the caller."""
    stamp = venue.stamp(venue.faults.execution_lag)
    if order.category == "spot":
        return _book_spot(venue, account, order, fill, stamp)
    return _book_contract(venue, account, order, fill, stamp)


def _book_contract(venue: Venue, account: Account, order: Order, fill: Fill, stamp: Stamp) -> Execution:
    instrument = venue.instrument_of(order)
    leg = account.position(instrument, order.position_idx)
    value = instrument.value(fill.qty, fill.price)
    rate = _rate(account, order.category, fill)
    fee = rounded(value * rate)
    closing = leg.apply(order.side, fill.qty, value, fee, stamp.time)
    execution = _execution(
        venue,
        order,
        fill,
        stamp=stamp,
        value=value,
        charge=Charge(fee, rate, instrument.settle),
        closing=closing,
    )
    _touch(venue, leg, execution.seq)
    account.executions.append(execution)
    if closing.size:
        _add_closed(venue, account, order, execution, closing)
    account.realised[instrument.settle] += closing.gross - fee
    _log(venue, account, execution, instrument.settle, size=leg.signed, cash_flow=closing.gross, fee=fee)
    _tell(venue, account, execution, instrument, leg)
    return execution


def _book_spot(venue: Venue, account: Account, order: Order, fill: Fill, stamp: Stamp) -> Execution:
    instrument = venue.instrument_of(order)
    value = fill.qty * fill.price
    rate = _rate(account, "spot", fill)
    in_base = _fee_in_base(order.side, fill.maker, account.fee_rates["spot"].maker)
    fee = (fill.qty if in_base else value) * rate
    coin = instrument.base if in_base else instrument.quote
    execution = _execution(venue, order, fill, stamp=stamp, value=value, charge=Charge(fee, rate, coin), closing=None)
    account.executions.append(execution)
    sign = 1 if order.side == "Buy" else -1
    base_fee, quote_fee = (fee, ZERO) if in_base else (ZERO, fee)
    _log(venue, account, execution, instrument.base, size=ZERO, cash_flow=sign * fill.qty, fee=base_fee)
    _log(venue, account, execution, instrument.quote, size=ZERO, cash_flow=-sign * value, fee=quote_fee)
    _tell(venue, account, execution, instrument, None)
    return execution


def _fee_in_base(side: str, maker: bool, maker_rate: Decimal) -> bool:
    rebate = maker and maker_rate < 0
    return (side == "Buy") != rebate


def _rate(account: Account, category: str, fill: Fill) -> Decimal:
    if fill.fee_rate is not None:
        return fill.fee_rate
    rates = account.fee_rates[category]
    return rates.maker if fill.maker else rates.taker


def _execution(
    venue: Venue,
    order: Order,
    fill: Fill,
    *,
    stamp: Stamp,
    value: Decimal,
    charge: Charge,
    closing: Closing | None,
) -> Execution:
    order.cum_qty += fill.qty
    order.cum_value += value
    order.fees[charge.coin] = order.fees.get(charge.coin, ZERO) + charge.fee
    order.updated = stamp.time
    return Execution(
        stamp=stamp,
        category=order.category,
        symbol=order.symbol,
        side=order.side,
        exec_id=venue.new_id(),
        exec_type=fill.exec_type,
        price=fill.price,
        qty=fill.qty,
        value=value,
        fee=charge.fee,
        fee_rate=charge.rate,
        fee_coin=charge.coin,
        closed_size=None if closing is None else closing.size,
        maker=fill.maker,
        seq=venue.next_seq() if fill.seq is None else fill.seq,
        order=order,
        leaves=ZERO if order.by_value else order.leaves,
        pnl=ZERO if closing is None else closing.gross,
    )


def _touch(venue: Venue, leg: Position, seq: int) -> None:
    # Bybit's updatedTime of a position lies some milliseconds behind the execution's time.
    leg.updated = venue.now() + venue.rng.randint(1, 9)
    leg.seq = seq


def _add_closed(venue: Venue, account: Account, order: Order, execution: Execution, closing: Closing) -> None:
    row = account.closed.get(order.order_id)
    if row is None:
        row = account.closed[order.order_id] = ClosedPnl(
            stamp=execution.stamp,
            category=order.category,
            symbol=order.symbol,
            side=order.side,
            order_id=order.order_id,
            order_type=order.order_type,
            order_price=order.price,
            qty=order.qty,
            exec_type=execution.exec_type,
            leverage=account.leverage((order.category, order.symbol)),
            inverse=order.category == "inverse",
        )
    row.fills += 1
    row.updated = venue.now() + venue.rng.randint(1, 9)
    row.closed_size += closing.size
    row.entry_value += closing.entry_value
    row.exit_value += closing.exit_value
    row.open_fee += closing.open_fee
    row.close_fee += closing.close_fee
    row.pnl += closing.gross - closing.open_fee - closing.close_fee
    if venue.policy.closed_pnl_includes_funding:
        row.pnl -= closing.funding


def _log(
    venue: Venue, account: Account, one: Execution, coin: str, *, size: Decimal, cash_flow: Decimal, fee: Decimal
) -> None:
    account.log.append(
        LogEntry(
            stamp=replace(one.stamp, tie=venue.rng.getrandbits(32)),
            category=one.category,
            symbol=one.symbol,
            side=one.side,
            kind=_LOG_KINDS.get(one.exec_type, "TRADE"),
            qty=one.qty,
            size=size,
            currency=coin,
            price=one.price,
            cash_flow=cash_flow,
            fee=fee,
            fee_rate=one.fee_rate,
            balance=account.change_balance(coin, cash_flow - fee),
            entry_id=f"{account.uid}_{one.symbol}_{one.seq}",
            trade_id=one.exec_id,
            order_id=one.order.order_id,
            order_link_id=one.order.order_link_id,
        )
    )


def _tell(venue: Venue, account: Account, one: Execution, instrument: Instrument, leg: Position | None) -> None:
    venue.publish(account.uid, "execution", [stream_execution(one)])
    if leg is not None:
        tell_position(venue, account, instrument, leg)
    venue.publish(account.uid, "wallet", [wallet_row(venue, account)])


def stream_execution(one: Execution) -> payloads.Json:
    """An execution as the private stream sends it."""
    return {
        "category": one.category,
        **payloads.execution_row(one),
        "isLeverage": "0",
        "execPnl": text(one.pnl),
    }


def tell_position(venue: Venue, account: Account, instrument: Instrument, leg: Position) -> None:
    """Sends the leg to the position stream, where the average price is called entryPrice."""
    mark = venue.market.prices[(instrument.category, instrument.symbol)]
    row = payloads.position_row(account, instrument, leg, mark)
    row["entryPrice"] = row.pop("avgPrice")
    venue.publish(account.uid, "position", [{"category": instrument.category, **row}])
