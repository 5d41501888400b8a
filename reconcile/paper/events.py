"""What the exchange does by itself: funding, liquidation, ADL, delivery, session settlement."""

from dataclasses import replace
from decimal import Decimal

from reconcile.paper.accounts import Account
from reconcile.paper.amounts import ZERO, rounded
from reconcile.paper.booking import Fill, book, stream_execution, tell_position
from reconcile.paper.instruments import Instrument
from reconcile.paper.lifecycle import cancel
from reconcile.paper.market import Line
from reconcile.paper.matching import fill_by_hand
from reconcile.paper.positions import Position
from reconcile.paper.records import ClosedPnl, Execution, LogEntry, Order
from reconcile.paper.venue import Venue
from reconcile.paper.wallet import wallet_row


def own_order(venue: Venue, line: Line, side: str, fill: Fill, create_type: str) -> Order:
    """An order that no client sent: Market, with orderLinkId ""."""
    return Order(
        stamp=venue.stamp(venue.faults.order_lag),
        category=line[0],
        symbol=line[1],
        side=side,
        order_type="Market",
        qty=fill.qty,
        price=fill.price,
        order_id=venue.new_id(),
        time_in_force="IOC",
        create_type=create_type,
        last_price=venue.market.prices[line],
    )


def close_leg(
    venue: Venue, account: Account, leg: Position, fill: Fill, create_type: str, *, with_order: bool = True
) -> str:
    """Closes (a part of) a leg at a given price and says the order's id; without order it cannot be looked up."""
    line = (leg.category, leg.symbol)
    side = "Sell" if leg.side == "Buy" else "Buy"
    order = own_order(venue, line, side, fill, create_type)
    order.position_idx, order.reduce_only = leg.idx, True
    if with_order:
        fill_by_hand(venue, account, order, fill)
    else:
        book(venue, account, order, fill)
    return order.order_id


def charge_funding(venue: Venue, line: Line, rate: Decimal) -> int:
    """Charges every open leg of a contract (a long pays a positive rate) and says how many there were."""
    charged = 0
    for account in venue.accounts.by_uid.values():
        for leg in list(account.positions.values()):
            if leg.size and (leg.category, leg.symbol) == line:
                _charge(venue, account, leg, rate)
                charged += 1
    return charged


def _charge(venue: Venue, account: Account, leg: Position, rate: Decimal) -> None:
    line = (leg.category, leg.symbol)
    instrument, mark = venue.market.instruments[line], venue.market.prices[line]
    value = instrument.value(leg.size, mark)
    fee = rounded(value * rate) * (1 if leg.side == "Buy" else -1)
    order = own_order(venue, line, leg.side, Fill(ZERO, ZERO), "")
    order.order_type, order.stop_order_type = "UNKNOWN", "UNKNOWN"
    one = _bare_execution(venue, order, "Funding", leg.size, mark)
    one.value, one.fee, one.fee_rate, one.fee_coin = value, fee, rate, instrument.settle
    account.executions.append(one)
    leg.funding += fee
    leg.current_pnl -= fee
    leg.total_pnl -= fee
    leg.updated = venue.now() + venue.rng.randint(1, 40)
    leg.seq = one.seq
    account.realised[instrument.settle] -= fee
    _log_settlement(venue, account, leg, one, instrument.settle, funding=-fee)
    venue.publish(account.uid, "execution", [stream_execution(one)])
    tell_position(venue, account, instrument, leg)
    venue.publish(account.uid, "wallet", [wallet_row(venue, account)])


def _bare_execution(venue: Venue, order: Order, exec_type: str, qty: Decimal, price: Decimal) -> Execution:
    return Execution(
        stamp=venue.stamp(venue.faults.execution_lag),
        category=order.category,
        symbol=order.symbol,
        side=order.side,
        exec_id=venue.new_id(),
        exec_type=exec_type,
        price=price,
        qty=qty,
        value=ZERO,
        fee=ZERO,
        fee_rate=ZERO,
        fee_coin="",
        closed_size=ZERO,
        maker=False,
        seq=venue.next_seq(),
        order=order,
        leaves=ZERO,
    )


def report_execution(venue: Venue, account: Account, line: Line, side: str, fill: Fill) -> str:
    """Reports an execution that changes nothing, for types that a client may not know; says its execId."""
    order = own_order(venue, line, side, fill, "")
    one = _bare_execution(venue, order, fill.exec_type, fill.qty, fill.price)
    instrument = venue.market.instruments[line]
    one.value, one.fee_coin = instrument.value(fill.qty, fill.price), instrument.settle
    account.executions.append(one)
    venue.publish(account.uid, "execution", [stream_execution(one)])
    return one.exec_id


def deliver(venue: Venue, line: Line, price: Decimal) -> int:
    """Settles a contract for good: Delivery, for inverse futures Settle; says how many legs were closed."""
    exec_type, create_type = ("Settle", "CreateBySettle") if line[0] == "inverse" else ("Delivery", "CreateByDelivery")
    closed = 0
    for account in venue.accounts.by_uid.values():
        for order in account.open_orders(line):
            cancel(venue, account, order, "CancelByDelivery")
        for leg in list(account.positions.values()):
            if leg.size and (leg.category, leg.symbol) == line:
                fill = Fill(leg.size, price, exec_type=exec_type)
                close_leg(venue, account, leg, fill, create_type, with_order=False)
                closed += 1
    venue.market.instruments[line] = venue.market.instruments[line].closed()
    return closed


def settle_session(venue: Venue, line: Line) -> int:
    """Pays out the profit of the session to holders of a USDC contract; average prices stay. Says how many legs."""
    instrument, mark = venue.market.instruments[line], venue.market.prices[line]
    if instrument.quote != "USDC":
        raise ValueError("only USDC contracts have sessions")
    settled = 0
    for account in venue.accounts.by_uid.values():
        for leg in account.positions.values():
            if leg.size and (leg.category, leg.symbol) == line:
                _settle_leg(venue, account, instrument, leg, mark)
                settled += 1
    return settled


def _settle_leg(venue: Venue, account: Account, instrument: Instrument, leg: Position, mark: Decimal) -> None:
    value = instrument.value(leg.size, mark)
    gain = leg.gain(leg.session_value, value)
    line = (leg.category, leg.symbol)
    order = own_order(venue, line, leg.side, Fill(leg.size, mark), "")
    one = _bare_execution(venue, order, "SessionSettlePnL", leg.size, mark)
    account.closed[order.order_id] = ClosedPnl(
        stamp=one.stamp,
        category=leg.category,
        symbol=leg.symbol,
        side=leg.side,
        order_id=order.order_id,
        order_type="UNKNOWN",
        order_price=mark,
        qty=leg.size,
        exec_type="SessionSettlePnL",
        leverage=account.leverage(line),
        inverse=False,
        updated=one.time,
        entry_value=leg.session_value,
        exit_value=value,
        pnl=gain,
    )
    leg.session_value = value
    leg.total_pnl += gain
    leg.current_pnl += gain
    leg.updated = venue.now() + venue.rng.randint(1, 40)
    account.realised[instrument.settle] += gain
    _log_settlement(venue, account, leg, one, instrument.settle, cash_flow=gain)
    tell_position(venue, account, instrument, leg)
    venue.publish(account.uid, "wallet", [wallet_row(venue, account)])


def _log_settlement(
    venue: Venue,
    account: Account,
    leg: Position,
    one: Execution,
    coin: str,
    *,
    cash_flow: Decimal = ZERO,
    funding: Decimal | None = None,
) -> None:
    account.log.append(
        LogEntry(
            stamp=replace(one.stamp, tie=venue.rng.getrandbits(32)),
            category=leg.category,
            symbol=leg.symbol,
            side=leg.side,
            kind="SETTLEMENT",
            qty=leg.size,
            size=leg.signed,
            currency=coin,
            price=one.price,
            cash_flow=cash_flow,
            fee=ZERO,
            fee_rate=one.fee_rate,
            balance=account.change_balance(coin, cash_flow + (funding or ZERO)),
            entry_id=f"{account.uid}_{leg.symbol}_{one.seq}",
            trade_id=one.exec_id,
            order_id=one.order.order_id,
            funding=funding,
        )
    )
